//! Decoded requests to ClickHouse: many requests, one insert.
//!
//! Each signal has one owner task. It takes whatever waits in its queue, has it normalised into one
//! batch, and inserts the batch; every request of the batch is answered when ClickHouse has
//! answered. While two inserts of a signal are under way its owner waits, so that a slow ClickHouse
//! is felt as waiting, then as refusals, and never as growing memory.

mod deliver;
mod group;
mod meter;
#[cfg(test)]
pub(crate) mod stand_in;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

#[cfg(test)]
pub(crate) use deliver::Failure;
pub(crate) use deliver::Sink;

use crate::config::Batch as Limits;
use crate::counters::Counters;
use crate::normalise::Normaliser;
use crate::refusal::{Reason, Refusal};
use crate::signal::Signal;
use crate::way::{Opened, Receipt};
use deliver::Courier;
use group::{Group, Mill};

/// Requests waiting per signal; their bytes are bounded by the budget. One more waits for
/// [`QUEUE_PATIENCE`] before it is told to come back.
const QUEUE_REQUESTS: usize = 1024;
const QUEUE_PATIENCE: Duration = Duration::from_millis(100);

/// Inserts of one signal under way at once: ClickHouse works on one while the next is prepared.
const INSERTS_AT_ONCE: usize = 2;

/// A request in the queue, and where its answer goes.
pub(crate) struct Job {
    opened: Opened,
    answer: oneshot::Sender<Result<Receipt, Refusal>>,
}

/// The queues of all signals.
#[derive(Clone)]
pub(crate) struct Shipper {
    queues: [mpsc::Sender<Job>; Signal::ALL.len()],
}

/// The owner tasks. They end when every [`Shipper`] is gone and all requests are answered.
pub(crate) struct Owners(Vec<JoinHandle<()>>);

impl Owners {
    /// Waits for them until `deadline`; whether they were done.
    pub(crate) async fn drain(self, deadline: Instant) -> bool {
        let mut drained = true;
        for mut owner in self.0 {
            if tokio::time::timeout_at(deadline, &mut owner).await.is_err() {
                owner.abort();
                drained = false;
            }
        }
        drained
    }
}

impl Shipper {
    /// Starts the owners. `request_rows_bytes_max` bounds the rows made from one request, bytes.
    pub(crate) fn start<S: Sink>(
        sink: S,
        limits: Limits,
        request_rows_bytes_max: usize,
        counters: Arc<Counters>,
    ) -> (Self, Owners) {
        // One normaliser for all signals: what a span teaches of a function helps its logs. It is
        // locked for one request at a time and only by blocking threads, so no connection waits
        // for it; three signals with a memory each would know a third each.
        let normaliser = Arc::new(Mutex::new(Normaliser::default()));
        let mill = Mill::new(normaliser, request_rows_bytes_max);
        let sink = Arc::new(sink);
        let mut owners = Vec::new();
        let queues = Signal::ALL.map(|signal| {
            let (queue, jobs) = mpsc::channel(QUEUE_REQUESTS);
            let courier = Courier {
                signal,
                sink: Arc::clone(&sink),
                mill: mill.clone(),
                retry_for: Duration::from_millis(limits.retry_for_ms),
                counters: Arc::clone(&counters),
            };
            let owner = Owner {
                jobs,
                limits,
                mill: mill.clone(),
                courier: Arc::new(courier),
            };
            owners.push(tokio::spawn(owner.run()));
            queue
        });
        (Self { queues }, Owners(owners))
    }

    /// Puts a request into the next insert of its signal and waits for the outcome.
    pub(crate) async fn ship(&self, opened: Opened) -> Result<Receipt, Refusal> {
        let (answer, outcome) = oneshot::channel();
        let queue = &self.queues[opened.signal as usize];
        match queue
            .send_timeout(Job { opened, answer }, QUEUE_PATIENCE)
            .await
        {
            Ok(()) => {}
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => {
                return Err(Refusal::new(
                    Reason::Overloaded,
                    format!(
                        "{QUEUE_REQUESTS} requests wait for ClickHouse: send again in a second"
                    ),
                ));
            }
            Err(mpsc::error::SendTimeoutError::Closed(_)) => return Err(Refusal::stopping()),
        }
        // The sender is dropped unused only when the owner is cut off at the end of the drain.
        outcome.await.unwrap_or_else(|_| Err(Refusal::stopping()))
    }
}

/// The one task that forms the groups of a signal.
struct Owner<S> {
    jobs: mpsc::Receiver<Job>,
    limits: Limits,
    mill: Mill,
    courier: Arc<Courier<S>>,
}

impl<S: Sink> Owner<S> {
    async fn run(mut self) {
        let slots = Arc::new(Semaphore::new(INSERTS_AT_ONCE));
        let mut inserts = JoinSet::new();
        while let Some(first) = self.jobs.recv().await {
            let group = self.gather(first).await;
            // Never closed, so a slot always comes.
            let slot = Arc::clone(&slots).acquire_owned().await;
            let courier = Arc::clone(&self.courier);
            inserts.spawn(async move {
                let _slot = slot;
                courier.deliver(group).await;
            });
            while inserts.try_join_next().is_some() {}
        }
        while inserts.join_next().await.is_some() {}
    }

    /// The first request and its company: until the group is full, or nothing waits and the first
    /// has waited long enough.
    async fn gather(&mut self, first: Job) -> Group {
        let deadline = Instant::now() + Duration::from_millis(self.limits.max_delay_ms);
        let mut group = Group::default();
        let mut next = Some(first);
        while let Some(job) = next {
            let jobs = self.waiting(job);
            group = self.mill.grind(group, jobs).await;
            if group.is_full(&self.limits) {
                break;
            }
            next = match self.jobs.try_recv() {
                Ok(job) => Some(job),
                Err(_) => tokio::select! {
                    biased;
                    job = self.jobs.recv() => job,
                    () = sleep_until(deadline) => None,
                },
            };
        }
        group
    }

    /// What waits now, as much as is sure to fit by its own bytes.
    fn waiting(&mut self, first: Job) -> Vec<Job> {
        let mut bytes = first.opened.plain.len();
        let mut jobs = vec![first];
        while bytes < self.limits.max_bytes {
            let Ok(job) = self.jobs.try_recv() else { break };
            bytes += job.opened.plain.len();
            jobs.push(job);
        }
        jobs
    }
}

#[cfg(test)]
mod tests;
