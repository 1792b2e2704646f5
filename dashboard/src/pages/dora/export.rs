//! Delivery as a table for programs: each period as a whole, then each function within it.

use analyzers::dora::{CHANGES_MIN, Failed, RESTORED_MIN};
use analyzers::slo::period::Stretch;
use serde_json::json;

use super::ask::Known;
use crate::web::{Cell, Context, Table};

/// Failed changes beside the rows.
const FAILED_MAX: usize = 1_000;

const COLUMNS: &[&str] = &[
    "by",
    "period",
    "zone",
    "from_ms",
    "to_ms",
    "function_id",
    "deploys",
    "deploys_per_day",
    "functions",
    "rollbacks",
    "failed",
    "change_failure_rate",
    "restored",
    "time_to_restore_median_ms",
];

pub(super) fn table(ctx: &Context, known: &Known) -> Table {
    let mut table = Table::new("delivery", COLUMNS);
    for period in &known.periods {
        let one = known.function.as_str();
        let functions = known.functions(*period);
        let each = functions.into_iter().filter(|id| *id != one);
        for id in std::iter::once(one).chain(each) {
            table.row(cells(ctx, known, *period, id));
        }
    }
    let failed = known.failed().into_iter().take(FAILED_MAX).map(|change| {
        json!({
            "function_id": change.function_id, "version": change.version, "at_ms": change.at_ms,
            "because": why(change.failed), "finding_id": change.finding_id,
            "restored_after_ms": change.restored_after_ms,
        })
    });
    table
        .truncated(known.is_cut)
        .with("failed_changes", failed.collect())
        .with("deploys_min_for_a_rate", CHANGES_MIN.into())
        .with("restored_min_for_a_median", RESTORED_MIN.into())
}

/// Why a change is said to have failed, as a word.
pub(super) const fn why(failed: Option<Failed>) -> &'static str {
    match failed {
        Some(Failed::RolledBack) => "rolled back",
        Some(Failed::Found) => "finding",
        None => "",
    }
}

fn cells(ctx: &Context, known: &Known, period: Stretch, id: &str) -> Vec<Cell> {
    let figures = known.of(period, id);
    let count = |n: usize| Cell::from(n as u64);
    let zone = ctx.range.clock.zone();
    vec![
        known.by.as_str().into(),
        known.by.name(period.begin, zone).into(),
        ctx.range.clock.name().into(),
        (period.begin * 60_000).into(),
        (period.end * 60_000).into(),
        id.into(),
        count(figures.changes),
        (figures.changes as f64 / known.days(period)).into(),
        count(figures.functions),
        count(figures.rollbacks),
        count(figures.failed),
        figures.failure_rate().into(),
        count(figures.restored),
        figures.restored_after_ms.into(),
    ]
}
