//! What has just come: spans and log records by the insert that brought them.

use clickhouse::Row;
use serde::Deserialize;

use crate::{Store, StoreError};

/// Rows of one answer: at 2 kB each, 20 MB.
pub const ROWS_MAX: u32 = 10_000;
/// Inserts of one answer.
pub const INSERTS_MAX: u32 = 2_000;
/// Bytes of a value that are read.
const BYTES_MAX: u32 = 65_536;

/// A table whose rows carry the id of their insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
}

impl Table {
    const fn name(self) -> &'static str {
        match self {
            Self::Traces => "otel_traces",
            Self::Logs => "otel_logs",
        }
    }
}

/// An insert.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct Insert {
    /// Its id.
    pub insert_id: u64,
    /// When it came, s since the epoch by the server's clock.
    pub at_s: u32,
    /// Its rows.
    pub rows: u64,
}

/// A span that came.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct Arrived {
    /// When it ended, ns since the epoch.
    pub time_ns: i64,
    /// Ids in hexadecimal digits.
    pub trace_id: String,
    /// See `trace_id`.
    pub span_id: String,
    /// See `trace_id`; empty for a root.
    pub parent_span_id: String,
    /// Its name.
    pub name: String,
    /// `Server`, ….
    pub kind: String,
    /// The library that made it.
    pub scope: String,
    /// `Error`, ….
    pub status: String,
    /// How long it took, ns.
    pub duration_ns: u64,
    /// The function, or empty.
    pub function_id: String,
    /// Its attributes, each cut to 64 KiB.
    pub attributes: Vec<(String, String)>,
    /// Its resource's.
    pub resource: Vec<(String, String)>,
    /// Type and message of exceptions.
    pub exceptions: Vec<String>,
    /// Traces that it links to,
    pub link_traces: Vec<String>,
    /// and their spans.
    pub link_spans: Vec<String>,
}

/// A log record that came.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct ArrivedLog {
    /// Its time, ns since the epoch.
    pub time_ns: i64,
    /// Ids in hexadecimal digits, or empty.
    pub trace_id: String,
    /// See `trace_id`.
    pub span_id: String,
    /// The function, or empty.
    pub function_id: String,
    /// Its body, cut to 64 KiB.
    pub body: String,
    /// The library that made it.
    pub scope: String,
    /// What kind of event it is, or empty.
    pub event_name: String,
    /// Its attributes, each cut to 64 KiB.
    pub attributes: Vec<(String, String)>,
    /// Its resource's.
    pub resource: Vec<(String, String)>,
}

/// Inserts into a table since then, the oldest first; at most [`INSERTS_MAX`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn inserts(store: &Store, table: Table, since_s: u32) -> Result<Vec<Insert>, StoreError> {
    super::ask(store, include_str!("arrivals_inserts.sql"))
        .param("table", table.name())
        .param("since_s", since_s)
        .param("limit", INSERTS_MAX)
        .param("own", crate::security_logs::MARK)
        .fetch_all::<Insert>()
        .await
        .map_err(StoreError::query("looking for what has come"))
}

/// Which rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<'a> {
    /// The inserts that brought them.
    pub inserts: &'a [u64],
    /// None of these inserts is older, s since the epoch.
    pub since_s: u32,
    /// Rows that were read already.
    pub offset: u64,
}

/// Spans of inserts, in the order in which they ended; at most [`ROWS_MAX`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn spans(store: &Store, rows: &Rows<'_>) -> Result<Vec<Arrived>, StoreError> {
    asked(store, include_str!("arrivals_spans.sql"), rows)
        .fetch_all::<Arrived>()
        .await
        .map_err(StoreError::query("reading spans that have come"))
}

/// Log records of inserts, in the order of time; at most [`ROWS_MAX`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn logs(store: &Store, rows: &Rows<'_>) -> Result<Vec<ArrivedLog>, StoreError> {
    asked(store, include_str!("arrivals_logs.sql"), rows)
        .fetch_all::<ArrivedLog>()
        .await
        .map_err(StoreError::query("reading log records that have come"))
}

fn asked(store: &Store, sql: &str, rows: &Rows<'_>) -> clickhouse::query::Query {
    super::ask(store, sql)
        .param("inserts", rows.inserts)
        .param("since_s", rows.since_s)
        .param("offset", rows.offset)
        .param("bytes", BYTES_MAX)
        .param("limit", ROWS_MAX)
}
