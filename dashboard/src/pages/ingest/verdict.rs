//! How ingest goes: what is wrong, if something is, and how fast data comes. Pure.

use store::model::observation as names;

use super::history::{History, SIGNALS};
use super::overflow::{self, Overflow};
use super::standing::{Presence, Queue, Standing, together};
use crate::live::Live;

/// Lag beyond the wait for company that nobody needs to look at, ms: an insert and a bit.
const CALM_MS: u64 = 10_000;
/// The wait for company where it is not known: of other processes, ms.
const USUAL_BATCH_MS: u64 = 1_000;
/// How far back "now" reaches for rates, s; at least two buckets.
const RECENT_S: u32 = 300;

/// What is wrong. The worst comes first where several are.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Trouble {
    /// ClickHouse stores nothing; since when, if something waits, ms since the epoch.
    Away {
        since_ms: Option<i64>,
        bytes: u64,
        room_bytes: u64,
        /// When the first spool is full at the pace at which it fills, s.
        full_in_s: Option<u64>,
    },
    /// ClickHouse stores less than comes.
    Late { lag_ms: u64, bytes: u64 },
}

/// Collectors that do not speak any more.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Silence {
    /// The one heard of last: its machine, or its id.
    pub(super) who: String,
    /// Its last word, ms since the epoch.
    pub(super) since_ms: i64,
    /// How many others are silent too.
    pub(super) others: u64,
}

/// Everything the sentence is made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) trouble: Option<Trouble>,
    pub(super) silence: Option<Silence>,
    /// Items per second of each signal lately.
    pub(super) rates: [f64; 3],
    /// Longest way from acknowledgement to ClickHouse lately, ms.
    pub(super) within_ms: Option<u64>,
    /// Items in the whole window.
    pub(super) arrived: u64,
    /// When something arrived last, s since the epoch, about.
    pub(super) last_arrival_s: Option<u32>,
    /// Refused requests, and items refused one by one, in the whole window.
    pub(super) refused_requests: u64,
    pub(super) refused_items: u64,
    /// What was acknowledged and can never be stored, in the whole window.
    pub(super) kept_aside: u64,
    /// Limits of cardinality that were reached, the greatest first.
    pub(super) overflow: Vec<Overflow>,
}

/// What is known.
pub(super) struct Facts<'a> {
    /// `None` while the store does not answer.
    pub(super) history: Option<&'a History>,
    /// The collector of this process, if the window ends now.
    pub(super) live: Option<&'a Live>,
    pub(super) standings: &'a [Standing],
    /// End of the window, ms since the epoch.
    pub(super) at_ms: i64,
}

