//! One function: what it does, how long it takes, how it starts, what goes wrong.

mod charts;
mod coverage;
mod deploy_list;
mod sentence;
mod tables;

use serde::Serialize;
use store::read::deploys::{self, DeployRow, MAX_DEPLOYS};
use store::read::function::{
    self, ColdStartRow, ErrorRow, FactsRow, FunctionBucket, InvocationRow, Outcome, VersionRow,
};
use store::read::functions::{self, FunctionRow, SketchRow};
use store::read::logs::{LogFilter, LogLine, Page as LogPage};
use store::read::series::{self, MetricRow};
use store::read::{Quantiles, logs};

use super::compare::compared;
use super::logs::{LineView, line_view};
use crate::format;
use crate::parts::badge::platform_name;
use crate::range::BadParameter;
use crate::web::frame::{Frame, Tone};
use crate::web::link::unsegment;
use crate::web::{Context, Format, PageError, Reply};

/// Buckets of the charts.
const BUCKETS: u32 = 100;
/// Rows of the lists on the page, and of an export.
const LIST_ROWS: u32 = 20;
const EXPORT_ROWS: u32 = 5_000;
const LOG_ROWS: u32 = 8;
const METRIC_ROWS: usize = 12;

/// Everything the page knows about its function.
pub(super) struct Known {
    pub(super) function: FunctionRow,
    pub(super) buckets: Vec<FunctionBucket>,
    pub(super) before: Vec<FunctionBucket>,
    pub(super) quantiles: Quantiles,
    pub(super) versions: Vec<VersionRow>,
    pub(super) deploys: Vec<DeployRow>,
    pub(super) cold_starts: Vec<ColdStartRow>,
    pub(super) errors: Vec<ErrorRow>,
    pub(super) facts: FactsRow,
    pub(super) invocations: Vec<InvocationRow>,
}

/// Sums over the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) invocations: u64,
    pub(super) errors: u64,
    pub(super) timeouts: u64,
    pub(super) cold_starts: u64,
    pub(super) cold_start_known: u64,
}

impl Totals {
    pub(super) fn of(buckets: &[FunctionBucket]) -> Self {
        buckets.iter().fold(Self::default(), |sum, bucket| Self {
            invocations: sum.invocations + bucket.invocations,
            errors: sum.errors + bucket.errors,
            timeouts: sum.timeouts + bucket.timeouts,
            cold_starts: sum.cold_starts + bucket.cold_starts,
            cold_start_known: sum.cold_start_known + bucket.cold_start_known,
        })
    }
}

#[derive(Serialize)]
struct Tile {
    label: &'static str,
    figure: String,
    tone: Tone,
    remark: String,
}

#[derive(Serialize)]
struct Tab {
    label: &'static str,
    href: String,
    active: bool,
}

