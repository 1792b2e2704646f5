//! Stories over the wire.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span as OtlpSpan;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};

use super::beat::{Beat, Span};
use crate::function::{Encoding, Platform};
use crate::otlp::batch::Batcher;
use crate::otlp::outbox::{Item, Outbox, Payload, Source};
use crate::otlp::scopes::{APP, FOREIGN, Scope};
use crate::otlp::{IntoValue as _, any, failed, kv, resource};
use crate::time::Ns;
use crate::wire::{Report, Sender, Target};

/// Sends beats, in their order.
///
/// # Errors
/// The target makes no sense.
pub async fn send(beats: &[Beat], target: Target) -> Result<Report> {
    let mut sender = Sender::new(target)?;
    let mut batcher = Batcher::default();
    let mut sources: HashMap<(String, String), Arc<Source>> = HashMap::new();
    let mut outbox = Outbox::default();
    for beat in beats {
        let key = (beat.function.clone(), beat.version.clone());
        let source = sources
            .entry(key)
            .or_insert_with(|| source(&mut outbox, beat));
        if let Some(request) = batcher.add(item(beat, source)) {
            sender.send(request).await;
        }
    }
    for request in batcher.flush() {
        sender.send(request).await;
    }
    Ok(sender.finish().await)
}

fn source(outbox: &mut Outbox, beat: &Beat) -> Arc<Source> {
    let name = if beat.function.is_empty() {
        "audit"
    } else {
        beat.function.as_str()
    };
    let resource = resource(vec![
        kv("cloud.provider", "aws"),
        kv("cloud.platform", "aws_lambda"),
        kv("cloud.region", "eu-central-1"),
        kv("cloud.account.id", "123456789012"),
        kv("faas.name", name),
        kv("faas.version", &beat.version),
        kv("service.name", name),
    ]);
    outbox.source(resource, "", Platform::AwsLambda, Encoding::HttpProtobuf)
}

fn item(beat: &Beat, source: &Arc<Source>) -> Item {
    let scope: &'static Scope = if beat.library == APP.name {
        &APP
    } else {
        &FOREIGN
    };
    let payload = match beat.span {
        Span::Log => Payload::Log(Box::new(log(beat))),
        kind => Payload::Span(Box::new(span(beat, kind))),
    };
    Item {
        source: Arc::clone(source),
        scope,
        payload,
    }
}

fn log(beat: &Beat) -> LogRecord {
    LogRecord {
        time_unix_nano: beat.at,
        observed_time_unix_nano: beat.at,
        severity_number: 9,
        body: Some(any(beat.body.as_str().into_value())),
        attributes: beat
            .attributes
            .iter()
            .map(|(key, value)| kv(key, value))
            .collect(),
        ..LogRecord::default()
    }
}

fn span(beat: &Beat, kind: Span) -> OtlpSpan {
    let kind = match kind {
        Span::Server => SpanKind::Server,
        Span::Consumer => SpanKind::Consumer,
        Span::Client => SpanKind::Client,
        Span::Producer => SpanKind::Producer,
        Span::Log => SpanKind::Internal,
    };
    let mut attributes: Vec<_> = beat
        .attributes
        .iter()
        .map(|(key, value)| kv(key, value))
        .collect();
    if !beat.body.is_empty() {
        attributes.push(kv("messaging.message.body", &beat.body));
    }
    if matches!(kind, SpanKind::Server | SpanKind::Consumer) {
        attributes.push(kv("faas.invocation_id", super::beat::hex(&beat.ids.1)));
    }
    let exception = beat.exception.iter().map(|(kind, message)| Event {
        time_unix_nano: beat.at,
        name: "exception".to_owned(),
        attributes: vec![kv("exception.type", kind), kv("exception.message", message)],
        dropped_attributes_count: 0,
    });
    let link = beat.link.iter().map(|(trace, span)| Link {
        trace_id: trace.to_vec(),
        span_id: span.to_vec(),
        ..Link::default()
    });
    OtlpSpan {
        trace_id: beat.ids.0.to_vec(),
        span_id: beat.ids.1.to_vec(),
        parent_span_id: beat.parent.map(|id| id.to_vec()).unwrap_or_default(),
        name: beat.function.clone(),
        kind: kind.into(),
        start_time_unix_nano: beat.at.saturating_sub((beat.duration_ms * 1e6) as Ns),
        end_time_unix_nano: beat.at,
        attributes,
        events: exception.collect(),
        links: link.collect(),
        status: beat.failed.then(|| failed("failed")).flatten(),
        ..OtlpSpan::default()
    }
}
