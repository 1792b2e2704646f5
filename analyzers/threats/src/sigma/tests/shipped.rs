//! The rules that ship, each with the events beside it.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use super::super::files::{self, Source};
use super::super::{Aliases, RuleSet};
use super::correlated;

/// `<rule>.test.yml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Cases {
    /// Events of the rule's source that it must match.
    matches: Vec<Value>,
    /// Events that it must not match.
    misses: Vec<Value>,
    /// For correlations.
    sequences: Vec<Sequence>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sequence {
    events: Vec<Value>,
    /// The numbers of the events, from 0, that complete a correlation of the file.
    completes: Vec<usize>,
}

fn shipped() -> Vec<Source> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/sigma");
    let sources = files::read(&folder).expect("readable");
    sources
        .into_iter()
        .filter(|source| !source.file.ends_with("aliases.yaml"))
        .collect()
}

#[test]
fn each_shipped_rule_does_what_the_events_beside_it_say() {
    let aliases = Aliases::shipped().expect("sound");
    for source in shipped() {
        let file = source.file.clone();
        let path = file.replace(".yml", ".test.yml");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let cases: Cases =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let set = RuleSet::build(&[source], Some(&aliases))
            .unwrap_or_else(|faults| panic!("{faults:#?}"));
        let rule = &set.rules()[0];
        let matches = |event: &Value| {
            !set.matches(std::slice::from_ref(&rule.source), event)
                .rules
                .is_empty()
        };
        for event in &cases.matches {
            assert!(matches(event), "{file} should match {event}");
        }
        for event in &cases.misses {
            assert!(!matches(event), "{file} should not match {event}");
        }
        for sequence in &cases.sequences {
            let told = correlated(&set, &sequence.events);
            let numbers: Vec<usize> = told.into_iter().map(|(number, _)| number).collect();
            assert_eq!(
                numbers, sequence.completes,
                "{file}: {}",
                sequence.events[0]
            );
        }
        let single = !cases.matches.is_empty() && !cases.misses.is_empty();
        let several = cases.sequences.iter().any(|s| s.completes.is_empty())
            && cases.sequences.iter().any(|s| !s.completes.is_empty());
        assert!(single || several, "{path}: events of both kinds are needed");
    }
}

#[test]
fn all_rules_together_match_what_each_of_them_does() {
    let aliases = Aliases::shipped().expect("sound");
    let set = RuleSet::shipped(Some(&aliases)).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let mut found = 0;
    for source in shipped() {
        let path = source.file.replace(".yml", ".test.yml");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let cases: Cases = serde_saphyr::from_str(&text).expect("sound");
        for event in cases.matches.iter().chain(&cases.misses) {
            let own: Vec<_> = set.rules().iter().map(|rule| &rule.source).collect();
            for sources in own
                .iter()
                .map(|own| std::slice::from_ref(*own))
                .chain([&[][..]])
            {
                let matched = set.matches(sources, event).rules;
                assert_eq!(
                    matched,
                    set.matches_of_all(sources, event),
                    "{path}: {event}"
                );
                found += matched.len();
            }
        }
    }
    assert!(found > 100);
}

#[test]
fn shipped_rules_say_what_they_find_why_and_how_grave_it_is() {
    let set = RuleSet::shipped(None).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let correlations = set.correlations().iter().map(|c| (&c.header, c.told));
    let rules = set.rules().iter().map(|rule| (&rule.header, rule.told));
    let mut told_of = 0;
    for (header, told) in rules.chain(correlations) {
        let title = &header.title;
        assert!(
            header.id.as_ref().is_some_and(|id| id.len() == 36),
            "{title}"
        );
        assert!(header.level.is_some(), "{title}");
        if told {
            told_of += 1;
            assert!(
                header
                    .description
                    .as_ref()
                    .is_some_and(|text| text.len() > 40),
                "{title}"
            );
            assert!(
                header.tags.iter().any(|tag| tag.starts_with("attack.t")),
                "{title}"
            );
            assert!(!header.falsepositives.is_empty(), "{title}");
        }
    }
    let files = shipped().len();
    assert!(told_of >= files, "{told_of} of {files} files");
}
