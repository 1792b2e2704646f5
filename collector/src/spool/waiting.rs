//! What is kept and not yet stored: how many requests, how many bytes, and since when.
//!
//! One mark per request, in the order of positions. When a long absence of the store makes more than
//! [`MARKS_MAX`], a mark stands for two neighbours, then for four, and so on: such a stretch counts as
//! waiting until all of it is stored, so the numbers err towards more and older, by one stretch of
//! some 2,000 at most, never towards less.

use std::collections::VecDeque;

use store::model::UnixNano;

/// Most marks: 4096 × 40 B are 160 kB per signal.
const MARKS_MAX: usize = 4096;

/// What waits, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Requests.
    pub requests: u64,
    /// Their bytes on disk.
    pub bytes: u64,
    /// When the oldest of them was received.
    pub oldest: Option<UnixNano>,
    /// When something was stored the last time in this process.
    pub last_stored: Option<UnixNano>,
    /// How long the oldest request of what was stored last had waited, ms.
    pub last_delay_ms: Option<u64>,
}

/// One request, or neighbours put together.
#[derive(Clone, Copy, Debug)]
struct Mark {
    /// Position behind it.
    end: u64,
    requests: u64,
    bytes: u64,
    received: UnixNano,
}

/// Keeps count. Fed by the writer (what was kept) and by the ledger (what was stored).
#[derive(Debug)]
pub(super) struct Tally {
    marks: VecDeque<Mark>,
    /// Requests that one mark stands for.
    span: u64,
    sum: Waiting,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            marks: VecDeque::new(),
            span: 1,
            sum: Waiting::default(),
        }
    }
}

impl Mark {
    /// Puts `next`, which follows, into the same mark.
    fn add(&mut self, next: Self) {
        self.end = next.end;
        self.requests += next.requests;
        self.bytes += next.bytes;
        self.received = self.received.min(next.received);
    }
}

impl Tally {
    /// A request of `bytes` on disk, which end at `end`, was kept.
    pub(super) fn kept(&mut self, end: u64, bytes: u64, received: UnixNano) {
        self.sum.requests += 1;
        self.sum.bytes += bytes;
        let mark = Mark {
            end,
            requests: 1,
            bytes,
            received,
        };
        match self.marks.back_mut() {
            Some(last) if last.requests < self.span => last.add(mark),
            _ => self.marks.push_back(mark),
        }
        if self.marks.len() > MARKS_MAX {
            self.thin();
        }
    }

    /// Everything before position `to` is stored, as of `now`.
    pub(super) fn stored(&mut self, to: u64, now: UnixNano) {
        let mut oldest: Option<UnixNano> = None;
        while let Some(mark) = self.marks.front().filter(|mark| mark.end <= to) {
            self.sum.requests -= mark.requests;
            self.sum.bytes -= mark.bytes;
            oldest = Some(oldest.map_or(mark.received, |o| o.min(mark.received)));
            self.marks.pop_front();
        }
        if self.marks.is_empty() {
            self.span = 1;
        }
        self.sum.last_stored = Some(now);
        if let Some(oldest) = oldest {
            self.sum.last_delay_ms = Some(age_ms(oldest, now));
        }
    }

    /// The numbers now.
    pub(super) fn waiting(&self) -> Waiting {
        Waiting {
            // Requests are kept in about the order they came, so the first is about the oldest.
            oldest: self.marks.front().map(|mark| mark.received),
            ..self.sum
        }
    }

    fn thin(&mut self) {
        self.span *= 2;
        let span = self.span;
        for mark in std::mem::take(&mut self.marks) {
            match self.marks.back_mut() {
                Some(last) if last.requests < span => last.add(mark),
                _ => self.marks.push_back(mark),
            }
        }
    }
}

/// Milliseconds from `then` to `now`; 0 when the clock was set back meanwhile.
pub(crate) fn age_ms(then: UnixNano, now: UnixNano) -> u64 {
    u64::try_from(now.0.saturating_sub(then.0) / 1_000_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: i64) -> UnixNano {
        UnixNano(ms * 1_000_000)
    }

    #[test]
    fn what_is_stored_waits_no_longer_and_tells_how_long_it_did() {
        let mut tally = Tally::default();
        assert_eq!(tally.waiting(), Waiting::default());
        tally.kept(100, 84, at(1_000));
        tally.kept(200, 100, at(1_500));
        let waiting = tally.waiting();
        assert_eq!((waiting.requests, waiting.bytes), (2, 184));
        assert_eq!(waiting.oldest, Some(at(1_000)));
        tally.stored(100, at(1_800));
        let waiting = tally.waiting();
        assert_eq!((waiting.requests, waiting.bytes), (1, 100));
        assert_eq!(
            (waiting.oldest, waiting.last_delay_ms),
            (Some(at(1_500)), Some(800))
        );
        tally.stored(200, at(2_000));
        let waiting = tally.waiting();
        assert_eq!(
            (waiting.requests, waiting.bytes, waiting.oldest),
            (0, 0, None)
        );
        assert_eq!(
            (waiting.last_stored, waiting.last_delay_ms),
            (Some(at(2_000)), Some(500))
        );
    }

    #[test]
    fn a_clock_set_back_gives_no_lag_at_all() {
        assert_eq!(age_ms(at(500), at(400)), 0);
    }

    proptest! {
        #[test]
        fn a_long_absence_is_counted_in_bounded_memory_and_never_as_less(
            requests in 1_u64..50_000, stored in 0_u64..50_000,
        ) {
            let mut tally = Tally::default();
            for i in 0..requests {
                tally.kept((i + 1) * 10, 10, at(i as i64));
            }
            prop_assert!(tally.marks.len() <= MARKS_MAX);
            prop_assert_eq!(tally.waiting().requests, requests);
            let stored = stored.min(requests);
            tally.stored(stored * 10, at(90_000));
            let waiting = tally.waiting();
            prop_assert!(waiting.requests >= requests - stored);
            prop_assert!(waiting.requests <= requests - stored + requests / 1_000);
            prop_assert_eq!(waiting.bytes, waiting.requests * 10);
            prop_assert!(waiting.oldest.is_none_or(|o| o <= at(stored as i64)));
            tally.stored(requests * 10, at(90_000));
            prop_assert_eq!(tally.waiting().requests, 0);
        }
    }
}
