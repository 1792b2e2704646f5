//! What people are told of an SLO: how fast it burns, how long the budget lasts, and what explains the bad
//! events. Exact fractions become floats here, where they are shown.

use std::collections::BTreeMap;

use super::Fraction;
use super::evaluate::{BURN_WINDOWS, Line};

const DAY_MINUTES: f64 = 1_440.0;
/// Twice this is the width of a 95 % interval of the square root of a count.
const HALF_WIDTH: f64 = 0.98;

/// How fast a budget burns, all of it of one window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// The window, minutes.
    pub window: i64,
    /// How many times faster than the budget allows.
    pub burn: Option<f64>,
    /// The share of the whole period's budget that went within the window.
    pub consumed: Option<f64>,
    /// What is left of the period's budget, signed.
    pub remaining: Option<f64>,
    /// Minutes until nothing is left at this pace: what is left × period / burn rate.
    pub left_minutes: Option<f64>,
    /// Minutes that a whole budget lasts at this pace: period / burn rate.
    pub whole_minutes: Option<f64>,
}

impl Pace {
    /// Over the burn window of `window` minutes, or the last hour where there is none of that length.
    #[must_use]
    pub fn of(line: &Line, window: i64, period_minutes: i64) -> Self {
        let place = BURN_WINDOWS
            .iter()
            .position(|(_, minutes)| *minutes == window);
        let place = place.unwrap_or(2);
        let window = BURN_WINDOWS[place].1;
        let burn = line.burn[place].as_ref().map(Fraction::to_f64);
        let remaining = line.budget_remaining.as_ref().map(Fraction::to_f64);
        #[allow(clippy::cast_precision_loss)] // minutes of at most ten years
        let (window_minutes, period_minutes) = (window as f64, period_minutes as f64);
        let burning = burn.filter(|burn| *burn > 0.0);
        Self {
            window,
            burn,
            consumed: burn.map(|burn| burn * window_minutes / period_minutes),
            remaining,
            left_minutes: burning
                .zip(remaining)
                .map(|(burn, left)| left.max(0.0) * period_minutes / burn),
            whole_minutes: burning.map(|burn| period_minutes / burn),
        }
    }

    /// A sentence about `whom`.
    #[must_use]
    pub fn sentence(&self, whom: &str) -> String {
        let Some((burn, consumed)) = self.burn.zip(self.consumed) else {
            return format!("There is no data of {whom}.");
        };
        let left = match self.remaining {
            Some(left) if left <= 0.0 => {
                format!("and nothing is left of it: {} overspent", percent(-left))
            }
            Some(left) => {
                let gone = self.left_minutes.map_or(String::new(), |minutes| {
                    format!(", which at this pace are gone in {}", span(minutes))
                });
                format!("{} are left{gone}", percent(left))
            }
            None => "what is left is not known".to_owned(),
        };
        if burn <= 0.0 {
            let window = span_of(self.window);
            return format!(
                "{whom} burnt nothing of its error budget within the last {window}; {left}."
            );
        }
        format!(
            "{whom} burns its error budget {} times as fast as it may: {} of it went within the last {}; {left}.",
            figure(burn),
            percent(consumed),
            span_of(self.window)
        )
    }
}

/// A number with three digits.
fn figure(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn percent(share: f64) -> String {
    format!("{} %", figure(share * 100.0))
}

/// A length of time in words, from minutes.
#[must_use]
pub fn span(minutes: f64) -> String {
    match minutes {
        m if m < 1.0 => "less than a minute".to_owned(),
        m if m < 120.0 => format!("{m:.0} minutes"),
        m if m < 2.0 * DAY_MINUTES => format!("{:.1} hours", m / 60.0),
        m => format!("{:.1} days", m / DAY_MINUTES),
    }
}

fn span_of(minutes: i64) -> &'static str {
    match minutes {
        60 => "hour",
        360 => "6 hours",
        1_440 => "day",
        4_320 => "3 days",
        _ => "hour",
    }
}

