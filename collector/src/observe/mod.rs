//! The collector sees itself: its counters as metrics, sent the ordinary way into the store.
//!
//! `list` says what there is, `otlp` spells it as a request, `process` asks the system. The task here
//! is the edge: it reads the clock and hands the request to the spool. The users' data go first: when
//! the spool is nearly full an observation is skipped, and counted as skipped.

mod list;
mod otlp;
mod process;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use prost::Message;
use store::clock;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

pub use list::{Kind, Metric, Point, Why, of_collector, of_process, up};
pub use otlp::Instance;
pub use process::{Usage, usage};

pub(crate) use otlp::Exporter;
pub(crate) use process::host_name;

use crate::admit::Budget;
use crate::counters::Counters;
use crate::sender::Sender;
use crate::ship::{Origin, Shipper};
use crate::signal::Signal;
use crate::way::Opened;

/// The task that tells again and again.
pub(crate) struct Observer {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// What the task needs.
pub(crate) struct Deps {
    pub(crate) counters: Arc<Counters>,
    pub(crate) shipper: Shipper,
    pub(crate) budget: Budget,
}

impl Observer {
    /// Tells at once and then every `interval_ms`; `None` when that is 0, which means never.
    pub(crate) fn start(interval_ms: u64, instance: Instance, deps: Deps) -> Option<Self> {
        if interval_ms == 0 {
            return None;
        }
        let (stop, stopped) = oneshot::channel();
        let every = Duration::from_millis(interval_ms);
        let task = tokio::spawn(run(every, Exporter::new(instance), deps, stopped));
        Some(Self { stop, task })
    }

    /// Tells a last time. Call it when the doors are closed, so that the last word is true; what it
    /// has not done by `deadline` is left undone.
    pub(crate) async fn finish(mut self, deadline: Instant) {
        // The task listens until it is told; should it have ended, there is nobody to tell.
        let _ = self.stop.send(());
        if timeout_at(deadline, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

async fn run(
    every: Duration,
    mut exporter: Exporter,
    deps: Deps,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let last = tokio::select! {
            _ = &mut stopped => true,
            _ = ticks.tick() => false,
        };
        let now = clock::now();
        let mut metrics = of_collector(&deps.counters.snapshot(), now);
        metrics.extend(of_process(&usage()));
        metrics.push(up(!last));
        let request = exporter.request(&metrics, now).encode_to_vec();
        let opened = Opened {
            sender: Sender::ANYONE,
            signal: Signal::Metrics,
            origin: Origin::Ourselves,
            plain: Bytes::from(request),
            received: now,
            // Some 20 kB every few seconds: nothing worth a part of the users' budget.
            lease: deps.budget.lease(Sender::ANYONE),
        };
        let kept = deps.shipper.ship_if_roomy(opened).await;
        deps.counters.observed(kept);
        if last {
            return;
        }
    }
}
