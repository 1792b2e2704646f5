//! Requests of numbered items, in protobuf and in JSON.
//!
//! A request's number is in every item: in the trace id of spans and log records, in an attribute of
//! points. The item's own number is in the span id, or in an attribute.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary,
    SummaryDataPoint,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use serde_json::{Value as Json, json};

use super::book::Signal;

const DAY_NS: u64 = 86_400_000_000_000;
/// The upper half of every trace id, so that none is zero and all are known as ours.
const TRACE_ID_BEGIN: u64 = 0x6e65_7068_6f73_636f;

/// What a request is made of.
#[derive(Clone, Copy, Debug)]
pub struct Contents {
    pub signal: Signal,
    /// The request's number.
    pub number: u64,
    pub items: u32,
    /// Time of its first item, Unix nanoseconds.
    pub at_ns: u64,
    /// Every second item is of the day before: two inserts instead of one.
    pub over_two_days: bool,
}

/// The request that a trace id in hexadecimal digits tells of.
pub fn number_of(trace_id: &str) -> Option<u64> {
    let number = u128::from_str_radix(trace_id, 16).ok()?;
    let ours = number >> 64 == u128::from(TRACE_ID_BEGIN);
    ours.then_some((number & u128::from(u64::MAX)) as u64)
}

/// The request that a trace request's bytes hold.
pub fn number_in(protobuf: &[u8]) -> Option<u64> {
    let request = ExportTraceServiceRequest::decode(protobuf).ok()?;
    let span = request
        .resource_spans
        .first()?
        .scope_spans
        .first()?
        .spans
        .first()?;
    let id = <[u8; 16]>::try_from(span.trace_id.as_slice()).ok()?;
    number_of(&format!("{:032x}", u128::from_be_bytes(id)))
}

impl Contents {
    fn trace_id(&self) -> u128 {
        u128::from(TRACE_ID_BEGIN) << 64 | u128::from(self.number)
    }

    fn span_id(&self, item: u32) -> u64 {
        self.number << 16 | u64::from(item)
    }

    fn time_ns(&self, item: u32) -> u64 {
        let day_before = self.over_two_days && item.is_multiple_of(2);
        self.at_ns + u64::from(item) * 1000 - if day_before { DAY_NS } else { 0 }
    }

    fn numbers(&self) -> std::ops::RangeInclusive<u32> {
        1..=self.items
    }

    /// The request in protobuf.
    pub fn protobuf(&self) -> Vec<u8> {
        match self.signal {
            Signal::Traces => self.spans().encode_to_vec(),
            Signal::Logs => self.records().encode_to_vec(),
            Signal::Metrics => self.points().encode_to_vec(),
        }
    }

    fn spans(&self) -> ExportTraceServiceRequest {
        let span = |item| Span {
            trace_id: self.trace_id().to_be_bytes().to_vec(),
            span_id: self.span_id(item).to_be_bytes().to_vec(),
            name: format!("step {}", item % 7),
            kind: 1,
            start_time_unix_nano: self.time_ns(item),
            end_time_unix_nano: self.time_ns(item) + 500,
            attributes: vec![text("url.path", format!("/orders/{item}"))],
            ..Default::default()
        };
        let scope_spans = vec![ScopeSpans {
            spans: self.numbers().map(span).collect(),
            ..Default::default()
        }];
        let resource_spans = vec![ResourceSpans {
            resource: resource(),
            scope_spans,
            ..Default::default()
        }];
        ExportTraceServiceRequest { resource_spans }
    }

    fn records(&self) -> ExportLogsServiceRequest {
        let record = |item| LogRecord {
            time_unix_nano: self.time_ns(item),
            severity_number: 9,
            body: any(format!("order {item} accepted")),
            trace_id: self.trace_id().to_be_bytes().to_vec(),
            span_id: self.span_id(item).to_be_bytes().to_vec(),
            ..Default::default()
        };
        let scope_logs = vec![ScopeLogs {
            log_records: self.numbers().map(record).collect(),
            ..Default::default()
        }];
        let resource_logs = vec![ResourceLogs {
            resource: resource(),
            scope_logs,
            ..Default::default()
        }];
        ExportLogsServiceRequest { resource_logs }
    }

