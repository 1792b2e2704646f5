//! Forecasts: what an evenly spaced series will be, with intervals that hold what they promise, and what it
//! will come to in sum.
//!
//! No single model wins everywhere: a smooth load wants an autoregression, a noisy one the usual shape of
//! its week, a batch plan last week again, and a growing one exponential smoothing. So a handful of simple
//! [`member`]s is fitted to an early part of the history and asked at many later moments what would come
//! ([`backtest`]); the better that went, the more a member weighs. The combination's own errors at these
//! moments, each under weights chosen on *other* moments, tell how wide its interval must be
//! ([`interval`]): errors under weights that were chosen to make them small would be too small.
//!
//! Before all that, gaps are filled ([`history`]) and incidents drawn back ([`clean`]), so that one bad
//! night is not continued. Which seasons a series has is [`season`]'s business; a whole fleet at once is
//! [`refit`]'s, and when a limit will be crossed is [`budget`]'s.

pub mod ar;
pub mod backtest;
pub mod budget;
pub mod clean;
pub mod fleet;
pub mod history;
pub mod interval;
pub mod linear;
pub mod member;
mod naive;
pub mod normal;
pub mod prior;
pub mod profile;
pub mod refit;
pub mod scale;
pub mod season;
pub mod smooth;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

use ar::Weights;
use backtest::Backtest;
use interval::Spread;
use member::{Kind, Past};
use scale::Scale;

/// What `low` and `high` of a [`Forecast`] hold: 95 of 100 values.
pub const LEVEL: f64 = 0.95;
/// Steps that are forecast at most: a year of hours, and 600 kB.
pub const HORIZON_MAX: usize = 24 * 366;
/// Fewest values that models are fitted to; of fewer only the last is continued.
pub const FITTED_MIN: usize = 8;

/// What is expected.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// Expected value at each step after the history, in the unit of the values.
    pub mean: Vec<f64>,
    /// 95 % of values lie between this
    pub low: Vec<f64>,
    /// and this.
    pub high: Vec<f64>,
    /// What it rests on.
    pub basis: Basis,
    spread: Spread,
    origin: usize,
    /// What never was negative is not forecast to be.
    floor: f64,
}

/// A sum over steps, or a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Most likely.
    pub mean: f64,
    /// As many as the level promises lie between this
    pub low: f64,
    /// and this.
    pub high: f64,
}

/// What a forecast rests on: the reason for it.
#[derive(Clone, Debug, PartialEq)]
pub enum Basis {
    /// Members and their weights, the heaviest first, and how many past moments they were tried at.
    Combination {
        /// Weights sum up to 1.
        weights: Vec<(Kind, f64)>,
        /// Past moments.
        trials: usize,
    },
    /// Too few values to try anything: the last one, or the last season, is continued.
    Again {
        /// Steps that are continued.
        season: usize,
        /// Values there are.
        values: usize,
    },
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Combination { weights, trials } => {
                write!(f, "combined, as tried at {trials} past moments:")?;
                for (kind, weight) in weights.iter().filter(|(_, w)| *w >= 0.01) {
                    write!(f, " {kind} {:.0} %", weight * 100.0)?;
                }
                Ok(())
            }
            Self::Again { season, values } => {
                match season {
                    1 => f.write_str("the last value")?,
                    _ => write!(f, "the last {season} values")?,
                }
                write!(
                    f,
                    " again, for {values} known values are too few to learn from (at least {FITTED_MIN} and two \
                     and a half seasons)"
                )
            }
        }
    }
}

/// Why nothing can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Nothing {
    /// Not one value is known.
    #[error("no value is known, so nothing can be forecast")]
    NoValue,
    /// The horizon is not one.
    #[error("{0} steps cannot be forecast; ask for 1 to {HORIZON_MAX}")]
    Horizon(usize),
}

