//! Metrics: which there are, their shape, and the points of one of them, by kind.

use clickhouse::query::Query;
use clickhouse::{Row, RowOwned, RowRead};
use serde::Deserialize;

use super::{Window, all, ask_in};
use crate::{Store, StoreError};

/// Most metrics a list shows.
pub const MAX_METRICS: u32 = 1_000;
/// Most points of one metric that are read, after ClickHouse has reduced them to one per stream and
/// bucket: 500 streams of 100 buckets.
pub const MAX_POINTS: u32 = 50_000;

/// The five kinds of metric that OTLP knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A value that holds at an instant.
    Gauge,
    /// A sum, growing or not.
    Sum,
    /// A histogram of fixed bounds.
    Histogram,
    /// A histogram of exponential bounds.
    ExpHistogram,
    /// Quantiles worked out by the sender.
    Summary,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::Gauge,
        Self::Sum,
        Self::Histogram,
        Self::ExpHistogram,
        Self::Summary,
    ];

    /// The spelling in links and queries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Sum => "sum",
            Self::Histogram => "histogram",
            Self::ExpHistogram => "exp_histogram",
            Self::Summary => "summary",
        }
    }

    /// The kind of that spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One metric of one function, or of one service where no function is known.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct MetricRow {
    /// Spelling of [`Kind`].
    pub kind: String,
    /// Function id; may be empty.
    pub function_id: String,
    /// `service.name`.
    pub service_name: String,
    /// Metric name.
    pub name: String,
    /// UCUM unit as sent.
    pub unit: String,
    /// Description as sent.
    pub description: String,
    /// 0 unspecified or not applicable, 1 delta, 2 cumulative.
    pub temporality: i32,
    /// A sum that only grows.
    pub monotonic: bool,
    /// Points stored in the window.
    pub points: u64,
    /// Attribute sets, about.
    pub attribute_sets: u64,
    /// Resources, about: sandboxes mostly.
    pub instances: u64,
    /// Newest point, ms since the epoch.
    pub last_ms: i64,
    /// Its value, for gauges and sums; 0 for the others.
    pub last_value: f64,
}

/// One bucket of a metric's shape.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct SparkPoint {
    /// Spelling of [`Kind`].
    pub kind: String,
    /// Function id; may be empty.
    pub function_id: String,
    /// `service.name`.
    pub service_name: String,
    /// Metric name.
    pub name: String,
    /// Start of the bucket, s since the epoch.
    pub bucket_s: u32,
    /// Sum of values: of a gauge's points, of a sum's growth, of what a distribution observed.
    pub amount: f64,
    /// Number of values `amount` is the sum of; meaningless for sums.
    pub weight: f64,
}

/// A gauge, or a sum that may fall, in one bucket.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct GaugePoint {
    /// The attribute set.
    pub attributes: Vec<(String, String)>,
    /// Start of the bucket, s since the epoch.
    pub bucket_s: u32,
    /// Mean of the instances (gauge) or their sum (sum).
    pub value: f64,
    /// Least value reported.
    pub low: f64,
    /// Greatest value reported.
    pub high: f64,
}

/// A growing sum of one stream in one bucket.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct SumPoint {
    /// The attribute set.
    pub attributes: Vec<(String, String)>,
    /// Names the sender: a hash of its resource.
    pub instance: u64,
    /// Start of the stream, ns since the epoch; 0 for deltas.
    pub start_ns: i64,
    /// Start of the bucket, s since the epoch.
    pub bucket_s: u32,
    /// 1 delta, 2 cumulative.
    pub temporality: i32,
    /// First value reported in the bucket.
    pub first: f64,
    /// Last value reported in the bucket.
    pub last: f64,
    /// Sum of the values reported: the growth, for deltas.
    pub total: f64,
}

/// A histogram of one stream in one bucket.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct HistogramPoint {
    /// The attribute set.
    pub attributes: Vec<(String, String)>,
    /// Names the sender: a hash of its resource.
    pub instance: u64,
    /// Start of the stream, ns since the epoch; 0 for deltas.
    pub start_ns: i64,
    /// Start of the time bucket, s since the epoch.
    pub bucket_s: u32,
    /// 1 delta, 2 cumulative.
    pub temporality: i32,
    /// Upper bounds, ascending.
    pub bounds: Vec<f64>,
    /// First counts reported.
    pub first: Vec<u64>,
    /// Last counts reported.
    pub last: Vec<u64>,
    /// Sum of the counts reported: the growth, for deltas.
    pub total: Vec<u64>,
    /// First sum of values reported.
    pub first_sum: f64,
    /// Last sum of values reported.
    pub last_sum: f64,
    /// Sum of the sums reported.
    pub total_sum: f64,
}

