//! The edge around SLOs: measures what new facts touch, reckons every SLO when a minute has closed, and
//! writes findings of budgets that burn or will be spent. [`book`], [`burn`], [`ahead`] and
//! [`super::pieces`] are pure.

pub mod ahead;
pub mod ask;
pub mod book;
pub mod burn;
pub mod course;
mod history;
pub mod reckon;
mod turn;

pub use turn::Keeper;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use store::Store;
use tokio::sync::watch;

use super::catalogue::Sources;
use crate::cost::Books;

/// Closed minutes are looked for so often.
const TURN_INTERVAL: Duration = Duration::from_secs(5);

/// The minute that closed last at `now_s`, minutes since 1970.
#[must_use]
pub fn closed_minute(now_s: i64) -> i64 {
    i64::from(crate::watch::closed_minutes_s(now_s) / 60) - 1
}

/// Which minutes changed, told by whoever rolls them up and taken by whoever measures SLOs. At most all
/// minutes that are kept: 600,000 of 400 days.
#[derive(Clone, Debug, Default)]
pub struct Touched(Arc<Mutex<BTreeSet<u32>>>);

impl Touched {
    /// These minutes changed, begins in s since the epoch.
    pub fn tell(&self, minutes_s: BTreeSet<u32>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(minutes_s);
    }

    fn take(&self) -> BTreeSet<u32> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Keeps SLOs until `stop` changes; hours are priced by `books`. An error is logged and the work done again
/// at the next turn.
pub async fn keep(
    store: &Store,
    (sources, books): (Sources, Arc<Books>),
    touched: &Touched,
    mut stop: watch::Receiver<bool>,
) {
    let mut keeper = turn::Keeper::new(sources, books);
    loop {
        if let Err(error) = keeper.turn(store, touched, store::clock::now()).await {
            tracing::warn!(%error, "SLOs are not reckoned yet; trying again");
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(TURN_INTERVAL) => {}
        }
    }
}
