//! Instruments that add up, and the OTLP metrics made of them.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge,
    Histogram, HistogramDataPoint, Metric, NumberDataPoint, Sum, Summary, SummaryDataPoint,
    exemplar,
};

use crate::invocation::Context;
use crate::time::Ns;

/// Bounds of `faas.*_duration` in the Telemetry API receiver, in s.
pub const SECONDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// Bounds that receiver uses for `faas.mem_usage` in bytes: its defaults, so that every real value
/// lands in the overflow bucket. A quirk worth keeping: only sum and count say anything.
pub const RECEIVER_DEFAULT: &[f64] = &[
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0,
    10000.0,
];

/// Name, description and unit of an instrument.
#[derive(Clone, Copy)]
pub struct Instrument {
    /// Name.
    pub name: &'static str,
    /// Description.
    pub description: &'static str,
    /// UCUM unit.
    pub unit: &'static str,
}

impl Instrument {
    fn metric(&self, data: Data) -> Metric {
        Metric {
            name: self.name.to_owned(),
            description: self.description.to_owned(),
            unit: self.unit.to_owned(),
            data: Some(data),
            ..Metric::default()
        }
    }

    /// A monotonic sum since `start`.
    pub fn sum(&self, total: u64, start: Ns, at: Ns, attributes: Vec<KeyValue>) -> Metric {
        self.sum_with(
            AggregationTemporality::Cumulative,
            total,
            start,
            at,
            attributes,
        )
    }

    /// A monotonic sum of what happened since `start` only.
    pub fn delta(&self, count: u64, start: Ns, at: Ns, attributes: Vec<KeyValue>) -> Metric {
        self.sum_with(AggregationTemporality::Delta, count, start, at, attributes)
    }

    fn sum_with(
        &self,
        temporality: AggregationTemporality,
        value: u64,
        start: Ns,
        at: Ns,
        attributes: Vec<KeyValue>,
    ) -> Metric {
        let point = NumberDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: at,
            value: Some(Value::AsInt(value as i64)),
            ..NumberDataPoint::default()
        };
        self.metric(Data::Sum(Sum {
            data_points: vec![point],
            aggregation_temporality: temporality.into(),
            is_monotonic: true,
        }))
    }

    /// The value at a moment.
    pub fn gauge(&self, value: Value, at: Ns, attributes: Vec<KeyValue>) -> Metric {
        let point = NumberDataPoint {
            attributes,
            time_unix_nano: at,
            value: Some(value),
            ..NumberDataPoint::default()
        };
        self.metric(Data::Gauge(Gauge {
            data_points: vec![point],
        }))
    }
}

/// An example of a measurement, with the trace it came from.
fn example(value: f64, at: Ns, context: Context) -> Exemplar {
    Exemplar {
        time_unix_nano: at,
        span_id: context.span.to_vec(),
        trace_id: context.trace.to_vec(),
        value: Some(exemplar::Value::AsDouble(value)),
        ..Exemplar::default()
    }
}

/// Sum, count, least and greatest of what was recorded.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    count: u64,
    sum: f64,
    least: f64,
    greatest: f64,
}

impl Totals {
    fn record(&mut self, value: f64) {
        self.least = if self.count == 0 {
            value
        } else {
            self.least.min(value)
        };
        self.greatest = if self.count == 0 {
            value
        } else {
            self.greatest.max(value)
        };
        self.count += 1;
        self.sum += value;
    }
}

/// A cumulative histogram with explicit bounds.
#[derive(Clone, Debug)]
pub struct Explicit {
    bounds: &'static [f64],
    buckets: Vec<u64>,
    totals: Totals,
    exemplars: Vec<Exemplar>,
}

