//! A sink that remembers what it was given.

use serde_json::{Map, Value as Json, json};
use store::model::{
    Attributes, ExemplarRow, ExpHistogramPoint, FunctionSighting, GaugePoint, HistogramPoint,
    InvocationFact, LogRow, MetricPoint, SpanRow, SumPoint, SummaryPoint,
};
use store::write::RowSink;

/// Remembers rows as JSON in the order of their arrival, and facts and sightings as they are.
#[derive(Default)]
pub(in crate::normalise) struct Recorder {
    pub(in crate::normalise) rows: Vec<(&'static str, Json)>,
    pub(in crate::normalise) facts: Vec<InvocationFact>,
    pub(in crate::normalise) sightings: Vec<FunctionSighting>,
}

impl Recorder {
    /// The value of `field` in every row.
    pub(in crate::normalise) fn column(&self, field: &str) -> Vec<String> {
        let text = |row: &Json| {
            row[field]
                .as_str()
                .map_or_else(|| row[field].to_string(), Into::into)
        };
        self.rows.iter().map(|(_, row)| text(row)).collect()
    }

    /// The text forms of the function ids seen.
    pub(in crate::normalise) fn functions(&self) -> Vec<String> {
        self.sightings
            .iter()
            .map(|sighting| sighting.function_id.to_string())
            .collect()
    }

    /// The only fact.
    pub(in crate::normalise) fn fact(&self) -> &InvocationFact {
        assert_eq!(self.facts.len(), 1, "{:#?}", self.facts);
        &self.facts[0]
    }

    /// Everything, for snapshots; what is empty or not told is left out.
    pub(in crate::normalise) fn json(&self) -> Json {
        json!({
            "rows": self.rows.iter().map(|(t, row)| json!({ *t: row })).collect::<Vec<_>>(),
            "invocation_facts": self.facts.iter().map(fact_json).collect::<Vec<_>>(),
            "functions": self.sightings.iter().map(sighting_json).collect::<Vec<_>>(),
        })
    }

