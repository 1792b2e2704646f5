//! A group of requests and the batch their rows are in.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use store::model::UnixNano;
use store::write::Batch;
use tokio::sync::oneshot;

use super::Job;
use super::meter::{DAYS_MAX, Measured, Meter};
use crate::admit::Lease;
use crate::config::Batch as Limits;
use crate::decode::DecodeError;
use crate::normalise::{Normaliser, Rejected};
use crate::refusal::Refusal;
use crate::signal::Signal;
use crate::way::{Opened, Receipt};

/// Requests whose rows are inserted together.
#[derive(Default)]
pub(super) struct Group {
    pub(super) batch: Batch,
    pub(super) waiting: Vec<Waiting>,
    bytes: usize,
    days: BTreeSet<i64>,
}

/// A request that waits for the insert: its answer, and its bytes should it have to go alone.
pub(super) struct Waiting {
    pub(super) signal: Signal,
    pub(super) plain: Bytes,
    pub(super) received: UnixNano,
    pub(super) receipt: Receipt,
    answer: oneshot::Sender<Result<Receipt, Refusal>>,
    /// Held until the answer, for the bytes above.
    _lease: Lease,
}

impl Waiting {
    /// Answers; a caller who went away hears nothing.
    pub(super) fn answer(self, outcome: Result<(), Refusal>) {
        let _ = self.answer.send(outcome.map(|()| self.receipt));
    }
}

impl Group {
    pub(super) fn is_full(&self, limits: &Limits) -> bool {
        self.batch.rows() >= limits.max_rows
            || self.bytes >= limits.max_bytes
            // Each day is an insert of its own.
            || self.days.len() >= DAYS_MAX
    }
}

/// What makes rows of requests, on threads that may be kept busy.
#[derive(Clone)]
pub(super) struct Mill {
    normaliser: Arc<Mutex<Normaliser>>,
    request_rows_bytes_max: usize,
}

impl Mill {
    pub(super) fn new(normaliser: Arc<Mutex<Normaliser>>, request_rows_bytes_max: usize) -> Self {
        Self {
            normaliser,
            request_rows_bytes_max,
        }
    }

    /// Adds the rows of `jobs` to the group.
    pub(super) async fn grind(&self, mut group: Group, jobs: Vec<Job>) -> Group {
        let mill = self.clone();
        let work = move || {
            for job in jobs {
                mill.add(&mut group, job);
            }
            group
        };
        // Each request is guarded by itself, so this fails only when the runtime is going down; the
        // answers are then dropped and the callers told that the collector stops.
        tokio::task::spawn_blocking(work).await.unwrap_or_default()
    }

    /// The rows of one waiting request by themselves: it is decoded again.
    pub(super) async fn alone(&self, waiting: &Waiting) -> Option<Batch> {
        let mill = self.clone();
        let Waiting {
            signal, received, ..
        } = *waiting;
        let plain = waiting.plain.clone();
        let work = move || {
            let mut batch = Batch::default();
            mill.normalise(signal, &plain, received, &mut batch).ok()?;
            Some(batch)
        };
        tokio::task::spawn_blocking(work).await.ok().flatten()
    }

    fn add(&self, group: &mut Group, job: Job) {
        let Job { opened, answer } = job;
        let Opened {
            signal, received, ..
        } = opened;
        let outcome = self.normalise(signal, &opened.plain, received, &mut group.batch);
        let (rejected, measured) = match outcome {
            Ok(made) => made,
            Err(refusal) => {
                let _ = answer.send(Err(refusal));
                return;
            }
        };
        let receipt = self.receipt(opened.signal, &rejected, &measured);
        group.bytes += measured.bytes;
        group.days.extend(measured.days);
        group.waiting.push(Waiting {
            signal: opened.signal,
            plain: opened.plain,
            received: opened.received,
            receipt,
            answer,
            _lease: opened.lease,
        });
    }

    /// Rows into `batch`. Normalising never panics as far as we know; should it, one request is
    /// lost with a word in the log and its neighbours are not.
    fn normalise(
        &self,
        signal: Signal,
        request: &[u8],
        received: UnixNano,
        batch: &mut Batch,
    ) -> Result<(Rejected, Measured), Refusal> {
        let mut meter = Meter::new(batch, self.request_rows_bytes_max);
        let mut normaliser = self
            .normaliser
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let outcome = catch_unwind(AssertUnwindSafe(|| match signal {
            Signal::Traces => normaliser.traces(request, received, &mut meter),
            Signal::Logs => normaliser.logs(request, received, &mut meter),
            Signal::Metrics => normaliser.metrics(request, received, &mut meter),
        }));
        drop(normaliser);
        match outcome {
            Ok(Ok(rejected)) => Ok((rejected, meter.done())),
            Ok(Err(fault)) => Err(DecodeError::into(fault)),
            Err(_) => {
                tracing::error!("a request made the normaliser panic: please report this as a bug");
                Err(Refusal::internal("reading the request"))
            }
        }
    }

    fn receipt(&self, signal: Signal, rejected: &Rejected, measured: &Measured) -> Receipt {
        let (left_out, reason) = measured.left_out(signal, self.request_rows_bytes_max);
        let mut message = rejected.message();
        if !message.is_empty() && !reason.is_empty() {
            message.push_str("; ");
        }
        message.push_str(&reason);
        Receipt {
            items: measured.items,
            rejected: rejected.count + left_out,
            message,
        }
    }
}
