//! Metric points: rows of the five `otel_metrics_*` tables.

use super::{Attributes, UnixNano};

/// What every metric point has, whatever its kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricPoint<'a> {
    /// Attributes of the resource.
    pub resource: Attributes<'a>,
    /// Schema URL of the resource.
    pub resource_schema_url: &'a str,
    /// Name of the instrumentation scope.
    pub scope_name: &'a str,
    /// Version of the instrumentation scope.
    pub scope_version: &'a str,
    /// Attributes of the scope.
    pub scope_attributes: Attributes<'a>,
    /// Attributes the SDK dropped from the scope.
    pub scope_dropped_attributes: u32,
    /// Schema URL of the scope.
    pub scope_schema_url: &'a str,
    /// `service.name` of the resource.
    pub service_name: &'a str,
    /// Metric name.
    pub name: &'a str,
    /// Description.
    pub description: &'a str,
    /// UCUM unit, as sent.
    pub unit: &'a str,
    /// Attributes of the point.
    pub attributes: Attributes<'a>,
    /// Start of the interval; 0 when not told.
    pub start: UnixNano,
    /// When the value held.
    pub time: UnixNano,
    /// OTLP data point flags.
    pub flags: u32,
    /// Text form of the function id, or empty.
    pub function_id: &'a str,
}

/// One element of `Exemplars`.
#[derive(Clone, Debug, PartialEq)]
pub struct ExemplarRow<'a> {
    /// Attributes the view filtered out.
    pub filtered_attributes: Attributes<'a>,
    /// When the sample was taken.
    pub time: UnixNano,
    /// The sample, in the metric's unit.
    pub value: f64,
    /// 16 hex characters, or empty.
    pub span_id: &'a str,
    /// 32 hex characters, or empty.
    pub trace_id: &'a str,
}

/// A row of `otel_metrics_gauge`.
#[derive(Clone, Debug, PartialEq)]
pub struct GaugePoint<'a> {
    /// In the metric's unit.
    pub value: f64,
    /// Exemplars, if any.
    pub exemplars: &'a [ExemplarRow<'a>],
}

/// A row of `otel_metrics_sum`.
#[derive(Clone, Debug, PartialEq)]
pub struct SumPoint<'a> {
    /// In the metric's unit.
    pub value: f64,
    /// Exemplars, if any.
    pub exemplars: &'a [ExemplarRow<'a>],
    /// 0 unspecified, 1 delta, 2 cumulative.
    pub temporality: i32,
    /// Whether the sum only grows.
    pub is_monotonic: bool,
}

/// A row of `otel_metrics_histogram`.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramPoint<'a> {
    /// Number of values.
    pub count: u64,
    /// Sum of values, in the metric's unit.
    pub sum: f64,
    /// Count per bucket; one more than the bounds.
    pub bucket_counts: &'a [u64],
    /// Upper bounds, ascending.
    pub explicit_bounds: &'a [f64],
    /// Exemplars, if any.
    pub exemplars: &'a [ExemplarRow<'a>],
    /// Smallest value; 0 when not told.
    pub min: f64,
    /// Largest value; 0 when not told.
    pub max: f64,
    /// 0 unspecified, 1 delta, 2 cumulative.
    pub temporality: i32,
}

/// A row of `otel_metrics_exp_histogram`.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpHistogramPoint<'a> {
    /// Number of values.
    pub count: u64,
    /// Sum of values, in the metric's unit.
    pub sum: f64,
    /// Resolution: base = 2^(2^-scale).
    pub scale: i32,
    /// Values in the zero bucket.
    pub zero_count: u64,
    /// Index of the first positive bucket.
    pub positive_offset: i32,
    /// Count per positive bucket.
    pub positive_bucket_counts: &'a [u64],
    /// Index of the first negative bucket.
    pub negative_offset: i32,
    /// Count per negative bucket.
    pub negative_bucket_counts: &'a [u64],
    /// Exemplars, if any.
    pub exemplars: &'a [ExemplarRow<'a>],
    /// Smallest value; 0 when not told.
    pub min: f64,
    /// Largest value; 0 when not told.
    pub max: f64,
    /// 0 unspecified, 1 delta, 2 cumulative.
    pub temporality: i32,
}

/// A row of `otel_metrics_summary`.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryPoint<'a> {
    /// Number of values.
    pub count: u64,
    /// Sum of values, in the metric's unit.
    pub sum: f64,
    /// Pairs of quantile (0 to 1) and value.
    pub quantiles: &'a [(f64, f64)],
}
