//! Rows of `otel_logs` as columns.

use super::native::order;
use super::native::{Fixed, LowCardinality, Map, Repeated, SharedMap, Text, table};
use crate::model::LogRow;

table! {
    /// Columns of `otel_logs`.
    Logs = "otel_logs" {
        timestamp: Fixed<i64> = "Timestamp" "DateTime64(9)",
        trace_id: Text = "TraceId" "String",
        span_id: Text = "SpanId" "String",
        trace_flags: Fixed<u8> = "TraceFlags" "UInt8",
        severity_text: LowCardinality = "SeverityText" "LowCardinality(String)",
        severity_number: Fixed<u8> = "SeverityNumber" "UInt8",
        service_name: LowCardinality = "ServiceName" "LowCardinality(String)",
        body: Text = "Body" "String",
        resource_schema_url: LowCardinality = "ResourceSchemaUrl" "LowCardinality(String)",
        resource: SharedMap =
            "ResourceAttributes" "Map(LowCardinality(String), LowCardinality(String))",
        scope_schema_url: LowCardinality = "ScopeSchemaUrl" "LowCardinality(String)",
        scope_name: LowCardinality = "ScopeName" "LowCardinality(String)",
        scope_version: LowCardinality = "ScopeVersion" "LowCardinality(String)",
        scope_attributes: SharedMap =
            "ScopeAttributes" "Map(LowCardinality(String), LowCardinality(String))",
        attributes: Map = "LogAttributes" "Map(LowCardinality(String), String)",
        event_name: Repeated = "EventName" "String",
        function_id: LowCardinality = "FunctionId" "LowCardinality(String)",
    }
}

impl Logs {
    pub(super) fn push(&mut self, row: &LogRow<'_>) {
        self.timestamp.push(row.timestamp.0);
        self.trace_id.push(row.trace_id);
        self.span_id.push(row.span_id);
        self.trace_flags.push(row.trace_flags);
        self.severity_text.push(row.severity_text);
        self.severity_number.push(row.severity_number);
        self.service_name.push(row.service_name);
        self.body.push(row.body);
        self.resource_schema_url.push(row.resource_schema_url);
        self.resource.push(row.resource);
        self.scope_schema_url.push(row.scope_schema_url);
        self.scope_name.push(row.scope_name);
        self.scope_version.push(row.scope_version);
        self.scope_attributes.push(row.scope_attributes);
        self.attributes.push(row.attributes);
        self.event_name.push(row.event_name);
        self.function_id.push(row.function_id);
        self.rows += 1;
    }

    /// The table's order: five minutes, service, time.
    fn sorted(&self) -> Option<Vec<u32>> {
        let services = self.service_name.ranks();
        let rows = self
            .timestamp
            .values()
            .iter()
            .zip(self.service_name.indexes());
        let groups = rows.map(|(time, service)| {
            // No row is older than 2000, so the number of five minutes is never negative.
            let five_minutes = u64::try_from(time / FIVE_MINUTES_NANOS).unwrap_or(0);
            five_minutes << 32 | u64::from(services[*service as usize])
        });
        Some(order::by(groups, self.timestamp.values()))
    }
}

/// What the table's first key counts.
const FIVE_MINUTES_NANOS: i64 = 300 * 1_000_000_000;
