//! Exponential buckets: added up on the finest scale on which both can be told.

/// Most buckets of one sign after an addition: more than any SDK keeps, 8 kB. What would take more is
/// told on a coarser scale, so that hostile offsets cannot ask for gigabytes.
const BUCKETS_MAX: i64 = 1024;

/// Buckets of one sign: counts from the bucket numbered `offset` on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Buckets {
    pub(super) offset: i32,
    pub(super) counts: Vec<u64>,
}

/// The positive and negative buckets of a point, and their scale.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scaled {
    pub(super) scale: i32,
    /// Positive, then negative.
    pub(super) signs: [Buckets; 2],
}

impl Scaled {
    /// Adds `other`.
    pub(super) fn add(&mut self, mut other: Self) {
        let scale = self.scale.min(other.scale);
        for one in [&mut *self, &mut other] {
            let steps = i64::from(one.scale) - i64::from(scale);
            one.coarsen(steps);
        }
        let is_too_wide = |one: &Self, other: &Self| {
            let signs = one.signs.iter().zip(&other.signs);
            signs
                .into_iter()
                .any(|(one, other)| one.width_with(other) > BUCKETS_MAX)
        };
        while is_too_wide(self, &other) {
            self.coarsen(1);
            other.coarsen(1);
        }
        for (one, other) in self.signs.iter_mut().zip(&other.signs) {
            one.add(other);
        }
    }

    /// Each step of the scale makes one bucket of two. Scales that low are nobody's, but may be sent.
    fn coarsen(&mut self, steps: i64) {
        if steps > 0 {
            let scale = i64::from(self.scale) - steps;
            self.scale = i32::try_from(scale).unwrap_or(i32::MIN);
            self.signs.iter_mut().for_each(|sign| sign.halve(steps));
        }
    }
}

impl Buckets {
    /// The numbers of the first bucket and of the one behind the last.
    fn range(&self) -> (i64, i64) {
        let from = i64::from(self.offset);
        (from, from + self.counts.len() as i64)
    }

    fn width_with(&self, other: &Self) -> i64 {
        if self.counts.is_empty() || other.counts.is_empty() {
            return 0;
        }
        let ((a, b), (c, d)) = (self.range(), other.range());
        b.max(d) - a.min(c)
    }

    fn halve(&mut self, times: i64) {
        // After 40 steps every number there can be is 0 or -1.
        let times = times.min(40);
        let from = i64::from(self.offset) >> times;
        let mut counts: Vec<u64> = Vec::new();
        for (number, count) in (i64::from(self.offset)..).zip(&self.counts) {
            let place = usize::try_from((number >> times) - from).unwrap_or(0);
            if place >= counts.len() {
                counts.push(0);
            }
            counts[place] = counts[place].saturating_add(*count);
        }
        self.counts = counts;
        self.offset = i32::try_from(from).unwrap_or(self.offset);
    }

    fn add(&mut self, other: &Self) {
        if other.counts.is_empty() {
            return;
        }
        if self.counts.is_empty() {
            self.clone_from(other);
            return;
        }
        let ((a, b), (c, d)) = (self.range(), other.range());
        let (from, to) = (a.min(c), b.max(d));
        let mut counts = vec![0_u64; usize::try_from(to - from).unwrap_or(0)];
        for (start, told) in [(a, &self.counts), (c, &other.counts)] {
            let place = usize::try_from(start - from).unwrap_or(0);
            for (sum, count) in counts[place..].iter_mut().zip(told) {
                *sum = sum.saturating_add(*count);
            }
        }
        self.counts = counts;
        self.offset = i32::try_from(from).unwrap_or(self.offset);
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn scaled(scale: i32, offset: i32, counts: &[u64]) -> Scaled {
        let counts = counts.to_vec();
        Scaled {
            scale,
            signs: [Buckets { offset, counts }, Buckets::default()],
        }
    }

    #[test]
    fn a_finer_scale_is_brought_to_the_coarser_one() {
        // At scale 1 buckets 3, 4 and 5; at scale 0 they lie in 1, 2 and 2.
        let mut sum = scaled(1, 3, &[1, 2, 4]);
        sum.add(scaled(0, 0, &[10, 20]));
        assert_eq!(sum, scaled(0, 0, &[10, 21, 6]));
    }

    #[test]
    fn what_lies_far_apart_is_told_coarsely() {
        let mut sum = scaled(20, i32::MAX, &[1]);
        sum.add(scaled(20, i32::MIN, &[2]));
        let told = &sum.signs[0].counts;
        assert!(told.len() as i64 <= BUCKETS_MAX && sum.scale < 0);
        assert_eq!((told.first(), told.last()), (Some(&2), Some(&1)));
    }

    proptest! {
        #[test]
        fn no_value_is_lost_and_the_order_does_not_matter(
            points in vec((any::<i32>(), any::<i32>(), vec(0..1000_u64, 0..50)), 1..8),
        ) {
            let points: Vec<Scaled> =
                points.iter().map(|(scale, offset, counts)| scaled(*scale, *offset, counts)).collect();
            let sum = |order: &mut dyn Iterator<Item = &Scaled>| {
                let mut sum = order.next().expect("one").clone();
                order.for_each(|point| sum.add(point.clone()));
                sum
            };
            let total = |point: &Scaled| point.signs[0].counts.iter().sum::<u64>();
            let (forth, back) = (sum(&mut points.iter()), sum(&mut points.iter().rev()));
            prop_assert_eq!(total(&forth), points.iter().map(total).sum::<u64>());
            prop_assert_eq!(total(&back), total(&forth));
        }
    }
}
