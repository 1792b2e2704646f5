//! The minute rollup by function and version, kept right when facts arrive late, twice or out of order.
//!
//! A materialized view cannot do this: it sees each fact alone, while an invocation is the sum of its
//! facts. So every tick recomputes just the minutes that newly stored facts touch, from `invocations`.

use clickhouse::Row;
use serde::Deserialize;

use crate::{Store, StoreError};

/// Looked at again, ms: an insert is in the list of running ones a moment after it began. Recomputing a
/// minute changes nothing, so the overlap costs only time.
const OVERLAP_MS: i64 = 2_000;
/// After a restart facts of this much before the last recomputation are looked at again, ms.
const RESTART_OVERLAP_MS: i64 = 600_000;

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
}

#[derive(Row, Deserialize)]
struct Look {
    now_ms: i64,
    changed: bool,
}

impl Roller {
    /// Recomputes what changed since the last tick. Safe to call at any time and any number of times.
    ///
    /// # Errors
    /// [`StoreError::Query`]; the next tick does the same work again.
    pub async fn tick(&mut self, store: &Store) -> Result<Tick, StoreError> {
        let since_ms = match self.since_ms {
            Some(since_ms) => since_ms,
            None => last_rolled_ms(store).await? - RESTART_OVERLAP_MS,
        };
        let look = look(store, since_ms).await?;
        let touched = match look.changed {
            true => touched(store, since_ms).await?,
            false => Vec::new(),
        };
        for pairs in touched.chunks(PAIRS_MAX) {
            recompute(store, pairs).await?;
        }
        self.since_ms = Some(look.now_ms - OVERLAP_MS);
        Ok(match touched.is_empty() {
            true => Tick::Idle,
            false => Tick::Rolled,
        })
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
    store
        .query(include_str!("rollup.sql"))
        .param("function_keys", function_keys)
        .param("minutes_s", minutes_s)
        .param("first_minute_s", first_minute_s)
        .param("last_minute_s", last_minute_s)
        .execute()
        .await
        .map_err(StoreError::query("rolling up invocations by minute"))
}

/// The server's clock decides, because it also stamps `ingested_at`: not before an insert begins. So all
/// facts stamped before the oldest insert still running can be seen now, however slow the inserts are.
async fn look(store: &Store, since_ms: i64) -> Result<Look, StoreError> {
    let sql = "\
WITH
    (
        SELECT max(elapsed) FROM system.processes
        WHERE query_kind = 'Insert' AND position(query, 'invocation_facts') > 0
    ) AS longest_insert_s
SELECT
    toUnixTimestamp64Milli(now64(3)) - toInt64(1000 * ifNull(longest_insert_s, 0)) AS now_ms,
    count() > 0 AS changed
FROM system.parts
WHERE database = currentDatabase() AND table = 'invocation_facts' AND active
  AND toUnixTimestamp(modification_time) + 2 >= intDiv({since:Int64}, 1000)";
    let query = store.query(sql).param("since", since_ms.max(0));
    query
        .fetch_one::<Look>()
        .await
        .map_err(StoreError::query("looking for new invocation facts"))
}

async fn last_rolled_ms(store: &Store) -> Result<i64, StoreError> {
    let sql = "SELECT toUnixTimestamp64Milli(max(rolled_at)) FROM invocations_1m";
    let query = store.query(sql);
    query
        .fetch_one::<i64>()
        .await
        .map_err(StoreError::query("reading when minutes were rolled up"))
}
