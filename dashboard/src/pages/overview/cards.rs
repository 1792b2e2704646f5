//! The cards of the overview.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use store::read::Quantiles;
use store::read::deploys::DeployRow;
use store::read::functions::{FunctionRow, SketchRow, SumRow};

use super::{Known, ROWS};
use crate::format;
use crate::pages::compare::compared;
use crate::pages::deploys::name;
use crate::pages::fleet::{Health, error_tone};
use crate::parts::badge::platform_name;
use crate::parts::markup::Svg;
use crate::web::Context;
use crate::web::frame::Tone;
use crate::web::link::function_path;

/// Fewest invocations in both windows, and least relative and absolute change of p95, worth a row.
const MIN_INVOCATIONS: u64 = 50;
const MIN_CHANGE: f64 = 0.25;
const MIN_CHANGE_MS: f64 = 5.0;

#[derive(Serialize)]
pub(super) struct Tile {
    label: &'static str,
    figure: String,
    tone: Tone,
    remark: String,
    href: String,
}

#[derive(Serialize)]
pub(super) struct CaseView {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) figure: String,
    pub(super) tone: Tone,
    pub(super) remark: String,
    pub(super) spark_svg: Svg,
}

#[derive(Serialize)]
pub(super) struct ChangeView {
    name: String,
    href: String,
    before: String,
    now: String,
    change: String,
    tone: Tone,
}

#[derive(Serialize)]
pub(super) struct DeployView {
    at: String,
    at_title: String,
    name: String,
    href: String,
    version: String,
}

#[derive(Serialize)]
pub(super) struct PlatformView {
    name: String,
    href: String,
    functions: String,
    invocations: String,
    errors: String,
    tone: Tone,
}

pub(super) fn place(function: &FunctionRow) -> String {
    let parts = [
        platform_name(&function.platform, &function.provider),
        function.region.clone(),
    ];
    let known: Vec<String> = parts
        .iter()
        .filter(|p| !p.is_empty())
        .map(|p| format::bounded(p, 30))
        .collect();
    known.join(" · ")
}

pub(super) fn busy(
    ctx: &Context,
    sums: &SumRow,
    function: Option<&FunctionRow>,
    spark: &impl Fn(&str) -> Svg,
) -> CaseView {
    CaseView {
        name: function.map_or_else(
            || format::bounded(&sums.function_id, 60),
            |f| format::bounded(&f.name, 60),
        ),
        href: ctx.link(&function_path(&sums.function_id), &[]),
        figure: format::count(sums.invocations),
        tone: Tone::Quiet,
        remark: function.map_or(String::new(), place),
        spark_svg: spark(&sums.function_id),
    }
}

fn total(rows: &[SumRow], pick: fn(&SumRow) -> u64) -> u64 {
    rows.iter().map(pick).fold(0, u64::saturating_add)
}

pub(super) fn tiles(ctx: &Context, known: &Known, health: &Health) -> Vec<Tile> {
    let now = |pick| total(&known.now, pick);
    let before = |pick| total(&known.before, pick);
    let (invocations, errors) = (now(|s| s.invocations), now(|s| s.errors));
    let newest = known.functions.iter().map(|f| f.last_seen_ms).max();
    let tile = |label, figure, remark, href| Tile {
        label,
        figure,
        tone: Tone::Quiet,
        remark,
        href,
    };
    let was = before(|s| s.invocations);
    vec![
        tile(
            "Functions at work",
            format::count(health.active as u64),
            format!("of {} known", format::count(health.known as u64)),
            ctx.link("/functions", &[]),
        ),
        tile(
            "Invocations",
            format::count(invocations),
            compared(ctx, was, invocations),
            String::new(),
        ),
        tile(
            "Errors",
            format::share(errors, invocations),
            format!(
                "{}, {} before",
                format::count(errors),
                format::share(before(|s| s.errors), was)
            ),
            ctx.link("/functions", &[("sort", "errors")]),
        ),
        tile(
            "Cold starts",
            format::share(now(|s| s.cold_starts), now(|s| s.cold_start_known)),
            match before(|s| s.cold_start_known) {
                0 => String::new(),
                known => format!("{} before", format::share(before(|s| s.cold_starts), known)),
            },
            ctx.link("/functions", &[("sort", "cold")]),
        ),
        tile(
            "Newest data",
            newest.map_or(format::UNKNOWN.to_owned(), |ms| {
                format::ago(ctx.now_ms(), ms)
            }),
            String::new(),
            ctx.link("/connect", &[]),
        ),
    ]
}

