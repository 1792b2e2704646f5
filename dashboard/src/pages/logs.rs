//! Log search.

use serde::Serialize;
use store::read::logs::{self, Cursor, LogBucket, LogFilter, LogLine, Page as LogPage, TextMatch};
use store::read::traces::services;

use crate::format;
use crate::parts::chart::{ChartView, Layer, LegendItem, TimeChart};
use crate::parts::markup::Svg;
use crate::parts::scale::{Measure, TimeAxis};
use crate::range::BadParameter;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::function_path;
use crate::web::{Context, Format, PageError, Reply, Table};

/// Records of a page and of an export.
const PAGE_ROWS: u32 = 60;
const EXPORT_ROWS: u32 = 5_000;
/// Bars of the histogram.
const BUCKETS: u32 = 100;
/// What is shown of one record: the first characters in its line, attributes and their lengths.
const LINE_CHARS: usize = 240;
const MAX_ATTRIBUTES: usize = 48;
const VALUE_CHARS: usize = 500;

/// Severities to choose from: the parameter, what it is called, the least number.
const SEVERITIES: [(&str, &str, u8); 5] = [
    ("", "Any severity", 0),
    ("debug", "Debug and worse", 5),
    ("info", "Info and worse", 9),
    ("warn", "Warnings and worse", 13),
    ("error", "Errors", 17),
];

/// An attribute with a link that filters for its value.
#[derive(Serialize)]
pub(crate) struct AttributeView {
    key: String,
    value: String,
    href: String,
}

/// One record on a page.
#[derive(Serialize)]
pub(crate) struct LineView {
    id: String,
    at: String,
    exact: String,
    tone: Tone,
    severity: String,
    source: String,
    line: String,
    body: String,
    cut: String,
    attributes: Vec<AttributeView>,
    resource: Vec<AttributeView>,
    function: String,
    function_href: String,
    trace_href: String,
    around_href: String,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
    selected: bool,
}

#[derive(Serialize)]
struct Chip {
    label: String,
    remove: String,
}

#[derive(Serialize)]
struct LogsView {
    query: String,
    attr: String,
    severities: Vec<Choice>,
    services: Vec<Choice>,
    chips: Vec<Chip>,
    hidden: Vec<(String, String)>,
    chart: ChartView,
    lines: Vec<LineView>,
    older: String,
    newer: String,
    newest: String,
    shown: String,
    filtered: bool,
    clear: String,
    wider: String,
    connect: String,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let filter = read_filter(ctx)?;
    let place = read_place(ctx)?;
    let (store, window) = (ctx.store(), ctx.window());
    if ctx.format != Format::Html {
        let lines = logs::search(store, window, &filter, place, EXPORT_ROWS).await?;
        return Ok(Reply::Table(table(&lines)));
    }
    let step_s = ctx.range.step_s(BUCKETS);
    let aligned = ctx.range.aligned(step_s);
    let worst = LogFilter {
        min_severity: filter.min_severity.max(17),
        ..filter.clone()
    };
    let (mut lines, buckets, newest_error, services) = tokio::try_join!(
        logs::search(store, window, &filter, place, PAGE_ROWS + 1),
        logs::histogram(store, aligned, &filter, step_s),
        logs::search(store, window, &worst, LogPage::Newest, 1),
        services(store),
    )?;
    let more = lines.len() > PAGE_ROWS as usize;
    lines.truncate(PAGE_ROWS as usize);
    if matches!(place, LogPage::After(_)) {
        lines.reverse();
    }
    let totals = Totals::of(&buckets);
    let view = LogsView {
        query: ctx.params.text("q"),
        attr: ctx.params.text("attr"),
        severities: severities(&filter),
        services: service_choices(services, &filter.service),
        chips: chips(ctx, &filter),
        hidden: ctx.hidden_fields(&["q", "attr", "severity", "service", "before", "after"]),
        chart: chart(ctx, &buckets, step_s, totals),
        older: older(ctx, place, more, &lines),
        newer: newer(ctx, place, more, &lines),
        newest: if place == LogPage::Newest {
            String::new()
        } else {
            paged(ctx, "", "")
        },
        shown: shown(ctx, &lines, totals),
        lines: lines.iter().map(|line| line_view(ctx, line)).collect(),
        filtered: filter != LogFilter::default(),
        clear: ctx.link("/logs", &[]),
        wider: ctx.here(&[
            ("from", "now-24h"),
            ("to", ""),
            ("before", ""),
            ("after", ""),
        ]),
        connect: ctx.link("/connect", &[]),
    };
    let sentence = sentence(ctx, &filter, totals, newest_error.first());
    Reply::page("logs/page.html", Frame::new(ctx, "Logs", sentence), &view)
}

