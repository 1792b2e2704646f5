//! OTLP as JSON: ids in hexadecimal, 64-bit integers as strings, enums as numbers, camelCase, and
//! fields at their default left out, as JavaScript exporters write it.

use opentelemetry_proto::tonic::common::v1::{
    AnyValue, InstrumentationScope, KeyValue, any_value::Value as Any,
};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint,
    SummaryDataPoint, exemplar,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{Span, Status, span};
use serde_json::{Map, Value, json};

use crate::otlp::batch::Body;
use crate::random::to_hex;

/// A request body as JSON.
pub fn request(body: &Body) -> Value {
    match body {
        Body::Traces(b) => {
            let resources = b.resource_spans.iter().map(|r| {
                let scopes = r.scope_spans.iter().map(|s| {
                    let list = s.spans.iter().map(span).collect();
                    scope(s.scope.as_ref(), &s.schema_url, "spans", list)
                });
                whole(
                    r.resource.as_ref(),
                    &r.schema_url,
                    "scopeSpans",
                    scopes.collect(),
                )
            });
            json!({ "resourceSpans": resources.collect::<Vec<_>>() })
        }
        Body::Logs(b) => {
            let resources = b.resource_logs.iter().map(|r| {
                let scopes = r.scope_logs.iter().map(|s| {
                    let list = s.log_records.iter().map(log).collect();
                    scope(s.scope.as_ref(), &s.schema_url, "logRecords", list)
                });
                whole(
                    r.resource.as_ref(),
                    &r.schema_url,
                    "scopeLogs",
                    scopes.collect(),
                )
            });
            json!({ "resourceLogs": resources.collect::<Vec<_>>() })
        }
        Body::Metrics(b) => {
            let resources = b.resource_metrics.iter().map(|r| {
                let scopes = r.scope_metrics.iter().map(|s| {
                    let list = s.metrics.iter().map(metric).collect();
                    scope(s.scope.as_ref(), &s.schema_url, "metrics", list)
                });
                whole(
                    r.resource.as_ref(),
                    &r.schema_url,
                    "scopeMetrics",
                    scopes.collect(),
                )
            });
            json!({ "resourceMetrics": resources.collect::<Vec<_>>() })
        }
    }
}

/// Builds an object, leaving out what is at its default.
#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    fn put(mut self, key: &str, value: Value) -> Self {
        let empty = match &value {
            Value::Null => true,
            Value::String(s) => s.is_empty() || s == "0",
            Value::Array(a) => a.is_empty(),
            Value::Number(n) => n.as_f64() == Some(0.0),
            Value::Bool(b) => !b,
            Value::Object(_) => false,
        };
        if !empty {
            self.0.insert(key.to_owned(), value);
        }
        self
    }

    /// A field that is present even at its default (members of a oneof, optional fields).
    fn always(mut self, key: &str, value: Value) -> Self {
        self.0.insert(key.to_owned(), value);
        self
    }

    fn time(self, key: &str, nanos: u64) -> Self {
        self.put(key, nanos.to_string().into())
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

fn whole(resource: Option<&Resource>, schema: &str, key: &str, scopes: Vec<Value>) -> Value {
    let attributes = resource.map(|r| attributes(&r.attributes));
    Object::default()
        .always(
            "resource",
            Object::default()
                .put("attributes", attributes.into())
                .done(),
        )
        .put(key, scopes.into())
        .put("schemaUrl", schema.into())
        .done()
}

fn scope(
    scope: Option<&InstrumentationScope>,
    schema: &str,
    key: &str,
    items: Vec<Value>,
) -> Value {
    let (name, version) = scope.map_or(("", ""), |s| (&s.name, &s.version));
    let scope = Object::default()
        .put("name", name.into())
        .put("version", version.into());
    Object::default()
        .always("scope", scope.done())
        .put(key, items.into())
        .put("schemaUrl", schema.into())
        .done()
}

fn attributes(list: &[KeyValue]) -> Value {
    list.iter()
        .map(|kv| json!({ "key": kv.key, "value": kv.value.as_ref().map(any) }))
        .collect()
}

fn any(value: &AnyValue) -> Value {
    match &value.value {
        None => json!({}),
        Some(Any::StringValue(s)) => json!({ "stringValue": s }),
        Some(Any::BoolValue(b)) => json!({ "boolValue": b }),
        Some(Any::IntValue(i)) => json!({ "intValue": i.to_string() }),
        Some(Any::DoubleValue(d)) => json!({ "doubleValue": double(*d) }),
        Some(Any::ArrayValue(a)) => {
            json!({ "arrayValue": { "values": a.values.iter().map(any).collect::<Value>() } })
        }
        Some(Any::KvlistValue(l)) => json!({ "kvlistValue": { "values": attributes(&l.values) } }),
        // The fleet makes neither bytes nor references into a profile's string table.
        Some(Any::BytesValue(_) | Any::StringValueStrindex(_)) => json!({}),
    }
}

/// Proto3 JSON writes what JSON numbers cannot say as strings.
fn double(value: f64) -> Value {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        (if value > 0.0 { "Infinity" } else { "-Infinity" }).into()
    } else {
        value.into()
    }
}

