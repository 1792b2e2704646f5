//! Reading frames in order of position, past damage.

use std::io;
use std::path::{Path, PathBuf};

use super::frame::{self, Damage, Frame, Mark};
use super::segment::{self, SEGMENT_HEADER_BYTES, SegmentPath};

/// Read from a segment at once; a frame larger than this is read whole by a second attempt.
const CHUNK_BYTES: u64 = 8 << 20;

/// What stands at a position.
#[derive(Debug)]
pub enum Entry {
    /// A whole frame.
    Frame(Frame),
    /// Bytes that are no frame, up to the next whole one or the segment's end.
    Damaged(Damage, Vec<u8>),
}

impl Entry {
    /// Bytes on disk.
    pub(super) fn disk_bytes(&self) -> u64 {
        match self {
            Self::Frame(frame) => frame.disk_bytes(),
            Self::Damaged(_, bytes) => bytes.len() as u64,
        }
    }
}

/// Walks the spool from a position on.
pub(super) struct Reader {
    folder: PathBuf,
    body_bytes_max: usize,
    position: u64,
    chunk: Option<Chunk>,
}

struct Chunk {
    mark: Mark,
    /// Position of the first byte.
    from: u64,
    bytes: Vec<u8>,
    /// Position where this segment ends, or what may be read of it. What stands behind may be half
    /// written still, or be taken back.
    end: u64,
}

impl Reader {
    pub(super) fn new(folder: &Path, position: u64, body_bytes_max: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            body_bytes_max,
            position,
            chunk: None,
        }
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn skip_to(&mut self, position: u64) {
        self.position = position;
    }

    /// The next entry that ends at or before `end`, with the position behind it; `None` at `end`.
    pub(super) fn next(&mut self, end: u64) -> io::Result<Option<(Entry, u64)>> {
        if self.position >= end || self.chunk_here(end, CHUNK_BYTES)?.is_none() {
            return Ok(None);
        }
        let entry = match self.entry()? {
            Ok((frame, length)) => {
                self.position += length as u64;
                Entry::Frame(frame)
            }
            Err(damage) => {
                // Nothing behind this place is worth a chunk's limit: look at the whole rest.
                self.chunk = None;
                self.chunk_here(end, u64::MAX)?;
                self.skip(damage)
            }
        };
        Ok(Some((entry, self.position)))
    }

    /// The frame at the position and its length, or why there is none.
    fn entry(&mut self) -> io::Result<Result<(Frame, usize), Damage>> {
        let read = |reader: &Self| match &reader.chunk {
            Some(chunk) => Frame::read(reader.rest(chunk), chunk.mark, reader.body_bytes_max),
            None => Err(Damage::Torn),
        };
        match read(self) {
            Err(Damage::Torn) => {
                // Perhaps only our chunk ends here: read once more, from here, as much as a frame can be.
                let end = self.chunk.as_ref().map_or(self.position, |c| c.end);
                self.chunk = None;
                self.chunk_here(end, self.body_bytes_max as u64 + CHUNK_BYTES)?;
                Ok(read(self))
            }
            other => Ok(other),
        }
    }

    fn rest<'a>(&self, chunk: &'a Chunk) -> &'a [u8] {
        let offset = usize::try_from(self.position - chunk.from).unwrap_or(usize::MAX);
        chunk.bytes.get(offset..).unwrap_or_default()
    }

    fn skip(&mut self, damage: Damage) -> Entry {
        let Some(chunk) = &self.chunk else {
            return Entry::Damaged(damage, Vec::new());
        };
        let rest = self.rest(chunk);
        let next = frame::resynchronise(rest, chunk.mark, self.body_bytes_max);
        let lost = rest[..next.unwrap_or(rest.len())].to_vec();
        self.position = match next {
            Some(length) => self.position + length as u64,
            None => chunk.end,
        };
        Entry::Damaged(damage, lost)
    }

    /// The chunk that holds the current position, read if it is not here yet. Moves the position over
    /// segment headers and gaps. `None` when nothing is there up to `end`.
    fn chunk_here(&mut self, end: u64, bytes_max: u64) -> io::Result<Option<&Chunk>> {
        let held = self.chunk.as_ref().is_some_and(|chunk| {
            let chunk_end = chunk.from + chunk.bytes.len() as u64;
            (chunk.from..chunk_end).contains(&self.position)
        });
        if !held {
            self.chunk = self.read_chunk(end, bytes_max)?;
        }
        Ok(self.chunk.as_ref())
    }

    fn read_chunk(&mut self, end: u64, bytes_max: u64) -> io::Result<Option<Chunk>> {
        let segments = segment::list(&self.folder)?;
        for (i, SegmentPath { first, path }) in segments.iter().enumerate() {
            let next_first = segments.get(i + 1).map_or(u64::MAX, |next| next.first);
            let file_end = first + std::fs::metadata(path)?.len();
            let segment_end = next_first.min(file_end);
            if segment_end <= self.position || file_end < first + SEGMENT_HEADER_BYTES {
                continue;
            }
            self.position = self.position.max(first + SEGMENT_HEADER_BYTES);
            if self.position >= segment_end {
                continue;
            }
            if self.position >= end {
                return Ok(None);
            }
            let segment_end = segment_end.min(end);
            let limit = bytes_max.min(segment_end - self.position);
            let Some(contents) = segment::read(path, self.position - first, limit)? else {
                continue;
            };
            return Ok(Some(Chunk {
                mark: contents.mark,
                from: self.position,
                bytes: contents.bytes,
                end: segment_end,
            }));
        }
        self.position = self.position.max(end);
        Ok(None)
    }
}
