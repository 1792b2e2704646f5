//! Newest points of metrics of queues and streams.

use clickhouse::Row;
use serde::Deserialize;

use super::{Window, all, ask_in};
use crate::{Store, StoreError};

/// Most series and minutes of an answer: 2,000 queues over ten minutes.
pub const MAX_POINTS: u32 = 20_000;

/// A minute of a series.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct PointRow {
    /// Metric name as sent.
    pub name: String,
    /// Function id; may be empty.
    pub function_id: String,
    /// The point's attributes.
    pub attributes: Vec<(String, String)>,
    /// The resource's.
    pub resource: Vec<(String, String)>,
    /// Which series: a hash of all of the above.
    pub series: u64,
    /// Begin of the minute, s since the epoch.
    pub minute_s: u32,
    /// The last value in it.
    pub newest: f64,
    /// The largest.
    pub largest: f64,
    /// The sum of its values.
    pub total: f64,
    /// Whether values are sums since a start that may lie long ago.
    pub cumulative: bool,
}

/// The points within `window`, by minute, of metrics whose names end, after their last slash and in lower
/// case, with one of `tails`; at most `limit`, the newest minutes first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn points(
    store: &Store,
    tails: &[&str],
    window: Window,
    limit: u32,
) -> Result<Vec<PointRow>, StoreError> {
    let query = ask_in(store, window, include_str!("queue_points.sql"))
        .param("tails", tails)
        .param("limit", limit);
    all(query, "reading the newest points of queues").await
}