fn doubles(values: &[f64]) -> Value {
    values.iter().map(|v| double(*v)).collect()
}

fn integers(values: &[u64]) -> Value {
    values.iter().map(u64::to_string).collect()
}

fn span(s: &Span) -> Value {
    Object::default()
        .put("traceId", to_hex(&s.trace_id).into())
        .put("spanId", to_hex(&s.span_id).into())
        .put("traceState", s.trace_state.as_str().into())
        .put("parentSpanId", to_hex(&s.parent_span_id).into())
        .put("flags", s.flags.into())
        .put("name", s.name.as_str().into())
        .put("kind", s.kind.into())
        .time("startTimeUnixNano", s.start_time_unix_nano)
        .time("endTimeUnixNano", s.end_time_unix_nano)
        .put("attributes", attributes(&s.attributes))
        .put("droppedAttributesCount", s.dropped_attributes_count.into())
        .put("events", s.events.iter().map(event).collect())
        .put("links", s.links.iter().map(link).collect())
        .put("status", s.status.as_ref().map(status).into())
        .done()
}

fn event(e: &span::Event) -> Value {
    Object::default()
        .time("timeUnixNano", e.time_unix_nano)
        .put("name", e.name.as_str().into())
        .put("attributes", attributes(&e.attributes))
        .done()
}

fn link(l: &span::Link) -> Value {
    Object::default()
        .put("traceId", to_hex(&l.trace_id).into())
        .put("spanId", to_hex(&l.span_id).into())
        .put("attributes", attributes(&l.attributes))
        .put("flags", l.flags.into())
        .done()
}

fn status(s: &Status) -> Value {
    Object::default()
        .put("message", s.message.as_str().into())
        .put("code", s.code.into())
        .done()
}

fn log(l: &LogRecord) -> Value {
    Object::default()
        .time("timeUnixNano", l.time_unix_nano)
        .time("observedTimeUnixNano", l.observed_time_unix_nano)
        .put("severityNumber", l.severity_number.into())
        .put("severityText", l.severity_text.as_str().into())
        .put("body", l.body.as_ref().map(any).into())
        .put("attributes", attributes(&l.attributes))
        .put("flags", l.flags.into())
        .put("traceId", to_hex(&l.trace_id).into())
        .put("spanId", to_hex(&l.span_id).into())
        .put("eventName", l.event_name.as_str().into())
        .done()
}

fn metric(m: &Metric) -> Value {
    let named = Object::default()
        .put("name", m.name.as_str().into())
        .put("description", m.description.as_str().into())
        .put("unit", m.unit.as_str().into());
    let (key, data) = match &m.data {
        None => return named.done(),
        Some(Data::Gauge(d)) => (
            "gauge",
            Object::default().put("dataPoints", numbers(&d.data_points)),
        ),
        Some(Data::Sum(d)) => (
            "sum",
            Object::default()
                .put("dataPoints", numbers(&d.data_points))
                .put("aggregationTemporality", d.aggregation_temporality.into())
                .put("isMonotonic", d.is_monotonic.into()),
        ),
        Some(Data::Histogram(d)) => (
            "histogram",
            Object::default()
                .put("dataPoints", d.data_points.iter().map(explicit).collect())
                .put("aggregationTemporality", d.aggregation_temporality.into()),
        ),
        Some(Data::ExponentialHistogram(d)) => (
            "exponentialHistogram",
            Object::default()
                .put(
                    "dataPoints",
                    d.data_points.iter().map(exponential).collect(),
                )
                .put("aggregationTemporality", d.aggregation_temporality.into()),
        ),
        Some(Data::Summary(d)) => (
            "summary",
            Object::default().put("dataPoints", d.data_points.iter().map(summary).collect()),
        ),
    };
    named.always(key, data.done()).done()
}

