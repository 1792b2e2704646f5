//! The rows of a waterfall as the page shows them.

use std::collections::HashMap;

use serde::Serialize;

use super::details::{DetailView, detail};
use super::{Known, offset};
use crate::format;
use crate::parts::markup::{Svg, coordinate, percent};
use crate::parts::scale::{Measure, ticks};
use crate::parts::waterfall::{Placed, Row, Waterfall};
use crate::web::Context;

/// Deepest indentation; below it names would have no room.
const MAX_INDENT: usize = 12;
/// What all details of a page may take, bytes before compression: about 20 kB after it.
const DETAIL_BUDGET: usize = 160_000;
/// Height of a row, px.
const ROW: f64 = 22.0;

#[derive(Serialize)]
pub(super) struct WaterfallView {
    axis_svg: Svg,
    guides_svg: Svg,
    rows: Vec<RowView>,
}

#[derive(Serialize)]
struct RowView {
    hidden: String,
    hidden_href: String,
    id: String,
    indent: usize,
    colour: usize,
    name: String,
    service: String,
    title: String,
    failed: bool,
    cold: bool,
    moved: bool,
    bar_svg: Svg,
    chosen: bool,
    detail: Option<DetailView>,
    detail_href: String,
}

pub(super) fn view(
    ctx: &Context,
    known: &Known,
    waterfall: &Waterfall,
    chosen: Option<&str>,
) -> WaterfallView {
    let labels = ticks(0.0, waterfall.length_ns as f64 / 1e6, 5, &Measure::Millis);
    let labels: Vec<f64> = labels
        .into_iter()
        .filter(|ms| *ms * 1e6 <= waterfall.length_ns as f64)
        .collect();
    let mut left = DETAIL_BUDGET;
    let invocations: HashMap<&str, usize> = known
        .invocations
        .iter()
        .enumerate()
        .filter(|(_, invocation)| !invocation.span_id.is_empty())
        .map(|(i, invocation)| (invocation.span_id.as_str(), i))
        .collect();
    let rows = waterfall.rows.iter().map(|row| match row {
        Row::Hidden { .. } => hidden(ctx, known, row),
        Row::Span(placed) => {
            let span = &known.spans[placed.index];
            let invocation = invocations
                .get(span.span_id.as_str())
                .map(|i| &known.invocations[*i]);
            let mut row = span_row(known, waterfall, placed);
            row.cold = invocation.is_some_and(|i| i.cold == Some(1));
            row.chosen = chosen == Some(span.span_id.as_str());
            let (detail, size) = detail(ctx, known, waterfall, placed, invocation);
            if row.chosen || size <= left {
                left = left.saturating_sub(size);
                row.detail = Some(detail);
            } else {
                let link = ctx.here(&[("span", &span.span_id)]);
                row.detail_href = format!("{link}#{}", row.id);
            }
            if let Some(init_ms) = invocation.and_then(|i| i.init_duration_ms) {
                row.bar_svg = bar(known, waterfall, placed, Some(init_ms));
            }
            row
        }
    });
    WaterfallView {
        rows: rows.collect(),
        axis_svg: axis(waterfall, &labels),
        guides_svg: guides(waterfall, &labels),
    }
}

fn hidden(ctx: &Context, known: &Known, row: &Row) -> RowView {
    let (depth, spans, parent, alike, total_ns) = match row {
        Row::Hidden {
            depth,
            spans,
            parent,
            alike,
            total_ns,
        } => (*depth, *spans, *parent, *alike, *total_ns),
        Row::Span(_) => (0, 0, 0, None, 0),
    };
    let what = match alike {
        Some(child) => format!(
            "{} more {}",
            format::count(spans as u64),
            format::bounded(&known.spans[child].name, 60)
        ),
        None => format::counted(spans as u64, "more span", "more spans"),
    };
    let total = format::duration_ms(total_ns as f64 / 1e6);
    let parent = &known.spans[parent];
    RowView {
        hidden: format!("{what}, {total} in total"),
        hidden_href: ctx.here(&[("focus", &parent.span_id), ("span", "")]),
        id: String::new(),
        indent: depth.min(MAX_INDENT),
        colour: 0,
        name: String::new(),
        service: String::new(),
        title: String::new(),
        failed: false,
        cold: false,
        moved: false,
        bar_svg: Svg::new(),
        chosen: false,
        detail: None,
        detail_href: String::new(),
    }
}

fn span_row(known: &Known, waterfall: &Waterfall, placed: &Placed) -> RowView {
    let span = &known.spans[placed.index];
    let name = if span.name.is_empty() {
        "unnamed"
    } else {
        &span.name
    };
    RowView {
        hidden: String::new(),
        hidden_href: String::new(),
        id: format!("s-{}", format::bounded(&span.span_id, 32)),
        indent: placed.depth.min(MAX_INDENT),
        colour: known.colours.get(&span.service_name).copied().unwrap_or(1),
        name: format::bounded(name, 100),
        service: format::bounded(&span.service_name, 40),
        title: format!(
            "{} in {}, {}, starts at {}",
            format::bounded(name, 100),
            format::bounded(&span.service_name, 40),
            format::duration_ms(span.duration_ns as f64 / 1e6),
            offset(placed.start_ns, 0),
        ),
        failed: span.status_code == "Error",
        cold: false,
        moved: placed.moved_ns != 0,
        bar_svg: bar(known, waterfall, placed, None),
        chosen: false,
        detail: None,
        detail_href: String::new(),
    }
}

