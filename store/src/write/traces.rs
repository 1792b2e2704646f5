//! Rows of `otel_traces` as columns.

use super::native::order;
use super::native::{Array, Fixed, LowCardinality, Map, Repeated, SharedMap, Text, table};
use crate::model::SpanRow;

table! {
    /// Columns of `otel_traces`.
    Traces = "otel_traces" {
        timestamp: Fixed<i64> = "Timestamp" "DateTime64(9)",
        trace_id: Text = "TraceId" "String",
        span_id: Text = "SpanId" "String",
        parent_span_id: Text = "ParentSpanId" "String",
        trace_state: Repeated = "TraceState" "String",
        span_name: LowCardinality = "SpanName" "LowCardinality(String)",
        span_kind: LowCardinality = "SpanKind" "LowCardinality(String)",
        service_name: LowCardinality = "ServiceName" "LowCardinality(String)",
        resource: SharedMap =
            "ResourceAttributes" "Map(LowCardinality(String), LowCardinality(String))",
        scope_name: LowCardinality = "ScopeName" "LowCardinality(String)",
        scope_version: LowCardinality = "ScopeVersion" "LowCardinality(String)",
        attributes: Map = "SpanAttributes" "Map(LowCardinality(String), String)",
        duration: Fixed<u64> = "Duration" "UInt64",
        status_code: LowCardinality = "StatusCode" "LowCardinality(String)",
        status_message: Repeated = "StatusMessage" "String",
        event_times: Array<Fixed<i64>> = "Events.Timestamp" "Array(DateTime64(9))",
        event_names: Array<LowCardinality> = "Events.Name" "Array(LowCardinality(String))",
        event_attributes: Array<Map> =
            "Events.Attributes" "Array(Map(LowCardinality(String), String))",
        link_trace_ids: Array<Text> = "Links.TraceId" "Array(String)",
        link_span_ids: Array<Text> = "Links.SpanId" "Array(String)",
        link_trace_states: Array<Repeated> = "Links.TraceState" "Array(String)",
        link_attributes: Array<Map> =
            "Links.Attributes" "Array(Map(LowCardinality(String), String))",
        function_id: LowCardinality = "FunctionId" "LowCardinality(String)",
    }
}

impl Traces {
    pub(super) fn push(&mut self, row: &SpanRow<'_>) {
        self.timestamp.push(row.timestamp.0);
        self.trace_id.push(row.trace_id);
        self.span_id.push(row.span_id);
        self.parent_span_id.push(row.parent_span_id);
        self.trace_state.push(row.trace_state);
        self.span_name.push(row.name);
        self.span_kind.push(row.kind);
        self.service_name.push(row.service_name);
        self.resource.push(row.resource);
        self.scope_name.push(row.scope_name);
        self.scope_version.push(row.scope_version);
        self.attributes.push(row.attributes);
        self.duration.push(row.duration_ns);
        self.status_code.push(row.status_code);
        self.status_message.push(row.status_message);
        for event in row.events {
            self.event_times.items.push(event.timestamp.0);
            self.event_names.items.push(event.name);
            self.event_attributes.items.push(event.attributes);
        }
        self.event_times.end_row();
        self.event_names.end_row();
        self.event_attributes.end_row();
        for link in row.links {
            self.link_trace_ids.items.push(link.trace_id);
            self.link_span_ids.items.push(link.span_id);
            self.link_trace_states.items.push(link.trace_state);
            self.link_attributes.items.push(link.attributes);
        }
        self.link_trace_ids.end_row();
        self.link_span_ids.end_row();
        self.link_trace_states.end_row();
        self.link_attributes.end_row();
        self.function_id.push(row.function_id);
        self.rows += 1;
    }

    /// The table's order: service, span name, time.
    fn sorted(&self) -> Option<Vec<u32>> {
        let (services, names) = (self.service_name.ranks(), self.span_name.ranks());
        let rows = self
            .service_name
            .indexes()
            .iter()
            .zip(self.span_name.indexes());
        let groups = rows.map(|(service, name)| {
            u64::from(services[*service as usize]) << 32 | u64::from(names[*name as usize])
        });
        Some(order::by(groups, self.timestamp.values()))
    }
}
