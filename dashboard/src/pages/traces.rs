//! Search for traces.

use std::collections::HashMap;

use serde::Serialize;
use store::model::{UnixNano, xray};
use store::read::Window;
use store::read::traces::{self, TraceFilter, TraceHit, TraceSummary};

use super::logs::read_attribute;
use crate::format;
use crate::pages::deploys::marks::marks;
use crate::parts::chart::{ChartView, Dot, Layer, LegendItem, Mark, TimeChart};
use crate::parts::markup::{Svg, percent};
use crate::parts::scale::{Measure, TimeAxis};
use crate::range::BadParameter;
use crate::web::form::{Chip, Choice};
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::function_path;
use crate::web::{Context, Format, PageError, Reply, Table};

/// Traces of a page and of an export.
const PAGE_ROWS: u32 = 50;
const EXPORT_ROWS: u32 = 500;

#[derive(Serialize)]
struct TraceView {
    href: String,
    at: String,
    exact: String,
    name: String,
    source: String,
    source_href: String,
    duration: String,
    bar_svg: Svg,
    spans: String,
    taking_part: String,
    failed: bool,
    errors: String,
    error: String,
    cold: bool,
}

#[derive(Serialize)]
struct TracesView {
    query: String,
    attr: String,
    least: String,
    errors_only: bool,
    services: Vec<Choice>,
    chips: Vec<Chip>,
    hidden: Vec<(String, String)>,
    chart: ChartView,
    rows: Vec<TraceView>,
    shown: String,
    filtered: bool,
    clear: String,
    wider: String,
    connect: String,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    if let Some(id) = pasted(ctx) {
        return Ok(Reply::Elsewhere(ctx.link(&format!("/traces/{id}"), &[])));
    }
    let filter = read_filter(ctx)?;
    let (store, window) = (ctx.store(), ctx.window());
    let html = ctx.format == Format::Html;
    let limit = if html { PAGE_ROWS } else { EXPORT_ROWS };
    let (hits, services) = tokio::try_join!(
        traces::search(store, window, &filter, limit),
        traces::services(store),
    )?;
    let ids: Vec<String> = hits.iter().map(|hit| hit.trace_id.clone()).collect();
    let found = traces::summaries(store, &ids).await?;
    let rows = in_order(&hits, found);
    if !html {
        let full = rows.len() >= EXPORT_ROWS as usize;
        return Ok(Reply::Table(table(&rows).truncated(full)));
    }
    let marks = match rows.is_empty() {
        true => Vec::new(),
        false => marks(ctx, found_window(&rows), &filter.function).await?,
    };
    reply(ctx, &filter, (&rows, &marks), services)
}

/// The trace whose id, in any spelling, a person put where one searches for text.
fn pasted(ctx: &Context) -> Option<String> {
    let is_page = ctx.format == Format::Html;
    is_page
        .then(|| xray::trace_id(ctx.params.get("q")?))
        .flatten()
}

fn reply(
    ctx: &Context,
    filter: &TraceFilter,
    (rows, marks): (&[TraceSummary], &[Mark]),
    services: Vec<String>,
) -> Result<Reply, PageError> {
    let full = rows.len() >= PAGE_ROWS as usize;
    let filtered = *filter != TraceFilter::default();
    let longest = rows.iter().map(duration_ms).fold(0.0, f64::max);
    let view = TracesView {
        query: ctx.params.text("q"),
        attr: ctx.params.text("attr"),
        least: ctx.params.text("min"),
        errors_only: filter.errors_only,
        services: services
            .into_iter()
            .map(|name| Choice::named(name, &filter.service))
            .collect(),
        chips: chips(ctx, filter),
        hidden: ctx.hidden_fields(&["q", "attr", "min", "errors", "service"]),
        chart: chart(ctx, rows, marks),
        shown: if full {
            format!("the newest {PAGE_ROWS}")
        } else {
            String::new()
        },
        rows: rows
            .iter()
            .map(|row| trace_view(ctx, row, longest))
            .collect(),
        filtered,
        clear: ctx.link("/traces", &[]),
        wider: ctx.here(&[("from", "now-24h"), ("to", "")]),
        connect: ctx.link("/connect", &[]),
    };
    let frame = Frame::new(ctx, "Traces", sentence(ctx, rows, filtered, full));
    Reply::page("traces/page.html", frame, &view)
}

