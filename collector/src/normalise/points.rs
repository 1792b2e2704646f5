//! The five kinds of metric points.

use opentelemetry_proto::tonic::metrics::v1::exemplar::Value as ExemplarValue;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as NumberValue;
use opentelemetry_proto::tonic::metrics::v1::{
    DataPointFlags, Exemplar, ExponentialHistogram, Gauge, Histogram, HistogramDataPoint, Metric,
    NumberDataPoint, Sum, Summary,
};
use store::model::{
    ExemplarRow, ExpHistogramPoint, GaugePoint, HistogramPoint, SumPoint, SummaryPoint,
};

use super::check::{self, SpanId, TraceId};
use super::metrics::{Of, PointHead, Walk};
use super::rejected::RejectReason;
use super::value;

/// How the values of a metric are brought to the unit of its rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// Rows keep the metric's unit.
    Same,
    /// Milliseconds become seconds.
    MillisToSeconds,
}

impl Scale {
    /// `faas.*_duration` was in milliseconds until semantic conventions 1.24: brought to seconds,
    /// so that one chart can hold both. Exponential histograms stay as sent, with their unit: a
    /// change of unit would have to guess how the values lie within their buckets.
    pub(super) fn of(metric: &Metric) -> Self {
        let is_duration = metric.name.starts_with("faas.") && metric.name.ends_with("_duration");
        let can_scale = !matches!(metric.data, Some(Data::ExponentialHistogram(_)));
        if is_duration && metric.unit == "ms" && can_scale {
            Self::MillisToSeconds
        } else {
            Self::Same
        }
    }

    /// The unit of the rows.
    pub(super) fn unit(self, metric: &Metric) -> &str {
        match self {
            Self::Same => &metric.unit,
            Self::MillisToSeconds => "s",
        }
    }

    fn value(self, value: f64) -> f64 {
        match self {
            Self::Same => value,
            Self::MillisToSeconds => value / 1_000.0,
        }
    }
}

/// All points of a gauge.
pub(super) fn gauge(walk: &mut Walk<'_>, of: &Of<'_>, gauge: &Gauge) {
    for (index, point) in gauge.data_points.iter().enumerate() {
        let Some(value) = number(walk, of, index, point) else {
            continue;
        };
        let exemplars = exemplars(&point.exemplars, of.scale);
        walk.point(of, &number_head(index, point), |out, row| {
            out.gauge(
                row,
                &GaugePoint {
                    value,
                    exemplars: &exemplars,
                },
            );
        });
    }
}

/// All points of a sum.
pub(super) fn sum(walk: &mut Walk<'_>, of: &Of<'_>, sum: &Sum) {
    for (index, point) in sum.data_points.iter().enumerate() {
        let Some(value) = number(walk, of, index, point) else {
            continue;
        };
        let exemplars = exemplars(&point.exemplars, of.scale);
        walk.point(of, &number_head(index, point), |out, row| {
            let temporality = sum.aggregation_temporality;
            let is_monotonic = sum.is_monotonic;
            let point = SumPoint {
                value,
                exemplars: &exemplars,
                temporality,
                is_monotonic,
            };
            out.sum(row, &point);
        });
    }
}

/// All points of a histogram with explicit bounds.
pub(super) fn histogram(walk: &mut Walk<'_>, of: &Of<'_>, histogram: &Histogram) {
    for (index, point) in histogram.data_points.iter().enumerate() {
        let (counts, bounds) = (point.bucket_counts.len(), point.explicit_bounds.len());
        if counts != bounds + 1 && !(counts == 0 && bounds == 0) {
            let fault = format_args!(".bucketCounts: {counts} counts for {bounds} bounds");
            walk.reject(of, index, RejectReason::Buckets, fault);
            continue;
        }
        let HistogramDataPoint {
            attributes,
            start_time_unix_nano,
            time_unix_nano,
            ..
        } = point;
        let head = PointHead {
            index,
            attributes,
            start: *start_time_unix_nano,
            time: *time_unix_nano,
            flags: point.flags,
        };
        let exemplars = exemplars(&point.exemplars, of.scale);
        let scaled: Vec<f64>;
        let bounds = if of.scale == Scale::Same {
            &point.explicit_bounds
        } else {
            scaled = point
                .explicit_bounds
                .iter()
                .map(|bound| of.scale.value(*bound))
                .collect();
            &scaled
        };
        let value = |told: Option<f64>| of.scale.value(told.unwrap_or_default());
        walk.point(of, &head, |out, row| {
            let point = HistogramPoint {
                count: point.count,
                sum: value(point.sum),
                bucket_counts: &point.bucket_counts,
                explicit_bounds: bounds,
                exemplars: &exemplars,
                min: value(point.min),
                max: value(point.max),
                temporality: histogram.aggregation_temporality,
            };
            out.histogram(row, &point);
        });
    }
}

