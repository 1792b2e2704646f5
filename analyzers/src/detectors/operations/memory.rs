//! Memory: functions that ran out of it, that come near what is configured, and whose need grows until it
//! will be used up.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use store::model::Severity;

use super::report;
use super::share::{Alarm, Recent, Usual};
use super::thresholds::Thresholds;
use super::trend::Growth;
use super::watched::Watched;
use super::whole::{self, Whole};
use crate::advice::words::{count, counted, percent};
use crate::detectors::names::FunctionNo;
use crate::detectors::{BadState, Detector, Names, News, Signal};
use crate::money::grouped;

/// An invocation that ran out of memory, or came near, is told of so long, s: a day.
const TOLD_S: u32 = 86_400;
const FORM: u32 = 2;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    recent: Recent,
    usual: Usual,
    alarm: Alarm,
    ran_out: Times,
    near: Times,
    /// What was needed most while it was near, and what was configured then, MiB.
    near_mb: (u32, u32),
    growth: Growth,
}

/// When something was seen, and how often.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Times {
    first_s: u32,
    last_s: u32,
    of: u32,
    n: u32,
}

impl Times {
    fn see(&mut self, now_s: u32, of: u32, n: u32) {
        if n > 0 {
            self.first_s = if self.first_s == 0 {
                now_s
            } else {
                self.first_s
            };
            self.last_s = now_s;
        }
        if self.first_s > 0 {
            self.of = self.of.saturating_add(of);
            self.n = self.n.saturating_add(n);
        }
    }