fn point(attributes_of: &[KeyValue], start: u64, at: u64) -> Object {
    Object::default()
        .put("attributes", attributes(attributes_of))
        .time("startTimeUnixNano", start)
        .time("timeUnixNano", at)
}

fn numbers(points: &[NumberDataPoint]) -> Value {
    let one = |p: &NumberDataPoint| {
        let base = point(&p.attributes, p.start_time_unix_nano, p.time_unix_nano)
            .put("exemplars", p.exemplars.iter().map(exemplar).collect());
        match p.value {
            Some(Number::AsInt(i)) => base.always("asInt", i.to_string().into()).done(),
            Some(Number::AsDouble(d)) => base.always("asDouble", double(d)).done(),
            None => base.done(),
        }
    };
    points.iter().map(one).collect()
}

fn extremes(base: Object, sum: Option<f64>, min: Option<f64>, max: Option<f64>) -> Object {
    [("sum", sum), ("min", min), ("max", max)]
        .into_iter()
        .fold(base, |base, (key, value)| match value {
            Some(value) => base.always(key, double(value)),
            None => base,
        })
}

fn explicit(p: &HistogramDataPoint) -> Value {
    let base = point(&p.attributes, p.start_time_unix_nano, p.time_unix_nano)
        .put("count", p.count.to_string().into())
        .put("bucketCounts", integers(&p.bucket_counts))
        .put("explicitBounds", doubles(&p.explicit_bounds))
        .put("exemplars", p.exemplars.iter().map(exemplar).collect());
    extremes(base, p.sum, p.min, p.max).done()
}

fn exponential(p: &ExponentialHistogramDataPoint) -> Value {
    let buckets = |b: &Buckets| {
        Object::default()
            .put("offset", b.offset.into())
            .put("bucketCounts", integers(&b.bucket_counts))
            .done()
    };
    let base = point(&p.attributes, p.start_time_unix_nano, p.time_unix_nano)
        .put("count", p.count.to_string().into())
        .put("scale", p.scale.into())
        .put("zeroCount", p.zero_count.to_string().into())
        .put("zeroThreshold", double(p.zero_threshold))
        .put("positive", p.positive.as_ref().map(buckets).into())
        .put("negative", p.negative.as_ref().map(buckets).into())
        .put("exemplars", p.exemplars.iter().map(exemplar).collect());
    extremes(base, p.sum, p.min, p.max).done()
}

fn summary(p: &SummaryDataPoint) -> Value {
    let quantiles = p.quantile_values.iter().map(|q| {
        let (quantile, value) = (double(q.quantile), double(q.value));
        json!({ "quantile": quantile, "value": value })
    });
    point(&p.attributes, p.start_time_unix_nano, p.time_unix_nano)
        .put("count", p.count.to_string().into())
        .always("sum", double(p.sum))
        .put("quantileValues", quantiles.collect())
        .done()
}

fn exemplar(e: &Exemplar) -> Value {
    let base = Object::default()
        .put("filteredAttributes", attributes(&e.filtered_attributes))
        .time("timeUnixNano", e.time_unix_nano)
        .put("spanId", to_hex(&e.span_id).into())
        .put("traceId", to_hex(&e.trace_id).into());
    match e.value {
        Some(exemplar::Value::AsDouble(d)) => base.always("asDouble", double(d)).done(),
        Some(exemplar::Value::AsInt(i)) => base.always("asInt", i.to_string().into()).done(),
        None => base.done(),
    }
}

/// Reads `partialSuccess` of an answer: how many were rejected and why.
///
/// # Errors
/// The body is no JSON object.
pub fn partial_success(body: &[u8]) -> Result<Option<(i64, String)>, String> {
    let answer: Value = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let Some(partial) = answer.get("partialSuccess") else {
        return Ok(None);
    };
    let keys = ["rejectedSpans", "rejectedLogRecords", "rejectedDataPoints"];
    let rejected = keys.iter().find_map(|k| partial.get(k)).map_or(0, |v| {
        v.as_i64()
            .or_else(|| v.as_str().and_then(|s| s.parse().ok()))
            .unwrap_or(0)
    });
    let message = partial
        .get("errorMessage")
        .and_then(Value::as_str)
        .unwrap_or("")
        .to_owned();
    Ok(Some((rejected, message)))
}
