//! The five kinds of metric points.

use opentelemetry_proto::tonic::metrics::v1::DataPointFlags;
use store::model::{
    ExemplarRow, ExpHistogramPoint, GaugePoint, HistogramPoint, SumPoint, SummaryPoint,
};

use super::check::{self, SpanId, TraceId};
use super::metrics::{Of, Walk};
use super::rejected::RejectReason;
use crate::decode::wire::{Kind, Metric, Metrics, Number, Point};

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
    pub(super) fn of(metric: &Metric<'_>) -> Self {
        let is_duration = metric.name.starts_with("faas.") && metric.name.ends_with("_duration");
        let can_scale = metric.kind != Kind::ExpHistogram;
        if is_duration && metric.unit == "ms" && can_scale {
            Self::MillisToSeconds
        } else {
            Self::Same
        }
    }

    /// The unit of the rows.
    pub(super) fn unit<'a>(self, metric: &Metric<'a>) -> &'a str {
        match self {
            Self::Same => metric.unit,
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

/// A point of a gauge.
pub(super) fn gauge(walk: &mut Walk<'_>, of: &Of<'_>, (index, point): (usize, &Point)) {
    let Some(value) = number(walk, of, index, point) else {
        return;
    };
    let samples = Samples::of(walk.request, point);
    let exemplars = &samples.rows(of.scale);
    walk.point(of, (index, point), |out, row| {
        out.gauge(row, &GaugePoint { value, exemplars });
    });
}

/// A point of a sum.
pub(super) fn sum(walk: &mut Walk<'_>, of: &Of<'_>, (index, point): (usize, &Point)) {
    let Some(value) = number(walk, of, index, point) else {
        return;
    };
    let samples = Samples::of(walk.request, point);
    let exemplars = &samples.rows(of.scale);
    walk.point(of, (index, point), |out, row| {
        let point = SumPoint {
            value,
            exemplars,
            temporality: of.metric.temporality,
            is_monotonic: of.metric.is_monotonic,
        };
        out.sum(row, &point);
    });
}

/// A point of a histogram with explicit bounds.
pub(super) fn histogram(walk: &mut Walk<'_>, of: &Of<'_>, (index, point): (usize, &Point)) {
    let request = walk.request;
    let counts = &request.counts[point.counts.clone()];
    let bounds = &request.bounds[point.bounds.clone()];
    if counts.len() != bounds.len() + 1 && !(counts.is_empty() && bounds.is_empty()) {
        let (counts, bounds) = (counts.len(), bounds.len());
        let fault = format_args!(".bucketCounts: {counts} counts for {bounds} bounds");
        walk.reject(of, index, RejectReason::Buckets, fault);
        return;
    }
    let samples = Samples::of(request, point);
    let exemplars = &samples.rows(of.scale);
    let scaled: Vec<f64>;
    let explicit_bounds = if of.scale == Scale::Same {
        bounds
    } else {
        scaled = bounds.iter().map(|bound| of.scale.value(*bound)).collect();
        &scaled
    };
    let value = |told: Option<f64>| of.scale.value(told.unwrap_or_default());
    walk.point(of, (index, point), |out, row| {
        let point = HistogramPoint {
            count: point.count,
            sum: value(point.sum),
            bucket_counts: counts,
            explicit_bounds,
            exemplars,
            min: value(point.min),
            max: value(point.max),
            temporality: of.metric.temporality,
        };
        out.histogram(row, &point);
    });
}

/// A point of an exponential histogram.
pub(super) fn exp_histogram(walk: &mut Walk<'_>, of: &Of<'_>, (index, point): (usize, &Point)) {
    let request = walk.request;
    let samples = Samples::of(request, point);
    let exemplars = &samples.rows(of.scale);
    walk.point(of, (index, point), |out, row| {
        let point = ExpHistogramPoint {
            count: point.count,
            sum: point.sum.unwrap_or_default(),
            scale: point.scale,
            zero_count: point.zero_count,
            positive_offset: point.positive_offset,
            positive_bucket_counts: &request.counts[point.counts.clone()],
            negative_offset: point.negative_offset,
            negative_bucket_counts: &request.counts[point.negative_counts.clone()],
            exemplars,
            min: point.min.unwrap_or_default(),
            max: point.max.unwrap_or_default(),
            temporality: of.metric.temporality,
        };
        out.exp_histogram(row, &point);
    });
}

/// A point of a summary.
pub(super) fn summary(walk: &mut Walk<'_>, of: &Of<'_>, (index, point): (usize, &Point)) {
    let pairs = walk.request.quantiles[point.quantiles.clone()].iter();
    let quantiles: Vec<(f64, f64)> = pairs
        .map(|(quantile, value)| (*quantile, of.scale.value(*value)))
        .collect();
    walk.point(of, (index, point), |out, row| {
        let point = SummaryPoint {
            count: point.count,
            sum: of.scale.value(point.sum.unwrap_or_default()),
            quantiles: &quantiles,
        };
        out.summary(row, &point);
    });
}

/// The value of a point; one without a value is refused unless its flags say that this is meant
/// (a series that ended), which the exporter stores as 0 beside the flag.
fn number(walk: &mut Walk<'_>, of: &Of<'_>, index: usize, point: &Point) -> Option<f64> {
    if let Some(value) = point.value {
        return Some(of.scale.value(plain(value)));
    }
    if point.flags & DataPointFlags::NoRecordedValueMask as u32 != 0 {
        return Some(0.0);
    }
    walk.reject(of, index, RejectReason::NoValue, format_args!(": no value"));
    None
}

/// The column is Float64: integers beyond 2^53 lose digits, as in the exporter.
fn plain(number: Number) -> f64 {
    match number {
        Number::Double(value) => value,
        Number::Int(value) => value as f64,
    }
}

/// The exemplars of a point, with their ids as text.
struct Samples<'a> {
    request: &'a Metrics<'a>,
    point: &'a Point,
    ids: Vec<(SpanId, TraceId)>,
}

impl<'a> Samples<'a> {
    /// Exemplars are samples, not items: one with a broken id keeps its value and loses the id.
    fn of(request: &'a Metrics<'a>, point: &'a Point) -> Self {
        let told = request.exemplars[point.exemplars.clone()].iter();
        let ids = told.map(|exemplar| {
            let span = SpanId::optional(exemplar.span_id).unwrap_or(SpanId::EMPTY);
            (
                span,
                TraceId::optional(exemplar.trace_id).unwrap_or(TraceId::EMPTY),
            )
        });
        Self {
            request,
            point,
            ids: ids.collect(),
        }
    }

    fn rows(&self, scale: Scale) -> Vec<ExemplarRow<'_>> {
        let told = &self.request.exemplars[self.point.exemplars.clone()];
        told.iter()
            .zip(&self.ids)
            .map(|(exemplar, (span, trace))| ExemplarRow {
                filtered_attributes: self.request.lists.get(exemplar.filtered_attributes),
                time: check::unchecked(exemplar.time_unix_nano),
                value: scale.value(exemplar.value.map_or(0.0, plain)),
                span_id: span.as_str(),
                trace_id: trace.as_str(),
            })
            .collect()
    }
}
