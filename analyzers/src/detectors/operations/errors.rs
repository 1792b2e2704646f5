//! Failing invocations: more than the threshold and more than this function's own past.
//!
//! What ends at a limit is not counted here: [`super::timeouts`] and [`super::memory`] tell of that, so
//! that one cause is one finding.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use store::model::finding::{Suspect, plain};
use store::model::{Evidence, Severity};

use super::report;
use super::share::{Alarm, Recent, Usual};
use super::thresholds::Thresholds;
use super::watched::Watched;
use super::whole::{self, Whole};
use crate::advice::words::{count, percent};
use crate::detectors::names::FunctionNo;
use crate::detectors::{BadState, Detector, Names, News, Signal};

/// A share must exceed so many times the usual one.
const TIMES_USUAL: f64 = 1.5;
const FORM: u32 = 3;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    recent: Recent,
    usual: Usual,
    alarm: Alarm,
    /// What was usual when the alarm opened: what is usual learns from it, too, and would soon excuse it.
    before: Option<f64>,
    /// The newest version, and when it came, s since the epoch.
    deployed: Option<(String, u32)>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Errors {
    watched: Watched<State>,
    low: f64,
    high: f64,
}

impl Errors {
    /// Told from these thresholds on.
    #[must_use]
    pub fn new(thresholds: &Thresholds) -> Self {
        Self {
            low: thresholds.errors_low_percent / 100.0,
            high: thresholds.errors_high_percent / 100.0,
            ..Self::default()
        }
    }

    fn judge(&mut self, row: Option<&Whole>, function: FunctionNo, now_s: u32) {
        let (low, high) = (self.low, self.high);
        let state = self.watched.states.or_insert_with(function, State::default);
        if let Some(row) = row {
            state.recent.add(now_s, row.invocations, row.failures());
            state.alarm.count(row.invocations, row.failures());
        }
        let usual = TIMES_USUAL * state.usual.share().unwrap_or(0.0);
        let limits = (low.max(usual), high.max(usual));
        if !state.alarm.is_open() {
            state.before = state.usual.share();
        }
        state
            .alarm
            .judge(&mut state.recent, limits, state.usual.spread(), now_s);
        match state.alarm.is_open() {
            true => self.watched.open.insert(function),
            false => self.watched.open.remove(&function),
        };
    }
}

impl Detector for Errors {
    fn name(&self) -> &'static str {
        "errors"
    }

    fn look(&mut self, news: &News<'_>) -> Vec<Signal> {
        for deployed in news.deploys.iter().filter(|d| !d.is_baseline) {
            let version = news.names.version_name(deployed.version).to_owned();
            let at_s = u32::try_from(deployed.at.as_secs()).unwrap_or(0);
            let state = self
                .watched
                .states
                .or_insert_with(deployed.function, State::default);
            if state
                .deployed
                .as_ref()
                .is_none_or(|(_, before_s)| *before_s <= at_s)
            {
                state.deployed = Some((version, at_s));
            }
        }
        let mut quiet = self.watched.open.clone();
        quiet.retain(|function| news.shows(*function));
        for row in whole::closed(news).iter().filter(|row| row.invocations > 0) {
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
            let hour_s = news.hour_s.unwrap_or(news.until_s);
            state.usual.learn(hour_s, row.invocations, row.failures());
        }
        let states = &self.watched.states;
        let said = self
            .watched
            .open
            .iter()
            .filter_map(|function| Some(signal(*function, states.get(*function)?, news)));
        said.collect()
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

/// A deploy so long before the begin is suspected, s: a day.
const SUSPECT_S: u32 = 86_400;

fn signal(function: FunctionNo, state: &State, news: &News<'_>) -> Signal {
    let State {
        recent,
        alarm,
        before: past,
        deployed,
        ..
    } = state;
    let name = report::name(news.names, function);
    let share = recent.share();
    let since = report::clock(alarm.began_s, news.until_s);
    let mut signal = report::of_function("error_rate", function, alarm.began_s, alarm.detected_s);
    let past = *past;
    let usually = match past {
        Some(past) => format!("usually {} do", percent(past)),
        None => "it is too new to say what is usual".to_owned(),
    };
    let failed = format!(
        "{} of {} invocations failed since {since}",
        count(alarm.hits.into()),
        count(alarm.of.into())
    );
    let suspect = deployed.as_ref().filter(|(_, at_s)| {
        *at_s <= alarm.began_s + 600 && alarm.began_s.saturating_sub(*at_s) <= SUSPECT_S
    });
    let first = match suspect {
        Some((version, at_s)) => format!(
            "Look first at version {}, which came into use at {}.",
            plain(version, 60), report::clock(*at_s, news.until_s)),
        None => "No new version came shortly before; look first at what it calls and at its newest errors.".to_owned(),
    };
    signal.title = format!("{} of {name}'s invocations fail", percent(share));
    signal.sentence = format!(
        "{} of {name}'s invocations fail, {usually}: {failed}. {first}",
        percent(share)
    );
    signal.severity = if alarm.high {
        Severity::High
    } else {
        Severity::Medium
    };
    signal.version = suspect
        .map(|(version, _)| version.clone())
        .unwrap_or_default();
    signal.before = past;
    signal.after = Some(share);
    if let Some(past) = past.filter(|past| *past > 1e-6) {
        let (low, high) = report::share_interval(recent.hits(), recent.of());
        signal.relative = Some(share / past - 1.0);
        signal.interval = Some((low / past - 1.0, high / past - 1.0));
    }
    signal.evidence = Arc::new(Evidence {
        reasons: vec![failed, usually],
        suspects: suspect
            .map(|(version, at_s)| Suspect {
                what: format!("version {version}"),
                why: format!("it came into use at {}", report::clock(*at_s, news.until_s)),
                weight: 0.8,
            })
            .into_iter()
            .collect(),
        limit: Some(past.unwrap_or(0.0) * TIMES_USUAL),
        band_unit: "1".to_owned(),
        ..Evidence::default()
    });
    signal
}
