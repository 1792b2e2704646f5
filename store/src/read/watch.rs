//! What detectors read: whole buckets of all functions, once each.
//!
//! These answers may be large, so they have no limit of rows; whoever asks chooses the time so that they
//! fit.

use clickhouse::Row;
use serde::Deserialize;

use super::near_in_time;
use crate::{Store, StoreError};

/// Cold starts of one function and day that history shows: more say no more about a day.
pub const COLD_STARTS_PER_DAY: u32 = 40;

/// A span of seconds, `from_s` ≤ t < `to_s`, s since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds {
    /// First second inside.
    pub from_s: u32,
    /// First second no longer inside.
    pub to_s: u32,
}

/// A function as it is known now.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct WatchedFunction {
    /// Text form of the function id.
    pub function_id: String,
    /// `aws_lambda`, …
    pub platform: String,
    /// May be empty.
    pub runtime: String,
    /// May be empty.
    pub architecture: String,
    /// MiB.
    pub memory_size_mb: Option<u32>,
}

/// A minute of a version of a function.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct MinuteRow {
    /// Text form of the function id.
    pub function_id: String,
    /// Version.
    pub version: String,
    /// Begin, s since the epoch.
    pub minute_s: u32,
    /// Invocations that ran.
    pub invocations: u64,
    /// Of these, failed.
    pub errors: u64,
    /// Of the errors, ended at the time limit.
    pub timeouts: u64,
    /// Of the errors, ended at the memory limit.
    pub out_of_memory: u64,
    /// Turned away by the platform; not in `invocations`.
    pub throttles: u64,
    /// Known to have started cold,
    pub cold_starts: u64,
    /// and of how many that is known.
    pub cold_start_known: u64,
    /// Of how many the duration is known.
    pub duration_count: u64,
    /// Sum of durations, ms.
    pub duration_ms_sum: f64,
    /// Median, 95th and 99th percentile, ms; NaN without any.
    pub duration_ms: Vec<f64>,
    /// Longest, ms; 0 if none is known.
    pub duration_ms_max: f64,
    /// MiB; 0 if not told.
    pub memory_size_mb: u32,
    /// MiB; 0 if not told.
    pub memory_used_mb: u32,
}

/// An hour of a version of a function under one trigger, told apart by all that a price can depend on:
/// rows of one version and trigger follow one another.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct HourRow {
    /// Text form of the function id.
    pub function_id: String,
    /// Version.
    pub version: String,
    /// What called it.
    pub trigger: String,
    /// `aws_lambda`, …
    pub platform: String,
    /// Plan.
    pub plan: String,
    /// Architecture; may be empty.
    pub architecture: String,
    /// How sandboxes began.
    pub init_kind: String,
    /// Billed memory, MiB; 0 if not told.
    pub memory_mb: u32,
    /// Processors, thousandths; 0 when not configured.
    pub vcpu_milli: u32,
    /// Begin, s since the epoch.
    pub hour_s: u32,
    /// Invocations that ran.
    pub invocations: u64,
    /// Of these, failed.
    pub errors: u64,
    /// Of the errors, ended at the time limit.
    pub timeouts: u64,
    /// Of the errors, ended at the memory limit.
    pub out_of_memory: u64,
    /// Turned away.
    pub throttles: u64,
    /// Cold starts.
    pub cold_starts: u64,
    /// Measured durations, µs.
    pub duration_us: u64,
    /// Measured initialisations, µs.
    pub init_us: u64,
    /// Billed time, ms.
    pub billed_ms: u64,
    /// Of it: only for initialisations, ms.
    pub billed_init_ms: u64,
    /// Billed time times billed memory, MiB · ms.
    pub billed_mb_ms: u64,
    /// MiB; 0 if not told.
    pub memory_used_mb_max: u32,
    /// Longest duration, ms.
    pub duration_ms_max: u32,
}

/// A cold start whose length is known.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct ColdStartRow {
    /// Text form of the function id.
    pub function_id: String,
    /// Version.
    pub version: String,
    /// `on-demand`, …; may be empty.
    pub init_kind: String,
    /// May be empty.
    pub architecture: String,
    /// Unix ms.
    pub at_ms: i64,
    /// MiB; 0 if not told.
    pub memory_size_mb: u32,
    /// How long it took, ms.
    pub init_ms: f64,
    /// Trace id, 32 hexadecimal digits, or empty.
    pub trace_id: String,
}

