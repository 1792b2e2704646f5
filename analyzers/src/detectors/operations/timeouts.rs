//! The time limit: invocations that end at it, functions of which every invocation does, and those that come
//! close.
//!
//! The limit is the configured one where that is known; else it is learnt: what ends at a limit has that
//! limit's duration, so the longest durations of minutes with timeouts pile up at one value.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use store::model::Severity;

use super::report;
use super::share::{Alarm, EVIDENCE, Recent, Usual};
use super::thresholds::Thresholds;
use super::watched::Watched;
use super::whole::{self, Whole};
use crate::advice::words::{count, counted, ms, percent};
use crate::detectors::names::FunctionNo;
use crate::detectors::{BadState, Detector, Names, News, Signal};

/// One timeout is told of so long, s: a day.
const TOLD_S: u32 = 86_400;
/// A function is stuck when at least this share of its invocations end at the limit.
const STUCK_SHARE: f64 = 0.9;
/// So many buckets must agree on a limit within [`SAME`] before it is believed.
const LEARNT_FROM: u8 = 3;
const SAME: f64 = 0.01;
const FORM: u32 = 2;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    recent: Recent,
    usual: Usual,
    alarm: Alarm,
    /// First and newest timeout of those that are told, s since the epoch; 0 for none.
    first_s: u32,
    last_s: u32,
    since: (u32, u32),
    stuck_s: u32,
    /// Longest duration of buckets with timeouts, ms, and how many agreed on it.
    learnt_ms: f32,
    learnt_from: u8,
    near: Near,
}

/// Invocations that came near the limit.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Near {
    first_s: u32,
    last_s: u32,
    longest_ms: f32,
    buckets: u16,
    /// Buckets in which one in twenty came near.
    often: u16,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Timeouts {
    watched: Watched<State>,
    low: f64,
    high: f64,
    near: f64,
}

impl Timeouts {
    /// Told from these thresholds on.
    #[must_use]
    pub fn new(thresholds: &Thresholds) -> Self {
        Self {
            low: thresholds.errors_low_percent / 100.0,
            high: thresholds.errors_high_percent / 100.0,
            near: thresholds.duration_percent / 100.0,
            ..Self::default()
        }
    }

    fn take(&mut self, row: &Whole, news: &News<'_>) {
        let (low, high, near, now_s) = (self.low, self.high, self.near, news.until_s);
        let state = self
            .watched
            .states
            .or_insert_with(row.function, State::default);
        state.recent.add(now_s, row.invocations, row.timeouts);
        state.alarm.count(row.invocations, row.timeouts);
        if row.timeouts > 0 {
            if state.first_s == 0 {
                state.first_s = now_s;
                state.since = (0, 0);
            }
            state.last_s = now_s;
            state.learn_limit(row.duration_ms_max);
        }
        if state.first_s > 0 {
            state.since.0 = state.since.0.saturating_add(row.invocations);
            state.since.1 = state.since.1.saturating_add(row.timeouts);
        }
        let limit_ms = state.limit_ms(news.names.of(row.function).timeout_ms);
        if let Some(limit_ms) = limit_ms.filter(|_| row.timeouts == 0) {
            state.near.take(row, near * limit_ms, limit_ms, now_s);
        }
        let usual = 1.5 * state.usual.share().unwrap_or(0.0);
        let limits = (low.max(usual), high.max(usual));
        state
            .alarm
            .judge(&mut state.recent, limits, state.usual.spread(), now_s);
        let stuck = state.recent.above(0.5, 1.0);
        let is_stuck = stuck.evidence >= EVIDENCE / 4.0
            && state.recent.newest() >= STUCK_SHARE
            && state.usual.share().unwrap_or(0.0) < 0.5;
        let still = state.stuck_s > 0 && state.recent.newest() >= STUCK_SHARE / 2.0;
        state.stuck_s = match (is_stuck || still, state.stuck_s) {
            (true, 0) => now_s,
            (true, since_s) => since_s,
            (false, _) => 0,
        };
        if state.first_s > 0 || state.near.first_s > 0 {
            self.watched.open.insert(row.function);
        }
    }
}

impl State {
    fn learn_limit(&mut self, longest_ms: f64) {
        if longest_ms <= 0.0 {
            return;
        }
        let before_ms = f64::from(self.learnt_ms);
        let same = (longest_ms - before_ms).abs() <= SAME * before_ms.max(longest_ms);
        self.learnt_from = if same {
            self.learnt_from.saturating_add(1)
        } else {
            1
        };
        self.learnt_ms = longest_ms as f32;
    }

    fn limit_ms(&self, configured_ms: Option<u32>) -> Option<f64> {
        let learnt = || (self.learnt_from >= LEARNT_FROM).then_some(f64::from(self.learnt_ms));
        configured_ms
            .filter(|ms| *ms > 0)
            .map(f64::from)
            .or_else(learnt)
    }

    /// Lets go of what is old; tells whether anything is left to say.
    fn fade(&mut self, now_s: u32) -> bool {
        if self.first_s > 0 && now_s.saturating_sub(self.last_s) > TOLD_S {
            (self.first_s, self.last_s, self.stuck_s) = (0, 0, 0);
            self.alarm = Alarm::default();
        }
        if self.near.first_s > 0 && now_s.saturating_sub(self.near.last_s) > TOLD_S {
            self.near = Near::default();
        }
        self.first_s > 0 || self.near.first_s > 0
    }
}

