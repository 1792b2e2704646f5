//! Requests seen lately, by the hash of their bytes.
//!
//! A client that lost our answer sends the same bytes again. Spans and points carry ids and nanosecond
//! times, so equal bytes are the same request: it is acknowledged and not stored a second time.

use std::collections::{HashSet, VecDeque};

/// Hash of a request: 128 bits, so that chance never makes two requests equal.
pub(super) type Fingerprint = u128;

/// Fingerprints remembered: 16 B each in the queue and in the set, about 12 MB with overhead.
const REMEMBERED_MAX: usize = 1 << 18;

/// The fingerprint of a request of one kind.
pub(super) fn fingerprint(kind: u8, body: &[u8]) -> Fingerprint {
    xxhash_rust::xxh3::xxh3_128_with_seed(body, u64::from(kind))
}

/// The latest fingerprints, the oldest forgotten first.
#[derive(Default)]
pub(super) struct Recent {
    order: VecDeque<Fingerprint>,
    known: HashSet<Fingerprint>,
}

impl Recent {
    pub(super) fn contains(&self, fingerprint: Fingerprint) -> bool {
        self.known.contains(&fingerprint)
    }

    pub(super) fn remember(&mut self, fingerprint: Fingerprint) {
        if !self.known.insert(fingerprint) {
            return;
        }
        self.order.push_back(fingerprint);
        if self.order.len() > REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    /// A request that was refused after all.
    pub(super) fn forget(&mut self, fingerprint: Fingerprint) {
        if self.known.remove(&fingerprint) {
            self.order.retain(|known| *known != fingerprint);
        }
    }
}
