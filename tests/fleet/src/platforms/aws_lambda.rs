//! AWS Lambda: the span of the function as each language's instrumentation writes it.
//!
//! | language | invocation id | function id | cold start | memory of the resource |
//! |---|---|---|---|---|
//! | Node | `faas.execution` | `faas.id`, alias kept | bool | int, bytes |
//! | Python | `faas.invocation_id` | `cloud.resource_id` | never | int, MB |
//! | Go | `faas.execution` | `faas.id` | never | int, bytes |
//! | Java | `faas.invocation_id` | `cloud.resource_id` | never | text, MB (collector's detector) |
//! | .NET | `faas.execution` | `faas.id` | bool | none |

use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::aws_telemetry::{LogGroup, Receiver};
use super::{Voice, http_server, say_inside, sdk};
use crate::function::{Function, Report, Runtime, Trigger};
use crate::invocation::{Instance, Invocation};
use crate::otlp::metrics::Instrument;
use crate::otlp::outbox::{Outbox, Source};
use crate::otlp::scopes::{self, Scope};
use crate::otlp::{function_span, kv, resource};
use crate::text;
use crate::time::{Ns, slashed_day};

/// A counter that a Lambda function of our shop keeps itself, exported as delta after every
/// invocation, as one must where nothing runs between two of them.
const HANDLED: Instrument = Instrument {
    name: "shop.requests.handled",
    description: "Requests handled, by result",
    unit: "{request}",
};

struct Lambda {
    sdk: Arc<Source>,
    receiver: Option<Receiver>,
    log_group: Option<LogGroup>,
    last_count: Ns,
}

/// The voice of a sandbox.
pub fn voice(f: &Arc<Function>, instance: &Instance, out: &mut Outbox) -> Box<dyn Voice> {
    let stream = format!(
        "{}/[{}]{}",
        slashed_day(instance.born),
        instance.version.label,
        instance.id
    );
    let sdk = out.source(
        sdk_resource(f, instance, &stream),
        "",
        f.platform,
        f.encoding,
    );
    let through_cloudwatch = matches!(f.report, Report::Text | Report::JsonEvent);
    Box::new(Lambda {
        sdk,
        receiver: (!through_cloudwatch).then(|| Receiver::new(f, instance, out)),
        log_group: through_cloudwatch.then(|| LogGroup::new(f, &stream, out)),
        last_count: instance.born,
    })
}

impl Voice for Lambda {
    fn invoked(&mut self, inv: &Invocation<'_>, out: &mut Outbox) {
        if let Some(receiver) = &mut self.receiver {
            receiver.invoked(inv, out);
        }
        if let Some(log_group) = &self.log_group {
            log_group.invoked(inv, out);
        }
        // A sandbox that was stopped or killed takes its unsent spans and logs with it.
        if !inv.outcome.survived() {
            return;
        }
        let f = inv.function;
        let kind = if f.trigger == Trigger::Pubsub {
            SpanKind::Consumer
        } else {
            SpanKind::Server
        };
        let times = (inv.started, inv.ended);
        let span = function_span(inv, &span_name(f), kind, times, span_attributes(inv));
        out.span(inv.ended, &self.sdk, scope(f.runtime), span);
        say_inside(
            inv,
            inv.context.span,
            &self.sdk,
            inv.ended,
            &log_attributes(inv),
            out,
        );
        if f.runtime == Runtime::Node {
            let result = vec![kv("result", inv.outcome.name())];
            let metric = HANDLED.delta(1, self.last_count, inv.ended, result);
            self.last_count = inv.ended;
            out.metric(inv.ended, &self.sdk, &scopes::APP, metric);
        }
    }

    fn died(&mut self, at: Ns, now: Ns, out: &mut Outbox) {
        if let Some(receiver) = &mut self.receiver {
            receiver.died(at, now, out);
        }
    }
}

