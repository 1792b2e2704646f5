//! Search for traces.

use clickhouse::Row;
use serde::Deserialize;

use super::{Window, all, ask, ask_in};
use crate::{Store, StoreError};

/// What to look for: a trace is found when one span of it meets all of this.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceFilter {
    /// Function id; empty for any.
    pub function: String,
    /// `service.name`; empty for any.
    pub service: String,
    /// Least duration of the span, ns; 0 for any.
    pub min_duration_ns: u64,
    /// Only spans that failed.
    pub errors_only: bool,
    /// Part of the span name or status message, or a whole attribute value; empty for any.
    pub text: String,
    /// Attribute key, of the span or its resource; empty for any.
    pub key: String,
    /// Value of that attribute.
    pub value: String,
}

impl TraceFilter {
    /// Whether only the entries of traces need looking at. Whoever names a text, an attribute or
    /// errors means any span; whoever does not means "requests".
    fn entry_only(&self) -> bool {
        self.text.is_empty() && self.key.is_empty() && !self.errors_only
    }
}

/// A trace that matched.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct TraceHit {
    /// 32 hex characters.
    pub trace_id: String,
    /// Start of the newest span that matched, ns since the epoch.
    pub at_ns: i64,
    /// How many spans matched, as far as counted.
    pub matches: u64,
}

/// A trace in one line.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct TraceSummary {
    /// 32 hex characters.
    pub trace_id: String,
    /// Start of its first span, ns since the epoch.
    pub start_ns: i64,
    /// End of its last span, ns since the epoch.
    pub end_ns: i64,
    /// Spans stored.
    pub spans: u64,
    /// Of these, failed.
    pub errors: u64,
    /// Spans that say they started cold.
    pub cold_starts: u64,
    /// Services taking part.
    pub services: u64,
    /// Functions taking part.
    pub functions: u64,
    /// Name of the root, or of the earliest span without it.
    pub root_name: String,
    /// Its service.
    pub root_service: String,
    /// Its function id; may be empty.
    pub root_function: String,
    /// Status message of the earliest failed span; may be empty.
    pub first_error: String,
}

#[derive(Row, Deserialize)]
struct ServiceRow {
    name: String,
}

/// The newest traces that match, at most `limit`. Looks at the newest minutes first and stops when
/// it has enough, so that it is as quick on a year as on an hour.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn search(
    store: &Store,
    window: Window,
    filter: &TraceFilter,
    limit: u32,
) -> Result<Vec<TraceHit>, StoreError> {
    let wanted = limit as usize;
    let mut hits: Vec<TraceHit> = Vec::new();
    for part in window.newest_first() {
        for hit in search_part(store, part, filter, limit).await? {
            if !hits.iter().any(|known| known.trace_id == hit.trace_id) {
                hits.push(hit);
            }
        }
        if hits.len() >= wanted {
            break;
        }
    }
    hits.truncate(wanted);
    Ok(hits)
}

async fn search_part(
    store: &Store,
    part: Window,
    filter: &TraceFilter,
    limit: u32,
) -> Result<Vec<TraceHit>, StoreError> {
    /// Matching spans looked at per trace wanted.
    const SPANS_PER_TRACE: u32 = 20;
    let query = ask_in(store, part, include_str!("trace_search.sql"))
        .param("function", &filter.function)
        .param("service", &filter.service)
        .param("min_ns", filter.min_duration_ns)
        .param("errors_only", filter.errors_only)
        .param("entry_only", filter.entry_only())
        .param("text", &filter.text)
        .param("key", &filter.key)
        .param("value", &filter.value)
        .param("candidates", limit.saturating_mul(SPANS_PER_TRACE))
        .param("limit", limit);
    all(query, "searching traces").await
}

/// One line for each of `ids`, at most 500, in no particular order.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn summaries(store: &Store, ids: &[String]) -> Result<Vec<TraceSummary>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = ask(store, include_str!("trace_summaries.sql")).param("ids", ids);
    all(query, "summing up traces").await
}

/// All services known, by name, at most 500.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn services(store: &Store) -> Result<Vec<String>, StoreError> {
    let rows: Vec<ServiceRow> = all(
        ask(store, include_str!("trace_services.sql")),
        "listing services",
    )
    .await?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}
