//! Segments: the files frames are appended to. A position is a byte offset over all segments, so the
//! file name (its first position) and the offset inside are all there is to know.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rand::Rng;

use super::frame::Mark;

/// Begins every segment; the mark of its frames follows.
pub(super) const MAGIC: [u8; 8] = *b"NEPHOSP1";
/// Bytes before the first frame.
pub(super) const SEGMENT_HEADER_BYTES: u64 = 16;
const EXTENSION: &str = "segment";

/// A segment's file and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SegmentPath {
    pub(super) first: u64,
    pub(super) path: PathBuf,
}

/// All segments of a folder in order.
pub(super) fn list(folder: &Path) -> io::Result<Vec<SegmentPath>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let named = path.extension().is_some_and(|e| e == EXTENSION);
        let first = path
            .file_stem()
            .and_then(|s| s.to_str())
            .and_then(|s| s.parse().ok());
        if let (true, Some(first)) = (named, first) {
            found.push(SegmentPath { first, path });
        }
    }
    found.sort_by_key(|segment| segment.first);
    Ok(found)
}

/// A segment open for appending.
pub(super) struct Appender {
    file: File,
    pub(super) first: u64,
    pub(super) mark: Mark,
    /// Bytes written, the header included.
    pub(super) length: u64,
}

impl Appender {
    /// A new segment whose header and name are on disk before this returns.
    pub(super) fn create(folder: &Path, first: u64) -> io::Result<Self> {
        let path = folder.join(format!("{first:020}.{EXTENSION}"));
        let mut mark = [0; 8];
        rand::rng().fill_bytes(&mut mark);
        let mut file = OpenOptions::new()
            .write(true)
            .read(true)
            .create_new(true)
            .open(path)?;
        file.write_all(&MAGIC)?;
        file.write_all(&mark)?;
        file.sync_all()?;
        File::open(folder)?.sync_all()?;
        Ok(Self {
            file,
            first,
            mark,
            length: SEGMENT_HEADER_BYTES,
        })
    }

    /// Position behind the last byte written.
    pub(super) fn end(&self) -> u64 {
        self.first + self.length
    }

    /// Appends; on an error the caller must [`Appender::cut`] back to what was durable.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, self.length)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Everything appended is on disk when this returns.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Forgets everything behind `length`.
    pub(super) fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.length = length;
        self.file.sync_all()
    }
}

/// A segment read into memory, its header checked.
pub(super) struct Contents {
    pub(super) mark: Mark,
    /// The whole file, header included, so that offsets are the file's.
    pub(super) bytes: Vec<u8>,
}

/// Reads a segment from `offset` on; `None` when its header was never completed.
pub(super) fn read(path: &Path, offset: u64, bytes_max: u64) -> io::Result<Option<Contents>> {
    let mut file = File::open(path)?;
    let mut header = [0; SEGMENT_HEADER_BYTES as usize];
    match file.read_exact(&mut header) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    if header[..8] != MAGIC {
        return Ok(None);
    }
    let mut mark = [0; 8];
    mark.copy_from_slice(&header[8..]);
    let length = file.metadata()?.len().saturating_sub(offset).min(bytes_max);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    let read = read_at_most(&file, &mut bytes, offset)?;
    bytes.truncate(read);
    Ok(Some(Contents { mark, bytes }))
}

fn read_at_most(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < bytes.len() {
        match file.read_at(&mut bytes[done..], offset + done as u64)? {
            0 => break,
            n => done += n,
        }
    }
    Ok(done)
}