    /// One metric of each kind, so that one request goes into five tables.
    fn points(&self) -> ExportMetricsServiceRequest {
        let of = |kind: u32| self.numbers().filter(move |item| item % 5 == kind);
        let numbers = |kind| of(kind).map(|item| self.number_point(item)).collect();
        let temporality = AggregationTemporality::Cumulative as i32;
        let metrics = [
            Data::Gauge(Gauge {
                data_points: numbers(0),
            }),
            Data::Sum(Sum {
                data_points: numbers(1),
                aggregation_temporality: temporality,
                is_monotonic: true,
            }),
            Data::Histogram(Histogram {
                data_points: of(2).map(|item| self.histogram_point(item)).collect(),
                aggregation_temporality: temporality,
            }),
            Data::ExponentialHistogram(ExponentialHistogram {
                data_points: of(3).map(|item| self.exponential_point(item)).collect(),
                aggregation_temporality: temporality,
            }),
            Data::Summary(Summary {
                data_points: of(4).map(|item| self.summary_point(item)).collect(),
            }),
        ];
        let metric = |(kind, data)| Metric {
            name: format!("crash.{kind}"),
            data: Some(data),
            ..Default::default()
        };
        let scope_metrics = vec![ScopeMetrics {
            metrics: metrics.into_iter().enumerate().map(metric).collect(),
            ..Default::default()
        }];
        let resource_metrics = vec![ResourceMetrics {
            resource: resource(),
            scope_metrics,
            ..Default::default()
        }];
        ExportMetricsServiceRequest { resource_metrics }
    }

    fn point_attributes(&self, item: u32) -> Vec<KeyValue> {
        vec![
            text("request", self.number.to_string()),
            text("item", item.to_string()),
        ]
    }

    fn number_point(&self, item: u32) -> NumberDataPoint {
        NumberDataPoint {
            attributes: self.point_attributes(item),
            time_unix_nano: self.time_ns(item),
            value: Some(Number::AsInt(i64::from(item))),
            ..Default::default()
        }
    }

    fn histogram_point(&self, item: u32) -> HistogramDataPoint {
        HistogramDataPoint {
            attributes: self.point_attributes(item),
            time_unix_nano: self.time_ns(item),
            count: 3,
            sum: Some(6.0),
            bucket_counts: vec![1, 2],
            explicit_bounds: vec![1.0],
            ..Default::default()
        }
    }

    fn exponential_point(&self, item: u32) -> ExponentialHistogramDataPoint {
        ExponentialHistogramDataPoint {
            attributes: self.point_attributes(item),
            time_unix_nano: self.time_ns(item),
            count: 1,
            sum: Some(0.0),
            zero_count: 1,
            ..Default::default()
        }
    }

    fn summary_point(&self, item: u32) -> SummaryDataPoint {
        SummaryDataPoint {
            attributes: self.point_attributes(item),
            time_unix_nano: self.time_ns(item),
            count: 1,
            sum: 1.0,
            ..Default::default()
        }
    }

    /// The request in JSON; its points are all of one gauge.
    pub fn json(&self) -> Vec<u8> {
        let attribute =
            |name: &str, value: &str| json!({"key": name, "value": {"stringValue": value}});
        let resource = json!({"attributes": [attribute("service.name", "crash")]});
        let trace_id = format!("{:032x}", self.trace_id());
        let item = |item: u32| {
            let span_id = format!("{:016x}", self.span_id(item));
            let time = self.time_ns(item).to_string();
            match self.signal {
                Signal::Traces => {
                    json!({"traceId": trace_id, "spanId": span_id, "name": "step", "kind": 1,
                    "startTimeUnixNano": time, "endTimeUnixNano": time})
                }
                Signal::Logs => {
                    json!({"traceId": trace_id, "spanId": span_id, "timeUnixNano": time,
                    "body": {"stringValue": "accepted"}})
                }
                Signal::Metrics => {
                    json!({"timeUnixNano": time, "asInt": item.to_string(), "attributes": [
                    attribute("request", &self.number.to_string()), attribute("item", &item.to_string())]})
                }
            }
        };
        let items: Vec<Json> = self.numbers().map(item).collect();
        let request = match self.signal {
            Signal::Traces => json!({"resourceSpans": [{"resource": resource,
                "scopeSpans": [{"spans": items}]}]}),
            Signal::Logs => json!({"resourceLogs": [{"resource": resource,
                "scopeLogs": [{"logRecords": items}]}]}),
            Signal::Metrics => json!({"resourceMetrics": [{"resource": resource, "scopeMetrics": [{
                "metrics": [{"name": "crash.0", "gauge": {"dataPoints": items}}]}]}]}),
        };
        request.to_string().into_bytes()
    }
}

fn any(value: String) -> Option<AnyValue> {
    Some(AnyValue {
        value: Some(Value::StringValue(value)),
    })
}

fn text(key: &str, value: impl Into<String>) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: any(value.into()),
        ..Default::default()
    }
}

fn resource() -> Option<Resource> {
    Some(Resource {
        attributes: vec![text("service.name", "crash")],
        ..Default::default()
    })
}
