//! What a version has done so far, beside what was to be expected.

use std::collections::BTreeMap;

use super::evidence::Observed;
use super::measure::{Form, Measure, Point};
use super::past::Past;

/// Against the version that ran beside it, hours and days differ by this part of their variance: both see
/// the same time, but not the same invocations.
const CONCURRENT: f64 = 0.25;

/// Neighbouring hours resemble one another: so many vary as one does.
const ALIKE_HOURS: f64 = 2.0;
/// Real hours and days have heavier tails than their variance says: so much of it is added. For shares more,
/// because failures come in bursts.
const TAILS_LEVEL: f64 = 1.1;
/// See [`TAILS_LEVEL`].
const TAILS_SHARE: f64 = 2.0;

/// Sums over the stretches of a version so far.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    n: f64,
    sum: f64,
    expected: f64,
    hours: BTreeMap<i64, f64>,
    days: BTreeMap<i64, f64>,
    /// Of the version beside it.
    beside: (f64, f64),
}

impl Tally {
    /// Adds a stretch and its expected mean; `beside` is the same stretch of the version it is compared
    /// with, where that is what the expectation comes from.
    pub fn add(&mut self, point: &Point, mean: f64, beside: Option<&Point>) {
        self.n += point.n;
        self.sum += point.sum;
        self.expected += point.n * mean;
        *self.hours.entry(point.hour()).or_default() += point.n;
        *self.days.entry(point.at_s.div_euclid(86_400)).or_default() += point.n;
        if let Some(beside) = beside {
            self.beside = (self.beside.0 + beside.n, self.beside.1 + beside.sum);
        }
    }

    /// Invocations so far.
    #[must_use]
    pub const fn n(&self) -> f64 {
        self.n
    }

    /// Invocations of the version beside it.
    #[must_use]
    pub const fn n_beside(&self) -> f64 {
        self.beside.0
    }

    /// What is known against the past.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // hours
    pub fn against_past(&self, past: &Past) -> Observed {
        let (hours, days) = (past.hours().len().max(1), past.days().max(1));
        let own = past.spread.day / days as f64
            + past.spread.hour / hours as f64
            + chance(past, past.n(), past.events());
        self.observed(past, self.expected, 1.0, own)
    }

    /// What is known against the version that ran at the same time.
    #[must_use]
    pub fn against_beside(&self, past: &Past) -> Observed {
        let (n, sum) = self.beside;
        if !share(past) {
            return self.observed(past, self.expected, CONCURRENT, chance(past, n, sum));
        }
        // Shares of short stretches say little each, so theirs are taken together; and a version that
        // has not failed by chance is not one that never fails: one event of the past is added.
        let usual = (past.events() + 0.5) / (past.n() + 1.0);
        let beside = (sum + 1.0) / (n + 1.0 / usual);
        self.observed(
            past,
            self.n * beside,
            CONCURRENT,
            chance(past, n, sum + 0.5),
        )
    }

    fn observed(&self, past: &Past, expected: f64, part: f64, of_control: f64) -> Observed {
        let spread = past.spread;
        let hours = (effective(&self.hours) / ALIKE_HOURS).max(1.0);
        let tails = match share(past) {
            true => TAILS_SHARE,
            false => TAILS_LEVEL,
        };
        let between = part * tails * (spread.day / effective(&self.days) + spread.hour / hours);
        // Of a share without a single event half of one is taken to have been seen.
        let least = match share(past) {
            true => 0.5 * self.n / (past.n() + 1.0),
            false => f64::NEG_INFINITY,
        };
        Observed {
            n: self.n,
            sum: self.sum,
            expected: expected.max(least),
            sampling: spread.sampling,
            between: between + of_control,
        }
    }
}

fn share(past: &Past) -> bool {
    past.measure().form() == Form::Share
}

/// The variance that is in a control of `n` invocations and `sum` by chance.
fn chance(past: &Past, n: f64, sum: f64) -> f64 {
    match share(past) {
        true => 1.0 / (sum + 0.5),
        false => past.spread.sampling / n.max(1.0),
    }
}

/// How many equal parts vary as much as these unequal ones; at least 1.
fn effective(parts: &BTreeMap<i64, f64>) -> f64 {
    let (sum, squares) = parts
        .values()
        .fold((0.0, 0.0), |(sum, squares), n| (sum + n, squares + n * n));
    match squares > 0.0 {
        true => (sum * sum / squares).max(1.0),
        false => 1.0,
    }
}

/// Whether a measure may be compared with the version that runs at the same time: not the share of cold
/// starts, because a version with less traffic has fewer sandboxes and starts cold more often.
#[must_use]
pub fn comparable_beside(measure: Measure) -> bool {
    measure != Measure::ColdShare
}
