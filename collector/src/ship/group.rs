//! A group of requests and the batch their rows are in.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use store::write::Batch;

use super::meter::{DAYS_MAX, Measured, Meter, Nowhere};
use super::{Job, Origin};
use crate::config::Batch as Limits;
use crate::counters::Counters;
use crate::decode::DecodeError;
use crate::normalise::{self, Arrival, Normaliser, Rejected};
use crate::refusal::Refusal;
use crate::signal::Signal;
use crate::spool::{Cut, Frame};
use crate::way::{Opened, Receipt};

/// Requests whose rows are inserted together: one stretch of the spool.
#[derive(Default)]
pub(super) struct Group {
    pub(super) batch: Batch,
    pub(super) cut: Option<Cut>,
    /// What of it is the users' and not the collector's own.
    pub(super) users: Users,
    held_bytes: usize,
    row_bytes: usize,
    days: BTreeSet<i64>,
}

/// Items of the users, and the bytes of the requests they came in.
#[derive(Clone, Copy, Default)]
pub(super) struct Users {
    pub(super) items: u64,
    pub(super) bytes: u64,
}

/// ClickHouse unfolds what we hold folded (a resource once for all its rows), at most to so many times
/// `max_bytes`.
const UNFOLDED_MAX: usize = 4;

impl Group {
    /// An empty group that gathers its rows in `batch`.
    pub(super) fn new(batch: Batch) -> Self {
        Self {
            batch,
            ..Self::default()
        }
    }

    pub(super) fn is_full(&self, limits: &Limits) -> bool {
        self.batch.rows() >= limits.max_rows
            || self.held_bytes >= limits.max_bytes
            || self.row_bytes >= limits.max_bytes.saturating_mul(UNFOLDED_MAX)
            // Each day is an insert of its own.
            || self.days.len() >= DAYS_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cut.is_none()
    }

    /// The group reaches up to `to` now; it began at `from` if it was empty.
    pub(super) fn reach(&mut self, from: u64, to: u64) {
        let from = self.cut.map_or(from, |cut| cut.from);
        self.cut = Some(Cut { from, to });
    }

    fn measure(&mut self, origin: Origin, body_bytes: usize, measured: Measured) {
        if origin == Origin::Users {
            self.users.items += measured.items;
            self.users.bytes += body_bytes as u64;
        }
        self.held_bytes += measured.held_bytes;
        self.row_bytes += measured.bytes;
        self.days.extend(measured.days);
        self.days.extend(measured.fact_days);
    }
}

/// What makes rows of requests, on threads that may be kept busy.
#[derive(Clone)]
pub(super) struct Mill {
    normaliser: Arc<Mutex<Normaliser>>,
    request_rows_bytes_max: usize,
    pub(super) counters: Arc<Counters>,
}

impl Mill {
    pub(super) fn new(
        normaliser: Arc<Mutex<Normaliser>>,
        request_rows_bytes_max: usize,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            normaliser,
            request_rows_bytes_max,
            counters,
        }
    }

    /// Adds the rows of a kept request to the group and answers the request.
    pub(super) fn take(&self, group: &mut Group, job: Job) {
        self.make(group, job, false);
    }

    /// `again`: its rows were made before, or will be; what it overflows counts then.
    fn make(&self, group: &mut Group, job: Job, again: bool) {
        let Job { opened, answer } = job;
        let Opened {
            signal,
            origin,
            plain,
            received,
            sender,
            ..
        } = &opened;
        let arrival = Arrival {
            at: *received,
            key: sender.hash(),
            again,
            is_ours: *origin == Origin::Ourselves,
        };
        let made = self.normalise(*signal, plain, arrival, &mut group.batch);
        let outcome = made.map(|(rejected, measured)| {
            let receipt = self.receipt(*signal, &rejected, &measured);
            group.measure(*origin, plain.len(), measured);
            receipt
        });
        let _ = answer.send(outcome); // a caller who went away hears nothing
    }

    /// Answers a kept request whose rows will be, or were, made of what is on disk. Making them here,
    /// too, would be half of all work under load, so it is skimmed for what must be refused.
    pub(super) fn answer(&self, job: Job) {
        match self.skim(&job.opened) {
            Some(receipt) => drop(job.answer.send(Ok(receipt))), // a caller who went away hears nothing
            None => self.make(&mut Group::default(), job, true),
        }
    }

    /// The receipt of a request, if it can be known without its attributes.
    fn skim(&self, opened: &Opened) -> Option<Receipt> {
        let (signal, body) = (opened.signal, &opened.plain);
        let mut nowhere = Nowhere;
        let mut meter = Meter::new(&mut nowhere, self.request_rows_bytes_max);
        let skim = AssertUnwindSafe(|| normalise::skim(signal, body, opened.received, &mut meter));
        let rejected = catch_unwind(skim).ok()?.ok()?;
        let measured = meter.done();
        let is_whole = measured.is_surely_whole(body.len(), self.request_rows_bytes_max);
        is_whole.then(|| self.receipt(signal, &rejected, &measured))
    }

    /// Adds the rows of a request read back from the spool. `again`: its rows were made before.
    pub(super) fn take_frame(&self, group: &mut Group, signal: Signal, frame: &Frame, again: bool) {
        let arrival = Arrival {
            at: frame.received,
            key: frame.key,
            again,
            is_ours: Origin::of(frame) == Origin::Ourselves,
        };
        match self.normalise(signal, &frame.body, arrival, &mut group.batch) {
            Ok((_, measured)) => {
                group.measure(Origin::of(frame), frame.body.len(), measured);
            }
            // It was sound before it was kept, so this is a fault of ours, and already in the log.
            Err(refusal) => {
                tracing::error!(%signal, fault = refusal.message, "a kept request is lost");
            }
        }
    }

    /// Rows into `batch`. Normalising never panics as far as we know; should it, one request is
    /// lost with a word in the log and its neighbours are not.
    fn normalise(
        &self,
        signal: Signal,
        request: &[u8],
        arrival: Arrival,
        batch: &mut Batch,
    ) -> Result<(Rejected, Measured), Refusal> {
        let mut meter = Meter::new(batch, self.request_rows_bytes_max);
        let mut normaliser = self
            .normaliser
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let outcome = catch_unwind(AssertUnwindSafe(|| match signal {
            Signal::Traces => normaliser.traces(request, arrival, &mut meter),
            Signal::Logs => normaliser.logs(request, arrival, &mut meter),
            Signal::Metrics => normaliser.metrics(request, arrival, &mut meter),
        }));
        let overflowed = normaliser.overflowed(arrival);
        drop(normaliser);
        self.tell(signal, arrival, &overflowed);
        match outcome {
            Ok(Ok(rejected)) => {
                let mut measured = meter.done();
                measured.items += rejected.merged;
                Ok((rejected, measured))
            }
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
