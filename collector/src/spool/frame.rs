//! One request on disk: a header with a checksum, then the request's bytes.
//!
//! ```text
//! mark [u8; 8] | crc32c u32 | length u32 | received i64 | kind u8 | zero [u8; 3] | key u32 | body
//! ```
//! All little-endian. The checksum covers everything behind itself, so a frame is whole or it is not one.
//! The mark is random per segment: a body cannot be made to look like frames.

use bytes::Bytes;

use store::model::UnixNano;

/// What every frame of one segment begins with.
pub(super) type Mark = [u8; 8];
/// Bytes before the body.
pub(super) const HEADER_BYTES: usize = 32;
const CHECKED_FROM: usize = 12;

/// A request as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What the body is; the spool does not look into it.
    pub kind: u8,
    /// When it arrived. Kept, so that a replay decides as the first time.
    pub received: UnixNano,
    /// Who sent it, as a hash; 0 for nobody in particular, and in frames of versions before this.
    pub key: u32,
    /// The request's bytes.
    pub body: Bytes,
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The bytes end inside the frame.
    Torn,
    /// No frame begins here.
    NoMark,
    /// The length is beyond any request we accept.
    Length,
    /// The contents do not fit the checksum.
    Checksum,
}

impl Damage {
    /// For logs, counters and the dead-letter file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Torn => "torn",
            Self::NoMark => "no frame",
            Self::Length => "impossible length",
            Self::Checksum => "wrong checksum",
        }
    }
}

impl Frame {
    /// Bytes on disk.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        (HEADER_BYTES + self.body.len()) as u64
    }

    /// The header that goes before the body.
    pub(super) fn header(&self, mark: Mark) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        let length = u32::try_from(self.body.len()).unwrap_or(u32::MAX); // bodies are ≤ 64 MiB
        header[0..8].copy_from_slice(&mark);
        header[12..16].copy_from_slice(&length.to_le_bytes());
        header[16..24].copy_from_slice(&self.received.0.to_le_bytes());
        header[24] = self.kind;
        header[28..32].copy_from_slice(&self.key.to_le_bytes());
        let checked = crc32c::crc32c(&header[CHECKED_FROM..]);
        let checked = crc32c::crc32c_append(checked, &self.body);
        header[8..12].copy_from_slice(&checked.to_le_bytes());
        header
    }

    /// The frame at the beginning of `bytes`, and how long it is on disk.
    ///
    /// # Errors
    /// The kind of [`Damage`].
    pub(super) fn read(
        bytes: &[u8],
        mark: Mark,
        body_bytes_max: usize,
    ) -> Result<(Self, usize), Damage> {
        let header = bytes.get(..HEADER_BYTES).ok_or(Damage::Torn)?;
        if header[0..8] != mark {
            return Err(Damage::NoMark);
        }
        let number = |at: usize| {
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let length = number(12) as usize;
        if length > body_bytes_max {
            return Err(Damage::Length);
        }
        let body = bytes
            .get(HEADER_BYTES..HEADER_BYTES + length)
            .ok_or(Damage::Torn)?;
        let checked = crc32c::crc32c(&header[CHECKED_FROM..]);
        if crc32c::crc32c_append(checked, body) != number(8) {
            return Err(Damage::Checksum);
        }
        let mut received = [0; 8];
        received.copy_from_slice(&header[16..24]);
        let frame = Self {
            kind: header[24],
            received: UnixNano(i64::from_le_bytes(received)),
            key: number(28),
            body: Bytes::copy_from_slice(body),
        };
        Ok((frame, HEADER_BYTES + length))
    }
}

/// Where the next whole frame begins behind a damaged place, if there is one.
pub(super) fn resynchronise(bytes: &[u8], mark: Mark, body_bytes_max: usize) -> Option<usize> {
    let mut from = 1;
    while let Some(at) = bytes
        .get(from..)?
        .windows(mark.len())
        .position(|w| w == mark)
    {
        from += at;
        if Frame::read(&bytes[from..], mark, body_bytes_max).is_ok() {
            return Some(from);
        }
        from += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MARK: Mark = *b"mark one";

    fn encoded(frame: &Frame) -> Vec<u8> {
        [&frame.header(MARK)[..], &frame.body].concat()
    }

    proptest! {
        #[test]
        fn a_frame_reads_back_and_any_changed_byte_is_noticed(
            kind: u8, received: i64, key: u32, body: Vec<u8>, at: prop::sample::Index, flip in 1_u8..,
        ) {
            let frame = Frame { kind, received: UnixNano(received), key, body: body.into() };
            let mut bytes = encoded(&frame);
            let length = bytes.len();
            prop_assert_eq!(Frame::read(&bytes, MARK, 1 << 20), Ok((frame, length)));
            prop_assert_eq!(Frame::read(&bytes[..length - 1], MARK, 1 << 20), Err(Damage::Torn));
            let at = at.index(length);
            bytes[at] ^= flip;
            prop_assert!(Frame::read(&bytes, MARK, 1 << 20).is_err());
        }
    }

    #[test]
    fn a_frame_of_the_version_before_has_no_key() {
        let frame = Frame {
            kind: 0,
            received: UnixNano(1),
            key: 0,
            body: Bytes::from_static(b"a"),
        };
        let old = b"mark one\x81\x81\x81\x81\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0a";
        let new = encoded(&frame);
        assert_eq!((&old[..8], &old[12..]), (&new[..8], &new[12..]));
    }

    #[test]
    fn the_next_whole_frame_is_found_behind_a_damaged_one() {
        let frame = |body: &'static [u8]| Frame {
            kind: 1,
            received: UnixNano(5),
            key: 0,
            body: Bytes::from_static(body),
        };
        // The damaged body holds what looks like a frame's beginning.
        let mut bytes = encoded(&frame(b"first mark one body"));
        let second = bytes.len();
        bytes[35] ^= 1;
        bytes.extend(encoded(&frame(b"second")));
        assert_eq!(Frame::read(&bytes, MARK, 100), Err(Damage::Checksum));
        assert_eq!(resynchronise(&bytes, MARK, 100), Some(second));
        assert_eq!(resynchronise(&bytes[..second], MARK, 100), None);
    }
}
