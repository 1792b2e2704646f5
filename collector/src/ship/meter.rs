//! Rows into a batch, measured on the way: one request must not become rows without bound.
//!
//! A resource is written once in a request and once per row in the tables: a megabyte of resource
//! attributes and a million tiny spans would be a terabyte. And each day touched is an insert.

use std::collections::BTreeSet;
use std::num::NonZeroU64;

use store::model::{
    Attributes, ExpHistogramPoint, FunctionSighting, GaugePoint, HistogramPoint, InvocationFact,
    LogRow, MetricPoint, SpanRow, SumPoint, SummaryPoint, UnixNano,
};
use store::write::RowSink;

use crate::signal::Signal;

/// Days that the rows of one request may lie on. Exporters send what happened in the last minutes;
/// someone who sends old data again sends it day by day.
pub(super) const DAYS_MAX: usize = 64;

/// Ids, times, numbers and offsets of a row, about.
const ROW_BYTES: usize = 150;

/// An attribute takes at most so many times its bytes in protobuf once it is text: a control character
/// in a nested value becomes `\\u0001` in JSON, a boolean of two bytes becomes `false`.
const TEXT_GROWTH_MAX: usize = 8;

/// Offsets of an attribute, about.
const ATTRIBUTE_BYTES: usize = 4;

/// Lets only so much of one request through.
pub(super) struct Meter<'a> {
    out: &'a mut dyn RowSink,
    bytes_max: usize,
    measured: Measured,
    /// The resource of the last row; the next one mostly has the same.
    resource: Option<NonZeroU64>,
}

/// What one request became.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// Spans, log records or points written.
    pub(super) items: u64,
    /// Bytes of all its rows as ClickHouse sees them, about.
    pub(super) bytes: usize,
    /// Bytes of all its rows in memory, about: there a resource is kept once.
    pub(super) held_bytes: usize,
    /// Days its items lie on.
    pub(super) days: BTreeSet<i64>,
    /// Days that facts drawn from its items lie on.
    pub(super) fact_days: BTreeSet<i64>,
    /// Items left out because of their bytes.
    too_big: u64,
    /// Items left out because of their days.
    too_scattered: u64,
}

impl<'a> Meter<'a> {
    /// Writes to `out`, at most `bytes_max` bytes.
    pub(super) fn new(out: &'a mut dyn RowSink, bytes_max: usize) -> Self {
        Self {
            out,
            bytes_max,
            measured: Measured::default(),
            resource: None,
        }
    }

    pub(super) fn done(self) -> Measured {
        self.measured
    }

    /// Whether an item of so many bytes, and its resource, may pass.
    fn item(&mut self, time: UnixNano, own_bytes: usize, resource: Attributes<'_>) -> bool {
        let measured = &mut self.measured;
        let day = time.day();
        let bytes = own_bytes + map_bytes(resource);
        if measured.days.len() >= DAYS_MAX && !measured.days.contains(&day) {
            measured.too_scattered += 1;
            return false;
        }
        if measured.bytes.saturating_add(bytes) > self.bytes_max {
            measured.too_big += 1;
            return false;
        }
        measured.days.insert(day);
        measured.bytes += bytes;
        measured.items += 1;
        let is_known = resource.shared().is_some() && resource.shared() == self.resource;
        measured.held_bytes += if is_known { own_bytes } else { bytes };
        self.resource = resource.shared();
        true
    }

    fn point(&mut self, point: &MetricPoint<'_>, extra: usize) -> bool {
        let texts = [
            point.service_name,
            point.name,
            point.description,
            point.unit,
            point.function_id,
            point.scope_name,
            point.scope_version,
            point.resource_schema_url,
            point.scope_schema_url,
        ];
        let maps = [point.scope_attributes, point.attributes];
        let bytes = ROW_BYTES + extra + sum(&texts, &maps);
        self.item(point.time, bytes, point.resource)
    }
}

impl Measured {
    /// Whether nothing of a skimmed request of `body_bytes` would be left out, had its attributes been
    /// read: they could at most take so much.
    pub(super) fn is_surely_whole(&self, body_bytes: usize, bytes_max: usize) -> bool {
        let left_out = self.too_big + self.too_scattered;
        left_out == 0 && self.bytes + body_bytes.saturating_mul(TEXT_GROWTH_MAX) <= bytes_max
    }

    /// Items left out, and for people why.
    pub(super) fn left_out(&self, signal: Signal, bytes_max: usize) -> (u64, String) {
        let items = signal.items();
        let mut reasons = Vec::new();
        if self.too_big > 0 {
            let count = self.too_big;
            reasons.push(format!(
                "{count} {items} left out: with them the request would become more than \
                 {bytes_max} bytes of rows; send fewer at once, or less with each resource"
            ));
        }
        if self.too_scattered > 0 {
            let count = self.too_scattered;
            reasons.push(format!(
                "{count} {items} left out: their times lie on more than {DAYS_MAX} days; send old \
                 data day by day"
            ));
        }
        (self.too_big + self.too_scattered, reasons.join("; "))
    }
}