fn read_filter(ctx: &Context) -> Result<LogFilter, BadParameter> {
    let severity = ctx.params.get("severity").unwrap_or("");
    let min_severity = SEVERITIES
        .into_iter()
        .find(|(key, _, _)| *key == severity)
        .map(|(_, _, least)| least)
        .ok_or_else(|| BadParameter::new("severity", severity, "debug, info, warn or error"))?;
    let trace_id = ctx.params.text("trace");
    if !trace_id.is_empty() && !is_trace_id(&trace_id) {
        return Err(BadParameter::new(
            "trace",
            &trace_id,
            "a trace id has 32 hexadecimal digits",
        ));
    }
    let (key, value) = read_attribute(ctx)?;
    Ok(LogFilter {
        text: TextMatch::parse(ctx.params.get("q").unwrap_or("")),
        min_severity,
        function: ctx.params.text("function"),
        service: ctx.params.text("service"),
        trace_id: trace_id.to_ascii_lowercase(),
        key,
        value,
    })
}

/// `attr=key=value`.
pub(crate) fn read_attribute(ctx: &Context) -> Result<(String, String), BadParameter> {
    let Some(attr) = ctx.params.get("attr") else {
        return Ok(Default::default());
    };
    match attr.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err(BadParameter::new(
            "attr",
            attr,
            "write it as key=value, as order.id=1234",
        )),
    }
}

/// 32 hexadecimal digits.
pub(crate) fn is_trace_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn read_place(ctx: &Context) -> Result<LogPage, BadParameter> {
    let cursor = |name: &'static str, text: &str| {
        let parsed = text.split_once('.').and_then(|(at, tie)| {
            Some(Cursor {
                at_ns: at.parse().ok().filter(|at| *at > 0)?,
                tie: tie.parse().ok()?,
            })
        });
        parsed.ok_or_else(|| BadParameter::new(name, text, "follow the links to page through logs"))
    };
    match (ctx.params.get("before"), ctx.params.get("after")) {
        (Some(text), _) => Ok(LogPage::Before(cursor("before", text)?)),
        (None, Some(text)) => Ok(LogPage::After(cursor("after", text)?)),
        (None, None) => Ok(LogPage::Newest),
    }
}

fn paged(ctx: &Context, before: &str, after: &str) -> String {
    ctx.here(&[("before", before), ("after", after)])
}

fn cursor_text(line: &LogLine) -> String {
    format!("{}.{}", line.at_ns, line.tie)
}

/// The link to older records, unless there are none.
fn older(ctx: &Context, place: LogPage, more: bool, lines: &[LogLine]) -> String {
    // Who comes from older records knows that there are some.
    let exist = more || matches!(place, LogPage::After(_));
    match lines.last() {
        Some(last) if exist => paged(ctx, &cursor_text(last), ""),
        _ => String::new(),
    }
}

