//! Points of a metric turned into lines, one per attribute set or per quantile.

use std::collections::{BTreeMap, HashMap};

use store::read::series::{GaugePoint, SummaryPoint};

use crate::metrics::AttributeSet;
use crate::metrics::exp_histogram::ExpBuckets;
use crate::metrics::growth::{Amount, Growth};
use crate::metrics::histogram::Buckets;

/// The quantiles drawn of a distribution.
pub(super) const DRAWN: [f64; 3] = [0.5, 0.95, 0.99];

/// A value per bucket of the chart.
pub(super) type Values = Vec<Option<f64>>;

/// One attribute set of a metric.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Set {
    pub(super) attributes: AttributeSet,
    /// One line, or one per quantile of [`Set::levels`].
    pub(super) lines: Vec<Values>,
    /// Quantiles the lines stand for; empty for a plain value.
    pub(super) levels: Vec<f64>,
    /// Observations per bucket, of distributions.
    pub(super) counts: Values,
    /// Quantiles over the whole window, of distributions.
    pub(super) overall: Vec<Option<f64>>,
}

impl Set {
    fn plain(attributes: AttributeSet, values: Values) -> Self {
        let (levels, counts, overall) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            attributes,
            lines: vec![values],
            levels,
            counts,
            overall,
        }
    }

    /// The last value of the first line.
    pub(super) fn last(&self) -> Option<f64> {
        self.lines
            .first()
            .and_then(|line| line.iter().rev().flatten().next().copied())
    }

    /// Least and greatest value of the first line.
    pub(super) fn extent(&self) -> Option<(f64, f64)> {
        let values = || self.lines.iter().take(1).flatten().flatten().copied();
        let low = values().reduce(f64::min)?;
        Some((low, values().reduce(f64::max)?))
    }

    /// Everything observed.
    pub(super) fn count(&self) -> f64 {
        self.counts.iter().flatten().sum()
    }
}

/// Where each bucket stands in a line.
pub(super) struct Grid {
    index: HashMap<u32, usize>,
}

impl Grid {
    pub(super) fn new(buckets: &[u32]) -> Self {
        Self {
            index: buckets
                .iter()
                .enumerate()
                .map(|(i, start)| (*start, i))
                .collect(),
        }
    }

    fn line(&self, points: impl Iterator<Item = (u32, Option<f64>)>) -> Values {
        let mut line = vec![None; self.index.len()];
        for (bucket_s, value) in points {
            if let Some(i) = self.index.get(&bucket_s) {
                line[*i] = value.filter(|v| v.is_finite());
            }
        }
        line
    }

    /// Lines of gauges and of sums that may fall.
    pub(super) fn gauges(&self, points: Vec<GaugePoint>) -> Vec<Set> {
        let mut sets: BTreeMap<AttributeSet, Vec<(u32, Option<f64>)>> = BTreeMap::new();
        for point in points {
            sets.entry(point.attributes)
                .or_default()
                .push((point.bucket_s, Some(point.value)));
        }
        sets.into_iter()
            .map(|(set, line)| Set::plain(set, self.line(line.into_iter())))
            .collect()
    }

    /// Lines of counters: growth per `per_s` seconds.
    pub(super) fn rates(&self, growth: Growth<f64>, step_s: u32, per_s: f64) -> Vec<Set> {
        let scale = per_s / f64::from(step_s.max(1));
        let rate =
            |line: BTreeMap<u32, f64>| line.into_iter().map(move |(b, n)| (b, Some(n * scale)));
        growth
            .into_iter()
            .map(|(set, line)| Set::plain(set, self.line(rate(line))))
            .collect()
    }

    /// Lines of quantiles out of buckets.
    pub(super) fn distributions<A: Distribution>(&self, growth: Growth<A>) -> Vec<Set> {
        growth
            .into_iter()
            .map(|(attributes, line)| {
                let quantile = |level: f64| {
                    self.line(
                        line.iter()
                            .map(|(bucket, amount)| (*bucket, amount.at(level))),
                    )
                };
                let mut all: Option<A> = None;
                for amount in line.values() {
                    match &mut all {
                        Some(sum) => sum.add(amount),
                        None => all = Some(amount.clone()),
                    }
                }
                Set {
                    lines: DRAWN.iter().map(|level| quantile(*level)).collect(),
                    levels: DRAWN.to_vec(),
                    counts: self.line(line.iter().map(|(b, a)| (*b, Some(a.observed() as f64)))),
                    overall: DRAWN
                        .iter()
                        .map(|level| all.as_ref().and_then(|all| all.at(*level)))
                        .collect(),
                    attributes,
                }
            })
            .collect()
    }