impl Facts<'_> {
    pub(super) fn judge(&self) -> Verdict {
        let (rates, arrived) = match (self.history, self.live) {
            (Some(history), _) => (
                self.recent_rates(history),
                history.total(names::ITEMS_ACCEPTED, None),
            ),
            (None, Some(live)) => (
                self.rates_since_start(live),
                live.signals.iter().map(|s| s.items_accepted).sum(),
            ),
            (None, None) => ([0.0; 3], 0),
        };
        Verdict {
            trouble: self.away().or_else(|| self.late()),
            silence: self.silence(),
            rates,
            within_ms: self.within_ms(),
            arrived,
            last_arrival_s: self.history.and_then(History::last_arrival_s),
            refused_requests: self.count(names::REQUESTS_REFUSED, |live| {
                live.refused.iter().map(|(_, _, count)| count).sum()
            }),
            refused_items: self.count(names::ITEMS_REJECTED, |live| {
                live.signals.iter().map(|s| s.items_rejected).sum()
            }),
            kept_aside: self.count(names::DEAD_LETTERS, |live| {
                live.signals.iter().map(|s| s.dead_letters).sum()
            }),
            overflow: overflow::found(self),
        }
    }

    fn count(&self, name: &str, of_live: impl Fn(&Live) -> u64) -> u64 {
        match self.history {
            Some(history) => history.total(name, None),
            None => self.live.map_or(0, of_live),
        }
    }

    /// From when on rates are "now", s since the epoch, and over how long, s.
    pub(super) fn recent(&self, history: &History) -> (u32, f64) {
        let at_s = u32::try_from(self.at_ms / 1000).unwrap_or(0);
        let reach_s = RECENT_S.max(history.step_s.saturating_mul(2));
        let from_s = history
            .buckets
            .iter()
            .copied()
            .find(|bucket| *bucket >= at_s.saturating_sub(reach_s))
            .unwrap_or(at_s);
        let spoken = |row: &store::read::ingest::InstanceRow| (row.first_ms, row.last_ms);
        let first = history.instances.iter().map(|row| spoken(row).0).min();
        let last = history.instances.iter().map(|row| spoken(row).1).max();
        let begin_ms = first.unwrap_or(0).max(i64::from(from_s) * 1000);
        let length_ms = last.unwrap_or(self.at_ms).saturating_sub(begin_ms);
        (from_s, (length_ms.max(1_000) as f64) / 1e3)
    }

    fn recent_rates(&self, history: &History) -> [f64; 3] {
        let (from_s, length_s) = self.recent(history);
        SIGNALS.map(|(signal, _, _)| {
            history.since(names::ITEMS_ACCEPTED, Some(signal), from_s) / length_s
        })
    }

    fn rates_since_start(&self, live: &Live) -> [f64; 3] {
        let length_s = (self.at_ms - live.started_ms).max(1_000) as f64 / 1e3;
        [0, 1, 2].map(|i| live.signals[i].items_accepted as f64 / length_s)
    }

    fn batch_ms(&self) -> u64 {
        self.live.map_or(USUAL_BATCH_MS, |live| live.batch_delay_ms)
    }

    fn queues(&self) -> impl Iterator<Item = &Queue> {
        let there = self.standings.iter().filter(|standing| standing.counts());
        there.flat_map(|standing| &standing.signals)
    }

    /// Only the collector of this process can tell; the others' words come through the store.
    fn away(&self) -> Option<Trouble> {
        let here = self
            .standings
            .iter()
            .find(|s| s.presence == Presence::Here)?;
        let calm_ms = CALM_MS + self.batch_ms();
        let stuck = |queue: &Queue| {
            let stored_lately = queue
                .last_stored_ms
                .is_some_and(|at| self.at_ms.saturating_sub(at) < calm_ms as i64);
            queue.lag_ms > calm_ms && !stored_lately
        };
        if self.history.is_some() && !here.signals.iter().any(stuck) {
            return None;
        }
        let oldest_ms = here.signals.iter().map(|queue| queue.lag_ms).max()?;
        let room = |queue: &Queue| queue.limit_bytes.saturating_sub(queue.used_bytes);
        Some(Trouble::Away {
            since_ms: (oldest_ms > 0).then(|| self.at_ms.saturating_sub_unsigned(oldest_ms)),
            bytes: here.signals.iter().map(|queue| queue.bytes).sum(),
            room_bytes: here.signals.iter().map(room).sum(),
            full_in_s: here
                .signals
                .iter()
                .filter_map(|q| full_in_s(q, room(q)))
                .min(),
        })
    }

    fn late(&self) -> Option<Trouble> {
        let lag_ms = self.queues().map(|queue| queue.lag_ms).max()?;
        (lag_ms > CALM_MS + self.batch_ms()).then(|| Trouble::Late {
            lag_ms,
            bytes: self.queues().map(|queue| queue.bytes).sum(),
        })
    }

    fn silence(&self) -> Option<Silence> {
        let silent = |standing: &&Standing| standing.presence == Presence::Silent;
        let mut all = self.standings.iter().filter(silent);
        let last = all.next()?;
        let who = match last.host.is_empty() {
            true => &last.instance,
            false => &last.host,
        };
        Some(Silence {
            who: who.clone(),
            since_ms: last.last_ms,
            others: all.count() as u64,
        })
    }

    fn within_ms(&self) -> Option<u64> {
        let told = self.history.map(|history| {
            let from_s = self.recent(history).0;
            let line = history.highest(names::DELAY, None);
            let recent = history
                .buckets
                .iter()
                .zip(line)
                .filter(|(b, _)| **b >= from_s);
            recent.filter_map(|(_, ms)| ms).fold(0.0, f64::max) as u64
        });
        let now = (0..3)
            .filter_map(|i| together(self.standings, i).delay_ms)
            .max();
        told.max(now).filter(|ms| *ms > 0)
    }
}