/// When a budget is gone, minutes from now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// At the pace of the window.
    pub minutes: f64,
    /// Not sooner than this in 97.5 % of cases, if bad events come by chance at an even rate.
    pub low: f64,
    /// Not later; infinite where the pace may be nothing.
    pub high: f64,
}

/// What is left × period / burn rate, with the interval that so few bad events allow.
#[must_use]
pub fn forecast(pace: &Pace, bad_events: i128) -> Option<Forecast> {
    let minutes = pace.left_minutes?;
    let (least, most) = by_chance(bad_events);
    Some(Forecast {
        minutes,
        low: minutes / most,
        high: if least > 0.0 {
            minutes / least
        } else {
            f64::INFINITY
        },
    })
}

/// How many times as many bad events as these an even rate may really mean, at least and at most, in 95 % of
/// cases.
#[must_use]
pub fn by_chance(bad_events: i128) -> (f64, f64) {
    #[allow(clippy::cast_precision_loss)]
    let bad = bad_events.max(1) as f64;
    let least = (bad.sqrt() - HALF_WIDTH).max(0.0).powi(2) / bad;
    (least, (bad.sqrt() + HALF_WIDTH).powi(2) / bad)
}

/// How things stand, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// An alert fires.
    Burning,
    /// Nothing is left of the budget.
    Spent,
    /// Within budget.
    Healthy,
    /// Nothing is known.
    NoData,
}

impl Health {
    /// Of what is known.
    #[must_use]
    pub fn of(line: &Line, fires: bool) -> Self {
        match &line.budget_remaining {
            _ if fires => Self::Burning,
            None => Self::NoData,
            Some(left) if *left < Fraction::ZERO => Self::Spent,
            Some(_) => Self::Healthy,
        }
    }

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Burning => "burning",
            Self::Spent => "spent",
            Self::Healthy => "healthy",
            Self::NoData => "no data",
        }
    }
}

/// A value of a dimension and how much it explains of what is bad.
#[derive(Clone, Debug, PartialEq)]
pub struct Contributor {
    /// `function`, `version` or `trigger`.
    pub dimension: &'static str,
    /// Which one.
    pub value: String,
    /// Bad events of it.
    pub bad: u64,
    /// All events of it.
    pub total: u64,
    /// Its share of all bad events.
    pub share: f64,
    /// How many times as often it is bad as the rest; infinite where the rest is never bad.
    pub lift: f64,
    /// The statistic of a G-test of it against the rest.
    pub g: f64,
}

