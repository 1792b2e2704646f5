//! How wide a forecast's interval must be, from what the combination missed by at past moments.
//!
//! Those errors are conformal: they come from weights that were chosen on other moments. They tell how
//! errors grow with the distance, at which hours they are large, how they are distributed and how far they
//! cancel out in sums. Because past moments overlap, they count as a few independent ones only, and the
//! interval is as much wider as Student's t is than the normal distribution.

use std::ops::Range;

use super::normal;
use crate::detectors::regression::quantile;

/// What the combination missed by after one past moment.
#[derive(Clone, Debug)]
pub struct Errors {
    /// The moment: how many values of the history were known.
    pub origin: usize,
    /// What came, less what was said; by step ahead.
    pub by_step: Vec<f64>,
}

/// An hour of the day counts as having shown this many average errors before any of its own.
const PHASE_PRIOR: f64 = 12.0;
/// Beyond the distances that were tried errors grow with this power of the distance at least and at most:
/// 0.5 is a level that wanders.
const GROWTH: (f64, f64) = (0.15, 0.5);
/// Errors that are kept to know their distribution.
const SHAPE_MAX: usize = 512;
/// Degrees of freedom that errors are worth before any is seen, and for each horizon that trials cover. Set
/// so that intervals hold 95 % of synthetic series (EVALUATION.md).
const FREEDOM: (f64, f64) = (2.0, 0.7);
/// Intervals of a history of one season are wider by this part, of ten seasons by a tenth of it: weekends, slow
/// swings and shifts of level have not been seen yet.
const UNSEEN: f64 = 4.0;
/// Degrees of freedom where nothing was tried: the interval is two and a half times the normal one.
const FREEDOM_OF_FEW: f64 = 2.0;

/// The shape of errors.
#[derive(Clone, Debug)]
pub struct Spread {
    /// Mean absolute error by step, never falling.
    by_step: Vec<f64>,
    /// Growth beyond the last.
    growth: f64,
    /// Factor by phase of the short season.
    by_phase: Vec<f64>,
    /// Errors in these units, ascending.
    shape: Vec<f64>,
    /// (length, mean absolute error of a sum in parts of the sum of its steps' errors), ascending.
    cancelling: Vec<(usize, f64)>,
    /// Degrees of freedom.
    freedom: f64,
    /// Factor for what a short history has not shown.
    unseen: f64,
}

impl Spread {
    /// From errors that are as long as one another; `season` is the short one. `None` without errors.
    #[must_use]
    pub fn of(errors: &[Errors], season: usize) -> Option<Self> {
        let tested = errors.first()?.by_step.len();
        let count = errors.len() as f64;
        let mut by_step: Vec<f64> = (0..tested)
            .map(|h| errors.iter().map(|e| e.by_step[h].abs()).sum::<f64>() / count)
            .collect();
        never_falling(&mut by_step);
        let last = *by_step.last()?;
        let half = by_step[(tested - 1) / 2];
        let growth = if half > 0.0 {
            (last / half).log2()
        } else {
            0.0
        };
        let mut spread = Self {
            by_step,
            growth: growth.clamp(GROWTH.0, GROWTH.1),
            by_phase: vec![1.0; season.max(1)],
            shape: Vec::new(),
            cancelling: Vec::new(),
            freedom: 1.0,
            unseen: 1.0,
        };
        spread.by_phase = spread.phases(errors);
        spread.shape = spread.shape_of(errors);
        spread.cancelling = spread.sums(errors, tested);
        let newest = errors.iter().map(|e| e.origin).max()?;
        let oldest = errors.iter().map(|e| e.origin).min()?;
        let seen = (newest - oldest + tested) as f64 / tested as f64;
        spread.freedom = FREEDOM.0 + FREEDOM.1 * seen;
        spread.unseen = 1.0 + UNSEEN * season.max(1) as f64 / (newest + tested) as f64;
        Some(spread)
    }

    /// From moves that stand for errors, where too few values are known to try anything; `errors` is not
    /// empty.
    #[must_use]
    pub fn few(errors: &[Errors; 2]) -> Self {
        let by_step: Vec<f64> = errors[0].by_step.iter().map(|e| e.abs()).collect();
        Self {
            cancelling: vec![(1, 1.0)],
            growth: GROWTH.1,
            by_phase: vec![1.0],
            shape: (1..SHAPE_MAX)
                .map(|i| normal::quantile(i as f64 / SHAPE_MAX as f64) * normal::PER_MEAN_ABSOLUTE)
                .collect(),
            by_step,
            freedom: FREEDOM_OF_FEW,
            unseen: 1.0,
        }
    }

    /// Mean absolute error `h` steps (from 0) after a moment.
    #[must_use]
    pub fn scale(&self, origin: usize, h: usize) -> f64 {
        let last = self.by_step.len() - 1;
        let size = match self.by_step.get(h) {
            Some(size) => *size,
            None => self.by_step[last] * ((h + 1) as f64 / (last + 1) as f64).powf(self.growth),
        };
        size * self.by_phase[(origin + h) % self.by_phase.len()]
    }

    fn phases(&self, errors: &[Errors]) -> Vec<f64> {
        let season = self.by_phase.len();
        let (mut sums, mut counts) = (vec![PHASE_PRIOR; season], vec![PHASE_PRIOR; season]);
        for e in errors {
            for (h, x) in e.by_step.iter().enumerate() {
                if self.by_step[h] > 0.0 {
                    sums[(e.origin + h) % season] += x.abs() / self.by_step[h];
                    counts[(e.origin + h) % season] += 1.0;
                }
            }
        }
        sums.iter().zip(&counts).map(|(s, c)| s / c).collect()
    }

