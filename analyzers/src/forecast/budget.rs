//! When a limit will be crossed: a budget by what is spent, an account's concurrency by what is running, an
//! SLO's error budget by bad events, a disk by what fills it.
//!
//! Two questions, one answer: [`cumulative`] for what adds up, [`level`] for what goes up and down.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::season::Step;
use super::{Estimate, Forecast};

/// What the intervals of a [`Crossing`] hold.
pub const LEVEL: f64 = 0.9;

/// When a limit will be crossed, in steps after the history (from 0).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// Whether it has been crossed already; then nothing is left to expect.
    pub is_crossed: bool,
    /// Most likely; `None` if not within the horizon.
    pub expected: Option<usize>,
    /// Nineteen times in twenty not before this,
    pub earliest: Option<usize>,
    /// and as often not after this.
    pub latest: Option<usize>,
    /// The sum, or the level, at the end of the horizon.
    pub end: Estimate,
    /// Probability that it is crossed within the horizon, 0 to 1.
    pub chance: f64,
}

/// When the sum of `so_far` (what each step of the period has brought) and of what is forecast crosses
/// `limit`. The forecast's horizon is the rest of the period. What is summed never is negative.
#[must_use]
pub fn cumulative(so_far: &[f64], forecast: &Forecast, limit: f64) -> Crossing {
    let spent: f64 = so_far.iter().filter(|v| v.is_finite()).sum();
    let horizon = forecast.mean.len();
    let at = |h: usize| {
        let sum = forecast.total(0..h + 1, LEVEL);
        Estimate {
            mean: spent + sum.mean,
            // What is spent is spent, however wide the interval.
            low: spent + sum.low.max(0.0),
            high: spent + sum.high,
        }
    };
    let chance = forecast.chance_above(0..horizon, limit - spent);
    crossing(spent, at, horizon, limit, chance)
}

/// When a level, now at `now`, crosses `limit`. The chance is that of the step where it is largest, so that
/// the chance of crossing at any time is no smaller.
#[must_use]
pub fn level(now: f64, forecast: &Forecast, limit: f64) -> Crossing {
    let horizon = forecast.mean.len();
    let chances = (0..horizon).map(|h| forecast.chance_above(h..h + 1, limit));
    let chance = chances.fold(0.0, f64::max);
    crossing(now, |h| forecast.at(h, LEVEL), horizon, limit, chance)
}

fn crossing(
    now: f64,
    at: impl Fn(usize) -> Estimate,
    horizon: usize,
    limit: f64,
    chance: f64,
) -> Crossing {
    let is_crossed = now >= limit;
    let mut crossing = Crossing {
        is_crossed,
        expected: None,
        earliest: None,
        latest: None,
        end: at(horizon.saturating_sub(1)),
        chance: if is_crossed { 1.0 } else { chance },
    };
    for h in (0..horizon).take_while(|_| !is_crossed) {
        let value = at(h);
        let see = |when: &mut Option<usize>, value: f64| {
            if value >= limit {
                when.get_or_insert(h);
            }
        };
        see(&mut crossing.earliest, value.high);
        see(&mut crossing.expected, value.mean);
        see(&mut crossing.latest, value.low);
    }
    crossing
}

/// A crossing in words: "will be exceeded on the 23rd (90 %: 21st to 26th)".
pub struct Sentence<'a> {
    /// What is told.
    pub crossing: &'a Crossing,
    /// When the first step after the history begins.
    pub begin: Timestamp,
    /// How long steps are.
    pub step: Step,
    /// Whose days they are.
    pub zone: &'a TimeZone,
}

impl Sentence<'_> {
    fn begin(&self) -> DateTime {
        self.zone.to_datetime(self.begin)
    }

    fn day(&self, h: usize) -> String {
        let h = i64::try_from(h).unwrap_or(i64::MAX);
        let begin = self.begin();
        let then = match self.step {
            Step::Seconds(seconds) => {
                let later = jiff::SignedDuration::from_secs(seconds.saturating_mul(h));
                self.begin
                    .checked_add(later)
                    .map(|at| self.zone.to_datetime(at))
            }
            Step::Months(months) => begin.checked_add(jiff::Span::new().months(months * h)),
        };
        let then = then.unwrap_or(DateTime::MAX);
        if then.date() == begin.date() {
            return format!("today at {:02}:00", then.hour());
        }
        if then.date().first_of_month() == begin.date().first_of_month() {
            return format!("the {}", ordinal(then.day()));
        }
        then.strftime("%-d %B %Y").to_string()
    }
}

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let crossing = self.crossing;
        let percent = (crossing.chance * 100.0).round();
        if crossing.is_crossed {
            return f.write_str("is exceeded already");
        }
        match (crossing.expected, crossing.earliest, crossing.latest) {
            (Some(expected), earliest, latest) => {
                let on = |day: String| {
                    if day.starts_with("today") {
                        day
                    } else {
                        format!("on {day}")
                    }
                };
                let day = self.day(expected);
                let first = self.day(earliest.unwrap_or(expected));
                write!(f, "will be exceeded {} (90 %: ", on(day))?;
                match latest.map(|h| self.day(h)) {
                    Some(last) if last == first => write!(f, "that day)"),
                    Some(last) => write!(f, "{} to {})", bare(&first), bare(&last)),
                    None => write!(f, "{} or later, or not at all)", bare(&first)),
                }
            }
            (None, Some(earliest), _) => write!(
                f,
                "will probably not be exceeded (with {percent} % it will, {} at the earliest)",
                bare(&self.day(earliest))
            ),
            (None, None, _) => f.write_str("will not be exceeded"),
        }
    }
}

