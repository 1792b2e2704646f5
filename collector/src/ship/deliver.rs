//! A group into the store: repeated while the store is away, taken apart when it refuses.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use store::Store;
use store::write::{Attempt, Batch, Part};
use tokio::time::{sleep, timeout};

use super::dead_letters::DeadLetters;
use super::group::{Group, Mill, Users};
use crate::counters::Counters;
use crate::decode::printable;
use crate::signal::Signal;
use crate::spool::{Cut, Entry, Frame, Ledger};

/// Pauses between attempts: doubled from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(2);

/// One attempt: an insert takes a second or two; a connection that hangs must end.
const ATTEMPT: Duration = Duration::from_secs(60);

/// The store is away or overloaded: the same may pass later. Why, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Away(pub(crate) String);

/// A part of a batch that the store will never take, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) part: Part,
    pub(crate) reason: String,
}

/// Where batches end: the store, or a test's stand-in.
pub(crate) trait Sink: Send + Sync + 'static {
    /// Inserts the batch, or of it only the tables named. The same token again stores nothing twice.
    fn insert(
        &self,
        batch: &Arc<Batch>,
        token: &str,
        attempt: Attempt,
        only: Option<&[&'static str]>,
    ) -> impl Future<Output = Result<Vec<Refusal>, Away>> + Send;

    /// Parts of the fullest partition; `None` while the store does not say.
    fn parts_max(&self) -> impl Future<Output = Option<u64>> + Send;
}

