//! Which history has to be shown again, and when. Pure.
//!
//! Hours that change within [`RECENT_S`] after they closed are late in the ordinary way: some functions' logs
//! take their time. They wait for an hour, so that one showing serves them all. Older hours change when an
//! outage ends or somebody sends a history at once; they wait until nothing more of it comes.

use std::collections::{HashMap, HashSet};

use crate::detectors::FunctionNo;

/// An hour that closed not longer ago than this changes in the ordinary way, s.
const RECENT_S: u32 = 2 * 3_600;
/// Ordinary lateness waits so long, s.
const ORDINARY_WAIT_S: i64 = 3_600;
/// A history is over when nothing more of it came for this long, s,
const QUIET_S: i64 = 15;
/// and is shown after this time even if more comes, s.
const PATIENCE_S: i64 = 300;
/// More functions than this are not told apart: all history is shown again. Their ids travel in an address
/// of at most 1 MiB.
pub const FUNCTIONS_MAX: usize = 2_000;

/// Functions whose closed hours changed.
#[derive(Debug, Default)]
pub struct Late {
    ordinary: HashMap<FunctionNo, i64>,
    old: HashSet<FunctionNo>,
    too_many: bool,
    first_old_s: Option<i64>,
    last_old_s: i64,
}

impl Late {
    /// An hour of a function changed. `hours_until_s` is the first second of hours that were not shown yet.
    pub fn note(&mut self, function: FunctionNo, hour_s: u32, hours_until_s: u32, now_s: i64) {
        if hour_s >= hours_until_s {
            return; // it will be shown anyway
        }
        if hour_s.saturating_add(RECENT_S) >= hours_until_s {
            self.ordinary.entry(function).or_insert(now_s);
            return;
        }
        match self.old.len() < FUNCTIONS_MAX {
            true => drop(self.old.insert(function)),
            false => self.too_many |= !self.old.contains(&function),
        }
        self.first_old_s.get_or_insert(now_s);
        self.last_old_s = now_s;
    }

    /// All of history changed.
    pub const fn note_all(&mut self, now_s: i64) {
        self.too_many = true;
        if self.first_old_s.is_none() {
            self.first_old_s = Some(now_s);
        }
        self.last_old_s = now_s;
    }

    /// Whose history is to be shown again now, if anybody's: `Some(None)` means everybody's. `watched` is
    /// how many functions there are.
    pub fn due(&mut self, now_s: i64, watched: usize) -> Option<Option<HashSet<FunctionNo>>> {
        let old_is_due = self.first_old_s.is_some_and(|first_s| {
            now_s - self.last_old_s >= QUIET_S || now_s - first_s >= PATIENCE_S
        });
        let ordinary_is_due = self
            .ordinary
            .values()
            .any(|since_s| now_s - since_s >= ORDINARY_WAIT_S);
        if !old_is_due && !ordinary_is_due {
            return None;
        }
        let mut functions = HashSet::new();
        let mut all = false;
        if old_is_due {
            functions = std::mem::take(&mut self.old);
            all = std::mem::take(&mut self.too_many);
            self.first_old_s = None;
        }
        // Those that were late in the ordinary way come along; beyond the bound they wait for the next hour.
        let room = FUNCTIONS_MAX.saturating_sub(functions.len());
        let along: Vec<FunctionNo> = self.ordinary.keys().copied().take(room).collect();
        for function in along {
            self.ordinary.remove(&function);
            functions.insert(function);
        }
        if all || functions.len() * 2 > watched {
            self.ordinary.clear();
            return Some(None);
        }
        Some(Some(functions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: FunctionNo = FunctionNo(0);
    const B: FunctionNo = FunctionNo(1);
    const UNTIL_S: u32 = 1_000 * 3_600;

    #[test]
    fn hours_that_were_not_shown_yet_are_not_late() {
        let mut late = Late::default();
        late.note(A, UNTIL_S, UNTIL_S, 0);
        assert_eq!(late.due(1_000_000, 10), None);
    }

    #[test]
    fn a_history_is_shown_when_it_has_come_whole_or_patience_ends() {
        let mut late = Late::default();
        late.note(A, UNTIL_S - 100 * 3_600, UNTIL_S, 0);
        late.note(A, UNTIL_S - 99 * 3_600, UNTIL_S, 10);
        assert_eq!(late.due(20, 10), None);
        assert_eq!(late.due(25, 10), Some(Some([A].into())));
        assert_eq!(late.due(100, 10), None, "once");
        for now_s in (0..=300).step_by(10) {
            late.note(B, UNTIL_S - 100 * 3_600, UNTIL_S, now_s);
        }
        assert_eq!(late.due(300, 10), Some(Some([B].into())));
    }

    #[test]
    fn ordinary_lateness_waits_an_hour_and_comes_together() {
        let mut late = Late::default();
        late.note(A, UNTIL_S - 3_600, UNTIL_S, 0);
        late.note(B, UNTIL_S - 7_200, UNTIL_S, 3_000);
        assert_eq!(late.due(3_599, 10), None);
        assert_eq!(late.due(3_600, 10), Some(Some([A, B].into())));
    }

    #[test]
    fn where_most_changed_everything_is_shown() {
        let mut late = Late::default();
        late.note(A, 0, UNTIL_S, 0);
        assert_eq!(late.due(60, 1), Some(None));
        late.note_all(100);
        assert_eq!(late.due(120, 1_000), Some(None));
    }
}
