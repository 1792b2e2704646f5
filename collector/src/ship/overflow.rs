//! What had too many names or series: counted by key, and told in the log once per key, kind and hour.

use super::group::Mill;
use crate::normalise::{Arrival, Overflowed};
use crate::signal::Signal;

impl Mill {
    /// Counts and tells what a request overflowed.
    pub(super) fn tell(&self, signal: Signal, arrival: Arrival, overflowed: &Overflowed) {
        if overflowed.is_empty() && overflowed.news.is_empty() {
            return;
        }
        let keys = &self.counters.keys;
        let key = keys.overflowed(arrival, signal, overflowed);
        for (kind, of) in &overflowed.news {
            let kind = kind.as_str();
            tracing::warn!(
                key, kind, of, %signal,
                "too many for collector.cardinality: new ones are kept as overflow for now"
            );
        }
    }
}
