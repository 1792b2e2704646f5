//! A report as a table for programs.

use analyzers::calendar::{Calendar, date};
use analyzers::slo::Fraction;
use analyzers::slo::keep::book;

use super::ask::{Report, Stated};
use crate::web::{Cell, Table};

const COLUMNS: &[&str] = &[
    "slo",
    "objective",
    "group",
    "group_key",
    "service",
    "by",
    "period",
    "zone",
    "from_ms",
    "to_ms",
    "until_ms",
    "state",
    "target",
    "good",
    "bad",
    "total",
    "sli",
    "budget_spent",
    "budget_remaining",
    "worst_day",
    "worst_day_bad",
    "worst_day_total",
    "worst_day_budget_spent",
    "alert_minutes",
    "corrected_minutes",
    "corrected_bad",
    "corrected_total",
    "measured_from_ms",
];

pub(super) fn table(report: &Report<'_>, by: Calendar, is_cut: bool) -> Table {
    let mut table = Table::new("reports", COLUMNS);
    for row in &report.rows {
        table.row(cells(row, by));
    }
    let too_many = report.too_many.iter().map(|entry| entry.key());
    table
        .truncated(is_cut)
        .with("too_many_groups", too_many.collect())
}

/// `met`, `missed` or `no data`; of a period that runs, so far.
pub(super) const fn word(is_met: Option<bool>) -> &'static str {
    match is_met {
        Some(true) => "met",
        Some(false) => "missed",
        None => "no data",
    }
}

fn cells(row: &Stated<'_>, by: Calendar) -> Vec<Cell> {
    let (entry, known) = (row.entry, &row.known);
    let float = |fraction: Option<&Fraction>| Cell::from(fraction.map(Fraction::to_f64));
    let count = |events: i128| Cell::Int(i64::try_from(events).unwrap_or(i64::MAX));
    let worst = known.worst.as_ref();
    vec![
        entry.plan.name.as_str().into(),
        entry.plan.objective.as_deref().into(),
        book::spelled(&row.group).into(),
        row.group.as_str().into(),
        entry.service.as_str().into(),
        by.as_str().into(),
        row.period.as_str().into(),
        row.zone.iana_name().unwrap_or("UTC").into(),
        (known.period.begin * 60_000).into(),
        (known.period.end * 60_000).into(),
        (known.until * 60_000).into(),
        word(known.is_met()).into(),
        float(Some(&entry.plan.budget().complement())),
        count(known.events.total - known.events.bad),
        count(known.events.bad),
        count(known.events.total),
        float(known.sli.as_ref()),
        float(known.spent.as_ref()),
        float(known.remaining().as_ref()),
        worst.map(|day| date(day.begin, &row.zone)).into(),
        worst.map_or(Cell::None, |day| count(day.events.bad)),
        worst.map_or(Cell::None, |day| count(day.events.total)),
        float(worst.map(|day| &day.spent)),
        row.alert_minutes.into(),
        known.corrected_minutes.into(),
        count(known.corrected.bad),
        count(known.corrected.total),
        row.measured_from.map(|minute| minute * 60_000).into(),
    ]
}
