//! Invocations that the platform turned away for want of capacity.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use store::model::Severity;

use super::report;
use super::share::{Alarm, Recent, Usual};
use super::thresholds::Thresholds;
use super::watched::Watched;
use super::whole;
use crate::advice::words::{count, counted, percent};
use crate::detectors::names::FunctionNo;
use crate::detectors::news::{Measure, Step};
use crate::detectors::{BadState, Detector, Names, News, Signal};

/// Turned away in so many buckets within an hour and a half, it is sustained.
const SUSTAINED: f32 = 3.0;
/// Half-life of that count, s.
const SUSTAINED_HALF_LIFE_S: f64 = 1_800.0;
/// It is over when nothing was turned away for so long, s.
const OVER_S: u32 = 3_600;
/// The least share of attempts that is told unless it is sustained: one in a hundred.
const LOW: f64 = 0.01;
const FORM: u32 = 2;

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct State {
    recent: Recent,
    usual: Usual,
    alarm: Alarm,
    /// Buckets with throttles, fading.
    buckets: f32,
    last_s: u32,
    first_s: u32,
    began_s: u32,
    n: u32,
    of: u32,
    /// Newest minute that a metric told of.
    metric_s: u32,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Throttles {
    watched: Watched<State>,
    high: f64,
}

impl Throttles {
    /// Told from these thresholds on.
    #[must_use]
    pub fn new(thresholds: &Thresholds) -> Self {
        Self {
            high: thresholds.throttles_high_percent / 100.0,
            ..Self::default()
        }
    }

    fn take(&mut self, function: FunctionNo, ran: u32, throttles: u32, now_s: u32) {
        let high = self.high;
        let state = match (throttles, self.watched.states.get_mut(function)) {
            (_, Some(state)) => state,
            // Hardly any function is ever turned away: no state for the others.
            (0, None) => return,
            (_, None) => self.watched.states.or_insert_with(function, State::default),
        };
        let of = ran.saturating_add(throttles);
        let usual = 1.5 * state.usual.share().unwrap_or(0.0);
        state.recent.add(now_s, of, throttles);
        let limits = (LOW.max(usual), high.max(usual));
        state
            .alarm
            .judge(&mut state.recent, limits, state.usual.spread(), now_s);
        if throttles > 0 {
            let elapsed_s = f64::from(now_s.saturating_sub(state.last_s));
            let kept = (-elapsed_s / SUSTAINED_HALF_LIFE_S).exp2() as f32;
            state.buckets = state.buckets * kept + 1.0;
            if state.first_s == 0 {
                (state.first_s, state.n, state.of) = (now_s, 0, 0);
            }
            state.last_s = now_s;
        }
        if state.first_s > 0 {
            state.n = state.n.saturating_add(throttles);
            state.of = state.of.saturating_add(of);
        }
        let sustained = throttles > 0 && state.buckets >= SUSTAINED && usual < LOW;
        if state.began_s == 0 && (sustained || state.alarm.is_open()) {
            state.began_s = now_s;
        }
        if state.first_s > 0 {
            self.watched.open.insert(function);
        }
    }
}

impl Detector for Throttles {
    fn name(&self) -> &'static str {
        "throttles"
    }

    fn look(&mut self, news: &News<'_>) -> Vec<Signal> {
        let rows = whole::closed(news);
        let told: HashMap<FunctionNo, u32> = rows
            .iter()
            .map(|row| (row.function, row.invocations))
            .collect();
        for row in &rows {
            self.take(row.function, row.invocations, row.throttles, news.until_s);
        }
        // Lambda tells of throttles by a metric alone; where both tell, they are laid over each other.
        for gauge in news
            .gauges
            .iter()
            .filter(|g| g.measure == Measure::Throttled)
        {
            let (Some(function), true) = (gauge.function, gauge.value >= 0.0) else {
                continue;
            };
            let known_s = self.watched.states.get(function).map_or(0, |s| s.metric_s);
            if gauge.minute_s <= known_s || news.step == Step::Hour || gauge.value == 0.0 {
                continue;
            }
            // Who has a state was taken with its row already.
            let ran = match self.watched.states.get(function) {
                Some(_) => 0,
                None => told.get(&function).copied().unwrap_or(0),
            };
            self.take(function, ran, gauge.value.min(1e9) as u32, news.until_s);
            if let Some(state) = self.watched.states.get_mut(function) {
                state.metric_s = gauge.minute_s;
            }
        }
        for row in whole::hours(news) {
            if let Some(state) = self.watched.states.get_mut(row.function) {
                let of = row.invocations.saturating_add(row.throttles);
                state
                    .usual
                    .learn(news.hour_s.unwrap_or(news.until_s), of, row.throttles);
            }
        }
        let (mut said, states) = (Vec::new(), &mut self.watched.states);
        self.watched.open.retain(|function| {
            let Some(state) = states.get_mut(*function) else {
                return false;
            };
            if news.shows(*function) && news.until_s.saturating_sub(state.last_s) > OVER_S {
                (state.first_s, state.began_s, state.alarm) = (0, 0, Alarm::default());
                return false;
            }
            if state.began_s > 0 {
                said.push(signal(*function, state, news));
            }
            true
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
        self.watched
            .load(FORM, pieces, names, |state| state.first_s > 0)
    }
}

fn signal(function: FunctionNo, state: &State, news: &News<'_>) -> Signal {
    let name = report::name(news.names, function);
    let share = f64::from(state.n) / f64::from(state.of.max(1));
    let mut signal = report::of_function("throttles", function, state.first_s, state.began_s);
    signal.severity = match state.alarm.high {
        true => Severity::High,
        false => Severity::Medium,
    };
    let turned = format!(
        "{} of {} attempts ({}) were turned away since {}",
        count(state.n.into()),
        count(state.of.into()),
        percent(share),
        report::clock(state.first_s, news.until_s)
    );
    signal.title = format!(
        "{name} is throttled: {} turned away",
        counted(state.n.into(), "attempt")
    );
    signal.sentence = format!(
        "{name} is throttled: {turned}, the newest at {}. \
        Look first at its concurrency limit and at who shares the account's.",
        report::clock(state.last_s, news.until_s)
    );
    signal.before = state.usual.share();
    signal.after = Some(share);
    signal.evidence = report::because(
        vec![turned],
        &[
            "Raise the reserved concurrency, or ask for a higher limit of the account and region.",
            "Callers that try again at once make it worse: let them wait longer each time.",
        ],
    );
    signal
}