fn bare(day: &str) -> &str {
    day.strip_prefix("the ").unwrap_or(day)
}

fn ordinal(day: i8) -> String {
    let ending = match (day % 10, day / 10) {
        (_, 1) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{day}{ending}")
}

#[cfg(test)]
mod tests {
    use super::super::forecast;
    use super::*;

    /// A forecast of `horizon` days after sixty days of about `daily`.
    fn days(daily: f64, horizon: usize) -> Forecast {
        let wobble = |t: usize| ((t * t * 31 + t * 7_919) % 1_009) as f64 / 1_009.0 - 0.5;
        let past: Vec<f64> = (0..60).map(|t| daily * (1.0 + 0.4 * wobble(t))).collect();
        forecast(&past, &[7], horizon, None).expect("a forecast")
    }

    fn said(crossing: &Crossing) -> String {
        let begin = "2024-05-11T00:00:00Z".parse().expect("a time");
        let (step, zone) = (Step::Seconds(86_400), &TimeZone::UTC);
        Sentence {
            crossing,
            begin,
            step,
            zone,
        }
        .to_string()
    }

    #[test]
    fn a_budget_is_crossed_on_the_day_that_spending_reaches_it() {
        let rest = days(10.0, 21);
        let crossing = cumulative(&[10.0; 10], &rest, 225.0);
        let expected = crossing.expected.expect("crossed");
        assert!((11..=13).contains(&expected), "{crossing:?}");
        assert!(crossing.earliest <= crossing.expected && crossing.expected <= crossing.latest);
        assert!(crossing.chance > 0.95, "{crossing:?}");
        assert!((crossing.end.mean - 310.0).abs() < 10.0, "{crossing:?}");
        assert!(crossing.end.low < crossing.end.mean && crossing.end.mean < crossing.end.high);
        let (from, on, to) = (
            crossing.earliest.map(|h| h + 11),
            expected + 11,
            crossing.latest.map(|h| h + 11),
        );
        let said = said(&crossing);
        assert!(
            said.starts_with(&format!("will be exceeded on the {on}")),
            "{said}"
        );
        for day in [from, to].into_iter().flatten() {
            assert!(said.contains(&day.to_string()), "{said}");
        }
    }

    #[test]
    fn a_budget_that_is_ample_or_spent_says_so() {
        let rest = days(10.0, 21);
        let ample = cumulative(&[10.0; 10], &rest, 900.0);
        assert_eq!(
            (ample.expected, ample.earliest, ample.is_crossed),
            (None, None, false)
        );
        assert!(ample.chance < 0.01, "{ample:?}");
        assert_eq!(said(&ample), "will not be exceeded");
        let spent = cumulative(&[10.0; 10], &rest, 90.0);
        assert_eq!(
            (spent.is_crossed, spent.chance, spent.expected),
            (true, 1.0, None)
        );
        assert_eq!(said(&spent), "is exceeded already");
    }

    #[test]
    fn a_budget_near_what_the_month_comes_to_is_a_matter_of_chance() {
        let rest = days(10.0, 21);
        let end = cumulative(&[10.0; 10], &rest, 1e9).end.mean;
        let even = cumulative(&[10.0; 10], &rest, end);
        assert!((0.4..0.6).contains(&even.chance), "{even:?}");
        let likely_not = cumulative(&[10.0; 10], &rest, end + 4.0);
        let said = said(&likely_not);
        assert!(
            likely_not.chance < 0.5 && likely_not.expected.is_none(),
            "{likely_not:?}"
        );
        assert!(
            said.starts_with("will probably not be exceeded (with "),
            "{said}"
        );
    }

    #[test]
    fn a_level_that_grows_crosses_a_limit_and_one_that_stays_does_not() {
        let disk: Vec<f64> = (0..60)
            .map(|t| 100.0 + f64::from(t) + f64::from(t * 7 % 5) * 0.1)
            .collect();
        let forecast = forecast(&disk, &[], 60, None).expect("a forecast");
        let full = level(159.0, &forecast, 175.0);
        let when = full.expected.expect("crossed");
        assert!((8..=40).contains(&when), "{full:?}");
        assert!(full.earliest <= full.expected);
        let calm = level(10.0, &days(10.0, 21), 40.0);
        assert_eq!(calm.expected, None);
        assert!(calm.chance < 0.01, "{calm:?}");
    }

    #[test]
    fn days_are_named_as_people_name_them() {
        for (day, name) in [
            (1, "1st"),
            (2, "2nd"),
            (3, "3rd"),
            (11, "11th"),
            (13, "13th"),
            (22, "22nd"),
            (30, "30th"),
        ] {
            assert_eq!(ordinal(day), name);
        }
    }
}
