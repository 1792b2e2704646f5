//! Who calls whom, out of spans.

use clickhouse::Row;
use serde::Deserialize;

use super::{Window, all, ask_in};
use crate::{Store, StoreError};

/// Spans that are looked at for one answer, of callers and of callees: a minute of 3,000 calls a second. Of
/// more, some are seen, and shares of them are as good as those of all.
pub const SPANS_MAX: u32 = 200_000;
/// Most rows of each kind of an answer, the busiest first.
pub const ROWS_MAX: u32 = 5_000;

/// What one called another for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Row, Deserialize)]
pub struct CallRow {
    /// The caller's function id, or `queue:` and a name; empty where `callee`'s own runs are counted.
    pub caller: String,
    /// `peer:` and a host, `queue:` and a name, or nothing: where the call was sent.
    pub address: String,
    /// The function that ran for it; empty where none did.
    pub callee: String,
    /// Calls, or runs.
    pub calls: u64,
    /// Of these, failed.
    pub failed_calls: u64,
    /// Of the failed calls, those whose caller failed in the same trace.
    pub failed_both: u64,
    /// Their durations together, ns.
    pub duration_sum_ns: u64,
}

/// Calls that began in `window`.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn list(store: &Store, window: Window) -> Result<Vec<CallRow>, StoreError> {
    let query = ask_in(store, window, include_str!("calls.sql"))
        .param("spans", SPANS_MAX)
        .param("limit", ROWS_MAX);
    all(query, "reading who calls whom").await
}
