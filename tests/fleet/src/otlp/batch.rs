//! From items to export requests: grouped by encoding, signal, resource and scope, bounded in size.

use std::collections::HashMap;
use std::sync::Arc;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;

pub use super::outbox::Signal;
use super::outbox::{Item, Payload, Source};
use super::scopes::Scope;
use crate::function::{Encoding, Platform};

/// Most items in a request. A span is about 0.7 kB, a log record 0.5 kB, a resource 0.8 kB; with a
/// resource per four items a request stays near 1 MB, far below the 4 MiB many receivers allow.
pub const ITEMS_MAX: usize = 1_000;

/// A body to export.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Spans.
    Traces(ExportTraceServiceRequest),
    /// Log records.
    Logs(ExportLogsServiceRequest),
    /// Metrics.
    Metrics(ExportMetricsServiceRequest),
}

/// How many spans, log records and data points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Spans.
    pub spans: u64,
    /// Log records.
    pub logs: u64,
    /// Data points.
    pub points: u64,
}

impl Counts {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.spans += other.spans;
        self.logs += other.logs;
        self.points += other.points;
    }

    /// All together.
    pub fn total(&self) -> u64 {
        self.spans + self.logs + self.points
    }
}

/// A request ready to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// How to send it.
    pub encoding: Encoding,
    /// What to send.
    pub body: Body,
    /// What is in it, by platform in the order of [`Platform::ALL`].
    pub counts: [Counts; Platform::ALL.len()],
}

impl Request {
    /// The body as protobuf.
    pub fn protobuf(&self) -> Vec<u8> {
        match &self.body {
            Body::Traces(b) => b.encode_to_vec(),
            Body::Logs(b) => b.encode_to_vec(),
            Body::Metrics(b) => b.encode_to_vec(),
        }
    }

    /// Its signal.
    pub fn signal(&self) -> Signal {
        match self.body {
            Body::Traces(_) => Signal::Traces,
            Body::Logs(_) => Signal::Logs,
            Body::Metrics(_) => Signal::Metrics,
        }
    }

    /// What is in it altogether.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.counts.iter().for_each(|c| total.add(c));
        total
    }
}

/// Collects items until a request is full or flushed.
#[derive(Default)]
pub struct Batcher {
    // A Vec of six at most, not a map: the order of requests must be the same on every run.
    open: Vec<((Encoding, Signal), Vec<Item>)>,
}

impl Batcher {
    /// Adds an item; returns the request it completed, if it did.
    pub fn add(&mut self, item: Item) -> Option<Request> {
        let key = (item.source.encoding, item.payload.signal());
        let index = match self.open.iter().position(|(k, _)| *k == key) {
            Some(index) => index,
            None => {
                self.open.push((key, Vec::new()));
                self.open.len() - 1
            }
        };
        let items = &mut self.open[index].1;
        items.push(item);
        (items.len() >= ITEMS_MAX).then(|| build(key, std::mem::take(items)))
    }

    /// Everything still open as requests.
    pub fn flush(&mut self) -> Vec<Request> {
        let open = self.open.iter_mut().filter(|(_, items)| !items.is_empty());
        open.map(|(key, items)| build(*key, std::mem::take(items)))
            .collect()
    }
}

fn build((encoding, signal): (Encoding, Signal), items: Vec<Item>) -> Request {
    let mut counts = [Counts::default(); Platform::ALL.len()];
    for item in &items {
        let c = &mut counts[item.source.platform.index()];
        match &item.payload {
            Payload::Span(_) => c.spans += 1,
            Payload::Log(_) => c.logs += 1,
            Payload::Metric(m) => c.points += points(m),
        }
    }
    let body = match signal {
        Signal::Traces => Body::Traces(traces(items)),
        Signal::Logs => Body::Logs(logs(items)),
        Signal::Metrics => Body::Metrics(metrics(items)),
    };
    Request {
        encoding,
        body,
        counts,
    }
}

/// Number of data points of a metric.
pub fn points(metric: &Metric) -> u64 {
    let n = match &metric.data {
        None => 0,
        Some(Data::Gauge(d)) => d.data_points.len(),
        Some(Data::Sum(d)) => d.data_points.len(),
        Some(Data::Histogram(d)) => d.data_points.len(),
        Some(Data::ExponentialHistogram(d)) => d.data_points.len(),
        Some(Data::Summary(d)) => d.data_points.len(),
    };
    n as u64
}

/// The payloads of one resource by scope, both in order of appearance.
struct Group {
    source: Arc<Source>,
    scopes: Vec<(&'static Scope, Vec<Payload>)>,
}

fn grouped(items: Vec<Item>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<u64, usize> = HashMap::new();
    for Item {
        source,
        scope,
        payload,
    } in items
    {
        let place = *places.entry(source.id).or_insert_with(|| {
            groups.push(Group {
                source,
                scopes: Vec::new(),
            });
            groups.len() - 1
        });
        let scopes = &mut groups[place].scopes;
        match scopes
            .iter_mut()
            .find(|(known, _)| std::ptr::eq(*known, scope))
        {
            Some((_, payloads)) => payloads.push(payload),
            None => scopes.push((scope, vec![payload])),
        }
    }
    groups
}

macro_rules! assemble {
    ($items:ident, $request:ident { $resources:ident: $resource:ident { $scopes:ident:
        $scope:ident { $list:ident: $payload:ident as $type:ty } } }) => {{
        let groups = grouped($items).into_iter();
        let $resources = groups
            .map(|Group { source, scopes }| $resource {
                resource: Some(source.resource.clone()),
                schema_url: source.schema_url.to_owned(),
                $scopes: scopes
                    .into_iter()
                    .map(|(scope, payloads)| $scope {
                        scope: Some(scope.to_otlp()),
                        schema_url: scope.schema_url.to_owned(),
                        $list: payloads
                            .into_iter()
                            .filter_map(|p| match p {
                                Payload::$payload(p) => Some(*p),
                                _ => None,
                            })
                            .collect::<Vec<$type>>(),
                    })
                    .collect(),
            })
            .collect();
        $request { $resources }
    }};
}

fn traces(items: Vec<Item>) -> ExportTraceServiceRequest {
    assemble!(
        items,
        ExportTraceServiceRequest {
            resource_spans: ResourceSpans {
                scope_spans: ScopeSpans {
                    spans: Span as Span
                }
            }
        }
    )
}

fn logs(items: Vec<Item>) -> ExportLogsServiceRequest {
    assemble!(
        items,
        ExportLogsServiceRequest {
            resource_logs: ResourceLogs {
                scope_logs: ScopeLogs {
                    log_records: Log as LogRecord
                }
            }
        }
    )
}

fn metrics(items: Vec<Item>) -> ExportMetricsServiceRequest {
    assemble!(
        items,
        ExportMetricsServiceRequest {
            resource_metrics: ResourceMetrics {
                scope_metrics: ScopeMetrics {
                    metrics: Metric as Metric
                }
            }
        }
    )
}
