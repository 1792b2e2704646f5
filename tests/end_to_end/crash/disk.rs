//! A disk that fails on command: `shim.c`, built here, preloaded into the product, steered by a file.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use tokio::process::Command;

/// What the disk does to files of the spool; the numbers are `shim.c`'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ailment {
    /// Every write: no space left.
    Full = 1,
    /// Every write: half of it, then no space left.
    FullHalfway = 2,
    /// `fdatasync` fails, `fsync` does not: segments can be begun and not filled.
    NoDataSync = 3,
    /// Neither succeeds: no segment can be begun.
    NoSync = 4,
}

/// The disk of one product.
pub struct Disk {
    library: PathBuf,
    control: PathBuf,
    file: File,
}

impl Disk {
    /// Builds the shim into `work` with the C compiler.
    pub fn new(work: &Path) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/end_to_end/crash/shim.c");
        let library = work.join("shim.so");
        let built = std::process::Command::new("cc")
            .args(["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o"])
            .args([&library, &source])
            .output()
            .expect("a C compiler, as CONTRIBUTING.md asks for");
        let words = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "building shim.c: {words}");
        let control = work.join("disk-control");
        std::fs::write(&control, [0; 16]).expect("written");
        let file = File::options()
            .read(true)
            .write(true)
            .open(&control)
            .expect("opened");
        Self {
            library,
            control,
            file,
        }
    }

    /// Puts the disk under a product whose spool lies in `folder`.
    pub fn put_under(&self, command: &mut Command, folder: &Path) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("DISK_FAULT_CONTROL", &self.control)
            .env("DISK_FAULT_FOLDER", folder);
    }

    /// From now on the disk fails.
    pub fn ails(&self, ailment: Ailment) {
        self.file.write_all_at(&[ailment as u8], 0).expect("told");
    }

    /// From now on it works.
    pub fn heals(&self) {
        self.file.write_all_at(&[0], 0).expect("told");
    }

    /// Calls it has failed so far.
    pub fn failures(&self) -> u64 {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, 8).expect("asked");
        u64::from_le_bytes(bytes)
    }
}
