//! Correlations at work: hits of rules in, matches of correlations out.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::super::set::RuleSet;
use super::read::Correlation;
use super::window::{Arrival, Outcome, Window};

/// Groups that all correlations together remember; with more, those that are silent longest are forgotten.
const GROUPS_MAX: usize = 100_000;
/// Memory of all groups, about; with more, the same.
const BYTES_MAX: usize = 256 << 20;

/// Of this memory so much is saved, about: the groups that were heard of last.
const SAVED_BYTES_MAX: usize = 16 << 20;

/// A match of a rule, with what correlations need of its event.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The rule's number in its set.
    pub rule: usize,
    /// When the event happened, in nanoseconds since 1970, if it says.
    pub time: Option<i64>,
    /// In the order of the rule's tracks.
    pub(in super::super) facts: Vec<Fact>,
}

/// What an event says to one correlation.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Fact {
    /// The fields to group by; None if one is not there: the event is then in no group.
    pub group: Option<Box<str>>,
    /// The fields that are counted.
    pub value: Option<Box<str>>,
    /// The field as a number.
    pub number: Option<f64>,
}

/// What the correlations of a set remember.
#[derive(Debug, Default)]
pub struct Correlator {
    windows: HashMap<(usize, Box<str>), Window>,
    /// Memory of the windows and their keys, about.
    bytes: usize,
    /// Time of the newest hit; an event that does not say when it happened happened then.
    now: i64,
}

/// What a [`Correlator`] remembers, to be saved.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Memory {
    /// By the label of a correlation, how many rules it has, and a group.
    groups: Vec<(String, usize, Box<str>, Window)>,
    now: i64,
}

impl Correlator {
    /// What it remembers of a set's correlations, the newest of it.
    pub fn memory(&self, set: &RuleSet) -> Memory {
        let mut all: Vec<_> = self.windows.iter().collect();
        all.sort_by_key(|(_, window)| std::cmp::Reverse(window.newest()));
        let mut bytes = 0;
        let groups = all.into_iter().take_while(|((_, group), window)| {
            bytes += group.len() + window.bytes();
            bytes <= SAVED_BYTES_MAX
        });
        let groups = groups.map(|((number, group), window)| {
            let correlation = &set.correlations()[*number];
            let label = correlation.header.label().to_owned();
            (
                label,
                correlation.rules.len(),
                group.clone(),
                window.clone(),
            )
        });
        Memory {
            groups: groups.collect(),
            now: self.now,
        }
    }

    /// With what was remembered of those correlations that the set still has.
    pub fn remembering(set: &RuleSet, memory: Memory) -> Self {
        let correlations = set.correlations().iter().enumerate();
        let numbers: HashMap<(&str, usize), usize> = correlations
            .map(|(number, one)| ((one.header.label(), one.rules.len()), number))
            .collect();
        let groups = memory.groups.into_iter();
        let windows: HashMap<_, _> = groups
            .filter_map(|(label, rules, group, window)| {
                let number = numbers.get(&(label.as_str(), rules))?;
                Some(((*number, group), window))
            })
            .collect();
        let bytes = |(key, window): (&(usize, Box<str>), &Window)| key.1.len() + window.bytes();
        Self {
            bytes: windows.iter().map(bytes).sum(),
            windows,
            now: memory.now,
        }
    }

    /// Takes a hit; the correlations of the set that it completes. One that goes on to hold with the next
    /// events of its group is not told again until it has ceased to hold.
    pub fn add<'a>(&mut self, set: &'a RuleSet, hit: &Hit) -> Vec<&'a Correlation> {
        let time = hit.time.unwrap_or(self.now);
        self.now = self.now.max(time);
        let mut outcomes: HashMap<usize, Outcome> = HashMap::new();
        let mut told = Vec::new();
        for (track, fact) in set.tracks(hit.rule).iter().zip(&hit.facts) {
            let correlation = &set.correlations()[track.correlation];
            let passed = match track.through {
                None => true,
                Some(inner) => outcomes.get(&inner).is_some_and(|outcome| {
                    // A sequence goes on from a state, a count from its beginning.
                    match correlation.kind.is_temporal() {
                        true => outcome.holds,
                        false => outcome.begins,
                    }
                }),
            };
            let Some(group) = fact.group.as_ref().filter(|_| passed) else {
                continue;
            };
            let arrival = Arrival {
                time,
                child: track.child,
                value: fact.value.clone(),
                number: fact.number,
            };
            let key = (track.correlation, group.clone());
            let key_bytes = key.1.len();
            let known = self.windows.contains_key(&key);
            let window = self.windows.entry(key).or_default();
            let before = if known { window.bytes() + key_bytes } else { 0 };
            let outcome = window.add(correlation, arrival);
            self.bytes = self.bytes - before + window.bytes() + key_bytes;
            if outcome.begins && correlation.told {
                told.push(correlation);
            }
            outcomes.insert(track.correlation, outcome);
        }
        if self.windows.len() > GROUPS_MAX || self.bytes > BYTES_MAX {
            self.forget();
        }
        told
    }

    /// Forgets the half of the groups that are silent longest.
    fn forget(&mut self) {
        let mut times: Vec<i64> = self.windows.values().map(Window::newest).collect();
        let middle = times.len() / 2;
        let (_, limit, _) = times.select_nth_unstable(middle);
        let limit = *limit;
        self.windows.retain(|_, window| window.newest() > limit);
        let bytes = |(key, window): (&(usize, Box<str>), &Window)| key.1.len() + window.bytes();
        self.bytes = self.windows.iter().map(bytes).sum();
    }
}
