//! One trace: its waterfall, what each span says, and the log records that belong to it.

mod ask;
mod cost;
mod details;
mod hops;
mod reconstructed;
mod rows;

use std::collections::HashMap;

use serde::Serialize;
use store::model::xray;
use store::read::logs::LogLine;
use store::read::trace::{MAX_LOGS, MAX_SPANS, TraceInvocation, TraceSpan};

use self::ask::Found;
use super::logs::{LineView, line_view};
use crate::format;
use crate::parts::waterfall::{Row, Waterfall, lay_out};
use crate::range::BadParameter;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::{function_path, unsegment};
use crate::web::{Context, Format, PageError, Reply, Table};

/// Colours of services; the ninth shares the first's.
const COLOURS: usize = 8;

/// A trace with everything that belongs to it.
pub(super) struct Known {
    pub(super) id: String,
    pub(super) spans: Vec<TraceSpan>,
    pub(super) truncated: bool,
    pub(super) logs: Vec<LogLine>,
    pub(super) invocations: Vec<TraceInvocation>,
    hops: Vec<hops::Hop>,
    /// Colour of each service, 1 to [`COLOURS`].
    pub(super) colours: HashMap<String, usize>,
}

#[derive(Serialize)]
struct ServiceView {
    colour: usize,
    name: String,
    href: String,
    spans: String,
}

#[derive(Serialize)]
struct LogView {
    offset: String,
    line: LineView,
}

#[derive(Serialize)]
struct TraceView {
    facts: Vec<(&'static str, String)>,
    services: Vec<ServiceView>,
    notes: Vec<String>,
    whole: String,
    waterfall: rows::WaterfallView,
    reconstructed: Vec<reconstructed::ReconstructedView>,
    hops: hops::HopsView,
    cost: cost::CostView,
    logs: Vec<LogView>,
    logs_note: String,
    logs_href: String,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let raw = ctx.path.strip_prefix("/traces/").unwrap_or("");
    let text = unsegment(raw).unwrap_or_default();
    let Some(id) = xray::trace_id(&text) else {
        let reason = "a trace id has 32 hexadecimal digits, or is X-Ray's: 1-8 digits-24 digits";
        return Err(BadParameter::new("trace", &text, reason).into());
    };
    let known = match ask::ask(ctx, id).await? {
        Found::Trace(known) => known,
        Found::Under(id) => return Ok(Reply::Elsewhere(address(ctx, &id))),
    };
    if ctx.format != Format::Html {
        return Ok(Reply::Table(details::export(&known)));
    }
    reply(ctx, &known)
}

/// The address of another trace in the format asked for.
fn address(ctx: &Context, id: &str) -> String {
    let suffix = match ctx.format {
        Format::Html => "",
        Format::Json => ".json",
        Format::Csv => ".csv",
    };
    ctx.link(&format!("/traces/{id}{suffix}"), &[])
}

fn reply(ctx: &Context, known: &Known) -> Result<Reply, PageError> {
    let focus = ctx.params.get("focus").filter(|id| id.len() <= 32);
    let chosen = ctx.params.get("span").filter(|id| id.len() <= 32);
    let waterfall = lay_out(&known.spans, focus);
    let title = root(known, &waterfall).map_or("Trace".to_owned(), |span| {
        format::bounded(
            if span.name.is_empty() {
                "unnamed"
            } else {
                &span.name
            },
            80,
        )
    });
    let view = TraceView {
        facts: facts(ctx, known, &waterfall),
        services: services(ctx, known),
        notes: notes(known, &waterfall),
        whole: if focus.is_some() {
            ctx.here(&[("focus", ""), ("span", "")])
        } else {
            String::new()
        },
        waterfall: rows::view(ctx, known, &waterfall, chosen),
        reconstructed: reconstructed::view(ctx, known),
        hops: hops::view(ctx, &known.hops, &known.spans),
        cost: cost::view(ctx, known),
        logs: known
            .logs
            .iter()
            .map(|line| LogView {
                offset: offset(line.at_ns, waterfall.origin_ns),
                line: line_view(ctx, line),
            })
            .collect(),
        logs_note: if known.logs.len() >= MAX_LOGS as usize {
            format!("the first {MAX_LOGS}")
        } else {
            String::new()
        },
        logs_href: ctx.link("/logs", &[("trace", &known.id)]),
    };
    let frame = Frame::new(ctx, title, sentence(ctx, known, &waterfall))
        .with_crumb("Traces", ctx.link("/traces", &[]))
        .without_range();
    Reply::page("trace/page.html", frame, &view)
}

/// The span the trace is named by: the first root that answers something, or else the first of all.
/// An `init` span may stand before it.
fn root<'a>(known: &'a Known, waterfall: &Waterfall) -> Option<&'a TraceSpan> {
    let roots = waterfall.rows.iter().filter_map(|row| match row {
        Row::Span(placed) if placed.depth == 0 => known.spans.get(placed.index),
        _ => None,
    });
    roots
        .clone()
        .find(|span| span.kind != "Internal")
        .or_else(|| roots.clone().next())
}