    fn put(&mut self, table: &'static str, row: Json) {
        self.rows.push((table, without_empty(row)));
    }
}

fn without_empty(row: Json) -> Json {
    let Json::Object(map) = row else { return row };
    let is_told = |value: &Json| match value {
        Json::Null => false,
        Json::String(text) => !text.is_empty(),
        Json::Array(list) => !list.is_empty(),
        Json::Object(map) => !map.is_empty(),
        _ => true,
    };
    Json::Object(
        map.into_iter()
            .filter(|(_, value)| is_told(value))
            .collect(),
    )
}

fn map(attributes: Attributes<'_>) -> Json {
    Json::Object(
        attributes
            .iter()
            .map(|(k, v)| (k.to_owned(), v.into()))
            .collect::<Map<_, _>>(),
    )
}

fn fact_json(fact: &InvocationFact) -> Json {
    without_empty(json!({
        "function_id": fact.function_id.to_string(),
        "invocation_id": fact.invocation_id,
        "told_by": format!("{:?}", fact.told_by),
        "start": fact.start.0,
        "platform": fact.platform,
        "version": fact.version,
        "instance": fact.instance,
        "trigger": fact.trigger,
        "runtime": fact.runtime,
        "platform_runtime": fact.platform_runtime,
        "architecture": fact.architecture,
        "memory_size_mb": fact.memory_size_mb,
        "platform_memory_size_mb": fact.platform_memory_size_mb,
        "memory_used_mb": fact.memory_used_mb,
        "duration_ms": fact.duration_ms,
        "billed_duration_ms": fact.billed_duration_ms,
        "cpu_ms": fact.cpu_ms,
        "throttled": fact.throttled.then_some(true),
        "init_duration_ms": fact.init_duration_ms,
        "init_kind": fact.init_kind.map(store::model::InitKind::as_str),
        "cold_start": fact.cold_start,
        "cold_start_inferred": fact.cold_start_inferred.then_some(true),
        "status": format!("{:?}", fact.status),
        "error_type": fact.error_type,
        "trace_id": fact.trace_id,
        "span_id": fact.span_id,
    }))
}

fn sighting_json(row: &FunctionSighting) -> Json {
    without_empty(json!({
        "function_id": row.function_id.to_string(),
        "platform": row.platform,
        "runtime": row.runtime,
        "architecture": row.architecture,
        "service_name": row.service_name,
        "memory_size_mb": row.memory_size_mb,
        "first_seen": row.first_seen.0,
        "last_seen": row.last_seen.0,
        "last_span": row.last_span.map(|t| t.0),
        "last_log": row.last_log.map(|t| t.0),
        "last_metric": row.last_metric.map(|t| t.0),
    }))
}

fn point_json(point: &MetricPoint<'_>, value: Json) -> Json {
    let mut row = json!({
        "name": point.name,
        "description": point.description,
        "unit": point.unit,
        "service_name": point.service_name,
        "resource": map(point.resource),
        "resource_schema_url": point.resource_schema_url,
        "scope_name": point.scope_name,
        "scope_version": point.scope_version,
        "scope_attributes": map(point.scope_attributes),
        "scope_schema_url": point.scope_schema_url,
        "attributes": map(point.attributes),
        "start": point.start.0,
        "time": point.time.0,
        "flags": point.flags,
        "function_id": point.function_id,
    });
    if let (Json::Object(row), Json::Object(value)) = (&mut row, value) {
        row.extend(value);
    }
    row
}

fn exemplars_json(exemplars: &[ExemplarRow<'_>]) -> Vec<Json> {
    exemplars
        .iter()
        .map(|e| {
            without_empty(json!({
                "filtered_attributes": map(e.filtered_attributes),
                "time": e.time.0,
                "value": e.value,
                "span_id": e.span_id,
                "trace_id": e.trace_id,
            }))
        })
        .collect()
}

impl RowSink for Recorder {
    fn span(&mut self, row: &SpanRow<'_>) {
        let events = row.events.iter().map(
            |e| json!({ "time": e.timestamp.0, "name": e.name, "attributes": map(e.attributes) }),
        );
        let links = row.links.iter().map(|l| {
            without_empty(json!({
                "trace_id": l.trace_id,
                "span_id": l.span_id,
                "trace_state": l.trace_state,
                "attributes": map(l.attributes),
            }))
        });
        let row = json!({
            "timestamp": row.timestamp.0,
            "trace_id": row.trace_id,
            "span_id": row.span_id,
            "parent_span_id": row.parent_span_id,
            "trace_state": row.trace_state,
            "name": row.name,
            "kind": row.kind,
            "service_name": row.service_name,
            "resource": map(row.resource),
            "scope_name": row.scope_name,
            "scope_version": row.scope_version,
            "attributes": map(row.attributes),
            "duration_ns": row.duration_ns,
            "status_code": row.status_code,
            "status_message": row.status_message,
            "events": events.collect::<Vec<_>>(),
            "links": links.collect::<Vec<_>>(),
            "function_id": row.function_id,
        });
        self.put("otel_traces", row);
    }

    fn log(&mut self, row: &LogRow<'_>) {
        let row = json!({
            "timestamp": row.timestamp.0,
            "trace_id": row.trace_id,
            "span_id": row.span_id,
            "trace_flags": row.trace_flags,
            "severity_text": row.severity_text,
            "severity_number": row.severity_number,
            "service_name": row.service_name,
            "body": row.body,
            "resource_schema_url": row.resource_schema_url,
            "resource": map(row.resource),
            "scope_schema_url": row.scope_schema_url,
            "scope_name": row.scope_name,
            "scope_version": row.scope_version,
            "scope_attributes": map(row.scope_attributes),
            "attributes": map(row.attributes),
            "event_name": row.event_name,
            "function_id": row.function_id,
        });
        self.put("otel_logs", row);
    }

    fn gauge(&mut self, point: &MetricPoint<'_>, value: &GaugePoint<'_>) {
        let value = json!({ "value": value.value, "exemplars": exemplars_json(value.exemplars) });
        self.put("otel_metrics_gauge", point_json(point, value));
    }

    fn sum(&mut self, point: &MetricPoint<'_>, value: &SumPoint<'_>) {
        let value = json!({
            "value": value.value,
            "exemplars": exemplars_json(value.exemplars),
            "temporality": value.temporality,
            "is_monotonic": value.is_monotonic,
        });
        self.put("otel_metrics_sum", point_json(point, value));
    }

    fn histogram(&mut self, point: &MetricPoint<'_>, value: &HistogramPoint<'_>) {
        let value = json!({
            "count": value.count,
            "sum": value.sum,
            "bucket_counts": value.bucket_counts,
            "explicit_bounds": value.explicit_bounds,
            "exemplars": exemplars_json(value.exemplars),
            "min": value.min,
            "max": value.max,
            "temporality": value.temporality,
        });
        self.put("otel_metrics_histogram", point_json(point, value));
    }

    fn exp_histogram(&mut self, point: &MetricPoint<'_>, value: &ExpHistogramPoint<'_>) {
        let value = json!({
            "count": value.count,
            "sum": value.sum,
            "scale": value.scale,
            "zero_count": value.zero_count,
            "positive_offset": value.positive_offset,
            "positive_bucket_counts": value.positive_bucket_counts,
            "negative_offset": value.negative_offset,
            "negative_bucket_counts": value.negative_bucket_counts,
            "exemplars": exemplars_json(value.exemplars),
            "min": value.min,
            "max": value.max,
            "temporality": value.temporality,
        });
        self.put("otel_metrics_exp_histogram", point_json(point, value));
    }

    fn summary(&mut self, point: &MetricPoint<'_>, value: &SummaryPoint<'_>) {
        let value = json!({
            "count": value.count,
            "sum": value.sum,
            "quantiles": value.quantiles,
        });
        self.put("otel_metrics_summary", point_json(point, value));
    }

    fn invocation(&mut self, fact: &InvocationFact) {
        self.facts.push(fact.clone());
    }

    fn sighting(&mut self, sighting: &FunctionSighting) {
        self.sightings.push(sighting.clone());
    }
}
