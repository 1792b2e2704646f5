//! SLOs to begin with, out of what functions did: targets that were met with half of their budget, rounded to
//! what people usually promise.

use serde::Serialize;
use store::model::FunctionId;
use store::slos::PastRow;

/// Promises, the strictest first, in per cent.
const TARGETS: [(&str, f64); 8] = [
    ("99.99", 0.000_1),
    ("99.95", 0.000_5),
    ("99.9", 0.001),
    ("99.5", 0.005),
    ("99", 0.01),
    ("98", 0.02),
    ("95", 0.05),
    ("90", 0.1),
];
/// Thresholds of latency, ms.
const THRESHOLDS_MS: [u32; 16] = [
    25, 50, 100, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 30_000, 60_000,
    300_000,
];
/// The share of the budget that the past may have used.
const USED_MAX: f64 = 0.5;
/// Fewer invocations than this say nothing about a target.
const INVOCATIONS_MIN: u64 = 1_000;
/// A target is only proposed when so many bad events would have been within its budget.
const BUDGET_EVENTS_MIN: f64 = 5.0;

/// An SLO that could be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// Its name.
    pub name: String,
    /// The function it is for.
    pub function_id: String,
    /// Why this target.
    pub reason: String,
    /// OpenSLO.
    pub text: String,
}

/// For each function with enough traffic: its availability, and its latency where durations are known.
#[must_use]
pub fn propose(past: &[PastRow]) -> Vec<Proposal> {
    let mut proposals: Vec<Proposal> = Vec::new();
    for row in past.iter().filter(|row| row.invocations >= INVOCATIONS_MIN) {
        let Ok(id) = row.function_id.parse::<FunctionId>() else {
            continue;
        };
        let pair = [availability(row, &id), latency(row, &id)];
        for mut proposal in pair.into_iter().flatten() {
            let stem = proposal.name.clone();
            let mut number = 2;
            while proposals.iter().any(|known| known.name == proposal.name) {
                let name = format!("{stem}-{number}");
                proposal.text = proposal.text.replace(
                    &format!("name: {}\n", proposal.name),
                    &format!("name: {name}\n"),
                );
                proposal.name = name;
                number += 1;
            }
            proposals.push(proposal);
        }
    }
    proposals
}

#[allow(clippy::cast_precision_loss)] // counts of events
fn availability(row: &PastRow, id: &FunctionId) -> Option<Proposal> {
    let all = row.invocations as f64;
    let share = row.errors as f64 / all;
    let fits = |(_, budget): &&(&str, f64)| {
        share <= budget * USED_MAX && budget * all >= BUDGET_EVENTS_MIN
    };
    let (percent, _) = TARGETS.iter().find(fits)?;
    let reason = format!(
        "{} of {} invocations failed in 14 days; {percent} % leaves at least half of the budget.",
        row.errors, row.invocations
    );
    Some(proposal(
        id,
        row,
        "availability",
        "indicator: availability",
        percent,
        reason,
    ))
}

fn latency(row: &PastRow, id: &FunctionId) -> Option<Proposal> {
    let p99 = row
        .duration_ms
        .get(2)
        .copied()
        .filter(|ms| ms.is_finite())?;
    // The sketch is exact to a hundredth.
    let threshold = THRESHOLDS_MS
        .iter()
        .find(|ms| f64::from(**ms) >= p99 * 1.01)?;
    let reason = format!("99 % of invocations took at most {p99:.0} ms in 14 days.");
    let spec = format!("indicator: latency, threshold: {threshold}");
    Some(proposal(id, row, "latency", &spec, "98", reason))
}

fn proposal(
    id: &FunctionId,
    row: &PastRow,
    what: &str,
    indicator: &str,
    percent: &str,
    reason: String,
) -> Proposal {
    let name = format!("{}-{what}", slug(&id.name));
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let filters = [
        ("provider", &id.provider),
        ("account", &id.account),
        ("region", &id.region),
        ("function", &id.name),
    ];
    let known = filters.iter().filter(|(_, value)| !value.is_empty());
    let filters: Vec<String> = known
        .map(|(by, value)| format!("{by}: [{}]", quoted(value)))
        .collect();
    let text = format!(
        "apiVersion: openslo/v1\nkind: SLO\nmetadata:\n  name: {name}\n  annotations:\n    \
         nephoscope.dev/min-bad-events: \"5\"\nspec:\n  service: {}\n  \
         timeWindow: [{{duration: 30d, isRolling: true}}]\n  budgetingMethod: Occurrences\n  \
         objectives: [{{targetPercent: {percent}}}]\n  indicator:\n    metadata: {{name: {name}}}\n    \
         spec:\n      ratioMetric:\n        rawType: success\n        raw:\n          \
         metricSource:\n            \
         type: nephoscope\n            spec: {{{indicator}, filters: {{{}}}}}\n",
        slug(&id.name),
        filters.join(", ")
    );
    Proposal {
        name,
        function_id: row.function_id.clone(),
        reason,
        text,
    }
}

/// A DNS label out of a name, short enough for a word behind it.
fn slug(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let text: String = name.chars().map(plain).take(45).collect();
    match text.trim_matches('-') {
        "" => "function".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::catalogue::{QueriesOf, check};

    fn row(name: &str, invocations: u64, errors: u64, p99: f64) -> PastRow {
        PastRow {
            function_id: format!("aws:123456789012:eu-central-1:{name}"),
            invocations,
            errors,
            duration_ms: vec![p99 / 4.0, p99 / 2.0, p99],
        }
    }

    #[test]
    fn targets_were_met_with_half_of_the_budget_and_the_texts_are_slos() {
        let proposals = propose(&[row("Check\"out", 1_000_000, 400, 180.0)]);
        let told: Vec<_> = proposals
            .iter()
            .map(|p| (p.name.as_str(), p.text.contains("99.9}")))
            .collect();
        assert_eq!(
            told,
            [
                ("check-out-availability", true),
                ("check-out-latency", false)
            ]
        );
        assert!(
            proposals[1].text.contains("threshold: 200"),
            "{}",
            proposals[1].text
        );
        for proposal in &proposals {
            check(&proposal.name, &proposal.text, QueriesOf::Nobody).expect(&proposal.text);
        }
    }

    #[test]
    fn too_little_traffic_proposes_nothing_and_equal_names_are_told_apart() {
        assert!(propose(&[row("a", 999, 0, 10.0)]).is_empty());
        // A thousand invocations cannot show that one in ten thousand fails.
        assert!(
            propose(&[row("a", 1_000, 0, 10.0)])[0]
                .text
                .contains("99.5}")
        );
        let twice = propose(&[row("a", 5_000, 0, 10.0), row("A", 5_000, 0, 10.0)]);
        assert_eq!(twice[2].name, "a-availability-2");
        check(&twice[2].name, &twice[2].text, QueriesOf::Nobody).expect("an SLO");
    }
}