/// `+12 ms`, since the start of the drawing.
pub(super) fn offset(at_ns: i64, origin_ns: i64) -> String {
    let ms = at_ns.saturating_sub(origin_ns) as f64 / 1e6;
    if ms < 0.0 {
        format::duration_ms(ms)
    } else {
        format!("+{}", format::duration_ms(ms))
    }
}

fn facts(ctx: &Context, known: &Known, waterfall: &Waterfall) -> Vec<(&'static str, String)> {
    let started = waterfall.origin_ns.div_euclid(1_000_000);
    let errors = known
        .spans
        .iter()
        .filter(|span| span.status_code == "Error")
        .count();
    let cold = known
        .invocations
        .iter()
        .filter(|i| i.cold == Some(1))
        .count();
    let count = |n: usize| format::count(n as u64);
    if known.spans.is_empty() {
        return vec![("Trace", known.id.clone())];
    }
    let mut facts = vec![
        (
            "Started",
            format!(
                "{} {}",
                ctx.range.clock.exact(started),
                ctx.range.clock.name()
            ),
        ),
        (
            "Duration",
            format::duration_ms(waterfall.length_ns as f64 / 1e6),
        ),
        ("Spans", count(known.spans.len())),
        ("Services", count(known.colours.len())),
        ("Errors", count(errors)),
    ];
    if cold > 0 {
        facts.push(("Cold starts", count(cold)));
    }
    facts.push(("Trace", known.id.clone()));
    facts
}

fn services(ctx: &Context, known: &Known) -> Vec<ServiceView> {
    const MOST: usize = 24;
    let mut counts: HashMap<&str, (usize, &str)> = HashMap::new();
    for span in &known.spans {
        let entry = counts.entry(&span.service_name).or_default();
        entry.0 += 1;
        if entry.1.is_empty() {
            entry.1 = &span.function_id;
        }
    }
    let mut all: Vec<(&str, (usize, &str))> = counts.into_iter().collect();
    all.sort_by(|a, b| b.1.0.cmp(&a.1.0).then(a.0.cmp(b.0)));
    all.into_iter()
        .take(MOST)
        .map(|(name, (spans, function))| ServiceView {
            colour: known.colours.get(name).copied().unwrap_or(1),
            name: if name.is_empty() {
                "no service told".to_owned()
            } else {
                format::bounded(name, 40)
            },
            href: if function.is_empty() {
                String::new()
            } else {
                ctx.link(&function_path(function), &[])
            },
            spans: format::count(spans as u64),
        })
        .collect()
}

fn notes(known: &Known, waterfall: &Waterfall) -> Vec<String> {
    let placed = || {
        waterfall.rows.iter().filter_map(|row| match row {
            Row::Span(placed) => Some(placed),
            Row::Hidden { .. } => None,
        })
    };
    let mut notes = Vec::new();
    if known.truncated {
        notes.push(format!(
            "The trace has more than {} spans; the earliest are read.",
            format::count(u64::from(MAX_SPANS))
        ));
    }
    if waterfall.hidden > 0 {
        notes.push(format!(
            "{} of {} spans are shown: failed ones, and the longest of each level.",
            format::count(placed().count() as u64),
            format::count((placed().count() + waterfall.hidden) as u64)
        ));
    }
    let moved = placed().filter(|placed| placed.moved_ns != 0).count() as u64;
    if moved > 0 {
        let (verb, them) = if moved == 1 {
            ("was", "its")
        } else {
            ("were", "their")
        };
        notes.push(format!(
            "{} {verb} timed by a clock that runs behind; drawn at the start of {them} parent.",
            format::counted(moved, "span", "spans")
        ));
    }
    let orphans = placed().filter(|placed| placed.orphan).count() as u64;
    if orphans > 0 {
        notes.push(format!(
            "The parent of {} has not arrived.",
            format::counted(orphans, "span", "spans")
        ));
    }
    if waterfall.repeated > 0 {
        notes.push(format!(
            "{} came twice and {} left out.",
            format::counted(waterfall.repeated as u64, "span", "spans"),
            if waterfall.repeated == 1 { "is" } else { "are" }
        ));
    }
    notes
}