/// What waits came while nothing was stored: that is the pace. Too little of it tells nothing.
fn full_in_s(queue: &Queue, room_bytes: u64) -> Option<u64> {
    const LEAST_BYTES: u64 = 1 << 16;
    let seconds = queue.lag_ms as f64 / 1e3;
    let enough = queue.bytes >= LEAST_BYTES && seconds >= 1.0;
    enough.then(|| (room_bytes as f64 * seconds / queue.bytes as f64) as u64)
}

#[cfg(test)]
mod tests {
    use super::super::standing::standings;
    use super::*;
    use crate::live::LiveSignal;

    const AT_MS: i64 = 100_000_000;

    fn live(lag_ms: u64, last_stored_ms: Option<i64>) -> Live {
        let signal = LiveSignal {
            waiting_requests: 5,
            waiting_bytes: 1_000_000,
            lag_ms,
            last_stored_ms,
            spool_bytes: 2_000_000,
            spool_limit_bytes: 12_000_000,
            ..LiveSignal::default()
        };
        Live {
            instance: "a".to_owned(),
            batch_delay_ms: 1_000,
            interval_ms: 15_000,
            started_ms: AT_MS - 1_000_000,
            signals: [signal, LiveSignal::default(), LiveSignal::default()],
            ..Live::default()
        }
    }

    fn trouble(history: Option<&History>, live: &Live) -> Option<Trouble> {
        let standings = standings(history, Some(live), AT_MS);
        let facts = Facts {
            history,
            live: Some(live),
            standings: &standings,
            at_ms: AT_MS,
        };
        facts.judge().trouble
    }

    #[test]
    fn clickhouse_is_away_when_requests_wait_long_and_nothing_is_stored() {
        let history = History::default();
        let away = trouble(Some(&history), &live(100_000, Some(AT_MS - 100_000)));
        let want = Trouble::Away {
            since_ms: Some(AT_MS - 100_000),
            bytes: 1_000_000,
            room_bytes: 10_000_000,
            full_in_s: Some(1_000),
        };
        assert_eq!(away, Some(want));
        let late = trouble(Some(&history), &live(100_000, Some(AT_MS - 500)));
        let want = Trouble::Late {
            lag_ms: 100_000,
            bytes: 1_000_000,
        };
        assert_eq!(late, Some(want), "it stores, but too little");
        assert_eq!(trouble(Some(&history), &live(900, Some(AT_MS - 900))), None);
    }

    #[test]
    fn a_store_that_does_not_answer_is_away_even_before_anything_waits_long() {
        let away = trouble(None, &live(0, Some(AT_MS - 500)));
        assert!(
            matches!(
                away,
                Some(Trouble::Away {
                    since_ms: None,
                    full_in_s: None,
                    ..
                })
            ),
            "{away:?}"
        );
    }

    #[test]
    fn counts_come_from_the_collector_itself_while_the_store_is_away() {
        let mut live = live(60_000, None);
        live.signals[0].items_accepted = 5_000;
        live.refused = vec![("traces".into(), "malformed".into(), 4)];
        let standings = standings(None, Some(&live), AT_MS);
        let facts = Facts {
            history: None,
            live: Some(&live),
            standings: &standings,
            at_ms: AT_MS,
        };
        let verdict = facts.judge();
        assert_eq!((verdict.arrived, verdict.refused_requests), (5_000, 4));
        assert!((verdict.rates[0] - 5.0).abs() < 1e-9);
    }
}