/// One point of an exponential histogram.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct ExpHistogramPoint {
    /// The attribute set.
    pub attributes: Vec<(String, String)>,
    /// Names the sender: a hash of its resource.
    pub instance: u64,
    /// Start of the stream, ns since the epoch.
    pub start_ns: i64,
    /// Start of the time bucket, s since the epoch.
    pub bucket_s: u32,
    /// 1 delta, 2 cumulative.
    pub temporality: i32,
    /// Values observed.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// Resolution: base = 2^(2^-scale).
    pub scale: i32,
    /// Values in the zero bucket.
    pub zero_count: u64,
    /// Index of the first positive bucket.
    pub positive_offset: i32,
    /// Positive counts.
    pub positive: Vec<u64>,
    /// Index of the first negative bucket.
    pub negative_offset: i32,
    /// Negative counts.
    pub negative: Vec<u64>,
}

/// One quantile of a summary in one bucket.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct SummaryPoint {
    /// The attribute set.
    pub attributes: Vec<(String, String)>,
    /// Start of the bucket, s since the epoch.
    pub bucket_s: u32,
    /// 0 to 1.
    pub quantile: f64,
    /// Median of what the instances reported.
    pub value: f64,
}

/// A value with the trace it was observed in.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct ExemplarPoint {
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// In the metric's unit.
    pub value: f64,
    /// 32 hex characters.
    pub trace_id: String,
}

/// Names one metric.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricKey {
    /// Function id; empty for metrics of no known function.
    pub function: String,
    /// `service.name`; empty for any.
    pub service: String,
    /// Metric name.
    pub name: String,
}

/// The metrics reported in `window`, at most [`MAX_METRICS`]; of one function unless `function` is
/// empty; with `text` in their name.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn list(
    store: &Store,
    window: Window,
    function: &str,
    text: &str,
) -> Result<Vec<MetricRow>, StoreError> {
    let query = ask_in(store, window, include_str!("series_list.sql"))
        .param("function", function)
        .param("text", text)
        .param("limit", MAX_METRICS);
    all(query, "listing metrics").await
}

/// The shapes of metrics, in buckets of `step_s` seconds: all whose name and function are listed.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn sparks(
    store: &Store,
    window: Window,
    names: &[String],
    functions: &[String],
    step_s: u32,
) -> Result<Vec<SparkPoint>, StoreError> {
    let query = ask_in(store, window, include_str!("series_sparks.sql"))
        .param("names", names)
        .param("functions", functions)
        .param("step", step_s.max(1));
    all(query, "reading the shapes of metrics").await
}

/// A gauge over time, or with `add` a sum that may fall.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn gauge(
    store: &Store,
    window: Window,
    key: &MetricKey,
    add: bool,
    step_s: u32,
) -> Result<Vec<GaugePoint>, StoreError> {
    let query = ask_in(store, window, include_str!("series_gauge.sql")).param("add", add);
    points(query, key, step_s).await
}

/// A growing sum by stream.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn sum(
    store: &Store,
    window: Window,
    key: &MetricKey,
    step_s: u32,
) -> Result<Vec<SumPoint>, StoreError> {
    points(
        ask_in(store, window, include_str!("series_sum.sql")),
        key,
        step_s,
    )
    .await
}

/// A histogram by stream.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn histogram(
    store: &Store,
    window: Window,
    key: &MetricKey,
    step_s: u32,
) -> Result<Vec<HistogramPoint>, StoreError> {
    points(
        ask_in(store, window, include_str!("series_histogram.sql")),
        key,
        step_s,
    )
    .await
}

/// An exponential histogram by stream.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn exp_histogram(
    store: &Store,
    window: Window,
    key: &MetricKey,
    step_s: u32,
) -> Result<Vec<ExpHistogramPoint>, StoreError> {
    points(
        ask_in(store, window, include_str!("series_exp_histogram.sql")),
        key,
        step_s,
    )
    .await
}

/// A summary by attribute set and quantile.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn summary(
    store: &Store,
    window: Window,
    key: &MetricKey,
    step_s: u32,
) -> Result<Vec<SummaryPoint>, StoreError> {
    points(
        ask_in(store, window, include_str!("series_summary.sql")),
        key,
        step_s,
    )
    .await
}

/// The newest exemplars that name a trace, at most 200.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn exemplars(
    store: &Store,
    window: Window,
    key: &MetricKey,
) -> Result<Vec<ExemplarPoint>, StoreError> {
    points(
        ask_in(store, window, include_str!("series_exemplars.sql")),
        key,
        1,
    )
    .await
}

async fn points<T>(query: Query, key: &MetricKey, step_s: u32) -> Result<Vec<T>, StoreError>
where
    T: Row + RowOwned + RowRead,
{
    let query = query
        .param("function", &key.function)
        .param("service", &key.service)
        .param("name", &key.name)
        .param("step", step_s.max(1))
        .param("limit", MAX_POINTS);
    all(query, "reading a metric").await
}