/// The link to newer records, unless there are none yet.
fn newer(ctx: &Context, place: LogPage, more: bool, lines: &[LogLine]) -> String {
    let exist = match place {
        LogPage::Newest => false,
        LogPage::Before(_) => true,
        LogPage::After(_) => more,
    };
    match lines.first() {
        Some(first) if exist => paged(ctx, "", &cursor_text(first)),
        _ => String::new(),
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    records: u64,
    warnings: u64,
    errors: u64,
}

impl Totals {
    fn of(buckets: &[LogBucket]) -> Self {
        buckets.iter().fold(Self::default(), |sum, bucket| Self {
            records: sum.records + bucket.records,
            warnings: sum.warnings + bucket.warnings,
            errors: sum.errors + bucket.errors,
        })
    }
}

fn sentence(
    ctx: &Context,
    filter: &LogFilter,
    totals: Totals,
    newest_error: Option<&LogLine>,
) -> Sentence {
    let filtered = *filter != LogFilter::default();
    if totals.records == 0 {
        return Sentence::new(Tone::Quiet).say(if filtered {
            format!("No log record of {} matches.", ctx.range.label())
        } else {
            format!("No log record arrived in {}.", ctx.range.label())
        });
    }
    let records = format::counted(totals.records, "log record", "log records");
    let verb = match (filtered, totals.records) {
        (true, 1) => " matches",
        (true, _) => " match",
        _ => " arrived",
    };
    let mut sentence = Sentence::new(Tone::Quiet).say(format!("{records}{verb}"));
    let Some(error) = newest_error.filter(|_| totals.errors > 0) else {
        return sentence.say("; none is an error.");
    };
    sentence.tone = if totals.errors * 100 > totals.records {
        Tone::Warn
    } else {
        Tone::Quiet
    };
    let only_errors = filter.min_severity >= 17;
    if !only_errors {
        let verb = if totals.errors == 1 {
            "is an error"
        } else {
            "are errors"
        };
        sentence = sentence.say("; ").link(
            format!("{} {verb}", format::count(totals.errors)),
            ctx.here(&[("severity", "error"), ("before", ""), ("after", "")]),
        );
    }
    let ago = format::ago(ctx.now_ms(), error.at_ns.div_euclid(1_000_000));
    sentence = sentence.say(if only_errors {
        "; the newest "
    } else {
        ", the newest "
    });
    let source = source(error);
    if !source.is_empty() {
        sentence = sentence
            .say("from ")
            .name(&source, function_href(ctx, error))
            .say(" ");
    }
    sentence.say(format!("{ago}."))
}

fn chart(ctx: &Context, buckets: &[LogBucket], step_s: u32, totals: Totals) -> ChartView {
    let starts = ctx.range.buckets(step_s);
    let axis = TimeAxis::new(ctx.range.aligned(step_s), ctx.range.clock.clone());
    let at = |start: &u32| buckets.iter().find(|bucket| bucket.bucket_s == *start);
    let values = |pick: fn(&LogBucket) -> u64| -> Vec<Option<f64>> {
        starts
            .iter()
            .map(|start| at(start).map(|bucket| pick(bucket) as f64))
            .collect()
    };
    let clock = &ctx.range.clock;
    let hover = |start: &u32| {
        at(start).map_or(String::new(), |b| {
            format!(
                "{}  {}, {} and {}",
                clock.day_minute(i64::from(*start) * 1000),
                format::counted(b.records, "record", "records"),
                format::counted(b.warnings, "warning", "warnings"),
                format::counted(b.errors, "error", "errors"),
            )
        })
    };
    let drawing = TimeChart {
        axis: &axis,
        buckets: &starts,
        step_s,
        measure: Measure::Count,
        height: 64,
        layers: vec![
            Layer::Bars {
                class: "b-all",
                values: values(|b| b.records.saturating_sub(b.errors + b.warnings)),
            },
            Layer::Bars {
                class: "b-warn",
                values: values(|b| b.warnings),
            },
            Layer::Bars {
                class: "b-bad",
                values: values(|b| b.errors),
            },
        ],
        marks: &[],
        hovers: starts.iter().map(hover).collect(),
        summary: format!(
            "{} over time, of which {} warnings and {} errors.",
            format::counted(totals.records, "record", "records"),
            totals.warnings,
            totals.errors
        ),
    };
    ChartView {
        title: "Records".to_owned(),
        note: format!("per {}", format::long_duration(u64::from(step_s))),
        legend: vec![
            LegendItem::new("b-all", "other", ""),
            LegendItem::new("b-warn", "warnings", format::count(totals.warnings)),
            LegendItem::new("b-bad", "errors", format::count(totals.errors)),
        ],
        chart_svg: if totals.records == 0 {
            Svg::new()
        } else {
            drawing.draw()
        },
        empty: "No record in this time.".to_owned(),
        table_href: String::new(),
    }
}

/// One record, ready for a page.
pub(crate) fn line_view(ctx: &Context, line: &LogLine) -> LineView {
    let at_ms = line.at_ns.div_euclid(1_000_000);
    let (from, to) = ((at_ms - 30_000).to_string(), (at_ms + 30_000).to_string());
    let own = [("function", line.function_id.as_str()), ("service", "")];
    let own = if line.function_id.is_empty() {
        [("function", ""), ("service", line.service_name.as_str())]
    } else {
        own
    };
    let zone = if ctx.range.clock.name() == "UTC" {
        ""
    } else {
        ctx.range.clock.name()
    };
    LineView {
        id: format!("l{}-{:x}", line.at_ns, line.tie & 0xffff_ffff),
        at: ctx.range.clock.milli(at_ms),
        exact: ctx.range.clock.exact(at_ms),
        tone: severity_tone(line.severity_number),
        severity: severity_name(line),
        source: source(line),
        line: one_line(line),
        body: pretty(&line.body),
        cut: if line.body_bytes > line.body.len() as u64 {
            format!(
                "the first {} of {}",
                format::bytes(line.body.len() as f64),
                format::bytes(line.body_bytes as f64)
            )
        } else {
            String::new()
        },
        attributes: attributes(ctx, &line.attributes),
        resource: attributes(ctx, &line.resource),
        function: format::bounded(&line.function_id, 120),
        function_href: function_href(ctx, line),
        trace_href: if line.trace_id.is_empty() {
            String::new()
        } else {
            let at = if line.span_id.is_empty() {
                String::new()
            } else {
                format!("#s-{}", line.span_id)
            };
            format!(
                "{}{at}",
                ctx.link(&format!("/traces/{}", line.trace_id), &[])
            )
        },
        around_href: crate::web::link::with_query(
            "/logs",
            [own[0], own[1], ("from", &from), ("to", &to), ("tz", zone)],
        ),
    }
}

/// Attributes with links that filter the logs for them.
pub(crate) fn attributes(ctx: &Context, pairs: &[(String, String)]) -> Vec<AttributeView> {
    pairs
        .iter()
        .take(MAX_ATTRIBUTES)
        .map(|(key, value)| AttributeView {
            key: format::bounded(key, 80),
            value: format::bounded(value, VALUE_CHARS),
            href: if key.len() + value.len() <= 200 && !key.contains('=') && !value.is_empty() {
                ctx.link("/logs", &[("attr", &format!("{key}={value}"))])
            } else {
                String::new()
            },
        })
        .collect()
}

/// How bad a severity number is.
pub(crate) fn severity_tone(number: u8) -> Tone {
    match number {
        17.. => Tone::Bad,
        13..17 => Tone::Warn,
        _ => Tone::Quiet,
    }
}

fn severity_name(line: &LogLine) -> String {
    if !line.severity_text.is_empty() {
        return format::bounded(&line.severity_text.to_uppercase(), 7);
    }
    let name = match line.severity_number {
        0 => "",
        1..5 => "TRACE",
        5..9 => "DEBUG",
        9..13 => "INFO",
        13..17 => "WARN",
        17..21 => "ERROR",
        _ => "FATAL",
    };
    name.to_owned()
}

/// Who wrote it: the function's name, else the service.
fn source(line: &LogLine) -> String {
    let name = line
        .function_id
        .parse::<store::model::FunctionId>()
        .map(|id| id.name);
    format::bounded(&name.unwrap_or_else(|_| line.service_name.clone()), 60)
}

fn function_href(ctx: &Context, line: &LogLine) -> String {
    if line.function_id.is_empty() {
        String::new()
    } else {
        ctx.link(&function_path(&line.function_id), &[])
    }
}

/// The body in one line: of JSON its message, with white space made plain.
fn one_line(line: &LogLine) -> String {
    let mut text: String = line.body.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        text = line.event_name.clone();
    }
    format::bounded(&text, LINE_CHARS)
}

