//! Deploys: a version of a function came into use.

use clickhouse::Row;
use serde::Deserialize;

use super::{Window, all, ask, ask_in};
use crate::model::{Change, DeployWords};
use crate::{Store, StoreError};

/// Most deploys a page knows; more marks than that would hide every chart.
pub const MAX_DEPLOYS: u32 = 200;

/// A version that came into use.
#[derive(Clone, Debug, Default, Row, Deserialize)]
pub struct DeployRow {
    /// Text form of the function id.
    pub function_id: String,
    /// The version; empty where the platform numbers none.
    pub version: String,
    /// When, ms since the epoch: the earliest that anybody told.
    pub at_ms: i64,
    /// Whose words count: `api`, `audit`, `telemetry` or `baseline`.
    pub source: String,
    /// All who told of it.
    pub sources: Vec<String>,
    /// Who deployed; may be empty.
    pub who: String,
    /// Commit or hash of the code; may be empty.
    pub commit: String,
    /// Link to the change; may be empty.
    pub url: String,
    /// A remark; may be empty.
    pub note: String,
    /// What else changed, as [`DeployWords::changes_of`] reads it.
    pub changes: String,
}

impl DeployRow {
    /// What else changed with it, as told.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        DeployWords::changes_of(&self.changes)
    }
}

/// The newest deploy of a function.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct LatestRow {
    /// Text form of the function id.
    pub function_id: String,
    /// The version.
    pub version: String,
    /// When, ms since the epoch.
    pub at_ms: i64,
}

/// A function that may be meant by a name.
#[derive(Clone, Debug, Row, Deserialize, PartialEq, Eq)]
pub struct CalledRow {
    /// Text form of the function id.
    pub function_id: String,
    /// `aws`, …
    pub provider: String,
    /// Account, subscription or project; may be empty.
    pub account: String,
    /// Region; may be empty.
    pub region: String,
    /// The function's name.
    pub name: String,
}

/// Versions that came into use in `window`, newest first, at most `limit`; of one function, or of all when
/// `id` is empty.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn list(
    store: &Store,
    window: Window,
    id: &str,
    limit: u32,
) -> Result<Vec<DeployRow>, StoreError> {
    let query = ask_in(store, window, include_str!("deploys.sql"));
    let query = query.param("id", id).param("limit", limit);
    all(query, "listing deploys").await
}

/// The newest deploy of each of these functions that has any.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn latest(store: &Store, ids: &[String]) -> Result<Vec<LatestRow>, StoreError> {
    let query = ask(store, include_str!("deploys_latest.sql")).param("ids", ids);
    all(query, "looking for the newest deploys").await
}

/// Functions with one of these ids or names, at most six of a name and 2,000 in all.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn called(
    store: &Store,
    ids: &[String],
    names: &[String],
) -> Result<Vec<CalledRow>, StoreError> {
    let query = ask(store, include_str!("deploys_called.sql"));
    let query = query.param("ids", ids).param("names", names);
    all(query, "looking for functions by name").await
}

/// Functions of apps (`app/function`) with one of these names, whatever their case, at most 2,000.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_apps(store: &Store, apps: &[String]) -> Result<Vec<CalledRow>, StoreError> {
    let lower: Vec<String> = apps.iter().map(|app| app.to_lowercase()).collect();
    let query = ask(store, include_str!("deploys_of_apps.sql")).param("apps", lower);
    all(query, "looking for the functions of apps").await
}
