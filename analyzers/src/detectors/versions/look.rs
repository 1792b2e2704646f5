//! A look at a new version: all of its measures, with what it takes to show them and to say what they cost.

use store::model::UnixNano;

use super::measure::{Cell, Measure, by_hour, point};
use super::verdict::{Verdict, in_unit};
use super::{Outcome, judge};
use crate::detectors::names::{FunctionNo, VersionNo};

/// Hours before a version that its course shows.
const HOURS_BEFORE: i64 = 72;
/// A month, s.
const MONTH_S: f64 = 365.25 / 12.0 * 86_400.0;

/// What a look found.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// The function.
    pub function: FunctionNo,
    /// The version.
    pub version: VersionNo,
    /// When it came into use.
    pub began_at: UnixNano,
    /// Invocations of the function a month, whatever its version.
    pub per_month: f64,
    /// All measures.
    pub measured: Vec<Measured>,
}

/// One measure of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The verdict.
    pub verdict: Verdict,
    /// The measure hour by hour, (begin in s since the epoch, value): of all versions for three days before,
    /// then of this one. Only where it became worse.
    pub course: Vec<(u32, f32)>,
}

impl Look {
    /// Judges version `new` of the cells, which may come in any order; those after the look must be left out.
    #[must_use]
    pub fn of(
        (function, version): (FunctionNo, VersionNo),
        began_at: UnixNano,
        cells: &[Cell],
        new: u32,
    ) -> Self {
        let verdicts = judge(cells, new, &Measure::ALL);
        let measured = verdicts.into_iter().map(|verdict| Measured {
            course: match verdict.outcome {
                Outcome::Regressed => course(cells, verdict.measure, new),
                _ => Vec::new(),
            },
            verdict,
        });
        Self {
            function,
            version,
            began_at,
            per_month: per_month(cells),
            measured: measured.collect(),
        }
    }

    /// Whether it has figures for any of these measures: where nobody tells one, nothing speaks against
    /// what an earlier look said.
    #[must_use]
    pub fn says(&self, measures: &[Measure]) -> bool {
        self.measured
            .iter()
            .any(|m| measures.contains(&m.verdict.measure) && m.verdict.after.is_some())
    }
}

#[allow(clippy::cast_precision_loss)] // counts and seconds
fn per_month(cells: &[Cell]) -> f64 {
    let first_s = cells.iter().map(|c| c.at_s).min().unwrap_or(0);
    let last_s = cells.iter().map(|c| c.at_s + i64::from(c.length_s)).max();
    let span_s = (last_s.unwrap_or(0) - first_s).max(1);
    let invocations: u64 = cells.iter().map(|c| c.invocations).sum();
    invocations as f64 / span_s as f64 * MONTH_S
}

#[allow(clippy::cast_possible_truncation)] // a chart needs no more digits
fn course(cells: &[Cell], measure: Measure, new: u32) -> Vec<(u32, f32)> {
    let own = cells.iter().filter(|c| c.version == new).map(|c| c.at_s);
    // The hour in which it began shows it alone.
    let begin_s = own.min().unwrap_or(0).div_euclid(3_600) * 3_600;
    let shown = cells.iter().filter(|c| match c.at_s >= begin_s {
        true => c.version == new,
        false => c.at_s >= begin_s - HOURS_BEFORE * 3_600,
    });
    let points: Vec<_> = shown.filter_map(|c| point(c, measure)).collect();
    let hours = by_hour(&points).into_iter();
    hours
        .filter_map(|hour| {
            let at_s = u32::try_from(hour.at_s).ok()?;
            Some((at_s, in_unit(measure, hour.mean()) as f32))
        })
        .collect()
}