fn sdk_resource(f: &Function, instance: &Instance, stream: &str) -> Resource {
    let mut attributes = vec![
        kv("service.name", &f.name),
        kv("cloud.provider", "aws"),
        kv("cloud.region", &f.region),
        kv("faas.name", &f.name),
        kv("faas.version", &instance.version.label),
    ];
    attributes.extend(sdk(f.runtime));
    let bytes = i64::from(f.memory_mb) << 20;
    match f.runtime {
        Runtime::Node => attributes.extend([
            kv("cloud.platform", "aws_lambda"),
            kv("faas.instance", stream),
            kv("faas.max_memory", bytes),
            kv("aws.log.group.names", [format!("/aws/lambda/{}", f.name)]),
            kv("aws.log.stream.names", [stream.to_owned()]),
            kv("process.runtime.name", "nodejs"),
            kv("process.runtime.version", "22.17.0"),
        ]),
        Runtime::Python => attributes.extend([
            kv("cloud.platform", "aws_lambda"),
            kv("faas.instance", stream),
            kv("faas.max_memory", i64::from(f.memory_mb)),
            kv("telemetry.auto.version", "0.57b0"),
        ]),
        // Go's detector knows no platform.
        Runtime::Go => {
            attributes.extend([kv("faas.instance", stream), kv("faas.max_memory", bytes)]);
        }
        Runtime::Java => attributes.extend([
            kv("cloud.platform", "aws_lambda"),
            kv("faas.instance", stream),
            kv("faas.max_memory", f.memory_mb.to_string()),
            kv(
                "telemetry.distro.name",
                "opentelemetry-java-instrumentation",
            ),
        ]),
        Runtime::Dotnet => attributes.push(kv("cloud.platform", "aws_lambda")),
    }
    resource(attributes)
}

fn scope(runtime: Runtime) -> &'static Scope {
    match runtime {
        Runtime::Node => &scopes::JS_LAMBDA,
        Runtime::Python => &scopes::PY_LAMBDA,
        Runtime::Go => &scopes::GO_LAMBDA,
        Runtime::Java => &scopes::JAVA_LAMBDA,
        Runtime::Dotnet => &scopes::NET_LAMBDA,
    }
}

/// Python names the span after its handler, the others after the function.
fn span_name(f: &Function) -> String {
    match f.runtime {
        Runtime::Python => "app.handler".to_owned(),
        _ => f.name.clone(),
    }
}

fn arn(f: &Function, alias: &str) -> String {
    format!(
        "arn:aws:lambda:{}:{}:function:{}{alias}",
        f.region, f.account, f.name
    )
}

fn span_attributes(inv: &Invocation<'_>) -> Vec<KeyValue> {
    let f = inv.function;
    let (old_id, new_id) = (
        kv("faas.execution", &inv.id),
        kv("faas.invocation_id", &inv.id),
    );
    let account = kv("cloud.account.id", &f.account);
    let cold = kv("faas.coldstart", inv.init.is_some());
    let mut attributes = match f.runtime {
        Runtime::Node => vec![old_id, kv("faas.id", arn(f, ":live")), account, cold],
        Runtime::Go => vec![old_id, kv("faas.id", arn(f, "")), account],
        Runtime::Java => vec![new_id, kv("cloud.resource_id", arn(f, "")), account],
        Runtime::Python => {
            let mut a = vec![new_id, kv("cloud.resource_id", arn(f, "")), account];
            a.extend(old_http(inv));
            return a;
        }
        Runtime::Dotnet => {
            let trigger = if f.trigger == Trigger::Http {
                "http"
            } else {
                "other"
            };
            vec![
                kv("faas.trigger", trigger),
                kv("faas.name", &f.name),
                old_id,
                kv("faas.id", arn(f, "")),
                account,
                cold,
            ]
        }
    };
    if inv.link.is_some() {
        attributes.push(kv("messaging.system", "aws_sqs"));
        attributes.push(kv("messaging.operation.type", "process"));
    }
    if f.trigger == Trigger::Http {
        attributes.extend(http_server(inv, &text::host(f)));
    }
    attributes
}

/// Python says `faas.trigger` for API Gateway only, and HTTP in the names of 2021.
fn old_http(inv: &Invocation<'_>) -> Vec<KeyValue> {
    let Some(request) = &inv.request else {
        return Vec::new();
    };
    vec![
        kv("faas.trigger", "http"),
        kv("http.method", &request.method),
        kv("http.route", &request.route),
        kv("http.target", &request.path),
        kv("http.scheme", "https"),
        kv("http.user_agent", request.user_agent),
        kv("net.host.name", text::host(inv.function)),
        kv("http.status_code", inv.outcome.http_status()),
    ]
}

fn log_attributes(inv: &Invocation<'_>) -> Vec<KeyValue> {
    match inv.function.runtime {
        Runtime::Python => vec![kv("code.file.path", "/var/task/app.py")],
        _ => vec![kv("faas.invocation_id", &inv.id)],
    }
}
