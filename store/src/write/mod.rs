//! The way in: rows to columns to Native blocks.

mod batch;
mod deploys;
mod insert;
mod invocations;
mod logs;
mod metrics;
mod native;
mod trace_times;
mod traces;

pub use batch::{Batch, Part};
pub use insert::{Attempt, Refused};

use crate::model::{
    ExpHistogramPoint, FunctionSighting, GaugePoint, HistogramPoint, InvocationFact, LogRow,
    MetricPoint, SpanRow, SumPoint, SummaryPoint,
};

/// Where rows go. [`Batch`] turns them into columns; tests record them.
pub trait RowSink {
    /// One row of `otel_traces`.
    fn span(&mut self, row: &SpanRow<'_>);
    /// One row of `otel_logs`.
    fn log(&mut self, row: &LogRow<'_>);
    /// One row of `otel_metrics_gauge`.
    fn gauge(&mut self, point: &MetricPoint<'_>, value: &GaugePoint<'_>);
    /// One row of `otel_metrics_sum`.
    fn sum(&mut self, point: &MetricPoint<'_>, value: &SumPoint<'_>);
    /// One row of `otel_metrics_histogram`.
    fn histogram(&mut self, point: &MetricPoint<'_>, value: &HistogramPoint<'_>);
    /// One row of `otel_metrics_exp_histogram`.
    fn exp_histogram(&mut self, point: &MetricPoint<'_>, value: &ExpHistogramPoint<'_>);
    /// One row of `otel_metrics_summary`.
    fn summary(&mut self, point: &MetricPoint<'_>, value: &SummaryPoint<'_>);
    /// One row of `invocation_facts`.
    fn invocation(&mut self, fact: &InvocationFact);
    /// One row of `functions`.
    fn sighting(&mut self, sighting: &FunctionSighting);
}
