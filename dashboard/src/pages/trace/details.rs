//! What one span says, when it is opened.

use serde::Serialize;
use serde_json::{Value, json};
use store::read::trace::{TraceInvocation, TraceSpan};

use super::{Known, offset, span_table};
use crate::format;
use crate::pages::logs::{AttributeView, attributes};
use crate::parts::waterfall::{Placed, Waterfall};
use crate::web::link::function_path;
use crate::web::{Context, Table};

/// Events and links shown of one span.
const MAX_EVENTS: usize = 20;
const MAX_LINKS: usize = 20;
/// Log records named inside their span.
const MAX_LINES: usize = 5;

#[derive(Serialize)]
pub(super) struct DetailView {
    facts: Vec<(&'static str, String)>,
    message: String,
    function: String,
    function_href: String,
    attributes: Vec<AttributeView>,
    resource: Vec<AttributeView>,
    events: Vec<EventView>,
    links: Vec<LinkView>,
    lines: Vec<(String, String, String)>,
    logs_href: String,
}

#[derive(Serialize)]
struct EventView {
    at: String,
    name: String,
    attributes: Vec<AttributeView>,
}

#[derive(Serialize)]
struct LinkView {
    trace: String,
    href: String,
}

/// The details of a span and about how many bytes they take on the page.
pub(super) fn detail(
    ctx: &Context,
    known: &Known,
    waterfall: &Waterfall,
    placed: &Placed,
    invocation: Option<&TraceInvocation>,
) -> (DetailView, usize) {
    let span = &known.spans[placed.index];
    let function = span.function_id.parse::<store::model::FunctionId>().ok();
    let own_lines = known
        .logs
        .iter()
        .filter(|line| line.span_id == span.span_id);
    let view = DetailView {
        facts: facts(ctx, placed, span, invocation),
        message: format::bounded(&span.status_message, 1_000),
        function: function
            .as_ref()
            .map_or(String::new(), |id| format::bounded(&id.name, 60)),
        function_href: function.map_or(String::new(), |_| {
            ctx.link(&function_path(&span.function_id), &[])
        }),
        attributes: attributes(ctx, &span.attributes),
        resource: attributes(ctx, &span.resource),
        events: events(ctx, span, placed),
        links: links(ctx, span),
        lines: own_lines
            .take(MAX_LINES)
            .map(|line| {
                let text = line.body.split_whitespace().collect::<Vec<_>>().join(" ");
                (
                    offset(line.at_ns, waterfall.origin_ns),
                    format::bounded(&line.severity_text, 8),
                    format::bounded(&text, 200),
                )
            })
            .collect(),
        logs_href: ctx.link("/logs", &[("trace", &known.id)]),
    };
    let pairs = span
        .attributes
        .iter()
        .chain(&span.resource)
        .chain(span.event_attributes.iter().flatten());
    // Each pair costs its text twice (shown, and in its link) and some markup.
    let size = 900
        + pairs
            .map(|(k, v)| 2 * (k.len() + v.len().min(500)) + 130)
            .sum::<usize>();
    (view, size)
}

fn facts(
    ctx: &Context,
    placed: &Placed,
    span: &TraceSpan,
    invocation: Option<&TraceInvocation>,
) -> Vec<(&'static str, String)> {
    let exact = ctx.range.clock.exact(span.start_ns.div_euclid(1_000_000));
    let scope = [span.scope_name.as_str(), span.scope_version.as_str()].join(" ");
    let ms = |ns: i64| format::duration_ms(ns as f64 / 1e6);
    let mut facts = vec![
        (
            "Starts",
            format!("{}, at {exact}", offset(placed.start_ns, 0)),
        ),
        ("Duration", ms(span.duration_ns)),
        ("Without children", ms(placed.own_ns)),
        ("Kind", span.kind.to_lowercase()),
        ("Status", span.status_code.to_lowercase()),
        ("Service", format::bounded(&span.service_name, 60)),
        ("Scope", format::bounded(scope.trim(), 80)),
        ("Span", format::bounded(&span.span_id, 32)),
    ];
    if placed.moved_ns != 0 {
        facts.push((
            "Clock",
            format!("{} behind its parent", ms(placed.moved_ns)),
        ));
    }
    if let Some(invocation) = invocation {
        let told = |value: Option<f64>| value.map_or(String::new(), format::duration_ms);
        facts.push(("Version", format::bounded(&invocation.version, 40)));
        facts.push(("Billed", told(invocation.billed_duration_ms)));
        facts.push(("Start-up", told(invocation.init_duration_ms)));
        facts.push(("Processor", told(invocation.cpu_ms)));
        if let Some(used) = invocation.memory_used_mb {
            facts.push(("Memory used", format::memory_mb(used)));
        }
        if let Some(size) = invocation.memory_size_mb {
            facts.push(("Memory size", format::memory_mb(size)));
        }
        facts.push(("Invocation", format::bounded(&invocation.invocation_id, 80)));
    }
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

fn events(ctx: &Context, span: &TraceSpan, placed: &Placed) -> Vec<EventView> {
    let times = span
        .event_ns
        .iter()
        .zip(&span.event_names)
        .zip(&span.event_attributes);
    times
        .take(MAX_EVENTS)
        .map(|((at_ns, name), pairs)| EventView {
            at: offset(at_ns - span.start_ns + placed.start_ns, 0),
            name: format::bounded(name, 80),
            attributes: attributes(ctx, pairs),
        })
        .collect()
}

fn links(ctx: &Context, span: &TraceSpan) -> Vec<LinkView> {
    let pairs = span.link_trace_ids.iter().zip(&span.link_span_ids);
    pairs
        .take(MAX_LINKS)
        .filter(|(trace, _)| crate::pages::logs::is_trace_id(trace))
        .map(|(trace, at)| LinkView {
            trace: trace.clone(),
            href: format!(
                "{}#s-{}",
                ctx.link(&format!("/traces/{trace}"), &[]),
                crate::web::link::segment(at)
            ),
        })
        .collect()
}

/// Attributes as a JSON text.
pub(super) fn json_text(pairs: &[(String, String)]) -> String {
    object(pairs).to_string()
}

fn object(pairs: &[(String, String)]) -> Value {
    Value::Object(
        pairs
            .iter()
            .map(|(k, v)| (k.clone(), Value::String(v.clone())))
            .collect(),
    )
}

/// Events as a JSON text.
pub(super) fn events_json(span: &TraceSpan) -> String {
    let all = span
        .event_ns
        .iter()
        .zip(&span.event_names)
        .zip(&span.event_attributes);
    let values = all.map(|((at_ns, name), pairs)| {
        json!({"time_ns": at_ns, "name": name, "attributes": object(pairs)})
    });
    Value::Array(values.collect()).to_string()
}

/// Links as a JSON text.
pub(super) fn links_json(span: &TraceSpan) -> String {
    let all = span.link_trace_ids.iter().zip(&span.link_span_ids);
    let values = all.map(|(trace, at)| json!({"trace_id": trace, "span_id": at}));
    Value::Array(values.collect()).to_string()
}

/// The tables behind the page: spans, and in JSON the invocations and log records too.
pub(super) fn export(known: &Known) -> Table {
    let logs = known.logs.iter().map(|line| {
        json!({
            "time_ns": line.at_ns, "severity_number": line.severity_number, "body": line.body,
            "service_name": line.service_name, "span_id": line.span_id,
            "attributes": object(&line.attributes),
        })
    });
    let invocations = known.invocations.iter().map(|invocation| {
        json!({
            "function_id": invocation.function_id, "span_id": invocation.span_id,
            "invocation_id": invocation.invocation_id, "version": invocation.version,
            "status": invocation.status, "duration_ms": invocation.duration_ms,
            "billed_duration_ms": invocation.billed_duration_ms,
            "init_duration_ms": invocation.init_duration_ms,
            "cold_start": invocation.cold.map(|cold| cold == 1),
            "memory_used_mb": invocation.memory_used_mb,
            "memory_size_mb": invocation.memory_size_mb,
            "start_ns": invocation.start_ns, "cpu_ms": invocation.cpu_ms,
            "synthesised": invocation.synthesised,
            "platform_trace_id": invocation.platform_trace_id,
        })
    });
    let (logs, invocations) = (
        Value::Array(logs.collect()),
        Value::Array(invocations.collect()),
    );
    span_table(known)
        .with("trace_id", json!(known.id))
        .with("logs", logs)
        .with("invocations", invocations)
        .with("hops", super::hops::json(&known.hops))
}
