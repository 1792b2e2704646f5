//! The spend of one thing, hour by hour: a function, a region, an account, a provider, everything.

use serde::{Deserialize, Serialize};

use super::factors::Factors;
use super::history::{HOUR_S, History};
use super::run::{self, Point, Run};
use crate::detectors::anomaly::{Series, Shape};

/// Hours that must be known before anything is expected: ten days, a week with both ends of another.
const FIT_HOURS_MIN: usize = 240;
/// From so many hours on, three weeks, the detector's word is taken nearly as it measures itself, before only
/// what is much rarer ([`P_MAX_YOUNG`]).
const SURE_HOURS: usize = 3 * 168;
/// What is told must be as rare: all that the detector of anomalies says. Asking for more loses steps and
/// leaks, which it says once, when they begin (EVALUATION.md, "Costs"); the budget of false alarms holds the rest.
const P_MAX: f64 = 0.01;
/// See [`SURE_HOURS`].
const P_MAX_YOUNG: f64 = 0.0003;
/// A day.
const DAY_S: u32 = 24 * HOUR_S;

/// See the module.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Track {
    /// First hour in which anything was spent, s since the epoch.
    pub first_s: u32,
    /// Spend by hour.
    pub history: History,
    /// The departure that goes on, if one does.
    pub run: Option<Box<Run>>,
    series: Series,
    fitted_s: u32,
}

impl Track {
    /// Of something that was first seen in this hour.
    #[must_use]
    pub fn new(first_s: u32) -> Self {
        Self {
            first_s,
            history: History::default(),
            run: None,
            series: Series::new(Shape::of_step(HOUR_S.into())),
            fitted_s: 0,
        }
    }

    /// Takes a closed hour; `usual` is what such an hour usually has.
    pub fn push(
        &mut self,
        hour_s: u32,
        actual: &Factors,
        usual: &Factors,
        triggers: &[(Box<str>, f64)],
    ) {
        if self.history.last_s() >= hour_s {
            return; // it was taken before
        }
        let judged = self.series.push(hour_s.into(), actual.usd);
        self.history.push(hour_s, actual.usd);
        if let (Some(expected), Some(low), Some(high)) = (judged.expected, judged.low, judged.high)
        {
            #[allow(clippy::cast_possible_truncation)] // for comparing and drawing
            let point = Point {
                hour_s,
                actual: actual.usd as f32,
                expected: expected.max(0.0) as f32,
                low: low.max(0.0) as f32,
                high: high.max(0.0) as f32,
            };
            let hour = run::Hour {
                point,
                actual,
                expected: expectation(usual, expected.max(0.0)),
                triggers,
                anomaly: Some(p_value(judged.score)).filter(|p| judged.anomaly && self.is_sure(*p)),
            };
            run::next(&mut self.run, &hour);
        }
    }

    /// Whether what is known suffices for what is this rare: of three weeks, every weekday was seen thrice.
    fn is_sure(&self, p_value: f64) -> bool {
        match self.history.len() {
            hours if hours >= SURE_HOURS => p_value <= P_MAX,
            _ => p_value <= P_MAX_YOUNG,
        }
    }

    /// Learns from what is known. Once a day.
    pub fn refit(&mut self) {
        let last = self.history.hours().last();
        let Some((last_s, _)) = last.filter(|_| self.history.len() >= FIT_HOURS_MIN) else {
            return;
        };
        let hours: Vec<(i64, f64)> = self.history.hours().collect();
        self.series.refit(&hours);
        self.fitted_s = u32::try_from(last_s).unwrap_or(u32::MAX);
    }

    /// Whether enough is known to learn from, and the last time is a day ago or more.
    #[must_use]
    pub fn is_due(&self, until_s: u32) -> bool {
        let is_old = self.fitted_s == 0 || until_s.saturating_sub(self.fitted_s) >= DAY_S;
        is_old && self.history.len() >= FIT_HOURS_MIN
    }

    /// What was spent in the hours from `from_s` on, dollars.
    #[must_use]
    pub fn since(&self, from_s: u32) -> f64 {
        let within = self
            .history
            .hours()
            .filter(|(at, _)| *at >= i64::from(from_s));
        within.map(|(_, usd)| usd).sum()
    }
}

/// The usual factors, scaled to what is expected of this hour.
fn expectation(usual: &Factors, expected_usd: f64) -> Factors {
    match usual.usd > 0.0 {
        true => usual.scaled_to(expected_usd),
        false => Factors {
            usd: expected_usd,
            ..Factors::default()
        },
    }
}

/// How often chance alone looks like a score. At 0.5, where an anomaly begins, a quiet function has one
/// within a few weeks; each further half of what is missing to 1 is as much rarer again.
fn p_value(score: f64) -> f64 {
    let strength = -(1.0 - score.clamp(0.0, 1.0 - 1e-9)).log2();
    10.0_f64.powf(-2.0 * strength.max(1.0))
}