fn read_filter(ctx: &Context) -> Result<TraceFilter, BadParameter> {
    let errors_only = match ctx.params.get("errors") {
        None => false,
        Some("1") => true,
        Some(other) => return Err(BadParameter::new("errors", other, "1, or leave it out")),
    };
    let min_duration_ns = match ctx.params.get("min") {
        None => 0,
        Some(text) => duration_ns(text).ok_or_else(|| {
            BadParameter::new("min", text, "write a duration as 250ms, 1.5s or 2m")
        })?,
    };
    let (key, value) = read_attribute(ctx)?;
    Ok(TraceFilter {
        function: ctx.params.text("function"),
        service: ctx.params.text("service"),
        min_duration_ns,
        errors_only,
        text: ctx.params.text("q"),
        key,
        value,
    })
}

/// `250`, `250ms`, `1.5 s`, `2m`; a bare number is ms.
fn duration_ns(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let number: f64 = text[..split].parse().ok()?;
    let scale = match text[split..].trim() {
        "us" | "µs" => 1e3,
        "" | "ms" => 1e6,
        "s" => 1e9,
        "m" | "min" => 60e9,
        _ => return None,
    };
    let ns = number * scale;
    // Longer than a day is no span of a function.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked to be in range
    (ns.is_finite() && (0.0..=86_400e9).contains(&ns)).then_some(ns as u64)
}

/// Summaries in the order of the hits; a trace whose spans are gone by now is left out.
fn in_order(hits: &[TraceHit], found: Vec<TraceSummary>) -> Vec<TraceSummary> {
    let mut by_id: HashMap<String, TraceSummary> = found
        .into_iter()
        .map(|summary| (summary.trace_id.clone(), summary))
        .collect();
    hits.iter()
        .filter_map(|hit| by_id.remove(&hit.trace_id))
        .collect()
}

fn duration_ms(trace: &TraceSummary) -> f64 {
    trace.end_ns.saturating_sub(trace.start_ns).max(0) as f64 / 1e6
}

fn at_ms(trace: &TraceSummary) -> i64 {
    trace.start_ns.div_euclid(1_000_000)
}

fn trace_href(ctx: &Context, trace: &TraceSummary) -> String {
    ctx.link(
        &format!("/traces/{}", crate::web::link::segment(&trace.trace_id)),
        &[],
    )
}

fn sentence(ctx: &Context, rows: &[TraceSummary], filtered: bool, full: bool) -> Sentence {
    let Some(slowest) = rows
        .iter()
        .max_by(|a, b| duration_ms(a).total_cmp(&duration_ms(b)))
    else {
        let text = if filtered {
            "No trace of"
        } else {
            "No trace arrived in"
        };
        let tail = if filtered { " matches." } else { "." };
        return Sentence::new(Tone::Quiet).say(format!("{text} {}{tail}", ctx.range.phrase()));
    };
    let failed = rows.iter().filter(|row| row.errors > 0).count();
    let what = match (full, rows.len()) {
        (true, n) => format!("Of the newest {n} traces"),
        (false, 1) => "The one trace".to_owned(),
        (false, n) => format!("Of {n} traces"),
    };
    let matching = if filtered { " that match" } else { "" };
    let verb = if rows.len() == 1 {
        " that matches"
    } else {
        matching
    };
    let matching = if rows.len() == 1 && !filtered {
        ""
    } else {
        verb
    };
    let mut sentence = Sentence::new(Tone::Quiet).say(format!("{what}{matching}"));
    sentence = match (rows.len(), failed) {
        (1, 0) => sentence.say(" went well"),
        (1, _) => sentence.say(" holds an error"),
        (_, 0) => sentence.say(" none holds an error"),
        (_, n) => sentence.link(
            format!(" {n} {} an error", if n == 1 { "holds" } else { "hold" }),
            ctx.here(&[("errors", "1")]),
        ),
    };
    sentence
        .say(if rows.len() == 1 {
            "; it took "
        } else {
            "; the slowest, "
        })
        .name(&slowest.root_name, trace_href(ctx, slowest))
        .say(if rows.len() == 1 { ", " } else { ", took " })
        .say(format!("{}.", format::duration_ms(duration_ms(slowest))))
}

