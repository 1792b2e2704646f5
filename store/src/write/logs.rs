//! Rows of `otel_logs` as columns.

use super::native::{Fixed, LowCardinality, Map, Text, table};
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
        resource: Map = "ResourceAttributes" "Map(LowCardinality(String), String)",
        scope_schema_url: LowCardinality = "ScopeSchemaUrl" "LowCardinality(String)",
        scope_name: Text = "ScopeName" "String",
        scope_version: LowCardinality = "ScopeVersion" "LowCardinality(String)",
        scope_attributes: Map = "ScopeAttributes" "Map(LowCardinality(String), String)",
        attributes: Map = "LogAttributes" "Map(LowCardinality(String), String)",
        event_name: Text = "EventName" "String",
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
}