    fn fade(&mut self, now_s: u32) {
        if self.first_s > 0 && now_s.saturating_sub(self.last_s) > TOLD_S {
            *self = Self::default();
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Memory {
    watched: Watched<State>,
    low: f64,
    high: f64,
    near: f64,
    forecast_s: f64,
}

impl Memory {
    /// Told from these thresholds on.
    #[must_use]
    pub fn new(thresholds: &Thresholds) -> Self {
        Self {
            low: thresholds.errors_low_percent / 100.0,
            high: thresholds.errors_high_percent / 100.0,
            near: thresholds.memory_percent / 100.0,
            forecast_s: thresholds.memory_forecast_days * 86_400.0,
            ..Self::default()
        }
    }

    fn take(&mut self, row: &Whole, now_s: u32) {
        let (low, high) = (self.low, self.high);
        let state = self
            .watched
            .states
            .or_insert_with(row.function, State::default);
        state.recent.add(now_s, row.invocations, row.out_of_memory);
        state.ran_out.see(now_s, row.invocations, row.out_of_memory);
        let usual = 1.5 * state.usual.share().unwrap_or(0.0);
        let limits = (low.max(usual), high.max(usual));
        state
            .alarm
            .judge(&mut state.recent, limits, state.usual.spread(), now_s);
        if row.memory_share().is_some_and(|share| share >= self.near) {
            state.near.see(now_s, row.invocations, 1);
            let most = (row.memory_used_mb, row.memory_size_mb);
            // Another size begins anew.
            state.near_mb = match state.near_mb.1 == most.1 {
                true => state.near_mb.max(most),
                false => most,
            };
        }
        if state.ran_out.first_s > 0 || state.near.first_s > 0 {
            self.watched.open.insert(row.function);
        }
    }

    fn learn(&mut self, row: &Whole, news: &News<'_>) {
        let hour_s = news.hour_s.unwrap_or(news.until_s);
        let state = self
            .watched
            .states
            .or_insert_with(row.function, State::default);
        state
            .usual
            .learn(hour_s, row.invocations, row.out_of_memory);
        let version = news.names.version_name(row.version);
        if row.memory_used_mb > 0 {
            let (used_mb, size_mb) = (row.memory_used_mb, row.memory_size_mb);
            state
                .growth
                .learn(hour_s, version, used_mb, size_mb, self.forecast_s);
        }
        if state.growth.is_open() {
            self.watched.open.insert(row.function);
        }
    }
}

impl Detector for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn look(&mut self, news: &News<'_>) -> Vec<Signal> {
        for row in whole::closed(news).iter().filter(|row| row.invocations > 0) {
            self.take(row, news.until_s);
        }
        for row in whole::hours(news) {
            self.learn(&row, news);
        }
        let (mut said, states) = (Vec::new(), &mut self.watched.states);
        self.watched.open.retain(|function| {
            let Some(state) = states.get_mut(*function) else {
                return false;
            };
            if news.shows(*function) {
                state.ran_out.fade(news.until_s);
                state.near.fade(news.until_s);
                state.growth.fade(news.until_s);
            }
            let (ran_out, near) = (state.ran_out.first_s > 0, state.near.first_s > 0);
            if ran_out {
                said.push(out_of_memory(*function, state, news));
            }
            // One cause is one finding: what ran out of it is not said to come near.
            if near && !ran_out {
                said.push(near_limit(*function, state, news));
            }
            if state.growth.is_open() {
                said.push(growth(*function, state, news));
            }
            ran_out || near || state.growth.is_open()
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
            state.ran_out.first_s > 0 || state.near.first_s > 0 || state.growth.is_open()
        })
    }
}

fn mib(mb: u32) -> String {
    format!("{} MiB", grouped(mb.into()))
}

fn out_of_memory(function: FunctionNo, state: &State, news: &News<'_>) -> Signal {
    let name = report::name(news.names, function);
    let Times {
        first_s,
        last_s,
        of,
        n,
    } = state.ran_out;
    let mut signal = report::of_function("out_of_memory", function, first_s, first_s);
    signal.severity = match state.alarm.is_open() {
        true => Severity::High,
        false => Severity::Medium,
    };
    let configured = news.names.of(function).memory_size_mb;
    let has = configured.map_or_else(String::new, |mb| format!(" of {}", mib(mb)));
    let ended = format!(
        "{} of {} ran out of memory since {}",
        counted(n.into(), "invocation"),
        count(of.max(n).into()),
        report::clock(first_s, news.until_s)
    );
    signal.title = format!("{name} runs out of memory");
    signal.sentence = format!(
        "{name} runs out of its memory{has}: {ended}, the newest at {}. \
        Give it more memory, then look at what the killed invocations worked on.",
        report::clock(last_s, news.until_s)
    );
    signal.after = Some(state.recent.share());
    signal.before = state.usual.share();
    signal.evidence = report::because(
        vec![ended],
        &["Open one of the traces: its input tells how large the work was."],
    );
    signal
}

fn near_limit(function: FunctionNo, state: &State, news: &News<'_>) -> Signal {
    let name = report::name(news.names, function);
    let (used_mb, size_mb) = state.near_mb;
    let share = f64::from(used_mb) / f64::from(size_mb.max(1));
    let Times { first_s, n, .. } = state.near;
    let mut signal = report::of_function("memory_near_limit", function, first_s, first_s);
    signal.severity = Severity::Low;
    signal.title = format!("{name} uses {} of its memory", percent(share));
    signal.sentence = format!(
        "{name} used up to {} of {} ({}), in {} since {}. \
        A little more and its invocations are killed; give it more memory.",
        mib(used_mb),
        mib(size_mb),
        percent(share),
        counted(n.into(), "minute"),
        report::clock(first_s, news.until_s)
    );
    signal.before = Some(f64::from(size_mb) * 1_048_576.0);
    signal.after = Some(f64::from(used_mb) * 1_048_576.0);
    signal.relative = Some(share - 1.0);
    signal.unit = "bytes";
    signal
}

/// How often ordinary memory looks like growth, by function and month: EVALUATION.md, "Operations".
const GROWTH_PLACEBO: f64 = 0.002;

fn growth(function: FunctionNo, state: &State, news: &News<'_>) -> Signal {
    let name = report::name(news.names, function);
    let growth = &state.growth;
    let mut signal =
        report::of_function("memory_growth", function, growth.began_s, growth.detected_s);
    let left = report::span(growth.left_s.into());
    signal.title = format!("{name} needs more and more memory");
    signal.sentence = format!(
        "{name} needs more memory every hour: {} now, {} at {}, of {}. At this growth it is used up in {left}. \
         Look first at what {} keeps between invocations.",
        mib(growth.now_mb),
        mib(growth.then_mb),
        report::clock(growth.began_s, news.until_s),
        mib(growth.size_mb),
        if growth.version().is_empty() {
            "it".to_owned()
        } else {
            format!("version {}", growth.version())
        }
    );
    signal.version = growth.version().to_owned();
    signal.p_value = Some(GROWTH_PLACEBO);
    signal.confidence = 0.95;
    signal.before = Some(f64::from(growth.then_mb) * 1_048_576.0);
    signal.after = Some(f64::from(growth.now_mb) * 1_048_576.0);
    signal.relative = Some(f64::from(growth.now_mb) / f64::from(growth.then_mb.max(1)) - 1.0);
    signal.unit = "bytes";
    signal.evidence = report::because(
        vec![format!(
            "{} more an hour over {} hours",
            mib(growth.slope_mb_h().max(1)),
            growth.window_h()
        )],
        &["A restart of its instances, as a deploy makes it, buys time."],
    );
    signal
}
