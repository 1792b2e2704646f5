//! What was usual before a version: the level of each hour of the day, and how much hours and days differ
//! by themselves.

use super::measure::{Form, Measure, Point};
use crate::detectors::regression::quantile::median;

/// Hours and days that the priors below count for.
const PRIOR_HOURS: f64 = 8.0;
const PRIOR_DAYS: f64 = 4.0;
/// An hour of the day is drawn towards the whole day as if so many hours of that kind were added.
const SHRINK_HOURS: f64 = 2.0;
/// Traffic within this factor (logarithm of 1.6) is comparable.
const LIKE_TRAFFIC: f64 = 0.47;
/// Hours of like traffic that make an expectation.
const LIKE_HOURS_MIN: usize = 3;

/// The past of a measure.
#[derive(Clone, Debug)]
pub struct Past {
    measure: Measure,
    hours: Vec<Point>,
    n: f64,
    sum: f64,
    by_hour_of_day: [(f64, f64); 24],
    /// How it varies by itself.
    pub spread: Spread,
}

/// Variances of the logarithm of a measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// One invocation's part; for shares 0, because counting them says it.
    pub sampling: f64,
    /// From hour to hour within a day.
    pub hour: f64,
    /// From day to day.
    pub day: f64,
}

impl Past {
    /// From hours in time order; `sigma` is how far durations of one hour scatter (logarithm). `None` of
    /// nothing.
    #[must_use]
    pub fn of(measure: Measure, hours: &[Point], sigma: f64) -> Option<Self> {
        let (mut n, mut sum, mut by_hour_of_day) = (0.0, 0.0, [(0.0, 0.0); 24]);
        for hour in hours {
            n += hour.n;
            sum += hour.sum;
            let of_day = &mut by_hour_of_day[hour_of_day(hour)];
            *of_day = (of_day.0 + hour.n, of_day.1 + hour.sum);
        }
        if n <= 0.0 {
            return None;
        }
        let mut past = Self {
            measure,
            hours: hours.to_vec(),
            n,
            sum,
            by_hour_of_day,
            spread: prior(measure, sigma),
        };
        past.spread = past.measured_spread();
        Some(past)
    }

    /// What is measured.
    #[must_use]
    pub const fn measure(&self) -> Measure {
        self.measure
    }

    /// Invocations it rests on.
    #[must_use]
    pub const fn n(&self) -> f64 {
        self.n
    }

    /// Hours it has.
    #[must_use]
    pub fn hours(&self) -> &[Point] {
        &self.hours
    }

    /// Days it has, at least in part.
    #[must_use]
    pub fn days(&self) -> usize {
        self.hours.chunk_by(|a, b| day(a) == day(b)).count()
    }

    /// What is usual at that time and traffic; `None` where nothing like it was seen.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // hours
    pub fn expect(&self, at: &Point) -> Option<f64> {
        if self.measure == Measure::ColdShare {
            return self.at_traffic(at.hourly);
        }
        let (n, sum) = self.by_hour_of_day[hour_of_day(at)];
        let shrink = SHRINK_HOURS * self.n / self.hours.len() as f64;
        Some((sum + shrink * self.sum / self.n) / (n + shrink))
    }

    /// Busy functions start cold less often, so hours of like traffic are compared.
    fn at_traffic(&self, hourly: f64) -> Option<f64> {
        let wanted = hourly.max(1e-9).ln();
        let (mut hours, mut n, mut sum) = (0, 0.0, 0.0);
        for hour in &self.hours {
            if (hour.hourly.max(1e-9).ln() - wanted).abs() <= LIKE_TRAFFIC {
                (hours, n, sum) = (hours + 1, n + hour.n, sum + hour.sum);
            }
        }
        (hours >= LIKE_HOURS_MIN).then(|| sum / n)
    }

    /// Events it has seen, for shares.
    #[must_use]
    pub const fn events(&self) -> f64 {
        self.sum
    }

    fn measured_spread(&self) -> Spread {
        let prior = self.spread;
        let (mut by_hour, mut by_day) = (Vec::new(), Vec::new());
        for day in self.hours.chunk_by(|a, b| day(a) == day(b)) {
            let expected: Vec<(Point, f64)> = day
                .iter()
                .filter_map(|hour| Some((*hour, self.expect(hour)?)))
                .collect();
            let n: f64 = expected.iter().map(|(hour, _)| hour.n).sum();
            if n <= 0.0 {
                continue;
            }
            let rest: f64 = expected.iter().map(|(hour, e)| hour.sum - hour.n * e).sum();
            let usual: f64 = expected.iter().map(|(hour, e)| hour.n * e).sum();
            by_day.push((n, rest, usual));
            for (hour, e) in &expected {
                // The day's own part is the day's.
                let days = match self.measure.form() {
                    Form::Level => rest / n * hour.n,
                    Form::Share => hour.n * e * rest / usual.max(1e-12),
                };
                by_hour.push((hour.n, hour.sum - hour.n * e - days, hour.n * e));
            }
        }
        let (form, sampling) = (self.measure.form(), prior.sampling);
        Spread {
            sampling,
            hour: shrunk(
                variance(form, sampling, &by_hour),
                by_hour.len(),
                prior.hour,
                PRIOR_HOURS,
            ),
            day: shrunk(
                variance(form, sampling, &by_day),
                by_day.len(),
                prior.day,
                PRIOR_DAYS,
            ),
        }
    }
}

fn hour_of_day(point: &Point) -> usize {
    usize::try_from(point.hour().rem_euclid(24)).unwrap_or(0)
}

fn day(point: &Point) -> i64 {
    point.at_s.div_euclid(86_400)
}

/// What is usual where nothing is known yet: a level moves by 5 % from hour to hour and 3 % from day to day,
/// a share by a third and a fifth.
fn prior(measure: Measure, sigma: f64) -> Spread {
    let (hour, day): (f64, f64) = match measure.form() {
        Form::Level => (0.05, 0.03),
        Form::Share => (0.33, 0.2),
    };
    Spread {
        sampling: measure.sampling(sigma),
        hour: hour * hour,
        day: day * day,
    }
}

/// Of (n, departure, expected): what is left of the variance after chance. For levels half from the
/// middle and half from the tail; for shares by moments.
fn variance(form: Form, sampling: f64, departures: &[(f64, f64, f64)]) -> f64 {
    if departures.is_empty() {
        return 0.0;
    }
    match form {
        Form::Level => {
            let mut sizes: Vec<f64> = departures.iter().map(|(n, d, _)| (d / n).abs()).collect();
            let middle = 1.4826 * median(&mut sizes);
            let tail = crate::detectors::regression::quantile::of_sorted(&sizes, 0.9) / 1.645;
            let mut chance: Vec<f64> = departures.iter().map(|(n, ..)| sampling / n).collect();
            (f64::midpoint(middle * middle, tail * tail) - median(&mut chance)).max(0.0)
        }
        Form::Share => {
            let (mut above, mut squares) = (0.0, 0.0);
            for (n, departure, expected) in departures {
                let chance = expected * (1.0 - expected / n).max(0.0);
                above += departure * departure - chance;
                squares += expected * expected;
            }
            match squares > 0.0 {
                true => (above / squares).max(0.0),
                false => 0.0,
            }
        }
    }
}

/// Drawn towards the prior while there is little, and never below a tenth of it.
#[allow(clippy::cast_precision_loss)] // hours
fn shrunk(own: f64, count: usize, prior: f64, weight: f64) -> f64 {
    let count = count as f64;
    ((count * own + weight * prior) / (count + weight)).max(prior / 10.0)
}
