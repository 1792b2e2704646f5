//! The arithmetic against published figures, answers known by hand, and a second, naive reckoning.

mod alerts;
mod budgets;
mod composites;
mod naive;
mod statements;

use super::evaluate::{Evaluation, Line};
use super::openslo::Library;
use super::plan::{Plan, plans};
use super::units::{Counts, Events};
use super::{Fraction, Period};

/// The plan of an SLO with an indicator of another tool: what `window`, `method` and `objectives` say, and
/// `rest` below its specification.
fn plan(window: &str, method: &str, objectives: &str, rest: &str) -> Plan {
    let indicator = "{metadata: {name: ok}, spec: {ratioMetric: {good: {metricSource: {type: Any, spec: {q: a}}}, \
                     total: {metricSource: {type: Any, spec: {q: b}}}}}}";
    let composite = objectives.contains("indicator");
    let common = if composite {
        String::new()
    } else {
        format!("  indicator: {indicator}\n")
    };
    let objectives = objectives.replace("indicator: ok", &format!("indicator: {indicator}"));
    of(&format!(
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: a}}\nspec:\n  service: shop\n{common}  \
         timeWindow: [{window}]\n  budgetingMethod: {method}\n  objectives: {objectives}\n{rest}"
    ))
}

fn of(yaml: &str) -> Plan {
    let mut library = Library::default();
    library
        .add("slo.yaml", yaml)
        .unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    let (slos, _) = library.slos();
    let plans = plans(&slos[0]).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    plans.into_iter().next().expect("an objective")
}

fn rolling(days: u32, target: &str) -> Plan {
    let window = format!("{{duration: {days}d, isRolling: true}}");
    plan(
        &window,
        "Occurrences",
        &format!("[{{target: {target}}}]"),
        "",
    )
}

/// Counts of so many minutes, from minute 0 on: good and total of each.
fn counts(minutes: i64, of: impl Fn(i64) -> (u64, u64)) -> Counts {
    let events = (0..minutes).map(|minute| {
        let (good, total) = of(minute);
        Events { good, total }
    });
    Counts {
        first: 0,
        minutes: events.collect(),
    }
}

fn lines(plan: &Plan, counts: Counts) -> Vec<Line> {
    Evaluation::new(plan, vec![counts; plan.objectives.len()], 1).collect()
}

/// The minutes at which the alert named so is turned on and off, in turn.
fn turns(plan: &Plan, lines: &[Line], name: &str) -> Vec<i64> {
    let number = plan
        .rules
        .iter()
        .position(|rule| rule.name == name)
        .expect(name);
    let mut last = false;
    let mut turns = Vec::new();
    for line in lines {
        if line.alerts[number].0 != last {
            last = !last;
            turns.push(line.minute);
        }
    }
    turns
}

fn minute(text: &str) -> i64 {
    let at: jiff::Timestamp = text.parse().expect("a time");
    at.as_second().div_euclid(60)
}

fn f(above: i128, below: i128) -> Fraction {
    Fraction::new(above, below)
}
