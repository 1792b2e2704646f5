//! Allocation tags: which resource attributes a function's telemetry carries, so that costs can be split by
//! team, environment or whatever else is written there without a page scanning spans.
//!
//! A function's resources repeat in every request, so looking at the newest parts now and then is enough.

use crate::model::UnixNano;
use crate::{Store, StoreError};

/// Rows looked at in one turn, of spans and of log records each: about a second of one core at 9 attributes.
const ROWS_MAX: u64 = 500_000;
/// Looked at again, s: parts carry whole seconds.
const OVERLAP_S: i64 = 2;
/// Keys that differ per sandbox, process or release of the telemetry's own library.
const VARYING: &str = r"^(faas\.instance|service\.instance\.id|host\.|process\.|container\.id|k8s\.pod\.|aws\.log\.|gcp\.cloud_run\.job\.|telemetry\.|os\.|vercel\.(deployment_id|host|sha))";

/// Remembers up to where parts were looked at. One per cluster; a new one looks at the newest parts.
#[derive(Debug, Default)]
pub struct Gatherer {
    since_s: u32,
}

impl Gatherer {
    /// Writes down the tags of what was stored since the last turn.
    ///
    /// # Errors
    /// [`StoreError::Query`]; the next turn looks at the same parts again.
    pub async fn turn(&mut self, store: &Store, now: UnixNano) -> Result<(), StoreError> {
        let span_parts = self.parts(store, "otel_traces").await?;
        let log_parts = self.parts(store, "otel_logs").await?;
        if !(span_parts.is_empty() && log_parts.is_empty()) {
            let query = store
                .query(include_str!("tags.sql"))
                .param("span_parts", span_parts)
                .param("log_parts", log_parts)
                .param("varying", VARYING);
            query
                .execute()
                .await
                .map_err(StoreError::query("gathering the tags of functions"))?;
        }
        self.since_s = u32::try_from(now.as_secs() - OVERLAP_S).unwrap_or_default();
        Ok(())
    }

    async fn parts(&self, store: &Store, table: &str) -> Result<Vec<String>, StoreError> {
        let query = store
            .query(include_str!("tags_parts.sql"))
            .param("table", table)
            .param("since_s", self.since_s)
            .param("rows_max", ROWS_MAX);
        query
            .fetch_all::<String>()
            .await
            .map_err(StoreError::query("listing new parts"))
    }
}
