//! What the fuzz target needs: segments made by hand, and read as a start does.

use std::io;
use std::path::Path;

use super::frame::Frame;
use super::reader::{Entry, Reader};
use super::segment::{MAGIC, SEGMENT_HEADER_BYTES};

/// The mark of every segment made here.
pub const MARK: [u8; 8] = *b"fuzzmark";

/// How a segment begins.
#[must_use]
pub fn head() -> Vec<u8> {
    [MAGIC, MARK].concat()
}

/// A frame as it is appended.
#[must_use]
pub fn encoded(frame: &Frame) -> Vec<u8> {
    [&frame.header(MARK)[..], &frame.body].concat()
}

/// Cuts the torn tail, then reads all that is left. Gives the entries and the bytes they cover, which are
/// all bytes behind the header.
///
/// # Errors
/// When the disk refuses.
pub fn recovered(folder: &Path, body_bytes_max: usize) -> io::Result<(Vec<Entry>, u64)> {
    let (_, end) = super::recover(
        folder,
        body_bytes_max,
        0,
        &mut super::waiting::Tally::default(),
    )?;
    let mut reader = Reader::new(folder, 0, body_bytes_max);
    let (mut entries, mut covered) = (Vec::new(), 0);
    let mut position = SEGMENT_HEADER_BYTES;
    while let Some((entry, to)) = reader.next(end)? {
        covered += to - position;
        position = to;
        entries.push(entry);
    }
    Ok((entries, covered))
}
