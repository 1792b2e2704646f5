//! One function: over time, by version, its newest invocations, cold starts and errors.

use clickhouse::Row;
use serde::Deserialize;

use super::{Window, all, ask_in, near_in_time};
use crate::{Store, StoreError};

/// The levels of [`VersionRow::duration`] and [`VersionRow::init`], in order.
pub const SHAPE_LEVELS: [f64; 23] = [
    0.0, 0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75,
    0.8, 0.85, 0.9, 0.95, 0.99, 1.0,
];

/// One bucket of a function's life.
#[derive(Clone, Debug, Default, Row, Deserialize)]
pub struct FunctionBucket {
    /// Start of the bucket, s since the epoch.
    pub bucket_s: u32,
    /// Invocations started in it.
    pub invocations: u64,
    /// Of these, failed in any way.
    pub errors: u64,
    /// Of the errors, ended at the time limit.
    pub timeouts: u64,
    /// Of these, known to have started cold.
    pub cold_starts: u64,
    /// Of these, known to have started cold or warm.
    pub cold_start_known: u64,
    /// Duration, ms, at [`super::LEVELS`].
    pub duration: Vec<f64>,
    /// Initialisation, ms, at [`super::LEVELS`].
    pub init: Vec<f64>,
}

/// What one version did in a window.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct VersionRow {
    /// The version; empty when nobody told it.
    pub version: String,
    /// Its first minute in the window, ms since the epoch.
    pub first_ms: i64,
    /// Its last minute in the window, ms since the epoch.
    pub last_ms: i64,
    /// Invocations.
    pub invocations: u64,
    /// Of these, failed in any way.
    pub errors: u64,
    /// Of these, known to have started cold.
    pub cold_starts: u64,
    /// Of these, known to have started cold or warm.
    pub cold_start_known: u64,
    /// Initialisations measured.
    pub init_count: u64,
    /// Configured memory, MiB; 0 when not told.
    pub memory_size_mb: u32,
    /// Most memory used, MiB; 0 when not told.
    pub memory_used_mb: u32,
    /// Billed duration in total, ms; 0 when not told.
    pub billed_ms: f64,
    /// Duration, ms, at [`SHAPE_LEVELS`]; NaN without data.
    pub duration: Vec<f64>,
    /// Initialisation, ms, at [`SHAPE_LEVELS`]; NaN without data.
    pub init: Vec<f64>,
}

/// One invocation.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct InvocationRow {
    /// The platform's id of it.
    pub invocation_id: String,
    /// Start, ns since the epoch.
    pub start_ns: i64,
    /// Version that ran; may be empty.
    pub version: String,
    /// Sandbox that ran it; may be empty.
    pub instance: String,
    /// `http`, `pubsub`, …; may be empty.
    pub trigger: String,
    /// `ok`, `error`, `timeout`, `out_of_memory` or `unknown`.
    pub status: String,
    /// Exception or platform error; may be empty.
    pub error_type: String,
    /// Duration, ms.
    pub duration_ms: Option<f64>,
    /// `measured` by the platform, `derived` from a span, or empty.
    pub duration_provenance: String,
    /// Billed duration, ms, if the platform told it.
    pub billed_duration_ms: Option<f64>,
    /// Initialisation, ms.
    pub init_duration_ms: Option<f64>,
    /// `on-demand`, `provisioned`, …; may be empty.
    pub init_kind: String,
    /// Started cold; `None` when nobody told.
    pub cold: Option<u8>,
    /// `measured`, `derived`, `assumed` or empty.
    pub cold_start_provenance: String,
    /// Configured memory, MiB.
    pub memory_size_mb: Option<u32>,
    /// Memory used, MiB.
    pub memory_used_mb: Option<u32>,
    /// Trace, or empty.
    pub trace_id: String,
    /// Span, or empty.
    pub span_id: String,
    /// Bits of [`crate::model::ToldBy`].
    pub told_by: u16,
    /// Processor time, ms.
    pub cpu_ms: Option<f64>,
    /// `measured` or empty.
    pub billed_provenance: String,
    /// `measured`, `derived` or empty: of the configured memory.
    pub memory_provenance: String,
    /// `measured`, `derived` or empty.
    pub init_provenance: String,
    /// The platform refused it for too many at once.
    pub throttled: bool,
    /// Only the platform tells of it: no span arrived.
    pub synthesised: bool,
}

