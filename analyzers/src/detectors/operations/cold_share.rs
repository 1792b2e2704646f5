//! More cold starts than this function usually has at this hour.
//!
//! How long a cold start takes is another detector's matter ([`crate::detectors::regression`]). This one only
//! informs: a share rises when traffic gets burstier, instances die or provisioned ones are missing.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use store::model::Severity;

use super::report;
use super::share::{Alarm, Recent, Usual};
use super::thresholds::Thresholds;
use super::watched::Watched;
use super::whole::{self, Whole};
use crate::advice::words::{count, percent};
use crate::detectors::names::FunctionNo;
use crate::detectors::{BadState, Detector, Names, News, Signal};

/// A share must exceed so many times the usual one.
const TIMES_USUAL: f64 = 2.0;
/// A new version starts cold everywhere: nothing is said so long after it, s.
const DEPLOY_S: u32 = 1_800;
/// How much a new day weighs in what an hour of the day usually has.
const DAY_WEIGHT: f64 = 0.2;
/// How often ordinary traffic raises it, by function and month: EVALUATION.md, "Operations".
const PLACEBO: f64 = 0.01;
const FORM: u32 = 2;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    recent: Recent,
    usual: Usual,
    alarm: Alarm,
    /// Share by hour of the day, of 65,534, plus one; 0 where nothing is known.
    hours: Vec<u16>,
    deployed_s: u32,
}

impl State {
    fn hour(&self, at_s: u32) -> Option<f64> {
        let code = *self.hours.get((at_s / 3600 % 24) as usize)?;
        (code > 0).then(|| f64::from(code - 1) / 65_534.0)
    }

    fn learn(&mut self, hour_s: u32, row: &Whole) {
        self.usual
            .learn(hour_s, row.cold_start_known, row.cold_starts);
        if row.cold_start_known == 0 {
            return;
        }
        let share = f64::from(row.cold_starts) / f64::from(row.cold_start_known);
        let new = match self.hour(hour_s) {
            Some(old) => old + (share.min(1.0) - old) * DAY_WEIGHT,
            None => share.min(1.0),
        };
        if self.hours.is_empty() {
            self.hours = vec![0; 24];
        }
        self.hours[(hour_s / 3600 % 24) as usize] = 1 + (new * 65_534.0) as u16;
    }

    /// The usual share at this hour; the higher one of that of the hour and that of all.
    fn usually(&self, at_s: u32) -> Option<f64> {
        let usual = self.usual.share()?;
        Some(self.hour(at_s).map_or(usual, |hour| hour.max(usual)))
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct ColdShare {
    watched: Watched<State>,
    low: f64,
}

impl ColdShare {
    /// Told from these thresholds on.
    #[must_use]
    pub fn new(thresholds: &Thresholds) -> Self {
        Self {
            low: thresholds.cold_starts_percent / 100.0,
            ..Self::default()
        }
    }

    fn judge(&mut self, row: Option<&Whole>, function: FunctionNo, now_s: u32) {
        let low = self.low;
        let state = self.watched.states.or_insert_with(function, State::default);
        if now_s.saturating_sub(state.deployed_s) < DEPLOY_S {
            return;
        }
        if let Some(row) = row {
            state
                .recent
                .add(now_s, row.cold_start_known, row.cold_starts);
            state.alarm.count(row.cold_start_known, row.cold_starts);
        }
        // Without a past there is nothing to depart from.
        let Some(usually) = state.usually(now_s.saturating_sub(60)) else {
            return;
        };
        let limit = low.max(TIMES_USUAL * usually);
        // A cold start brings others: they come in bursts, so they scatter more than by chance.
        let spread = 2.0 * state.usual.spread();
        state
            .alarm
            .judge(&mut state.recent, (limit, 2.0 * limit), spread, now_s);
        match state.alarm.is_open() {
            true => self.watched.open.insert(function),
            false => self.watched.open.remove(&function),
        };
    }
}

impl Detector for ColdShare {
    fn name(&self) -> &'static str {
        "cold_share"
    }

    fn look(&mut self, news: &News<'_>) -> Vec<Signal> {
        for deployed in news.deploys.iter().filter(|d| !d.is_baseline) {
            let at_s = u32::try_from(deployed.at.as_secs()).unwrap_or(0);
            let state = self
                .watched
                .states
                .or_insert_with(deployed.function, State::default);
            state.deployed_s = state.deployed_s.max(at_s.min(news.until_s));
        }
        let mut quiet = self.watched.open.clone();
        quiet.retain(|function| news.shows(*function));
        for row in whole::closed(news)
            .iter()
            .filter(|row| row.cold_start_known > 0)
        {
            quiet.remove(&row.function);
            self.judge(Some(row), row.function, news.until_s);
        }
        for function in quiet {
            self.judge(None, function, news.until_s);
        }
        for row in whole::hours(news) {
            let state = self
                .watched
                .states
                .or_insert_with(row.function, State::default);
            state.learn(news.hour_s.unwrap_or(news.until_s), &row);
        }
        let states = &self.watched.states;
        let said = self.watched.open.iter();
        said.filter_map(|function| Some(signal(*function, states.get(*function)?, news)))
            .collect()
    }

    fn forget(&mut self, functions: &HashSet<FunctionNo>) {
        self.watched.forget(functions);
    }

    fn save(&self, names: &Names) -> Vec<Vec<u8>> {
        self.watched.states.save(FORM, names)
    }

    fn load(&mut self, pieces: &[Vec<u8>], names: &mut Names) -> Result<(), BadState> {
        self.watched
            .load(FORM, pieces, names, |state| state.alarm.is_open())
    }
}

fn signal(function: FunctionNo, state: &State, news: &News<'_>) -> Signal {
    let name = report::name(news.names, function);
    let State { recent, alarm, .. } = state;
    let usually = state
        .usually(news.until_s.saturating_sub(60))
        .unwrap_or(0.0);
    let share = recent.share();
    let mut signal = report::of_function(
        "cold_start_share",
        function,
        alarm.began_s,
        alarm.detected_s,
    );
    signal.severity = Severity::Info;
    signal.p_value = Some(PLACEBO);
    signal.confidence = 0.95;
    signal.title = format!("{} of {name}'s invocations start cold", percent(share));
    signal.sentence = format!(
        "{} of {name}'s invocations start cold, usually {} do at this hour: {} of {} since {}. \
         Traffic in bursts, instances that end early or missing provisioned ones do that.",
        percent(share),
        percent(usually),
        count(alarm.hits.into()),
        count(alarm.of.into()),
        report::clock(alarm.began_s, news.until_s)
    );
    let (low, high) = report::share_interval(recent.hits(), recent.of());
    signal.before = Some(usually);
    signal.after = Some(share);
    if usually > 1e-6 {
        signal.relative = Some(share / usually - 1.0);
        signal.interval = Some((low / usually - 1.0, high / usually - 1.0));
    }
    signal
}