/// From the oldest to the newest trace found, with a little air: the newest of a busy system lie
/// within seconds of the end of the chosen time.
fn found_window(rows: &[TraceSummary]) -> Window {
    let starts = || rows.iter().map(|row| row.start_ns);
    let (first, last) = (starts().min().unwrap_or(0), starts().max().unwrap_or(0));
    let air = (last - first) / 40 + 1_000_000_000;
    Window {
        from: UnixNano(first - air),
        to: UnixNano(last + air),
    }
}

fn chart(ctx: &Context, rows: &[TraceSummary], marks: &[Mark]) -> ChartView {
    let axis = TimeAxis::new(found_window(rows), ctx.range.clock.clone());
    let dots: Vec<Dot> = rows
        .iter()
        .map(|row| Dot {
            at_ms: at_ms(row),
            value: duration_ms(row),
            title: format!(
                "{}  {}  {}",
                ctx.range.clock.second(at_ms(row)),
                format::bounded(&row.root_name, 60),
                format::duration_ms(duration_ms(row))
            ),
            href: trace_href(ctx, row),
            class: if row.errors > 0 { "dot-bad" } else { "dot" },
        })
        .collect();
    let drawing = TimeChart {
        axis: &axis,
        buckets: &[],
        step_s: 60,
        measure: Measure::Millis,
        height: 84,
        layers: vec![Layer::Dots(dots)],
        marks,
        hovers: Vec::new(),
        summary: format!(
            "{} traces by start and duration; each dot leads to its trace.",
            rows.len()
        ),
    };
    ChartView {
        title: "Duration".to_owned(),
        note: "of the traces below".to_owned(),
        legend: vec![
            LegendItem::new("dot", "went well", ""),
            LegendItem::new("dot-bad", "holds an error", ""),
        ],
        chart_svg: if rows.is_empty() {
            Svg::new()
        } else {
            drawing.draw()
        },
        empty: "No trace in this time.".to_owned(),
        table_href: String::new(),
    }
}

fn trace_view(ctx: &Context, row: &TraceSummary, longest_ms: f64) -> TraceView {
    let function = row.root_function.parse::<store::model::FunctionId>().ok();
    let ms = duration_ms(row);
    TraceView {
        href: trace_href(ctx, row),
        at: ctx.range.clock.short(ctx.now_ms(), at_ms(row))
            + &ctx.range.clock.second(at_ms(row))[5..],
        exact: format!(
            "{}, trace {}",
            ctx.range.clock.exact(at_ms(row)),
            row.trace_id
        ),
        name: if row.root_name.is_empty() {
            "unnamed".to_owned()
        } else {
            format::bounded(&row.root_name, 90)
        },
        source: format::bounded(
            function
                .as_ref()
                .map_or(row.root_service.as_str(), |id| id.name.as_str()),
            60,
        ),
        source_href: if function.is_some() {
            ctx.link(&function_path(&row.root_function), &[])
        } else {
            String::new()
        },
        duration: format::duration_ms(ms),
        bar_svg: bar(ms, longest_ms, row.errors > 0),
        spans: format::count(row.spans),
        taking_part: match (row.functions, row.services) {
            (0 | 1, 0 | 1) => String::new(),
            (0, n) => format!("{n} services"),
            (1, n) => format!("1 function, {n} services"),
            (n, _) => format!("{n} functions"),
        },
        failed: row.errors > 0,
        errors: format::counted(row.errors, "error", "errors"),
        error: format::bounded(&row.first_error, 90),
        cold: row.cold_starts > 0,
    }
}

