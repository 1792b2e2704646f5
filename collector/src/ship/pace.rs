//! How long a group waits for company: short while ClickHouse has few parts, longer when they pile up.
//!
//! Each insert makes a part, and ClickHouse merges them in the background. Where it falls behind, it delays
//! inserts at 1,000 parts of a partition and refuses them at 3,000. Fewer and bigger inserts are what
//! helps, so they are asked for long before.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::Sink;

/// Up to so many parts of one partition nobody waits longer: ClickHouse merges in its own time.
const CALM_PARTS: u64 = 150;
/// Each so many parts more, groups wait once more the delay of the configuration.
const PARTS_PER_DELAY: u64 = 50;
/// Longest wait, in delays of the configuration: data show late, but they show.
const DELAYS_MAX: u64 = 20;
/// How often the parts are counted; a look costs ClickHouse a millisecond.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The parts of the fullest partition, as they were counted last.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    parts: Arc<AtomicU64>,
}

impl Pace {
    /// How long the first request of a group waits, given the delay of the configuration.
    pub(super) fn delay(&self, configured: Duration) -> Duration {
        configured * u32::try_from(delays(self.parts.load(Relaxed))).unwrap_or(1)
    }

    /// Counts the parts again and again, for as long as anyone else holds this pace.
    pub(super) async fn watch<S: Sink>(self, sink: Arc<S>) {
        while Arc::strong_count(&self.parts) > 1 {
            // A store that is away says nothing of its parts; what was known holds.
            if let Some(parts) = sink.parts_max().await {
                let (before, now) = (self.parts.swap(parts, Relaxed), delays(parts));
                if delays(before) == 1 && now > 1 {
                    tracing::warn!(
                        parts,
                        "ClickHouse has many parts to merge; inserts become fewer and bigger"
                    );
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// How many of the configuration's delays a group waits.
fn delays(parts: u64) -> u64 {
    (1 + parts.saturating_sub(CALM_PARTS) / PARTS_PER_DELAY).min(DELAYS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_wait_longer_the_more_parts_there_are_and_never_without_end() {
        let waits = [0, 150, 199, 200, 300, 1_000, 3_000, u64::MAX].map(delays);
        assert_eq!(waits, [1, 1, 1, 2, 4, 18, 20, 20]);
    }

    #[test]
    fn no_delay_stays_none() {
        let pace = Pace::default();
        pace.parts.store(3_000, Relaxed);
        assert_eq!(pace.delay(Duration::ZERO), Duration::ZERO);
        assert_eq!(pace.delay(Duration::from_secs(1)), Duration::from_secs(20));
    }
}
