//! What `prost` makes of a request, in the form in which the walker hands it on.

use std::ops::Range;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1 as otlp;
use opentelemetry_proto::tonic::metrics::v1::exemplar::Value as ExemplarValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as NumberValue;
use opentelemetry_proto::tonic::resource::v1 as resource;
use opentelemetry_proto::tonic::trace::v1 as trace;
use store::model::{AttributeValue, Pair};

use super::reference_value as value;
use crate::decode::wire::{
    Event, Exemplar, Kind, Link, List, Lists, LogRecord, Logs, Metric, Metrics, Number, Point,
    Resource, ResourceLogs, ResourceMetrics, ResourceSpans, Scope, ScopeLogs, ScopeMetrics,
    ScopeSpans, Span, Traces,
};

fn pairs(told: &[KeyValue]) -> Vec<Pair<'_>> {
    told.iter()
        .map(|pair| {
            let text = value::optional_text(pair.value.as_ref());
            (pair.key.as_str(), AttributeValue::Owned(text.into()))
        })
        .collect()
}

fn list<'a>(lists: &mut Lists<'a>, told: &'a [KeyValue]) -> List {
    lists.add(pairs(told))
}

fn resource(told: Option<&resource::Resource>) -> Resource<'_> {
    Resource {
        attributes: told.map_or_else(Vec::new, |told| pairs(&told.attributes)),
    }
}

fn scope(told: Option<&InstrumentationScope>) -> Scope<'_> {
    told.map_or_else(Scope::default, |told| Scope {
        name: &told.name,
        version: &told.version,
        attributes: pairs(&told.attributes),
        dropped_attributes_count: told.dropped_attributes_count,
    })
}

/// Appends what is made of each and says where it lies.
fn each<T, U>(told: &[T], all: &mut Vec<U>, make: impl Fn(&T) -> U) -> Range<usize> {
    let from = all.len();
    all.extend(told.iter().map(make));
    from..all.len()
}

pub(super) fn traces(told: &ExportTraceServiceRequest) -> Traces<'_> {
    let mut made = Traces::default();
    for group in &told.resource_spans {
        let scopes = made.scopes.len();
        for scope_spans in &group.scope_spans {
            let spans = made.spans.len();
            for told in &scope_spans.spans {
                let span = span(&mut made, told);
                made.spans.push(span);
            }
            made.scopes.push(ScopeSpans {
                scope: scope(scope_spans.scope.as_ref()),
                spans: spans..made.spans.len(),
            });
        }
        made.resources.push(ResourceSpans {
            resource: resource(group.resource.as_ref()),
            scopes: scopes..made.scopes.len(),
        });
    }
    made
}

fn span<'a>(made: &mut Traces<'a>, told: &'a trace::Span) -> Span<'a> {
    let (events, links) = (made.events.len(), made.links.len());
    for event in &told.events {
        made.events.push(Event {
            time_unix_nano: event.time_unix_nano,
            name: &event.name,
            attributes: list(&mut made.lists, &event.attributes),
        });
    }
    for link in &told.links {
        made.links.push(Link {
            trace_id: &link.trace_id,
            span_id: &link.span_id,
            trace_state: &link.trace_state,
            attributes: list(&mut made.lists, &link.attributes),
        });
    }
    let status = told.status.as_ref();
    Span {
        trace_id: &told.trace_id,
        span_id: &told.span_id,
        parent_span_id: &told.parent_span_id,
        trace_state: &told.trace_state,
        name: &told.name,
        kind: told.kind,
        start_time_unix_nano: told.start_time_unix_nano,
        end_time_unix_nano: told.end_time_unix_nano,
        attributes: list(&mut made.lists, &told.attributes),
        events: events..made.events.len(),
        links: links..made.links.len(),
        status_message: status.map_or("", |status| &status.message),
        status_code: status.map_or(0, |status| status.code),
    }
}

pub(super) fn logs(told: &ExportLogsServiceRequest) -> Logs<'_> {
    let mut made = Logs::default();
    for group in &told.resource_logs {
        let scopes = made.scopes.len();
        for scope_logs in &group.scope_logs {
            let records = made.records.len();
            for told in &scope_logs.log_records {
                made.records.push(LogRecord {
                    time_unix_nano: told.time_unix_nano,
                    observed_time_unix_nano: told.observed_time_unix_nano,
                    severity_number: told.severity_number,
                    severity_text: &told.severity_text,
                    body: AttributeValue::Owned(value::optional_text(told.body.as_ref()).into()),
                    attributes: list(&mut made.lists, &told.attributes),
                    flags: told.flags,
                    trace_id: &told.trace_id,
                    span_id: &told.span_id,
                    event_name: &told.event_name,
                });
            }
            made.scopes.push(ScopeLogs {
                scope: scope(scope_logs.scope.as_ref()),
                schema_url: &scope_logs.schema_url,
                records: records..made.records.len(),
            });
        }
        made.resources.push(ResourceLogs {
            resource: resource(group.resource.as_ref()),
            schema_url: &group.schema_url,
            scopes: scopes..made.scopes.len(),
        });
    }
    made
}