fn bar(ms: f64, longest_ms: f64, failed: bool) -> Svg {
    let mut svg = Svg::new();
    if longest_ms <= 0.0 {
        return svg;
    }
    svg.open("svg", &[("class", "meter"), ("aria-hidden", "true")]);
    let width = percent((ms / longest_ms * 100.0).clamp(0.5, 100.0));
    let class = if failed { "b-bad" } else { "b-all" };
    svg.tag(
        "rect",
        &[("class", class), ("width", &width), ("height", "100%")],
    );
    svg.close("svg");
    svg
}

fn chips(ctx: &Context, filter: &TraceFilter) -> Vec<Chip> {
    if filter.function.is_empty() {
        return Vec::new();
    }
    vec![Chip::new(
        &format!("function {}", filter.function),
        ctx.here(&[("function", "")]),
    )]
}

fn table(rows: &[TraceSummary]) -> Table {
    let mut table = Table::new(
        "traces",
        &[
            "trace_id",
            "start_ns",
            "duration_ms",
            "root_name",
            "root_service",
            "root_function_id",
            "spans",
            "errors",
            "first_error",
            "services",
            "functions",
            "cold_starts",
        ],
    );
    for row in rows {
        table.row(vec![
            row.trace_id.as_str().into(),
            row.start_ns.into(),
            duration_ms(row).into(),
            row.root_name.as_str().into(),
            row.root_service.as_str().into(),
            row.root_function.as_str().into(),
            row.spans.into(),
            row.errors.into(),
            row.first_error.as_str().into(),
            row.services.into(),
            row.functions.into(),
            row.cold_starts.into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, html};

    fn summary(id: &str, errors: u64) -> TraceSummary {
        TraceSummary {
            trace_id: id.to_owned(),
            start_ns: 1_795_436_000_000_000_000,
            end_ns: 1_795_436_000_250_000_000,
            spans: 3,
            errors,
            cold_starts: 1,
            services: 2,
            functions: 2,
            root_name: "<script>root</script>".to_owned(),
            root_service: "<b>svc</b>".to_owned(),
            root_function: "aws:1:eu:<img src=x>".to_owned(),
            first_error: "</td><script>x</script>".to_owned(),
        }
    }

    #[test]
    fn hostile_traces_are_text_and_failed_ones_are_counted() {
        let ctx = context("/traces", "q=%22%3E%3Cscript%3E");
        let filter = read_filter(&ctx).expect("a filter");
        let rows = [summary(&"a".repeat(32), 1), summary("\"><script>", 0)];
        let page = html(
            &ctx,
            reply(&ctx, &filter, (&rows, &[]), vec!["<i>".to_owned()]),
        );
        assert!(page.contains(" 1 holds an error"), "{page}");
        assert!(
            page.contains("href=\"/traces/%22%3E%3Cscript%3E\""),
            "{page}"
        );
        let none = html(&ctx, reply(&ctx, &filter, (&[], &[]), Vec::new()));
        assert!(none.contains("No trace matches"));
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, want) in [
            ("250", Some(250_000_000)),
            ("250ms", Some(250_000_000)),
            ("1.5 s", Some(1_500_000_000)),
            ("2m", Some(120_000_000_000)),
            ("10us", Some(10_000)),
            ("0", Some(0)),
            ("", None),
            ("fast", None),
            ("-5s", None),
            ("1e9s", None),
            ("9999999s", None),
            ("1.2.3s", None),
        ] {
            assert_eq!(duration_ns(text), want, "{text}");
        }
    }
}
