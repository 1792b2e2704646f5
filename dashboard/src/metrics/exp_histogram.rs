//! Quantiles out of exponential histograms: bucket `i` holds values up to base^(i+1), base = 2^(2^-scale).
//! Senders choose scale and offset by themselves, so histograms are brought to the coarser scale first.

use std::collections::BTreeMap;

use store::read::series::ExpHistogramPoint;

use super::growth::{Amount, DELTA, Reading};

/// Most buckets of one point that are looked at; OTLP's own default is 160.
const MAX_BUCKETS: usize = 4_096;
/// Scales OTLP allows.
const SCALES: std::ops::RangeInclusive<i32> = -10..=20;

/// Counts by bucket index.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ExpBuckets {
    scale: i32,
    zero: u64,
    positive: BTreeMap<i32, u64>,
    negative: BTreeMap<i32, u64>,
}

impl ExpBuckets {
    fn of(point: &ExpHistogramPoint) -> Self {
        let indexed = |offset: i32, counts: &[u64]| {
            let some = counts
                .iter()
                .take(MAX_BUCKETS)
                .enumerate()
                .filter(|(_, count)| **count > 0);
            some.map(|(i, count)| (offset.saturating_add(i as i32), *count))
                .collect()
        };
        Self {
            scale: point.scale,
            zero: point.zero_count,
            positive: indexed(point.positive_offset, &point.positive),
            negative: indexed(point.negative_offset, &point.negative),
        }
    }

    /// Values counted.
    pub(crate) fn count(&self) -> u64 {
        let all = self.positive.values().chain(self.negative.values());
        all.fold(self.zero, |sum, n| sum.saturating_add(*n))
    }

    /// The same counts at a coarser scale: halving the scale merges neighbours in pairs.
    fn at_scale(&self, scale: i32) -> Self {
        let shift = (self.scale - scale).clamp(0, 31);
        let merge = |counts: &BTreeMap<i32, u64>| {
            let mut merged = BTreeMap::new();
            for (index, count) in counts {
                let sum: &mut u64 = merged.entry(index >> shift).or_insert(0);
                *sum = sum.saturating_add(*count);
            }
            merged
        };
        Self {
            scale: self.scale - shift,
            zero: self.zero,
            positive: merge(&self.positive),
            negative: merge(&self.negative),
        }
    }

    /// The value at `level` (0 to 1): the middle of its bucket on the logarithmic axis.
    pub(crate) fn quantile(&self, level: f64) -> Option<f64> {
        let all = self.count();
        if all == 0 {
            return None;
        }
        let rank = (level.clamp(0.0, 1.0) * all as f64).max(f64::MIN_POSITIVE);
        let per_power = 2_f64.powi(-self.scale);
        let middle = |index: i32| 2_f64.powf((f64::from(index) + 0.5) * per_power);
        // From the most negative value up.
        let negative = self.negative.iter().rev().map(|(i, n)| (-middle(*i), *n));
        let zero = std::iter::once((0.0, self.zero));
        let positive = self.positive.iter().map(|(i, n)| (middle(*i), *n));
        let mut below = 0.0;
        for (value, count) in negative.chain(zero).chain(positive) {
            below += count as f64;
            if count > 0 && below >= rank {
                return Some(value).filter(|v| v.is_finite());
            }
        }
        None
    }
}

impl Amount for ExpBuckets {
    fn grown_since(&self, before: &Self) -> Option<Self> {
        // A cumulative stream may only become coarser; finer means that it began anew.
        if before.scale < self.scale {
            return None;
        }
        let before = before.at_scale(self.scale);
        let minus = |now: &BTreeMap<i32, u64>, then: &BTreeMap<i32, u64>| {
            let mut grown = now.clone();
            for (index, count) in then {
                let left = grown.get(index).copied().unwrap_or(0).checked_sub(*count)?;
                grown.insert(*index, left);
            }
            Some(grown)
        };
        Some(Self {
            scale: self.scale,
            zero: self.zero.checked_sub(before.zero)?,
            positive: minus(&self.positive, &before.positive)?,
            negative: minus(&self.negative, &before.negative)?,
        })
    }