#[derive(Serialize)]
struct FunctionView {
    id: String,
    facts: Vec<(&'static str, String)>,
    tiles: Vec<Tile>,
    coverage: String,
    charts: charts::Charts,
    versions: Vec<tables::VersionView>,
    deploys: Vec<deploy_list::DeployView>,
    errors: Vec<tables::ErrorView>,
    tabs: Vec<Tab>,
    invocations: Vec<tables::InvocationView>,
    invocations_empty: String,
    lines: Vec<LineView>,
    logs_href: String,
    traces_href: String,
    metrics: Vec<tables::MetricView>,
    metrics_href: String,
    any: bool,
    wider: String,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let raw = ctx.path.strip_prefix("/functions/").unwrap_or("");
    let id = unsegment(raw).unwrap_or_default();
    let function = functions::one(ctx.store(), &id)
        .await?
        .ok_or_else(|| not_found(&id))?;
    let outcome = match ctx.params.get("show") {
        None => Outcome::Any,
        Some("errors") => Outcome::Errors,
        Some("cold") => Outcome::Cold,
        Some(other) => return Err(BadParameter::new("show", other, "errors or cold").into()),
    };
    let step_s = ctx.range.step_s(BUCKETS);
    let rows = if ctx.format == Format::Html {
        LIST_ROWS
    } else {
        EXPORT_ROWS
    };
    let known = ask(ctx, function, outcome, step_s, rows).await?;
    if ctx.format != Format::Html {
        return Ok(Reply::Table(tables::export(ctx, &known, outcome)?));
    }
    // The address may lack the account that the function has.
    let id = known.function.function_id.as_str();
    let own = own_logs(id);
    let (lines, metrics) = tokio::try_join!(
        logs::search(ctx.store(), ctx.window(), &own, LogPage::Newest, LOG_ROWS),
        series::list(ctx.store(), ctx.window(), id, ""),
    )?;
    reply(ctx, &known, outcome, step_s, (&lines, &metrics))
}

fn reply(
    ctx: &Context,
    known: &Known,
    outcome: Outcome,
    step_s: u32,
    (lines, metrics): (&[LogLine], &[MetricRow]),
) -> Result<Reply, PageError> {
    let title = format::bounded(&known.function.name, 80);
    let frame = Frame::new(ctx, title, sentence::of(ctx, known))
        .with_crumb("Functions", ctx.link("/functions", &[]));
    let view = view(ctx, known, outcome, step_s, lines, metrics);
    Reply::page("function/page.html", frame, &view)
}

async fn ask(
    ctx: &Context,
    function: FunctionRow,
    outcome: Outcome,
    step_s: u32,
    rows: u32,
) -> Result<Known, PageError> {
    let (store, window) = (ctx.store(), ctx.window());
    let aligned = ctx.range.aligned(step_s);
    let id = function.function_id.clone();
    let ids = [id.clone()];
    // One bucket longer than the window holds all of the window before.
    let whole = u32::try_from(window.seconds())
        .unwrap_or(u32::MAX)
        .saturating_mul(2);
    let answers = tokio::try_join!(
        function::timeline(store, aligned, &id, step_s),
        function::timeline(store, window.previous(), &id, whole),
        functions::sketches(store, aligned, &ids),
        function::versions(store, aligned, &id),
        deploys::list(store, window, &id, MAX_DEPLOYS),
        function::cold_starts(store, window, &id),
        function::errors(store, window, &id),
        function::facts(store, aligned, &id),
        function::invocations(store, window, &id, outcome, rows),
    )?;
    let (buckets, before, sketches, versions, deploys, cold_starts, errors, facts, invocations) =
        answers;
    let quantiles = |row: &SketchRow| Quantiles::from_sketch(&row.duration);
    Ok(Known {
        function,
        buckets,
        before,
        quantiles: sketches.first().map(quantiles).unwrap_or_default(),
        versions,
        deploys,
        cold_starts,
        errors,
        facts,
        invocations,
    })
}

fn not_found(id: &str) -> PageError {
    PageError::NotFound {
        what: format!(
            "No function {} has ever sent data.",
            format::bounded(id, 200)
        ),
        help:
            "A function's address is /functions/provider:account:region:name. Look for it in the \
               list of functions, or connect it."
                .to_owned(),
    }
}

fn own_logs(id: &str) -> LogFilter {
    LogFilter {
        function: id.to_owned(),
        ..LogFilter::default()
    }
}

fn view(
    ctx: &Context,
    known: &Known,
    outcome: Outcome,
    step_s: u32,
    lines: &[LogLine],
    metrics: &[MetricRow],
) -> FunctionView {
    let id = known.function.function_id.as_str();
    let of_function = [("function", id)];
    FunctionView {
        id: format::bounded(id, 300),
        facts: facts(ctx, known),
        tiles: tiles(ctx, known),
        coverage: coverage::sentence(&known.facts),
        charts: charts::charts(ctx, known, step_s),
        versions: tables::versions(ctx, known),
        deploys: deploy_list::deploys(ctx, &known.deploys),
        errors: tables::errors(ctx, known),
        tabs: tabs(ctx, outcome),
        invocations: tables::invocations(ctx, &known.invocations),
        invocations_empty: match outcome {
            Outcome::Any => "No invocation in this time.",
            Outcome::Errors => "No invocation failed in this time.",
            Outcome::Cold => "No cold start is known in this time.",
        }
        .to_owned(),
        lines: lines.iter().map(|line| line_view(ctx, line)).collect(),
        logs_href: ctx.link("/logs", &of_function),
        traces_href: ctx.link("/traces", &of_function),
        metrics: metrics
            .iter()
            .take(METRIC_ROWS)
            .map(|m| tables::metric(ctx, m))
            .collect(),
        metrics_href: ctx.link("/series", &of_function),
        any: !known.buckets.is_empty(),
        wider: ctx.here(&[("from", "now-7d"), ("to", "")]),
    }
}

fn tabs(ctx: &Context, outcome: Outcome) -> Vec<Tab> {
    [
        ("All", "", Outcome::Any),
        ("Errors", "errors", Outcome::Errors),
        ("Cold", "cold", Outcome::Cold),
    ]
    .into_iter()
    .map(|(label, show, this)| Tab {
        label,
        href: format!("{}#invocations", ctx.here(&[("show", show)])),
        active: this == outcome,
    })
    .collect()
}

/// What the function is. What nobody told is left out.
fn facts(ctx: &Context, known: &Known) -> Vec<(&'static str, String)> {
    let function = &known.function;
    let newest = known.versions.first();
    let memory = newest
        .map(|v| v.memory_size_mb)
        .filter(|mb| *mb > 0)
        .or(function.memory_size_mb);
    let sends = [
        (function.sends_spans, "spans"),
        (function.sends_logs, "logs"),
        (function.sends_metrics, "metrics"),
    ];
    let sends: Vec<&str> = sends
        .into_iter()
        .filter(|(yes, _)| *yes)
        .map(|(_, what)| what)
        .collect();
    let triggers: Vec<&str> = known
        .facts
        .triggers
        .iter()
        .map(String::as_str)
        .filter(|t| !t.is_empty())
        .collect();
    let service = if function.service_name == function.name {
        ""
    } else {
        function.service_name.as_str()
    };
    let shown = |text: &str| format::bounded(text, 60);
    [
        (
            "Platform",
            platform_name(&function.platform, &function.provider),
        ),
        ("Region", shown(&function.region)),
        ("Account", shown(&function.account)),
        ("Service", shown(service)),
        (
            "Version",
            newest.map_or(String::new(), |v| shown(&v.version)),
        ),
        ("Runtime", shown(&function.runtime)),
        ("Architecture", shown(&function.architecture)),
        ("Memory", memory.map_or(String::new(), format::memory_mb)),
        ("Trigger", shown(&triggers.join(", "))),
        (
            "Instances",
            if known.facts.instances > 0 {
                format::count(known.facts.instances)
            } else {
                String::new()
            },
        ),
        ("Sends", sends.join(", ")),
        (
            "Known since",
            ctx.range.clock.short(ctx.now_ms(), function.first_seen_ms),
        ),
        (
            "Last seen",
            format::ago(ctx.now_ms(), function.last_seen_ms),
        ),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}

fn tiles(ctx: &Context, known: &Known) -> Vec<Tile> {
    let totals = Totals::of(&known.buckets);
    let before = Totals::of(&known.before);
    let init = known
        .versions
        .first()
        .map(|v| charts::median(&v.init))
        .unwrap_or_default();
    let quantiles = known.quantiles;
    let tile = |label, figure, remark| Tile {
        label,
        figure,
        tone: Tone::Quiet,
        remark,
    };
    vec![
        tile(
            "Invocations",
            format::count(totals.invocations),
            compared(ctx, before.invocations, totals.invocations),
        ),
        Tile {
            tone: super::fleet::error_tone(totals.errors, totals.invocations),
            ..tile(
                "Errors",
                format::share(totals.errors, totals.invocations),
                error_remark(totals),
            )
        },
        tile(
            "Duration, median",
            format::maybe_duration_ms(quantiles.p50),
            format!("p99 {}", format::maybe_duration_ms(quantiles.p99)),
        ),
        tile(
            "Duration, p95",
            format::maybe_duration_ms(quantiles.p95),
            String::new(),
        ),
        tile(
            "Cold starts",
            format::share(totals.cold_starts, totals.cold_start_known),
            cold_remark(totals),
        ),
        tile(
            "Start-up, median",
            format::maybe_duration_ms(init),
            known
                .versions
                .first()
                .filter(|_| init.is_some())
                .map_or(String::new(), |v| {
                    format!("version {}", format::bounded(&v.version, 16))
                }),
        ),
    ]
}

fn error_remark(totals: Totals) -> String {
    let errors = format::count(totals.errors);
    match (totals.errors, totals.timeouts) {
        (0, _) => format!("none of {}", format::count(totals.invocations)),
        (_, 0) => format!("{errors} of {}", format::count(totals.invocations)),
        (_, t) => format!("{errors}, {}", format::counted(t, "timeout", "timeouts")),
    }
}

fn cold_remark(totals: Totals) -> String {
    match totals.cold_start_known {
        0 => "nobody told".to_owned(),
        known => format!(
            "{} of {}",
            format::count(totals.cold_starts),
            format::count(known)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, context, hostile_function, html};

    const HOSTILE: &str = "\"'><script>x()</script>";

    fn known(ctx: &Context, step_s: u32) -> Known {
        let bucket = FunctionBucket {
            bucket_s: ctx.range.buckets(step_s)[2],
            invocations: 100,
            errors: 20,
            duration: vec![100.0, 200.0, 300.0],
            init: vec![f64::NAN; 3],
            ..FunctionBucket::default()
        };
        let version = |name: &str, init_ms: f64| VersionRow {
            version: name.to_owned(),
            first_ms: 0,
            last_ms: 0,
            invocations: 100,
            errors: 20,
            cold_starts: 20,
            cold_start_known: 100,
            init_count: 20,
            memory_size_mb: 512,
            memory_used_mb: 0,
            billed_ms: 0.0,
            duration: vec![100.0; function::SHAPE_LEVELS.len()],
            init: vec![init_ms; function::SHAPE_LEVELS.len()],
        };
        Known {
            function: hostile_function("<script>fn</script>"),
            buckets: vec![bucket],
            before: Vec::new(),
            quantiles: Quantiles {
                p50: Some(100.0),
                p95: Some(200.0),
                p99: None,
            },
            versions: vec![version(HOSTILE, 300.0), version("1", 100.0)],
            deploys: vec![DeployRow {
                function_id: String::new(),
                version: HOSTILE.to_owned(),
                at_ms: NOW.as_millis() - 60_000,
                source: HOSTILE.to_owned(),
                who: HOSTILE.to_owned(),
                commit: HOSTILE.to_owned(),
                url: format!("https://git.example/{HOSTILE}"),
                note: HOSTILE.to_owned(),
                ..DeployRow::default()
            }],
            cold_starts: vec![ColdStartRow {
                at_ms: NOW.as_millis() - 1_000,
                version: HOSTILE.to_owned(),
                init_ms: 300.0,
                init_kind: HOSTILE.to_owned(),
                trace_id: "ab".repeat(16),
            }],
            errors: vec![ErrorRow {
                error_type: HOSTILE.to_owned(),
                status: "timeout".to_owned(),
                invocations: 20,
                first_ms: 0,
                last_ms: 0,
                last_version: HOSTILE.to_owned(),
                versions: 2,
                trace_id: String::new(),
            }],
            facts: FactsRow {
                triggers: vec![HOSTILE.to_owned()],
                ..FactsRow::default()
            },
            invocations: Vec::new(),
        }
    }

    #[test]
    fn a_hostile_function_is_text_and_the_sentence_says_what_changed() {
        let ctx = context("/functions/x", "");
        let step_s = ctx.range.step_s(BUCKETS);
        let page = html(
            &ctx,
            reply(&ctx, &known(&ctx, step_s), Outcome::Any, step_s, (&[], &[])),
        );
        assert!(page.contains("20\u{a0}% of the time"), "{page}");
        assert!(
            page.contains("3\u{a0}times as long")
                && page.contains("100\u{a0}ms\u{a0}→\u{a0}300\u{a0}ms")
        );
        assert!(page.contains("class=\"deploy\"") && page.contains("class=\"hill on\""));
        assert!(
            page.contains("No invocation in this time."),
            "an empty list says so"
        );
    }

    #[test]
    fn a_function_without_data_says_since_when() {
        let ctx = context("/functions/x", "");
        let mut known = known(&ctx, 120);
        known.buckets.clear();
        known.function.last_seen_ms = ctx.window().from.as_millis() - 1;
        let page = html(&ctx, reply(&ctx, &known, Outcome::Any, 120, (&[], &[])));
        assert!(page.contains("has sent no data since"), "{page}");
        assert!(page.contains("from=now-7d"), "the way to a longer time");
    }

    #[test]
    fn totals_are_the_sums_of_the_buckets() {
        let bucket = |invocations, errors| FunctionBucket {
            invocations,
            errors,
            ..Default::default()
        };
        let totals = Totals::of(&[bucket(5, 1), bucket(7, 2)]);
        assert_eq!((totals.invocations, totals.errors), (12, 3));
    }
}
