//! What happened to alerting, on disk: changes one after the other, each on the platter before anybody
//! is answered or told. The state after a crash is the replay of the file.
//!
//! The file `journal` begins with eight letters and the version of its form; records follow. When it has
//! grown large it is written anew out of the state, beside itself, and put in its own place at once. A
//! torn end is what a crash leaves of something that nobody was promised: it is cut off, and kept in
//! `journal.torn` to be looked at.

mod record;

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use store::model::UnixNano;

use crate::dispatch::{Change, State};
use record::Found;

/// Letters and version.
const MAGIC: &[u8; 9] = b"nephalrt\x01";
/// A journal is written anew when it has grown by this and has doubled; so it is at most three times as
/// large as what it holds, and 64 MB.
const GROWN_BYTES: u64 = 64 << 20;
const NAME: &str = "journal";
/// Changes of a snapshot that are in memory at once.
const CHUNK: usize = 1_000;

/// The journal cannot be read; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk.
    #[error("reading and repairing the journal of alerts {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not a file of ours, or of a later version.
    #[error(
        "{0} is no journal of alerts, or one of a newer version; start that version, or move the file \
         away to begin with no alerts and silences"
    )]
    Foreign(PathBuf),
}

/// The open journal. There is one writer of a folder: the data folder's lock sees to that.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    file: File,
    /// Up to where it is sound and durable.
    bytes: u64,
    /// What it held when it was last written anew.
    snapshot_bytes: u64,
    /// Whether something may stand behind `bytes`.
    torn: bool,
    /// Whether a power cut may still bring back the file that this one replaced.
    renamed: bool,
    /// When the file was last written before it was opened.
    last_written: UnixNano,
}

/// Changes as they stand in the file.
#[derive(Debug, Default)]
pub struct Batch(Vec<u8>);

impl Batch {
    /// Adds changes.
    ///
    /// # Errors
    /// When they cannot be written as JSON, which none of ours refuses.
    pub fn add(&mut self, changes: &[Change]) -> io::Result<()> {
        record::write(changes, &mut self.0)
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets what was written.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl Journal {
    /// Opens the journal in `folder`, or begins one, and gives the state it holds.
    ///
    /// # Errors
    /// [`Error`].
    pub fn open(folder: &Path) -> Result<(Self, State), Error> {
        let path = folder.join(NAME);
        let failed = |source| Error::Io {
            path: path.clone(),
            source,
        };
        make(folder).map_err(failed)?;
        if !path.exists() {
            write_anew(folder, std::iter::empty()).map_err(failed)?;
            sync(folder).map_err(failed)?;
        }
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).open(&path).map_err(failed)?;
        let mut magic = Vec::new();
        let mut reader = BufReader::new(&file);
        let length = MAGIC.len() as u64;
        (&mut reader)
            .take(length)
            .read_to_end(&mut magic)
            .map_err(failed)?;
        if magic != MAGIC {
            return Err(Error::Foreign(path));
        }
        let mut state = State::default();
        let mut bytes = length;
        let torn = loop {
            match record::read(&mut reader).map_err(failed)? {
                Found::Record(changes, length) => {
                    changes.iter().for_each(|change| state.apply(change));
                    bytes += length;
                }
                Found::End => break false,
                Found::Torn => break true,
            }
        };
        let last_written = last_written(&file).map_err(failed)?;
        if torn {
            keep_torn(folder, &mut file, bytes);
        }
        let mut journal = Self {
            folder: folder.to_owned(),
            file,
            bytes,
            snapshot_bytes: 0,
            torn: true,
            renamed: false,
            last_written,
        };
        journal.mend().map_err(failed)?;
        Ok((journal, state))
    }

    /// Appends a batch; on return it is on the platter.
    ///
    /// # Errors
    /// The disk's; the batch was not written then and may be tried again.
    pub fn append(&mut self, batch: &Batch) -> io::Result<()> {
        self.mend()?;
        self.torn = true;
        self.file.write_all(&batch.0)?;
        self.file.sync_data()?;
        self.bytes += batch.0.len() as u64;
        self.torn = false;
        Ok(())
    }

    /// Whether it has grown enough to be written anew.
    #[must_use]
    pub fn has_grown(&self) -> bool {
        self.bytes > GROWN_BYTES.max(2 * self.snapshot_bytes) + self.snapshot_bytes
    }

    /// Its length, bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// When the file was last written before it was opened: somebody lived then.
    #[must_use]
    pub fn last_written(&self) -> UnixNano {
        self.last_written
    }

    /// Writes it anew out of the state.
    ///
    /// # Errors
    /// The disk's; nothing was lost, and nothing is promised before it can be written again.
    pub fn write_anew(&mut self, state: &State) -> io::Result<()> {
        let (file, bytes) = write_anew(&self.folder, state.changes())?;
        // From here on the old file has no name any more: whatever fails now, the new one is written to.
        (self.file, self.bytes, self.snapshot_bytes) = (file, bytes, bytes);
        (self.torn, self.renamed) = (true, true);
        self.mend()
    }

    /// Cuts off what an append that failed left behind, and makes sure that the file keeps its name.
    fn mend(&mut self) -> io::Result<()> {
        if self.renamed {
            sync(&self.folder)?;
            self.renamed = false;
        }
        if self.torn {
            self.file.set_len(self.bytes)?;
            self.file.seek(SeekFrom::Start(self.bytes))?;
            self.file.sync_data()?;
            self.torn = false;
        }
        Ok(())
    }
}

/// Makes the folder, so that it is there after a power cut too.
fn make(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync(parent),
        _ => Ok(()),
    }
}

/// Lets the names in a folder survive a power cut.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn last_written(file: &File) -> io::Result<UnixNano> {
    let since = file.metadata()?.modified()?;
    let since = since.duration_since(std::time::UNIX_EPOCH);
    let nanos = since.map(|since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX));
    Ok(UnixNano(nanos.unwrap_or(0)))
}

/// Writes a journal beside the old one and puts it in its place; gives it with its length, bytes.
fn write_anew(folder: &Path, changes: impl Iterator<Item = Change>) -> io::Result<(File, u64)> {
    let new = folder.join("journal.new");
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(true);
    let mut file = options.open(&new)?;
    file.write_all(MAGIC)?;
    let mut changes = changes.peekable();
    while changes.peek().is_some() {
        let some: Vec<Change> = changes.by_ref().take(CHUNK).collect();
        let mut batch = Batch::default();
        batch.add(&some)?;
        file.write_all(&batch.0)?;
    }
    file.sync_all()?;
    let bytes = file.metadata()?.len();
    std::fs::rename(&new, folder.join(NAME))?;
    Ok((file, bytes))
}

/// Keeps a torn end where it can be looked at. A full disk, which tears ends, must not stop the start.
fn keep_torn(folder: &Path, file: &mut File, from: u64) {
    let kept = folder.join("journal.torn");
    let copied = file
        .seek(SeekFrom::Start(from))
        .and_then(|_| io::copy(file, &mut File::create(&kept)?));
    match copied {
        Ok(bytes) => tracing::warn!(
            bytes,
            kept = %kept.display(),
            "the journal of alerts ended within a record, as a crash leaves it; the rest was cut off and kept"
        ),
        Err(error) => tracing::warn!(
            %error,
            "the journal of alerts ended within a record, as a crash leaves it; the rest was cut off and \
             could not be kept"
        ),
    }
}

#[cfg(test)]
mod tests;
