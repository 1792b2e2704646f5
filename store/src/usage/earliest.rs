//! Which history changed: of each function the earliest hour that was counted anew.

use std::collections::HashMap;

/// Functions remembered. Beyond, all of history is taken to have changed.
const FUNCTIONS_MAX: usize = 200_000;

/// Of each function, named without account ([`crate::model::FunctionId::key`]), the earliest hour that new
/// facts changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earliest {
    hours_s: HashMap<String, u32>,
    /// The earliest hour of all functions that were too many to remember.
    of_all_s: Option<u32>,
}

impl Earliest {
    /// An hour of a function changed.
    pub fn note(&mut self, function_key: &str, hour_s: u32) {
        if let Some(known_s) = self.hours_s.get_mut(function_key) {
            *known_s = hour_s.min(*known_s);
        } else if self.hours_s.len() < FUNCTIONS_MAX {
            self.hours_s.insert(function_key.to_owned(), hour_s);
        } else {
            self.of_all_s = Some(self.of_all_s.map_or(hour_s, |known_s| known_s.min(hour_s)));
        }
    }

    /// Takes what another one noted.
    pub fn merge(&mut self, other: &Self) {
        for (function_key, hour_s) in other.iter() {
            self.note(function_key, hour_s);
        }
        if let Some(hour_s) = other.of_all_s {
            self.of_all_s = Some(self.of_all_s.map_or(hour_s, |known_s| known_s.min(hour_s)));
        }
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hours_s.is_empty() && self.of_all_s.is_none()
    }

    /// Functions with the earliest hour that changed, s since the epoch.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.hours_s
            .iter()
            .map(|(key, hour_s)| (key.as_str(), *hour_s))
    }

    /// The earliest hour of those that were too many to remember.
    #[must_use]
    pub const fn of_all_s(&self) -> Option<u32> {
        self.of_all_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_hour_of_each_function_stays() {
        let mut earliest = Earliest::default();
        for hour_s in [7_200, 3_600, 10_800] {
            earliest.note("aws::eu:a", hour_s);
        }
        assert_eq!(earliest.iter().collect::<Vec<_>>(), [("aws::eu:a", 3_600)]);
        assert_eq!(earliest.of_all_s(), None);
    }
}
