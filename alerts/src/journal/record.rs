//! A record: its payload's length and CRC-32C, four bytes each, the smaller first, then changes as JSON.
//!
//! JSON, for a later version reads what an earlier one wrote: what it adds has a default.

use std::io::{self, Read};

use crate::dispatch::Change;

/// A record is closed once it is so long, bytes. The largest change, a message that names all alerts there
/// can be, fits in the four bytes of the length all the same.
const PAYLOAD_BYTES: usize = 16 << 20;

/// What a record begins with.
const HEAD_BYTES: usize = 8;

/// Adds these changes to `out`, as one record or, where they are many, several.
pub(super) fn write(changes: &[Change], out: &mut Vec<u8>) -> io::Result<()> {
    let whole = out.len();
    let mut changes = changes.iter().peekable();
    while changes.peek().is_some() {
        let written = write_one(&mut changes, out);
        if written.is_err() {
            // Half a record would hide all that come after it.
            out.truncate(whole);
            return written;
        }
    }
    Ok(())
}

fn write_one<'a>(
    changes: &mut impl Iterator<Item = &'a Change>,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let head = out.len();
    let begin = head + HEAD_BYTES;
    out.extend([0; HEAD_BYTES]);
    let mut separator = b'[';
    while out.len() - begin < PAYLOAD_BYTES
        && let Some(change) = changes.next()
    {
        out.push(separator);
        separator = b',';
        serde_json::to_writer(&mut *out, change)?;
    }
    out.push(b']');
    let payload = &out[begin..];
    let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
    let sum = crc32c::crc32c(payload);
    out[head..head + 4].copy_from_slice(&length.to_le_bytes());
    out[head + 4..begin].copy_from_slice(&sum.to_le_bytes());
    Ok(())
}

/// What stands at a place of the file.
pub(super) enum Found {
    /// A whole record, and how long it is, bytes.
    Record(Vec<Change>, u64),
    /// Nothing more.
    End,
    /// No whole record.
    Torn,
}

/// Reads the next record.
pub(super) fn read(from: &mut impl Read) -> io::Result<Found> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    from.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    if head.is_empty() {
        return Ok(Found::End);
    }
    let Some((length, sum)) = head.first_chunk::<4>().zip(head.last_chunk::<4>()) else {
        return Ok(Found::Torn);
    };
    let (length, sum) = (u32::from_le_bytes(*length), u32::from_le_bytes(*sum));
    if head.len() < HEAD_BYTES {
        return Ok(Found::Torn);
    }
    let mut payload = Vec::new();
    from.take(length.into()).read_to_end(&mut payload)?;
    if payload.len() != length as usize || crc32c::crc32c(&payload) != sum {
        return Ok(Found::Torn);
    }
    // Sound bytes that cannot be read were written by a version that knew more.
    let changes = serde_json::from_slice(&payload).map_err(io::Error::other)?;
    Ok(Found::Record(changes, (HEAD_BYTES + payload.len()) as u64))
}