/// Which invocations to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// All of them.
    #[default]
    Any,
    /// Those that failed.
    Errors,
    /// Those known to have started cold.
    Cold,
}

impl Outcome {
    /// The spelling in links and in the query.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Errors => "errors",
            Self::Cold => "cold",
        }
    }
}

/// One initialisation.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct ColdStartRow {
    /// Start of the invocation, ms since the epoch.
    pub at_ms: i64,
    /// Version that started.
    pub version: String,
    /// Initialisation, ms.
    pub init_ms: f64,
    /// `on-demand`, `provisioned`, …; may be empty.
    pub init_kind: String,
    /// Trace, or empty.
    pub trace_id: String,
}

/// Invocations that failed alike.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct ErrorRow {
    /// Exception or platform error; may be empty.
    pub error_type: String,
    /// `error`, `timeout` or `out_of_memory`.
    pub status: String,
    /// How many failed so.
    pub invocations: u64,
    /// The first, ms since the epoch.
    pub first_ms: i64,
    /// The last, ms since the epoch.
    pub last_ms: i64,
    /// Version of the last.
    pub last_version: String,
    /// How many versions failed so.
    pub versions: u64,
    /// A trace of the newest that has one, or empty.
    pub trace_id: String,
}

/// What a function is made of in a window.
#[derive(Clone, Debug, Default, Row, Deserialize)]
pub struct FactsRow {
    /// Sandboxes at work.
    pub instances: u64,
    /// Triggers seen, empty text for "not told".
    pub triggers: Vec<String>,
    /// Invocations of which a span arrived.
    pub with_span: u64,
    /// Invocations of which the platform told, too or alone.
    pub with_platform: u64,
    /// Invocations refused by the platform for too many at once.
    pub throttled: u64,
    /// Invocations.
    pub invocations: u64,
}

/// The function over time in buckets of `step_s` seconds, empty buckets left out.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn timeline(
    store: &Store,
    window: Window,
    id: &str,
    step_s: u32,
) -> Result<Vec<FunctionBucket>, StoreError> {
    let query = ask_in(store, window, include_str!("function_timeline.sql"));
    all(
        query.param("id", id).param("step", step_s.max(1)),
        "reading a function over time",
    )
    .await
}

/// The function by version, newest first, at most 100.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn versions(
    store: &Store,
    window: Window,
    id: &str,
) -> Result<Vec<VersionRow>, StoreError> {
    let query = ask_in(store, window, include_str!("function_versions.sql"));
    all(query.param("id", id), "reading a function by version").await
}

/// The newest invocations, at most `limit`.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn invocations(
    store: &Store,
    window: Window,
    id: &str,
    outcome: Outcome,
    limit: u32,
) -> Result<Vec<InvocationRow>, StoreError> {
    let query = near_in_time(ask_in(
        store,
        window,
        include_str!("function_invocations.sql"),
    ))
    .param("id", id)
    .param("outcome", outcome.as_str())
    .param("limit", limit);
    all(query, "listing invocations").await
}

/// The newest initialisations, at most 600.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn cold_starts(
    store: &Store,
    window: Window,
    id: &str,
) -> Result<Vec<ColdStartRow>, StoreError> {
    let query = near_in_time(ask_in(
        store,
        window,
        include_str!("function_cold_starts.sql"),
    ));
    all(query.param("id", id), "listing cold starts").await
}

/// Errors grouped by type, most frequent first, at most 20 groups.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn errors(store: &Store, window: Window, id: &str) -> Result<Vec<ErrorRow>, StoreError> {
    let query = near_in_time(ask_in(store, window, include_str!("function_errors.sql")));
    all(query.param("id", id), "grouping errors").await
}

/// Instances and triggers of the window, and who told of its invocations.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn facts(store: &Store, window: Window, id: &str) -> Result<FactsRow, StoreError> {
    let query =
        near_in_time(ask_in(store, window, include_str!("function_facts.sql"))).param("id", id);
    Ok(all(query, "counting instances")
        .await?
        .pop()
        .unwrap_or_default())
}
