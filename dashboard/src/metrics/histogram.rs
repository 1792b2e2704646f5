//! Quantiles out of histograms with fixed bounds.

use store::read::series::HistogramPoint;

use super::growth::{Amount, DELTA, Reading};

/// Counts per bucket and the sum of the values in them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Buckets {
    /// Upper bounds, ascending; the last bucket has none.
    pub(crate) bounds: Vec<f64>,
    /// One more than the bounds.
    pub(crate) counts: Vec<u64>,
    pub(crate) sum: f64,
}

impl Amount for Buckets {
    fn grown_since(&self, before: &Self) -> Option<Self> {
        if self.bounds != before.bounds || self.counts.len() != before.counts.len() {
            return None; // other bounds are another stream
        }
        let pairs = self.counts.iter().zip(&before.counts);
        let counts: Option<Vec<u64>> = pairs.map(|(now, then)| now.checked_sub(*then)).collect();
        Some(Self {
            bounds: self.bounds.clone(),
            counts: counts?,
            sum: self.sum - before.sum,
        })
    }

    fn add(&mut self, other: &Self) {
        if self.bounds == other.bounds && self.counts.len() == other.counts.len() {
            for (sum, more) in self.counts.iter_mut().zip(&other.counts) {
                *sum = sum.saturating_add(*more);
            }
            self.sum += other.sum;
        } else if other.count() > self.count() {
            // Bounds changed within a bucket of time: they cannot be merged, the larger part is shown.
            *self = other.clone();
        }
    }
}

impl Buckets {
    /// Values counted.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// The value at `level` (0 to 1), linear inside its bucket. The open bucket at the end answers its
    /// lower bound: more is not known. `None` without values.
    pub(crate) fn quantile(&self, level: f64) -> Option<f64> {
        let all = self.count();
        if all == 0 || self.counts.len() != self.bounds.len() + 1 {
            return None;
        }
        let rank = level.clamp(0.0, 1.0) * all as f64;
        let mut below = 0.0;
        for (i, count) in self.counts.iter().enumerate() {
            let upto = below + *count as f64;
            if *count > 0 && upto >= rank {
                let upper = self.bounds.get(i).copied();
                // The first bucket has no lower bound; durations and sizes begin at zero.
                let lower = match i.checked_sub(1).and_then(|i| self.bounds.get(i).copied()) {
                    Some(lower) => lower,
                    None => upper.map_or(0.0, |upper| upper.min(0.0)),
                };
                let value = match upper {
                    Some(upper) => lower + (upper - lower) * (rank - below) / *count as f64,
                    None => lower,
                };
                return Some(value).filter(|v| v.is_finite());
            }
            below = upto;
        }
        None
    }
}

/// The readings of a histogram; points whose counts do not fit their bounds are left out.
pub(crate) fn readings(points: Vec<HistogramPoint>) -> Vec<Reading<Buckets>> {
    let fits = |point: &HistogramPoint| {
        let n = point.bounds.len() + 1;
        point.first.len() == n && point.last.len() == n && point.total.len() == n
    };
    points
        .into_iter()
        .filter(fits)
        .map(|point| {
            let buckets = |counts, sum| Buckets {
                bounds: point.bounds.clone(),
                counts,
                sum,
            };
            Reading {
                first: buckets(point.first, point.first_sum),
                last: buckets(point.last, point.last_sum),
                total: buckets(point.total, point.total_sum),
                attributes: point.attributes,
                instance: point.instance,
                start_ns: point.start_ns,
                bucket_s: point.bucket_s,
                delta: point.temporality == DELTA,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(counts: &[u64]) -> Buckets {
        Buckets {
            bounds: vec![1.0, 2.0, 4.0],
            counts: counts.to_vec(),
            sum: 0.0,
        }
    }

    #[test]
    fn quantiles_are_linear_inside_their_bucket() {
        let b = buckets(&[0, 10, 10, 0]);
        assert_eq!(b.quantile(0.25), Some(1.5));
        assert_eq!(b.quantile(0.5), Some(2.0));
        assert_eq!(b.quantile(0.75), Some(3.0));
        assert_eq!(b.quantile(1.0), Some(4.0));
    }

    #[test]
    fn the_ends_answer_what_is_known() {
        assert_eq!(
            buckets(&[4, 0, 0, 0]).quantile(0.5),
            Some(0.5),
            "from zero on"
        );
        assert_eq!(
            buckets(&[0, 0, 0, 4]).quantile(0.5),
            Some(4.0),
            "at least the last bound"
        );
        assert_eq!(buckets(&[0, 0, 0, 0]).quantile(0.5), None);
        let one = Buckets {
            bounds: Vec::new(),
            counts: vec![3],
            sum: 9.0,
        };
        assert_eq!(one.quantile(0.5), Some(0.0));
    }

    #[test]
    fn growth_needs_equal_bounds_and_counts_that_do_not_fall() {
        let grown = buckets(&[1, 5, 2, 0]).grown_since(&buckets(&[1, 2, 2, 0]));
        assert_eq!(grown.map(|b| b.counts), Some(vec![0, 3, 0, 0]));
        assert_eq!(
            buckets(&[0, 5, 0, 0]).grown_since(&buckets(&[1, 2, 0, 0])),
            None
        );
        let other = Buckets {
            bounds: vec![1.0],
            counts: vec![1, 1],
            sum: 0.0,
        };
        assert_eq!(buckets(&[1, 5, 2, 0]).grown_since(&other), None);
        let mut sum = buckets(&[1, 1, 1, 1]);
        sum.add(&other);
        assert_eq!(sum.count(), 4, "what cannot be merged does not mix");
    }
}
