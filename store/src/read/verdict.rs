//! What the verdict on a version rests on: what each version did, and its cold starts beside those of
//! siblings.

use clickhouse::Row;
use serde::Deserialize;

use super::{Window, all, ask_in, near_in_time};
use crate::model::UnixNano;
use crate::{Store, StoreError};

/// When a version ran.
#[derive(Clone, Copy, Debug, Row, Deserialize, PartialEq, Eq)]
pub struct BeginRow {
    /// Its first minute in the window, s since the epoch.
    pub first_s: i64,
    /// Its last minute in the window, s since the epoch.
    pub last_s: i64,
    /// Its invocations in the window.
    pub invocations: u64,
}

/// What one version did in one stretch of time.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct CellRow {
    /// Number of the stretch among those of its length.
    pub part: i64,
    /// 300 or 3600 s.
    pub length_s: u32,
    /// Its begin, s since the epoch.
    pub at_s: i64,
    /// The version; empty when nobody told it.
    pub version_name: String,
    /// Invocations.
    pub all_invocations: u64,
    /// Of these, failed in any way.
    pub all_errors: u64,
    /// Of these, ended at the time limit.
    pub all_timeouts: u64,
    /// Of these, known to have started cold.
    pub all_cold_starts: u64,
    /// Of these, known to have started cold or warm.
    pub all_cold_start_known: u64,
    /// Durations measured.
    pub durations: u64,
    /// Their median and 95 % quantile, ms; NaN without any.
    pub duration: Vec<f64>,
    /// Mean over its minutes of the most memory used, MiB; NaN when not told.
    pub memory_mb: f64,
}

/// One cold start.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct ColdRow {
    /// Start of the invocation, ns since the epoch.
    pub at_ns: i64,
    /// Version that started.
    pub version: String,
    /// `on-demand`, `provisioned`, …; may be empty.
    pub init_kind: String,
    /// How long it took, ms.
    pub init_ms: f64,
}

/// The cold starts of an hour of a sibling.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct SiblingRow {
    /// Begin of the hour, s since the epoch.
    pub hour_s: i64,
    /// Text form of the function id.
    pub function: String,
    /// The version.
    pub version_name: String,
    /// Their median, ms.
    pub init_ms: f64,
}

/// When a version ran in the window; `None` if it did not.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn begin(
    store: &Store,
    window: Window,
    id: &str,
    version: &str,
) -> Result<Option<BeginRow>, StoreError> {
    let query = ask_in(store, window, include_str!("verdict_begin.sql"))
        .param("id", id)
        .param("version", version);
    Ok(all(query, "looking for a version's begin").await?.pop())
}

/// What each version did in each hour before `fine_from` and in each five minutes since, in order of time, at
/// most 40,000. `fine_from` must be a whole hour.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn cells(
    store: &Store,
    window: Window,
    id: &str,
    fine_from: UnixNano,
) -> Result<Vec<CellRow>, StoreError> {
    let query = ask_in(store, window, include_str!("verdict_cells.sql"))
        .param("id", id)
        .param("fine", fine_from.as_secs());
    all(query, "reading what versions did").await
}

/// Cold starts of a function in order of time, at most forty a day, version and kind.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn cold_starts(
    store: &Store,
    window: Window,
    id: &str,
) -> Result<Vec<ColdRow>, StoreError> {
    let query = ask_in(store, window, include_str!("verdict_cold_starts.sql"));
    all(
        near_in_time(query).param("id", id),
        "reading cold starts by version",
    )
    .await
}

/// Medians of cold starts by hour of these functions.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn siblings(
    store: &Store,
    window: Window,
    ids: &[&str],
) -> Result<Vec<SiblingRow>, StoreError> {
    let query = ask_in(store, window, include_str!("verdict_siblings.sql")).param("ids", ids);
    all(query, "reading cold starts of siblings").await
}
