//! Azure Functions: host and worker both export, so every invocation has two spans and one id.

use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::{METRICS_EVERY, Voice, http_server, say_inside, sdk, server_span_name};
use crate::function::{Function, Runtime, Trigger};
use crate::invocation::{Context, Instance, Invocation, Outcome};
use crate::otlp::metrics::{Explicit, Instrument, SECONDS};
use crate::otlp::outbox::{Outbox, Source};
use crate::otlp::scopes::{ASPNET, AZURE_HOST, AZURE_HOST_LOG, AZURE_WORKER};
use crate::otlp::{failed, function_span, kv, plain_log, resource};
use crate::text;
use crate::time::{MILLI, Ns, SECOND, to_ms, to_s};

const INVOKE_DURATION: Instrument = Instrument {
    name: "faas.invoke_duration",
    description: "Measures the duration of the function's logic execution.",
    unit: "s",
};
const STARTED: Instrument = Instrument {
    name: "azure.functions.started_invocations",
    description: "Number of function invocations started.",
    unit: "{invocation}",
};
const ACTIVE: Instrument = Instrument {
    name: "azure.functions.active_invocations",
    description: "Number of function invocations running now.",
    unit: "{invocation}",
};

/// Share of host spans without their faas.* attributes, which the host loses under load.
const FAAS_LOST: f64 = 0.02;

struct App {
    host: Arc<Source>,
    worker: Arc<Source>,
    born: Ns,
    last_metrics: Ns,
    invoke: Explicit,
    started: u64,
}

/// The voice of an instance.
pub fn voice(f: &Arc<Function>, instance: &Instance, out: &mut Outbox) -> Box<dyn Voice> {
    Box::new(App {
        host: out.source(host_resource(f, instance), "", f.platform, f.encoding),
        worker: out.source(worker_resource(f, instance), "", f.platform, f.encoding),
        born: instance.born,
        last_metrics: instance.born,
        invoke: Explicit::new(SECONDS),
        started: 0,
    })
}

/// The site, not the function: an app has many functions and one resource.
fn site(f: &Function) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/{}-rg/providers/Microsoft.Web/sites/{}",
        f.account, f.app, f.app
    )
}

fn host_resource(f: &Function, instance: &Instance) -> Resource {
    let mut attributes = vec![
        kv("service.name", &f.app),
        kv("service.version", "4.1041.200.25360"),
        kv("service.instance.id", &instance.id),
        kv("cloud.provider", "azure"),
        kv("cloud.region", &f.region),
        kv("cloud.resource_id", site(f)),
    ];
    // Apps with a dotnet worker carry the newer detector: platform renamed, subscription named.
    if f.runtime == Runtime::Dotnet {
        attributes.push(kv("cloud.platform", "azure.functions"));
        attributes.push(kv("cloud.account.id", &f.account));
        attributes.push(kv("azure.resource_group.name", format!("{}-rg", f.app)));
    } else {
        attributes.push(kv("cloud.platform", "azure_functions"));
    }
    attributes.extend(sdk(Runtime::Dotnet));
    resource(attributes)
}

fn worker_resource(f: &Function, instance: &Instance) -> Resource {
    let mut attributes = vec![
        kv("service.name", &f.app),
        kv("cloud.provider", "azure"),
        kv("cloud.region", &f.region),
        kv("cloud.resource_id", site(f)),
    ];
    if f.runtime == Runtime::Node {
        attributes.extend([
            kv("cloud.platform", "azure_functions"),
            kv("faas.instance", &instance.id),
            // The JavaScript detector takes the version of the host's extension for a version.
            kv("faas.version", "~4"),
            kv("faas.max_memory", i64::from(f.memory_mb)),
        ]);
    } else {
        let platform = if f.runtime == Runtime::Dotnet {
            "azure.functions"
        } else {
            "azure_functions"
        };
        attributes.push(kv("cloud.platform", platform));
        attributes.push(kv("service.version", &instance.version.label));
    }
    attributes.extend(sdk(f.runtime));
    resource(attributes)
}

impl Voice for App {
    fn invoked(&mut self, inv: &Invocation<'_>, out: &mut Outbox) {
        let f = inv.function;
        self.started += 1;
        self.invoke
            .record_with(to_s(inv.duration()), inv.ended, inv.context);
        // The host outlives whatever happens to the worker, and batches for five seconds.
        let sent = inv.ended + 5 * SECOND;
        self.host_spans(inv, sent, out);
        host_logs(inv, &self.host, sent, out);
        if inv.outcome.survived() {
            let id: [u8; 8] = inv.random("worker span").bytes();
            let mut span = function_span(
                inv,
                &format!("function {}", f.name),
                SpanKind::Internal,
                (inv.started, inv.ended),
                vec![
                    kv("faas.invocation_id", &inv.id),
                    kv("az.schema_url", AZURE_WORKER.schema_url),
                ],
            );
            span.parent_span_id = inv.context.span.to_vec();
            span.span_id = id.to_vec();
            span.links.clear();
            out.span(sent, &self.worker, &AZURE_WORKER, span);
            let about = vec![kv("AzureFunctions_InvocationId", &inv.id)];
            say_inside(inv, id, &self.worker, sent, &about, out);
        }
        if inv.ended >= self.last_metrics + METRICS_EVERY {
            self.metrics(f, inv.ended, sent, out);
        }
    }

