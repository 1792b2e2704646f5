//! The Telemetry API receiver beside a Lambda function: init spans, platform lines, metrics.

use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::METRICS_EVERY;
use super::aws_report::{self, PlatformLine};
use crate::function::{Encoding, Function, Platform, Report};
use crate::invocation::{Instance, Invocation, Outcome};
use crate::otlp::metrics::{Explicit, Instrument, RECEIVER_DEFAULT, SECONDS};
use crate::otlp::outbox::{Item, Outbox, Payload, Source};
use crate::otlp::scopes::{CLOUDWATCH, TELEMETRY_API};
use crate::otlp::{kv, plain_log, resource};
use crate::time::{MILLI, Ns, to_s};

const INVOKE_DURATION: Instrument = Instrument {
    name: "faas.invoke_duration",
    description: "Measures the duration of the function's logic execution.",
    unit: "s",
};
const INIT_DURATION: Instrument = Instrument {
    name: "faas.init_duration",
    description: "Measures the duration of the function's initialization, such as a cold start.",
    unit: "s",
};
const MEM_USAGE: Instrument = Instrument {
    name: "faas.mem_usage",
    description: "Distribution of max memory usage per invocation.",
    unit: "By",
};
const COLDSTARTS: Instrument = Instrument {
    name: "faas.coldstarts",
    description: "Number of invocation cold starts.",
    unit: "{coldstart}",
};
const ERRORS: Instrument = Instrument {
    name: "faas.errors",
    description: "Number of errors.",
    unit: "{error}",
};
const INVOCATIONS: Instrument = Instrument {
    name: "faas.invocations",
    description: "Number of successful invocations.",
    unit: "{invocation}",
};
const TIMEOUTS: Instrument = Instrument {
    name: "faas.timeouts",
    description: "Number of timeouts.",
    unit: "{timeout}",
};

/// The receiver of one sandbox.
pub struct Receiver {
    source: Arc<Source>,
    born: Ns,
    last_metrics: Ns,
    invoke: Explicit,
    init: Explicit,
    memory: Explicit,
    coldstarts: u64,
    errors: u64,
    invocations: u64,
    timeouts: u64,
    /// What arrives only when the sandbox thaws: the report of an invocation comes after the
    /// freeze, so it is sent with the next invocation or when the sandbox ends.
    frozen: Vec<Item>,
}

impl Receiver {
    /// The receiver of a new sandbox. Its resource names no provider, account or instance, and
    /// writes the memory as text in MB.
    pub fn new(f: &Function, instance: &Instance, out: &mut Outbox) -> Self {
        let attributes = vec![
            kv("faas.invoked_provider", "aws"),
            kv("faas.invoked_region", &f.region),
            kv("service.name", &f.name),
            kv("faas.name", &f.name),
            kv("faas.version", &instance.version.label),
            kv("faas.max_memory", f.memory_mb.to_string()),
        ];
        let source = out.source(resource(attributes), "", f.platform, f.encoding);
        Self {
            source,
            born: instance.born,
            last_metrics: instance.born,
            invoke: Explicit::new(SECONDS),
            init: Explicit::new(SECONDS),
            memory: Explicit::new(RECEIVER_DEFAULT),
            coldstarts: 0,
            errors: 0,
            invocations: 0,
            timeouts: 0,
            frozen: Vec::new(),
        }
    }

    /// Tells of an invocation.
    pub fn invoked(&mut self, inv: &Invocation<'_>, out: &mut Outbox) {
        for item in self.frozen.drain(..) {
            out.put(inv.started, item);
        }
        self.count(inv);
        if let Some(init) = inv.init {
            out.span(
                inv.started,
                &self.source,
                &TELEMETRY_API,
                init_span(inv, init),
            );
        }
        if matches!(inv.function.report, Report::Flat | Report::JsonRecord) {
            for line in aws_report::lines(inv) {
                let log = receiver_log(&line, inv);
                // Only the start is known before the freeze.
                if line.kind == "platform.start" {
                    out.log(inv.ended, &self.source, &TELEMETRY_API, log);
                } else {
                    self.frozen.push(Item {
                        source: Arc::clone(&self.source),
                        scope: &TELEMETRY_API,
                        payload: Payload::Log(Box::new(log)),
                    });
                }
            }
        }
        if inv.ended >= self.last_metrics + METRICS_EVERY {
            self.metrics(inv.ended, inv.ended, out);
        }
    }

