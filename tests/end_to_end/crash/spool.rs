//! The spool as it lies on disk, read and damaged from outside. `collector/src/spool` has the format.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use fleet::random::Random;

use super::book::Signal;

const SEGMENT_HEADER_BYTES: u64 = 16;
const FRAME_HEADER_BYTES: usize = 32;
const LEDGER_HEADER_BYTES: u64 = 16;
const LEDGER_RECORD_BYTES: u64 = 24;

/// The folder of one signal.
pub struct Spool(PathBuf);

/// A segment's file and the position it begins at.
pub struct Segment {
    pub first: u64,
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

/// A whole frame in a segment.
pub struct Frame {
    /// Its position over all segments.
    pub position: u64,
    /// Where in the file it begins.
    pub offset: usize,
    pub body: Vec<u8>,
}

/// How far the store has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Everything before it is stored.
    pub done_to: u64,
    /// End of the stretch that is being inserted; `done_to` when none is.
    pub begun_to: u64,
}

impl Spool {
    pub fn new(folder: &Path, signal: Signal) -> Self {
        Self(folder.join(signal.as_str()))
    }

    /// Its segments, the oldest first.
    pub fn segments(&self) -> Vec<Segment> {
        let Ok(entries) = std::fs::read_dir(&self.0) else {
            return Vec::new();
        };
        let segment = |entry: std::io::Result<std::fs::DirEntry>| {
            let path = entry.ok()?.path();
            let first = path.file_stem()?.to_str()?.parse().ok()?;
            let bytes = std::fs::read(&path).ok()?; // deleted since it was listed
            let named = path.extension()? == "segment";
            named.then_some(Segment { first, path, bytes })
        };
        let mut segments: Vec<Segment> = entries.filter_map(segment).collect();
        segments.sort_by_key(|segment| segment.first);
        segments
    }

    /// Bytes of all segments on disk.
    pub fn bytes(&self) -> u64 {
        self.segments()
            .iter()
            .map(|segment| segment.bytes.len() as u64)
            .sum()
    }

    /// What the ledger says; a line that is being written does not count yet.
    pub fn progress(&self) -> Progress {
        let line = self.last_line().unwrap_or_default();
        let number =
            |at: usize| u64::from_le_bytes(line[at..at + 8].try_into().expect("eight bytes"));
        let (done_to, begun_to) = (number(0), number(8));
        Progress { done_to, begun_to }
    }

    fn last_line(&self) -> Option<[u8; LEDGER_RECORD_BYTES as usize]> {
        let file = File::open(self.0.join("cuts")).ok()?;
        let length = file
            .metadata()
            .ok()?
            .len()
            .checked_sub(LEDGER_HEADER_BYTES)?;
        let last = (length / LEDGER_RECORD_BYTES).checked_sub(1)?;
        let mut line = [0; LEDGER_RECORD_BYTES as usize];
        let at = LEDGER_HEADER_BYTES + last * LEDGER_RECORD_BYTES;
        file.read_exact_at(&mut line, at).ok()?;
        Some(line)
    }

    /// Where the last segment that holds anything ends.
    fn end(&self) -> u64 {
        let filled = |segment: &&Segment| segment.bytes.len() as u64 > SEGMENT_HEADER_BYTES;
        let segments = self.segments();
        let last = segments.iter().rev().find(filled);
        last.map_or(0, |segment| segment.first + segment.bytes.len() as u64)
    }

    /// Bytes that were kept and are not known to be stored yet.
    pub fn waiting_bytes(&self) -> u64 {
        self.end().saturating_sub(self.progress().done_to)
    }

    /// Whether everything that was ever kept is stored.
    pub fn is_shipped(&self) -> bool {
        let progress = self.progress();
        progress.done_to >= self.end() && progress.begun_to == progress.done_to
    }

    /// Whole frames at `from` or behind it.
    pub fn frames(&self, from: u64) -> Vec<(PathBuf, Frame)> {
        let mut frames = Vec::new();
        for segment in self.segments() {
            let path = segment.path.clone();
            let behind = segment.frames().into_iter().filter(|f| f.position >= from);
            frames.extend(behind.map(|frame| (path.clone(), frame)));
        }
        frames
    }

    /// Appends to the newest segment what a write that was cut short may leave.
    pub fn tear(&self, random: &mut Random) {
        let Some(newest) = self.segments().pop() else {
            return;
        };
        let mut torn = Vec::new();
        if random.chance(0.5) {
            // A genuine frame's beginning, with any length or a credible one.
            torn.extend_from_slice(newest.mark());
            torn.extend_from_slice(&random.bits().to_le_bytes()[..4]);
            let length = match random.chance(0.5) {
                true => random.below(1 << 32),
                false => random.below(400),
            };
            torn.extend_from_slice(&length.to_le_bytes()[..4]);
        }
        for _ in 0..random.below(200) {
            torn.push(random.bits() as u8);
        }
        let file = File::options()
            .write(true)
            .open(&newest.path)
            .expect("opened");
        file.write_all_at(&torn, newest.bytes.len() as u64)
            .expect("torn");
    }

    /// The dead-letter file's entries: place, reason and length of each. A stretch that is read again after
    /// a kill tells of the same place again, so a place counts once.
    pub fn dead_letters(&self) -> Vec<String> {
        let bytes = std::fs::read(self.0.join("dead-letters")).unwrap_or_default();
        let (mut rest, mut reasons) = (bytes.as_slice(), Vec::new());
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(&rest[..end]).into_owned();
            let count = line
                .rsplit(' ')
                .next()
                .and_then(|count| count.parse::<usize>().ok());
            let count = count.unwrap_or_else(|| panic!("a dead letter's head: {line}"));
            if !reasons.contains(&line) {
                reasons.push(line);
            }
            rest = rest.get(end + 1 + count + 1..).unwrap_or_default();
        }
        reasons
    }
}

impl Segment {
    fn mark(&self) -> &[u8] {
        self.bytes.get(8..16).unwrap_or_default()
    }

    fn frames(&self) -> Vec<Frame> {
        let mut offset = SEGMENT_HEADER_BYTES as usize;
        let mut frames = Vec::new();
        while let Some(header) = self.bytes.get(offset..offset + FRAME_HEADER_BYTES) {
            let length = u32::from_le_bytes(header[12..16].try_into().expect("four bytes"));
            let begin = offset + FRAME_HEADER_BYTES;
            let body = self.bytes.get(begin..begin + length as usize);
            let Some(body) = body.filter(|_| &header[..8] == self.mark()) else {
                break;
            };
            frames.push(Frame {
                position: self.first + offset as u64,
                offset,
                body: body.to_vec(),
            });
            offset = begin + body.len();
        }
        frames
    }
}

/// Changes one byte of a frame: of its body or of its length.
pub fn flip(path: &Path, frame: &Frame, random: &mut Random) {
    let at = match random.chance(0.8) {
        true => FRAME_HEADER_BYTES as u64 + random.below(frame.body.len() as u64),
        false => 12 + random.below(4),
    };
    let at = frame.offset as u64 + at;
    let file = File::options()
        .read(true)
        .write(true)
        .open(path)
        .expect("opened");
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).expect("read");
    byte[0] ^= 1 << random.below(8);
    file.write_all_at(&byte, at).expect("flipped");
}
