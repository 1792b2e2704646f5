//! Up to where a table was read: which of its inserts were taken.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::read::arrivals::{INSERTS_MAX, Insert};

/// An insert becomes visible so long after the time it bears, at most, s; its rows are looked for as long.
const MARGIN_S: u32 = 300;
/// At the first start so much is read, s: enough to know what is usual.
const FIRST_S: u32 = 900;
/// After a longer stop what is older is left out, s: nobody is helped by yesterday's scan today.
const BACK_MAX_S: u32 = 86_400;
/// Rows of the inserts that are taken together, about.
const ROWS_MAX: u64 = 100_000;

/// What was read of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// Time of the newest insert that was taken, s since the epoch.
    newest_s: u32,
    /// Inserts taken within the margin, and their times.
    taken: BTreeMap<u64, u32>,
}

impl Cursor {
    /// Since when inserts have to be looked for.
    pub(super) fn since_s(&self, now_s: u32) -> u32 {
        match self.newest_s {
            0 => now_s.saturating_sub(FIRST_S),
            newest => newest
                .saturating_sub(MARGIN_S)
                .max(now_s.saturating_sub(BACK_MAX_S)),
        }
    }

    /// Of these inserts, the ones to be read now: new ones, the oldest first, as many as a turn can take. And
    /// whether more wait.
    pub(super) fn choose(&self, inserts: &[Insert]) -> (Vec<Insert>, bool) {
        let (mut chosen, mut rows) = (Vec::new(), 0);
        let new = inserts
            .iter()
            .filter(|insert| !self.taken.contains_key(&insert.insert_id));
        let mut more = inserts.len() >= INSERTS_MAX as usize;
        for insert in new {
            if rows > 0 && rows + insert.rows > ROWS_MAX {
                more = true;
                break;
            }
            rows += insert.rows;
            chosen.push(insert.clone());
        }
        (chosen, more)
    }

    /// These were read.
    pub(super) fn take(&mut self, inserts: &[Insert]) {
        for insert in inserts {
            self.taken.insert(insert.insert_id, insert.at_s);
            self.newest_s = self.newest_s.max(insert.at_s);
        }
        let oldest_s = self.newest_s.saturating_sub(2 * MARGIN_S);
        self.taken.retain(|_, at_s| *at_s >= oldest_s);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(insert_id: u64, at_s: u32, rows: u64) -> Insert {
        Insert {
            insert_id,
            at_s,
            rows,
        }
    }

    #[test]
    fn each_insert_is_taken_once_even_if_it_shows_late() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.since_s(10_000), 9_100);
        let first = [insert(1, 9_990, 10), insert(2, 9_995, 10)];
        let (chosen, more) = cursor.choose(&first);
        assert_eq!((chosen.len(), more), (2, false));
        cursor.take(&chosen);
        let since_s = cursor.since_s(10_000);
        assert!(since_s < 9_970, "an insert of that time may still show");
        let (chosen, _) = cursor.choose(&[insert(3, 9_970, 5), insert(1, 9_990, 10)]);
        assert_eq!(chosen, [insert(3, 9_970, 5)]);
    }

    #[test]
    fn a_turn_takes_no_more_than_it_can_and_at_least_one() {
        let cursor = Cursor::default();
        let inserts = [insert(1, 1, 3 * ROWS_MAX), insert(2, 2, 1)];
        let (chosen, more) = cursor.choose(&inserts);
        assert_eq!((chosen.len(), more), (1, true));
    }
}
