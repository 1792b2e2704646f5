//! One trace: its spans, its log records and what the platforms said of its invocations.

use clickhouse::Row;
use serde::Deserialize;

use super::logs::LogLine;
use super::{Window, all, ask, ask_in, near_in_time};
use crate::model::FunctionId;
use crate::{Store, StoreError};

/// Most spans of a trace that are read: 10,000 of about 1 kB are 10 MB.
pub const MAX_SPANS: u32 = 10_000;
/// Most log records of a trace that are read.
pub const MAX_LOGS: u32 = 500;

/// One span of a trace.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct TraceSpan {
    /// Start, ns since the epoch.
    pub start_ns: i64,
    /// Duration, ns.
    pub duration_ns: i64,
    /// 16 hex characters.
    pub span_id: String,
    /// 16 hex characters, or empty for a root.
    pub parent_span_id: String,
    /// Span name.
    pub name: String,
    /// `Server`, `Client`, ….
    pub kind: String,
    /// `service.name`.
    pub service_name: String,
    /// Function id; may be empty.
    pub function_id: String,
    /// `Unset`, `Ok` or `Error`.
    pub status_code: String,
    /// Status message, at most 4,000 bytes.
    pub status_message: String,
    /// Instrumentation scope.
    pub scope_name: String,
    /// Its version.
    pub scope_version: String,
    /// Attributes of the span.
    pub attributes: Vec<(String, String)>,
    /// Attributes of the resource.
    pub resource: Vec<(String, String)>,
    /// Times of the events, ns since the epoch.
    pub event_ns: Vec<i64>,
    /// Names of the events.
    pub event_names: Vec<String>,
    /// Attributes of the events.
    pub event_attributes: Vec<Vec<(String, String)>>,
    /// Traces linked to.
    pub link_trace_ids: Vec<String>,
    /// Spans linked to.
    pub link_span_ids: Vec<String>,
}

impl TraceSpan {
    /// The value of a span attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, v)| v.as_str())
    }
}

/// An invocation that belongs to a trace.
#[derive(Clone, Debug, Default, Row, Deserialize)]
pub struct TraceInvocation {
    /// Function id.
    pub function_id: String,
    /// The span that is this invocation; may be empty.
    pub span_id: String,
    /// The platform's id of it.
    pub invocation_id: String,
    /// Start, ns since the epoch.
    pub start_ns: i64,
    /// `aws_lambda`, ….
    pub platform: String,
    /// Version that ran.
    pub version: String,
    /// `ok`, `error`, ….
    pub status: String,
    /// Exception or platform error; may be empty.
    pub error_type: String,
    /// Duration, ms.
    pub duration_ms: Option<f64>,
    /// Billed duration, ms.
    pub billed_duration_ms: Option<f64>,
    /// Initialisation, ms.
    pub init_duration_ms: Option<f64>,
    /// Started cold; `None` when nobody told.
    pub cold: Option<u8>,
    /// Configured memory, MiB.
    pub memory_size_mb: Option<u32>,
    /// Memory used, MiB.
    pub memory_used_mb: Option<u32>,
    /// Processor time, ms.
    pub cpu_ms: Option<f64>,
    /// `x86_64`, `arm64` or empty.
    pub architecture: String,
    /// As [`crate::model::InitKind`]; empty for warm invocations and where nobody says.
    pub init_kind: String,
    /// The runtime is the user's own: `provided…` or an image.
    pub own_runtime: bool,
    /// Only the platform tells of it: no span arrived.
    pub synthesised: bool,
    /// The trace of its span, else the platform's.
    pub trace_id: String,
    /// The platform's trace; may be empty.
    pub platform_trace_id: String,
}

/// The spans of a trace by start, at most [`MAX_SPANS`] + 1: one more tells that there are more.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn spans(store: &Store, trace_id: &str) -> Result<Vec<TraceSpan>, StoreError> {
    let query = ask(store, include_str!("trace_spans.sql"))
        .param("trace_id", trace_id)
        .param("limit", MAX_SPANS + 1);
    all(query, "reading a trace").await
}

/// The log records of a trace whose spans fill `window`, by time, at most [`MAX_LOGS`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn logs(
    store: &Store,
    window: Window,
    trace_id: &str,
) -> Result<Vec<LogLine>, StoreError> {
    let query = ask_in(store, window, include_str!("trace_logs.sql"))
        .param("trace_id", trace_id)
        .param("limit", MAX_LOGS);
    all(query, "reading the logs of a trace").await
}

/// The invocations of `functions` that belong to a trace, and those of any function that a platform tells
/// of under its id, by start, at most 500.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn invocations(
    store: &Store,
    window: Window,
    trace_id: &str,
    functions: &[String],
) -> Result<Vec<TraceInvocation>, StoreError> {
    let keys: Vec<String> = functions
        .iter()
        .filter_map(|id| Some(id.parse::<FunctionId>().ok()?.key()))
        .collect();
    let query = near_in_time(ask_in(store, window, include_str!("trace_invocations.sql")))
        .param("trace_id", trace_id)
        .param("keys", &keys);
    all(query, "reading the invocations of a trace").await
}
