//! Whether and when a line will be crossed: a forecast, kept until the next one.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use store::model::finding::BandPoint;

use crate::detectors::costs::history::{HOUR_S, History};
use crate::forecast::budget::{self, Crossing, Sentence};
use crate::forecast::season::Step;
use crate::forecast::{Estimate, Forecast, forecast};

/// Hours that must be known before anything is forecast: two days.
pub const HOURS_MIN: usize = 48;
/// Hours of a day and of a week, which hourly series repeat after.
const SEASONS: [usize; 2] = [24, 168];
/// It is told when it is as likely as not,
const TELL_CHANCE: f64 = 0.5;
/// and goes on being told while it is at least so likely.
const TELL_CHANCE_ON: f64 = 0.35;
/// Points of the past that are drawn, days.
const PAST_DAYS: u32 = 31;

/// What a forecast said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ahead {
    /// First second that it knew nothing of, s since the epoch.
    pub made_s: u32,
    /// When the line is crossed, s since the epoch; `None`: not within the horizon.
    pub crossed_s: Option<u32>,
    /// Whether that is worth telling.
    pub is_told: bool,
    /// How likely.
    pub chance: f64,
    /// The sum, or the level, at the end of the horizon, and its 90 % interval.
    pub end: (f64, f64, f64),
    /// "will be exceeded on the 23rd (90 %: 21st to 26th)".
    pub words: String,
    /// The fan: at, expected, low, high.
    fan: Vec<(u32, f64, f64, f64)>,
}

/// The two kinds of series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sort {
    /// It adds up from this second on, s since the epoch.
    Sum(u32),
    /// It goes up and down.
    Level,
}

impl Ahead {
    /// Looks `hours` ahead; `None` while too little is known. `before` is what was said last.
    #[must_use]
    pub fn look(
        history: &History,
        sort: Sort,
        hours: usize,
        limit: f64,
        before: Option<&Self>,
    ) -> Option<Self> {
        if history.len() < HOURS_MIN || hours == 0 {
            return None;
        }
        let values: Vec<f64> = history.hours().map(|(_, value)| value).collect();
        let known = SEASONS
            .iter()
            .filter(|season| 2 * **season <= values.len())
            .count();
        let ahead = forecast(&values, &SEASONS[..known], hours, None).ok()?;
        let made_s = history.last_s() + HOUR_S;
        let (spent, crossing) = match sort {
            Sort::Sum(from_s) => {
                let so_far: Vec<f64> = since(history, from_s).collect();
                (
                    so_far.iter().sum(),
                    budget::cumulative(&so_far, &ahead, limit),
                )
            }
            Sort::Level => {
                let now = values.last().copied().unwrap_or(0.0);
                (0.0, budget::level(now, &ahead, limit))
            }
        };
        let at = |h: usize| {
            made_s.saturating_add(u32::try_from(h).unwrap_or(u32::MAX).saturating_mul(HOUR_S))
        };
        let was_told = before.is_some_and(|before| before.is_told);
        let least = if was_told {
            TELL_CHANCE_ON
        } else {
            TELL_CHANCE
        };
        Some(Self {
            made_s,
            crossed_s: crossing.expected.map(at),
            is_told: !crossing.is_crossed && crossing.chance >= least,
            chance: crossing.chance,
            end: (crossing.end.mean, crossing.end.low, crossing.end.high),
            words: words(&crossing, made_s),
            fan: fan(&ahead, sort, spent, at),
        })
    }

    /// What was and what will be, for drawing: a point a day.
    #[must_use]
    pub fn band(&self, history: &History, sort: Sort) -> Vec<BandPoint> {
        let from_s = match sort {
            Sort::Sum(from_s) => from_s,
            Sort::Level => self.made_s.saturating_sub(PAST_DAYS * 24 * HOUR_S),
        };
        let mut points = Vec::new();
        let (mut sum, mut peak) = (0.0, 0.0_f64);
        for (at, value) in history.hours().filter(|(at, _)| *at >= i64::from(from_s)) {
            sum += value;
            peak = peak.max(value);
            if (at + i64::from(HOUR_S)) % i64::from(24 * HOUR_S) == 0 {
                points.push(BandPoint {
                    at_s: at + i64::from(HOUR_S),
                    actual: Some(if sort == Sort::Level { peak } else { sum }),
                    ..BandPoint::default()
                });
                peak = 0.0;
            }
        }
        points.extend(
            self.fan
                .iter()
                .map(|(at_s, expected, low, high)| BandPoint {
                    at_s: i64::from(*at_s),
                    actual: None,
                    expected: Some(*expected),
                    low: Some(*low),
                    high: Some(*high),
                }),
        );
        points
    }

    /// Whether it is a day old.
    #[must_use]
    pub fn is_due(&self, hour_s: u32) -> bool {
        hour_s + HOUR_S >= self.made_s + 24 * HOUR_S
    }
}

/// The hours from a second on.
pub fn since(history: &History, from_s: u32) -> impl Iterator<Item = f64> {
    let within = history
        .hours()
        .filter(move |(at, _)| *at >= i64::from(from_s));
    within.map(|(_, value)| value)
}

fn words(crossing: &Crossing, made_s: u32) -> String {
    Sentence {
        crossing,
        begin: Timestamp::from_second(made_s.into()).unwrap_or_default(),
        step: Step::Seconds(HOUR_S.into()),
        zone: &TimeZone::UTC,
    }
    .to_string()
}

/// The end of each day ahead.
fn fan(
    ahead: &Forecast,
    sort: Sort,
    spent: f64,
    at: impl Fn(usize) -> u32,
) -> Vec<(u32, f64, f64, f64)> {
    let horizon = ahead.mean.len();
    let ends = (1..=horizon).filter(|h| *h == horizon || at(*h).is_multiple_of(24 * HOUR_S));
    let value = |h: usize| match sort {
        Sort::Sum(_) => ahead.total(0..h, budget::LEVEL),
        Sort::Level => ahead.at(h - 1, budget::LEVEL),
    };
    ends.map(|h| {
        let Estimate { mean, low, high } = value(h);
        (at(h), spent + mean, spent + low.max(0.0), spent + high)
    })
    .collect()
}