/// All points of an exponential histogram.
pub(super) fn exp_histogram(walk: &mut Walk<'_>, of: &Of<'_>, histogram: &ExponentialHistogram) {
    let none = Buckets::default();
    for (index, point) in histogram.data_points.iter().enumerate() {
        let head = PointHead {
            index,
            attributes: &point.attributes,
            start: point.start_time_unix_nano,
            time: point.time_unix_nano,
            flags: point.flags,
        };
        let exemplars = exemplars(&point.exemplars, of.scale);
        let positive = point.positive.as_ref().unwrap_or(&none);
        let negative = point.negative.as_ref().unwrap_or(&none);
        walk.point(of, &head, |out, row| {
            let point = ExpHistogramPoint {
                count: point.count,
                sum: point.sum.unwrap_or_default(),
                scale: point.scale,
                zero_count: point.zero_count,
                positive_offset: positive.offset,
                positive_bucket_counts: &positive.bucket_counts,
                negative_offset: negative.offset,
                negative_bucket_counts: &negative.bucket_counts,
                exemplars: &exemplars,
                min: point.min.unwrap_or_default(),
                max: point.max.unwrap_or_default(),
                temporality: histogram.aggregation_temporality,
            };
            out.exp_histogram(row, &point);
        });
    }
}

/// All points of a summary.
pub(super) fn summary(walk: &mut Walk<'_>, of: &Of<'_>, summary: &Summary) {
    for (index, point) in summary.data_points.iter().enumerate() {
        let head = PointHead {
            index,
            attributes: &point.attributes,
            start: point.start_time_unix_nano,
            time: point.time_unix_nano,
            flags: point.flags,
        };
        let pairs = point.quantile_values.iter();
        let quantiles: Vec<(f64, f64)> = pairs
            .map(|pair| (pair.quantile, of.scale.value(pair.value)))
            .collect();
        let sum = of.scale.value(point.sum);
        walk.point(of, &head, |out, row| {
            out.summary(
                row,
                &SummaryPoint {
                    count: point.count,
                    sum,
                    quantiles: &quantiles,
                },
            );
        });
    }
}

fn number_head(index: usize, point: &NumberDataPoint) -> PointHead<'_> {
    PointHead {
        index,
        attributes: &point.attributes,
        start: point.start_time_unix_nano,
        time: point.time_unix_nano,
        flags: point.flags,
    }
}

/// The value of a point; one without a value is refused unless its flags say that this is meant
/// (a series that ended), which the exporter stores as 0 beside the flag.
fn number(walk: &mut Walk<'_>, of: &Of<'_>, index: usize, point: &NumberDataPoint) -> Option<f64> {
    match point.value {
        Some(NumberValue::AsDouble(value)) => Some(of.scale.value(value)),
        // The column is Float64: integers beyond 2^53 lose digits, as in the exporter.
        Some(NumberValue::AsInt(value)) => Some(of.scale.value(value as f64)),
        None if point.flags & DataPointFlags::NoRecordedValueMask as u32 != 0 => Some(0.0),
        None => {
            walk.reject(of, index, RejectReason::NoValue, format_args!(": no value"));
            None
        }
    }
}

/// Exemplars are samples, not items: one with a broken id keeps its value and loses the id.
fn exemplars(told: &[Exemplar], scale: Scale) -> Vec<ExemplarRow> {
    told.iter()
        .map(|exemplar| ExemplarRow {
            filtered_attributes: value::attributes(&exemplar.filtered_attributes),
            time: check::unchecked(exemplar.time_unix_nano),
            value: scale.value(match exemplar.value {
                Some(ExemplarValue::AsDouble(value)) => value,
                Some(ExemplarValue::AsInt(value)) => value as f64,
                None => 0.0,
            }),
            span_id: SpanId::optional(&exemplar.span_id)
                .map_or_else(|_| String::new(), |id| id.as_str().to_owned()),
            trace_id: TraceId::optional(&exemplar.trace_id)
                .map_or_else(|_| String::new(), |id| id.as_str().to_owned()),
        })
        .collect()
}
