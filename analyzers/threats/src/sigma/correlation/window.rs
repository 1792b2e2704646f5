//! What a correlation remembers of one group of events.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::read::{Correlation, Type};

/// Events that one group remembers; with more, the oldest are forgotten.
pub(super) const ENTRIES_MAX: usize = 100_000;

/// The events of one group within the time span.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Window {
    /// In the order of time.
    entries: VecDeque<Entry>,
    /// How often each value stands in the entries, for what counts values.
    values: HashMap<Box<str>, u32>,
    /// How many entries each rule has.
    children: HashMap<usize, u32>,
    /// Whether the condition held after the last event.
    held: bool,
    /// Memory of the entries and their values, about.
    bytes: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    time: i64,
    child: usize,
    value: Option<Box<str>>,
    number: f64,
}

/// What became of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    /// It holds now.
    pub holds: bool,
    /// It did not before.
    pub begins: bool,
}

/// One event for a window.
#[derive(Debug)]
pub(super) struct Arrival {
    pub time: i64,
    pub child: usize,
    pub value: Option<Box<str>>,
    pub number: Option<f64>,
}

impl Window {
    /// Takes an event and says whether the condition holds.
    pub fn add(&mut self, correlation: &Correlation, arrival: Arrival) -> Outcome {
        let newest = arrival.value.clone();
        self.insert(correlation.kind, arrival);
        self.forget(correlation.timespan_ns);
        let holds = self
            .measure(correlation, newest.as_deref())
            .is_some_and(|number| correlation.condition.holds(number));
        let outcome = Outcome {
            holds,
            begins: holds && !self.held,
        };
        self.held = holds;
        if holds && correlation.kind.is_temporal() {
            // Each event completes one match.
            *self = Self::default();
        }
        outcome
    }

    /// The time of the newest event.
    pub fn newest(&self) -> i64 {
        self.entries.back().map_or(i64::MIN, |entry| entry.time)
    }

    /// Memory that it takes, about.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.bytes
    }

    fn insert(&mut self, kind: Type, arrival: Arrival) {
        let number = arrival.number;
        let useful = match kind {
            Type::EventCount | Type::Temporal | Type::TemporalOrdered => true,
            Type::ValueCount | Type::ValueShare => arrival.value.is_some(),
            Type::ValueSum | Type::ValueAverage | Type::ValuePercentile(_) => number.is_some(),
        };
        if !useful {
            return;
        }
        let keeps_value = matches!(kind, Type::ValueCount | Type::ValueShare);
        let value = arrival.value.filter(|_| keeps_value);
        if let Some(value) = &value {
            *self.values.entry(value.clone()).or_default() += 1;
        }
        *self.children.entry(arrival.child).or_default() += 1;
        self.bytes += bytes_of(value.as_deref());
        // A late event stands where its time puts it.
        let at = self
            .entries
            .partition_point(|entry| entry.time <= arrival.time);
        self.entries.insert(
            at,
            Entry {
                time: arrival.time,
                child: arrival.child,
                value,
                number: number.unwrap_or_default(),
            },
        );
    }

    fn forget(&mut self, timespan_ns: i64) {
        let oldest = self.newest().saturating_sub(timespan_ns);
        while self.entries.len() > ENTRIES_MAX
            || self.entries.front().is_some_and(|e| e.time < oldest)
        {
            let Some(entry) = self.entries.pop_front() else {
                return;
            };
            self.bytes -= bytes_of(entry.value.as_deref());
            decrease(&mut self.children, entry.child);
            if let Some(value) = entry.value {
                decrease(&mut self.values, value);
            }
        }
    }

    /// The number that the condition is about; None if there is none.
    fn measure(&self, correlation: &Correlation, newest: Option<&str>) -> Option<f64> {
        let count = self.entries.len();
        let numbers = || self.entries.iter().map(|entry| entry.number);
        Some(match correlation.kind {
            Type::EventCount => count as f64,
            Type::ValueCount => self.values.len() as f64,
            Type::Temporal => self.children.len() as f64,
            Type::TemporalOrdered => self.in_order(correlation.rules.len()) as f64,
            _ if count == 0 => return None,
            Type::ValueSum => numbers().sum(),
            Type::ValueAverage => numbers().sum::<f64>() / count as f64,
            Type::ValuePercentile(percent) => percentile(numbers().collect(), percent),
            Type::ValueShare => {
                let same = self.values.get(newest?).copied().unwrap_or_default();
                100.0 * f64::from(same) / count as f64
            }
        })
    }

    /// How many rules, from the first on, have events one after another.
    fn in_order(&self, rules: usize) -> usize {
        let complete = self.children.len() == rules;
        let mut next = 0;
        for entry in &self.entries {
            next += usize::from(entry.child == next);
            if next == rules || !complete && next > self.children.len() {
                break;
            }
        }
        next
    }
}

/// Memory of an entry; its value stands in the counts too.
fn bytes_of(value: Option<&str>) -> usize {
    size_of::<Entry>() + value.map_or(0, |value| 2 * value.len() + 32)
}

fn decrease<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, u32>, key: K) {
    if let std::collections::hash_map::Entry::Occupied(mut count) = counts.entry(key) {
        *count.get_mut() -= 1;
        if *count.get() == 0 {
            count.remove();
        }
    }
}

/// The value between those that stand nearest to a share of the way, as a straight line.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn percentile(mut numbers: Vec<f64>, percent: f64) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let place = (numbers.len() - 1) as f64 * percent / 100.0;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    numbers[low] + (numbers[high] - numbers[low]) * place.fract()
}
