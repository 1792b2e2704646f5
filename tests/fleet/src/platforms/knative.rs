//! Knative Serving: the container's own spans, and the queue-proxy's metrics, new names and old.

use std::sync::Arc;

use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::{METRICS_EVERY, Voice, http_server, say_inside, sdk, server_span_name};
use crate::function::Function;
use crate::invocation::{Instance, Invocation};
use crate::otlp::metrics::{Explicit, Instrument, Quantiles, SECONDS};
use crate::otlp::outbox::{Outbox, Source};
use crate::otlp::scopes::{self, QUEUE_PROXY, QUEUE_PROXY_OLD};
use crate::otlp::{function_span, kv, resource};
use crate::text;
use crate::time::{Ns, SECOND, to_ms, to_s};

const DURATION: Instrument = Instrument {
    name: "kn.serving.invocation.duration",
    description: "The duration of the task execution",
    unit: "s",
};
const DEPTH: Instrument = Instrument {
    name: "kn.serving.queue.depth",
    description: "Number of current items in the queue proxy queue",
    unit: "{request}",
};
/// The name and unit before the move to OpenTelemetry, still scraped as a summary.
const OLD_LATENCY: Instrument = Instrument {
    name: "revision_request_latencies",
    description: "The response time in millisecond",
    unit: "ms",
};

struct Pod {
    container: Arc<Source>,
    proxy: Arc<Source>,
    born: Ns,
    last_metrics: Ns,
    durations: Explicit,
    latencies: Quantiles,
}

/// The voice of a pod.
pub fn voice(f: &Arc<Function>, instance: &Instance, out: &mut Outbox) -> Box<dyn Voice> {
    let revision = &instance.version.label;
    let (set, pod) = (&instance.id[..9], &instance.id[9..14]);
    let pod = format!("{revision}-deployment-{set}-{pod}");
    let names = || {
        vec![
            kv("k8s.namespace.name", &f.account),
            kv("k8s.pod.name", &pod),
            kv("kn.service.name", &f.name),
            kv("kn.configuration.name", &f.name),
            kv("kn.revision.name", revision),
        ]
    };
    let mut container = names();
    container.push(kv("service.name", &f.name));
    container.push(kv("k8s.container.name", "user-container"));
    container.extend(sdk(f.runtime));
    let mut proxy = names();
    proxy.push(kv("service.name", &f.name));
    // The proxy tells its own version, not that of the function.
    proxy.push(kv("service.version", "1.19.2"));
    proxy.push(kv("service.instance.id", &pod));
    proxy.push(kv("container.name", "queue-proxy"));
    Box::new(Pod {
        container: out.source(resource(container), "", f.platform, f.encoding),
        proxy: out.source(resource(proxy), "", f.platform, f.encoding),
        born: instance.born,
        last_metrics: instance.born,
        durations: Explicit::new(SECONDS),
        latencies: Quantiles::default(),
    })
}

impl Voice for Pod {
    fn invoked(&mut self, inv: &Invocation<'_>, out: &mut Outbox) {
        let f = inv.function;
        let sent = inv.ended + 5 * SECOND;
        self.durations.record(to_s(inv.duration()));
        self.latencies.record(to_ms(inv.duration()));
        if inv.outcome.survived() {
            let attributes = http_server(inv, &text::host(f));
            let (name, times) = (server_span_name(inv), (inv.started, inv.ended));
            let span = function_span(inv, &name, SpanKind::Server, times, attributes);
            out.span(sent, &self.container, scopes::of_server(f.runtime), span);
            say_inside(inv, inv.context.span, &self.container, sent, &[], out);
        }
        if inv.ended >= self.last_metrics + METRICS_EVERY {
            self.metrics(inv.ended, sent, out);
        }
    }

    fn died(&mut self, at: Ns, now: Ns, out: &mut Outbox) {
        self.metrics(at, now, out);
    }
}

impl Pod {
    fn metrics(&mut self, at: Ns, sent: Ns, out: &mut Outbox) {
        self.last_metrics = at;
        let born = self.born;
        let ok = || vec![kv("http.response.status_code", 200)];
        let durations = self.durations.metric(&DURATION, born, at, ok(), true);
        out.metric(sent, &self.proxy, &QUEUE_PROXY, durations);
        let depth = DEPTH.gauge(Value::AsInt(0), at, Vec::new());
        out.metric(sent, &self.proxy, &QUEUE_PROXY, depth);
        let old = vec![kv("response_code", "200"), kv("response_code_class", "2xx")];
        let latencies = self.latencies.metric(&OLD_LATENCY, born, at, old);
        out.metric(sent, &self.proxy, &QUEUE_PROXY_OLD, latencies);
    }
}
