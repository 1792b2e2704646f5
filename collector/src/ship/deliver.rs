//! A batch into the store: repeated while the store is away, taken apart when it refuses.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use store::Store;
use store::write::Batch;
use tokio::time::{Instant, sleep, timeout};

use super::group::{Group, Mill, Waiting};
use crate::counters::Counters;
use crate::decode::printable;
use crate::refusal::{Reason, Refusal};
use crate::signal::Signal;

/// Pauses between attempts: doubled from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(1);

/// One attempt. Nobody waits for an answer that long, and a connection that hangs must end.
const ATTEMPT: Duration = Duration::from_secs(30);

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

/// Inserts the groups of one signal and answers their requests.
pub(super) struct Courier<S> {
    pub(super) signal: Signal,
    pub(super) sink: Arc<S>,
    pub(super) mill: Mill,
    pub(super) retry_for: Duration,
    pub(super) counters: Arc<Counters>,
}

impl<S: Sink> Courier<S> {
    /// Inserts the group, and answers each of its requests.
    pub(super) async fn deliver(&self, group: Group) {
        let Group { batch, waiting, .. } = group;
        let outcome = self.insert(&batch).await;
        drop(batch);
        match outcome {
            Ok(()) => waiting
                .into_iter()
                .for_each(|request| request.answer(Ok(()))),
            Err(Failure::Away(_)) => {
                waiting
                    .into_iter()
                    .for_each(|request| request.answer(Err(away())));
            }
            // A batch of one need not be taken apart to find the culprit.
            Err(Failure::Refused(_)) if waiting.len() == 1 => {
                waiting
                    .into_iter()
                    .for_each(|request| request.answer(Err(refused())));
            }
            Err(Failure::Refused(_)) => {
                for request in waiting {
                    self.deliver_alone(request).await;
                }
            }
        }
    }

    /// One request of a refused batch by itself, so that only the culprit suffers. Tables that took
    /// the batch before another refused it get these rows again: twice rather than never.
    async fn deliver_alone(&self, request: Waiting) {
        let Some(batch) = self.mill.alone(&request).await else {
            return request.answer(Err(Refusal::internal("reading the request")));
        };
        let outcome = self.insert(&batch).await.map_err(|failure| match failure {
            Failure::Away(_) => away(),
            Failure::Refused(_) => refused(),
        });
        request.answer(outcome);
    }

    /// Inserts, and again while the store is away, always with the same token.
    async fn insert(&self, batch: &Batch) -> Result<(), Failure> {
        if batch.is_empty() {
            return Ok(());
        }
        let token = hex::encode(rand::random::<[u8; 16]>());
        let give_up = Instant::now() + self.retry_for;
        let mut pause = FIRST_PAUSE;
        loop {
            let attempt = timeout(ATTEMPT, self.sink.insert(batch, &token)).await;
            let failure = match attempt {
                Ok(Ok(())) => {
                    self.counters.inserted(self.signal, batch.rows());
                    return Ok(());
                }
                Ok(Err(failure)) => failure,
                Err(_) => Failure::Away(format!("no answer within {} s", ATTEMPT.as_secs())),
            };
            let last = match &failure {
                Failure::Away(_) => Instant::now() + pause > give_up,
                Failure::Refused(_) => true,
            };
            if last {
                self.counters.insert_failed(self.signal);
                self.log(&failure, batch);
                return Err(failure);
            }
            self.counters.insert_retried(self.signal);
            sleep(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    fn log(&self, failure: &Failure, batch: &Batch) {
        let (signal, rows) = (self.signal, batch.rows());
        match failure {
            Failure::Away(reason) => {
                let reason = printable(reason);
                tracing::warn!(%signal, rows, reason, "ClickHouse is away: exporters send again");
            }
            Failure::Refused(reason) => {
                let reason = printable(reason);
                tracing::error!(%signal, rows, reason, "ClickHouse refused an insert");
            }
        }
    }
}

fn away() -> Refusal {
    Refusal::new(
        Reason::StoreAway,
        "the store is away or overloaded: send again in a second",
    )
}

fn refused() -> Refusal {
    Refusal::internal("storing the request")
}
