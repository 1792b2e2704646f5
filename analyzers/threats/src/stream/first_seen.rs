//! Exact sets of what was seen before, which know when they know enough.
//!
//! "Never seen before" is only news where new things are rare. How likely the next observation is a new
//! value is estimated as Good and Turing did: by the share of values that were seen just once. A set speaks
//! when that chance is small **and** nothing new came for the whole warm-up; a function that calls another
//! customer's webhook each hour never settles, and never alarms. Nor does one that shows something rare
//! every few days: without a deploy nothing new may have come for a third of the time that is known, so that
//! the same slow trickle is told some times and then no more.
//!
//! What raised a finding is not learnt for a day, so that an attack does not become its own baseline; what
//! comes with a deploy is learnt at once.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// Values of one set. A set with more of them is one that never settles.
pub const VALUES_MAX: usize = 256;
/// Values that were found new and are not learnt yet.
const SUSPECTS_MAX: usize = 64;
/// So long a new value stays news.
const SUSPECT_NS: i64 = 86_400 * 1_000_000_000;
/// Greatest chance of a new value at which one is news.
const CHANCE_MAX: f64 = 1.0 / 40.0;
/// The time since something came that no deploy explains, at least such a part of all the time that is known.
const QUIET_PART: i64 = 3;

/// What a set says of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newness {
    /// It was seen before.
    Known,
    /// It is new, but so much is.
    Learning,
    /// It is new, and nothing was for long.
    New {
        /// Values known.
        known: usize,
        /// Observations they were known by.
        seen: u64,
        /// How long nothing was new, nanoseconds.
        quiet_ns: i64,
    },
}

/// Values and how often each was seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FirstSeen {
    values: HashMap<String, u32>,
    suspects: HashMap<String, i64>,
    seen: u64,
    once: u32,
    /// When the first value came, None before.
    first_ns: Option<i64>,
    /// When a value was learnt last,
    newest_ns: i64,
    /// and when the last one that no deploy explains.
    stray_ns: i64,
    full: bool,
}

impl FirstSeen {
    /// Looks at a value. With `learn` it is learnt whatever it is: a deploy has just brought it, or nobody
    /// could know better.
    pub fn see(&mut self, value: &str, now_ns: i64, warm_up_ns: i64, learn: bool) -> Newness {
        if let Some(count) = self.values.get_mut(value) {
            self.seen += 1;
            self.once -= u32::from(*count == 1);
            *count = count.saturating_add(1);
            return Newness::Known;
        }
        let quiet_ns = now_ns - self.newest_ns;
        let chance = (f64::from(self.once) + 1.0) / (self.seen as f64 + 1.0);
        let settled =
            chance <= CHANCE_MAX && quiet_ns >= warm_up_ns && self.is_calm(now_ns) && !self.full;
        let since = self.suspects.get(value).copied();
        let old = since.is_some_and(|since| now_ns - since > SUSPECT_NS);
        if learn || old || !(settled || since.is_some()) {
            self.learn(value, now_ns);
            if !learn {
                self.stray_ns = self.stray_ns.max(now_ns);
            }
            return Newness::Learning;
        }
        if since.is_none() && self.suspects.len() >= SUSPECTS_MAX {
            return Newness::Learning;
        }
        self.suspects.entry(value.to_owned()).or_insert(now_ns);
        Newness::New {
            known: self.values.len(),
            seen: self.seen,
            quiet_ns,
        }
    }

    /// Whether a value was learnt.
    pub fn knows(&self, value: &str) -> bool {
        self.values.contains_key(value)
    }

    /// How many observations it is made of.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// How many values were learnt.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether nothing unexplained came for long enough, by all that is known.
    fn is_calm(&self, now_ns: i64) -> bool {
        let known_ns = now_ns - self.first_ns.unwrap_or(now_ns);
        now_ns - self.stray_ns >= known_ns / QUIET_PART
    }

    fn learn(&mut self, value: &str, now_ns: i64) {
        self.seen += 1;
        self.first_ns.get_or_insert(now_ns);
        self.suspects.remove(value);
        self.newest_ns = self.newest_ns.max(now_ns);
        if self.values.len() < VALUES_MAX {
            self.values.insert(value.to_owned(), 1);
            self.once += 1;
        } else {
            self.full = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;
    const WARM: i64 = 180 * S;

    #[test]
    fn a_new_value_is_news_after_long_sameness_only() {
        let mut set = FirstSeen::default();
        assert_eq!(set.see("a", 0, WARM, false), Newness::Learning);
        for second in 1..200 {
            let newness = set.see("a", second * S, WARM, false);
            assert_eq!(newness, Newness::Known);
        }
        let new = Newness::New {
            known: 1,
            seen: 200,
            quiet_ns: 200 * S,
        };
        assert_eq!(set.see("evil", 200 * S, WARM, false), new);
        assert!(
            matches!(set.see("evil", 201 * S, WARM, false), Newness::New { .. }),
            "not learnt"
        );
        assert_eq!(
            set.see("b", 202 * S, WARM, true),
            Newness::Learning,
            "a deploy brought it"
        );
        assert_eq!(
            set.see("c", 203 * S, WARM, false),
            Newness::Learning,
            "there was news just now"
        );
    }

    #[test]
    fn a_slow_trickle_is_told_some_times_and_then_no_more() {
        let mut set = FirstSeen::default();
        let (mut told, hour) = (0, 3_600 * S);
        for passed in 0..60 * 24_i64 {
            set.see("usual", passed * hour, WARM, false);
            // Every two days something rare, which goes on to come.
            for rare in 1..=passed / 48 {
                let is_first = passed == rare * 48;
                let comes = is_first || (passed - rare * 48) % 25 == 0;
                let newness =
                    comes.then(|| set.see(&format!("{rare}"), passed * hour, WARM, false));
                told += u32::from(is_first && matches!(newness, Some(Newness::New { .. })));
            }
        }
        assert!((1..=6).contains(&told), "{told} of 29");
    }

    #[test]
    fn where_much_is_new_nothing_is_news() {
        let mut set = FirstSeen::default();
        for second in 0..600 {
            let host = format!("customer {}", second / 10);
            let newness = set.see(&host, second * S, WARM, false);
            assert!(!matches!(newness, Newness::New { .. }));
        }
    }
}
