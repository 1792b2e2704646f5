//! What delivery is measured by: versions that came into use, and findings that name one as their cause.

use clickhouse::Row;
use serde::Deserialize;

use super::{all, ask};
use crate::{Store, StoreError};

/// Most deploys and most findings of an answer, the newest ones.
pub const ROWS_MAX: u32 = 100_000;

/// A version that came into use.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct DeployedRow {
    /// Text form of the function id.
    pub function_id: String,
    /// The version; empty where the platform numbers none.
    pub version: String,
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// 0 where the function's history begins and nobody announced it: that is no deploy.
    pub counts: u8,
}

/// A finding that names a version of a function.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct FailingRow {
    /// The finding.
    pub id: String,
    /// Text form of the function id.
    pub function_id: String,
    /// The version it names.
    pub version: String,
    /// When what was found began, ms since the epoch.
    pub began_ms: i64,
    /// When it was certain.
    pub detected_ms: i64,
    /// When it ended, if it has.
    pub closed_ms: Option<i64>,
}

/// All versions that came into use before `to_ms`, ms since the epoch, of one function or of all where `id`
/// is empty; the newest [`ROWS_MAX`], by function and time.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn deployed(store: &Store, id: &str, to_ms: i64) -> Result<Vec<DeployedRow>, StoreError> {
    let query = ask(store, include_str!("delivery_deployed.sql"))
        .param("id", id)
        .param("to_ms", to_ms)
        .param("limit", ROWS_MAX);
    all(query, "asking what was delivered").await
}

/// Findings that name a version, told since `from_ms`, ms since the epoch, and worse than a remark; of one
/// function or of all where `id` is empty; the newest [`ROWS_MAX`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn failing(store: &Store, id: &str, from_ms: i64) -> Result<Vec<FailingRow>, StoreError> {
    let query = ask(store, include_str!("delivery_failing.sql"))
        .param("id", id)
        .param("from_ms", from_ms)
        .param("limit", ROWS_MAX);
    all(query, "asking which versions were found to fail").await
}
