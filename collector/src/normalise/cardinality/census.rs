//! A set of fingerprints that forgets what has not been seen for a while.

/// Fingerprints in open addressing: 8 bytes each, at most three quarters of the places used, so 11 to
/// 21 bytes a member.
///
/// Time passes by [`Self::turn`]. A member that is not seen between two turns is forgotten at the
/// second of them; the lowest bit of a place tells in which of two periods it was seen last.
#[derive(Debug, Default)]
pub(super) struct Census {
    /// A power of two of them, or none; 0 is an empty place.
    places: Vec<u64>,
    members: usize,
    /// 0 or 1, in turns.
    period: u64,
}

/// Set in every fingerprint, so that none looks like an empty place.
const TAKEN: u64 = 2;
const PLACES_MIN: usize = 16;

impl Census {
    /// How many members there are.
    pub(super) fn len(&self) -> usize {
        self.members
    }

    /// Whether the fingerprint is a member, or becomes one because there are fewer than `max`.
    #[inline]
    pub(super) fn admit(&mut self, fingerprint: u64, max: usize) -> bool {
        if self.places.is_empty() {
            if max == 0 {
                return false;
            }
            self.places = vec![0; PLACES_MIN];
        }
        let fingerprint = fingerprint | TAKEN | 1;
        let mask = self.places.len() - 1;
        let mut place = home(fingerprint) & mask;
        loop {
            let found = self.places[place];
            if found | 1 == fingerprint {
                self.places[place] = fingerprint - 1 + self.period;
                return true;
            }
            if found == 0 {
                break;
            }
            place = (place + 1) & mask;
        }
        if self.members >= max {
            return false;
        }
        self.places[place] = fingerprint - 1 + self.period;
        self.members += 1;
        if self.members * 4 > self.places.len() * 3 {
            self.rebuild(self.places.len() * 2, |_| true);
        }
        true
    }

    /// Begins the next period and forgets who was not seen in the one that ends.
    pub(super) fn turn(&mut self) {
        let ending = self.period;
        let staying = self.places.iter();
        let staying = staying
            .filter(|found| **found != 0 && **found & 1 == ending)
            .count();
        let places = match staying {
            0 => 0,
            some => (some * 2).next_power_of_two().max(PLACES_MIN),
        };
        self.rebuild(places, |found| found & 1 == ending);
        self.period = 1 - ending;
    }

    fn rebuild(&mut self, places: usize, stays: impl Fn(u64) -> bool) {
        let old = std::mem::replace(&mut self.places, vec![0; places]);
        self.members = 0;
        for found in old.into_iter().filter(|found| *found != 0 && stays(*found)) {
            let mut place = home(found) & (places - 1);
            while self.places[place] != 0 {
                place = (place + 1) & (places - 1);
            }
            self.places[place] = found;
            self.members += 1;
        }
    }
}

/// The two lowest bits are not the fingerprint's.
#[allow(clippy::cast_possible_truncation)] // only some low bits are used
fn home(fingerprint: u64) -> usize {
    (fingerprint >> 2) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Beside a map that remembers in which period each was seen.
        #[test]
        fn it_is_a_set_that_forgets(
            deeds in proptest::collection::vec((0..40_u64, 0..8_u8), 1..400), max in 0..30_usize,
        ) {
            let (mut census, mut known, mut period) = (Census::default(), HashMap::new(), 0);
            for (number, deed) in deeds {
                if deed == 0 {
                    known.retain(|_, seen| *seen == period);
                    census.turn();
                    period += 1;
                } else {
                    // Many share their home, and differ from others in the low bits only.
                    let fingerprint = (number % 4) << 60 | (number / 4) << 2;
                    let admitted = known.contains_key(&fingerprint) || known.len() < max;
                    prop_assert_eq!(census.admit(fingerprint, max), admitted);
                    if admitted {
                        known.insert(fingerprint, period);
                    }
                }
                prop_assert_eq!(census.len(), known.len());
            }
        }
    }

    #[test]
    fn it_takes_no_more_memory_than_it_says() {
        let mut census = Census::default();
        for number in 0..200_000_u64 {
            assert!(census.admit(number.wrapping_mul(0x9e37_79b9_7f4a_7c15), 200_000));
            let bytes = census.places.len() * 8;
            assert!(bytes <= 22 * census.len() || census.len() < PLACES_MIN);
        }
        assert!(!census.admit(7, 200_000));
        census.turn();
        census.turn();
        assert_eq!((census.len(), census.places.len()), (0, 0));
    }
}
