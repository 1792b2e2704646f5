//! Google Cloud Run and Cloud Functions: an ordinary server's telemetry under Google's resource.
//!
//! Nothing says whether a start was cold or how large the instance is.

use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::{METRICS_EVERY, Voice, http_server, say_inside, sdk, server_span_name};
use crate::function::{Function, Platform, Trigger};
use crate::invocation::{Instance, Invocation};
use crate::otlp::metrics::{Exponential, Instrument};
use crate::otlp::outbox::{Outbox, Source};
use crate::otlp::scopes::{self, APP, Scope};
use crate::otlp::{function_span, kv, resource};
use crate::text;
use crate::time::{Ns, SECOND, to_s};

const SERVER_DURATION: Instrument = Instrument {
    name: "http.server.request.duration",
    description: "Duration of HTTP server requests.",
    unit: "s",
};
const MEMORY: Instrument = Instrument {
    name: "container.memory.usage",
    description: "Memory usage of the container.",
    unit: "By",
};

struct Container {
    source: Arc<Source>,
    born: Ns,
    last_metrics: Ns,
    durations: Exponential,
    memory_mb: u32,
    method: String,
    server: &'static Scope,
}

/// The voice of an instance.
pub fn voice(f: &Arc<Function>, instance: &Instance, out: &mut Outbox) -> Box<dyn Voice> {
    Box::new(Container {
        source: out.source(container(f, instance), "", f.platform, f.encoding),
        born: instance.born,
        last_metrics: instance.born,
        durations: Exponential::default(),
        memory_mb: 0,
        method: f.method_and_path().0.to_owned(),
        server: scopes::of_server(f.runtime),
    })
}

fn container(f: &Function, instance: &Instance) -> Resource {
    let platform = match f.platform {
        Platform::GcpCloudFunctions => "gcp_cloud_functions",
        _ => "gcp_cloud_run",
    };
    // The metadata server's instance ids are over a hundred hexadecimal digits long.
    let id = format!(
        "00{}{}{}{}",
        instance.id,
        instance.id,
        instance.id,
        &instance.id[..30]
    );
    let mut attributes = vec![
        kv("service.name", &f.name),
        kv("cloud.provider", "gcp"),
        kv("cloud.platform", platform),
        kv("cloud.account.id", &f.account),
        kv("cloud.region", &f.region),
        kv("faas.name", &f.name),
        kv("faas.version", &instance.version.label),
        kv("faas.instance", id),
    ];
    attributes.extend(sdk(f.runtime));
    resource(attributes)
}

impl Voice for Container {
    fn invoked(&mut self, inv: &Invocation<'_>, out: &mut Outbox) {
        let f = inv.function;
        self.memory_mb = inv.memory_used_mb;
        let sent = inv.ended + 5 * SECOND;
        // A request that is cut off leaves no span: the process was still busy, or is gone.
        if inv.outcome.survived() {
            self.durations
                .record_with(to_s(inv.duration()), inv.ended, inv.context);
            let (name, kind, attributes) = server(inv);
            let times = (inv.started, inv.ended);
            let span = function_span(inv, &name, kind, times, attributes);
            out.span(sent, &self.source, scopes::of_server(f.runtime), span);
            let about: Vec<KeyValue> = match f.platform {
                Platform::GcpCloudFunctions => vec![kv("execution_id", &inv.id)],
                _ => Vec::new(),
            };
            say_inside(inv, inv.context.span, &self.source, sent, &about, out);
        }
        if inv.ended >= self.last_metrics + METRICS_EVERY {
            self.metrics(inv.ended, sent, out);
        }
    }

    fn died(&mut self, at: Ns, now: Ns, out: &mut Outbox) {
        self.metrics(at, now, out);
    }
}

fn server(inv: &Invocation<'_>) -> (String, SpanKind, Vec<KeyValue>) {
    let f = inv.function;
    if f.trigger == Trigger::Http {
        return (
            server_span_name(inv),
            SpanKind::Server,
            http_server(inv, &text::host(f)),
        );
    }
    let attributes = vec![
        kv("faas.trigger", f.trigger.name()),
        kv("messaging.system", "gcp_pubsub"),
        kv("messaging.operation.type", "process"),
        kv("http.request.method", "POST"),
        kv("http.response.status_code", inv.outcome.http_status()),
    ];
    (
        format!("{} process", f.name),
        SpanKind::Consumer,
        attributes,
    )
}

impl Container {
    fn metrics(&mut self, at: Ns, sent: Ns, out: &mut Outbox) {
        self.last_metrics = at;
        let method = vec![kv("http.request.method", self.method.as_str())];
        let durations = self
            .durations
            .metric(&SERVER_DURATION, self.born, at, method);
        out.metric(sent, &self.source, self.server, durations);
        let bytes = Value::AsInt(i64::from(self.memory_mb) << 20);
        out.metric(
            sent,
            &self.source,
            &APP,
            MEMORY.gauge(bytes, at, Vec::new()),
        );
    }
}