pub(super) fn metrics(told: &ExportMetricsServiceRequest) -> Metrics<'_> {
    let mut made = Metrics::default();
    for group in &told.resource_metrics {
        let scopes = made.scopes.len();
        for scope_metrics in &group.scope_metrics {
            let metrics = made.metrics.len();
            for told in &scope_metrics.metrics {
                let metric = metric(&mut made, told);
                made.metrics.push(metric);
            }
            made.scopes.push(ScopeMetrics {
                scope: scope(scope_metrics.scope.as_ref()),
                schema_url: &scope_metrics.schema_url,
                metrics: metrics..made.metrics.len(),
            });
        }
        made.resources.push(ResourceMetrics {
            resource: resource(group.resource.as_ref()),
            schema_url: &group.schema_url,
            scopes: scopes..made.scopes.len(),
        });
    }
    made
}

fn metric<'a>(made: &mut Metrics<'a>, told: &'a otlp::Metric) -> Metric<'a> {
    let from = made.points.len();
    let mut metric = Metric {
        name: &told.name,
        description: &told.description,
        unit: &told.unit,
        ..Metric::default()
    };
    metric.kind = match &told.data {
        None => Kind::None,
        Some(Data::Gauge(told)) => {
            told.data_points.iter().for_each(|told| number(made, told));
            Kind::Gauge
        }
        Some(Data::Sum(told)) => {
            told.data_points.iter().for_each(|told| number(made, told));
            metric.temporality = told.aggregation_temporality;
            metric.is_monotonic = told.is_monotonic;
            Kind::Sum
        }
        Some(Data::Histogram(told)) => {
            told.data_points
                .iter()
                .for_each(|told| histogram(made, told));
            metric.temporality = told.aggregation_temporality;
            Kind::Histogram
        }
        Some(Data::ExponentialHistogram(told)) => {
            told.data_points
                .iter()
                .for_each(|told| exp_histogram(made, told));
            metric.temporality = told.aggregation_temporality;
            Kind::ExpHistogram
        }
        Some(Data::Summary(told)) => {
            told.data_points.iter().for_each(|told| summary(made, told));
            Kind::Summary
        }
    };
    metric.points = from..made.points.len();
    metric
}

fn number<'a>(made: &mut Metrics<'a>, told: &'a otlp::NumberDataPoint) {
    let point = Point {
        attributes: list(&mut made.lists, &told.attributes),
        start_time_unix_nano: told.start_time_unix_nano,
        time_unix_nano: told.time_unix_nano,
        flags: told.flags,
        exemplars: exemplars(made, &told.exemplars),
        value: told.value.map(|value| match value {
            NumberValue::AsDouble(value) => Number::Double(value),
            NumberValue::AsInt(value) => Number::Int(value),
        }),
        ..Point::default()
    };
    made.points.push(point);
}

fn histogram<'a>(made: &mut Metrics<'a>, told: &'a otlp::HistogramDataPoint) {
    let point = Point {
        attributes: list(&mut made.lists, &told.attributes),
        start_time_unix_nano: told.start_time_unix_nano,
        time_unix_nano: told.time_unix_nano,
        flags: told.flags,
        exemplars: exemplars(made, &told.exemplars),
        count: told.count,
        sum: told.sum,
        min: told.min,
        max: told.max,
        counts: each(&told.bucket_counts, &mut made.counts, |count| *count),
        bounds: each(&told.explicit_bounds, &mut made.bounds, |bound| *bound),
        ..Point::default()
    };
    made.points.push(point);
}

fn exp_histogram<'a>(made: &mut Metrics<'a>, told: &'a otlp::ExponentialHistogramDataPoint) {
    let none = otlp::exponential_histogram_data_point::Buckets::default();
    let positive = told.positive.as_ref().unwrap_or(&none);
    let negative = told.negative.as_ref().unwrap_or(&none);
    let point = Point {
        attributes: list(&mut made.lists, &told.attributes),
        start_time_unix_nano: told.start_time_unix_nano,
        time_unix_nano: told.time_unix_nano,
        flags: told.flags,
        exemplars: exemplars(made, &told.exemplars),
        count: told.count,
        sum: told.sum,
        min: told.min,
        max: told.max,
        scale: told.scale,
        zero_count: told.zero_count,
        positive_offset: positive.offset,
        negative_offset: negative.offset,
        counts: each(&positive.bucket_counts, &mut made.counts, |count| *count),
        negative_counts: each(&negative.bucket_counts, &mut made.counts, |count| *count),
        ..Point::default()
    };
    made.points.push(point);
}

fn summary<'a>(made: &mut Metrics<'a>, told: &'a otlp::SummaryDataPoint) {
    let point = Point {
        attributes: list(&mut made.lists, &told.attributes),
        start_time_unix_nano: told.start_time_unix_nano,
        time_unix_nano: told.time_unix_nano,
        flags: told.flags,
        count: told.count,
        sum: Some(told.sum),
        quantiles: each(&told.quantile_values, &mut made.quantiles, |pair| {
            (pair.quantile, pair.value)
        }),
        ..Point::default()
    };
    made.points.push(point);
}

fn exemplars<'a>(made: &mut Metrics<'a>, told: &'a [otlp::Exemplar]) -> Range<usize> {
    let from = made.exemplars.len();
    for told in told {
        made.exemplars.push(Exemplar {
            filtered_attributes: list(&mut made.lists, &told.filtered_attributes),
            time_unix_nano: told.time_unix_nano,
            span_id: &told.span_id,
            trace_id: &told.trace_id,
            value: told.value.map(|value| match value {
                ExemplarValue::AsDouble(value) => Number::Double(value),
                ExemplarValue::AsInt(value) => Number::Int(value),
            }),
        });
    }
    from..made.exemplars.len()
}
