//! All functions: who they are, what they did in a window, and the shape of their traffic.

use clickhouse::Row;
use serde::Deserialize;

use super::{Window, all, ask, ask_in};
use crate::{Store, StoreError};

/// Most functions a list knows. 10,000 rows of ~200 B are 2 MB, read in about 10 ms.
pub const MAX_FUNCTIONS: u32 = 10_000;

/// Who a function is: a row of `functions`.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct FunctionRow {
    /// Text form of the function id.
    pub function_id: String,
    /// `aws`, `azure`, `gcp`, …
    pub provider: String,
    /// Account, subscription or project; may be empty.
    pub account: String,
    /// The provider's region; may be empty.
    pub region: String,
    /// The function's name.
    pub name: String,
    /// `aws_lambda`, `gcp_cloud_run`, …; may be empty.
    pub platform: String,
    /// `python`, `nodejs22.x`, …; may be empty.
    pub runtime: String,
    /// `x86_64`, `arm64` or empty.
    pub architecture: String,
    /// `service.name`; may be empty.
    pub service_name: String,
    /// Configured memory, MiB.
    pub memory_size_mb: Option<u32>,
    /// Oldest data, ms since the epoch.
    pub first_seen_ms: i64,
    /// Newest data, ms since the epoch.
    pub last_seen_ms: i64,
    /// A span of it was ever seen.
    pub sends_spans: bool,
    /// A log record of it was ever seen.
    pub sends_logs: bool,
    /// A metric point of it was ever seen.
    pub sends_metrics: bool,
}

/// What a function did in a window.
#[derive(Clone, Debug, Default, Row, Deserialize)]
pub struct SumRow {
    /// Text form of the function id.
    pub function_id: String,
    /// Invocations started.
    pub invocations: u64,
    /// Of these, failed in any way.
    pub errors: u64,
    /// Of the errors, ended at the time limit.
    pub timeouts: u64,
    /// Invocations known to have started cold.
    pub cold_starts: u64,
    /// Invocations of which it is known whether they started cold.
    pub cold_start_known: u64,
    /// Start of the newest minute with an invocation, ms since the epoch.
    pub last_minute_ms: i64,
}

/// Percentiles of a function, as `quantilesDDMerge` answers them: see [`super::Quantiles`].
#[derive(Clone, Debug, Row, Deserialize)]
pub struct SketchRow {
    /// Text form of the function id.
    pub function_id: String,
    /// Duration, ms, at [`super::LEVELS`].
    pub duration: Vec<f64>,
    /// Initialisation, ms, at [`super::LEVELS`].
    pub init: Vec<f64>,
}

/// One bucket of a function's traffic.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct SparkRow {
    /// Text form of the function id.
    pub function_id: String,
    /// Start of the bucket, s since the epoch.
    pub bucket_s: u32,
    /// Invocations started in it.
    pub invocations: u64,
    /// Of these, failed.
    pub errors: u64,
}

/// All known functions, most recently seen first, at most [`MAX_FUNCTIONS`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn list(store: &Store) -> Result<Vec<FunctionRow>, StoreError> {
    let query = ask(store, include_str!("functions.sql"));
    all(
        query.param("id", "").param("limit", MAX_FUNCTIONS),
        "listing functions",
    )
    .await
}

/// One function, if it was ever seen.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn one(store: &Store, id: &str) -> Result<Option<FunctionRow>, StoreError> {
    let query = ask(store, include_str!("functions.sql"))
        .param("id", id)
        .param("limit", 1_u32);
    Ok(all(query, "looking up a function").await?.pop())
}

/// What each function did in `window`; functions without invocations have no row.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn sums(store: &Store, window: Window) -> Result<Vec<SumRow>, StoreError> {
    all(
        ask_in(store, window, include_str!("function_sums.sql")),
        "counting invocations",
    )
    .await
}

/// Percentiles of the functions in `ids`, or of all when it is empty.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn sketches(
    store: &Store,
    window: Window,
    ids: &[String],
) -> Result<Vec<SketchRow>, StoreError> {
    let query = ask_in(store, window, include_str!("function_sketches.sql")).param("ids", ids);
    all(query, "reading percentiles").await
}

/// Traffic of the functions in `ids` in buckets of `step_s` seconds, empty buckets left out.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn sparks(
    store: &Store,
    window: Window,
    ids: &[String],
    step_s: u32,
) -> Result<Vec<SparkRow>, StoreError> {
    let query = ask_in(store, window, include_str!("function_sparks.sql"));
    all(
        query.param("ids", ids).param("step", step_s.max(1)),
        "reading traffic",
    )
    .await
}
