//! The load: requests as a function's exporter sends them, encoded beforehand so that the sender costs
//! little. Every span is another one; resources and names repeat as they do in life.

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
    metric::Data,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Signal {
    Traces,
    Logs,
    Metrics,
}

impl Signal {
    pub const ALL: [Self; 3] = [Self::Traces, Self::Logs, Self::Metrics];

    /// The tables of all signals that this load fills.
    pub const TABLES: [&str; 3] = ["otel_traces", "otel_logs", "otel_metrics_sum"];

    /// What one of its items is called.
    pub fn items(self) -> &'static str {
        match self {
            Self::Traces => "spans",
            Self::Logs => "log records",
            Self::Metrics => "data points",
        }
    }

    /// The gRPC method that takes it.
    pub fn method(self) -> &'static str {
        match self {
            Self::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Self::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            Self::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        }
    }

    /// The table its items land in.
    pub fn table(self) -> &'static str {
        match self {
            Self::Traces => "otel_traces",
            Self::Logs => "otel_logs",
            Self::Metrics => "otel_metrics_sum",
        }
    }
}

/// A small generator that needs no crate; the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

fn text(key: &str, value: impl Into<String>) -> KeyValue {
    attribute(key, Value::StringValue(value.into()))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(value) }),
        ..Default::default()
    }
}

/// Nine attributes, as the Lambda resource detector and an SDK give them.
fn resource(function: u64) -> Option<Resource> {
    let name = format!("function-{function}");
    let attributes = vec![
        text("service.name", name.clone()),
        text("cloud.provider", "aws"),
        text("cloud.platform", "aws_lambda"),
        text("cloud.region", "eu-central-1"),
        text("cloud.account.id", "123456789012"),
        text("faas.name", name),
        text("faas.version", "42"),
        text("faas.instance", format!("2026/11/23/[42]{function:032x}")),
        attribute("faas.max_memory", Value::IntValue(536_870_912)),
    ];
    Some(Resource {
        attributes,
        ..Default::default()
    })
}

fn scope() -> Option<InstrumentationScope> {
    let (name, version) = (
        "@opentelemetry/instrumentation-aws-lambda".into(),
        "0.57.0".into(),
    );
    Some(InstrumentationScope {
        name,
        version,
        ..Default::default()
    })
}

/// Twelve attributes of an HTTP call.
fn call_attributes(random: &mut Random) -> Vec<KeyValue> {
    let host = format!("service-{}.internal.example.com", random.below(40));
    let path = format!("/api/v1/orders/{}", random.below(1_000_000));
    vec![
        text(
            "http.request.method",
            ["GET", "POST", "PUT"][random.below(3) as usize],
        ),
        attribute(
            "http.response.status_code",
            Value::IntValue(200 + random.below(5) as i64),
        ),
        text("url.full", format!("https://{host}{path}")),
        text("url.path", path),
        text("url.scheme", "https"),
        text("server.address", host),
        attribute("server.port", Value::IntValue(443)),
        text("network.protocol.version", "1.1"),
        text("user_agent.original", "node-fetch/3.3.2"),
        text("enduser.id", format!("user-{}", random.below(50_000))),
        attribute("retry", Value::BoolValue(random.below(50) == 0)),
        attribute(
            "cart.total",
            Value::DoubleValue(random.below(100_000) as f64 / 100.0),
        ),
    ]
}

fn span(random: &mut Random, at_ns: u64, trace: [u8; 16], parent: [u8; 8], i: u64) -> Span {
    let root = i.is_multiple_of(10);
    let mut attributes = call_attributes(random);
    if root {
        attributes.push(text(
            "faas.invocation_id",
            format!("{:032x}", u128::from_be_bytes(trace)),
        ));
        attributes.push(attribute(
            "faas.coldstart",
            Value::BoolValue(random.below(100) == 0),
        ));
    }
    Span {
        trace_id: trace.to_vec(),
        span_id: if root {
            parent.to_vec()
        } else {
            random.next().max(1).to_be_bytes().to_vec()
        },
        parent_span_id: if root { Vec::new() } else { parent.to_vec() },
        name: if root {
            "handler".into()
        } else {
            format!("GET {}", i % 20)
        },
        kind: if root { 2 } else { 3 },
        start_time_unix_nano: at_ns,
        end_time_unix_nano: at_ns + 1_000_000 + random.below(200_000_000),
        attributes,
        status: Some(Status {
            code: 1,
            message: String::new(),
        }),
        ..Default::default()
    }
}

