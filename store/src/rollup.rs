//! The minute rollup by function and version, kept right when facts arrive late, twice or out of order.
//!
//! A materialized view cannot do this: it sees each fact alone, while an invocation is the sum of its
//! facts. So every tick recomputes just the minutes that newly stored facts touch, from `invocations`.

use std::collections::BTreeSet;

use clickhouse::Row;
use serde::Deserialize;

use crate::{Store, StoreError, marks, read};

/// The mark up to where new facts were looked at, Unix ms.
const SEEN: &str = "minutes.seen_ms";
/// A database without that mark was rolled up by a version that kept none: facts of this much before the last
/// recomputation are looked at again, ms.
const UNMARKED_OVERLAP_MS: i64 = 600_000;

/// Pairs recomputed by one statement. They travel in its address, of which ClickHouse takes 1 MiB; a pair
/// is at most some 300 bytes of it.
const PAIRS_MAX: usize = 2_000;

/// What a tick did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// No fact was stored since the last tick.
    Idle,
    /// The touched minutes were recomputed.
    Rolled,
}

/// Remembers up to where facts were looked at. One per cluster.
#[derive(Debug, Default)]
pub struct Roller {
    since_ms: Option<i64>,
    touched: BTreeSet<u32>,
}

impl Roller {
    /// Recomputes what changed since the last tick. Safe to call at any time and any number of times.
    ///
    /// # Errors
    /// [`StoreError::Query`]; the next tick does the same work again.
    pub async fn tick(&mut self, store: &Store) -> Result<Tick, StoreError> {
        let since_ms = match self.since_ms {
            Some(since_ms) => since_ms,
            None => begin_ms(store).await?,
        };
        let look = marks::look(store, since_ms).await?;
        let touched = match look.changed {
            true => touched(store, since_ms).await?,
            false => Vec::new(),
        };
        for pairs in touched.chunks(PAIRS_MAX) {
            recompute(store, pairs).await?;
            self.touched.extend(pairs.iter().map(|pair| pair.minute_s));
        }
        if !touched.is_empty() {
            marks::write(store, SEEN, &look.until_ms().to_string()).await?;
        }
        self.since_ms = Some(look.until_ms());
        Ok(match touched.is_empty() {
            true => Tick::Idle,
            false => Tick::Rolled,
        })
    }

    /// The minutes recomputed since this was asked last, begins in s since the epoch.
    pub fn take_touched(&mut self) -> BTreeSet<u32> {
        std::mem::take(&mut self.touched)
    }
}

/// A minute of a function that is to be recomputed.
#[derive(Row, Deserialize)]
struct Touched {
    function_key: String,
    minute_s: u32,
}

/// What to recompute is asked first and told as values: a subquery for it would be run again for each of
/// its uses, and once more to plan each.
async fn touched(store: &Store, since_ms: i64) -> Result<Vec<Touched>, StoreError> {
    let query = store
        .query(include_str!("rollup_touched.sql"))
        .param("since", since_ms.max(0));
    query
        .fetch_all::<Touched>()
        .await
        .map_err(StoreError::query(
            "finding the minutes that new facts touch",
        ))
}

async fn recompute(store: &Store, pairs: &[Touched]) -> Result<(), StoreError> {
    let function_keys: Vec<&str> = pairs.iter().map(|p| p.function_key.as_str()).collect();
    let minutes_s: Vec<u32> = pairs.iter().map(|p| p.minute_s).collect();
    let first_minute_s = minutes_s.iter().min().copied().unwrap_or_default();
    let last_minute_s = minutes_s.iter().max().copied().unwrap_or_default();
    read::near_in_time(store.query(include_str!("rollup.sql")))
        .param("function_keys", function_keys)
        .param("minutes_s", minutes_s)
        .param("first_minute_s", first_minute_s)
        .param("last_minute_s", last_minute_s)
        .execute()
        .await
        .map_err(StoreError::query("rolling up invocations by minute"))
}

/// Where the last roller stopped, Unix ms. All that was touched before it was recomputed: the mark is set
/// after.
async fn begin_ms(store: &Store) -> Result<i64, StoreError> {
    if let Some(mark) = marks::read(store, SEEN).await?
        && let Ok(seen_ms) = mark.parse()
    {
        return Ok(seen_ms);
    }
    let sql = "SELECT toUnixTimestamp64Milli(max(rolled_at)) FROM invocations_1m";
    let query = store.query(sql);
    let rolled_ms = query
        .fetch_one::<i64>()
        .await
        .map_err(StoreError::query("reading when minutes were rolled up"))?;
    Ok(rolled_ms - UNMARKED_OVERLAP_MS)
}