/// The error to name: the deepest failed span, the earliest of them, which is where it began.
fn origin_of_failure<'a>(known: &'a Known, waterfall: &Waterfall) -> Option<&'a TraceSpan> {
    let failed = waterfall.rows.iter().filter_map(|row| match row {
        Row::Span(placed) if known.spans[placed.index].status_code == "Error" => Some(placed),
        _ => None,
    });
    failed
        .max_by_key(|placed| (placed.depth, std::cmp::Reverse(placed.start_ns)))
        .map(|placed| &known.spans[placed.index])
}

fn sentence(ctx: &Context, known: &Known, waterfall: &Waterfall) -> Sentence {
    let Some(root) = root(known, waterfall) else {
        let told = format::counted(known.invocations.len() as u64, "invocation", "invocations");
        return Sentence::new(Tone::Warn).say(format!(
            "No span of this trace arrived; the platform told of {told}."
        ));
    };
    let failure = origin_of_failure(known, waterfall);
    let silent = reconstructed::failed(known);
    let root_failed = root.status_code == "Error";
    let tone = match (&failure, root_failed) {
        (Some(_), true) => Tone::Bad,
        (Some(_), false) => Tone::Warn,
        _ if silent.is_some() => Tone::Warn,
        _ => Tone::Good,
    };
    let span_href = |span: &TraceSpan| format!("#s-{}", span.span_id);
    let took = format::duration_ms(waterfall.length_ns as f64 / 1e6);
    let mut sentence = Sentence::new(tone)
        .name(&root.name, span_href(root))
        .say(format!(" took {took}"));
    let functions = known
        .spans
        .iter()
        .map(|s| s.function_id.as_str())
        .filter(|f| !f.is_empty());
    let functions = functions.collect::<std::collections::HashSet<_>>().len();
    if functions > 1 {
        sentence = sentence.say(format!(" across {functions} functions"));
    }
    if let Some(failed) = failure {
        let what = if failed.status_message.is_empty() {
            ""
        } else {
            failed.status_message.as_str()
        };
        sentence = sentence.say(if root_failed {
            " and failed"
        } else {
            "; it went on after an error"
        });
        if failed.span_id != root.span_id {
            sentence = sentence.say(" in ").name(&failed.name, span_href(failed));
        }
        if !what.is_empty() {
            sentence = sentence.say(format!(": {}", format::bounded(what, 90)));
        }
        return sentence.say(".");
    }
    if let Some((function, how)) = silent {
        return sentence
            .say("; ")
            .name(&function, "#reconstructed")
            .say(format!(" {how} and sent no span."));
    }
    most_time(ctx, known, waterfall, sentence).say(".")
}

/// Where most of the time went, if one span holds at least a third of it.
fn most_time(_: &Context, known: &Known, waterfall: &Waterfall, sentence: Sentence) -> Sentence {
    let longest = waterfall
        .rows
        .iter()
        .filter_map(|row| match row {
            Row::Span(placed) => Some(placed),
            Row::Hidden { .. } => None,
        })
        .max_by_key(|placed| placed.own_ns);
    let Some(longest) = longest.filter(|l| l.own_ns.saturating_mul(3) >= waterfall.length_ns)
    else {
        return sentence;
    };
    let span = &known.spans[longest.index];
    let share = format::ratio(longest.own_ns as f64 / waterfall.length_ns as f64);
    sentence
        .say(format!("; {share} of it was spent in "))
        .name(&span.name, format!("#s-{}", span.span_id))
        .say(if span.kind == "Client" { "" } else { " itself" })
}

