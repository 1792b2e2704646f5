//! Log search.

mod filter;
mod line;
mod summary;

use serde::Serialize;
use store::read::logs::{self, LogBucket, LogFilter, LogLine, Page as LogPage};
use store::read::traces::services;

use self::filter::{chips, read_filter, read_place, severities};
pub(crate) use self::filter::{is_trace_id, read_attribute};
pub(crate) use self::line::{AttributeView, LineView, attributes, line_view};
use self::summary::{Totals, chart, sentence};
use crate::format;
use crate::pages::deploys::marks::marks;
use crate::parts::chart::{ChartView, Mark};
use crate::web::form::{Chip, Choice};
use crate::web::frame::Frame;
use crate::web::{Context, Format, PageError, Reply, Table};

/// Records of a page and of an export.
const PAGE_ROWS: u32 = 60;
const EXPORT_ROWS: u32 = 5_000;
/// Bars of the histogram.
const BUCKETS: u32 = 100;

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

/// What the store answered: one record more than a page holds tells that there are more.
pub(crate) struct Found {
    pub(crate) lines: Vec<LogLine>,
    pub(crate) buckets: Vec<LogBucket>,
    pub(crate) newest_error: Option<LogLine>,
    pub(crate) services: Vec<String>,
    pub(crate) step_s: u32,
    pub(crate) marks: Vec<Mark>,
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
    let asked = async {
        Ok::<_, PageError>(tokio::try_join!(
            logs::search(store, window, &filter, place, PAGE_ROWS + 1),
            logs::histogram(store, aligned, &filter, step_s),
            logs::search(store, window, &worst, LogPage::Newest, 1),
            services(store),
        )?)
    };
    let ((lines, buckets, newest_error, services), marks) =
        tokio::try_join!(asked, marks(ctx, window, &filter.function))?;
    let found = Found {
        lines,
        buckets,
        newest_error: newest_error.into_iter().next(),
        services,
        step_s,
        marks,
    };
    reply(ctx, &filter, place, found)
}

/// The page of what was found.
pub(crate) fn reply(
    ctx: &Context,
    filter: &LogFilter,
    place: LogPage,
    found: Found,
) -> Result<Reply, PageError> {
    let mut lines = found.lines;
    let more = lines.len() > PAGE_ROWS as usize;
    lines.truncate(PAGE_ROWS as usize);
    if matches!(place, LogPage::After(_)) {
        lines.reverse();
    }
    let totals = Totals::of(&found.buckets);
    let view = LogsView {
        query: ctx.params.text("q"),
        attr: ctx.params.text("attr"),
        severities: severities(filter),
        services: found
            .services
            .into_iter()
            .map(|name| Choice::named(name, &filter.service))
            .collect(),
        chips: chips(ctx, filter),
        hidden: ctx.hidden_fields(&["q", "attr", "severity", "service", "before", "after"]),
        chart: chart(ctx, (&found.buckets, &found.marks), found.step_s, totals),
        older: older(ctx, place, more, &lines),
        newer: newer(ctx, place, more, &lines),
        newest: if place == LogPage::Newest {
            String::new()
        } else {
            paged(ctx, "", "")
        },
        shown: shown(ctx, &lines, totals),
        lines: lines.iter().map(|line| line_view(ctx, line)).collect(),
        filtered: *filter != LogFilter::default(),
        clear: ctx.link("/logs", &[]),
        wider: ctx.here(&[
            ("from", "now-24h"),
            ("to", ""),
            ("before", ""),
            ("after", ""),
        ]),
        connect: ctx.link("/connect", &[]),
    };
    let sentence = sentence(ctx, filter, totals, found.newest_error.as_ref());
    Reply::page("logs/page.html", Frame::new(ctx, "Logs", sentence), &view)
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
    use crate::testing::{NOW, context, html};
    use store::read::logs::Cursor;

    fn line(at_ms: i64) -> LogLine {
        let hostile = "</pre><script>x()</script>".to_owned();
        LogLine {
            at_ns: at_ms * 1_000_000,
            tie: 7,
            trace_id: "ab".repeat(16),
            span_id: "\"><script>".to_owned(),
            severity_text: "<b>error</b>".to_owned(),
            severity_number: 17,
            service_name: hostile.clone(),
            function_id: String::new(),
            body_bytes: 100,
            body: hostile.clone(),
            event_name: String::new(),
            scope_name: String::new(),
            attributes: vec![("<k>".to_owned(), hostile.clone())],
            resource: vec![(hostile.clone(), hostile)],
        }
    }

    fn found(lines: Vec<LogLine>) -> Found {
        let bucket_s = u32::try_from(NOW.as_secs() / 120 * 120).expect("in range");
        let records = lines.len() as u64;
        Found {
            newest_error: lines.first().cloned(),
            buckets: vec![LogBucket {
                bucket_s,
                records,
                warnings: 0,
                errors: records,
            }],
            lines,
            services: vec!["<script>".to_owned()],
            step_s: 120,
            marks: Vec::new(),
        }
    }

    fn page_of(query: &str, lines: Vec<LogLine>) -> String {
        let ctx = context("/logs", query);
        let filter = read_filter(&ctx).expect("a filter");
        let place = read_place(&ctx).expect("a place");
        html(&ctx, reply(&ctx, &filter, place, found(lines)))
    }

    #[test]
    fn hostile_records_are_text_and_the_newest_error_is_named() {
        let page = page_of(
            "q=%3Cscript%3E&attr=a%3D%22%3E",
            vec![line(NOW.as_millis() - 2_000)],
        );
        assert!(
            page.contains("the newest from") && page.contains("2\u{a0}s ago"),
            "{page}"
        );
        assert!(page.contains("&lt;/pre&gt;&lt;script&gt;"));
    }

    #[test]
    fn pages_lead_to_older_and_newer_records_by_cursor() {
        let lines: Vec<LogLine> = (0..61).map(|i| line(NOW.as_millis() - i)).collect();
        let page = page_of("", lines.clone());
        let last = NOW.as_millis() - 59;
        assert!(page.contains(&format!("before={last}000000.7")), "{page}");
        assert!(!page.contains("after="), "nothing is newer");
        let page = page_of("before=5000000.7", vec![line(NOW.as_millis())]);
        assert!(page.contains("after=") && page.contains(">Newest</a>"));
    }

    #[test]
    fn nothing_found_says_what_to_do() {
        let mut nothing = found(Vec::new());
        nothing.buckets.clear();
        let ctx = context("/logs", "severity=warn");
        let filter = read_filter(&ctx).expect("a filter");
        let page = html(&ctx, reply(&ctx, &filter, LogPage::Newest, nothing));
        assert!(page.contains("Nothing matches") && page.contains("Clear all filters"));
    }

    #[test]
    fn parameters_that_make_no_sense_are_named() {
        for (query, parameter) in [
            ("severity=loud", "severity"),
            ("trace=abc", "trace"),
            ("attr=novalue", "attr"),
        ] {
            let error = read_filter(&context("/logs", query)).expect_err(query);
            assert_eq!(error.parameter, parameter);
        }
        for query in ["before=x", "before=1", "before=-5.1", "after=1.x"] {
            assert!(read_place(&context("/logs", query)).is_err(), "{query}");
        }
        let place = read_place(&context("/logs", "after=12.34")).expect("a cursor");
        assert_eq!(place, LogPage::After(Cursor { at_ns: 12, tie: 34 }));
    }
}
