//! The list as an OTLP request. Pure: values and times in, message out.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Metric as OtlpMetric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use rand::Rng;
use store::model::UnixNano;
use store::model::observation::{SCOPE, SERVICE, SIGNAL};

use super::list::{Kind, Metric, Point};
use crate::signal::Signal;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Who speaks: one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// `service.instance.id`: a random UUID, new with every start.
    pub id: String,
    /// `host.name`; may be empty.
    pub host: String,
    /// When the counters were 0.
    pub started: UnixNano,
}

impl Instance {
    /// A new one, on the machine named `host`.
    pub(crate) fn new(host: String, started: UnixNano) -> Self {
        let mut bytes = [0; 16];
        rand::rng().fill_bytes(&mut bytes);
        // Version 4, variant 1: a random UUID.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = hex::encode(bytes);
        let parts = [
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..],
        ];
        Self {
            id: parts.join("-"),
            host,
            started,
        }
    }
}

/// Metric, signal, and why.
type Stream = (&'static str, Option<&'static str>, &'static str);

/// Makes the requests of one process and remembers when each stream began.
#[derive(Debug)]
pub(crate) struct Exporter {
    instance: Instance,
    /// When the last request was made; until then, when the process began.
    last: UnixNano,
    /// Refusals and overflow are told from their first on. Their stream begins where it was last
    /// known to be 0, so that a reader sees all of it as growth. At most one entry per metric, signal
    /// and reason.
    began: BTreeMap<Stream, UnixNano>,
}

impl Exporter {
    pub(crate) fn new(instance: Instance) -> Self {
        Self {
            last: instance.started,
            instance,
            began: BTreeMap::new(),
        }
    }

    /// The request that tells `metrics` as of `now`.
    pub(crate) fn request(
        &mut self,
        metrics: &[Metric],
        now: UnixNano,
    ) -> ExportMetricsServiceRequest {
        let metrics = metrics
            .iter()
            .filter(|metric| !metric.points.is_empty())
            .map(|metric| self.metric(metric, now))
            .collect();
        self.last = now;
        let scope_metrics = vec![ScopeMetrics {
            scope: Some(InstrumentationScope {
                name: SCOPE.to_owned(),
                version: VERSION.to_owned(),
                ..Default::default()
            }),
            metrics,
            ..Default::default()
        }];
        let resource_metrics = vec![ResourceMetrics {
            resource: Some(Resource {
                attributes: self.resource(),
                ..Default::default()
            }),
            scope_metrics,
            ..Default::default()
        }];
        ExportMetricsServiceRequest { resource_metrics }
    }

    fn resource(&self) -> Vec<KeyValue> {
        let mut attributes = vec![
            text("service.name", SERVICE),
            text("service.version", VERSION),
            text("service.instance.id", &self.instance.id),
        ];
        if !self.instance.host.is_empty() {
            attributes.push(text("host.name", &self.instance.host));
        }
        attributes
    }

    fn metric(&mut self, told: &Metric, now: UnixNano) -> OtlpMetric {
        let data_points = told.points.iter().map(|p| self.point(told, p, now));
        let data_points: Vec<NumberDataPoint> = data_points.collect();
        let data = match told.kind {
            Kind::Gauge => metric::Data::Gauge(Gauge { data_points }),
            Kind::Counter => metric::Data::Sum(Sum {
                data_points,
                aggregation_temporality: AggregationTemporality::Cumulative as i32,
                is_monotonic: true,
            }),
        };
        OtlpMetric {
            name: told.name.to_owned(),
            description: told.description.to_owned(),
            unit: told.unit.to_owned(),
            data: Some(data),
            ..Default::default()
        }
    }

    fn point(&mut self, of: &Metric, point: &Point, now: UnixNano) -> NumberDataPoint {
        let signal = point.signal.map(Signal::as_str);
        let start = match (of.kind, point.why) {
            (Kind::Gauge, _) => UnixNano(0),
            (Kind::Counter, None) => self.instance.started,
            (Kind::Counter, Some(why)) => {
                let stream = (of.name, signal, why.as_str());
                *self.began.entry(stream).or_insert(self.last)
            }
        };
        let signal = signal.map(|signal| (SIGNAL, signal));
        let why = point.why.map(|why| (why.key(), why.as_str()));
        NumberDataPoint {
            attributes: signal
                .into_iter()
                .chain(why)
                .map(|(key, value)| text(key, value))
                .collect(),
            start_time_unix_nano: nanos(start),
            time_unix_nano: nanos(now),
            value: Some(number_data_point::Value::AsDouble(point.value)),
            ..Default::default()
        }
    }
}

fn nanos(time: UnixNano) -> u64 {
    u64::try_from(time.0).unwrap_or(0)
}

fn text(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(value.to_owned())),
        }),
        ..Default::default()
    }
}
