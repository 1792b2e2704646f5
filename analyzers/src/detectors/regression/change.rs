//! A change that was found in a series.

use store::model::UnixNano;

use super::panel::Day;
use super::quantile::of_sorted;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Slower.
    Up,
    /// Faster.
    Down,
}

/// Whether it stayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The new level holds as far as the data go.
    Step,
    /// The old level came back within [`super::drift::TRANSIENT_DAYS`] days.
    Transient,
}

/// What seems to be behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A version that began with it.
    Deploy {
        /// The version's number.
        version: u32,
    },
    /// Most of its siblings moved alike: the platform, told once per cohort.
    Platform,
    /// Nothing that is known.
    Unknown,
}

/// Durations on one side of a change, ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Side {
    /// Cold starts.
    pub n: usize,
    /// Their median.
    pub p50_ms: f64,
    /// Their 90 % quantile.
    pub p90_ms: f64,
}

impl Side {
    /// Of logarithms in ascending order that stand for `n` cold starts.
    #[must_use]
    pub fn of(sorted: &[f64], n: usize) -> Self {
        Self {
            n,
            p50_ms: of_sorted(sorted, 0.5).exp(),
            p90_ms: of_sorted(sorted, 0.9).exp(),
        }
    }

    /// Of all cold starts of some days.
    #[must_use]
    pub fn of_pool(days: &[&Day]) -> Self {
        let starts = days.iter().flat_map(|d| &d.starts);
        let mut values: Vec<f64> = starts.map(|s| s.ln).collect();
        values.sort_unstable_by(f64::total_cmp);
        Self::of(&values, values.len())
    }

    /// Of the last `n` cold starts of days if `last`, else of the first `n`.
    #[must_use]
    pub fn of_days(days: &[Day], n: usize, last: bool) -> Self {
        let starts = days.iter().flat_map(|d| &d.starts).map(|s| s.ln);
        let mut values: Vec<f64> = match last {
            true => days
                .iter()
                .rev()
                .flat_map(|d| d.starts.iter().rev())
                .map(|s| s.ln)
                .take(n)
                .collect(),
            false => starts.take(n).collect(),
        };
        values.sort_unstable_by(f64::total_cmp);
        Self::of(&values, values.len())
    }
}

/// A change: opened at `at`, told at `detected_at`, closed at `until` if it passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The first cold start that belongs to it.
    pub at: UnixNano,
    /// The cold start after which it was certain.
    pub detected_at: UnixNano,
    /// Which way.
    pub direction: Direction,
    /// Whether it stayed.
    pub kind: Kind,
    /// When the old level was back.
    pub until: Option<UnixNano>,
    /// The days before.
    pub before: Side,
    /// From `at` to `detected_at`.
    pub after: Side,
    /// Relative change, siblings' part taken off: 0.1 is ten per cent slower.
    pub relative: f64,
    /// The share of quiet stretches that look like this, by [`super::boundary::p_value`].
    pub p_value: f64,
    /// What seems to be behind it.
    pub cause: Cause,
}

impl Change {
    /// How sure it is, 0..=1: what is left of doubt after the evidence.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        1.0 - self.p_value
    }
}
