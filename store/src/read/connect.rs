//! Who sends data, for the ticks of the Connect page.

use clickhouse::Row;
use serde::Deserialize;

use super::{all, ask};
use crate::{Store, StoreError};

/// Functions of one platform and runtime.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct PlatformRow {
    /// `aws_lambda`, …; may be empty.
    pub platform: String,
    /// `nodejs22.x`, …; may be empty.
    pub runtime: String,
    /// How many functions.
    pub functions: u64,
    /// Oldest data, ms since the epoch.
    pub first_ms: i64,
    /// Newest data, ms since the epoch.
    pub last_ms: i64,
}

/// All platforms and runtimes data ever came from, at most 500.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn platforms(store: &Store) -> Result<Vec<PlatformRow>, StoreError> {
    all(
        ask(store, include_str!("connect_platforms.sql")),
        "asking who sends data",
    )
    .await
}
