//! Rows of the store as events of the stream.

use store::read::arrivals::{Arrived, ArrivedLog};
use threats::stream::{Event, Kind, Raw, Signal};

use super::names::Names;

/// Namespaces of a resource's attributes that detectors look at: with the rest each event would pay.
const RESOURCE: &[&str] = &[
    "faas.",
    "cloud.",
    "service.",
    "process.",
    "aws.",
    "telemetry.sdk.language",
    "os.type",
];

/// A span. Its id in findings is its trace and itself.
pub(super) fn of_span(span: Arrived, names: &mut Names) -> Event {
    let id = format!("{}/{}", span.trace_id, span.span_id);
    let attributes = attributes(span.attributes, span.resource, &names.of(&span.function_id));
    // What instrumentations keep of a message's body stands among the attributes.
    Event::new(Raw {
        id,
        time_ns: span.time_ns,
        signal: Signal::Span,
        kind: Kind::named(&span.kind),
        trace: span.trace_id,
        span: span.span_id,
        parent: span.parent_span_id,
        links: span.link_traces.into_iter().zip(span.link_spans).collect(),
        name: span.name,
        scope: span.scope,
        duration_ms: Some(span.duration_ns as f64 / 1e6),
        failed: span.status.to_ascii_uppercase().ends_with("ERROR"),
        attributes,
        body: String::new(),
        exceptions: span.exceptions,
    })
}

/// A log record. It has no id of its own: its trace, or its time.
pub(super) fn of_log(log: ArrivedLog, names: &mut Names) -> Event {
    let id = match log.span_id.is_empty() {
        true => format!("log {}", log.time_ns),
        false => format!("{}/{}", log.trace_id, log.span_id),
    };
    let mut attributes = attributes(log.attributes, log.resource, &names.of(&log.function_id));
    if !log.event_name.is_empty() {
        attributes.push(("event.name".to_owned(), log.event_name));
    }
    Event::new(Raw {
        id,
        time_ns: log.time_ns,
        signal: Signal::Log,
        trace: log.trace_id,
        span: log.span_id,
        scope: log.scope,
        attributes,
        body: log.body,
        ..Raw::default()
    })
}

type Pairs = Vec<(String, String)>;

/// With what matters of the resource, and the function's name as the collector decided it.
fn attributes(mut own: Pairs, resource: Pairs, function: &str) -> Pairs {
    own.retain(|(key, _)| key != "faas.name");
    let wanted = |(key, _): &(String, String)| RESOURCE.iter().any(|space| key.starts_with(space));
    let mut resource: Pairs = resource.into_iter().filter(wanted).collect();
    if !function.is_empty() {
        resource.retain(|(key, _)| key != "faas.name");
        resource.push(("faas.name".to_owned(), function.to_owned()));
    }
    own.extend(resource);
    own
}
