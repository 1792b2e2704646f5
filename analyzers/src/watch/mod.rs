//! The watch: reads closed buckets, shows them to detectors, writes what they find and saves what they
//! remember. The edge around [`drive`], [`plan`] and [`late`], which are pure.

pub mod ask;
mod callers;
pub mod drive;
mod feed;
mod late;
mod plan;
mod price;
pub mod rows;
mod schedule;
mod suspects;
mod turn;
mod verdicts;

pub(crate) use plan::minutes_closed_s as closed_minutes_s;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use store::Store;
use store::usage::Earliest;
use tokio::sync::watch;

use crate::cost::Books;
use crate::detectors::Settings;

/// Closed minutes are looked for so often.
const TURN_INTERVAL: Duration = Duration::from_secs(5);

/// What is watched, and what is known of it beside telemetry.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Settings of detectors.
    pub detectors: Settings,
    /// What the configuration says of functions.
    pub books: Arc<Books>,
}

/// Which hours changed, told by whoever counts them and taken by the watch.
#[derive(Clone, Debug, Default)]
pub struct Changes(Arc<Mutex<Earliest>>);

impl Changes {
    /// These hours changed.
    pub fn tell(&self, earliest: &Earliest) {
        if !earliest.is_empty() {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .merge(earliest);
        }
    }

    /// What changed since this was asked last.
    #[must_use]
    pub fn take(&self) -> Earliest {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Watches until `stop` changes. An error is logged and the work done again at the next turn.
pub async fn keep(store: &Store, setup: Setup, changes: &Changes, mut stop: watch::Receiver<bool>) {
    let mut watch = turn::Watch::new(setup);
    loop {
        if let Err(error) = watch.turn(store, changes, store::clock::now()).await {
            tracing::warn!(%error, "detectors wait for closed minutes; trying again");
        }
        let is_over = tokio::select! {
            _ = stop.changed() => true,
            () = tokio::time::sleep(TURN_INTERVAL) => false,
        };
        if is_over {
            if let Err(error) = watch.save(store, store::clock::now()).await {
                tracing::warn!(%error, "what detectors remember is not saved; they will read history again");
            }
            return;
        }
    }
}
