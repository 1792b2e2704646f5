//! What functions used, by hour and by day of the bill, in the units that bills count.
//!
//! As with the minutes (`rollup.rs`), hours are recomputed from `invocations` for whatever new facts touch,
//! so facts may come late, twice and in any order. Days are summed from hours. When the terms change, all
//! that is kept is counted again in the background, the newest day first.

mod earliest;
mod history;
mod hours;
mod terms;

pub use earliest::Earliest;
pub use terms::Terms;

use crate::{Store, StoreError, marks};
use history::History;

/// The mark up to where new facts were looked at, Unix ms.
const SEEN: &str = "usage.seen_ms";

/// What a tick did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// No fact was stored since the last tick, and nothing old is to be counted again.
    Idle,
    /// New facts were counted.
    Rolled,
    /// Some of what is kept was counted again under new terms; there is more.
    Recounted,
}

/// Remembers up to where facts were looked at. One per cluster.
#[derive(Debug)]
pub struct Roller {
    terms: Terms,
    seen_ms: Option<i64>,
    history: Option<History>,
    earliest: Earliest,
}

impl Roller {
    /// A roller that goes on from where the last one stopped.
    #[must_use]
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            seen_ms: None,
            history: None,
            earliest: Earliest::default(),
        }
    }

    /// Of each function the earliest hour that new facts changed since this was asked last.
    pub fn take_earliest(&mut self) -> Earliest {
        std::mem::take(&mut self.earliest)
    }

    /// Recomputes what changed since the last tick; if nothing did, a piece of what other terms counted.
    /// Safe to call at any time and any number of times.
    ///
    /// # Errors
    /// [`StoreError::Query`]; the next tick does the same work again.
    pub async fn tick(&mut self, store: &Store) -> Result<Tick, StoreError> {
        let seen_ms = match self.seen_ms {
            Some(seen_ms) => seen_ms,
            None => self.begin(store).await?,
        };
        let look = marks::look(store, seen_ms).await?;
        let until_ms = look.until_ms().max(seen_ms);
        let rolled = look.changed
            && hours::roll_new(store, &self.terms, seen_ms, &mut self.earliest).await?;
        if rolled {
            marks::write(store, SEEN, &until_ms.to_string()).await?;
        }
        self.seen_ms = Some(until_ms);
        if rolled {
            return Ok(Tick::Rolled);
        }
        self.recount(store).await
    }

    /// Where to go on. What was stored before the first tick ever is history.
    async fn begin(&mut self, store: &Store) -> Result<i64, StoreError> {
        let mark = marks::read(store, SEEN).await?;
        let now_ms = marks::look(store, 0).await?.until_ms();
        let seen_ms = match mark.and_then(|text| text.parse().ok()) {
            Some(seen_ms) => seen_ms,
            None => {
                marks::write(store, SEEN, &now_ms.to_string()).await?;
                now_ms
            }
        };
        self.history = History::open(store, &self.terms).await?;
        self.seen_ms = Some(seen_ms);
        Ok(seen_ms)
    }

    async fn recount(&mut self, store: &Store) -> Result<Tick, StoreError> {
        let Some(history) = &mut self.history else {
            return Ok(Tick::Idle);
        };
        if !history.step(store, &self.terms).await? {
            self.history = None;
        }
        Ok(Tick::Recounted)
    }
}
