//! When each trace began and ended, as columns.

use super::native::{Fixed, Text, table};
use crate::model::SpanRow;

table! {
    /// Columns of `otel_traces_trace_id_ts`.
    TraceTimes = "otel_traces_trace_id_ts" {
        trace_id: Text = "TraceId" "String",
        start: Fixed<u32> = "Start" "DateTime",
        end: Fixed<u32> = "End" "DateTime",
    }
}

impl TraceTimes {
    /// Notes the span's time. Spans of one trace come mostly one after another and share a row; where
    /// they do not there are several, and readers take the first start and the last end anyway.
    pub(super) fn push(&mut self, row: &SpanRow<'_>) {
        let second = u32::try_from(row.timestamp.0.div_euclid(1_000_000_000)).unwrap_or(u32::MAX);
        if self.rows > 0 && self.trace_id.is_last(row.trace_id) {
            self.start.update_last(|start| start.min(second));
            self.end.update_last(|end| end.max(second));
            return;
        }
        self.trace_id.push(row.trace_id);
        self.start.push(second);
        self.end.push(second);
        self.rows += 1;
    }

    /// A tenth of the spans' rows: sorting them costs ClickHouse little.
    fn sorted(&self) -> Option<Vec<u32>> {
        None
    }
}
