//! Which rules are worth a try for an event: by its source, then by values that a rule cannot do without.

use std::collections::{HashMap, HashSet};

use super::condition::Expression;
use super::detection::{Detection, Test};
use super::event::View;
use super::logsource::LogSource;
use super::matcher::{Ask, Matcher};

/// The rules of a set by what an event must have.
#[derive(Debug, Default)]
pub(super) struct Index {
    groups: Vec<Group>,
}

/// Rules that ask for the same source.
#[derive(Debug)]
struct Group {
    source: LogSource,
    /// For a field, its values (folded) and the rules that need one of them.
    by_value: Vec<(usize, HashMap<String, Vec<usize>>)>,
    /// Rules that must always be tried.
    always: Vec<usize>,
}

impl Index {
    pub fn add(&mut self, rule: usize, source: &LogSource, detection: &Detection) {
        let at = match self.groups.iter().position(|group| group.source == *source) {
            Some(at) => at,
            None => {
                self.groups.push(Group {
                    source: source.clone(),
                    by_value: Vec::new(),
                    always: Vec::new(),
                });
                self.groups.len() - 1
            }
        };
        let group = &mut self.groups[at];
        let Some((field, values)) = needed(&detection.condition, &detection.selections) else {
            group.always.push(rule);
            return;
        };
        let at = match group.by_value.iter().position(|(own, _)| *own == field) {
            Some(at) => at,
            None => {
                group.by_value.push((field, HashMap::new()));
                group.by_value.len() - 1
            }
        };
        for value in values {
            group.by_value[at].1.entry(value).or_default().push(rule);
        }
    }

    /// The rules worth a try for an event, in their order; all if it has no source.
    pub fn candidates(&self, sources: &[LogSource], view: &View<'_>) -> Vec<usize> {
        let mut rules = Vec::new();
        for group in &self.groups {
            if !sources.is_empty() && !sources.iter().any(|source| group.source.covers(source)) {
                continue;
            }
            rules.extend(&group.always);
            for (field, values) in &group.by_value {
                for leaf in &view.field(*field).leaves {
                    rules.extend(values.get(leaf.folded()).into_iter().flatten());
                }
            }
        }
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}

/// A field and the texts of which it must have one, if the condition is ever to hold.
type Need = (usize, HashSet<String>);

fn needed(condition: &Expression, selections: &[Test]) -> Option<Need> {
    match condition {
        Expression::One(number) => needed_by(&selections[*number]),
        Expression::Not(_) | Expression::AtLeast(..) => None,
        Expression::All(parts) => parts
            .iter()
            .filter_map(|part| needed(part, selections))
            .min_by_key(size),
        Expression::Any(parts) => either(parts.iter().map(|part| needed(part, selections))),
    }
}

fn needed_by(test: &Test) -> Option<Need> {
    match test {
        Test::Item(item) => match (&item.field, &item.ask) {
            (Some(field), Ask::Any(matchers)) => match matchers.as_slice() {
                [Matcher::OneOf(texts)] => Some((*field, texts.clone())),
                _ => None,
            },
            _ => None,
        },
        Test::All(tests) => tests.iter().filter_map(needed_by).min_by_key(size),
        Test::Any(tests) => either(tests.iter().map(needed_by)),
    }
}

/// The rarest value is not known; the shortest list is a guess at it.
fn size(need: &Need) -> usize {
    need.1.len()
}

/// What any of several needs: their values together, if they ask for one field.
fn either(needs: impl Iterator<Item = Option<Need>>) -> Option<Need> {
    let mut all: Option<Need> = None;
    for need in needs {
        let (field, values) = need?;
        match &mut all {
            None => all = Some((field, values)),
            Some((own, known)) if *own == field => known.extend(values),
            Some(_) => return None,
        }
    }
    all
}
