//! How much of what a function did its spans tell.

use serde_json::{Value, json};
use store::read::function::FactsRow;

use crate::format;

/// The share of known invocations of which a span arrived, 0 to 1; `None` where no platform tells of
/// invocations: then those without a span are not known, and a share of the known ones says nothing.
fn share(facts: &FactsRow) -> Option<f64> {
    (facts.with_platform > 0 && facts.invocations > 0)
        .then(|| facts.with_span as f64 / facts.invocations as f64)
}

/// What the share is and what it means; empty without invocations.
pub(super) fn sentence(facts: &FactsRow) -> String {
    if facts.invocations == 0 {
        return String::new();
    }
    let known = format::counted(facts.invocations, "known invocation", "known invocations");
    if share(facts).is_none() {
        return format!(
            "Coverage is unknown: spans arrived of {known}, but the platform itself told of none, so \
             those that sent no span (timeouts, frozen or killed sandboxes) cannot be seen. Send the \
             platform's logs, too."
        );
    }
    let missing = facts.invocations.saturating_sub(facts.with_span);
    let covered = format::share(facts.with_span, facts.invocations);
    let mut text = format!("Coverage {covered}: spans arrived of {} of {known}", {
        format::count(facts.with_span)
    });
    match missing {
        0 => text.push('.'),
        n => text.push_str(&format!(
            "; {} reconstructed from the platform's report, because no span arrived (timed out, out of \
             memory, frozen before it was sent, or not instrumented).",
            format::counted(n, "is", "are")
        )),
    }
    let untold = facts.invocations.saturating_sub(facts.with_platform);
    if untold > 0 {
        text.push_str(&format!(
            " The platform told of {}: where it is silent, what sent no span is not known.",
            format::count(facts.with_platform)
        ));
    }
    text
}

/// The same for programs.
pub(super) fn json(facts: &FactsRow) -> Value {
    json!({
        "ratio": share(facts),
        "known": facts.invocations,
        "with_span": facts.with_span,
        "told_by_platform": facts.with_platform,
        "throttled": facts.throttled,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(invocations: u64, with_span: u64, with_platform: u64) -> FactsRow {
        FactsRow {
            invocations,
            with_span,
            with_platform,
            ..FactsRow::default()
        }
    }

    fn text(facts: &FactsRow) -> String {
        sentence(facts).replace('\u{a0}', " ")
    }

    #[test]
    fn without_the_platforms_word_coverage_is_unknown_and_not_whole() {
        assert!(text(&of(10, 10, 0)).starts_with("Coverage is unknown"));
        assert_eq!(json(&of(10, 10, 0))["ratio"], Value::Null);
        assert_eq!(sentence(&FactsRow::default()), "");
    }

    #[test]
    fn what_has_no_span_is_told_with_what_it_may_mean() {
        let some = text(&of(10, 8, 10));
        assert!(some.starts_with("Coverage 80 %"), "{some}");
        assert!(
            some.contains("8 of 10 known invocations; 2 are reconstructed"),
            "{some}"
        );
        assert_eq!(json(&of(10, 8, 10))["ratio"], 0.8);
        let all = text(&of(10, 10, 4));
        assert!(
            all.contains("of 10 known invocations. The platform told of 4"),
            "{all}"
        );
    }
}
