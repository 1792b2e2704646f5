//! The embedded engine: a real ClickHouse in a child process of this binary, spoken to over its own HTTP
//! interface like any other server.
//!
//! The child loads `libchdb.so` and runs until its standard input closes, so it can never outlive its
//! parent; the parent restarts it when it dies and closes the pipe to stop it.

mod child;
mod files;
mod library;
mod lock;
mod supervisor;

use std::path::PathBuf;

pub use child::run as run_child;
pub use library::{LIBRARY_NAME, VERSION};
pub use lock::DataLock;
pub use supervisor::Engine;

/// Where the engine lives and how it is reached.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The product's data folder; the engine keeps its own folder `engine` inside.
    pub data: PathBuf,
    /// Places to look for `libchdb.so`, best first: files, or folders that hold it.
    pub library_search: Vec<PathBuf>,
    /// HTTP port on 127.0.0.1; 0 takes any free one.
    pub http_port: u16,
    /// The command that runs [`run_child`]: program and leading arguments.
    pub child_command: Vec<PathBuf>,
    /// Most memory the engine may use, bytes; `None` leaves 60 % of the machine's.
    pub memory_limit_bytes: Option<u64>,
}

/// Why the embedded engine does not run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The library is in none of the places.
    #[error(
        "finding the embedded engine: no {LIBRARY_NAME} in {looked}; run `make engine` to fetch it, \
         or name a ClickHouse server with --clickhouse-url"
    )]
    LibraryNotFound {
        /// The places, comma-separated.
        looked: String,
    },
    /// Another Nephoscope uses this data folder.
    #[error(
        "opening the data folder {path}: another nephoscope is running on it{holder}; \
         stop that one, or choose another folder with --data"
    )]
    DataFolderInUse {
        /// The folder.
        path: PathBuf,
        /// " (process N)" when known.
        holder: String,
    },
    /// A file or folder could not be used.
    #[error("{deed} {path}: {source}")]
    File {
        /// What was being done.
        deed: &'static str,
        /// To which path.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The child process could not be started.
    #[error("starting the embedded engine: {source}")]
    Spawn {
        /// Why it failed.
        source: std::io::Error,
    },
    /// It ended before it answered.
    #[error("starting the embedded engine: it ended at once ({status}); its last words: {words}")]
    EndedAtOnce {
        /// Exit status of the child.
        status: String,
        /// Last lines it wrote, bounded.
        words: String,
    },
    /// It did not answer in time.
    #[error(
        "starting the embedded engine: no answer within {seconds} s; see {log} for what it is doing"
    )]
    NoAnswer {
        /// How long was waited.
        seconds: u64,
        /// Its log file.
        log: PathBuf,
    },
    /// Its address could not be used.
    #[error(transparent)]
    Store(#[from] crate::StoreError),
}

impl EngineError {
    fn file(deed: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { deed, path, source }
    }
}
