//! When new versions are looked at. Pure.
//!
//! Only the newest version of a function is looked at, so there are never more than functions. A certain
//! answer is asked for again at the next look all the same: late facts may change it.

use std::collections::HashMap;

use store::model::UnixNano;

use crate::detectors::FunctionNo;

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 3_600;

/// A version is looked at so long after it came into use, s: early while it may be rolled back at once, then
/// rarely, up to a day after its watch ends, when whatever was late is there.
const LOOKS_S: [i64; 11] = [
    10 * MINUTE_S,
    20 * MINUTE_S,
    30 * MINUTE_S,
    45 * MINUTE_S,
    HOUR_S,
    2 * HOUR_S,
    4 * HOUR_S,
    8 * HOUR_S,
    16 * HOUR_S,
    24 * HOUR_S,
    LAST_S,
];
/// What comes late may say what the last look could not: it is looked again so long after it began to
/// come, s.
const LATE_S: i64 = 120;
/// The last of [`LOOKS_S`].
pub const LAST_S: i64 = 48 * HOUR_S;

/// The versions that are to be looked at.
#[derive(Debug, Default)]
pub struct Schedule(HashMap<FunctionNo, Entry>);

#[derive(Debug)]
struct Entry {
    version: String,
    began_at: UnixNano,
    due_s: i64,
}

/// A look that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The function.
    pub function: FunctionNo,
    /// The version's name.
    pub version: String,
    /// When it came into use.
    pub began_at: UnixNano,
}

impl Schedule {
    /// A version came into use; told again it is looked at again at once. One that is older than the last
    /// look or than the newest of its function is not.
    pub fn add(&mut self, function: FunctionNo, version: &str, began_at: UnixNano, now_s: i64) {
        let began_s = began_at.as_secs();
        let is_newer = |known: &Entry| known.began_at > began_at && known.version != version;
        if began_s + LAST_S <= now_s || self.0.get(&function).is_some_and(is_newer) {
            return;
        }
        let entry = Entry {
            version: version.to_owned(),
            began_at,
            due_s: began_s + LOOKS_S[0],
        };
        self.0.insert(function, entry);
    }

    /// Closed hours of a function changed: a look that is far off comes soon.
    pub fn late(&mut self, function: FunctionNo, now_s: i64) {
        if let Some(entry) = self.0.get_mut(&function) {
            entry.due_s = entry.due_s.min(now_s + LATE_S);
        }
    }

    /// Takes at most `most` looks that are due, those longest due first. Looks that were missed meanwhile are
    /// made by one.
    pub fn due(&mut self, now_s: i64, most: usize) -> Vec<Due> {
        let mut due: Vec<(i64, FunctionNo)> = (self.0.iter())
            .filter(|(_, entry)| entry.due_s <= now_s)
            .map(|(function, entry)| (entry.due_s, *function))
            .collect();
        due.sort_unstable();
        due.truncate(most);
        let looks = due.into_iter().filter_map(|(_, function)| {
            let entry = self.0.get_mut(&function)?;
            let look = Due {
                function,
                version: entry.version.clone(),
                began_at: entry.began_at,
            };
            let began_s = entry.began_at.as_secs();
            match LOOKS_S.iter().find(|look_s| began_s + **look_s > now_s) {
                Some(next_s) => entry.due_s = began_s + next_s,
                None => drop(self.0.remove(&function)),
            }
            Some(look)
        });
        looks.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGAN_S: i64 = 1_000_000;
    const BEGAN: UnixNano = UnixNano::from_secs(BEGAN_S);

    #[test]
    fn a_version_is_looked_at_eleven_times_in_two_days_and_then_forgotten() {
        let mut schedule = Schedule::default();
        schedule.add(FunctionNo(7), "43", BEGAN, BEGAN_S);
        let at = |now_s: i64| (now_s - BEGAN_S) / MINUTE_S;
        let times: Vec<i64> = (0..3 * 1_440)
            .map(|minute| BEGAN_S + minute * MINUTE_S)
            .filter(|now_s| !schedule.due(*now_s, 9).is_empty())
            .map(at)
            .collect();
        let hours = |h: i64| h * 60;
        let later = [1, 2, 4, 8, 16, 24, 48].map(hours);
        assert_eq!(times, [&[10, 20, 30, 45][..], &later].concat());
        assert!(schedule.0.is_empty());
    }

    #[test]
    fn what_comes_late_is_looked_at_soon_and_no_more_often_for_coming_long() {
        let mut schedule = Schedule::default();
        schedule.add(FunctionNo(7), "43", BEGAN, BEGAN_S);
        let now_s = BEGAN_S + 3 * HOUR_S;
        assert_eq!(schedule.due(now_s, 9).len(), 1);
        for second in 0..60 {
            schedule.late(FunctionNo(7), now_s + second);
            schedule.late(FunctionNo(8), now_s + second);
        }
        assert!(schedule.due(now_s + LATE_S - 1, 9).is_empty());
        assert_eq!(schedule.due(now_s + LATE_S, 9).len(), 1);
        assert!(
            schedule.due(BEGAN_S + 4 * HOUR_S - 1, 9).is_empty(),
            "nothing more came"
        );
    }

    #[test]
    fn looks_that_were_missed_are_made_by_one_and_the_longest_due_come_first() {
        let mut schedule = Schedule::default();
        for i in 0..10_000 {
            let began = UnixNano::from_secs(BEGAN_S - i64::from(i % 100));
            schedule.add(FunctionNo(i), "43", began, BEGAN_S);
        }
        let first = schedule.due(BEGAN_S + 3 * HOUR_S, 16);
        assert_eq!(first.len(), 16);
        let oldest = UnixNano::from_secs(BEGAN_S - 99);
        assert!(first.iter().all(|due| due.began_at == oldest));
        let rest = schedule.due(BEGAN_S + 3 * HOUR_S, 20_000);
        assert_eq!(rest.len(), 10_000 - 16, "each once");
        assert_eq!(schedule.due(BEGAN_S + 3 * HOUR_S, 20_000), []);
    }

    #[test]
    fn the_newest_version_is_looked_at_and_told_again_it_is_looked_at_again() {
        let mut schedule = Schedule::default();
        let now_s = BEGAN_S + 5 * HOUR_S;
        let minute_later = UnixNano::from_secs(BEGAN_S + MINUTE_S);
        schedule.add(FunctionNo(1), "43", minute_later, now_s);
        schedule.add(FunctionNo(1), "42", BEGAN, now_s);
        assert_eq!(schedule.due(now_s, 9)[0].version, "43");
        assert_eq!(schedule.due(now_s, 9), []);
        // Its history was shown again; an audit log knows its begin better.
        schedule.add(FunctionNo(1), "43", BEGAN, now_s);
        assert_eq!(schedule.due(now_s, 9)[0].began_at, BEGAN);
        schedule.add(FunctionNo(1), "44", minute_later, now_s);
        assert_eq!(schedule.due(now_s, 9)[0].version, "44");
        schedule.add(FunctionNo(2), "9", BEGAN, BEGAN_S + LAST_S);
        let last = schedule.due(BEGAN_S + LAST_S + MINUTE_S, 9);
        assert_eq!((last.len(), last[0].function), (1, FunctionNo(1)));
        assert_eq!(schedule.due(BEGAN_S + 9 * LAST_S, 9), []);
    }
}
