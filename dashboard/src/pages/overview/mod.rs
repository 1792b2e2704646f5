//! The overview: what stands out, and where to look next.

mod cards;
mod chart;

use std::collections::HashMap;

use serde::Serialize;
use store::read::deploys::{self, DeployRow, MAX_DEPLOYS};
use store::read::fleet::{self, FleetBucket};
use store::read::functions::{self, FunctionRow, SketchRow, SumRow};

use self::cards::{CaseView, ChangeView, DeployView, PlatformView, Tile};
use super::fleet::{Case, Health, by_id, judge, sentence};
use crate::format;
use crate::parts::chart::ChartView;
use crate::parts::markup::Svg;
use crate::parts::spark;
use crate::web::frame::Frame;
use crate::web::link::function_path;
use crate::web::{Context, Format, PageError, Reply, Table};

/// Buckets of the chart and of a sparkline.
const BUCKETS: u32 = 100;
const SPARK_BUCKETS: u32 = 36;
/// Rows of each list.
const ROWS: usize = 8;

#[derive(Serialize)]
struct OverviewView {
    none_known: bool,
    connect: String,
    tiles: Vec<Tile>,
    chart: ChartView,
    cases: Vec<CaseView>,
    more_cases: String,
    functions_href: String,
    busiest: Vec<CaseView>,
    changes: Vec<ChangeView>,
    deploys: Vec<DeployView>,
    platforms: Vec<PlatformView>,
}

struct Known {
    functions: Vec<FunctionRow>,
    now: Vec<SumRow>,
    before: Vec<SumRow>,
    sketches: Vec<SketchRow>,
    sketches_before: Vec<SketchRow>,
    buckets: Vec<FleetBucket>,
    deploys: Vec<DeployRow>,
    step_s: u32,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let known = ask(ctx).await?;
    if ctx.format != Format::Html {
        return Ok(Reply::Table(table(&known)));
    }
    let (now, before) = (by_id(&known.now), by_id(&known.before));
    let health = judge(ctx, &known.functions, &now, &before);
    let busiest = busiest(&known);
    let sparks = sparks(ctx, &health, &busiest).await?;
    reply(ctx, &known, &health, &busiest, &sparks)
}

fn busiest(known: &Known) -> Vec<&SumRow> {
    let mut all: Vec<&SumRow> = known.now.iter().collect();
    all.sort_by(|a, b| {
        b.invocations
            .cmp(&a.invocations)
            .then(a.function_id.cmp(&b.function_id))
    });
    all.truncate(ROWS);
    all
}

fn cases(health: &Health) -> impl Iterator<Item = &Case> {
    health.failing.iter().chain(&health.silent)
}

fn reply(
    ctx: &Context,
    known: &Known,
    health: &Health,
    busiest: &[&SumRow],
    sparks: &HashMap<String, Svg>,
) -> Result<Reply, PageError> {
    let (now, before) = (by_id(&known.now), by_id(&known.before));
    let names: HashMap<&str, &FunctionRow> = known
        .functions
        .iter()
        .map(|f| (f.function_id.as_str(), f))
        .collect();
    let spark = |id: &str| sparks.get(id).cloned().unwrap_or_default();
    let case = |case: &Case| CaseView {
        name: format::bounded(&case.name, 60),
        href: ctx.link(&function_path(&case.id), &[]),
        figure: case.figure.clone(),
        tone: case.tone,
        remark: names
            .get(case.id.as_str())
            .map_or(String::new(), |f| cards::place(f)),
        spark_svg: spark(&case.id),
    };
    let busy = |sums: &&SumRow| {
        cards::busy(
            ctx,
            sums,
            names.get(sums.function_id.as_str()).copied(),
            &spark,
        )
    };
    let view = OverviewView {
        none_known: known.functions.is_empty(),
        connect: ctx.link("/connect", &[]),
        tiles: cards::tiles(ctx, known, health),
        chart: chart::chart(ctx, known),
        more_cases: more(cases(health).count()),
        cases: cases(health).take(ROWS).map(case).collect(),
        functions_href: ctx.link("/functions", &[]),
        busiest: busiest.iter().map(busy).collect(),
        changes: cards::changes(ctx, known, &now, &before, &names),
        deploys: cards::deploys(ctx, known, &names),
        platforms: cards::platforms(ctx, known, &now),
    };
    let frame = Frame::new(ctx, "Overview", sentence(ctx, health));
    Reply::page("overview/page.html", frame, &view)
}

