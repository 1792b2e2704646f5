//! The list of metrics, by function.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use store::read::functions;
use store::read::series::{self, Kind, MAX_METRICS, MetricRow, SparkPoint};

use super::kind_name;
use crate::format;
use crate::parts::markup::Svg;
use crate::parts::spark;
use crate::range::BadParameter;
use crate::web::form::Choice;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::function_path;
use crate::web::{Context, Format, PageError, Reply, Table};

/// Metrics of a page.
const PAGE_ROWS: usize = 60;
/// Buckets of a sparkline.
const SPARK_BUCKETS: u32 = 36;
/// A metric without a point for this long has stopped, ms.
const STOPPED_MS: i64 = 600_000;

#[derive(Serialize)]
struct MetricView {
    href: String,
    name: String,
    description: String,
    kind: &'static str,
    unit: String,
    value: String,
    value_title: String,
    series: String,
    spark_svg: Svg,
    seen: String,
    stopped: bool,
}

#[derive(Serialize)]
struct GroupView {
    name: String,
    remark: String,
    href: String,
    rows: Vec<MetricView>,
}

#[derive(Serialize)]
struct ListView {
    query: String,
    functions: Vec<Choice>,
    hidden: Vec<(String, String)>,
    groups: Vec<GroupView>,
    shown: String,
    previous: String,
    next: String,
    filtered: bool,
    clear: String,
    wider: String,
    connect: String,
}

type Key = (String, String, String, String);

fn key(kind: &str, function: &str, service: &str, name: &str) -> Key {
    (
        kind.to_owned(),
        function.to_owned(),
        service.to_owned(),
        name.to_owned(),
    )
}

pub(super) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let function = ctx.params.text("function");
    let text = ctx.params.text("q");
    let (store, window) = (ctx.store(), ctx.window());
    let (rows, known) = tokio::try_join!(
        series::list(store, window, &function, &text),
        functions::list(store),
    )?;
    if ctx.format != Format::Html {
        return Ok(Reply::Table(table(&rows)));
    }
    let page = match ctx.params.get("page") {
        None => 0,
        Some(number) => match number.parse::<usize>() {
            Ok(n @ 1..=100) => n - 1,
            _ => return Err(BadParameter::new("page", number, "a number from 1 to 100").into()),
        },
    };
    let start = (page * PAGE_ROWS).min(rows.len());
    let end = (start + PAGE_ROWS).min(rows.len());
    let shown = &rows[start..end];
    let step_s = ctx.range.step_s(SPARK_BUCKETS);
    let shapes = shapes(ctx, shown, step_s).await?;
    let place = Place { page, start, end };
    reply(ctx, &rows, &known, &shapes, place)
}

/// Which part of the list is shown.
#[derive(Clone, Copy)]
struct Place {
    page: usize,
    start: usize,
    end: usize,
}

fn reply(
    ctx: &Context,
    rows: &[MetricRow],
    known: &[functions::FunctionRow],
    shapes: &HashMap<Key, Shape>,
    Place { page, start, end }: Place,
) -> Result<Reply, PageError> {
    let shown = &rows[start..end];
    let (function, text) = (ctx.params.text("function"), ctx.params.text("q"));
    let page_link = |n: usize| {
        ctx.here(&[(
            "page",
            &(if n == 0 {
                String::new()
            } else {
                (n + 1).to_string()
            }),
        )])
    };
    let view = ListView {
        query: text.clone(),
        functions: choices(known, &function),
        hidden: ctx.hidden_fields(&["q", "function", "page"]),
        groups: groups(ctx, shown, shapes),
        shown: shown_text(start, end, rows.len()),
        previous: page.checked_sub(1).map_or(String::new(), page_link),
        next: if end < rows.len() {
            page_link(page + 1)
        } else {
            String::new()
        },
        filtered: !(function.is_empty() && text.is_empty()),
        clear: ctx.link("/series", &[]),
        wider: ctx.here(&[("from", "now-24h"), ("to", ""), ("page", "")]),
        connect: ctx.link("/connect", &[]),
    };
    let frame = Frame::new(ctx, "Metrics", sentence(ctx, rows));
    Reply::page("series/page.html", frame, &view)
}

/// What a metric did, bucket by bucket, and in total.
struct Shape {
    values: Vec<Option<f64>>,
    amount: f64,
    weight: f64,
}

async fn shapes(
    ctx: &Context,
    shown: &[MetricRow],
    step_s: u32,
) -> Result<HashMap<Key, Shape>, PageError> {
    if shown.is_empty() {
        return Ok(HashMap::new());
    }
    let distinct = |pick: fn(&MetricRow) -> &String| -> Vec<String> {
        shown
            .iter()
            .map(pick)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .cloned()
            .collect()
    };
    let names = distinct(|row| &row.name);
    let ids = distinct(|row| &row.function_id);
    let points =
        series::sparks(ctx.store(), ctx.range.aligned(step_s), &names, &ids, step_s).await?;
    let buckets = ctx.range.full_buckets(step_s);
    let index: HashMap<u32, usize> = buckets.iter().enumerate().map(|(i, b)| (*b, i)).collect();
    let mut shapes: HashMap<Key, Shape> = HashMap::new();
    for point in &points {
        let id = key(
            &point.kind,
            &point.function_id,
            &point.service_name,
            &point.name,
        );
        let shape = shapes.entry(id).or_insert_with(|| Shape {
            values: vec![None; buckets.len()],
            amount: 0.0,
            weight: 0.0,
        });
        if let Some(i) = index.get(&point.bucket_s) {
            shape.values[*i] = value(point);
        }
        shape.amount += point.amount;
        shape.weight += point.weight;
    }
    Ok(shapes)
}

