//! Cloudflare Workers' native export: spans by the runtime itself, OTLP/JSON, no metrics.
//!
//! Trace context is neither taken nor handed on, and CPU time, which is billed, is not exported.

use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::Voice;
use crate::function::Function;
use crate::invocation::{Instance, Invocation, Outcome};
use crate::otlp::outbox::{Outbox, Source};
use crate::otlp::scopes::CLOUDFLARE;
use crate::otlp::{app_log, failed, function_span, kv, resource, step_span};
use crate::text;
use crate::time::{Ns, SECOND};

struct Worker {
    source: Arc<Source>,
    colo: &'static str,
}

/// The voice of an isolate.
pub fn voice(f: &Arc<Function>, instance: &Instance, out: &mut Outbox) -> Box<dyn Voice> {
    let mut r = crate::random::Random::named(0, f.hash(), &instance.id, 0);
    Box::new(Worker {
        source: out.source(script(f, instance), "", f.platform, f.encoding),
        colo: text::colo(&mut r),
    })
}

fn script(f: &Function, instance: &Instance) -> Resource {
    resource(vec![
        kv("service.name", &f.name),
        kv("cloud.provider", "cloudflare"),
        kv("cloud.platform", "cloudflare.workers"),
        kv("faas.name", &f.name),
        kv("faas.version", format!("v{}", instance.version.number)),
        kv("cloudflare.script_name", &f.name),
        kv("cloudflare.script_version.id", &instance.version.label),
        kv("telemetry.sdk.name", "cloudflare"),
        kv("telemetry.sdk.language", "javascript"),
    ])
}

impl Worker {
    /// What every span and log of an invocation carries.
    fn common(&self, inv: &Invocation<'_>, sequence: i64) -> Vec<KeyValue> {
        vec![
            kv("faas.invocation_id", &inv.id),
            kv("faas.invoked_region", &inv.function.region),
            kv("cloudflare.colo", self.colo),
            kv("cloudflare.invocation.sequence.number", sequence),
        ]
    }
}

impl Voice for Worker {
    fn invoked(&mut self, inv: &Invocation<'_>, out: &mut Outbox) {
        let sent = inv.ended + 2 * SECOND;
        let mut sequence = 1;
        let mut attributes = self.common(inv, sequence);
        attributes.extend([
            kv("faas.trigger", "http"),
            kv("cloudflare.ray_id", &inv.id),
            kv(
                "cloudflare.outcome",
                if inv.outcome == Outcome::Ok {
                    "ok"
                } else {
                    "exception"
                },
            ),
        ]);
        if let Some(request) = &inv.request {
            attributes.extend([
                kv("http.request.method", &request.method),
                kv("http.response.status_code", inv.outcome.http_status()),
                kv("url.full", format!("https://shop.example{}", request.path)),
                kv("user_agent.original", request.user_agent),
            ]);
        }
        let times = (inv.started, inv.ended);
        let mut span = function_span(inv, "fetchHandler GET", SpanKind::Server, times, attributes);
        if inv.outcome == Outcome::Timeout {
            span.status = failed("exceededCpu");
        }
        out.span(sent, &self.source, &CLOUDFLARE, span);
        for step in &inv.spans {
            sequence += 1;
            let mut span = step_span(step, inv.context.trace, inv.context.span);
            if span.name == "GET" || span.name == "POST" {
                span.name = "fetch".to_owned();
            }
            span.attributes.extend(self.common(inv, sequence));
            out.span(sent, &self.source, &CLOUDFLARE, span);
        }
        for line in &inv.lines {
            sequence += 1;
            let log = app_log(line, inv, self.common(inv, sequence));
            out.log(sent, &self.source, &CLOUDFLARE, log);
        }
    }

    fn died(&mut self, _: Ns, _: Ns, _: &mut Outbox) {}
}
