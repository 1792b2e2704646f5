//! Inhibition: while a source alert fires, its targets are not told of.

use std::collections::{BTreeSet, HashMap};

use store::model::UnixNano;

use crate::config::InhibitRule;
use crate::model::{Alert, Fingerprint, Labels};

/// The rules, and which alerts may be sources of each.
#[derive(Clone, Debug, Default)]
pub struct Inhibitor {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    rule: InhibitRule,
    /// Sources by what they must share with their targets, so that a target finds its own at once.
    sources: HashMap<Vec<String>, BTreeSet<Fingerprint>>,
}

/// Who inhibits, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inhibited {
    /// The rule's place in the file, from 0.
    pub rule: usize,
    /// The alert that fires.
    pub source: Fingerprint,
}

impl Inhibitor {
    /// With the rules of a configuration and no sources yet.
    #[must_use]
    pub fn new(rules: &[InhibitRule]) -> Self {
        let rules = rules.iter().cloned().map(|rule| Rule {
            rule,
            sources: HashMap::new(),
        });
        Self {
            rules: rules.collect(),
        }
    }

    /// Takes note of an alert that may be a source.
    pub fn add(&mut self, alert: &Alert) {
        for Rule { rule, sources } in &mut self.rules {
            if rule.source.matches(&alert.labels) {
                let shared = shared(rule, &alert.labels);
                sources.entry(shared).or_default().insert(alert.fingerprint);
            }
        }
    }

    /// Forgets an alert.
    pub fn remove(&mut self, alert: &Alert) {
        for Rule { rule, sources } in &mut self.rules {
            let shared = shared(rule, &alert.labels);
            if let Some(same) = sources.get_mut(&shared) {
                same.remove(&alert.fingerprint);
                if same.is_empty() {
                    sources.remove(&shared);
                }
            }
        }
    }

    /// The first rule and source that inhibit alerts of these labels at `now`. An alert that matches both
    /// sides of a rule is not inhibited by another that does too, or two of them would silence each other.
    #[must_use]
    pub fn inhibits<'a>(
        &self,
        labels: &Labels,
        now: UnixNano,
        alert: impl Fn(Fingerprint) -> Option<&'a Alert>,
    ) -> Option<Inhibited> {
        self.rules
            .iter()
            .enumerate()
            .find_map(|(nth, Rule { rule, sources })| {
                if !rule.target.matches(labels) {
                    return None;
                }
                let both = rule.source.matches(labels);
                let inhibits = |source: &&Fingerprint| {
                    alert(**source).is_some_and(|source| {
                        !source.resolved_at(now) && !(both && rule.target.matches(&source.labels))
                    })
                };
                let source = sources.get(&shared(rule, labels))?.iter().find(inhibits)?;
                Some(Inhibited {
                    rule: nth,
                    source: *source,
                })
            })
    }
}

/// The values that source and target must share; absent is the same as empty.
fn shared(rule: &InhibitRule, labels: &Labels) -> Vec<String> {
    let names = rule.equal.iter();
    names.map(|name| labels.value(name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matchers::parse;

    fn labels(text: &str) -> Labels {
        let words = text.split_whitespace();
        words.filter_map(|word| word.split_once('=')).collect()
    }

    fn alert(text: &str, ends_at: i64) -> Alert {
        let labels = labels(text);
        Alert {
            fingerprint: labels.fingerprint(),
            labels,
            annotations: Labels::default(),
            starts_at: UnixNano(0),
            ends_at: UnixNano(ends_at),
            generator_url: String::new(),
            updated_at: UnixNano(0),
            timeout: false,
        }
    }

    fn rule(source: &str, target: &str, equal: &[&str]) -> InhibitRule {
        InhibitRule {
            name: String::new(),
            source: parse(source).expect(source).into_iter().collect(),
            target: parse(target).expect(target).into_iter().collect(),
            equal: equal.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn targets_are_muted_while_a_source_fires_that_shares_what_it_must() {
        let rules = [
            rule("sev=critical", "sev=~warning|info", &["app", "zone"]),
            rule("kind=~.+", "kind=~.+", &[]),
        ];
        for (sources, target, want) in [
            ("sev=critical app=a", "sev=warning app=a", true),
            ("sev=critical app=a", "sev=warning app=b", false),
            ("sev=critical app=a", "sev=error app=a", false),
            ("sev=critical", "sev=info", true), // absent is the same as absent
            ("sev=critical zone=1", "sev=info", false),
            ("kind=x app=1", "kind=y app=2", false), // both match both sides
            (
                "sev=critical app=b; sev=critical app=a",
                "sev=info app=a",
                true,
            ),
        ] {
            let alerts: Vec<Alert> = sources.split(';').map(|text| alert(text, 10)).collect();
            let mut inhibitor = Inhibitor::new(&rules);
            alerts.iter().for_each(|alert| inhibitor.add(alert));
            let find = |fp: Fingerprint| alerts.iter().find(|alert| alert.fingerprint == fp);
            let muted = |now: i64| inhibitor.inhibits(&labels(target), UnixNano(now), find);
            assert_eq!(muted(9).is_some(), want, "{sources} mutes {target}");
            assert_eq!(muted(10), None, "resolved sources mute nothing");
            alerts.iter().for_each(|alert| inhibitor.remove(alert));
            assert_eq!(inhibitor.inhibits(&labels(target), UnixNano(9), find), None);
        }
    }
}