/// The table of spans.
pub(super) fn span_table(known: &Known) -> Table {
    let mut table = Table::new(
        "spans",
        &[
            "span_id",
            "parent_span_id",
            "start_ns",
            "duration_ns",
            "name",
            "kind",
            "service_name",
            "function_id",
            "status_code",
            "status_message",
            "scope_name",
            "attributes",
            "resource_attributes",
            "events",
            "links",
        ],
    );
    for span in &known.spans {
        table.row(vec![
            span.span_id.as_str().into(),
            span.parent_span_id.as_str().into(),
            span.start_ns.into(),
            span.duration_ns.into(),
            span.name.as_str().into(),
            span.kind.as_str().into(),
            span.service_name.as_str().into(),
            span.function_id.as_str().into(),
            span.status_code.as_str().into(),
            span.status_message.as_str().into(),
            span.scope_name.as_str().into(),
            details::json_text(&span.attributes).into(),
            details::json_text(&span.resource).into(),
            details::events_json(span).into(),
            details::links_json(span).into(),
        ]);
    }
    table.truncated(known.truncated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, html};

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn span(id: &str, parent: &str, start_ms: i64, ms: i64) -> TraceSpan {
        let hostile = |text: &str| {
            (
                format!("<k>{text}"),
                format!("</td><script>{text}</script>"),
            )
        };
        TraceSpan {
            start_ns: (1_795_436_000_000 + start_ms) * 1_000_000,
            duration_ns: ms * 1_000_000,
            span_id: id.to_owned(),
            parent_span_id: parent.to_owned(),
            name: format!("<script>span {id}</script>"),
            kind: "Server".to_owned(),
            service_name: "<b>svc</b>".to_owned(),
            function_id: "aws:1:eu:<img src=x>".to_owned(),
            status_code: if id == "bad" { "Error" } else { "Unset" }.to_owned(),
            status_message: "<script>boom()</script>".to_owned(),
            scope_name: "<i>".to_owned(),
            scope_version: String::new(),
            attributes: vec![hostile("a")],
            resource: vec![hostile("r")],
            event_ns: vec![(1_795_436_000_001 + start_ms) * 1_000_000],
            event_names: vec!["<script>event</script>".to_owned()],
            event_attributes: vec![vec![hostile("e")]],
            link_trace_ids: vec![ID.to_owned(), "\"><script>".to_owned()],
            link_span_ids: vec!["\"><script>".to_owned(), String::new()],
        }
    }

    fn known(spans: Vec<TraceSpan>) -> Known {
        let (colours, _) = ask::taking_part(&spans);
        let (logs, invocations, hops) = (Vec::new(), Vec::new(), Vec::new());
        Known {
            id: ID.to_owned(),
            spans,
            truncated: false,
            logs,
            invocations,
            hops,
            colours,
        }
    }

    #[test]
    fn a_hostile_trace_is_text_and_names_where_it_failed() {
        let ctx = context(&format!("/traces/{ID}"), "span=bad");
        let spans = vec![
            span("root", "", 0, 100),
            span("bad", "root", 10, 20),
            span("x", "gone", 5, 1),
        ];
        let page = html(&ctx, reply(&ctx, &known(spans)));
        assert!(page.contains("it went on after an error"), "{page}");
        assert!(page.contains("The parent of 1\u{a0}span has not arrived."));
        assert!(
            page.contains(&format!("href=\"/traces/{ID}#s-%22%3E%3Cscript%3E\"")),
            "{page}"
        );
        assert!(
            page.contains("id=\"s-bad\" open"),
            "the span asked for is open"
        );
    }

    #[test]
    fn a_trace_of_ten_thousand_spans_stays_a_page() {
        let ctx = context(&format!("/traces/{ID}"), "");
        let mut spans = vec![span("root", "", 0, 10_000)];
        for i in 0..10_000 {
            spans.push(span(&format!("s{i}"), "root", i, 1));
        }
        let page = html(&ctx, reply(&ctx, &known(spans)));
        assert!(page.contains("spans are shown"));
        assert!(
            crate::web::compress::gzip(page.as_bytes()).len() < 60_000,
            "{}",
            page.len()
        );
    }

    #[test]
    fn a_part_of_a_trace_leads_back_to_the_whole() {
        let ctx = context(&format!("/traces/{ID}"), "focus=bad");
        let page = html(
            &ctx,
            reply(
                &ctx,
                &known(vec![span("root", "", 0, 9), span("bad", "root", 1, 2)]),
            ),
        );
        assert!(page.contains("Show the whole trace") && !page.contains("id=\"s-root\""));
    }

    #[test]
    fn an_invocation_that_sent_no_span_is_shown_and_told_of_as_text() {
        let ctx = context(&format!("/traces/{ID}"), "");
        let mut known = known(vec![span("root", "", 0, 9)]);
        known.invocations.push(TraceInvocation {
            function_id: "aws:1:eu:<img src=x>".to_owned(),
            span_id: String::new(),
            invocation_id: "\"><script>".to_owned(),
            start_ns: 1_795_436_000_000_000_000,
            platform: "<b>aws</b>".to_owned(),
            version: String::new(),
            status: "out_of_memory".to_owned(),
            error_type: "<script>".to_owned(),
            duration_ms: None,
            billed_duration_ms: Some(3_000.0),
            init_duration_ms: None,
            cold: None,
            memory_size_mb: Some(128),
            memory_used_mb: Some(128),
            cpu_ms: None,
            architecture: String::new(),
            init_kind: String::new(),
            own_runtime: false,
            synthesised: true,
            trace_id: ID.to_owned(),
            platform_trace_id: ID.to_owned(),
        });
        let page = html(&ctx, reply(&ctx, &known));
        assert!(
            page.contains("ran out of memory and sent no span"),
            "{page}"
        );
        assert!(page.contains("out of memory &lt;script&gt;"), "{page}");
        known.spans.clear();
        let page = html(&ctx, reply(&ctx, &known));
        assert!(page.contains("No span of this trace arrived"), "{page}");
    }
}