/// The body as it is, JSON indented.
fn pretty(body: &str) -> String {
    if !body.starts_with(['{', '[']) {
        return body.to_owned();
    }
    let parsed = serde_json::from_str::<serde_json::Value>(body);
    parsed
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| body.to_owned())
}

fn severities(filter: &LogFilter) -> Vec<Choice> {
    SEVERITIES
        .into_iter()
        .map(|(key, label, least)| Choice {
            value: key.to_owned(),
            label: label.to_owned(),
            selected: least == filter.min_severity,
        })
        .collect()
}

fn service_choices(services: Vec<String>, selected: &str) -> Vec<Choice> {
    services
        .into_iter()
        .map(|name| Choice {
            selected: name == selected,
            label: format::bounded(&name, 40),
            value: name,
        })
        .collect()
}

/// Filters that came by a link and have no field of their own.
fn chips(ctx: &Context, filter: &LogFilter) -> Vec<Chip> {
    let chip = |label: String, key: &str| Chip {
        label: format::bounded(&label, 90),
        remove: ctx.here(&[(key, ""), ("before", ""), ("after", "")]),
    };
    let mut chips = Vec::new();
    if !filter.function.is_empty() {
        chips.push(chip(format!("function {}", filter.function), "function"));
    }
    if !filter.trace_id.is_empty() {
        chips.push(chip(format!("trace {}", filter.trace_id), "trace"));
    }
    chips
}