/// A counter is drawn by its growth, everything else by its mean.
fn value(point: &SparkPoint) -> Option<f64> {
    let value = if point.kind == "sum" {
        point.amount
    } else if point.weight > 0.0 {
        point.amount / point.weight
    } else {
        return None;
    };
    Some(value).filter(|v| v.is_finite())
}

fn groups(ctx: &Context, shown: &[MetricRow], shapes: &HashMap<Key, Shape>) -> Vec<GroupView> {
    let mut groups: Vec<GroupView> = Vec::new();
    let mut last: Option<(&str, &str)> = None;
    for row in shown {
        let own = if row.function_id.is_empty() {
            row.service_name.as_str()
        } else {
            ""
        };
        let this = (row.function_id.as_str(), own);
        if last != Some(this) {
            groups.push(group(ctx, row));
            last = Some(this);
        }
        let shape = shapes.get(&key(
            &row.kind,
            &row.function_id,
            &row.service_name,
            &row.name,
        ));
        if let Some(group) = groups.last_mut() {
            group.rows.push(metric(ctx, row, shape));
        }
    }
    groups
}

fn group(ctx: &Context, row: &MetricRow) -> GroupView {
    match row.function_id.parse::<store::model::FunctionId>() {
        Ok(id) => GroupView {
            name: format::bounded(&id.name, 80),
            remark: [id.provider, id.region, id.account]
                .iter()
                .filter(|part| !part.is_empty())
                .map(|part| format::bounded(part, 40))
                .collect::<Vec<_>>()
                .join(" · "),
            href: ctx.link(&function_path(&row.function_id), &[]),
            rows: Vec::new(),
        },
        Err(_) => GroupView {
            name: if row.service_name.is_empty() {
                "No service told".to_owned()
            } else {
                format::bounded(&row.service_name, 80)
            },
            remark: "a service without a known function".to_owned(),
            href: String::new(),
            rows: Vec::new(),
        },
    }
}

fn metric(ctx: &Context, row: &MetricRow, shape: Option<&Shape>) -> MetricView {
    let kind = Kind::parse(&row.kind);
    let (value, value_title) = figure(ctx, row, kind, shape);
    let service = if row.function_id.is_empty() {
        row.service_name.as_str()
    } else {
        ""
    };
    let values = shape.map_or(&[][..], |shape| shape.values.as_slice());
    MetricView {
        href: ctx.link(
            "/series",
            &[
                ("metric", &row.name),
                ("kind", &row.kind),
                ("function", &row.function_id),
                ("service", service),
            ],
        ),
        name: format::bounded(&row.name, 90),
        description: format::bounded(&row.description, 200),
        kind: kind.map_or("", |kind| kind_name(kind, row.monotonic)),
        unit: format::unit_name(&row.unit),
        value,
        value_title,
        series: format::count(row.attribute_sets.max(row.instances)),
        spark_svg: spark::line(values, "shape over time"),
        seen: format::ago(ctx.now_ms(), row.last_ms),
        stopped: ctx.window().to.as_millis() - row.last_ms > STOPPED_MS,
    }
}

/// The one figure that says most about a metric of its kind, and what it is.
fn figure(
    ctx: &Context,
    row: &MetricRow,
    kind: Option<Kind>,
    shape: Option<&Shape>,
) -> (String, String) {
    match (kind, shape) {
        (Some(Kind::Sum), Some(shape)) if row.monotonic => (
            format!("+{}", format::with_unit(shape.amount, &row.unit)),
            format!("growth over {}", ctx.range.phrase()),
        ),
        (Some(Kind::Gauge | Kind::Sum), _) => (
            format::with_unit(row.last_value, &row.unit),
            "last value".to_owned(),
        ),
        (Some(_), Some(shape)) if shape.weight > 0.0 => (
            format::with_unit(shape.amount / shape.weight, &row.unit),
            format!("mean of {} observed", format::number(shape.weight)),
        ),
        _ => (
            format::UNKNOWN.to_owned(),
            "nothing was observed in this time".to_owned(),
        ),
    }
}

