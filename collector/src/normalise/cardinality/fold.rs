//! Points beyond the limit of series: put together into one point per metric, resource and time.
//!
//! The specification of the SDK adds every measurement of an overflowing series to one point that bears
//! nothing but `otel.metric.overflow`: each measurement in exactly one point, none counted twice, none
//! dropped. Here points come ready made, and several with the same (now empty) attributes, start and
//! time would be told as one stream that jumps between the values of many. So, within a request:
//!
//! - **Sums** are added up, cumulative ones too: SDKs send all series of a metric together, so their
//!   total grows as each of them does. It falls when a series ends or becomes known after all, which
//!   readers take for a reset.
//! - **Histograms** of equal bounds are added up, bucket by bucket; others stay apart, for readers tell
//!   streams by their bounds. The least and greatest value are told if every part told them.
//! - **Exponential histograms** are added up on the finest scale that holds both.
//! - **Summaries**: counts and sums are added up; quantiles cannot be, so only a lone one keeps them.
//! - **Gauges** stay apart. The SDK would keep the last value only; but none is later than another
//!   here, and a reader of many values at one time shows their mean and range, which is the truth.
//!
//! Exemplars are kept with value, time and ids, the first few of a point.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use store::model::{
    Attributes, ExemplarRow, ExpHistogramPoint, FunctionSighting, GaugePoint, HistogramPoint,
    InvocationFact, LogRow, MetricPoint, SpanRow, SumPoint, SummaryPoint, UnixNano,
};
use store::write::RowSink;

use super::buckets::{Buckets, Scaled};

/// Exemplars a folded point keeps.
const EXEMPLARS_MAX: usize = 16;

/// The folded points of one metric. It takes points as any sink of rows does.
#[derive(Default)]
pub(in crate::normalise) struct Fold {
    points: Vec<Folded>,
    /// Places in `points` by what makes points one.
    places: HashMap<(UnixNano, UnixNano, u32, u64), usize>,
}

/// What became of one or more points.
pub(in crate::normalise) struct Folded {
    pub(in crate::normalise) start: UnixNano,
    pub(in crate::normalise) time: UnixNano,
    pub(in crate::normalise) flags: u32,
    pub(in crate::normalise) function_id: String,
    value: Value,
    exemplars: Vec<Exemplar>,
}

enum Value {
    Gauge(f64),
    Sum {
        value: f64,
        temporality: i32,
        is_monotonic: bool,
    },
    Histogram {
        spread: Spread,
        counts: Vec<u64>,
        bounds: Vec<f64>,
        temporality: i32,
    },
    ExpHistogram {
        spread: Spread,
        zero_count: u64,
        buckets: Scaled,
        temporality: i32,
    },
    Summary {
        count: u64,
        sum: f64,
        quantiles: Vec<(f64, f64)>,
    },
}

/// What both kinds of histogram say of their values; 0 where the least or greatest was not told.
#[derive(Clone, Copy)]
struct Spread {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
}

struct Exemplar {
    time: UnixNano,
    value: f64,
    span_id: String,
    trace_id: String,
}

impl Spread {
    fn add(&mut self, other: Self) {
        let both = |a: f64, b: f64, pick: fn(f64, f64) -> f64| match a == 0.0 || b == 0.0 {
            true => 0.0,
            false => pick(a, b),
        };
        self.count = self.count.saturating_add(other.count);
        self.sum += other.sum;
        self.min = both(self.min, other.min, f64::min);
        self.max = both(self.max, other.max, f64::max);
    }
}

impl Value {
    /// Adds a value of the same kind and shape.
    fn add(&mut self, other: Self) {
        match (self, other) {
            (Self::Sum { value, .. }, Self::Sum { value: more, .. }) => *value += more,
            (
                Self::Histogram { spread, counts, .. },
                Self::Histogram {
                    spread: more,
                    counts: other,
                    ..
                },
            ) => {
                spread.add(more);
                for (count, more) in counts.iter_mut().zip(other) {
                    *count = count.saturating_add(more);
                }
            }
            (
                Self::ExpHistogram {
                    spread,
                    zero_count,
                    buckets,
                    ..
                },
                Self::ExpHistogram {
                    spread: more,
                    zero_count: zeros,
                    buckets: other,
                    ..
                },
            ) => {
                spread.add(more);
                *zero_count = zero_count.saturating_add(zeros);
                buckets.add(other);
            }
            (
                Self::Summary {
                    count,
                    sum,
                    quantiles,
                },
                Self::Summary {
                    count: more,
                    sum: rest,
                    ..
                },
            ) => {
                *count = count.saturating_add(more);
                *sum += rest;
                quantiles.clear();
            }
            // Gauges are never put together, and a metric is of one kind.
            _ => {}
        }
    }
}

impl Fold {
    /// The points there are, and none from now on.
    pub(in crate::normalise) fn take(&mut self) -> Vec<Folded> {
        self.places.clear();
        std::mem::take(&mut self.points)
    }

