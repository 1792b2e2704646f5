//! How often a function is invoked, against what it has at this hour of the week: functions that fell silent,
//! scheduled ones that missed their run, and those that are invoked again and again because they fail.
//!
//! One detector for the three, because they share the profile of the week.

mod retries;
mod say;
mod schedule;
mod silence;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use self::retries::Retries;
use self::schedule::Schedule;
use self::silence::Silence;
use super::thresholds::Thresholds;
use super::watched::Watched;
use super::week::{Week, slot};
use super::whole::{self, Whole};
use crate::detectors::names::FunctionNo;
use crate::detectors::news::Step;
use crate::detectors::{BadState, Detector, Names, News, Signal};

/// Half-life of how much of the usual comes at present, hours.
const LEVEL_HALF_LIFE_H: f64 = 24.0;
/// Invocations of the usual that the present is mixed with: few say little.
const LEVEL_PRIOR: f32 = 5.0;
/// A function that was silent for so long is retired, s: a week. It is told no longer.
const RETIRED_S: u32 = 7 * 86_400;
/// Weight of one hour in the scatter.
const SCATTER_WEIGHT: f32 = 1.0 / 100.0;
const FORM: u32 = 1;

/// What is remembered of a function's traffic.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    /// Invocations by hour of the week.
    week: Week,
    /// Invocations of late and how many were usual then, both fading.
    came: f32,
    usual: f32,
    /// How much hours scatter beyond chance: variance = mean + `scatter` · mean².
    scatter: f32,
    /// The first hour known, h since the epoch.
    first_h: u32,
    /// Hours in a row with an invocation, and the fewest of them.
    busy_hours: u16,
    fewest: u32,
    /// When it was last invoked, s since the epoch.
    last_s: u32,
    /// Expected invocations an hour, and of which hour (h since the epoch) that was worked out.
    rate: f32,
    rate_of_h: u32,
    /// The same, at the most.
    busiest: f32,
    silence: Silence,
    schedule: Schedule,
    retries: Retries,
}

impl State {
    /// Whether it was not invoked for so long that nobody expects it to be, or never.
    fn is_retired(&self, until_s: u32) -> bool {
        self.last_s == 0 || until_s.saturating_sub(self.last_s) > RETIRED_S
    }

    /// Expected invocations in the hour: what this hour of the week has, unless other days have less, in
    /// proportion to what came of late. Cautious: more is expected than this, never less.
    fn expected(&self, at_s: u32) -> f64 {
        let slot = slot(at_s);
        let level = f64::from((self.came + LEVEL_PRIOR) / (self.usual + LEVEL_PRIOR)).min(1.0);
        match (self.week.at(slot), self.week.day_mean(slot)) {
            (Some(here), Some(day)) => here.min(day) * level,
            // Younger than a week: what never failed to come within a day is expected.
            _ if self.busy_hours >= 24 => self.fewest.into(),
            _ => 0.0,
        }
    }

    /// The most that is usual in an hour like this: of this hour of the week, of this hour of other days
    /// and of all hours together. Where much is suspicious, this is the cautious side.
    fn at_most(&self, at_s: u32) -> f64 {
        let slot = slot(at_s);
        let all = [
            self.week.at(slot),
            self.week.day_mean(slot),
            self.week.mean(),
        ];
        all.into_iter().flatten().fold(0.0, f64::max)
    }

