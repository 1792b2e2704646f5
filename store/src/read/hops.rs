//! Where a trace goes on: messages link the trace that received them to the one that sent them, on one cloud
//! or across two.

use clickhouse::Row;
use serde::Deserialize;

use super::{Window, all, ask, near_in_time};
use crate::model::UnixNano;
use crate::{Store, StoreError};

/// Most spans of other traces that are read for one trace, each way.
pub const MAX_HOPS: u32 = 100;
/// Most ids that are asked for at once.
pub const MAX_IDS: usize = 200;
/// A message is received this long after it was sent at the latest, ms: queues keep one for four days
/// unless told otherwise.
const AFTER_MS: f64 = 4.0 * 86_400_000.0;
/// and, since clocks differ, this long before it was sent at the earliest, ms.
const BEFORE_MS: f64 = -3_600_000.0;

/// A span at the other end of a link.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct HopSpan {
    /// Its trace: 32 hex characters.
    pub trace_id: String,
    /// Itself: 16 hex characters.
    pub span_id: String,
    /// Start, ns since the epoch.
    pub start_ns: i64,
    /// Duration, ns.
    pub duration_ns: i64,
    /// Span name.
    pub name: String,
    /// `service.name`.
    pub service_name: String,
    /// Function id; may be empty.
    pub function_id: String,
    /// The traces it links to.
    pub link_trace_ids: Vec<String>,
    /// The spans it links to.
    pub link_span_ids: Vec<String>,
}

/// An invocation known by the platform's own trace id.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct PlatformTrace {
    /// The platform's trace.
    pub platform_trace_id: String,
    /// The trace of the invocation's span; empty when no span arrived.
    pub trace_id: String,
    /// Its span; may be empty.
    pub span_id: String,
    /// Function id.
    pub function_id: String,
    /// Start, ns since the epoch.
    pub start_ns: i64,
    /// Duration, ns; 0 when not told.
    pub duration_ns: i64,
}

/// Spans that link to one of `traces`, whose spans fill `window`, earliest first, at most [`MAX_HOPS`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn receivers(
    store: &Store,
    window: Window,
    traces: &[String],
) -> Result<Vec<HopSpan>, StoreError> {
    let query = ask(store, include_str!("hops_receivers.sql"))
        .param("traces", traces)
        .param("from", window.from.plus_millis(BEFORE_MS).0)
        .param("to", window.to.plus_millis(AFTER_MS).0)
        .param("limit", MAX_HOPS);
    all(query, "looking for spans that link to a trace").await
}

/// The spans `spans` of `traces`, where they are stored, at most [`MAX_HOPS`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn senders(
    store: &Store,
    traces: &[String],
    spans: &[String],
) -> Result<Vec<HopSpan>, StoreError> {
    if traces.is_empty() {
        return Ok(Vec::new());
    }
    let query = ask(store, include_str!("hops_senders.sql"))
        .param("traces", traces)
        .param("spans", spans)
        .param("limit", MAX_HOPS);
    all(query, "looking for the spans that a trace links to").await
}

/// The invocations that platforms tell of under one of `traces`, from four days before `until` on, at
/// most [`MAX_HOPS`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn platform_traces(
    store: &Store,
    traces: &[String],
    until: UnixNano,
) -> Result<Vec<PlatformTrace>, StoreError> {
    if traces.is_empty() {
        return Ok(Vec::new());
    }
    let query = near_in_time(ask(store, include_str!("hops_platform.sql")))
        .param("traces", traces)
        .param("from", until.plus_millis(-AFTER_MS).0)
        .param("to", until.0)
        .param("limit", MAX_HOPS);
    all(query, "looking for invocations by the platform's trace").await
}
