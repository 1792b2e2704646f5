//! Findings as programs and spreadsheets read them.

use serde_json::{Value, json};
use store::findings::FINDINGS_MAX;
use store::model::{Feedback, Finding};

use super::words;
use crate::web::{Cell, Table};

const COLUMNS: &[&str] = &[
    "id",
    "kind",
    "group",
    "state",
    "severity",
    "confidence",
    "p_value",
    "scope",
    "subject",
    "function_id",
    "version",
    "began_ms",
    "detected_ms",
    "updated_ms",
    "closed_ms",
    "closed_because",
    "title",
    "sentence",
    "relative",
    "relative_low",
    "relative_high",
    "before",
    "after",
    "unit",
    "waiting_ms_per_month",
    "usd_per_month",
];

/// The list; `known` findings were read.
pub(crate) fn table(findings: &[&Finding], known: usize) -> Table {
    let mut table = Table::new("findings", COLUMNS);
    for finding in findings {
        table.row(cells(finding));
    }
    table.truncated(known >= FINDINGS_MAX as usize)
}

/// One with its evidence.
pub(super) fn one(finding: &Finding, said: Option<&Feedback>) -> Table {
    let mut table = Table::new("findings", COLUMNS);
    table.row(cells(finding));
    let evidence = serde_json::to_value(&finding.evidence).unwrap_or(Value::Null);
    let said = said.map(|said| {
        json!({
            "verdict": said.verdict.as_str(), "note": said.note,
            "given_by": said.given_by, "given_ms": said.given_at.as_millis(),
        })
    });
    table
        .with("evidence", evidence)
        .with("feedback", json!(said))
}

fn cells(finding: &Finding) -> Vec<Cell> {
    let group = words::group(finding).map_or("Others", |group| group.title());
    vec![
        finding.id.clone().into(),
        finding.kind.clone().into(),
        group.to_lowercase().into(),
        finding.state.as_str().into(),
        finding.severity.as_str().into(),
        finding.confidence.into(),
        finding.p_value.into(),
        finding.scope.as_str().into(),
        finding.subject.clone().into(),
        finding.function_id.clone().into(),
        finding.version.clone().into(),
        finding.began_at.as_millis().into(),
        finding.detected_at.as_millis().into(),
        finding.updated_at.as_millis().into(),
        finding.closed_at.map(|at| at.as_millis()).into(),
        finding.closed_because.clone().into(),
        finding.title.clone().into(),
        finding.sentence.clone().into(),
        finding.relative.into(),
        finding.interval.map(|(low, _)| low).into(),
        finding.interval.map(|(_, high)| high).into(),
        finding.before.into(),
        finding.after.into(),
        finding.unit.clone().into(),
        finding.ms_per_month.into(),
        words::usd(finding).map_or(Cell::None, |usd| Cell::Decimal(usd.exact())),
    ]
}