impl RowSink for Meter<'_> {
    fn span(&mut self, row: &SpanRow<'_>) {
        let texts = [
            row.trace_state,
            row.name,
            row.service_name,
            row.scope_name,
            row.scope_version,
            row.status_message,
            row.function_id,
        ];
        let mut bytes = ROW_BYTES + sum(&texts, &[row.attributes]);
        for event in row.events {
            bytes += ROW_BYTES + sum(&[event.name], &[event.attributes]);
        }
        for link in row.links {
            bytes += ROW_BYTES + sum(&[link.trace_state], &[link.attributes]);
        }
        if self.item(row.timestamp, bytes, row.resource) {
            self.out.span(row);
        }
    }

    fn log(&mut self, row: &LogRow<'_>) {
        let texts = [
            row.severity_text,
            row.service_name,
            row.body,
            row.resource_schema_url,
            row.scope_schema_url,
            row.scope_name,
            row.scope_version,
            row.event_name,
            row.function_id,
        ];
        let bytes = ROW_BYTES + sum(&texts, &[row.scope_attributes, row.attributes]);
        if self.item(row.timestamp, bytes, row.resource) {
            self.out.log(row);
        }
    }

    fn gauge(&mut self, point: &MetricPoint<'_>, value: &GaugePoint<'_>) {
        if self.point(point, value.exemplars.len() * ROW_BYTES) {
            self.out.gauge(point, value);
        }
    }

    fn sum(&mut self, point: &MetricPoint<'_>, value: &SumPoint<'_>) {
        if self.point(point, value.exemplars.len() * ROW_BYTES) {
            self.out.sum(point, value);
        }
    }

    fn histogram(&mut self, point: &MetricPoint<'_>, value: &HistogramPoint<'_>) {
        let numbers = value.bucket_counts.len() + value.explicit_bounds.len();
        if self.point(point, value.exemplars.len() * ROW_BYTES + numbers * 8) {
            self.out.histogram(point, value);
        }
    }

    fn exp_histogram(&mut self, point: &MetricPoint<'_>, value: &ExpHistogramPoint<'_>) {
        let numbers = value.positive_bucket_counts.len() + value.negative_bucket_counts.len();
        if self.point(point, value.exemplars.len() * ROW_BYTES + numbers * 8) {
            self.out.exp_histogram(point, value);
        }
    }

    fn summary(&mut self, point: &MetricPoint<'_>, value: &SummaryPoint<'_>) {
        if self.point(point, value.quantiles.len() * 16) {
            self.out.summary(point, value);
        }
    }

    // Facts and sightings are few and small, and each comes from an item already measured.
    fn invocation(&mut self, fact: &InvocationFact) {
        let (day, days) = (fact.start.day(), &mut self.measured.fact_days);
        if days.len() < DAYS_MAX || days.contains(&day) {
            days.insert(day);
            self.measured.held_bytes += 2 * ROW_BYTES;
            self.out.invocation(fact);
        }
    }

    fn sighting(&mut self, sighting: &FunctionSighting) {
        self.measured.held_bytes += 2 * ROW_BYTES;
        self.out.sighting(sighting);
    }
}

/// Bytes of texts and maps in a row's columns, about.
fn sum(texts: &[&str], maps: &[Attributes<'_>]) -> usize {
    let texts: usize = texts.iter().map(|text| text.len()).sum();
    texts + maps.iter().copied().map(map_bytes).sum::<usize>()
}

fn map_bytes(map: Attributes<'_>) -> usize {
    map.bytes() + map.len() * ATTRIBUTE_BYTES
}

/// Takes rows and keeps none.
pub(super) struct Nowhere;

impl RowSink for Nowhere {
    fn span(&mut self, _: &SpanRow<'_>) {}
    fn log(&mut self, _: &LogRow<'_>) {}
    fn gauge(&mut self, _: &MetricPoint<'_>, _: &GaugePoint<'_>) {}
    fn sum(&mut self, _: &MetricPoint<'_>, _: &SumPoint<'_>) {}
    fn histogram(&mut self, _: &MetricPoint<'_>, _: &HistogramPoint<'_>) {}
    fn exp_histogram(&mut self, _: &MetricPoint<'_>, _: &ExpHistogramPoint<'_>) {}
    fn summary(&mut self, _: &MetricPoint<'_>, _: &SummaryPoint<'_>) {}
    fn invocation(&mut self, _: &InvocationFact) {}
    fn sighting(&mut self, _: &FunctionSighting) {}
}
