//! How each platform tells of an invocation: one file per platform and a line in [`voice`].

mod aws_lambda;
mod aws_report;
mod aws_telemetry;
mod azure_functions;
mod cloudflare;
mod gcp;
mod knative;
mod vercel;

use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::KeyValue;

use crate::function::{Function, Platform, Runtime};
use crate::invocation::{Instance, Invocation};
use crate::otlp::kv;
use crate::otlp::outbox::{Outbox, Source};
use crate::otlp::scopes;
use crate::otlp::{app_log, step_span};
use crate::time::{Ns, SECOND};

/// What speaks for one instance of a function: its resources, its metrics, what it holds back.
pub trait Voice {
    /// Tells of an invocation. Everything is said to be sent at its end or later.
    fn invoked(&mut self, invocation: &Invocation<'_>, out: &mut Outbox);

    /// Last words of an instance that died at `at`, noticed at `now`.
    fn died(&mut self, at: Ns, now: Ns, out: &mut Outbox);
}

/// A voice that says nothing, for tests of everything else.
pub struct Silent;

impl Voice for Silent {
    fn invoked(&mut self, _: &Invocation<'_>, _: &mut Outbox) {}
    fn died(&mut self, _: Ns, _: Ns, _: &mut Outbox) {}
}

/// The voice of a new instance. A new platform is a file here and a line in this list.
pub fn voice(function: Arc<Function>, instance: &Instance, out: &mut Outbox) -> Box<dyn Voice> {
    match function.platform {
        Platform::AwsLambda => aws_lambda::voice(&function, instance, out),
        Platform::AzureFunctions => azure_functions::voice(&function, instance, out),
        Platform::GcpCloudRun | Platform::GcpCloudFunctions => gcp::voice(&function, instance, out),
        Platform::CloudflareWorkers => cloudflare::voice(&function, instance, out),
        Platform::Vercel => vercel::voice(&function, instance, out),
        Platform::Knative => knative::voice(&function, instance, out),
    }
}

/// How often exporters of long-lived instances and the Telemetry API receiver send metrics.
const METRICS_EVERY: Ns = 60 * SECOND;

/// `telemetry.sdk.*` of a language.
fn sdk(runtime: Runtime) -> [KeyValue; 3] {
    let version = match runtime {
        Runtime::Node => "2.0.1",
        Runtime::Python => "1.36.0",
        Runtime::Go => "1.37.0",
        Runtime::Java => "1.52.0",
        Runtime::Dotnet => "1.12.0",
    };
    [
        kv("telemetry.sdk.name", "opentelemetry"),
        kv("telemetry.sdk.language", runtime.sdk_language()),
        kv("telemetry.sdk.version", version),
    ]
}

/// Says the deeds and log lines of an invocation through the SDK in the function's own process,
/// the deeds as children of `parent`.
fn say_inside(
    inv: &Invocation<'_>,
    parent: [u8; 8],
    source: &Arc<Source>,
    at: Ns,
    log_attributes: &[KeyValue],
    out: &mut Outbox,
) {
    for step in &inv.spans {
        let f = inv.function;
        let scope = scopes::of_step(f.platform, f.runtime, step.library);
        out.span(
            at,
            source,
            scope,
            step_span(step, inv.context.trace, parent),
        );
    }
    say_lines(inv, parent, source, at, log_attributes, out);
}

/// Says the log lines of an invocation, those outside any deed on the span `parent`.
fn say_lines(
    inv: &Invocation<'_>,
    parent: [u8; 8],
    source: &Arc<Source>,
    at: Ns,
    attributes: &[KeyValue],
    out: &mut Outbox,
) {
    for line in &inv.lines {
        let mut log = app_log(line, inv, attributes.to_vec());
        if line.span.is_none() {
            log.span_id = parent.to_vec();
        }
        out.log(at, source, scopes::of_logs(inv.function.runtime), log);
    }
}

/// The attributes of an HTTP server span in the current semantic conventions.
fn http_server(inv: &Invocation<'_>, host: &str) -> Vec<KeyValue> {
    let Some(request) = &inv.request else {
        return Vec::new();
    };
    let status = inv.outcome.http_status();
    let mut attributes = vec![
        kv("http.request.method", &request.method),
        kv("http.response.status_code", status),
        kv("http.route", &request.route),
        kv("url.scheme", "https"),
        kv("url.path", &request.path),
        kv("server.address", host),
        kv("client.address", &request.client_address),
        kv("user_agent.original", request.user_agent),
        kv("network.protocol.version", "1.1"),
    ];
    if status >= 500 {
        attributes.push(kv("error.type", status.to_string()));
    }
    attributes
}

/// The name of an HTTP server span: method and route.
fn server_span_name(inv: &Invocation<'_>) -> String {
    match &inv.request {
        Some(request) => format!("{} {}", request.method, request.route),
        None => inv.function.name.clone(),
    }
}
