//! Audit logs among the log records, and up to where they were read.

use clickhouse::Row;
use serde::Deserialize;

use super::{Window, ask_in};
use crate::{Store, StoreError, marks};

/// Longest body or attribute read, bytes: an entry about a function has a few kilobytes, and 500 of this
/// length are 32 MB.
const BYTES_MAX: u32 = 65_536;

/// A log record that may be an entry of an audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Row, Deserialize)]
pub struct AuditRow {
    /// Time of the record, ns since the epoch.
    pub time_ns: i64,
    /// Its body; empty when longer than is read.
    pub body: String,
    /// Its attributes.
    pub attributes: Vec<(String, String)>,
    /// Its resource's attributes.
    pub resource: Vec<(String, String)>,
}

/// Records of `window` in which one of `needles` stands, oldest first, at most `limit`. The needles are
/// looked for without regard to case.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn records(
    store: &Store,
    window: Window,
    needles: &[&str],
    limit: u32,
) -> Result<Vec<AuditRow>, StoreError> {
    ask_in(store, window, include_str!("audit.sql"))
        .param("needles", needles)
        .param("bytes", BYTES_MAX)
        .param("limit", limit)
        .fetch_all::<AuditRow>()
        .await
        .map_err(StoreError::query("reading audit logs"))
}

/// What was marked under `name` with [`mark`], ns since the epoch.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn marked(store: &Store, name: &str) -> Result<Option<i64>, StoreError> {
    Ok(marks::read(store, name)
        .await?
        .and_then(|value| value.parse().ok()))
}

/// Marks that everything before `until_ns` was read.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn mark(store: &Store, name: &str, until_ns: i64) -> Result<(), StoreError> {
    marks::write(store, name, &until_ns.to_string()).await
}