    fn learn(&mut self, hour_s: u32, invocations: u32) {
        let hour = hour_s / 3600;
        if self.first_h == 0 {
            self.first_h = hour;
        }
        let came = f64::from(invocations);
        let usual = self.week.at(slot(hour_s));
        if let Some(usual) = usual {
            let kept = (-1.0 / LEVEL_HALF_LIFE_H).exp2() as f32;
            // The level of a silent function stays as it was.
            if invocations > 0 {
                self.came = self.came * kept + came as f32;
                self.usual = self.usual * kept + usual as f32;
            }
            if usual >= 1.0 {
                let beyond = ((came - usual).powi(2) - usual) / usual.powi(2);
                let bounded = (beyond.clamp(-1.0, 4.0)) as f32;
                self.scatter += (bounded - self.scatter) * SCATTER_WEIGHT;
            }
        }
        self.busy_hours = match invocations {
            0 => 0,
            _ => self.busy_hours.saturating_add(1),
        };
        self.fewest = match self.busy_hours {
            0 | 1 => invocations,
            _ => self.fewest.min(invocations),
        };
        // What is silent for long does not become the usual at once.
        if invocations > 0 || !self.silence.is_told() {
            self.week.learn(slot(hour_s), came);
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Traffic {
    watched: Watched<State>,
    silence_s: u32,
    retry_ratio: f64,
}

impl Traffic {
    /// Told from these thresholds on.
    #[must_use]
    pub fn new(thresholds: &Thresholds) -> Self {
        Self {
            silence_s: (thresholds.silence_minutes * 60.0) as u32,
            retry_ratio: thresholds.retry_ratio,
            ..Self::default()
        }
    }

    /// What came: gaps end, retries are counted.
    fn take(&mut self, row: &Whole, news: &News<'_>) {
        let (until_s, ratio) = (news.until_s, self.retry_ratio);
        let state = self
            .watched
            .states
            .or_insert_with(row.function, State::default);
        state.silence.end();
        state.schedule.ran();
        state.last_s = until_s;
        if news.step == Step::Minute {
            state.rate(until_s);
            let expected_m = f64::from(state.busiest) / 60.0;
            let scatter = f64::from(state.scatter.max(0.0));
            state.retries.take(row, expected_m, scatter, ratio, until_s);
        }
    }

    /// What did not come: silences grow.
    fn wait(&mut self, news: &News<'_>) {
        let closed_s = match news.step {
            Step::Minute => 60,
            Step::Hour => 3_600,
        };
        let (until_s, silence_s) = (news.until_s, self.silence_s);
        for (function, state) in self.watched.states.iter_mut() {
            if state.last_s == until_s || !news.shows(function) {
                continue; // it came, or nothing is told of it
            }
            if state.is_retired(until_s) {
                state.silence = Silence::default();
                continue;
            }
            let expected = state.rate(until_s) * f64::from(closed_s) / 3_600.0;
            state
                .silence
                .grow(expected, until_s, state.last_s, silence_s);
            if state.silence.is_told() {
                self.watched.open.insert(function);
            }
        }
    }

    fn learn(&mut self, news: &News<'_>) {
        let Some(hour_s) = news.hour_s else { return };
        let rows = whole::hours(news);
        for row in &rows {
            self.watched
                .states
                .or_insert_with(row.function, State::default);
        }
        for (function, state) in self.watched.states.iter_mut() {
            if !news.shows(function) {
                continue;
            }
            let row = rows.binary_search_by_key(&function, |row| row.function);
            let invocations = row.map_or(0, |at| rows[at].invocations);
            let retired = hour_s.saturating_sub(state.last_s) > RETIRED_S && invocations == 0;
            if retired && state.last_s > 0 {
                continue;
            }
            state.schedule.close_hour(hour_s, invocations, state.last_s);
            state.learn(hour_s, invocations);
            if state.schedule.missed().is_some() {
                self.watched.open.insert(function);
            }
        }
    }
}

impl State {
    /// Expected invocations in the hour that `until_s` closes a part of; worked out once an hour.
    fn rate(&mut self, until_s: u32) -> f64 {
        let at_s = until_s.saturating_sub(1);
        if self.rate_of_h != at_s / 3600 {
            self.rate_of_h = at_s / 3600;
            self.rate = self.expected(at_s) as f32;
            self.busiest = self.at_most(at_s) as f32;
        }
        self.rate.into()
    }
}

impl Detector for Traffic {
    fn name(&self) -> &'static str {
        "traffic"
    }

    fn look(&mut self, news: &News<'_>) -> Vec<Signal> {
        let mut came = whole::closed(news);
        came.retain(|row| row.invocations > 0);
        for row in &came {
            self.take(row, news);
            if self
                .watched
                .states
                .get(row.function)
                .is_some_and(|s| s.retries.is_open())
            {
                self.watched.open.insert(row.function);
            }
        }
        self.wait(news);
        self.learn(news);
        let states = &mut self.watched.states;
        self.watched.open.retain(|function| {
            states.get_mut(*function).is_some_and(|state| {
                if news.shows(*function) {
                    state.retries.fade(news.until_s);
                }
                state.silence.is_told()
                    || state.schedule.missed().is_some()
                    || state.retries.is_open()
            })
        });
        say::all(&self.watched.states, &self.watched.open, news)
    }

    fn forget(&mut self, functions: &HashSet<FunctionNo>) {
        self.watched.forget(functions);
    }

    fn save(&self, names: &Names) -> Vec<Vec<u8>> {
        self.watched.states.save(FORM, names)
    }

    fn load(&mut self, pieces: &[Vec<u8>], names: &mut Names) -> Result<(), BadState> {
        self.watched.load(FORM, pieces, names, |state| {
            state.silence.is_told() || state.schedule.missed().is_some() || state.retries.is_open()
        })
    }
}
