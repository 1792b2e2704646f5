//! One product on one data folder.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::EngineError;

/// Holds a folder for this process; the kernel releases it when the process ends, however it ends.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    /// Creates `folder` if needed and locks it.
    ///
    /// # Errors
    /// [`EngineError::DataFolderInUse`] when another process holds it, [`EngineError::File`] when the
    /// folder cannot be created or written.
    pub fn acquire(folder: &Path) -> Result<Self, EngineError> {
        Self::acquire_within(folder, Duration::ZERO)
    }

    /// As [`DataLock::acquire`], but waits up to `patience` for a holder that is just shutting down.
    pub(super) fn acquire_within(folder: &Path, patience: Duration) -> Result<Self, EngineError> {
        std::fs::create_dir_all(folder).map_err(EngineError::file("creating", folder))?;
        let path = folder.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(EngineError::file("opening", &path))?;
        let begin = Instant::now();
        while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            if begin.elapsed() >= patience {
                return Err(in_use(folder, &mut file));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            write!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(EngineError::file("writing", &path))?;
        Ok(Self { _file: file })
    }
}

/// The process that took the lock of `folder` last.
pub(super) fn last_holder(folder: &Path) -> Option<u32> {
    named_in(&mut File::open(folder.join("lock")).ok()?)
}

fn named_in(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(20).read_to_string(&mut text).ok()?;
    text.parse().ok()
}

fn in_use(folder: &Path, file: &mut File) -> EngineError {
    EngineError::DataFolderInUse {
        path: folder.to_owned(),
        holder: named_in(file).map_or_else(String::new, |pid| format!(" (process {pid})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_of_a_folder_is_refused_and_told_who_has_it() {
        let folder = std::env::temp_dir().join(format!("nephoscope-lock-{}", std::process::id()));
        let held = DataLock::acquire(&folder).expect("free");
        let refused = DataLock::acquire(&folder).expect_err("held").to_string();
        assert!(
            refused.contains(&format!("(process {})", std::process::id())),
            "{refused}"
        );
        assert_eq!(last_holder(&folder), Some(std::process::id()));
        drop(held);
        DataLock::acquire(&folder).expect("free again");
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
