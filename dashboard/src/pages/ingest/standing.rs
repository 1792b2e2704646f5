//! How each collector stands at the end of the window: the one of this process as it says now, the
//! others as they told last. Pure.

use store::model::observation as names;
use store::read::ingest::InstanceRow;

use super::history::{History, SIGNALS};
use crate::live::Live;

/// How often a collector speaks, while it is not known better, ms.
const USUAL_INTERVAL_MS: i64 = 15_000;
/// What storing and reading may add to that, ms.
const GRACE_MS: i64 = 30_000;

/// Whether a collector is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It runs in this process, so everything is as of now.
    Here,
    /// It spoke as lately as it should.
    There,
    /// It said farewell, or another began on its machine after it.
    Ended,
    /// It should have spoken and did not.
    Silent,
}

/// One collector.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) instance: String,
    /// Machine; may be empty.
    pub(super) host: String,
    pub(super) version: String,
    pub(super) presence: Presence,
    /// When it spoke last, ms since the epoch.
    pub(super) last_ms: i64,
    pub(super) signals: [Queue; 3],
}

/// What waits of one signal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Queue {
    pub(super) requests: u64,
    pub(super) bytes: u64,
    pub(super) lag_ms: u64,
    /// How long the last insert's oldest request had waited, if anything was stored.
    pub(super) delay_ms: Option<u64>,
    pub(super) used_bytes: u64,
    pub(super) limit_bytes: u64,
    /// When something was stored last, where that is known, ms since the epoch.
    pub(super) last_stored_ms: Option<i64>,
}

impl Standing {
    /// Whether its figures are how things are.
    pub(super) fn counts(&self) -> bool {
        matches!(self.presence, Presence::Here | Presence::There)
    }
}

/// All collectors, the newest word first. `at_ms` is the end of the window; `live` is given only when
/// the window ends now.
pub(super) fn standings(
    history: Option<&History>,
    live: Option<&Live>,
    at_ms: i64,
) -> Vec<Standing> {
    let rows = history.map_or(&[][..], |history| &history.instances);
    let mut all = Vec::new();
    if let Some(live) = live {
        let row = rows.iter().find(|row| row.instance == live.instance);
        all.push(of_live(live, row, at_ms));
    }
    for row in rows {
        if live.is_some_and(|live| live.instance == row.instance) {
            continue;
        }
        let queue = |(signal, _, _): (&str, _, _)| {
            history.map_or_else(Queue::default, |history| queue(history, row, signal))
        };
        let replaced = rows.iter().any(|other| {
            !row.host.is_empty() && other.host == row.host && other.first_ms > row.last_ms
        });
        all.push(Standing {
            instance: row.instance.clone(),
            host: row.host.clone(),
            version: row.version.clone(),
            presence: presence(row, replaced, at_ms),
            last_ms: row.last_ms,
            signals: SIGNALS.map(queue),
        });
    }
    all
}

fn presence(row: &InstanceRow, replaced: bool, at_ms: i64) -> Presence {
    let times = i64::try_from(row.observations).unwrap_or(i64::MAX);
    let interval_ms = match times {
        ..=1 => USUAL_INTERVAL_MS,
        _ => (row.last_ms - row.first_ms) / (times - 1),
    };
    if row.ended || replaced {
        Presence::Ended
    } else if at_ms - row.last_ms > interval_ms.saturating_mul(3).saturating_add(GRACE_MS) {
        Presence::Silent
    } else {
        Presence::There
    }
}

fn of_live(live: &Live, row: Option<&InstanceRow>, at_ms: i64) -> Standing {
    let signals = live.signals.clone().map(|of| Queue {
        requests: of.waiting_requests,
        bytes: of.waiting_bytes,
        lag_ms: of.lag_ms,
        delay_ms: of.delay_ms,
        used_bytes: of.spool_bytes,
        limit_bytes: of.spool_limit_bytes,
        last_stored_ms: of.last_stored_ms,
    });
    Standing {
        instance: live.instance.clone(),
        host: row.map_or(String::new(), |row| row.host.clone()),
        version: row.map_or_else(
            || env!("CARGO_PKG_VERSION").to_owned(),
            |row| row.version.clone(),
        ),
        presence: Presence::Here,
        last_ms: at_ms,
        signals,
    }
}

