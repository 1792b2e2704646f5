//! Which versions of which functions came into use.

use clickhouse::Row;
use serde::Deserialize;

use crate::model::UnixNano;
use crate::{Store, StoreError};

/// A version that took its first invocation in the asked-for range and is in no row of `deploys` yet.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Row)]
pub struct NewVersion {
    /// Text form of the function id.
    pub function_id: String,
    /// The version, as the function reports it.
    pub version: String,
    /// Minute of its first invocation, seconds since the epoch.
    pub first_minute_s: u32,
    /// Whether `deploys` knows any version of this function.
    pub function_known: bool,
}

/// Versions seen since `since` that `deploys` does not know; at most 10,000, oldest first.
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
