//! How ingest goes, from what the collectors told of themselves.

use clickhouse::Row;
use serde::Deserialize;

use super::{Window, all, ask_in};
use crate::model::observation as names;
use crate::{Store, StoreError};

/// Most instances that are told apart: collectors, and each start of them.
pub const MAX_INSTANCES: u32 = 50;
/// Most rows of either question: 50 instances × 100 buckets × 20 streams.
pub const MAX_ROWS: u32 = 100_000;

/// The growing sums that are read.
const SUMS: [&str; 8] = [
    names::ITEMS_ACCEPTED,
    names::ITEMS_REJECTED,
    names::ITEMS_SHIPPED,
    names::REQUESTS_REFUSED,
    names::REQUESTS_REPEATED,
    names::DECOMPRESSED,
    names::DEAD_LETTERS,
    names::OVERFLOWED,
];
/// The gauges that are read.
const GAUGES: [&str; 6] = [
    names::WAITING_REQUESTS,
    names::WAITING_SIZE,
    names::SPOOL_USAGE,
    names::SPOOL_LIMIT,
    names::LAG,
    names::DELAY,
];

/// One process that ran a collector.
#[derive(Clone, Debug, Default, Row, Deserialize)]
pub struct InstanceRow {
    /// `service.instance.id`.
    pub instance: String,
    /// `host.name`; may be empty.
    pub host: String,
    /// `service.version`.
    pub version: String,
    /// Times it told of itself in the window.
    pub observations: u64,
    /// First of them, ms since the epoch.
    pub first_ms: i64,
    /// Last of them, ms since the epoch.
    pub last_ms: i64,
    /// Whether the last one was its farewell.
    pub ended: bool,
}

/// A growing sum of one process in one bucket.
#[derive(Clone, Debug, Default, Row, Deserialize)]
pub struct IngestSum {
    /// `service.instance.id`.
    pub instance: String,
    /// A name of [`crate::model::observation`].
    pub name: String,
    /// `traces`, `logs`, `metrics`, or empty.
    pub signal: String,
    /// Why, of refusals; what there was one too many of, of overflow; else empty.
    pub reason: String,
    /// Start of the stream, ns since the epoch.
    pub start_ns: i64,
    /// Start of the bucket, s since the epoch.
    pub bucket_s: u32,
    /// First value reported in the bucket.
    pub first: f64,
    /// Last value reported in the bucket.
    pub last: f64,
}

/// A gauge of one process in one bucket.
#[derive(Clone, Debug, Default, Row, Deserialize)]
pub struct IngestGauge {
    /// `service.instance.id`.
    pub instance: String,
    /// A name of [`crate::model::observation`].
    pub name: String,
    /// `traces`, `logs` or `metrics`.
    pub signal: String,
    /// Start of the bucket, s since the epoch.
    pub bucket_s: u32,
    /// Greatest value reported in the bucket.
    pub high: f64,
    /// Last value reported in the bucket.
    pub last: f64,
}

/// The collectors that told of themselves in `window`, the newest word first, at most
/// [`MAX_INSTANCES`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn instances(store: &Store, window: Window) -> Result<Vec<InstanceRow>, StoreError> {
    let query = ask_in(store, window, include_str!("ingest_instances.sql"))
        .param("service", names::SERVICE)
        .param("scope", names::SCOPE)
        .param("name", names::UP)
        .param("limit", MAX_INSTANCES);
    all(query, "listing the collectors").await
}

/// What their counters had reached, in buckets of `step_s` seconds.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn sums(
    store: &Store,
    window: Window,
    step_s: u32,
) -> Result<Vec<IngestSum>, StoreError> {
    let query = ask_in(store, window, include_str!("ingest_sums.sql"))
        .param("service", names::SERVICE)
        .param("scope", names::SCOPE)
        .param("names", SUMS.as_slice())
        .param("step", step_s.max(1))
        .param("limit", MAX_ROWS);
    all(query, "reading the counters of the collectors").await
}

/// What waited in their spools and how late they were, in buckets of `step_s` seconds.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn gauges(
    store: &Store,
    window: Window,
    step_s: u32,
) -> Result<Vec<IngestGauge>, StoreError> {
    let query = ask_in(store, window, include_str!("ingest_gauges.sql"))
        .param("service", names::SERVICE)
        .param("scope", names::SCOPE)
        .param("names", GAUGES.as_slice())
        .param("step", step_s.max(1))
        .param("limit", MAX_ROWS);
    all(query, "reading the spools of the collectors").await
}
