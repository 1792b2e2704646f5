//! What happened within a window of time, in order, bounded.

use std::collections::{HashSet, VecDeque};
use std::hash::Hash;

use serde::{Deserialize, Serialize};

/// Entries of a sliding window. With more than `max` the oldest go: they count no longer, though what they
/// showed by then was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recent<T> {
    entries: VecDeque<(i64, T)>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
        }
    }
}

impl<T> Recent<T> {
    /// Adds one that happened then; what is late stands where its time puts it.
    pub fn add(&mut self, time_ns: i64, value: T, span_ns: i64, max: usize) {
        let at = self.entries.partition_point(|(time, _)| *time <= time_ns);
        self.entries.insert(at, (time_ns, value));
        self.forget(span_ns, max);
    }

    fn forget(&mut self, span_ns: i64, max: usize) {
        let oldest = self.newest_ns().saturating_sub(span_ns);
        while self.entries.len() > max
            || self.entries.front().is_some_and(|(time, _)| *time < oldest)
        {
            self.entries.pop_front();
        }
    }

    /// When the newest happened.
    pub fn newest_ns(&self) -> i64 {
        self.entries.back().map_or(i64::MIN, |(time, _)| *time)
    }

    /// When the oldest that counts happened.
    pub fn oldest_ns(&self) -> i64 {
        self.entries.front().map_or(i64::MAX, |(time, _)| *time)
    }

    /// In the order of time.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + Clone {
        self.entries.iter().map(|(_, value)| value)
    }

    /// In the order of time, those since then, with their times.
    pub fn since(&self, from_ns: i64) -> impl Iterator<Item = (i64, &T)> {
        let at = self.entries.partition_point(|(time, _)| *time < from_ns);
        self.entries
            .iter()
            .skip(at)
            .map(|(time, value)| (*time, value))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many differ in something.
    pub fn distinct<K: Hash + Eq>(&self, key: impl Fn(&T) -> Option<K>) -> usize {
        self.iter().filter_map(key).collect::<HashSet<K>>().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_entries_stand_at_their_time_and_old_ones_go() {
        let mut recent = Recent::default();
        for time in [10, 30, 20, 35] {
            recent.add(time, time, 20, 100);
        }
        assert_eq!(recent.iter().copied().collect::<Vec<_>>(), [20, 30, 35]);
        recent.add(36, 36, 20, 2);
        assert_eq!(
            (recent.len(), recent.oldest_ns(), recent.newest_ns()),
            (2, 35, 36)
        );
    }
}