    /// Lines of quantiles as a summary reported them.
    pub(super) fn summaries(&self, points: Vec<SummaryPoint>) -> Vec<Set> {
        type ByLevel = Vec<(f64, Vec<(u32, Option<f64>)>)>;
        let mut sets: BTreeMap<AttributeSet, ByLevel> = BTreeMap::new();
        for point in points
            .into_iter()
            .filter(|p| (0.0..=1.0).contains(&p.quantile))
        {
            let levels = sets.entry(point.attributes).or_default();
            let value = (point.bucket_s, Some(point.value));
            match levels
                .iter_mut()
                .find(|(level, _)| (level - point.quantile).abs() < 1e-9)
            {
                Some((_, line)) => line.push(value),
                None => levels.push((point.quantile, vec![value])),
            }
        }
        sets.into_iter()
            .map(|(attributes, mut levels)| {
                levels.sort_by(|a, b| a.0.total_cmp(&b.0));
                levels.truncate(8);
                Set {
                    attributes,
                    levels: levels.iter().map(|(level, _)| *level).collect(),
                    lines: levels
                        .into_iter()
                        .map(|(_, line)| self.line(line.into_iter()))
                        .collect(),
                    counts: Vec::new(),
                    overall: Vec::new(),
                }
            })
            .collect()
    }
}

/// Something quantiles can be read from.
pub(super) trait Distribution: Amount {
    fn at(&self, level: f64) -> Option<f64>;
    fn observed(&self) -> u64;
}

impl Distribution for Buckets {
    fn at(&self, level: f64) -> Option<f64> {
        self.quantile(level)
    }

    fn observed(&self) -> u64 {
        self.count()
    }
}

impl Distribution for ExpBuckets {
    fn at(&self, level: f64) -> Option<f64> {
        self.quantile(level)
    }

    fn observed(&self) -> u64 {
        self.count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        Grid::new(&[0, 60, 120])
    }

    #[test]
    fn counters_become_rates_and_missing_buckets_gaps() {
        let line = BTreeMap::from([(0, 30.0), (120, 6.0), (999, 1.0)]);
        let growth = Growth::from([(vec![("a".to_owned(), "1".to_owned())], line)]);
        let sets = grid().rates(growth, 60, 60.0);
        assert_eq!(sets[0].lines[0], [Some(30.0), None, Some(6.0)]);
        assert_eq!(
            (sets[0].last(), sets[0].extent()),
            (Some(6.0), Some((6.0, 30.0)))
        );
    }

    #[test]
    fn summaries_have_a_line_per_quantile() {
        let point = |bucket_s, quantile, value| SummaryPoint {
            attributes: Vec::new(),
            bucket_s,
            quantile,
            value,
        };
        let points = vec![
            point(0, 0.9, 9.0),
            point(0, 0.5, 5.0),
            point(60, 0.5, 6.0),
            point(0, 7.0, 1.0),
        ];
        let sets = grid().summaries(points);
        assert_eq!(sets[0].levels, [0.5, 0.9]);
        assert_eq!(sets[0].lines[0], [Some(5.0), Some(6.0), None]);
    }

    #[test]
    fn distributions_are_told_over_time_and_in_all() {
        let buckets = |counts: &[u64]| Buckets {
            bounds: vec![1.0, 2.0],
            counts: counts.to_vec(),
            sum: 0.0,
        };
        let line = BTreeMap::from([(0, buckets(&[4, 0, 0])), (60, buckets(&[0, 4, 0]))]);
        let sets = grid().distributions(Growth::from([(Vec::new(), line)]));
        assert_eq!(sets[0].lines[0], [Some(0.5), Some(1.5), None]);
        assert_eq!(sets[0].overall[0], Some(1.0));
        assert_eq!(sets[0].count(), 8.0);
    }
}