impl Near {
    fn take(&mut self, row: &Whole, near_ms: f64, limit_ms: f64, now_s: u32) {
        // What ran on beyond the limit had another one.
        if row.duration_ms_max < near_ms || row.duration_ms_max > 1.02 * limit_ms {
            return;
        }
        if self.first_s == 0 {
            self.first_s = now_s;
        }
        self.last_s = now_s;
        self.longest_ms = self.longest_ms.max(row.duration_ms_max as f32);
        self.buckets = self.buckets.saturating_add(1);
        if row.duration_ms_p95 >= near_ms && row.duration_count >= 5 {
            self.often = self.often.saturating_add(1);
        }
    }
}

impl Detector for Timeouts {
    fn name(&self) -> &'static str {
        "timeouts"
    }

    fn look(&mut self, news: &News<'_>) -> Vec<Signal> {
        for row in whole::closed(news).iter().filter(|row| row.invocations > 0) {
            self.take(row, news);
        }
        for row in whole::hours(news) {
            let state = self
                .watched
                .states
                .or_insert_with(row.function, State::default);
            let hour_s = news.hour_s.unwrap_or(news.until_s);
            state.usual.learn(hour_s, row.invocations, row.timeouts);
        }
        let (mut said, states) = (Vec::new(), &mut self.watched.states);
        self.watched.open.retain(|function| {
            let Some(state) = states.get_mut(*function) else {
                return false;
            };
            let holds = !news.shows(*function) || state.fade(news.until_s);
            if state.first_s > 0 {
                said.push(at_limit(*function, state, news));
            }
            if state.near.first_s > 0 && state.first_s == 0 {
                said.extend(near_limit(*function, state, news));
            }
            holds
        });
        said
    }

    fn forget(&mut self, functions: &HashSet<FunctionNo>) {
        self.watched.forget(functions);
    }

    fn save(&self, names: &Names) -> Vec<Vec<u8>> {
        self.watched.states.save(FORM, names)
    }

    fn load(&mut self, pieces: &[Vec<u8>], names: &mut Names) -> Result<(), BadState> {
        self.watched.load(FORM, pieces, names, |state| {
            state.first_s > 0 || state.near.first_s > 0
        })
    }
}

fn at_limit(function: FunctionNo, state: &State, news: &News<'_>) -> Signal {
    let name = report::name(news.names, function);
    let (of, timeouts) = state.since;
    let share = match state.stuck_s {
        0 => state.recent.share(),
        _ => state.recent.newest(),
    };
    let limit = state
        .limit_ms(news.names.of(function).timeout_ms)
        .map_or_else(
            || "its time limit".to_owned(),
            |limit| format!("its limit of {}", ms(limit)),
        );
    let stuck = state.stuck_s > 0;
    let (began_s, kind) = match stuck {
        true => (state.stuck_s, "stuck"),
        false => (state.first_s, "timeouts"),
    };
    let mut signal = report::of_function(kind, function, began_s, began_s);
    let since = report::clock(state.first_s, news.until_s);
    let ended = format!(
        "{} of {} ended at {limit} since {since}",
        counted(timeouts.into(), "invocation"),
        count(of.into())
    );
    let usual = state.usual.share();
    signal.severity = match (stuck, state.alarm.is_open(), state.alarm.high) {
        (true, ..) | (_, true, true) => Severity::High,
        (_, true, false) => Severity::Medium,
        _ => Severity::Low,
    };
    (signal.title, signal.sentence) = match stuck {
        true => (
            format!("{name} is stuck: its invocations end at the time limit"),
            format!(
                "{name} is stuck: {} of its invocations run into {limit} now; {ended}. \
                 Look first at what it waits for: a connection, a lock, a service that does not answer.",
                percent(share)
            ),
        ),
        false => (
            format!("{name} runs into its time limit"),
            format!(
                "{name} runs into its time limit: {ended}, the newest at {}. \
                 Look first at what those invocations waited for.",
                report::clock(state.last_s, news.until_s)
            ),
        ),
    };
    signal.before = usual;
    signal.after = Some(share);
    signal.relative = usual.filter(|u| *u > 1e-6).map(|u| share / u - 1.0);
    signal.evidence = report::because(
        vec![ended],
        &[
            "Open one of the traces: the span without an end is where it waited.",
            "Give calls to others a limit shorter than the function's own.",
        ],
    );
    signal
}

fn near_limit(function: FunctionNo, state: &State, news: &News<'_>) -> Option<Signal> {
    let limit_ms = state.limit_ms(news.names.of(function).timeout_ms)?;
    let near = &state.near;
    let name = report::name(news.names, function);
    let share = f64::from(near.longest_ms) / limit_ms;
    let mut signal = report::of_function("near_timeout", function, near.first_s, near.first_s);
    signal.severity = if near.often >= 3 {
        Severity::Medium
    } else {
        Severity::Low
    };
    signal.title = format!("{name} comes near its time limit");
    signal.sentence = format!(
        "The longest invocation of {name} took {}, {} of its limit of {}. It came that near in {} since {}. \
         Raise the limit or look at its slowest traces before invocations end there.",
        ms(near.longest_ms.into()),
        percent(share),
        ms(limit_ms),
        counted(near.buckets.into(), "minute"),
        report::clock(near.first_s, news.until_s)
    );
    signal.before = Some(limit_ms);
    signal.after = Some(near.longest_ms.into());
    signal.relative = Some(share - 1.0);
    signal.unit = "ms";
    Some(signal)
}