fn shown(ctx: &Context, lines: &[LogLine], totals: Totals) -> String {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return String::new();
    };
    let at = |line: &LogLine| ctx.range.clock.second(line.at_ns.div_euclid(1_000_000));
    let all = format::counted(totals.records, "record", "records");
    format!("{} – {}, {} of {all}", at(last), at(first), lines.len())
}

fn table(lines: &[LogLine]) -> Table {
    let mut table = Table::new(
        "logs",
        &[
            "time_ns",
            "severity_number",
            "severity_text",
            "service_name",
            "function_id",
            "body",
            "body_bytes",
            "trace_id",
            "span_id",
            "event_name",
            "attributes",
            "resource_attributes",
        ],
    );
    let object = |pairs: &[(String, String)]| {
        let map = pairs
            .iter()
            .map(|(k, v)| (k.clone(), serde_json::Value::String(v.clone())));
        serde_json::Value::Object(map.collect()).to_string()
    };
    for line in lines {
        table.row(vec![
            line.at_ns.into(),
            u32::from(line.severity_number).into(),
            line.severity_text.as_str().into(),
            line.service_name.as_str().into(),
            line.function_id.as_str().into(),
            line.body.as_str().into(),
            line.body_bytes.into(),
            line.trace_id.as_str().into(),
            line.span_id.as_str().into(),
            line.event_name.as_str().into(),
            object(&line.attributes).into(),
            object(&line.resource).into(),
        ]);
    }
    table.truncated(lines.len() >= EXPORT_ROWS as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(body: &str, severity_text: &str, severity_number: u8) -> LogLine {
        LogLine {
            at_ns: 1,
            tie: 0,
            trace_id: String::new(),
            span_id: String::new(),
            severity_text: severity_text.to_owned(),
            severity_number,
            service_name: "svc".to_owned(),
            function_id: String::new(),
            body: body.to_owned(),
            body_bytes: body.len() as u64,
            event_name: String::new(),
            scope_name: String::new(),
            attributes: Vec::new(),
            resource: Vec::new(),
        }
    }

    #[test]
    fn severities_are_named_by_text_or_number() {
        assert_eq!(severity_name(&line("", "Warning", 13)), "WARNING");
        assert_eq!(severity_name(&line("", "", 17)), "ERROR");
        assert_eq!(severity_name(&line("", "", 0)), "");
        assert_eq!(severity_tone(21), Tone::Bad);
        assert_eq!(severity_tone(9), Tone::Quiet);
    }

    #[test]
    fn a_body_is_one_line_in_the_list_and_whole_below() {
        assert_eq!(one_line(&line("a\n  b\t c", "", 0)), "a b c");
        assert_eq!(pretty("{\"a\":1}"), "{\n  \"a\": 1\n}");
        assert_eq!(pretty("{broken"), "{broken");
    }

    #[test]
    fn trace_ids_are_32_hex_digits_and_nothing_else() {
        assert!(is_trace_id(&"aB".repeat(16)));
        for text in ["", "abc", &"g".repeat(32), &"a".repeat(31), "' OR 1=1 --"] {
            assert!(!is_trace_id(text), "{text}");
        }
    }

    #[test]
    fn the_source_is_the_function_or_else_the_service() {
        let mut record = line("", "", 0);
        assert_eq!(source(&record), "svc");
        record.function_id = "aws:1:eu:check%3Aout".to_owned();
        assert_eq!(source(&record), "check:out");
    }
}
