//! What can never be stored: kept aside with the reason, for people.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::counters::Counters;
use crate::decode::printable;
use crate::signal::Signal;

/// When the file is this big it becomes `dead-letters.old`, and the one before that goes.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// One file: a line `position reason bytes`, then the bytes, then a newline; again and again. What is read
/// again after a crash is kept again: the same position is the same letter.
pub(super) struct DeadLetters {
    path: PathBuf,
    file: Mutex<Option<File>>,
    signal: Signal,
    counters: Arc<Counters>,
}

impl DeadLetters {
    /// Beside the spool in `folder`; the file is made when the first letter comes.
    pub(super) fn new(folder: &Path, signal: Signal, counters: &Arc<Counters>) -> Self {
        Self {
            path: folder.join("dead-letters"),
            file: Mutex::new(None),
            signal,
            counters: Arc::clone(counters),
        }
    }

    /// Keeps `bytes` that stood at `position` of the spool, and says so in the log.
    pub(super) fn put(&self, position: u64, reason: &str, bytes: &[u8]) {
        self.counters.dead_letter(self.signal);
        let reason = printable(reason);
        let file = self.path.display();
        let count = bytes.len();
        tracing::error!(position, reason, bytes = count, %file, "kept aside: this cannot be stored");
        if let Err(error) = self.write(position, &reason, bytes) {
            tracing::error!(%error, %file, "keeping it aside failed");
        }
    }

    fn write(&self, position: u64, reason: &str, bytes: &[u8]) -> std::io::Result<()> {
        let mut held = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |file: &File| file.metadata().is_ok_and(|m| m.len() >= FILE_BYTES_MAX);
        if held.as_ref().is_some_and(is_full) {
            *held = None;
            std::fs::rename(&self.path, self.path.with_extension("old"))?;
        }
        let file = match &mut *held {
            Some(file) => file,
            none => none.insert(
                OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(&self.path)?,
            ),
        };
        writeln!(file, "{position} {:?} {}", reason, bytes.len())?;
        file.write_all(bytes)?;
        file.write_all(b"\n")?;
        file.sync_data()
    }
}