    /// `shape` is what else must be equal; `None` never folds.
    fn put(
        &mut self,
        point: &MetricPoint<'_>,
        exemplars: &[ExemplarRow<'_>],
        shape: Option<(&[f64], usize)>,
        value: Value,
    ) {
        let place = shape.map(|(bounds, counts)| {
            let mut hasher = DefaultHasher::new();
            (point.function_id, counts).hash(&mut hasher);
            let bits = bounds.iter().map(|bound| bound.to_bits());
            bits.for_each(|bits| bits.hash(&mut hasher));
            (point.start, point.time, point.flags, hasher.finish())
        });
        let known = place.and_then(|place| self.places.get(&place).copied());
        let folded = match known {
            Some(known) => {
                self.points[known].value.add(value);
                &mut self.points[known]
            }
            None => {
                let last = self.points.len();
                if let Some(place) = place {
                    self.places.insert(place, last);
                }
                self.points.push(Folded {
                    start: point.start,
                    time: point.time,
                    flags: point.flags,
                    function_id: point.function_id.to_owned(),
                    value,
                    exemplars: Vec::new(),
                });
                &mut self.points[last]
            }
        };
        let room = EXEMPLARS_MAX - folded.exemplars.len();
        let kept = exemplars.iter().take(room).map(|exemplar| Exemplar {
            time: exemplar.time,
            value: exemplar.value,
            span_id: exemplar.span_id.to_owned(),
            trace_id: exemplar.trace_id.to_owned(),
        });
        folded.exemplars.extend(kept);
    }
}

impl RowSink for Fold {
    fn gauge(&mut self, point: &MetricPoint<'_>, told: &GaugePoint<'_>) {
        self.put(point, told.exemplars, None, Value::Gauge(told.value));
    }

    fn sum(&mut self, point: &MetricPoint<'_>, told: &SumPoint<'_>) {
        let value = Value::Sum {
            value: told.value,
            temporality: told.temporality,
            is_monotonic: told.is_monotonic,
        };
        self.put(point, told.exemplars, Some((&[], 0)), value);
    }

    fn histogram(&mut self, point: &MetricPoint<'_>, told: &HistogramPoint<'_>) {
        let value = Value::Histogram {
            spread: Spread {
                count: told.count,
                sum: told.sum,
                min: told.min,
                max: told.max,
            },
            counts: told.bucket_counts.to_vec(),
            bounds: told.explicit_bounds.to_vec(),
            temporality: told.temporality,
        };
        self.put(
            point,
            told.exemplars,
            Some((told.explicit_bounds, told.bucket_counts.len())),
            value,
        );
    }

    fn exp_histogram(&mut self, point: &MetricPoint<'_>, told: &ExpHistogramPoint<'_>) {
        let sign = |offset, counts: &[u64]| Buckets {
            offset,
            counts: counts.to_vec(),
        };
        let value = Value::ExpHistogram {
            spread: Spread {
                count: told.count,
                sum: told.sum,
                min: told.min,
                max: told.max,
            },
            zero_count: told.zero_count,
            buckets: Scaled {
                scale: told.scale,
                signs: [
                    sign(told.positive_offset, told.positive_bucket_counts),
                    sign(told.negative_offset, told.negative_bucket_counts),
                ],
            },
            temporality: told.temporality,
        };
        self.put(point, told.exemplars, Some((&[], 0)), value);
    }

    fn summary(&mut self, point: &MetricPoint<'_>, told: &SummaryPoint<'_>) {
        let value = Value::Summary {
            count: told.count,
            sum: told.sum,
            quantiles: told.quantiles.to_vec(),
        };
        self.put(point, &[], Some((&[], 0)), value);
    }

    // Only points are ever handed here.

    fn span(&mut self, row: &SpanRow<'_>) {
        let _ = row;
    }

    fn log(&mut self, row: &LogRow<'_>) {
        let _ = row;
    }

    fn invocation(&mut self, fact: &InvocationFact) {
        let _ = fact;
    }

    fn sighting(&mut self, sighting: &FunctionSighting) {
        let _ = sighting;
    }
}

impl Folded {
    /// Hands the point on under `row`, which says all that is not its own.
    pub(in crate::normalise) fn write(&self, row: &MetricPoint<'_>, out: &mut dyn RowSink) {
        let exemplars: Vec<ExemplarRow<'_>> = self.exemplars.iter().map(Exemplar::row).collect();
        let exemplars = &exemplars[..];
        match &self.value {
            Value::Gauge(value) => out.gauge(
                row,
                &GaugePoint {
                    value: *value,
                    exemplars,
                },
            ),
            Value::Sum {
                value,
                temporality,
                is_monotonic,
            } => out.sum(
                row,
                &SumPoint {
                    value: *value,
                    exemplars,
                    temporality: *temporality,
                    is_monotonic: *is_monotonic,
                },
            ),
            Value::Histogram {
                spread,
                counts,
                bounds,
                temporality,
            } => out.histogram(
                row,
                &HistogramPoint {
                    count: spread.count,
                    sum: spread.sum,
                    bucket_counts: counts,
                    explicit_bounds: bounds,
                    exemplars,
                    min: spread.min,
                    max: spread.max,
                    temporality: *temporality,
                },
            ),
            Value::ExpHistogram {
                spread,
                zero_count,
                buckets,
                temporality,
            } => {
                let [positive, negative] = &buckets.signs;
                out.exp_histogram(
                    row,
                    &ExpHistogramPoint {
                        count: spread.count,
                        sum: spread.sum,
                        scale: buckets.scale,
                        zero_count: *zero_count,
                        positive_offset: positive.offset,
                        positive_bucket_counts: &positive.counts,
                        negative_offset: negative.offset,
                        negative_bucket_counts: &negative.counts,
                        exemplars,
                        min: spread.min,
                        max: spread.max,
                        temporality: *temporality,
                    },
                );
            }
            Value::Summary {
                count,
                sum,
                quantiles,
            } => out.summary(
                row,
                &SummaryPoint {
                    count: *count,
                    sum: *sum,
                    quantiles,
                },
            ),
        }
    }
}

impl Exemplar {
    fn row(&self) -> ExemplarRow<'_> {
        ExemplarRow {
            filtered_attributes: Attributes::default(),
            time: self.time,
            value: self.value,
            span_id: &self.span_id,
            trace_id: &self.trace_id,
        }
    }
}