pub(super) fn changes(
    ctx: &Context,
    known: &Known,
    now: &HashMap<&str, &SumRow>,
    before: &HashMap<&str, &SumRow>,
    names: &HashMap<&str, &FunctionRow>,
) -> Vec<ChangeView> {
    let p95 = |row: &SketchRow| Quantiles::from_sketch(&row.duration).p95;
    let earlier: HashMap<&str, f64> = known
        .sketches_before
        .iter()
        .filter_map(|row| Some((row.function_id.as_str(), p95(row)?)))
        .collect();
    let enough = |sums: Option<&&SumRow>| sums.is_some_and(|s| s.invocations >= MIN_INVOCATIONS);
    let mut found: Vec<(f64, &str, f64, f64)> = known
        .sketches
        .iter()
        .filter_map(|row| {
            let id = row.function_id.as_str();
            let (is, was) = (p95(row)?, *earlier.get(id)?);
            let clear = (is - was).abs() >= MIN_CHANGE_MS
                && was > 0.0
                && (is / was - 1.0).abs() >= MIN_CHANGE
                && enough(now.get(id))
                && enough(before.get(id));
            clear.then_some((is / was, id, was, is))
        })
        .collect();
    // Slower ones first, then faster ones, each by how much.
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let view = |(ratio, id, was, is): (f64, &str, f64, f64)| ChangeView {
        name: names
            .get(id)
            .map_or_else(|| format::bounded(id, 60), |f| format::bounded(&f.name, 60)),
        href: ctx.link(&function_path(id), &[]),
        before: format::duration_ms(was),
        now: format::duration_ms(is),
        change: format::change(was, is).unwrap_or_default(),
        tone: if ratio > 1.0 { Tone::Warn } else { Tone::Good },
    };
    found.into_iter().take(ROWS).map(view).collect()
}

pub(super) fn deploys(
    ctx: &Context,
    known: &Known,
    names: &HashMap<&str, &FunctionRow>,
) -> Vec<DeployView> {
    let view = |deploy: &DeployRow| {
        let id = deploy.function_id.as_str();
        DeployView {
            at: format::ago(ctx.now_ms(), deploy.at_ms),
            at_title: ctx.range.clock.exact(deploy.at_ms),
            name: names
                .get(id)
                .map_or_else(|| format::bounded(id, 60), |f| format::bounded(&f.name, 60)),
            href: ctx.link(&function_path(id), &[]),
            version: format::bounded(&name(deploy), 32),
        }
    };
    known.deploys.iter().take(ROWS).map(view).collect()
}

pub(super) fn platforms(
    ctx: &Context,
    known: &Known,
    now: &HashMap<&str, &SumRow>,
) -> Vec<PlatformView> {
    let mut by_name: BTreeMap<(String, &str), (u64, u64, u64)> = BTreeMap::new();
    for function in &known.functions {
        let name = platform_name(&function.platform, &function.provider);
        let entry = by_name
            .entry((name, function.platform.as_str()))
            .or_default();
        entry.0 += 1;
        if let Some(sums) = now.get(function.function_id.as_str()) {
            entry.1 += sums.invocations;
            entry.2 += sums.errors;
        }
    }
    let mut all: Vec<_> = by_name.into_iter().collect();
    all.sort_by_key(|(_, (_, invocations, _))| std::cmp::Reverse(*invocations));
    all.into_iter()
        .take(ROWS)
        .map(
            |((name, platform), (functions, invocations, errors))| PlatformView {
                name: if name.is_empty() {
                    "not told".to_owned()
                } else {
                    name
                },
                href: ctx.link("/functions", &[("platform", platform)]),
                functions: format::count(functions),
                invocations: format::count(invocations),
                errors: format::share(errors, invocations),
                tone: error_tone(errors, invocations),
            },
        )
        .collect()
}