impl Explicit {
    /// An empty one; `bounds` ascend, the last bucket is unbounded.
    pub fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            buckets: vec![0; bounds.len() + 1],
            totals: Totals::default(),
            exemplars: Vec::new(),
        }
    }

    /// Records a value; an upper bound belongs to its bucket.
    pub fn record(&mut self, value: f64) {
        self.buckets[self.bounds.partition_point(|b| *b < value)] += 1;
        self.totals.record(value);
    }

    /// Records a value with its trace as exemplar, one per bucket, the newest.
    pub fn record_with(&mut self, value: f64, at: Ns, context: Context) {
        self.record(value);
        let bucket = |v: f64| self.bounds.partition_point(|b| *b < v);
        let same = |e: &Exemplar| match e.value {
            Some(exemplar::Value::AsDouble(v)) => bucket(v) == bucket(value),
            _ => false,
        };
        let place = self.exemplars.iter().position(same);
        match place {
            Some(i) => self.exemplars[i] = example(value, at, context),
            None => self.exemplars.push(example(value, at, context)),
        }
    }

    /// Values recorded so far.
    pub fn count(&self) -> u64 {
        self.totals.count
    }

    /// As OTLP; exemplars are handed out once. Least and greatest only when `extremes`.
    pub fn metric(
        &mut self,
        instrument: &Instrument,
        start: Ns,
        at: Ns,
        attributes: Vec<KeyValue>,
        extremes: bool,
    ) -> Metric {
        let t = self.totals;
        let point = HistogramDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: at,
            count: t.count,
            sum: Some(t.sum),
            bucket_counts: self.buckets.clone(),
            explicit_bounds: self.bounds.to_vec(),
            exemplars: std::mem::take(&mut self.exemplars),
            min: extremes.then_some(t.least),
            max: extremes.then_some(t.greatest),
            ..HistogramDataPoint::default()
        };
        instrument.metric(Data::Histogram(Histogram {
            data_points: vec![point],
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
        }))
    }
}

/// A cumulative base-2 exponential histogram.
#[derive(Clone, Debug, Default)]
pub struct Exponential {
    buckets: BTreeMap<i32, u64>,
    totals: Totals,
    zeros: u64,
    newest: Option<Exemplar>,
}

/// Eight buckets per doubling; 1 ms to 60 s takes 127 of them, under the usual limit of 160.
const SCALE: i32 = 3;

impl Exponential {
    /// Records a value of at least 0 with its trace as exemplar.
    pub fn record_with(&mut self, value: f64, at: Ns, context: Context) {
        self.totals.record(value);
        self.newest = Some(example(value, at, context));
        if value <= 0.0 {
            self.zeros += 1;
            return;
        }
        // Bucket i holds (base^i, base^(i+1)] with base = 2^(2^-scale).
        let index = (value.log2() * f64::from(1 << SCALE)).ceil() as i32 - 1;
        *self.buckets.entry(index).or_insert(0) += 1;
    }

    /// As OTLP; the exemplar is handed out once.
    pub fn metric(
        &mut self,
        instrument: &Instrument,
        start: Ns,
        at: Ns,
        attributes: Vec<KeyValue>,
    ) -> Metric {
        let offset = self.buckets.keys().next().copied().unwrap_or(0);
        let end = self
            .buckets
            .keys()
            .next_back()
            .map_or(offset, |last| last + 1);
        let counts = (offset..end).map(|i| self.buckets.get(&i).copied().unwrap_or(0));
        let point = ExponentialHistogramDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: at,
            count: self.totals.count,
            sum: Some(self.totals.sum),
            scale: SCALE,
            zero_count: self.zeros,
            positive: Some(Buckets {
                offset,
                bucket_counts: counts.collect(),
            }),
            exemplars: self.newest.take().into_iter().collect(),
            min: Some(self.totals.least),
            max: Some(self.totals.greatest),
            ..ExponentialHistogramDataPoint::default()
        };
        instrument.metric(Data::ExponentialHistogram(ExponentialHistogram {
            data_points: vec![point],
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
        }))
    }
}

/// A summary over the newest values, as Prometheus clients of old made them.
#[derive(Clone, Debug, Default)]
pub struct Quantiles {
    window: Vec<f64>,
    totals: Totals,
}