/// Forecasts the `horizon` steps after `values`, which are evenly spaced, the oldest first; what is not
/// finite is a gap. `seasons` are the lengths of its seasons in steps, ascending, none or up to two: a day
/// and a week ([`season::of`] finds them). `fleet` are weights learnt over many series ([`fleet::Learner`]).
///
/// # Errors
/// [`Nothing`] known, or no such horizon.
pub fn forecast(
    values: &[f64],
    seasons: &[usize],
    horizon: usize,
    fleet: Option<&Weights>,
) -> Result<Forecast, Nothing> {
    if !(1..=HORIZON_MAX).contains(&horizon) {
        return Err(Nothing::Horizon(horizon));
    }
    let raw = history::whole(values, seasons).ok_or(Nothing::NoValue)?;
    let known = history::known(values);
    let seasons = history::within(&raw, seasons);
    let season = seasons.first().copied().unwrap_or(1);
    let tried = match known >= FITTED_MIN && 2 * raw.len() >= 5 * season {
        true => combined(&raw, &seasons, horizon, fleet),
        false => None,
    };
    let (mean, spread, basis) = tried.unwrap_or_else(|| {
        let (mean, spread) = naive::again(&raw, season, horizon);
        let values = known;
        (mean, spread, Basis::Again { season, values })
    });
    let is_negative = raw.iter().any(|v| *v < 0.0);
    let floor = if is_negative { f64::NEG_INFINITY } else { 0.0 };
    let mut forecast = Forecast {
        mean: mean.iter().map(|v| v.max(floor)).collect(),
        low: Vec::new(),
        high: Vec::new(),
        basis,
        spread,
        origin: raw.len(),
        floor,
    };
    let bounds = (0..horizon).map(|h| forecast.at(h, LEVEL));
    (forecast.low, forecast.high) = bounds.map(|e| (e.low, e.high)).unzip();
    Ok(forecast)
}

fn combined(
    raw: &[f64],
    seasons: &[usize],
    horizon: usize,
    fleet: Option<&Weights>,
) -> Option<(Vec<f64>, Spread, Basis)> {
    let clean = clean::incidents(raw, seasons);
    let views = member::views(&clean);
    let backtest = Backtest::run(raw, &clean, &views, seasons, horizon, fleet)?;
    let past = Past {
        raw: &clean,
        scaled: &views,
        seasons,
    };
    let said: Vec<Option<Vec<f64>>> = member::refit(&backtest.members, &past, fleet)
        .iter()
        .map(|member| member.predict(&past, horizon))
        .collect();
    let mean = backtest::mix(&said, &backtest.weights, horizon);
    let spread = Spread::of(&backtest.errors, seasons.first().copied().unwrap_or(1))?;
    let basis = Basis::Combination {
        weights: backtest.by_kind(),
        trials: backtest.errors.len(),
    };
    Some((mean, spread, basis))
}

impl Forecast {
    /// The value `h` steps (from 0) after the history, with an interval that holds `level` (0 to 1).
    ///
    /// # Panics
    /// If `h` lies beyond the horizon.
    #[must_use]
    pub fn at(&self, h: usize, level: f64) -> Estimate {
        let (below, above) = self.spread.interval(self.origin, h, level);
        self.estimate(self.mean[h], below, above)
    }

    /// The sum over steps, with an interval that holds `level` (0 to 1). Errors of single steps cancel out
    /// in part; how far was seen in the sums of the past.
    #[must_use]
    pub fn total(&self, steps: Range<usize>, level: f64) -> Estimate {
        let steps = steps.start.min(self.mean.len())..steps.end.min(self.mean.len());
        let sum = self.mean[steps.clone()].iter().sum();
        let deviates =
            normal::student(normal::quantile((1.0 + level) / 2.0), self.spread.freedom());
        let wide = self.spread.of_sum(self.origin, steps) * deviates;
        self.estimate(sum, -wide, wide)
    }

    /// The probability that the sum over steps lies above `limit`.
    #[must_use]
    pub fn chance_above(&self, steps: Range<usize>, limit: f64) -> f64 {
        let expected = self.total(steps.clone(), LEVEL).mean;
        let deviation = self.spread.of_sum(self.origin, steps);
        if deviation <= 0.0 {
            return if expected > limit { 1.0 } else { 0.0 };
        }
        normal::below((expected - limit) / deviation, self.spread.freedom())
    }

    /// Rounding must not turn the order around, and infinity is no answer.
    fn estimate(&self, mean: f64, below: f64, above: f64) -> Estimate {
        let low = (mean + below).clamp(self.floor.max(f64::MIN), f64::MAX);
        Estimate {
            mean,
            low: low.min(mean),
            high: (mean + above).clamp(mean, f64::MAX),
        }
    }
}

/// A history on each scale that suits it.
pub type Views = Vec<(Scale, Vec<f64>)>;
