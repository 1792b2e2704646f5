//! Which versions of which functions came into use, by telemetry alone.

use clickhouse::Row;
use serde::Deserialize;

use super::{all, ask};
use crate::model::UnixNano;
use crate::{Store, StoreError};

/// A version that took its first invocation in the asked-for range and of which telemetry told nothing yet.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Row)]
pub struct NewVersion {
    /// Text form of the function id.
    pub function_id: String,
    /// The version, as the function reports it.
    pub version: String,
    /// Minute of its first invocation, seconds since the epoch.
    pub first_minute_s: u32,
    /// Whether anybody told of any version of this function.
    pub function_known: bool,
}

/// Traffic of one version in ten minutes.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Row)]
pub struct Leading {
    /// Text form of the function id.
    pub function_id: String,
    /// The version.
    pub version: String,
    /// Start of the ten minutes, s since the epoch.
    pub bucket_s: u32,
    /// Invocations in it, at least one.
    pub invocations: u64,
    /// Its first minute with an invocation in it, s since the epoch.
    pub first_minute_s: u32,
    /// When anybody first told of the version, s since the epoch.
    pub first_told_s: u32,
    /// When anybody last told of the version, s since the epoch.
    pub last_told_s: u32,
}

/// Versions seen since `since` of which telemetry did not tell; at most 10,000, oldest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn new_versions(store: &Store, since: UnixNano) -> Result<Vec<NewVersion>, StoreError> {
    store
        .query(include_str!("versions.sql"))
        .param("since", since.as_secs())
        .fetch_all::<NewVersion>()
        .await
        .map_err(StoreError::query("looking for new versions"))
}

/// Traffic by ten minutes and version from `since` to `until`, of functions with more than one version in
/// that time, by function and time; at most 100,000 rows.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn leading(
    store: &Store,
    since: UnixNano,
    until: UnixNano,
) -> Result<Vec<Leading>, StoreError> {
    let query = ask(store, include_str!("versions_leading.sql"))
        .param("since", since.as_secs())
        .param("until", until.as_secs());
    all(query, "reading which versions lead").await
}
