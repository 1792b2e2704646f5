//! Spans to rows of `otel_traces`.

use std::collections::HashMap;
use std::sync::Arc;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use store::model::xray::XrayTrace;
use store::model::{Attributes, EventRow, LinkRow, SpanRow, UnixNano};
use store::write::RowSink;

use super::attribution::{self, Functions};
use super::cardinality::{self, Gate, OVERFLOW, Watch};
use super::check::{self, SpanId, TraceId, Window};
use super::identity::{Identity, Seen};
use super::invocations;
use super::memory::Memory;
use super::rejected::{At, RejectReason, Rejected};
use super::sightings::{Sightings, Signal};
use super::source::Source;
use crate::decode::wire::{Link, Scope, Span, Traces};

/// See [`super::Normaliser::traces`].
///
/// The whole request is read before the first row is written: what one span says of its function
/// holds for spans before it, too.
pub(super) fn normalise(
    memory: &mut Memory,
    watch: &mut Watch,
    req: &Traces<'_>,
    now: UnixNano,
    out: &mut dyn RowSink,
) -> Rejected {
    let mut rejected = Rejected::default();
    let mut groups = gather(memory, watch, req, (Window::at(now), &mut rejected));
    attribution::attribute(memory, &mut groups);
    let mut sightings = Sightings::default();
    for group in &mut groups {
        limit_functions(watch, group);
        for span in &group.spans {
            write(req, group, span, (watch, out));
            if let Some(function) = group.function(span) {
                let seen = group.seen(span);
                sightings.note(function, &seen, Signal::Span, span.start);
            }
        }
    }
    for fact in invocations::facts(memory, req, &groups) {
        out.invocation(&fact);
    }
    sightings.write(out);
    rejected
}

/// Spans of functions there is no room for belong to none.
fn limit_functions(watch: &mut Watch, group: &mut Group<'_>) {
    let mut gate = Gate::default();
    for span in &mut group.spans {
        let function = span.function.map(|number| group.functions.get(number));
        if gate.pass(watch, function.cloned()).is_none() {
            span.function = None;
        }
    }
}

/// The spans of one resource.
pub(super) struct Group<'a> {
    pub(super) source: Source<'a>,
    pub(super) spans: Vec<Checked<'a>>,
    /// The functions its spans belong to.
    pub(super) functions: Functions,
}

/// A span that becomes a row.
pub(super) struct Checked<'a> {
    pub(super) span: &'a Span<'a>,
    pub(super) attributes: Attributes<'a>,
    pub(super) trace: TraceId,
    pub(super) id: SpanId,
    pub(super) parent: SpanId,
    pub(super) start: UnixNano,
    pub(super) duration_ns: u64,
    /// Number in [`Group::functions`].
    pub(super) function: Option<usize>,
    scope: &'a Scope<'a>,
}

impl Group<'_> {
    /// What can be seen of a span.
    pub(super) fn seen<'b>(&'b self, span: &'b Checked<'_>) -> Seen<'b> {
        Seen::new(self.source.attributes(), span.attributes)
    }

    /// The function a span belongs to.
    pub(super) fn function(&self, span: &Checked<'_>) -> Option<&Arc<Identity>> {
        span.function.map(|number| self.functions.get(number))
    }
}

impl Checked<'_> {
    /// Whether the span is where a request or a message enters.
    pub(super) fn is_entry_kind(&self) -> bool {
        matches!(self.span.kind(), SpanKind::Server | SpanKind::Consumer)
    }

    /// Whether the span speaks to others, and of them.
    pub(super) fn is_outward(&self) -> bool {
        matches!(self.span.kind(), SpanKind::Client | SpanKind::Producer)
    }

    /// Milliseconds from start to end.
    pub(super) fn duration_ms(&self) -> f64 {
        self.duration_ns as f64 / 1e6
    }
}

/// Spans by resource: a batching collector sends equal resources many times in one request.
fn gather<'a>(
    memory: &Memory,
    watch: &mut Watch,
    req: &'a Traces<'a>,
    (window, rejected): (Window, &mut Rejected),
) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::with_capacity(req.resources.len());
    let mut by_key = HashMap::new();
    for (r, resource_spans) in req.resources.iter().enumerate() {
        let source = Source::new(memory, watch, &resource_spans.resource);
        let known = source.key.and_then(|key| by_key.get(&key).copied());
        let index = known.unwrap_or_else(|| {
            if let Some(key) = source.key {
                by_key.insert(key, groups.len());
            }
            groups.push(Group {
                source,
                spans: Vec::new(),
                functions: Functions::default(),
            });
            groups.len() - 1
        });
        for (s, scope) in req.scopes[resource_spans.scopes.clone()].iter().enumerate() {
            let spans = &req.spans[scope.spans.clone()];
            groups[index].spans.reserve(spans.len());
            for (i, span) in spans.iter().enumerate() {
                let at = At {
                    names: ["resourceSpans", "scopeSpans", "spans"],
                    index: [r, s, i],
                };
                match check(req, span, &scope.scope, window) {
                    Ok(checked) => groups[index].spans.push(checked),
                    Err((reason, fault)) => rejected.add(reason, format_args!("{at}.{fault}")),
                }
            }
        }
    }
    groups
}

