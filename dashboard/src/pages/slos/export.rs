//! SLOs as a table for programs.

use analyzers::slo::Fraction;
use analyzers::slo::catalogue::Origin;
use analyzers::slo::keep::burn;

use super::ask::{Known, Row};
use crate::web::{Cell, Table};

const COLUMNS: &[&str] = &[
    "slo",
    "objective",
    "group",
    "group_key",
    "service",
    "target",
    "sli",
    "budget_remaining",
    "burn_5m",
    "burn_30m",
    "burn_1h",
    "burn_2h",
    "burn_6h",
    "burn_1d",
    "burn_3d",
    "state",
    "alerts",
    "bad",
    "total",
    "exhausted_in_minutes",
    "whole_budget_lasts_minutes",
    "origin",
    "measured_until_ms",
];

pub(super) fn table(known: &Known) -> Table {
    let mut table = Table::new("slos", COLUMNS);
    for row in &known.rows {
        table.row(cells(known, row));
    }
    let faults = known.catalogue.faults.iter();
    let faults =
        faults.map(|fault| serde_json::json!({"source": fault.source, "reason": fault.reason}));
    let unmeasured = known.catalogue.entries.iter().filter_map(|entry| {
        let reason = entry.questions.as_ref().err()?;
        Some(serde_json::json!({"slo": entry.key(), "reason": reason}))
    });
    let names = known.catalogue.entries.iter().map(|entry| entry.key());
    table
        .with("names", names.collect())
        .with("faults", faults.collect())
        .with("not_measured", unmeasured.collect())
}

fn cells(known: &Known, row: &Row) -> Vec<Cell> {
    let entry = known.entry(row);
    let float = |fraction: Option<&Fraction>| Cell::from(fraction.map(Fraction::to_f64));
    let count = |events: i128| Cell::Int(i64::try_from(events).unwrap_or(i64::MAX));
    let pace = row.pace();
    let rules = entry.plan.rules.iter().zip(&row.line.alerts);
    let alerts = rules.map(|(rule, (burns, reason))| {
        serde_json::json!({"name": rule.name, "burns": burns, "why": burn::why(*reason)})
    });
    let mut cells: Vec<Cell> = vec![
        entry.plan.name.as_str().into(),
        entry.plan.objective.as_deref().into(),
        row.group_name().into(),
        row.group.as_str().into(),
        entry.service.as_str().into(),
        float(Some(&entry.plan.budget().complement())),
        float(row.line.sli.as_ref()),
        float(row.line.budget_remaining.as_ref()),
    ];
    cells.extend(row.line.burn.iter().map(|burn| float(burn.as_ref())));
    let rest: [Cell; 8] = [
        row.health().as_str().into(),
        Cell::Json(alerts.collect()),
        count(row.events.bad),
        count(row.events.total),
        pace.left_minutes.into(),
        pace.whole_minutes.into(),
        match &entry.origin {
            Origin::File(file) => file.as_str().into(),
            Origin::Api => "api".into(),
        },
        ((known.minute + 1) * 60_000).into(),
    ];
    cells.extend(rest);
    cells
}