impl Sink for Store {
    async fn insert(
        &self,
        batch: &Arc<Batch>,
        token: &str,
        attempt: Attempt,
        only: Option<&[&'static str]>,
    ) -> Result<Vec<Refusal>, Away> {
        let wanted = |part: &Part| only.is_none_or(|tables| tables.contains(&part.table));
        let refused = Self::insert(self, batch, token, attempt, wanted)
            .await
            .map_err(|error| Away(with_causes(&error)))?;
        let refused = refused.into_iter().map(|refused| Refusal {
            part: refused.part,
            reason: with_causes(&refused.error),
        });
        Ok(refused.collect())
    }

    async fn parts_max(&self) -> Option<u64> {
        timeout(ATTEMPT, Self::parts_max(self)).await.ok()?.ok()
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Inserts the groups of one signal.
pub(super) struct Courier<S> {
    pub(super) signal: Signal,
    pub(super) sink: Arc<S>,
    pub(super) mill: Mill,
    pub(super) dead_letters: DeadLetters,
    pub(super) counters: Arc<Counters>,
}

/// A stretch of the spool on its way into the store.
struct Load {
    cut: Cut,
    batch: Arc<Batch>,
    /// What is inserted of it; `None` means all.
    only: Option<Vec<&'static str>>,
    attempt: Attempt,
}

impl<S: Sink> Courier<S> {
    /// Inserts the group that holds the rows of `cut`, however long it takes, and notes it. Gives the
    /// batch back, empty, so that the next group need not ask for memory.
    pub(super) async fn deliver(
        self: Arc<Self>,
        group: Group,
        cut: Cut,
        ledger: Ledger,
    ) -> (Ledger, Batch) {
        let rows = (Arc::new(group.batch), group.users);
        self.carry(rows, cut, ledger, Attempt::First).await
    }

    /// The rows of `cut` made again from disk, after a restart.
    pub(super) async fn deliver_again(
        self: Arc<Self>,
        cut: Cut,
        ledger: Ledger,
    ) -> (Ledger, Batch) {
        let (ledger, entries) = self.noted(ledger, move |ledger| ledger.read(cut)).await;
        let frames = self.whole(entries);
        let rows = self.rows_of(&frames).await;
        self.carry(rows, cut, ledger, Attempt::Again).await
    }

    async fn carry(
        &self,
        (batch, users): (Arc<Batch>, Users),
        cut: Cut,
        ledger: Ledger,
        attempt: Attempt,
    ) -> (Ledger, Batch) {
        let (ledger, token) = self.noted(ledger, move |ledger| ledger.begin(cut)).await;
        let load = Load {
            cut,
            batch: Arc::clone(&batch),
            only: None,
            attempt,
        };
        let refused = self.insert(&load, &token).await;
        drop(load);
        let ledger = match refused.is_empty() {
            true => {
                self.counters.shipped(self.signal, users.items, users.bytes);
                ledger
            }
            false => self.take_apart(cut, &token, refused, ledger).await,
        };
        let (ledger, ()) = self.noted(ledger, move |ledger| ledger.done(cut)).await;
        let mut batch = Arc::into_inner(batch).unwrap_or_default();
        batch.clear();
        (ledger, batch)
    }

    /// Halves a refused stretch again and again, so that only the culprit is kept aside. Tables that took
    /// the whole are left alone. Where it is cut is the same after a restart, and so are the tokens.
    async fn take_apart(
        &self,
        cut: Cut,
        token: &str,
        refused: Vec<Refusal>,
        ledger: Ledger,
    ) -> Ledger {
        let (ledger, entries) = self.noted(ledger, move |ledger| ledger.read(cut)).await;
        let frames = self.whole(entries);
        let mut suspects = vec![(0..frames.len(), refused)];
        while let Some((range, refused)) = suspects.pop() {
            if let ([(at, frame)], Some(first)) = (&frames[range.clone()], refused.first()) {
                self.dead_letters.put(*at, &first.reason, &frame.body);
                continue;
            }
            let middle = range.start + range.len() / 2;
            for half in [range.start..middle, middle..range.end] {
                let (batch, users) = self.rows_of(&frames[half.clone()]).await;
                let load = Load {
                    cut,
                    batch,
                    only: Some(tables(&refused)),
                    attempt: Attempt::Again, // perhaps before the restart
                };
                let token = format!("{token}-{}-{}", half.start, half.end);
                let refused = self.insert(&load, &token).await;
                if refused.is_empty() {
                    self.counters.shipped(self.signal, users.items, users.bytes);
                } else {
                    suspects.push((half, refused));
                }
            }
        }
        ledger
    }

    /// The requests of a stretch; what is none any more is kept aside.
    fn whole(&self, entries: Vec<(u64, Entry)>) -> Vec<(u64, Frame)> {
        let frames = entries.into_iter().filter_map(|(at, entry)| match entry {
            Entry::Frame(frame) => Some((at, frame)),
            Entry::Damaged(damage, bytes) => {
                self.dead_letters.put(at, damage.as_str(), &bytes);
                None
            }
        });
        frames.collect()
    }

    /// The rows of kept requests, made again, and what of them is the users'.
    async fn rows_of(&self, frames: &[(u64, Frame)]) -> (Arc<Batch>, Users) {
        let (mill, signal, frames) = (self.mill.clone(), self.signal, frames.to_vec());
        let work = move || {
            let mut group = Group::default();
            for (_, frame) in &frames {
                mill.take_frame(&mut group, signal, frame, true);
            }
            (Arc::new(group.batch), group.users)
        };
        tokio::task::spawn_blocking(work).await.unwrap_or_default()
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

    /// Inserts, and again while the store is away, always with the same token. Gives what the store will
    /// never take.
    async fn insert(&self, load: &Load, token: &str) -> Vec<Refusal> {
        if load.batch.is_empty() {
            return Vec::new();
        }
        let (mut pause, mut attempt) = (FIRST_PAUSE, load.attempt);
        loop {
            let only = load.only.as_deref();
            let inserting = self.sink.insert(&load.batch, token, attempt, only);
            let reason = match timeout(ATTEMPT, inserting).await {
                Ok(Ok(refused)) => {
                    self.inserted(load, &refused);
                    return refused;
                }
                Ok(Err(Away(reason))) => reason,
                Err(_) => format!("no answer within {} s", ATTEMPT.as_secs()),
            };
            attempt = Attempt::Again;
            self.counters.insert_retried(self.signal);
            if pause == LAST_PAUSE {
                let (signal, rows, reason) = (self.signal, load.batch.rows(), printable(&reason));
                tracing::warn!(%signal, rows, reason, "ClickHouse is away; the spool holds the data");
            }
            sleep(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    fn inserted(&self, load: &Load, refused: &[Refusal]) {
        let lost: usize = refused.iter().map(|refusal| refusal.part.rows).sum();
        let rows = match &load.only {
            None => load.batch.rows(),
            Some(tables) => load.batch.rows_in(tables),
        };
        self.counters
            .inserted(self.signal, rows.saturating_sub(lost));
        for Refusal { part, reason } in refused {
            self.counters.insert_failed(self.signal);
            let (signal, from, reason) = (self.signal, load.cut.from, printable(reason));
            tracing::error!(%signal, table = part.table, rows = part.rows, from, reason,
                "ClickHouse refused an insert");
        }
    }
}

fn tables(refused: &[Refusal]) -> Vec<&'static str> {
    let mut tables: Vec<_> = refused.iter().map(|refusal| refusal.part.table).collect();
    tables.dedup();
    tables
}