    fn add(&mut self, other: &Self) {
        let scale = self.scale.min(other.scale);
        let other = other.at_scale(scale);
        *self = self.at_scale(scale);
        self.zero = self.zero.saturating_add(other.zero);
        for (counts, more) in [
            (&mut self.positive, other.positive),
            (&mut self.negative, other.negative),
        ] {
            for (index, count) in more {
                let sum = counts.entry(index).or_insert(0);
                *sum = sum.saturating_add(count);
            }
        }
    }
}

/// The readings of an exponential histogram; scales outside OTLP's are left out.
pub(crate) fn readings(points: Vec<ExpHistogramPoint>) -> Vec<Reading<ExpBuckets>> {
    points
        .into_iter()
        .filter(|point| SCALES.contains(&point.scale))
        .map(|point| {
            let buckets = ExpBuckets::of(&point);
            Reading {
                attributes: point.attributes,
                instance: point.instance,
                start_ns: point.start_ns,
                bucket_s: point.bucket_s,
                delta: point.temporality == DELTA,
                first: buckets.clone(),
                last: buckets.clone(),
                total: buckets,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(scale: i32, positive: &[(i32, u64)]) -> ExpBuckets {
        ExpBuckets {
            scale,
            positive: positive.iter().copied().collect(),
            ..ExpBuckets::default()
        }
    }

    #[test]
    fn a_quantile_lies_in_the_middle_of_its_bucket() {
        // Scale 0: base 2; bucket 3 holds (8, 16].
        let b = buckets(0, &[(0, 50), (3, 50)]);
        let median = b.quantile(0.5).expect("a value");
        assert!((median - 2_f64.sqrt()).abs() < 1e-9, "{median}");
        let p95 = b.quantile(0.95).expect("a value");
        assert!((p95 - 8.0 * 2_f64.sqrt()).abs() < 1e-9, "{p95}");
        assert_eq!(buckets(0, &[]).quantile(0.5), None);
    }

    #[test]
    fn zero_and_negative_values_have_their_place() {
        let mut b = buckets(0, &[(0, 1)]);
        b.zero = 2;
        b.negative.insert(1, 1);
        assert!(b.quantile(0.0).is_some_and(|v| v < 0.0));
        assert_eq!(b.quantile(0.5), Some(0.0));
        assert!(b.quantile(1.0).is_some_and(|v| v > 0.0));
    }

    #[test]
    fn different_scales_meet_at_the_coarser_one() {
        let mut fine = buckets(1, &[(4, 1), (5, 2), (-1, 3)]);
        fine.add(&buckets(0, &[(2, 10)]));
        assert_eq!(fine, buckets(0, &[(2, 13), (-1, 3)]));
        assert_eq!(fine.count(), 16);
    }

    #[test]
    fn growth_survives_a_coarser_scale_and_ends_at_a_reset() {
        let before = buckets(1, &[(4, 1), (5, 2)]);
        assert_eq!(
            buckets(0, &[(2, 5)])
                .grown_since(&before)
                .map(|b| b.count()),
            Some(2),
            "5 of which 3 were there"
        );
        assert_eq!(
            buckets(1, &[(4, 5)]).grown_since(&buckets(0, &[(2, 1)])),
            None,
            "finer"
        );
        assert_eq!(
            buckets(0, &[(2, 1)]).grown_since(&buckets(0, &[(2, 3)])),
            None,
            "fallen"
        );
    }

    #[test]
    fn hostile_points_are_bounded() {
        let point = ExpHistogramPoint {
            attributes: Vec::new(),
            instance: 0,
            start_ns: 0,
            bucket_s: 0,
            temporality: 2,
            count: 1,
            sum: 0.0,
            scale: 99,
            zero_count: u64::MAX,
            positive_offset: i32::MAX,
            positive: vec![u64::MAX; 10_000],
            negative_offset: i32::MIN,
            negative: vec![1],
        };
        assert!(readings(vec![point.clone()]).is_empty(), "no such scale");
        let legal = readings(vec![ExpHistogramPoint { scale: 20, ..point }]);
        assert!(legal[0].last.count() > 0);
        let _ = legal[0].last.quantile(0.5);
    }
}
