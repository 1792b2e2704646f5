//! How much a cumulative stream grew in each bucket of time.
//!
//! A stream is named by its attribute set, its sender and its start. A new start is a new stream, which
//! counts from zero; a value that falls within one start is a sender that forgot to say that it began
//! anew. What a stream had reached before the window does not count.

use std::collections::BTreeMap;

use store::read::series::SumPoint;

use super::AttributeSet;

/// 1 in OTLP: each point tells the growth since the one before.
pub(crate) const DELTA: i32 = 1;

/// Something that accumulates: a number, or the counts of buckets.
pub(crate) trait Amount: Clone {
    /// `self` without `before`; `None` when it fell, which is a reset.
    fn grown_since(&self, before: &Self) -> Option<Self>;
    /// Adds what another stream grew.
    fn add(&mut self, other: &Self);
}

impl Amount for f64 {
    fn grown_since(&self, before: &Self) -> Option<Self> {
        (*self >= *before).then(|| self - before)
    }

    fn add(&mut self, other: &Self) {
        *self += other;
    }
}

/// A stream in one bucket of time.
#[derive(Clone, Debug)]
pub(crate) struct Reading<A> {
    pub(crate) attributes: AttributeSet,
    pub(crate) instance: u64,
    pub(crate) start_ns: i64,
    pub(crate) bucket_s: u32,
    pub(crate) delta: bool,
    /// First and last value reported in the bucket.
    pub(crate) first: A,
    pub(crate) last: A,
    /// Sum of the values reported: the growth, for deltas.
    pub(crate) total: A,
}

/// Growth by attribute set and bucket.
pub(crate) type Growth<A> = BTreeMap<AttributeSet, BTreeMap<u32, A>>;

/// Works out the growth of all streams. `from_ns` is the start of the window: streams that began after
/// it count in full.
pub(crate) fn growth<A: Amount>(mut readings: Vec<Reading<A>>, from_ns: i64) -> Growth<A> {
    readings.sort_by(|a, b| {
        let key = |r: &Reading<A>| (r.instance, r.start_ns, r.bucket_s);
        a.attributes.cmp(&b.attributes).then(key(a).cmp(&key(b)))
    });
    let mut growth: Growth<A> = BTreeMap::new();
    let mut before: Option<&Reading<A>> = None;
    for reading in &readings {
        let same = before.filter(|b| {
            b.instance == reading.instance
                && b.start_ns == reading.start_ns
                && b.attributes == reading.attributes
        });
        let grown = if reading.delta {
            reading.total.clone()
        } else {
            cumulative(reading, same, from_ns)
        };
        let line = growth.entry(reading.attributes.clone()).or_default();
        match line.get_mut(&reading.bucket_s) {
            Some(sum) => sum.add(&grown),
            None => {
                line.insert(reading.bucket_s, grown);
            }
        }
        before = Some(reading);
    }
    growth
}

fn cumulative<A: Amount>(reading: &Reading<A>, before: Option<&Reading<A>>, from_ns: i64) -> A {
    let base = match before {
        Some(before) => &before.last,
        // It began inside the window: everything it has reached is growth.
        None if reading.start_ns >= from_ns => return reading.last.clone(),
        None => &reading.first,
    };
    // Fallen without a new start: it counts from zero again.
    reading
        .last
        .grown_since(base)
        .unwrap_or_else(|| reading.last.clone())
}

/// The readings of a sum.
pub(crate) fn of_sum(points: Vec<SumPoint>) -> Vec<Reading<f64>> {
    let reading = |point: SumPoint| Reading {
        attributes: point.attributes,
        instance: point.instance,
        start_ns: point.start_ns,
        bucket_s: point.bucket_s,
        delta: point.temporality == DELTA,
        first: point.first,
        last: point.last,
        total: point.total,
    };
    let finite = |point: &SumPoint| {
        point.first.is_finite() && point.last.is_finite() && point.total.is_finite()
    };
    points.into_iter().filter(finite).map(reading).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(instance: u64, start_ns: i64, bucket_s: u32, first: f64, last: f64) -> Reading<f64> {
        Reading {
            attributes: vec![("a".into(), "1".into())],
            instance,
            start_ns,
            bucket_s,
            delta: false,
            first,
            last,
            total: first + last,
        }
    }

    fn line(readings: Vec<Reading<f64>>) -> Vec<(u32, f64)> {
        let all = growth(readings, 1_000);
        assert!(all.len() <= 1);
        all.into_values().flatten().collect()
    }

    #[test]
    fn growth_is_the_difference_of_what_was_reached() {
        let stream = vec![
            reading(1, 0, 60, 100.0, 110.0),
            reading(1, 0, 120, 115.0, 130.0),
        ];
        assert_eq!(
            line(stream),
            [(60, 10.0), (120, 20.0)],
            "100 were there before the window"
        );
    }

    #[test]
    fn a_stream_that_began_in_the_window_counts_from_zero() {
        assert_eq!(line(vec![reading(1, 2_000, 60, 3.0, 7.0)]), [(60, 7.0)]);
    }

    #[test]
    fn a_new_start_and_a_fall_are_resets() {
        let restarted = vec![
            reading(1, 0, 60, 10.0, 20.0),
            reading(1, 5_000, 120, 1.0, 4.0),
        ];
        assert_eq!(line(restarted), [(60, 10.0), (120, 4.0)]);
        let fallen = vec![reading(1, 0, 60, 10.0, 20.0), reading(1, 0, 120, 1.0, 4.0)];
        assert_eq!(line(fallen), [(60, 10.0), (120, 4.0)]);
    }

    #[test]
    fn instances_are_added_and_never_compared() {
        let both = vec![
            reading(1, 0, 60, 0.0, 5.0),
            reading(2, 0, 60, 100.0, 101.0),
            reading(1, 0, 120, 5.0, 6.0),
            reading(2, 0, 120, 103.0, 104.0),
        ];
        assert_eq!(line(both), [(60, 6.0), (120, 4.0)]);
    }

    #[test]
    fn deltas_are_added_up_as_they_are() {
        let mut point = reading(1, 0, 60, 2.0, 3.0);
        point.delta = true;
        assert_eq!(line(vec![point]), [(60, 5.0)]);
    }

    #[test]
    fn nothing_grows_out_of_nothing() {
        assert!(growth::<f64>(Vec::new(), 0).is_empty());
    }
}