async fn ask(ctx: &Context) -> Result<Known, PageError> {
    let (store, window) = (ctx.store(), ctx.window());
    let step_s = ctx.range.step_s(BUCKETS);
    let before = window.previous();
    let (functions, now, earlier, sketches, sketches_before, buckets, deploys) = tokio::try_join!(
        functions::list(store),
        functions::sums(store, window),
        functions::sums(store, before),
        functions::sketches(store, window, &[]),
        functions::sketches(store, before, &[]),
        fleet::timeline(store, ctx.range.aligned(step_s), step_s),
        deploys::list(store, window, "", MAX_DEPLOYS),
    )?;
    Ok(Known {
        functions,
        now,
        before: earlier,
        sketches,
        sketches_before,
        buckets,
        deploys,
        step_s,
    })
}

async fn sparks(
    ctx: &Context,
    health: &Health,
    busiest: &[&SumRow],
) -> Result<HashMap<String, Svg>, PageError> {
    let ids: Vec<String> = cases(health)
        .take(ROWS)
        .map(|case| case.id.clone())
        .chain(busiest.iter().map(|sums| sums.function_id.clone()))
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let step_s = ctx.range.step_s(SPARK_BUCKETS);
    let rows = functions::sparks(ctx.store(), ctx.range.aligned(step_s), &ids, step_s).await?;
    Ok(spark::by_function(&rows, &ctx.range.full_buckets(step_s)))
}

fn more(cases: usize) -> String {
    match cases.saturating_sub(ROWS) {
        0 => String::new(),
        n => format!("and {n} more"),
    }
}

fn table(known: &Known) -> Table {
    let mut table = Table::new(
        "timeline",
        &["bucket_start_s", "invocations", "errors", "cold_starts"],
    );
    for bucket in &known.buckets {
        table.row(vec![
            bucket.bucket_s.into(),
            bucket.invocations.into(),
            bucket.errors.into(),
            bucket.cold_starts.into(),
        ]);
    }
    let deploys = known.deploys.iter().map(|deploy| {
        serde_json::json!({
            "function_id": deploy.function_id, "version": deploy.version,
            "at_ms": deploy.at_ms, "source": deploy.source,
        })
    });
    let deploys = serde_json::Value::Array(deploys.collect());
    table
        .with("functions_known", serde_json::json!(known.functions.len()))
        .with("functions_active", serde_json::json!(known.now.len()))
        .with("deploys", deploys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, hostile_function, html};
    use store::read::functions::SketchRow;

    fn known(ctx: &Context) -> Known {
        let function = hostile_function("<img src=x>");
        let id = function.function_id.clone();
        let sums = |invocations, errors| SumRow {
            function_id: id.clone(),
            invocations,
            errors,
            last_minute_ms: ctx.now_ms(),
            ..SumRow::default()
        };
        let sketch = |ms| SketchRow {
            function_id: id.clone(),
            duration: vec![ms; 3],
            init: vec![],
        };
        Known {
            functions: vec![function],
            now: vec![sums(1_000, 200)],
            before: vec![sums(900, 0)],
            sketches: vec![sketch(300.0)],
            sketches_before: vec![sketch(100.0)],
            buckets: vec![FleetBucket {
                bucket_s: ctx.range.buckets(120)[3],
                invocations: 1_000,
                errors: 200,
                cold_starts: 0,
            }],
            deploys: vec![DeployRow {
                function_id: id.clone(),
                version: "\"><script>".into(),
                at_ms: ctx.now_ms() - 60_000,
                source: "telemetry".into(),
                ..DeployRow::default()
            }],
            step_s: 120,
        }
    }

    #[test]
    fn the_sentence_names_what_fails_and_everything_hostile_is_text() {
        let ctx = context("/", "");
        let known = known(&ctx);
        let (now, before) = (by_id(&known.now), by_id(&known.before));
        let health = judge(&ctx, &known.functions, &now, &before);
        let page = html(
            &ctx,
            reply(&ctx, &known, &health, &busiest(&known), &HashMap::new()),
        );
        assert!(
            page.contains("1 of 1") && page.contains("20\u{a0}%"),
            "{page}"
        );
        assert!(
            page.contains("3\u{a0}times"),
            "p95 went from 100 to 300 ms: {page}"
        );
        assert!(page.contains("&lt;img src=x&gt;"));
    }
}