    fn died(&mut self, at: Ns, now: Ns, out: &mut Outbox) {
        if self.started > 0 {
            let started = STARTED.sum(self.started, self.born, at, Vec::new());
            out.metric(now, &self.host, &AZURE_HOST, started);
        }
    }
}

impl App {
    fn host_spans(&self, inv: &Invocation<'_>, sent: Ns, out: &mut Outbox) {
        let f = inv.function;
        let mut r = inv.random("host");
        let cold = inv.init.is_some();
        // The host takes the request before the worker exists, so a cold start is inside its span.
        let begin = if cold || inv.waited {
            inv.arrived
        } else {
            inv.started - MILLI
        };
        let end = inv.ended + (r.between(0.4, 2.0) * MILLI as f64) as Ns;
        let mut attributes = http_server(inv, &text::host(f));
        if !r.chance(FAAS_LOST) {
            attributes.extend(faas(inv));
        }
        if cold || inv.waited {
            attributes.push(kv("azure.functions.coldstart_impacted", true));
        }
        let (name, kind, scope) = match f.trigger {
            Trigger::Http => (server_span_name(inv), SpanKind::Server, &ASPNET),
            Trigger::Pubsub => (
                format!("ServiceBusProcessor.{}", f.name),
                SpanKind::Consumer,
                &AZURE_HOST,
            ),
            _ => (f.name.clone(), SpanKind::Internal, &AZURE_HOST),
        };
        let mut span = function_span(inv, &name, kind, (begin, end), attributes);
        // The exception is the worker's story; the host only knows that it failed.
        span.events.clear();
        if inv.outcome != Outcome::Ok {
            span.status = failed("");
        }
        out.span(sent, &self.host, scope, span);
        if let Some(init) = inv.init {
            out.span(
                sent,
                &self.host,
                &AZURE_HOST,
                specialization(inv, init, &mut r),
            );
        }
    }

    fn metrics(&mut self, f: &Function, at: Ns, sent: Ns, out: &mut Outbox) {
        self.last_metrics = at;
        let named = || vec![kv("faas.name", &f.name)];
        let born = self.born;
        let mut say = |metric| out.metric(sent, &self.host, &AZURE_HOST, metric);
        say(self
            .invoke
            .metric(&INVOKE_DURATION, born, at, named(), true));
        say(STARTED.sum(self.started, born, at, Vec::new()));
        say(ACTIVE.gauge(Value::AsInt(0), at, Vec::new()));
    }
}

fn faas(inv: &Invocation<'_>) -> [KeyValue; 3] {
    [
        kv("faas.trigger", inv.function.trigger.name()),
        kv("faas.name", &inv.function.name),
        kv("faas.invocation_id", &inv.id),
    ]
}

/// The host becomes this app: the `init` span, here inside the trace of the request.
fn specialization(inv: &Invocation<'_>, init: Ns, r: &mut crate::random::Random) -> Span {
    Span {
        trace_id: inv.context.trace.to_vec(),
        span_id: r.bytes::<8>().to_vec(),
        parent_span_id: inv.context.span.to_vec(),
        name: "init".to_owned(),
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: inv.started - init,
        end_time_unix_nano: inv.started,
        attributes: vec![kv("faas.coldstart", true)],
        ..Span::default()
    }
}

fn reason(f: &Function) -> String {
    match f.trigger {
        Trigger::Http => "This function was programmatically called via the host APIs.".to_owned(),
        Trigger::Timer => "Timer fired".to_owned(),
        _ => format!("New ServiceBus message detected on '{}'.", f.name),
    }
}

fn host_logs(inv: &Invocation<'_>, host: &Arc<Source>, sent: Ns, out: &mut Outbox) {
    let f = inv.function;
    let Context { trace, span } = inv.context;
    let mut say = |at, severity, text: String| {
        let category = kv("CategoryName", format!("Function.{}", f.name));
        let mut log = plain_log(at, severity, text, vec![category]);
        (log.trace_id, log.span_id) = (trace.to_vec(), span.to_vec());
        out.log(sent, host, &AZURE_HOST_LOG, log);
    };
    let (name, id) = (&f.name, &inv.id);
    let executing = format!(
        "Executing 'Functions.{name}' (Reason='{}', Id={id})",
        reason(f)
    );
    say(inv.started, 9, executing);
    if inv.outcome == Outcome::Timeout {
        let minutes = f.timeout.0 / SECOND / 60;
        let seconds = f.timeout.0 / SECOND % 60;
        let text = format!(
            "Timeout value of 00:{minutes:02}:{seconds:02} exceeded by function \
             'Functions.{name}' (Id: '{id}'). Initiating cancellation."
        );
        say(inv.ended, 17, text);
    }
    let ok = inv.outcome == Outcome::Ok;
    let result = if ok { "Succeeded" } else { "Failed" };
    let ms = to_ms(inv.duration()).round();
    let executed = format!("Executed 'Functions.{name}' ({result}, Id={id}, Duration={ms}ms)");
    say(inv.ended, if ok { 9 } else { 17 }, executed);
}
