//! A record: its payload's length and CRC-32C, four bytes each, the smaller first, then changes as JSON.
//!
//! JSON, for a later version reads what an earlier one wrote: what it adds has a default.

use std::io::{self, Read};

use crate::dispatch::Change;

/// Changes of one record at most.
const CHANGES_MAX: usize = 10_000;
/// A length beyond this is none, but the remains of something torn. 10,000 changes of the largest
/// alerts there can be do not reach it.
const PAYLOAD_BYTES_MAX: u32 = 1 << 30;

/// What a record begins with.
const HEAD_BYTES: usize = 8;

/// Adds these changes to `out`, as one record or, where they are many, several.
pub(super) fn write(changes: &[Change], out: &mut Vec<u8>) -> io::Result<()> {
    for changes in changes.chunks(CHANGES_MAX) {
        let head = out.len();
        out.extend([0; HEAD_BYTES]);
        serde_json::to_writer(&mut *out, changes)?;
        let payload = &out[head + HEAD_BYTES..];
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
        let sum = crc32c::crc32c(payload);
        out[head..head + 4].copy_from_slice(&length.to_le_bytes());
        out[head + 4..head + HEAD_BYTES].copy_from_slice(&sum.to_le_bytes());
    }
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
    if head.len() < HEAD_BYTES || length > PAYLOAD_BYTES_MAX {
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