fn queue(history: &History, row: &InstanceRow, signal: &str) -> Queue {
    let told = |name| history.last_told(&row.instance, name, signal);
    let whole = |name| told(name).unwrap_or(0.0).max(0.0) as u64;
    Queue {
        requests: whole(names::WAITING_REQUESTS),
        bytes: whole(names::WAITING_SIZE),
        lag_ms: whole(names::LAG),
        delay_ms: told(names::DELAY).map(|ms| ms.max(0.0) as u64),
        used_bytes: whole(names::SPOOL_USAGE),
        limit_bytes: whole(names::SPOOL_LIMIT),
        last_stored_ms: None,
    }
}

/// What waits of one signal at all collectors that are there.
pub(super) fn together(standings: &[Standing], signal: usize) -> Queue {
    let mut sum = Queue::default();
    for standing in standings.iter().filter(|standing| standing.counts()) {
        let queue = &standing.signals[signal];
        sum.requests = sum.requests.saturating_add(queue.requests);
        sum.bytes = sum.bytes.saturating_add(queue.bytes);
        sum.used_bytes = sum.used_bytes.saturating_add(queue.used_bytes);
        sum.limit_bytes = sum.limit_bytes.saturating_add(queue.limit_bytes);
        sum.lag_ms = sum.lag_ms.max(queue.lag_ms);
        sum.delay_ms = sum.delay_ms.max(queue.delay_ms);
        sum.last_stored_ms = sum.last_stored_ms.max(queue.last_stored_ms);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(instance: &str, host: &str, first_ms: i64, last_ms: i64) -> InstanceRow {
        InstanceRow {
            instance: instance.to_owned(),
            host: host.to_owned(),
            version: "1".to_owned(),
            observations: 5,
            first_ms,
            last_ms,
            ended: false,
        }
    }

    fn presences(rows: Vec<InstanceRow>, live: Option<&Live>) -> Vec<Presence> {
        let history = History::new(Vec::new(), Vec::new(), rows, (60, Vec::new(), 0));
        let all = standings(Some(&history), live, 1_000_000);
        all.iter().map(|standing| standing.presence).collect()
    }

    #[test]
    fn a_collector_that_stopped_speaking_is_silent_unless_it_ended_or_was_replaced() {
        let stopped = InstanceRow {
            ended: true,
            ..row("c", "host-3", 0, 60_000)
        };
        let rows = vec![
            row("a", "host-1", 900_000, 990_000),
            row("b", "host-2", 0, 60_000),
            stopped,
            row("d", "host-1", 0, 60_000),
        ];
        let want = [
            Presence::There,
            Presence::Silent,
            Presence::Ended,
            Presence::Ended,
        ];
        assert_eq!(presences(rows, None), want);
    }

    #[test]
    fn the_collector_of_this_process_speaks_for_itself() {
        let live = Live {
            instance: "a".to_owned(),
            ..Live::default()
        };
        let rows = vec![row("b", "h", 900_000, 990_000), row("a", "h", 0, 10_000)];
        assert_eq!(
            presences(rows, Some(&live)),
            [Presence::Here, Presence::There]
        );
        assert_eq!(presences(Vec::new(), Some(&live)), [Presence::Here]);
    }

    #[test]
    fn what_waits_is_added_up_and_lag_is_the_worst() {
        let standing = |presence, requests, lag_ms| Standing {
            instance: String::new(),
            host: String::new(),
            version: String::new(),
            presence,
            last_ms: 0,
            signals: [Queue {
                requests,
                lag_ms,
                ..Queue::default()
            }; 3],
        };
        let all = [
            standing(Presence::Here, 2, 100),
            standing(Presence::There, 3, 700),
            standing(Presence::Ended, 50, 90_000),
        ];
        let sum = together(&all, 0);
        assert_eq!((sum.requests, sum.lag_ms), (5, 700));
    }
}
