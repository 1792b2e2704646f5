//! A group into the store: repeated while the store is away, taken apart when it refuses.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use store::Store;
use store::write::Batch;
use tokio::time::{sleep, timeout};

use super::dead_letters::DeadLetters;
use super::group::{Group, Mill};
use crate::counters::Counters;
use crate::decode::printable;
use crate::signal::Signal;
use crate::spool::{Cut, Entry, Ledger};

/// Pauses between attempts: doubled from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(2);

/// One attempt: an insert takes a second or two; a connection that hangs must end.
const ATTEMPT: Duration = Duration::from_secs(60);

/// Why an insert failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The store is away or overloaded: the same may pass later.
    Away(String),
    /// The store will never take this.
    Refused(String),
}

/// Where batches end: the store, or a test's stand-in.
pub(crate) trait Sink: Send + Sync + 'static {
    /// Inserts the batch. The same token again stores nothing twice.
    fn insert(
        &self,
        batch: &Batch,
        token: &str,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

impl Sink for Store {
    async fn insert(&self, batch: &Batch, token: &str) -> Result<(), Failure> {
        Self::insert(self, batch, token).await.map_err(|error| {
            let mut text = error.to_string();
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                text = format!("{text}: {error}");
                cause = error.source();
            }
            if error.is_transient() {
                Failure::Away(text)
            } else {
                Failure::Refused(text)
            }
        })
    }
}

/// Inserts the groups of one signal.
pub(super) struct Courier<S> {
    pub(super) signal: Signal,
    pub(super) sink: Arc<S>,
    pub(super) mill: Mill,
    pub(super) dead_letters: DeadLetters,
    pub(super) counters: Arc<Counters>,
}

impl<S: Sink> Courier<S> {
    /// Inserts the group that holds the rows of `cut`, however long it takes, and notes it.
    pub(super) async fn deliver(self: Arc<Self>, group: Group, cut: Cut, ledger: Ledger) -> Ledger {
        let (ledger, token) = self.noted(ledger, move |ledger| ledger.begin(cut)).await;
        let outcome = self.insert(&group.batch, &token).await;
        let users = group.users;
        drop(group);
        let ledger = match outcome {
            Ok(()) => {
                self.counters.shipped(self.signal, users.items, users.bytes);
                ledger
            }
            Err(_) => self.deliver_one_by_one(cut, &token, ledger).await,
        };
        self.noted(ledger, move |ledger| ledger.done(cut)).await.0
    }

    /// The rows of `cut` made again from disk, after a restart.
    pub(super) async fn deliver_again(self: Arc<Self>, cut: Cut, ledger: Ledger) -> Ledger {
        let courier = Arc::clone(&self);
        let (ledger, entries) = self.noted(ledger, move |ledger| ledger.read(cut)).await;
        let work = move || {
            let mut group = Group::default();
            for entry in entries {
                if let Entry::Frame(frame) = entry {
                    courier.mill.take_frame(&mut group, courier.signal, &frame);
                }
            }
            group
        };
        let group = tokio::task::spawn_blocking(work).await.unwrap_or_default();
        self.deliver(group, cut, ledger).await
    }

    /// Each request of a refused group by itself, so that only the culprit is kept aside. Tables that
    /// took the group before another refused it get these rows again: twice rather than never.
    async fn deliver_one_by_one(&self, cut: Cut, token: &str, ledger: Ledger) -> Ledger {
        let (ledger, entries) = self.noted(ledger, move |ledger| ledger.read(cut)).await;
        for (i, entry) in entries.into_iter().enumerate() {
            let Entry::Frame(frame) = entry else { continue };
            let (mill, signal) = (self.mill.clone(), self.signal);
            let body = frame.body.clone();
            let work = move || {
                let mut group = Group::default();
                mill.take_frame(&mut group, signal, &frame);
                group
            };
            let group = tokio::task::spawn_blocking(work).await.unwrap_or_default();
            let users = group.users;
            match self.insert(&group.batch, &format!("{token}-{i}")).await {
                Ok(()) => self.counters.shipped(self.signal, users.items, users.bytes),
                Err(reason) => self.dead_letters.put(cut.from, &reason, &body),
            }
        }
        ledger
    }

    /// Does something with the ledger on a thread that may wait for the disk, until the disk lets it.
    async fn noted<T: Send + 'static>(
        &self,
        mut ledger: Ledger,
        deed: impl Fn(&mut Ledger) -> std::io::Result<T> + Clone + Send + 'static,
    ) -> (Ledger, T) {
        loop {
            let deed = deed.clone();
            let work = move || {
                let outcome = deed(&mut ledger);
                (ledger, outcome)
            };
            let (back, outcome) = match tokio::task::spawn_blocking(work).await {
                Ok(done) => done,
                // Only when the runtime is going down: this task ends with it.
                Err(_) => std::future::pending().await,
            };
            match outcome {
                Ok(value) => return (back, value),
                Err(error) => {
                    tracing::error!(%error, "the spool's ledger cannot be written; trying again");
                }
            }
            ledger = back;
            sleep(LAST_PAUSE).await;
        }
    }

    /// Inserts, and again while the store is away, always with the same token. An error is the store's
    /// word that it will never take these rows.
    async fn insert(&self, batch: &Batch, token: &str) -> Result<(), String> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut pause = FIRST_PAUSE;
        loop {
            let attempt = timeout(ATTEMPT, self.sink.insert(batch, token)).await;
            let reason = match attempt {
                Ok(Ok(())) => {
                    self.counters.inserted(self.signal, batch.rows());
                    return Ok(());
                }
                Ok(Err(Failure::Away(reason))) => reason,
                Ok(Err(Failure::Refused(reason))) => {
                    self.counters.insert_failed(self.signal);
                    let (signal, rows, reason) = (self.signal, batch.rows(), printable(&reason));
                    tracing::error!(%signal, rows, reason, "ClickHouse refused an insert");
                    return Err(reason);
                }
                Err(_) => format!("no answer within {} s", ATTEMPT.as_secs()),
            };
            self.counters.insert_retried(self.signal);
            if pause == LAST_PAUSE {
                let (signal, rows, reason) = (self.signal, batch.rows(), printable(&reason));
                tracing::warn!(%signal, rows, reason, "ClickHouse is away; the spool holds the data");
            }
            sleep(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }
}