fn sentence(ctx: &Context, rows: &[MetricRow]) -> Sentence {
    let Some(newest) = rows.iter().map(|row| row.last_ms).max() else {
        return Sentence::new(Tone::Quiet)
            .say(format!("No metric of {} matches.", ctx.range.phrase()));
    };
    let functions: BTreeSet<&str> = rows
        .iter()
        .map(|row| row.function_id.as_str())
        .filter(|id| !id.is_empty())
        .collect();
    let to = ctx.window().to.as_millis();
    let stopped = rows
        .iter()
        .filter(|row| to - row.last_ms > STOPPED_MS)
        .count();
    let metrics = format::counted(rows.len() as u64, "metric", "metrics");
    let from = match functions.len() {
        0 => String::new(),
        n => format!(
            " from {}",
            format::counted(n as u64, "function", "functions")
        ),
    };
    let mut sentence = Sentence::new(Tone::Quiet).say(format!(
        "{metrics}{from}; the newest point came {}",
        format::ago(ctx.now_ms(), newest)
    ));
    if stopped > 0 {
        let verb = if stopped == 1 { "has" } else { "have" };
        sentence = sentence.say(format!(
            "; {stopped} {verb} had none for {} or more",
            format::long_duration((STOPPED_MS / 1000).unsigned_abs())
        ));
    }
    sentence.say(".")
}

fn choices(known: &[functions::FunctionRow], selected: &str) -> Vec<Choice> {
    const MOST: usize = 300;
    let mut named: BTreeMap<(String, &str), ()> = BTreeMap::new();
    for function in known
        .iter()
        .filter(|f| f.sends_metrics || f.function_id == selected)
    {
        let label = if function.region.is_empty() {
            format::bounded(&function.name, 50)
        } else {
            format!(
                "{} · {}",
                format::bounded(&function.name, 50),
                format::bounded(&function.region, 24)
            )
        };
        named.insert((label, &function.function_id), ());
    }
    let choice = |(label, id): (String, &str)| Choice {
        selected: id == selected,
        value: id.to_owned(),
        label,
    };
    named.into_keys().take(MOST).map(choice).collect()
}

fn shown_text(start: usize, end: usize, all: usize) -> String {
    let many = if all >= MAX_METRICS as usize {
        "more than "
    } else {
        ""
    };
    let total = format::counted(all as u64, "metric", "metrics");
    if all == end - start {
        total
    } else {
        format!("{}–{end} of {many}{total}", start + 1)
    }
}

fn table(rows: &[MetricRow]) -> Table {
    let mut table = Table::new(
        "metrics",
        &[
            "name",
            "kind",
            "unit",
            "function_id",
            "service_name",
            "temporality",
            "monotonic",
            "points",
            "attribute_sets",
            "instances",
            "last_ms",
            "last_value",
            "description",
        ],
    );
    for row in rows {
        let has_value = matches!(row.kind.as_str(), "gauge" | "sum");
        let temporality = match row.temporality {
            1 => "delta",
            2 => "cumulative",
            _ => "",
        };
        table.row(vec![
            row.name.as_str().into(),
            row.kind.as_str().into(),
            row.unit.as_str().into(),
            row.function_id.as_str().into(),
            row.service_name.as_str().into(),
            temporality.into(),
            row.monotonic.into(),
            row.points.into(),
            row.attribute_sets.into(),
            row.instances.into(),
            row.last_ms.into(),
            has_value.then_some(row.last_value).into(),
            row.description.as_str().into(),
        ]);
    }
    table.truncated(rows.len() >= MAX_METRICS as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, hostile_function, html};

    fn metric(name: &str, kind: &str) -> MetricRow {
        MetricRow {
            kind: kind.to_owned(),
            function_id: String::new(),
            service_name: "<script>svc</script>".to_owned(),
            name: name.to_owned(),
            unit: "<u>".to_owned(),
            description: "\"><script>".to_owned(),
            temporality: 2,
            monotonic: kind == "sum",
            points: 3,
            attribute_sets: 1,
            instances: 2,
            last_ms: crate::testing::NOW.as_millis() - 1_000,
            last_value: 42.0,
        }
    }

    #[test]
    fn hostile_metrics_are_text_and_each_kind_has_its_figure() {
        let ctx = context("/series", "q=%22%3E");
        let rows = [
            metric("<script>g</script>", "gauge"),
            metric("c", "sum"),
            metric("h", "histogram"),
        ];
        let shape = || Shape {
            values: vec![Some(1.0), None, Some(2.0)],
            amount: 30.0,
            weight: 10.0,
        };
        let shapes = rows
            .iter()
            .map(|row| (key(&row.kind, "", &row.service_name, &row.name), shape()))
            .collect();
        let known = [hostile_function("f")];
        let place = Place {
            page: 0,
            start: 0,
            end: 3,
        };
        let page = html(&ctx, reply(&ctx, &rows, &known, &shapes, place));
        assert!(
            page.contains(">42\u{a0}&lt;u&gt;<") && page.contains(">+30\u{a0}"),
            "{page}"
        );
        assert!(page.contains("mean of 10 observed"));
        assert!(page.contains("3\u{a0}metrics"));
    }

    #[test]
    fn no_metric_says_what_to_do() {
        let ctx = context("/series", "");
        let place = Place {
            page: 0,
            start: 0,
            end: 0,
        };
        let page = html(&ctx, reply(&ctx, &[], &[], &HashMap::new(), place));
        assert!(page.contains("No metrics in this time") && page.contains("/connect"));
    }
}