/// `count` items ending at `now_ns`, `batch` to a request, over 50 functions.
pub fn requests(signal: Signal, count: usize, batch: usize, now_ns: u64) -> Vec<Bytes> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut made = 0;
    let mut out = Vec::with_capacity(count.div_ceil(batch));
    while made < count {
        let size = batch.min(count - made);
        let function = random.below(50);
        let from_ns = now_ns - 60_000_000_000 + (made as u64 * 60_000_000_000 / count as u64);
        out.push(match signal {
            Signal::Traces => traces(&mut random, function, size, from_ns),
            Signal::Logs => logs(&mut random, function, size, from_ns),
            Signal::Metrics => metrics(&mut random, function, size, from_ns),
        });
        made += size;
    }
    out
}

fn traces(random: &mut Random, function: u64, size: usize, from_ns: u64) -> Bytes {
    let (mut trace, mut parent) = ([0; 16], [0; 8]);
    let spans = (0..size as u64)
        .map(|i| {
            if i.is_multiple_of(10) {
                trace[..8].copy_from_slice(&random.next().to_be_bytes());
                trace[8..].copy_from_slice(&random.next().to_be_bytes());
                parent = random.next().max(1).to_be_bytes();
            }
            span(random, from_ns + i * 1000, trace, parent, i)
        })
        .collect();
    let scope_spans = vec![ScopeSpans {
        scope: scope(),
        spans,
        ..Default::default()
    }];
    let resource_spans = vec![ResourceSpans {
        resource: resource(function),
        scope_spans,
        ..Default::default()
    }];
    ExportTraceServiceRequest { resource_spans }
        .encode_to_vec()
        .into()
}

fn logs(random: &mut Random, function: u64, size: usize, from_ns: u64) -> Bytes {
    let log_records = (0..size as u64)
        .map(|i| {
            let order = random.below(1_000_000);
            let body = format!("order {order} accepted in {} ms", random.below(400));
            LogRecord {
                time_unix_nano: from_ns + i * 1000,
                severity_number: 9,
                severity_text: "INFO".into(),
                body: Some(AnyValue {
                    value: Some(Value::StringValue(body)),
                }),
                attributes: vec![
                    text("logger.name", "checkout.orders"),
                    attribute("order.id", Value::IntValue(order as i64)),
                    text("code.function", "accept"),
                    text("thread.name", "main"),
                ],
                trace_id: u128::from(random.next().max(1)).to_be_bytes().to_vec(),
                span_id: random.next().max(1).to_be_bytes().to_vec(),
                ..Default::default()
            }
        })
        .collect();
    let scope_logs = vec![ScopeLogs {
        scope: scope(),
        log_records,
        ..Default::default()
    }];
    let resource_logs = vec![ResourceLogs {
        resource: resource(function),
        scope_logs,
        ..Default::default()
    }];
    ExportLogsServiceRequest { resource_logs }
        .encode_to_vec()
        .into()
}

fn metrics(random: &mut Random, function: u64, size: usize, from_ns: u64) -> Bytes {
    let data_points = (0..size as u64)
        .map(|i| NumberDataPoint {
            attributes: vec![
                text("http.route", format!("/route/{}", i % 50)),
                text("http.request.method", "GET"),
                attribute("http.response.status_code", Value::IntValue(200)),
            ],
            start_time_unix_nano: from_ns - 1_000_000_000,
            time_unix_nano: from_ns + i * 1000,
            value: Some(Number::AsInt(random.below(10_000) as i64)),
            ..Default::default()
        })
        .collect();
    let sum = Sum {
        data_points,
        aggregation_temporality: AggregationTemporality::Cumulative as i32,
        is_monotonic: true,
    };
    let metric = Metric {
        name: "http.server.requests".into(),
        unit: "{request}".into(),
        data: Some(Data::Sum(sum)),
        ..Default::default()
    };
    let scope_metrics = vec![ScopeMetrics {
        scope: scope(),
        metrics: vec![metric],
        ..Default::default()
    }];
    let resource_metrics = vec![ResourceMetrics {
        resource: resource(function),
        scope_metrics,
        ..Default::default()
    }];
    ExportMetricsServiceRequest { resource_metrics }
        .encode_to_vec()
        .into()
}
