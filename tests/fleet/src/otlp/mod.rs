//! Small builders of OTLP values, and the way of an item from a voice to a request.

pub mod batch;
pub mod metrics;
pub mod outbox;
pub mod scopes;

use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::{Span, Status};

use crate::invocation::{Context, Failure, Invocation, Line, StepSpan};
use crate::time::Ns;

/// Bit 0 of the flags: sampled. Bits 8 and 9: the exporter knows whether the parent is remote.
const SAMPLED: u32 = 0x01;
const PARENT_KNOWN: u32 = 0x100;
const PARENT_REMOTE: u32 = 0x200;

/// A value of an attribute.
pub trait IntoValue {
    /// The OTLP value.
    fn into_value(self) -> Value;
}

impl IntoValue for &str {
    fn into_value(self) -> Value {
        Value::StringValue(self.to_owned())
    }
}
impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::StringValue(self)
    }
}
impl IntoValue for &String {
    fn into_value(self) -> Value {
        Value::StringValue(self.clone())
    }
}
impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::BoolValue(self)
    }
}
impl IntoValue for i64 {
    fn into_value(self) -> Value {
        Value::IntValue(self)
    }
}
impl IntoValue for f64 {
    fn into_value(self) -> Value {
        Value::DoubleValue(self)
    }
}
impl IntoValue for [String; 1] {
    fn into_value(self) -> Value {
        let values = self.into_iter().map(|s| any(s.into_value())).collect();
        Value::ArrayValue(ArrayValue { values })
    }
}

/// A value as `AnyValue`.
pub fn any(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

/// An attribute.
pub fn kv(key: &str, value: impl IntoValue) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(any(value.into_value())),
        ..KeyValue::default()
    }
}

/// A resource of these attributes; empty strings are left out, as detectors do.
pub fn resource(attributes: Vec<KeyValue>) -> Resource {
    let empty = |kv: &KeyValue| {
        let value = kv.value.as_ref().and_then(|v| v.value.as_ref());
        matches!(value, Some(Value::StringValue(s)) if s.is_empty())
    };
    let attributes = attributes.into_iter().filter(|kv| !empty(kv)).collect();
    Resource {
        attributes,
        ..Resource::default()
    }
}

/// The exception of a failure as a span event of the semantic conventions.
fn exception(failure: &Failure) -> Event {
    Event {
        time_unix_nano: failure.at,
        name: "exception".to_owned(),
        attributes: vec![
            kv("exception.type", &failure.kind),
            kv("exception.message", &failure.message),
            kv("exception.stacktrace", &failure.stack),
            kv("exception.escaped", true),
        ],
        dropped_attributes_count: 0,
    }
}

/// A status of ERROR with this message.
pub fn failed(message: &str) -> Option<Status> {
    Some(Status {
        message: message.to_owned(),
        code: 2,
    })
}

/// The function's own span, from `start` to `end`, with its exception when it threw.
pub fn function_span(
    inv: &Invocation<'_>,
    name: &str,
    kind: SpanKind,
    (start, end): (Ns, Ns),
    attributes: Vec<KeyValue>,
) -> Span {
    let failure = inv.outcome.failure();
    Span {
        trace_id: inv.context.trace.to_vec(),
        span_id: inv.context.span.to_vec(),
        parent_span_id: inv.parent.map(|p| p.to_vec()).unwrap_or_default(),
        flags: SAMPLED
            | PARENT_KNOWN
            | if inv.parent.is_some() {
                PARENT_REMOTE
            } else {
                0
            },
        name: name.to_owned(),
        kind: kind.into(),
        start_time_unix_nano: start,
        end_time_unix_nano: end,
        attributes,
        events: failure.map(exception).into_iter().collect(),
        links: inv.link.iter().map(link).collect(),
        status: failure.and_then(|f| failed(&f.message)),
        ..Span::default()
    }
}

fn link(context: &Context) -> Link {
    Link {
        trace_id: context.trace.to_vec(),
        span_id: context.span.to_vec(),
        flags: SAMPLED | PARENT_KNOWN | PARENT_REMOTE,
        ..Link::default()
    }
}

/// The span of one deed, child of `parent`.
pub fn step_span(step: &StepSpan, trace: [u8; 16], parent: [u8; 8]) -> Span {
    let mut attributes = step.attributes.clone();
    if let Some((kind, _)) = &step.failure {
        attributes.push(kv("error.type", kind));
    }
    Span {
        trace_id: trace.to_vec(),
        span_id: step.id.to_vec(),
        parent_span_id: parent.to_vec(),
        flags: SAMPLED | PARENT_KNOWN,
        name: step.name.clone(),
        kind: step.kind.into(),
        start_time_unix_nano: step.start,
        end_time_unix_nano: step.end,
        attributes,
        status: step
            .failure
            .as_ref()
            .and_then(|(_, message)| failed(message)),
        ..Span::default()
    }
}

/// An application's log line, correlated with its span; errors carry the exception's fields.
pub fn app_log(line: &Line, inv: &Invocation<'_>, attributes: Vec<KeyValue>) -> LogRecord {
    let mut attributes = attributes;
    if let (17, Some(f)) = (line.level.number(), inv.outcome.failure()) {
        attributes.push(kv("exception.type", &f.kind));
        attributes.push(kv("exception.message", &f.message));
        attributes.push(kv("exception.stacktrace", &f.stack));
    }
    LogRecord {
        time_unix_nano: line.at,
        observed_time_unix_nano: line.at + 40_000,
        severity_number: line.level.number(),
        severity_text: line.level.name().to_owned(),
        body: Some(any(line.text.as_str().into_value())),
        attributes,
        flags: SAMPLED,
        trace_id: inv.context.trace.to_vec(),
        span_id: line.span.unwrap_or(inv.context.span).to_vec(),
        ..LogRecord::default()
    }
}

/// A log line of the platform, without a trace.
pub fn plain_log(at: Ns, severity: i32, text: String, attributes: Vec<KeyValue>) -> LogRecord {
    let severity_text = match severity {
        9 => "INFO",
        17 => "ERROR",
        _ => "",
    };
    LogRecord {
        time_unix_nano: at,
        observed_time_unix_nano: at + 120_000_000,
        severity_number: severity,
        severity_text: severity_text.to_owned(),
        body: Some(any(text.into_value())),
        attributes,
        ..LogRecord::default()
    }
}
