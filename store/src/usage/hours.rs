//! Recomputes hours of functions, and the days and months they belong to.

use clickhouse::Row;
use clickhouse::query::Query;
use serde::Deserialize;

use super::{Earliest, Terms};
use crate::{Store, StoreError, read};

/// Pairs recomputed by one statement. They travel in its address, of which ClickHouse takes 1 MiB; a pair
/// with its function's configured size is at most some 500 bytes of it.
const PAIRS_MAX: usize = 2_000;
/// Pairs found by one look: some 3 MB of memory.
pub(super) const PAGE: u32 = 20_000;
/// Hours recomputed by one statement, s. It reads the facts of all of them; planning it takes about a second,
/// so a week of few functions goes into one.
const STRETCH_S: u32 = 7 * 86_400;

/// An hour of a function that is to be recomputed.
#[derive(Clone, Debug, Default, Row, Deserialize, PartialEq, Eq)]
pub(super) struct Touched {
    pub(super) function_key: String,
    pub(super) hour_s: u32,
}

/// Recomputes what the facts touch that were stored after `since_ms`; tells whether there were any.
pub(super) async fn roll_new(
    store: &Store,
    terms: &Terms,
    since_ms: i64,
    earliest: &mut Earliest,
) -> Result<bool, StoreError> {
    let mut last = Touched::default();
    loop {
        let query = store
            .query(include_str!("touched.sql"))
            .param("since", since_ms.max(0));
        let deed = "finding the hours that new facts touch";
        let page = page(query, &last, deed).await?;
        recompute(store, terms, &page).await?;
        for pair in &page {
            earliest.note(&pair.function_key, pair.hour_s);
        }
        match page.last() {
            Some(pair) => last = pair.clone(),
            None => return Ok(last != Touched::default()),
        }
    }
}

/// The pairs that a question finds after `last`.
pub(super) async fn page(
    query: Query,
    last: &Touched,
    deed: &str,
) -> Result<Vec<Touched>, StoreError> {
    query
        .param("after_hour_s", last.hour_s)
        .param("after_key", &last.function_key)
        .param("limit", PAGE)
        .fetch_all::<Touched>()
        .await
        .map_err(StoreError::query(deed))
}

/// Recomputes hours, which must be in order, and then their days and months.
pub(super) async fn recompute(
    store: &Store,
    terms: &Terms,
    pairs: &[Touched],
) -> Result<(), StoreError> {
    for stretch in pairs.chunk_by(|a, b| a.hour_s / STRETCH_S == b.hour_s / STRETCH_S) {
        for pairs in stretch.chunks(PAIRS_MAX) {
            recompute_hours(store, terms, pairs).await?;
        }
    }
    for (sql, deed) in [
        (include_str!("days.sql"), "rolling up usage by day"),
        (include_str!("months.sql"), "rolling up usage by month"),
    ] {
        for pairs in pairs.chunks(PAIRS_MAX) {
            let query = bind(store.query(sql), pairs);
            query.execute().await.map_err(StoreError::query(deed))?;
        }
    }
    Ok(())
}

async fn recompute_hours(
    store: &Store,
    terms: &Terms,
    pairs: &[Touched],
) -> Result<(), StoreError> {
    let ids = bind(store.query(include_str!("ids.sql")), pairs)
        .fetch_all::<String>()
        .await
        .map_err(StoreError::query("listing the functions of touched hours"))?;
    let (first_s, last_s) = ends(pairs);
    let query = read::near_in_time(store.query(include_str!("hours.sql")));
    let query = bind(query, pairs);
    terms
        .bind(query, ids, first_s, last_s.saturating_add(3_600))
        .execute()
        .await
        .map_err(StoreError::query("rolling up usage by hour"))
}

/// The first and the last hour of some pairs.
fn ends(pairs: &[Touched]) -> (u32, u32) {
    let hours_s = || pairs.iter().map(|pair| pair.hour_s);
    (
        hours_s().min().unwrap_or_default(),
        hours_s().max().unwrap_or_default(),
    )
}

fn bind(query: Query, pairs: &[Touched]) -> Query {
    let (first_s, last_s) = ends(pairs);
    let keys: Vec<&str> = pairs.iter().map(|p| p.function_key.as_str()).collect();
    let hours_s: Vec<u32> = pairs.iter().map(|p| p.hour_s).collect();
    query
        .param("function_keys", keys)
        .param("hours_s", hours_s)
        .param("first_hour_s", first_s)
        .param("last_hour_s", last_s)
}
