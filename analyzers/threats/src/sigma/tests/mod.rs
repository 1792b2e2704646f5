//! Rules and events, as users write them.

mod conditions;
mod correlations;
mod faults;
mod fields;
mod modifiers;
mod properties;
mod shipped;

use serde_json::Value;

use super::files::Source;
use super::{Correlator, Fault, LogSource, RuleSet};

/// The set of these documents.
fn build(text: &str) -> Result<RuleSet, Vec<Fault>> {
    let source = Source {
        file: "rules/a.yml".to_owned(),
        text: text.to_owned(),
    };
    RuleSet::build(&[source], None)
}

fn set(text: &str) -> RuleSet {
    build(text).unwrap_or_else(|faults| panic!("{faults:#?}\n{text}"))
}

/// A rule with this detection, indented by two spaces.
fn rule(detection: &str) -> String {
    format!("title: a rule\nlogsource: {{product: any}}\ndetection:\n{detection}\n")
}

/// Whether a rule with this detection matches an event.
fn holds(detection: &str, event: &Value) -> bool {
    !set(&rule(detection)).matches(&[], event).rules.is_empty()
}

/// Whether a selection of one line, as `field|contains: x`, matches an event.
fn selects(line: &str, event: &Value) -> bool {
    holds(
        &format!("  selection:\n    {line}\n  condition: selection"),
        event,
    )
}

/// The faults of a detection, without their places.
fn reasons(detection: &str) -> Vec<String> {
    let faults = build(&rule(detection)).expect_err(detection);
    faults.into_iter().map(|fault| fault.reason).collect()
}

/// What correlations tell of events, in their order: the event's number and the correlation's label.
fn correlated(set: &RuleSet, events: &[Value]) -> Vec<(usize, String)> {
    let mut correlator = Correlator::default();
    let mut told = Vec::new();
    for (number, event) in events.iter().enumerate() {
        for hit in set.matches(&[], event).hits {
            let completed = correlator.add(set, &hit);
            told.extend(
                completed
                    .iter()
                    .map(|c| (number, c.header.label().to_owned())),
            );
        }
    }
    told
}

#[test]
fn rules_are_told_by_what_they_ask_of_the_source() {
    let set = set(
        "title: trail\nid: one\nlogsource: {product: aws, service: cloudtrail}\n\
                   detection: {s: {a: 1}, condition: s}\n---\n\
                   title: web\nlogsource: {category: webserver}\ndetection: {s: {a: 1}, condition: s}\n",
    );
    let event = serde_json::json!({"a": 1});
    let of = |category: &str, product: &str, service: &str| -> Vec<String> {
        let source = LogSource::new(Some(category), Some(product), Some(service));
        let matched = set.matches(&[source], &event);
        matched
            .rules
            .iter()
            .map(|rule| rule.header.label().to_owned())
            .collect()
    };
    assert_eq!(of("", "AWS", "cloudtrail"), ["one", "web"]);
    assert_eq!(of("proxy", "aws", "cloudtrail"), ["one"]);
    assert_eq!(of("webserver", "", ""), ["web"]);
    assert_eq!(
        set.matches(&[], &event).rules.len(),
        2,
        "nothing is known of it"
    );
}