/// The disk of the store.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct DiskRow {
    /// Bytes of what is stored, compressed.
    pub stored_bytes: u64,
    /// Bytes that are free.
    pub free_bytes: u64,
    /// Disks that hold anything.
    pub disks: u64,
}

/// A version that came into use.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct DeployedRow {
    /// Text form of the function id.
    pub function_id: String,
    /// Version.
    pub version: String,
    /// Unix ms.
    pub at_ms: i64,
    /// How it is known: see [`crate::model::DeploySource`].
    pub source: String,
}

/// The disk of the store; `None` where nothing is stored or its server does not tell (object storage has no
/// end).
///
/// # Errors
/// [`StoreError::Query`].
pub async fn disk(store: &Store) -> Result<Option<DiskRow>, StoreError> {
    let query = store.query(include_str!("watch_disk.sql"));
    let rows: Vec<DiskRow> = rows(query, "asking how full the disk is").await?;
    let told = |row: &DiskRow| row.disks > 0 && row.free_bytes > 0 && row.free_bytes < 1 << 60;
    Ok(rows.into_iter().find(told))
}

/// Functions that sent anything since then, s since the epoch.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn functions(store: &Store, since_s: u32) -> Result<Vec<WatchedFunction>, StoreError> {
    let query = store
        .query(include_str!("watch_functions.sql"))
        .param("since_s", since_s);
    rows(query, "listing the functions to watch").await
}

/// All minutes that begin within `span`, of the functions with these ids, or of all if there are none; in
/// order of time.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn minutes(
    store: &Store,
    span: Seconds,
    ids: &[String],
) -> Result<Vec<MinuteRow>, StoreError> {
    let query = store.query(include_str!("watch_minutes.sql"));
    rows(bind(query, span, ids), "reading closed minutes").await
}

/// All hours that begin within `span`, as [`minutes`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn hours(
    store: &Store,
    span: Seconds,
    ids: &[String],
) -> Result<Vec<HourRow>, StoreError> {
    let query = store.query(include_str!("watch_hours.sql"));
    rows(bind(query, span, ids), "reading closed hours").await
}

/// Cold starts within `span`, at most [`COLD_STARTS_PER_DAY`] of each function and day, in order of time.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn cold_starts(
    store: &Store,
    span: Seconds,
    ids: &[String],
) -> Result<Vec<ColdStartRow>, StoreError> {
    let query = near_in_time(store.query(include_str!("watch_cold_starts.sql")))
        .param("per_day", COLD_STARTS_PER_DAY);
    rows(bind(query, span, ids), "reading cold starts").await
}

/// Cold starts that facts tell of which were stored after `since_ms` and not after `until_ms`, Unix ms by
/// the server's clock; in order of time.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn new_cold_starts(
    store: &Store,
    since_ms: i64,
    until_ms: i64,
) -> Result<Vec<ColdStartRow>, StoreError> {
    let query = near_in_time(store.query(include_str!("watch_new_cold_starts.sql")))
        .param("since_ms", since_ms.max(0))
        .param("until_ms", until_ms.max(0));
    rows(query, "reading new cold starts").await
}

/// Deploys at or after `since_s`, in order of time.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn deploys(store: &Store, since_s: u32) -> Result<Vec<DeployedRow>, StoreError> {
    let query = store
        .query(include_str!("watch_deploys.sql"))
        .param("since_s", since_s);
    rows(query, "reading deploys").await
}

/// The server's clock, Unix ms: what facts are stamped with.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn server_now_ms(store: &Store) -> Result<i64, StoreError> {
    store
        .query("SELECT toUnixTimestamp64Milli(now64(3))")
        .fetch_one::<i64>()
        .await
        .map_err(StoreError::query("asking ClickHouse for the time"))
}

fn bind(
    query: clickhouse::query::Query,
    span: Seconds,
    ids: &[String],
) -> clickhouse::query::Query {
    query
        .param("from_s", span.from_s)
        .param("to_s", span.to_s)
        .param("ids", ids)
}

async fn rows<T>(query: clickhouse::query::Query, deed: &'static str) -> Result<Vec<T>, StoreError>
where
    T: clickhouse::RowOwned + clickhouse::RowRead,
{
    query
        .with_setting("max_execution_time", "120")
        .fetch_all::<T>()
        .await
        .map_err(StoreError::query(deed))
}