/// Ranks values of each dimension by how much they explain: a G-test of each against the rest, of those that
/// are bad more often than it. Cells are dimension, value, good and total.
#[must_use]
pub fn contributors(cells: &[(&'static str, String, u64, u64)]) -> Vec<Contributor> {
    let mut by_value: BTreeMap<(&'static str, &str), (u64, u64)> = BTreeMap::new();
    let mut all: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
    for (dimension, value, good, total) in cells {
        let bad = total.saturating_sub(*good);
        for sum in [
            by_value.entry((dimension, value)).or_default(),
            all.entry(dimension).or_default(),
        ] {
            sum.0 += bad;
            sum.1 += total;
        }
    }
    let ranked = by_value
        .into_iter()
        .filter_map(|((dimension, value), own)| {
            let whole = all[dimension];
            contributor(dimension, value, own, whole)
        });
    let mut ranked: Vec<Contributor> = ranked.collect();
    ranked.sort_by(|a, b| b.g.total_cmp(&a.g).then_with(|| a.value.cmp(&b.value)));
    ranked
}

#[allow(clippy::cast_precision_loss)] // counts of events, shown to three digits
fn contributor(
    dimension: &'static str,
    value: &str,
    (bad, total): (u64, u64),
    (all_bad, all): (u64, u64),
) -> Option<Contributor> {
    let (rest_bad, rest) = (all_bad - bad, all - total);
    if bad == 0 || rest == 0 {
        return None;
    }
    let own_rate = bad as f64 / total as f64;
    let rest_rate = rest_bad as f64 / rest as f64;
    if own_rate <= rest_rate {
        return None;
    }
    let expected = |row: u64, column: u64| row as f64 * column as f64 / all as f64;
    let cell = |seen: u64, row: u64, column: u64| match seen {
        0 => 0.0,
        seen => seen as f64 * (seen as f64 / expected(row, column)).ln(),
    };
    let (good, all_good) = (total - bad, all - all_bad);
    let g = 2.0
        * (cell(bad, total, all_bad)
            + cell(good, total, all_good)
            + cell(rest_bad, rest, all_bad)
            + cell(rest - rest_bad, rest, all_good));
    Some(Contributor {
        dimension,
        value: value.to_owned(),
        bad,
        total,
        share: bad as f64 / all_bad as f64,
        lift: if rest_rate > 0.0 {
            own_rate / rest_rate
        } else {
            f64::INFINITY
        },
        g,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(burn: (i128, i128), remaining: (i128, i128)) -> Line {
        Line {
            minute: 0,
            sli: None,
            budget_remaining: Some(Fraction::new(remaining.0, remaining.1)),
            burn: std::array::from_fn(|_| Some(Fraction::new(burn.0, burn.1))),
            alerts: Vec::new(),
        }
    }

    #[test]
    fn burn_and_budget_are_told_of_one_window_and_time_left_minds_what_is_spent() {
        // 14.4 for an hour of 30 days is 2 % of the budget; half of it left lasts 30/14.4/2 days.
        let pace = Pace::of(&line((144, 10), (1, 2)), 60, 30 * 1_440);
        assert!((pace.consumed.expect("data") - 0.02).abs() < 1e-12);
        assert!((pace.left_minutes.expect("burning") - 1_500.0).abs() < 1e-9);
        assert!((pace.whole_minutes.expect("burning") - 3_000.0).abs() < 1e-9);
        assert_eq!(
            pace.sentence("checkout"),
            "checkout burns its error budget 14.4 times as fast as it may: 2.00 % of it went within the last \
             hour; 50.0 % are left, which at this pace are gone in 25.0 hours."
        );
        let calm = Pace::of(&line((0, 1), (3, 4)), 60, 30 * 1_440);
        assert_eq!(
            calm.sentence("cart"),
            "cart burnt nothing of its error budget within the last hour; 75.0 % are left."
        );
        let spent = Pace::of(&line((2, 1), (-1, 4)), 360, 30 * 1_440);
        assert!(
            spent
                .sentence("x")
                .ends_with("nothing is left of it: 25.0 % overspent.")
        );
    }

    #[test]
    fn a_forecast_of_few_bad_events_is_wide() {
        let pace = Pace::of(&line((2, 1), (1, 2)), 60, 1_000);
        let of = |bad| forecast(&pace, bad).expect("burning");
        assert_eq!(of(1).minutes, of(10_000).minutes);
        assert!(of(1).high > 2_000.0 * of(1).minutes && of(10_000).high < 1.03 * of(1).minutes);
        assert!(of(1).low < of(10_000).low);
    }

    #[test]
    fn what_fails_most_explains_most_and_what_is_merely_large_explains_nothing() {
        let cells = [
            ("function", "large".to_owned(), 99_900, 100_000),
            ("function", "broken".to_owned(), 500, 1_000),
            ("function", "flaky".to_owned(), 190, 200),
        ];
        let ranked = contributors(&cells);
        let names: Vec<&str> = ranked.iter().map(|one| one.value.as_str()).collect();
        assert_eq!(names, ["broken", "flaky"]);
        assert!((ranked[0].share - 500.0 / 610.0).abs() < 1e-12);
        // 2 Σ O ln(O/E) of [[500, 500], [110, 100090]], reckoned apart.
        assert!(
            (ranked[0].g - 4346.866667665).abs() < 1e-6,
            "{}",
            ranked[0].g
        );
        assert!(contributors(&cells[..1]).is_empty());
    }
}
