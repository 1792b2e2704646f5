//! The daily refit: forecasts of a whole fleet from a frame of hours.
//!
//! A frame holds the columns `series` (text), `hour` (hours since 1970) and `value`. Whoever has more series
//! than fit into memory gives a frame for some thousand of them at a time: the fleet's common weights come
//! from a first pass over some ([`learn`]), and everything else is a series' own.

use polars::prelude::*;
use store::read::usage::Hours;

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
struct History<'a> {
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

/// What of a function's hours is forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Invocations.
    Invocations,
    /// Billed time, ms.
    BilledMs,
}

/// A frame of what the store knows of functions' hours.
///
/// # Errors
/// If the lists of a function differ in length.
#[allow(clippy::cast_precision_loss)] // counts of an hour are exact up to 2⁵³
pub fn frame_of(functions: &[Hours], figure: Figure) -> PolarsResult<DataFrame> {
    let count = functions.iter().map(|f| f.hours_s.len()).sum();
    let mut series: Vec<&str> = Vec::with_capacity(count);
    let (mut hour, mut value) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for function in functions {
        let figures = match figure {
            Figure::Invocations => &function.invocations,
            Figure::BilledMs => &function.billed_ms,
        };
        series.extend(
            function
                .hours_s
                .iter()
                .map(|_| function.function_id.as_str()),
        );
        hour.extend(function.hours_s.iter().map(|s| i64::from(s / 3_600)));
        value.extend(figures.iter().map(|v| *v as f64));
    }
    df!("series" => series, "hour" => hour, "value" => value)
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
fn each(frame: &DataFrame, plan: &Plan, mut see: impl FnMut(&History)) -> PolarsResult<()> {
    let sorted = frame.sort(["series", "hour"], SortMultipleOptions::default())?;
    let series = sorted.column("series")?.str()?;
    let hour = sorted.column("hour")?.i64()?;
    let value = sorted.column("value")?.f64()?;
    let mut current: Option<History> = None;
    let first = plan.begin.saturating_sub_unsigned(plan.history as u64);
    for ((name, hour), value) in series.iter().zip(hour.iter()).zip(value.iter()) {
        let (Some(name), Some(hour)) = (name, hour) else {
            continue;
        };
        if current.as_ref().is_none_or(|hours| hours.name != name) {
            if let Some(hours) = current.take() {
                see(&hours);
            }
            current = Some(History {
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

impl History<'_> {
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

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Plan = Plan {
        begin: 490_000,
        horizon: 24,
        history: HISTORY_HOURS,
        gaps: Gaps::Zero,
    };

    fn usage(hour: i64) -> f64 {
        let turn = hour as f64 * std::f64::consts::TAU / 24.0;
        let wobble = (hour * 7_919 % 101) as f64 / 10.0;
        (100.0 + 80.0 * turn.sin() + wobble).round()
    }

    /// `old` has four weeks of history in rows of two versions, out of order; `still` none for ten days;
    /// `new` thirty hours.
    fn frame() -> DataFrame {
        let mut rows: Vec<(&str, i64, f64)> = Vec::new();
        for hour in (PLAN.begin - 672..PLAN.begin).rev() {
            rows.push(("old", hour, usage(hour) - 10.0));
            rows.push(("old", hour, 10.0));
            if hour < PLAN.begin - 240 {
                rows.push(("still", hour, usage(hour)));
            }
            if hour >= PLAN.begin - 30 {
                rows.push(("new", hour, usage(hour)));
            }
        }
        rows.push(("old", PLAN.begin, 1e9)); // not over yet
        let series: Vec<&str> = rows.iter().map(|r| r.0).collect();
        let hour: Vec<i64> = rows.iter().map(|r| r.1).collect();
        let value: Vec<f64> = rows.iter().map(|r| r.2).collect();
        df!("series" => series, "hour" => hour, "value" => value).expect("a frame")
    }

    fn means(frame: &DataFrame, name: &str) -> Vec<f64> {
        let series = frame.column("series").expect("series").str().expect("text");
        let mean = frame.column("mean").expect("mean").f64().expect("numbers");
        let rows = series.iter().zip(mean.iter());
        rows.filter(|(s, _)| *s == Some(name))
            .filter_map(|(_, m)| m)
            .collect()
    }

    #[test]
    fn versions_add_up_silence_is_zero_and_a_new_function_goes_on_like_the_others() {
        let fleet = learn(&frame(), &PLAN).expect("a frame that fits");
        let out = refit(&frame(), &PLAN, fleet.as_ref()).expect("a frame that fits");
        assert_eq!(out.height(), 3 * 24);
        let hours = out.column("hour").expect("hour").i64().expect("numbers");
        assert_eq!(hours.get(0), Some(PLAN.begin));
        for (name, within) in [("old", 15.0), ("new", 60.0)] {
            for (h, mean) in means(&out, name).iter().enumerate() {
                let came = usage(PLAN.begin + h as i64);
                assert!(
                    (mean - came).abs() < within,
                    "{name} +{h}: {mean}, not {came}"
                );
            }
        }
        let still = means(&out, "still");
        assert!(
            still.iter().sum::<f64>() < 24.0 * 5.0,
            "silent for ten days: {still:?}"
        );
    }

    #[test]
    fn a_frame_without_its_columns_is_refused() {
        let other = df!("series" => ["a"], "hour" => [1_i64], "cost" => [1.0]).expect("a frame");
        let error = refit(&other, &PLAN, None).expect_err("refused");
        assert!(error.to_string().contains("value"), "{error}");
    }

    #[test]
    fn what_gaps_mean_is_the_callers_word() {
        let hours = [0, 1, 2, 5, 6, 7, 8, 9, 10, 11];
        let frame = df!(
            "series" => vec!["a"; hours.len()],
            "hour" => hours.map(|h| PLAN.begin - 12 + h),
            "value" => vec![8.0; hours.len()],
        )
        .expect("a frame");
        let levels = Plan {
            gaps: Gaps::Unknown,
            ..PLAN
        };
        let level = means(&refit(&frame, &levels, None).expect("fits"), "a");
        assert!(level.iter().all(|m| (m - 8.0).abs() < 1e-9), "{level:?}");
        let counts = means(&refit(&frame, &PLAN, None).expect("fits"), "a");
        assert_ne!(counts, level);
    }
}
