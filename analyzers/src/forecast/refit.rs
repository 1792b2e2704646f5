//! The daily refit: forecasts of a whole fleet from a frame of hours.
//!
//! A frame holds the columns `series` (text), `hour` (hours since 1970) and `value`. Whoever has more series
//! than fit into memory gives a frame for some thousand of them at a time: the fleet's common weights come
//! from a first pass over some ([`learn`]), and everything else is a series' own.

use polars::prelude::*;

use super::ar::Weights;
use super::fleet::Learner;
use super::season::{self, Step};
use super::{Forecast, forecast};

/// What an hour without a row means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// Nothing happened: counts, usage, money.
    Zero,
    /// Nobody knows: levels and gauges.
    Unknown,
}

/// How to refit.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The first hour to forecast, hours since 1970; later rows are left out.
    pub begin: i64,
    /// Hours to forecast.
    pub horizon: usize,
    /// Hours of history that are looked at, before `begin`.
    pub history: usize,
    /// What an hour without a row means.
    pub gaps: Gaps,
}

/// Hours of history that a refit looks at: six weeks.
pub const HISTORY_HOURS: usize = 6 * WEEK;
const DAY: usize = 24;
const WEEK: usize = 7 * DAY;
const HOUR: Step = Step::Seconds(3_600);

/// One series of a frame, its hours in order.
struct Hours<'a> {
    name: &'a str,
    values: Vec<f64>,
}

/// Learns what the series of a frame have in common; a few hundred are enough.
///
/// # Errors
/// If a column is missing or of another type.
pub fn learn(frame: &DataFrame, plan: &Plan) -> PolarsResult<Option<Weights>> {
    let mut learner = Learner::new(&[DAY, WEEK]);
    each(frame, plan, |hours| {
        if !learner.is_full() {
            learner.learn(&hours.values);
        }
    })?;
    Ok(learner.weights())
}

/// Forecasts every series of a frame: a frame with the columns `series`, `hour`, `mean`, `low` and `high`
/// (which hold 95 %), in order. Series without any known value have no row.
///
/// # Errors
/// If a column is missing or of another type.
pub fn refit(frame: &DataFrame, plan: &Plan, fleet: Option<&Weights>) -> PolarsResult<DataFrame> {
    let mut out = Rows::default();
    each(frame, plan, |hours| {
        let seasons = season::of(&hours.values, Some(HOUR), None);
        // The fleet's weights are those of days and weeks.
        let fleet = fleet.filter(|_| seasons.last() == Some(&WEEK));
        if let Ok(forecast) = forecast(&hours.values, &seasons, plan.horizon, fleet) {
            out.push(hours.name, plan.begin, &forecast);
        }
    })?;
    out.frame()
}

#[derive(Default)]
struct Rows {
    series: Vec<String>,
    hour: Vec<i64>,
    mean: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
}

impl Rows {
    fn push(&mut self, name: &str, begin: i64, forecast: &Forecast) {
        for h in 0..forecast.mean.len() {
            self.series.push(name.to_owned());
            self.hour.push(begin.saturating_add_unsigned(h as u64));
        }
        self.mean.extend_from_slice(&forecast.mean);
        self.low.extend_from_slice(&forecast.low);
        self.high.extend_from_slice(&forecast.high);
    }

    fn frame(self) -> PolarsResult<DataFrame> {
        df!(
            "series" => self.series,
            "hour" => self.hour,
            "mean" => self.mean,
            "low" => self.low,
            "high" => self.high,
        )
    }
}

/// Walks over the series of a frame. Rows come in any order; of equal hours the values add up, as those of
/// several versions of a function do.
fn each(frame: &DataFrame, plan: &Plan, mut see: impl FnMut(&Hours)) -> PolarsResult<()> {
    let sorted = frame.sort(["series", "hour"], SortMultipleOptions::default())?;
    let series = sorted.column("series")?.str()?;
    let hour = sorted.column("hour")?.i64()?;
    let value = sorted.column("value")?.f64()?;
    let mut current: Option<Hours> = None;
    let first = plan.begin.saturating_sub_unsigned(plan.history as u64);
    for ((name, hour), value) in series.iter().zip(hour.iter()).zip(value.iter()) {
        let (Some(name), Some(hour)) = (name, hour) else {
            continue;
        };
        if current.as_ref().is_none_or(|hours| hours.name != name) {
            if let Some(hours) = current.take() {
                see(&hours);
            }
            current = Some(Hours {
                name,
                values: Vec::new(),
            });
        }
        if let (Some(hours), true) = (&mut current, (first..plan.begin).contains(&hour)) {
            hours.add(hour - first, value.unwrap_or(f64::NAN), plan);
        }
    }
    if let Some(hours) = current {
        see(&hours);
    }
    Ok(())
}

impl Hours<'_> {
    /// Adds a row, `at` hours after the first that is looked at. A series begins with its first row: what
    /// was before a function existed is no zero.
    fn add(&mut self, at: i64, value: f64, plan: &Plan) {
        let at = usize::try_from(at).unwrap_or(0);
        if self.values.is_empty() {
            let gap = match plan.gaps {
                Gaps::Zero => 0.0,
                Gaps::Unknown => f64::NAN,
            };
            self.values = vec![gap; plan.history - at];
        }
        let slot = self.values.len() - (plan.history - at);
        let known = &mut self.values[slot];
        *known = if known.is_nan() {
            value
        } else {
            *known + value
        };
    }
}
