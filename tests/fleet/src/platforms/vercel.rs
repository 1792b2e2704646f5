//! Vercel with `@vercel/otel` and Next.js: no faas.* at all, a deployment id and a commit instead.

use std::sync::Arc;

use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::{Voice, http_server, say_lines, sdk};
use crate::function::{Function, Runtime};
use crate::invocation::{Instance, Invocation, Library};
use crate::otlp::outbox::{Outbox, Source};
use crate::otlp::scopes::{NEXT, VERCEL_FETCH};
use crate::otlp::{function_span, kv, resource, step_span};
use crate::text;
use crate::time::{MILLI, Ns};

struct Deployment {
    source: Arc<Source>,
}

/// The voice of an instance.
pub fn voice(f: &Arc<Function>, instance: &Instance, out: &mut Outbox) -> Box<dyn Voice> {
    let source = out.source(deployment(f, instance), "", f.platform, f.encoding);
    Box::new(Deployment { source })
}

fn deployment(f: &Function, instance: &Instance) -> Resource {
    let version = &instance.version;
    let mut attributes = vec![
        kv("service.name", &f.name),
        kv("service.version", &version.label),
        kv("env", "production"),
        kv("node.ci", false),
        kv("node.env", "production"),
        kv("process.runtime.name", "nodejs"),
        kv("vercel.region", &f.region),
        kv("vercel.runtime", "nodejs"),
        kv("vercel.sha", &version.sha),
        kv(
            "vercel.host",
            format!("{}-{}-shop.vercel.app", f.name, &version.sha[..9]),
        ),
        kv(
            "vercel.branch_host",
            format!("{}-git-main-shop.vercel.app", f.name),
        ),
        kv("vercel.deployment_id", &version.label),
    ];
    attributes.extend(sdk(Runtime::Node));
    resource(attributes)
}

impl Voice for Deployment {
    fn invoked(&mut self, inv: &Invocation<'_>, out: &mut Outbox) {
        if !inv.outcome.survived() {
            return;
        }
        let route = inv.request.as_ref().map_or("/", |r| &r.route);
        let name = format!("GET {route}");
        let mut attributes = http_server(inv, &text::host(inv.function));
        attributes.extend([
            kv("next.span_name", &name),
            kv("next.span_type", "BaseServer.handleRequest"),
            kv("next.route", route),
            kv("next.rsc", false),
            kv("operation.name", "next_js.BaseServer.handleRequest"),
            kv("vercel.request_id", &inv.id),
        ]);
        let sent = inv.ended + 300 * MILLI;
        let times = (inv.started, inv.ended);
        let span = function_span(inv, &name, SpanKind::Server, times, attributes);
        out.span(sent, &self.source, &NEXT, span);
        for step in &inv.spans {
            let mut span = step_span(step, inv.context.trace, inv.context.span);
            let scope = match step.library {
                Library::App => {
                    span.attributes
                        .push(kv("next.span_type", "AppRender.getBodyResult"));
                    &NEXT
                }
                _ => {
                    let host = span.attributes.iter().find(|kv| kv.key == "server.address");
                    let host = host.cloned();
                    span.name = format!("fetch {}", span.name);
                    span.attributes.push(kv("operation.name", "fetch.GET"));
                    span.attributes.extend(host.map(|mut h| {
                        h.key = "net.peer.name".to_owned();
                        h
                    }));
                    &VERCEL_FETCH
                }
            };
            out.span(sent, &self.source, scope, span);
        }
        say_lines(inv, inv.context.span, &self.source, sent, &[], out);
    }

    fn died(&mut self, _: Ns, _: Ns, _: &mut Outbox) {}
}