/// The bar of a span: its colour is its service's, red when it failed; events are ticks on it, and the
/// initialisation before an invocation is an outline.
fn bar(known: &Known, waterfall: &Waterfall, placed: &Placed, init_ms: Option<f64>) -> Svg {
    let span = &known.spans[placed.index];
    let share = |ns: i64| ns as f64 / waterfall.length_ns as f64 * 100.0;
    let left = share(placed.start_ns).clamp(0.0, 100.0);
    let width = share(span.duration_ns.max(0)).clamp(0.0, 100.0 - left);
    let failed = span.status_code == "Error";
    let colour = format!(
        "c{}",
        known.colours.get(&span.service_name).copied().unwrap_or(1)
    );
    let is_init = span.name.starts_with("init") && span.attribute("faas.coldstart") == Some("true");
    let class = match (failed, is_init) {
        (true, _) => "err",
        (_, true) => "init",
        _ => colour.as_str(),
    };
    let mut svg = Svg::new();
    svg.open(
        "svg",
        &[
            ("class", "wf-bar"),
            ("height", &coordinate(ROW)),
            ("aria-hidden", "true"),
        ],
    );
    if let Some(init_ms) = init_ms {
        #[allow(clippy::cast_possible_truncation)] // a float cast to an integer saturates
        let init = share((init_ms * 1e6) as i64).min(left);
        let (x, w) = (percent(left - init), percent(init));
        svg.tag(
            "rect",
            &[
                ("class", "init"),
                ("x", &x),
                ("width", &w),
                ("y", "7"),
                ("height", "8"),
            ],
        );
    }
    // What took no time at all is still seen: a bar is never thinner than 1.5 px.
    let x = percent(left.min(99.8));
    svg.tag(
        "rect",
        &[
            ("class", class),
            ("x", &x),
            ("width", "1.5"),
            ("y", "5"),
            ("height", "12"),
        ],
    );
    svg.tag(
        "rect",
        &[
            ("class", class),
            ("x", &x),
            ("width", &percent(width)),
            ("y", "5"),
            ("height", "12"),
        ],
    );
    for event_ns in span.event_ns.iter().take(20) {
        let at = share(event_ns - span.start_ns + placed.start_ns);
        if (0.0..=100.0).contains(&at) {
            let x = percent(at);
            svg.tag(
                "circle",
                &[("class", "event"), ("cx", &x), ("cy", "11"), ("r", "1.8")],
            );
        }
    }
    let text = format::duration_ms(span.duration_ns as f64 / 1e6);
    let end = left + width;
    // The figure stands behind the bar, or before it where there is no room behind.
    let (x, dx, anchor) = if end < 86.0 {
        (percent(end), "6", "start")
    } else if left > 14.0 {
        (percent(left), "-6", "end")
    } else {
        (percent(end), "-6", "end")
    };
    let class = if anchor == "end" && left <= 14.0 {
        "in"
    } else {
        ""
    };
    svg.element(
        "text",
        &[
            ("x", &x),
            ("dx", dx),
            ("y", "11"),
            ("text-anchor", anchor),
            ("class", class),
        ],
        &text,
    );
    svg.close("svg");
    svg
}

fn axis(waterfall: &Waterfall, labels: &[f64]) -> Svg {
    let mut svg = Svg::new();
    svg.open(
        "svg",
        &[
            ("class", "wf-axis"),
            ("height", "26"),
            ("aria-hidden", "true"),
        ],
    );
    for ms in labels {
        let at = ms * 1e6 / waterfall.length_ns as f64 * 100.0;
        let anchor = if at > 92.0 { "end" } else { "start" };
        let dx = if at > 92.0 { "-4" } else { "4" };
        svg.element(
            "text",
            &[
                ("x", &percent(at)),
                ("dx", dx),
                ("y", "17"),
                ("text-anchor", anchor),
            ],
            &format::duration_ms(*ms),
        );
    }
    svg.close("svg");
    svg
}

fn guides(waterfall: &Waterfall, labels: &[f64]) -> Svg {
    let mut svg = Svg::new();
    svg.open("svg", &[("class", "wf-guides"), ("aria-hidden", "true")]);
    for ms in labels {
        let x = percent(ms * 1e6 / waterfall.length_ns as f64 * 100.0);
        svg.tag(
            "line",
            &[
                ("class", "guide"),
                ("x1", &x),
                ("x2", &x),
                ("y1", "0"),
                ("y2", "100%"),
            ],
        );
    }
    svg.close("svg");
    svg
}