    fn shape_of(&self, errors: &[Errors]) -> Vec<f64> {
        let mut shape: Vec<f64> = Vec::new();
        for e in errors {
            let scales = (0..e.by_step.len()).map(|h| self.scale(e.origin, h));
            let parts = e.by_step.iter().zip(scales);
            shape.extend(parts.map(|(x, scale)| if scale > 0.0 { x / scale } else { 0.0 }));
        }
        shape.sort_unstable_by(f64::total_cmp);
        quantile::thin(&shape, SHAPE_MAX)
    }

    fn sums(&self, errors: &[Errors], tested: usize) -> Vec<(usize, f64)> {
        let mut lengths: Vec<usize> = (0..).map(|i| 1 << i).take_while(|l| *l < tested).collect();
        lengths.push(tested);
        lengths
            .iter()
            .map(|length| {
                let (mut missed, mut steps) = (0.0, 0.0);
                for e in errors {
                    for (part, values) in e.by_step.chunks_exact(*length).enumerate() {
                        missed += values.iter().sum::<f64>().abs();
                        let at = part * length;
                        steps += (at..at + length)
                            .map(|h| self.scale(e.origin, h))
                            .sum::<f64>();
                    }
                }
                (*length, if steps > 0.0 { missed / steps } else { 0.0 })
            })
            .collect()
    }

    /// How far below and above the value `h` steps after `origin` may lie, with `level` in between.
    #[must_use]
    pub fn interval(&self, origin: usize, h: usize, level: f64) -> (f64, f64) {
        let tail = (1.0 - level) / 2.0;
        let wider = self.unseen * self.wider(level) * self.scale(origin, h);
        let low = quantile::of_sorted(&self.shape, tail).min(0.0);
        let high = quantile::of_sorted(&self.shape, 1.0 - tail).max(0.0);
        (low * wider, high * wider)
    }

    fn wider(&self, level: f64) -> f64 {
        let z = normal::quantile((1.0 + level) / 2.0);
        normal::student(z, self.freedom) / z
    }

    /// Standard deviation of the error of a sum over `steps` after `origin`.
    #[must_use]
    pub fn of_sum(&self, origin: usize, steps: Range<usize>) -> f64 {
        let length = steps.len().max(1);
        let steps: f64 = steps.map(|h| self.scale(origin, h)).sum();
        let after = self.cancelling.partition_point(|(l, _)| *l < length);
        let part = match (
            after.checked_sub(1).map(|i| self.cancelling[i]),
            self.cancelling.get(after),
        ) {
            (Some((a, x)), Some((b, y))) => {
                let way = (length as f64 / a as f64).ln() / (*b as f64 / a as f64).ln();
                x + (y - x) * way
            }
            (_, Some((_, y))) => *y,
            (Some((_, x)), None) => x,
            (None, None) => 1.0,
        };
        self.unseen * steps * part * normal::PER_MEAN_ABSOLUTE
    }

    /// Degrees of freedom that the errors are worth.
    #[must_use]
    pub fn freedom(&self) -> f64 {
        self.freedom
    }
}

/// The closest values that never fall (pool adjacent violators).
fn never_falling(values: &mut [f64]) {
    let mut pools: Vec<(f64, usize)> = Vec::with_capacity(values.len());
    for v in values.iter() {
        pools.push((*v, 1));
        while let [.., (a, m), (b, n)] = pools[..]
            && a > b
        {
            pools.truncate(pools.len() - 2);
            let all = m + n;
            pools.push(((a * m as f64 + b * n as f64) / all as f64, all));
        }
    }
    let mut at = 0;
    for (v, count) in pools {
        values[at..at + count].fill(v);
        at += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Errors of many moments, each of `steps`, as `at` makes them of moment and step.
    fn spread(steps: usize, at: impl Fn(usize, usize) -> f64) -> Spread {
        let errors: Vec<Errors> = (0..200)
            .map(|i| Errors {
                origin: 100 + i,
                by_step: (0..steps).map(|h| at(i, h)).collect(),
            })
            .collect();
        Spread::of(&errors, 24).expect("errors")
    }

    fn coin(i: usize) -> f64 {
        let mixed = (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        if (mixed ^ (mixed >> 29)).count_ones() % 2 == 0 {
            1.0
        } else {
            -1.0
        }
    }

    #[test]
    fn growing_errors_widen_and_those_of_a_bad_hour_are_told_apart() {
        let growing = spread(24, |i, h| coin(i * 24 + h) * (1.0 + h as f64));
        let width = |h: usize| growing.interval(300, h, 0.95).1;
        assert!(width(0) < width(12) && width(12) < width(23) && width(23) < width(80));
        // Errors are ten times as large at one hour of the day.
        let hourly = spread(24, |i, h| {
            coin(i * 24 + h) * if (100 + i + h) % 24 == 7 { 10.0 } else { 1.0 }
        });
        assert!(hourly.scale(0, 7) > 5.0 * hourly.scale(0, 8));
    }

    #[test]
    fn independent_errors_cancel_out_in_sums_and_common_ones_do_not() {
        let (independent, common) = (
            spread(24, |i, h| coin(i * 24 + h)),
            spread(24, |i, _| coin(i)),
        );
        let day = |spread: &Spread| spread.of_sum(300, 0..24) / spread.of_sum(300, 0..1);
        assert!(
            (3.0..8.0).contains(&day(&independent)),
            "{}",
            day(&independent)
        );
        assert!((20.0..28.0).contains(&day(&common)), "{}", day(&common));
    }

    #[test]
    fn neighbours_that_fall_are_pooled() {
        let mut values = [3.0, 1.0, 2.0, 5.0, 4.0];
        never_falling(&mut values);
        assert_eq!(values, [2.0, 2.0, 2.0, 4.5, 4.5]);
    }
}