/// Values a summary remembers: 512 x 8 bytes = 4 kB.
const WINDOW: usize = 512;

impl Quantiles {
    /// Records a value, forgetting the oldest beyond the window.
    pub fn record(&mut self, value: f64) {
        if self.window.len() == WINDOW {
            self.window.remove(0);
        }
        self.window.push(value);
        self.totals.record(value);
    }

    /// As OTLP, with the quantiles 0.5, 0.9, 0.95 and 0.99.
    pub fn metric(
        &self,
        instrument: &Instrument,
        start: Ns,
        at: Ns,
        attributes: Vec<KeyValue>,
    ) -> Metric {
        let mut sorted = self.window.clone();
        sorted.sort_by(f64::total_cmp);
        let at_quantile = |q: f64| {
            let rank = (q * sorted.len() as f64).ceil() as usize;
            sorted
                .get(rank.saturating_sub(1))
                .copied()
                .unwrap_or(f64::NAN)
        };
        let quantiles = [0.5, 0.9, 0.95, 0.99];
        let point = SummaryDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: at,
            count: self.totals.count,
            sum: self.totals.sum,
            quantile_values: quantiles
                .map(|quantile| ValueAtQuantile {
                    quantile,
                    value: at_quantile(quantile),
                })
                .to_vec(),
            ..SummaryDataPoint::default()
        };
        instrument.metric(Data::Summary(Summary {
            data_points: vec![point],
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Instrument = Instrument {
        name: "m",
        description: "",
        unit: "s",
    };
    const HERE: Context = Context {
        trace: [1; 16],
        span: [2; 8],
    };

    #[test]
    fn explicit_buckets_hold_their_upper_bound() {
        let mut h = Explicit::new(SECONDS);
        for v in [0.005, 0.006, 11.0] {
            h.record_with(v, 5, HERE);
        }
        let Some(Data::Histogram(d)) = h.metric(&NAME, 1, 9, Vec::new(), true).data else {
            panic!("no histogram")
        };
        let p = &d.data_points[0];
        assert_eq!((p.count, p.bucket_counts[0], p.bucket_counts[1]), (3, 1, 1));
        assert_eq!(p.bucket_counts.last(), Some(&1));
        assert_eq!(p.bucket_counts.len(), p.explicit_bounds.len() + 1);
        assert_eq!(
            (p.min, p.max, p.exemplars.len()),
            (Some(0.005), Some(11.0), 3)
        );
        assert_eq!(p.exemplars[0].trace_id, vec![1; 16]);
    }

    #[test]
    fn exponential_buckets_add_up_and_lie_where_they_should() {
        let mut h = Exponential::default();
        for v in [0.0, 0.001, 1.0, 1.05, 2.0] {
            h.record_with(v, 5, HERE);
        }
        let Some(Data::ExponentialHistogram(d)) = h.metric(&NAME, 1, 9, Vec::new()).data else {
            panic!("no histogram")
        };
        let p = &d.data_points[0];
        let b = p.positive.as_ref().unwrap();
        assert_eq!(b.bucket_counts.iter().sum::<u64>() + p.zero_count, p.count);
        // 1.0 is the upper bound of bucket -1, 1.05 lies in bucket 0, 2.0 closes bucket 7.
        let at = |i: i32| b.bucket_counts[(i - b.offset) as usize];
        assert_eq!((at(-1), at(0), at(7)), (1, 1, 1));
    }

    #[test]
    fn quantiles_come_from_the_window() {
        let mut q = Quantiles::default();
        (1..=100).for_each(|v| q.record(f64::from(v)));
        let Some(Data::Summary(d)) = q.metric(&NAME, 1, 9, Vec::new()).data else {
            panic!("no summary")
        };
        let values: Vec<f64> = d.data_points[0]
            .quantile_values
            .iter()
            .map(|q| q.value)
            .collect();
        assert_eq!(values, [50.0, 90.0, 95.0, 99.0]);
    }
}
