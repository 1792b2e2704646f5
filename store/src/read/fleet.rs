//! The whole fleet at once, for the overview.

use clickhouse::Row;
use serde::Deserialize;

use super::{Window, all, ask_in};
use crate::{Store, StoreError};

/// One bucket of the fleet's traffic.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct FleetBucket {
    /// Start of the bucket, s since the epoch.
    pub bucket_s: u32,
    /// Invocations started in it.
    pub invocations: u64,
    /// Of these, failed.
    pub errors: u64,
    /// Of these, known to have started cold.
    pub cold_starts: u64,
}

/// Traffic of all functions in buckets of `step_s` seconds, empty buckets left out.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn timeline(
    store: &Store,
    window: Window,
    step_s: u32,
) -> Result<Vec<FleetBucket>, StoreError> {
    let query = ask_in(store, window, include_str!("fleet_timeline.sql"));
    all(
        query.param("step", step_s.max(1)),
        "reading the traffic of all functions",
    )
    .await
}