fn check<'a>(
    req: &'a Traces<'a>,
    span: &'a Span<'a>,
    scope: &'a Scope<'a>,
    window: Window,
) -> Result<Checked<'a>, (RejectReason, String)> {
    let trace = TraceId::required(span.trace_id)
        .map_err(|fault| (RejectReason::TraceId, format!("traceId: {fault}")))?;
    let id = SpanId::required(span.span_id)
        .map_err(|fault| (RejectReason::SpanId, format!("spanId: {fault}")))?;
    let parent = SpanId::optional(span.parent_span_id)
        .map_err(|fault| (RejectReason::ParentSpanId, format!("parentSpanId: {fault}")))?;
    for (i, link) in req.links[span.links.clone()].iter().enumerate() {
        // Instrumentations link to "no span" with zeros; only a wrong length is a broken sender.
        let link_fault =
            |field, fault| (RejectReason::LinkId, format!("links[{i}].{field}: {fault}"));
        TraceId::optional(link.trace_id).map_err(|fault| link_fault("traceId", fault))?;
        SpanId::optional(link.span_id).map_err(|fault| link_fault("spanId", fault))?;
    }
    let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
    let time_fault =
        |fault: check::TimeFault| (fault.reason(), format!("startTimeUnixNano: {fault}"));
    let start_time = window.believe(start).map_err(time_fault)?;
    if window.is_too_late(end) {
        let fault = check::TimeFault::TooLate(end);
        return Err((fault.reason(), format!("endTimeUnixNano: {fault}")));
    }
    Ok(Checked {
        span,
        attributes: req.lists.get(span.attributes),
        trace,
        id,
        parent,
        start: start_time,
        duration_ns: end.saturating_sub(start),
        function: None,
        scope,
    })
}

fn write(
    req: &Traces<'_>,
    group: &Group<'_>,
    checked: &Checked<'_>,
    (watch, out): (&mut Watch, &mut dyn RowSink),
) {
    let span = checked.span;
    group.source.count(watch);
    let service_name = group.source.service_name();
    let (mut name, mut attributes) = (span.name, checked.attributes);
    let more;
    if !watch.span_name(group.source.service, service_name, name) {
        more = cardinality::with(attributes, &[(cardinality::SPAN_NAME, name)]);
        (name, attributes) = (OVERFLOW, more.view());
    }
    let events: Vec<EventRow<'_>> = req.events[span.events.clone()]
        .iter()
        .map(|event| EventRow {
            timestamp: check::unchecked(event.time_unix_nano),
            name: event.name,
            attributes: req.lists.get(event.attributes),
        })
        .collect();
    let links = &req.links[span.links.clone()];
    let ids: Vec<(TraceId, SpanId)> = links.iter().map(ids).collect();
    let xray = sender(checked).filter(|xray| {
        let is_told = |(trace, _): &(TraceId, SpanId)| trace.as_str() == xray.trace_id;
        xray.trace_id != checked.trace.as_str() && !ids.iter().any(is_told)
    });
    let mut links: Vec<LinkRow<'_>> = links
        .iter()
        .zip(&ids)
        .map(|(link, (trace, span))| LinkRow {
            trace_id: trace.as_str(),
            span_id: span.as_str(),
            trace_state: link.trace_state,
            attributes: req.lists.get(link.attributes),
        })
        .collect();
    links.extend(xray.as_ref().map(|xray| LinkRow {
        trace_id: &xray.trace_id,
        span_id: &xray.parent_id,
        trace_state: "",
        attributes: Attributes::default(),
    }));
    out.span(&SpanRow {
        timestamp: checked.start,
        trace_id: checked.trace.as_str(),
        span_id: checked.id.as_str(),
        parent_span_id: checked.parent.as_str(),
        trace_state: span.trace_state,
        name,
        kind: kind(span),
        service_name,
        resource: group.source.attributes(),
        scope_name: checked.scope.name,
        scope_version: checked.scope.version,
        attributes,
        duration_ns: checked.duration_ns,
        status_code: status_code(span),
        status_message: span.status_message,
        events: &events,
        links: &links,
        function_id: group
            .function(checked)
            .map_or("", |function| &function.text),
    });
}

/// The ids of a link; they were checked before.
fn ids(link: &Link<'_>) -> (TraceId, SpanId) {
    (
        TraceId::optional(link.trace_id).unwrap_or(TraceId::EMPTY),
        SpanId::optional(link.span_id).unwrap_or(SpanId::EMPTY),
    )
}

/// Who sent the message that a span received, where the span keeps the queue's trace header as an
/// attribute and no instrumentation made a link of it.
fn sender(checked: &Checked<'_>) -> Option<XrayTrace> {
    if checked.span.kind() != SpanKind::Consumer {
        return None;
    }
    let is_header = |key: &str| {
        key.strip_suffix("AWSTraceHeader")
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    let (_, header) = checked.attributes.iter().find(|(key, _)| is_header(key))?;
    XrayTrace::parse(header)
}

fn kind(span: &Span<'_>) -> &'static str {
    match span.kind() {
        SpanKind::Unspecified => "Unspecified",
        SpanKind::Internal => "Internal",
        SpanKind::Server => "Server",
        SpanKind::Client => "Client",
        SpanKind::Producer => "Producer",
        SpanKind::Consumer => "Consumer",
    }
}

fn status_code(span: &Span<'_>) -> &'static str {
    match span.status_code() {
        StatusCode::Unset => "Unset",
        StatusCode::Ok => "Ok",
        StatusCode::Error => "Error",
    }
}
