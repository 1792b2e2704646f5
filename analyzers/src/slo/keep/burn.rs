//! What is said of a budget that burns too fast.

use store::model::Severity;

use super::book::{Saying, Stepped};
use crate::slo::alerts::Reason;
use crate::slo::report::Pace;

/// The kind of these findings.
pub const KIND: &str = "slo_burn";

/// What is to be said of a group, if one of its alerts fires. What is told of burning and of budget is of one
/// window.
#[must_use]
pub fn say(one: &Stepped<'_>) -> Option<Saying> {
    let rule = &one.entry.plan.rules[worst(one)?];
    let pace = Pace::of(one.line, rule.long, one.period_minutes);
    let is_spent = pace.remaining.is_some_and(|left| left <= 0.0);
    let whom = one.whom();
    let fires = one.entry.plan.rules.iter().zip(&one.line.alerts);
    Some(Saying {
        severity: match (rule.severity.as_str(), is_spent) {
            ("page", true) => Severity::Critical,
            ("page", false) => Severity::High,
            _ => Severity::Medium,
        },
        title: format!("The error budget of {whom} burns too fast"),
        sentence: pace.sentence(&whom),
        reasons: fires
            .filter(|(_, (firing, _))| *firing)
            .map(|(rule, (_, reason))| format!("{}: {}.", rule.name, why(*reason)))
            .collect(),
    })
}

/// The worst of the rules that fire, by its place.
fn worst(one: &Stepped<'_>) -> Option<usize> {
    let rules = &one.entry.plan.rules;
    let firing = (0..rules.len()).filter(|i| one.line.alerts[*i].0);
    firing.min_by_key(|i| (u8::from(rules[*i].severity != "page"), rules[*i].long))
}

/// A reason in words.
#[must_use]
pub const fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Burning => "both windows burn faster than the threshold",
        Reason::NotLongEnough => "it burns, but not for long enough yet",
        Reason::TooFewBadEvents => "it burns, but of too few bad events to be evidence",
        Reason::Calm => "it burns no faster than the threshold",
        Reason::Frozen => "a window has no events, so the alert stays what it was",
        Reason::NoData => "a window has no events, which is what it waits for",
    }
}
