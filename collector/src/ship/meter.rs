//! Rows into a batch, measured on the way: one request must not become rows without bound.
//!
//! A resource is written once in a request and once per row in the tables: a megabyte of resource
//! attributes and a million tiny spans would be a terabyte. And each day touched is an insert.

use std::collections::BTreeSet;

use store::model::{
    Attributes, ExpHistogramPoint, FunctionSighting, GaugePoint, HistogramPoint, InvocationFact,
    LogRow, MetricPoint, SpanRow, SumPoint, SummaryPoint, UnixNano,
};
use store::write::{Batch, RowSink};

use crate::signal::Signal;

/// Days that the rows of one request may lie on. Exporters send what happened in the last minutes;
/// someone who sends old data again sends it day by day.
pub(super) const DAYS_MAX: usize = 64;

/// Ids, times, numbers and offsets of a row, about.
const ROW_BYTES: usize = 150;

/// Offsets of an attribute, about.
const ATTRIBUTE_BYTES: usize = 4;

/// A batch that lets only so much of one request in.
pub(super) struct Meter<'a> {
    batch: &'a mut Batch,
    bytes_max: usize,
    measured: Measured,
}

/// What one request became.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// Spans, log records or points written.
    pub(super) items: u64,
    /// Bytes of all its rows, about.
    pub(super) bytes: usize,
    /// Days its rows lie on.
    pub(super) days: BTreeSet<i64>,
    /// Items left out because of their bytes.
    too_big: u64,
    /// Items left out because of their days.
    too_scattered: u64,
}

impl<'a> Meter<'a> {
    /// Writes to `batch`, at most `bytes_max` bytes.
    pub(super) fn new(batch: &'a mut Batch, bytes_max: usize) -> Self {
        Self {
            batch,
            bytes_max,
            measured: Measured::default(),
        }
    }

    pub(super) fn done(self) -> Measured {
        self.measured
    }

    fn item(&mut self, time: UnixNano, bytes: usize) -> bool {
        let measured = &mut self.measured;
        let day = time.day();
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
        let maps = [point.resource, point.scope_attributes, point.attributes];
        self.item(point.time, ROW_BYTES + extra + sum(&texts, &maps))
    }
}

impl Measured {
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
        let mut bytes = ROW_BYTES + sum(&texts, &[row.resource, row.attributes]);
        for event in row.events {
            bytes += ROW_BYTES + sum(&[event.name], &[event.attributes]);
        }
        for link in row.links {
            bytes += ROW_BYTES + sum(&[link.trace_state], &[link.attributes]);
        }
        if self.item(row.timestamp, bytes) {
            self.batch.span(row);
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
        let maps = [row.resource, row.scope_attributes, row.attributes];
        if self.item(row.timestamp, ROW_BYTES + sum(&texts, &maps)) {
            self.batch.log(row);
        }
    }

    fn gauge(&mut self, point: &MetricPoint<'_>, value: &GaugePoint<'_>) {
        if self.point(point, value.exemplars.len() * ROW_BYTES) {
            self.batch.gauge(point, value);
        }
    }

    fn sum(&mut self, point: &MetricPoint<'_>, value: &SumPoint<'_>) {
        if self.point(point, value.exemplars.len() * ROW_BYTES) {
            self.batch.sum(point, value);
        }
    }

    fn histogram(&mut self, point: &MetricPoint<'_>, value: &HistogramPoint<'_>) {
        let numbers = value.bucket_counts.len() + value.explicit_bounds.len();
        if self.point(point, value.exemplars.len() * ROW_BYTES + numbers * 8) {
            self.batch.histogram(point, value);
        }
    }

    fn exp_histogram(&mut self, point: &MetricPoint<'_>, value: &ExpHistogramPoint<'_>) {
        let numbers = value.positive_bucket_counts.len() + value.negative_bucket_counts.len();
        if self.point(point, value.exemplars.len() * ROW_BYTES + numbers * 8) {
            self.batch.exp_histogram(point, value);
        }
    }

    fn summary(&mut self, point: &MetricPoint<'_>, value: &SummaryPoint<'_>) {
        if self.point(point, value.quantiles.len() * 16) {
            self.batch.summary(point, value);
        }
    }

    // Facts and sightings are few and small, and each comes from an item already measured.
    fn invocation(&mut self, fact: &InvocationFact) {
        let day = fact.start.day();
        if self.measured.days.len() < DAYS_MAX || self.measured.days.contains(&day) {
            self.measured.days.insert(day);
            self.measured.bytes += 2 * ROW_BYTES;
            self.batch.invocation(fact);
        }
    }

    fn sighting(&mut self, sighting: &FunctionSighting) {
        self.measured.bytes += 2 * ROW_BYTES;
        self.batch.sighting(sighting);
    }
}

/// Bytes of texts and maps in a row's columns, about.
fn sum(texts: &[&str], maps: &[Attributes<'_>]) -> usize {
    let texts: usize = texts.iter().map(|text| text.len()).sum();
    let maps = maps.iter();
    texts
        + maps
            .map(|map| map.bytes() + map.len() * ATTRIBUTE_BYTES)
            .sum::<usize>()
}
