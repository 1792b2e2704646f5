//! When people were told that budgets burn.

use clickhouse::Row;
use serde::Deserialize;

use crate::{Store, StoreError, read};

/// Most findings of an answer.
pub const TOLD_MAX: u32 = 100_000;

/// A finding of a budget, without its words.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct ToldRow {
    /// What tells SLO and group apart.
    pub detail: String,
    /// When people could know, ms since the epoch.
    pub from_ms: i64,
    /// When it was over; the end of the time asked for where it is not.
    pub to_ms: i64,
}

/// All findings of `kind` that were open within `from_ms` ≤ t < `to_ms`, ms since the epoch, in order of
/// time; at most [`TOLD_MAX`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn told(
    store: &Store,
    kind: &str,
    (from_ms, to_ms): (i64, i64),
) -> Result<Vec<ToldRow>, StoreError> {
    let query = read::ask(store, include_str!("told.sql"))
        .param("kind", kind)
        .param("from_ms", from_ms)
        .param("to_ms", to_ms)
        .param("limit", TOLD_MAX);
    let rows = query.fetch_all::<ToldRow>().await;
    rows.map_err(StoreError::query("asking when budgets burnt"))
}
