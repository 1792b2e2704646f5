//! A new version of a function against the one before it: its durations, memory, errors, timeouts, and how
//! often it starts cold. How long its cold starts take is [`super::regression`]'s.
//!
//! **What it is compared with.** Where both versions run at once, the same minutes of the other: nothing else
//! sees the same traffic. Else the same hours of earlier days; the share of cold starts by hours of like
//! traffic, because busy functions start cold less often.
//!
//! **What is noise.** More invocations do not make an hour an average hour, nor a day an average day: how
//! much hours and days differ is measured on the function's own past ([`past`]) and does not shrink with
//! the number of invocations.
//!
//! **Looking all the time.** Each stretch of five minutes is looked at. Evidence is an e-value
//! ([`evidence`]), which stays valid however often one looks; and deploys that never happened, played in
//! the function's own past, say how much evidence there has been without a deploy ([`placebo`]).
//!
//! **Who asks.** The gate of a canary whenever somebody does, and the watch some while after each deploy: a
//! [`Look`], which the detector [`Versions`] remembers and tells.

pub mod beta_binomial;
mod detector;
pub mod evidence;
pub mod judge;
mod look;
pub mod measure;
pub mod past;
pub mod placebo;
mod say;
pub mod tally;
mod told;
pub mod verdict;

#[cfg(test)]
mod detector_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use detector::{NAME, Versions};
pub use look::{Look, Measured};
pub use measure::{Cell, Measure};
pub use verdict::{Control, Need, Reason, Verdict};

use judge::Watch;
use measure::{Point, by_hour, point};
use past::Past;

use super::regression::Outcome;
use super::regression::quantile::median;

/// A version that ran for less than this share of the day before is not what was before.
const PREDECESSOR_S: i64 = 86_400;
/// A predecessor with fewer hours than this is helped by the versions before it.
const OWN_HOURS_MIN: usize = 24;
/// Scatter of the logarithms of durations where nothing tells it.
const SIGMA: f64 = 0.4;

/// Judges version `new` by all of `measures`. Cells may come in any order; those after the moment one asks
/// about must be left out. Cells of five minutes since the version began make it quick, hours suffice
/// before.
#[must_use]
pub fn judge(cells: &[Cell], new: u32, measures: &[Measure]) -> Vec<Verdict> {
    let mut cells: Vec<Cell> = cells
        .iter()
        .filter(|c| c.invocations > 0)
        .copied()
        .collect();
    cells.sort_by_key(|c| (c.at_s, c.version));
    let begin_s = cells.iter().find(|c| c.version == new).map(|c| c.at_s);
    let Some(begin_s) = begin_s else {
        let reason = Reason::FewInvocations { invocations: 0 };
        return (measures.iter())
            .map(|m| Verdict::nothing(*m, reason, 0.0, 0.0).needing(Need::Invocations(20)))
            .collect();
    };
    let before: Vec<Cell> = cells
        .iter()
        .filter(|c| c.version != new && c.at_s + i64::from(c.length_s) <= begin_s)
        .copied()
        .collect();
    let Some(previous) = predecessor(&before, begin_s) else {
        return (measures.iter())
            .map(|m| Verdict::nothing(*m, Reason::FirstVersion, 0.0, 0.0))
            .collect();
    };
    let sigma = scatter(&before);
    (measures.iter())
        .map(|m| {
            let before: Vec<Point> = of_version(&before, *m, previous);
            one(*m, &cells, (new, previous), begin_s, &before, sigma)
        })
        .collect()
}

fn one(
    measure: Measure,
    cells: &[Cell],
    (new, previous): (u32, u32),
    begin_s: i64,
    before: &[Point],
    sigma: f64,
) -> Verdict {
    let points = |version: u32| {
        cells
            .iter()
            .filter(move |c| c.version == version && c.at_s >= begin_s)
            .filter_map(move |c| point(c, measure))
    };
    let hours = by_hour(before);
    let n_after: f64 = points(new).map(|p| p.n).sum();
    let past = match Past::of(measure, &hours, sigma) {
        Some(past) if n_after > 0.0 => past,
        _ => {
            let n_before = hours.iter().map(|h| h.n).sum();
            return Verdict::nothing(measure, Reason::NotTold, n_before, n_after);
        }
    };
    let beside: BTreeMap<i64, Point> = points(previous).map(|p| (p.at_s, p)).collect();
    let bar = placebo::bar(measure, &hours, sigma);
    let mut watch = Watch::new(measure, &past, begin_s, bar);
    let mut recent = Recent::default();
    for mut point in points(new) {
        point.hourly = recent.hourly(&point);
        if watch.see(&point, beside.get(&point.at_s)) {
            break;
        }
    }
    watch.verdict()
}

/// The version with the most invocations on the day before, else the last one there was.
fn predecessor(before: &[Cell], begin_s: i64) -> Option<u32> {
    let last = before.last()?;
    let mut of_day: BTreeMap<u32, u64> = BTreeMap::new();
    for cell in before.iter().filter(|c| c.at_s >= begin_s - PREDECESSOR_S) {
        *of_day.entry(cell.version).or_default() += cell.invocations;
    }
    let most = of_day
        .into_iter()
        .max_by_key(|(_, invocations)| *invocations);
    Some(most.map_or(last.version, |(version, _)| version))
}

/// The predecessor's points; all points where it has too few.
fn of_version(before: &[Cell], measure: Measure, version: u32) -> Vec<Point> {
    let of = |only: Option<u32>| -> Vec<Point> {
        before
            .iter()
            .filter(|c| only.is_none_or(|only| c.version == only))
            .filter_map(|c| point(c, measure))
            .collect()
    };
    let own = of(Some(version));
    match by_hour(&own).len() >= OWN_HOURS_MIN {
        true => own,
        false => of(None),
    }
}

/// The standard deviation of logarithms of durations within one stretch, from its quantiles.
fn scatter(before: &[Cell]) -> f64 {
    let mut sigmas: Vec<f64> = before
        .iter()
        .filter(|c| c.durations >= 20 && c.p50_ms > 0.0)
        .map(|c| (c.p95_ms / c.p50_ms).ln() / 1.645)
        .filter(|sigma| sigma.is_finite())
        .collect();
    match sigmas.is_empty() {
        true => SIGMA,
        false => median(&mut sigmas).clamp(0.02, 3.0),
    }
}

/// The traffic of the last hour: five minutes alone say little of it.
#[derive(Default)]
struct Recent(std::collections::VecDeque<Point>);

impl Recent {
    #[allow(clippy::cast_precision_loss)] // seconds
    fn hourly(&mut self, point: &Point) -> f64 {
        self.0.push_back(*point);
        let end_s = point.at_s + point.length_s;
        while self.0.front().is_some_and(|p| p.at_s + 3_600 < end_s) {
            self.0.pop_front();
        }
        let begin_s = self.0.front().map_or(point.at_s, |p| p.at_s);
        let all: f64 = self.0.iter().map(|p| p.hourly * p.length_s as f64).sum();
        all / (end_s - begin_s).max(1) as f64
    }
}
