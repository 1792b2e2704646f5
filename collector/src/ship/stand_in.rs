//! A stand-in for the store that says what a test wants.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once};

use store::write::{Attempt, Batch, Part};
use tokio::sync::Semaphore;

use super::deliver::{Away, Refusal, Sink};

/// Why the stand-in takes nothing.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    Away(String),
    Refused(String),
}

/// What the store was asked, and what it will say; when nothing is left to say, it agrees.
#[derive(Clone, Default)]
pub(crate) struct Script {
    pub(crate) asked: Arc<Mutex<Vec<(usize, String)>>>,
    pub(crate) answers: Arc<Mutex<VecDeque<Result<(), Failure>>>>,
    /// Inserts wait for a permit of this, if there is one.
    pub(crate) gate: Option<Arc<Semaphore>>,
    /// Parts of its fullest partition.
    pub(crate) parts: u64,
    /// Batches with this number of rows are refused for good.
    pub(crate) poison_rows: Option<usize>,
}

impl Sink for Script {
    async fn insert(
        &self,
        batch: &Arc<Batch>,
        token: &str,
        _: Attempt,
        _: Option<&[&'static str]>,
    ) -> Result<Vec<Refusal>, Away> {
        self.asked
            .lock()
            .unwrap()
            .push((batch.rows(), token.to_owned()));
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        let answer = match self.poison_rows {
            Some(rows) if batch.rows() == rows => {
                Err(Failure::Refused("Code: 53. type mismatch".into()))
            }
            _ => self.answers.lock().unwrap().pop_front().unwrap_or(Ok(())),
        };
        match answer {
            Ok(()) => Ok(Vec::new()),
            Err(Failure::Away(reason)) => Err(Away(reason)),
            Err(Failure::Refused(reason)) => {
                let part = Part {
                    table: "otel_traces",
                    day: 0,
                    rows: batch.rows(),
                };
                Ok(vec![Refusal { part, reason }])
            }
        }
    }

    async fn parts_max(&self) -> Option<u64> {
        Some(self.parts)
    }
}

impl Script {
    pub(crate) fn answering(answers: impl IntoIterator<Item = Result<(), Failure>>) -> Self {
        let answers = Arc::new(Mutex::new(answers.into_iter().collect()));
        Self {
            answers,
            ..Self::default()
        }
    }

    pub(crate) fn rows_asked(&self) -> Vec<usize> {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .map(|(rows, _)| *rows)
            .collect()
    }

    /// Waits until the store has been asked so many times.
    pub(crate) async fn asked(&self, times: usize) {
        while self.asked.lock().unwrap().len() < times {
            tokio::task::yield_now().await;
        }
    }
}

const FOLDER: &str = "nephoscope-collector-test-";

/// A folder for a spool that no other test uses. Those of test processes that ended are removed.
pub(crate) fn spool_folder() -> PathBuf {
    static SWEEP: Once = Once::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    SWEEP.call_once(|| {
        for entry in std::fs::read_dir(std::env::temp_dir())
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = entry.file_name().to_string_lossy().into_owned();
            let pid = name.strip_prefix(FOLDER);
            if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    });
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir()
        .join(format!("{FOLDER}{}", std::process::id()))
        .join(number.to_string())
}
