//! What is remembered by key, bounded so that nobody can have it forgotten.
//!
//! A stranger chooses his addresses and names, so he can bring as many keys as he likes. If the oldest were
//! forgotten, a flood of new addresses would blind the detectors to the one that attacks. Here the **least
//! suspicious** go first: keys are ranked by what speaks against them (failed logins, missing pages), then by
//! age. To push out an address with thirty failed logins one has to bring the whole table's size of addresses
//! with more, each of which is found itself. What counts over all keys together (a function's failed logins,
//! its rate) is kept apart from the table and loses nothing.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// Keys are looked through for old ones so often.
const EXPIRE_NS: i64 = 60 * 1_000_000_000;

/// Something that is kept by key.
pub trait Ranked {
    /// How much speaks against it: keys with less are forgotten first.
    fn suspicion(&self) -> u32;
    /// When it was heard of last, nanoseconds.
    fn newest_ns(&self) -> i64;
}

/// Values by key, at most so many.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Table<T> {
    entries: HashMap<String, T>,
    max: usize,
    /// Keys older than this were forgotten last.
    expired_ns: i64,
}

impl<T: Ranked + Default> Table<T> {
    /// For at most `max` keys.
    pub fn new(max: usize) -> Self {
        Self {
            entries: HashMap::new(),
            max,
            expired_ns: i64::MIN,
        }
    }

    /// The value of a key, made if it is new.
    pub fn entry(&mut self, key: &str) -> &mut T {
        if !self.entries.contains_key(key) {
            if self.entries.len() >= self.max {
                self.forget();
            }
            self.entries.insert(key.to_owned(), T::default());
        }
        self.entries.entry(key.to_owned()).or_default()
    }

    /// The value of a key, if it is known.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.entries.get(key)
    }

    /// Keys and values, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &T)> {
        self.entries.iter()
    }

    /// Forgets keys that were not heard of since; once a minute at most, for it walks over all.
    pub fn expire(&mut self, before_ns: i64) {
        if before_ns < self.expired_ns.saturating_add(EXPIRE_NS) {
            return;
        }
        self.expired_ns = before_ns;
        self.entries
            .retain(|_, value| value.newest_ns() >= before_ns);
    }

    /// Forgets the half that is least suspicious.
    fn forget(&mut self) {
        let rank = |value: &T| (value.suspicion(), value.newest_ns());
        let mut ranks: Vec<_> = self.entries.values().map(rank).collect();
        if ranks.is_empty() {
            return;
        }
        let middle = ranks.len() / 2;
        let (_, limit, _) = ranks.select_nth_unstable(middle);
        let limit = *limit;
        self.entries.retain(|_, value| rank(value) > limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Failures(u32, i64);

    impl Ranked for Failures {
        fn suspicion(&self) -> u32 {
            self.0
        }
        fn newest_ns(&self) -> i64 {
            self.1
        }
    }

    #[test]
    fn a_flood_of_new_keys_does_not_push_out_a_suspicious_one() {
        let mut table = Table::new(100);
        *table.entry("attacker") = Failures(30, 0);
        for number in 0..10_000 {
            *table.entry(&format!("new {number}")) = Failures(1, i64::from(number));
        }
        assert!(table.iter().count() <= 100);
        assert_eq!(table.get("attacker").map(|known| known.0), Some(30));
    }
}
