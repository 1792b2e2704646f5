//! Builders of OTLP messages, and what a normaliser makes of them.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use store::model::UnixNano;

pub(in crate::normalise) use super::recorder::Recorder;
use crate::normalise::{Normaliser, Rejected};

/// 2026-03-10 12:00:00 UTC.
pub(in crate::normalise) const NOON: u64 = 1_773_144_000_000_000_000;
pub(in crate::normalise) const MS: u64 = 1_000_000;
pub(in crate::normalise) const MINUTE: u64 = 60_000 * MS;

/// The time of receipt in tests: a minute after noon.
pub(in crate::normalise) fn now() -> UnixNano {
    UnixNano((NOON + MINUTE) as i64)
}

/// A value of an attribute in tests.
pub(in crate::normalise) trait Told {
    fn told(self) -> Value;
}

impl Told for &str {
    fn told(self) -> Value {
        Value::StringValue(self.to_owned())
    }
}

impl Told for bool {
    fn told(self) -> Value {
        Value::BoolValue(self)
    }
}

impl Told for i64 {
    fn told(self) -> Value {
        Value::IntValue(self)
    }
}

/// A value, as bodies and lists need it.
pub(in crate::normalise) fn any_value(value: impl Told) -> AnyValue {
    AnyValue {
        value: Some(value.told()),
    }
}

/// An attribute.
pub(in crate::normalise) fn pair(key: &str, value: impl Told) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(any_value(value)),
        key_strindex: 0,
    }
}

/// Attributes that are all texts.
pub(in crate::normalise) fn pairs(list: &[(&str, &str)]) -> Vec<KeyValue> {
    list.iter().map(|(key, value)| pair(key, *value)).collect()
}

/// A resource whose attributes are all texts.
pub(in crate::normalise) fn resource(list: &[(&str, &str)]) -> Option<Resource> {
    Some(Resource {
        attributes: pairs(list),
        ..Resource::default()
    })
}

/// A span of 100 ms that starts at noon; `id` numbers the span in trace `trace`, `parent` 0 is
/// none.
pub(in crate::normalise) fn span(
    kind: SpanKind,
    trace: u8,
    id: u8,
    parent: u8,
    attrs: &[(&str, &str)],
) -> Span {
    Span {
        trace_id: vec![trace; 16],
        span_id: vec![id; 8],
        parent_span_id: if parent == 0 {
            Vec::new()
        } else {
            vec![parent; 8]
        },
        name: "handler".to_owned(),
        kind: kind as i32,
        start_time_unix_nano: NOON,
        end_time_unix_nano: NOON + 100 * MS,
        attributes: pairs(attrs),
        ..Span::default()
    }
}

/// Spans of one resource.
pub(in crate::normalise) fn spans(resource: Option<Resource>, spans: Vec<Span>) -> ResourceSpans {
    let scope_spans = vec![ScopeSpans {
        spans,
        ..ScopeSpans::default()
    }];
    ResourceSpans {
        resource,
        scope_spans,
        ..ResourceSpans::default()
    }
}

/// A request of several resources.
pub(in crate::normalise) fn traces(
    resource_spans: Vec<ResourceSpans>,
) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest { resource_spans }
}

/// A log record at noon.
pub(in crate::normalise) fn record(body: &str, attrs: &[(&str, &str)]) -> LogRecord {
    LogRecord {
        time_unix_nano: NOON,
        body: Some(any_value(body)),
        attributes: pairs(attrs),
        ..LogRecord::default()
    }
}

/// Records of one resource.
pub(in crate::normalise) fn logs(
    resource: Option<Resource>,
    log_records: Vec<LogRecord>,
) -> ExportLogsServiceRequest {
    let scope_logs = vec![ScopeLogs {
        log_records,
        ..ScopeLogs::default()
    }];
    let group = ResourceLogs {
        resource,
        scope_logs,
        ..ResourceLogs::default()
    };
    ExportLogsServiceRequest {
        resource_logs: vec![group],
    }
}

/// Metrics of one resource.
pub(in crate::normalise) fn metrics(
    resource: Option<Resource>,
    metrics: Vec<Metric>,
) -> ExportMetricsServiceRequest {
    let scope_metrics = vec![ScopeMetrics {
        metrics,
        ..ScopeMetrics::default()
    }];
    let group = ResourceMetrics {
        resource,
        scope_metrics,
        ..ResourceMetrics::default()
    };
    ExportMetricsServiceRequest {
        resource_metrics: vec![group],
    }
}

/// What a normaliser makes of spans.
pub(in crate::normalise) fn after_traces(
    normaliser: &mut Normaliser,
    groups: Vec<ResourceSpans>,
) -> (Recorder, Rejected) {
    let mut recorder = Recorder::default();
    let request = traces(groups).encode_to_vec();
    let rejected = normaliser.traces(&request, now(), &mut recorder);
    (recorder, rejected.expect("sound"))
}

/// What a fresh normaliser makes of spans of one resource.
pub(in crate::normalise) fn of_spans(from: Option<Resource>, list: Vec<Span>) -> Recorder {
    after_traces(&mut Normaliser::new(), vec![spans(from, list)]).0
}

/// What a normaliser makes of records of one resource.
pub(in crate::normalise) fn after_logs(
    normaliser: &mut Normaliser,
    from: Option<Resource>,
    records: Vec<LogRecord>,
) -> (Recorder, Rejected) {
    let mut recorder = Recorder::default();
    let request = logs(from, records).encode_to_vec();
    let rejected = normaliser.logs(&request, now(), &mut recorder);
    (recorder, rejected.expect("sound"))
}

/// What a fresh normaliser makes of records of one resource.
pub(in crate::normalise) fn of_logs(from: Option<Resource>, records: Vec<LogRecord>) -> Recorder {
    after_logs(&mut Normaliser::new(), from, records).0
}