    /// Shutdown: the last reports and metrics.
    pub fn died(&mut self, at: Ns, now: Ns, out: &mut Outbox) {
        for item in self.frozen.drain(..) {
            out.put(now, item);
        }
        self.metrics(at, now, out);
    }

    fn count(&mut self, inv: &Invocation<'_>) {
        if let Some(init) = inv.init {
            self.coldstarts += 1;
            self.init.record(to_s(init));
        }
        match inv.outcome {
            Outcome::Ok => self.invocations += 1,
            Outcome::Error(_) | Outcome::OutOfMemory => self.errors += 1,
            Outcome::Timeout => self.timeouts += 1,
        }
        self.invoke.record(to_s(inv.duration()));
        // The receiver takes a megabyte for 1,000,000 bytes where Lambda means 2^20.
        self.memory.record(f64::from(inv.memory_used_mb) * 1e6);
    }

    fn metrics(&mut self, at: Ns, send_at: Ns, out: &mut Outbox) {
        self.last_metrics = at;
        let born = self.born;
        let none = Vec::<KeyValue>::new;
        let mut say = |metric| out.metric(send_at, &self.source, &TELEMETRY_API, metric);
        say(self
            .invoke
            .metric(&INVOKE_DURATION, born, at, none(), false));
        if self.init.count() > 0 {
            say(self.init.metric(&INIT_DURATION, born, at, none(), false));
        }
        say(self.memory.metric(&MEM_USAGE, born, at, none(), false));
        let sums = [
            (COLDSTARTS, self.coldstarts),
            (INVOCATIONS, self.invocations),
            (ERRORS, self.errors),
            (TIMEOUTS, self.timeouts),
        ];
        for (instrument, total) in sums {
            // Instruments that never counted have no data point yet.
            if total > 0 {
                say(instrument.sum(total, born, at, none()));
            }
        }
    }
}

/// The `init` span: a trace id of its own and no parent, so nothing ties it to the invocation.
fn init_span(inv: &Invocation<'_>, init: Ns) -> Span {
    let mut r = inv.random("init span");
    Span {
        trace_id: r.bytes::<16>().to_vec(),
        span_id: r.bytes::<8>().to_vec(),
        name: format!("init {}", inv.function.name),
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: inv.started - init,
        end_time_unix_nano: inv.started,
        attributes: vec![kv("faas.coldstart", true)],
        ..Span::default()
    }
}

fn receiver_log(
    line: &PlatformLine,
    inv: &Invocation<'_>,
) -> opentelemetry_proto::tonic::logs::v1::LogRecord {
    let mut attributes = vec![kv("type", line.kind)];
    attributes.push(kv("faas.invocation_id", &inv.id));
    // Telemetry API times have milliseconds only.
    let at = line.at / MILLI * MILLI;
    let severity = if line.kind == "function" { 0 } else { 9 };
    plain_log(at, severity, line.text.clone(), attributes)
}

/// The same lines by way of CloudWatch Logs, a few seconds later, under the log group's resource.
pub struct LogGroup {
    source: Arc<Source>,
}

/// CloudWatch delivers with this delay.
const CLOUDWATCH_DELAY: Ns = 3_000 * MILLI;

impl LogGroup {
    /// The log stream of a new sandbox.
    pub fn new(f: &Function, stream: &str, out: &mut Outbox) -> Self {
        let attributes = vec![
            kv("cloud.provider", "aws"),
            kv("cloud.account.id", &f.account),
            kv("cloud.region", &f.region),
            kv("aws.log.group.names", [format!("/aws/lambda/{}", f.name)]),
            kv("aws.log.stream.names", [stream.to_owned()]),
        ];
        let source = out.source(
            resource(attributes),
            "",
            Platform::AwsLambda,
            Encoding::HttpProtobuf,
        );
        Self { source }
    }

    /// Tells of an invocation.
    pub fn invoked(&self, inv: &Invocation<'_>, out: &mut Outbox) {
        for line in aws_report::lines(inv) {
            let log = plain_log(line.at / MILLI * MILLI, 0, line.text, Vec::new());
            out.log(inv.ended + CLOUDWATCH_DELAY, &self.source, &CLOUDWATCH, log);
        }
    }
}
