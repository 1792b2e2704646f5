//! Which stretch of the spool went into which insert. Written before the insert, so that a replay after
//! a crash cuts the same stretch again and ClickHouse recognises its deduplication token.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rand::Rng;

const FILE: &str = "cuts";
const MAGIC: [u8; 8] = *b"NEPHOCU1";
const HEADER_BYTES: usize = 16;
const RECORD_BYTES: usize = 24;
/// The file is rewritten with only its last state when it grows beyond this.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// A stretch of the spool that is inserted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Position of its first frame.
    pub from: u64,
    /// Position behind its last frame.
    pub to: u64,
}

/// The ledger of cuts.
pub(super) struct Cuts {
    folder: PathBuf,
    file: File,
    length: u64,
    spool_id: u64,
    /// Everything before this position is stored.
    pub(super) done_to: u64,
    /// The cut whose insert was begun and not noted as done.
    pub(super) open: Option<Cut>,
}

/// One line of the ledger: `to` says how far a begun cut goes; a done one has `to` = `from`.
fn record(from: u64, to: u64) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    record[0..8].copy_from_slice(&from.to_le_bytes());
    record[8..16].copy_from_slice(&to.to_le_bytes());
    let checked = crc32c::crc32c(&record[..16]);
    record[16..20].copy_from_slice(&checked.to_le_bytes());
    record
}

fn read_record(bytes: &[u8]) -> Option<(u64, u64)> {
    let number = |at: usize| {
        bytes
            .get(at..at + 8)?
            .try_into()
            .ok()
            .map(u64::from_le_bytes)
    };
    let (from, to) = (number(0)?, number(8)?);
    (bytes.get(..RECORD_BYTES)? == record(from, to)).then_some((from, to))
}

impl Cuts {
    /// Reads the ledger, or begins one.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let mut bytes = Vec::new();
        match File::open(folder.join(FILE)) {
            Ok(mut file) => drop(file.read_to_end(&mut bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let known = bytes.get(8..HEADER_BYTES).and_then(|id| id.try_into().ok());
        let spool_id = match known {
            Some(id) if bytes.starts_with(&MAGIC) => u64::from_le_bytes(id),
            _ => rand::rng().next_u64(),
        };
        let (mut done_to, mut open) = (0, None);
        let records = bytes.get(HEADER_BYTES..).unwrap_or_default();
        // A torn last line was never relied upon: its insert had not begun.
        for (from, to) in records.chunks(RECORD_BYTES).map_while(read_record) {
            open = (from < to).then_some(Cut { from, to });
            done_to = from;
        }
        Self::rewritten(folder, spool_id, done_to, open)
    }

    fn rewritten(
        folder: &Path,
        spool_id: u64,
        done_to: u64,
        open: Option<Cut>,
    ) -> io::Result<Self> {
        let (path, new) = (folder.join(FILE), folder.join("cuts.new"));
        let mut file = File::create(&new)?;
        let mut bytes = [
            &MAGIC[..],
            &spool_id.to_le_bytes(),
            &record(done_to, done_to),
        ]
        .concat();
        bytes.extend(open.into_iter().flat_map(|cut| record(cut.from, cut.to)));
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, &path)?;
        File::open(folder)?.sync_all()?;
        let file = OpenOptions::new().write(true).open(&path)?;
        let length = bytes.len() as u64;
        Ok(Self {
            folder: folder.to_owned(),
            file,
            length,
            spool_id,
            done_to,
            open,
        })
    }

    /// The token of a cut's inserts; the same after every restart.
    pub(super) fn token(&self, cut: Cut) -> String {
        format!("{:016x}-{}-{}", self.spool_id, cut.from, cut.to)
    }

    /// Notes, on disk, that an insert of `cut` begins.
    pub(super) fn begin(&mut self, cut: Cut) -> io::Result<()> {
        self.write(cut.from, cut.to)?;
        self.file.sync_data()?;
        self.open = Some(cut);
        Ok(())
    }

    /// Notes that `cut` is stored. Losing this line costs a replay that ClickHouse recognises.
    pub(super) fn done(&mut self, cut: Cut) -> io::Result<()> {
        self.write(cut.to, cut.to)?;
        (self.done_to, self.open) = (cut.to, None);
        if self.length > FILE_BYTES_MAX {
            *self = Self::rewritten(&self.folder, self.spool_id, self.done_to, None)?;
        }
        Ok(())
    }

    /// Writes at the end of what was written whole: the next attempt replaces half a line, which would
    /// hide all later ones from a restart.
    fn write(&mut self, from: u64, to: u64) -> io::Result<()> {
        self.file.write_all_at(&record(from, to), self.length)?;
        self.length += RECORD_BYTES as u64;
        Ok(())
    }
}
