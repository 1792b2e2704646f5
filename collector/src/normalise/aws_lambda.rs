//! AWS Lambda: SDKs in the function, the telemetry API receiver of the layer, and CloudWatch logs.

use store::model::{InitKind, InvocationFact, Status, ToldBy};

use super::Platform;
use super::arn::LambdaArn;
use super::fields;
use super::identity::{Clues, Part, Provenance, Seen};
use super::memory::Init;
use super::parse::aws_event::{self, Event, Metrics};
use super::parse::aws_report::{self, Line};
use super::telling::{LogView, Telling};

/// Lambda functions. Many resources say little more than `service.name`; the ARN on the
/// invocation's span then tells the rest.
#[derive(Debug)]
pub(super) struct AwsLambda;

const PLATFORM: &str = "aws_lambda";
const ARN_KEYS: [&str; 3] = ["cloud.resource_id", "faas.id", "aws.lambda.invoked_arn"];
const GROUP_KEYS: [&str; 3] = [
    "aws.log.group.names",
    "cloudwatch.log.group.name",
    "aws.cloudwatch.log_group_name",
];
const STREAM_KEYS: [&str; 3] = [
    "aws.log.stream.names",
    "cloudwatch.log.stream",
    "aws.cloudwatch.log_stream_name",
];

impl Platform for AwsLambda {
    fn recognise(&self, seen: &Seen<'_>) -> Option<Provenance> {
        seen.platform_is(PLATFORM)
            .or_else(|| arn(seen).map(|(key, _)| Provenance::Derived(key)))
            .or_else(|| {
                // The layer's telemetry API receiver puts the caller's attributes on the resource.
                let (key, provider) = seen.of_resource(&["faas.invoked_provider"])?;
                (provider == "aws").then_some(Provenance::Derived(key))
            })
            .or_else(|| {
                let named = seen.provider_is("aws") && seen.get("faas.name").is_some();
                named.then_some(Provenance::Derived("cloud.provider"))
            })
            .or_else(|| log_group(seen).map(|(key, _)| Provenance::Derived(key)))
    }

    fn clues(&self, seen: &Seen<'_>) -> Clues {
        let mut clues = Clues::of("aws", PLATFORM);
        let arn = arn(seen);
        clues.account = seen
            .first(&["cloud.account.id", "aws.account.id"])
            .map(Part::measured)
            .or_else(|| arn.map(|(key, arn)| Part::derived(key, arn.account)));
        clues.region = seen
            .first(&["cloud.region"])
            .or_else(|| seen.of_resource(&["faas.invoked_region", "aws.region"]))
            .map(Part::measured)
            .or_else(|| arn.map(|(key, arn)| Part::derived(key, arn.region)));
        clues.name = seen
            .first(&["faas.name"])
            .map(Part::measured)
            .or_else(|| arn.map(|(key, arn)| Part::derived(key, arn.name)))
            .or_else(|| log_group(seen).map(|(key, name)| Part::derived(key, name)))
            .or_else(|| {
                let service = seen.of_resource(&["service.name"]);
                let named = service.filter(|(_, name)| !name.starts_with("unknown_service"));
                named.map(Part::assumed)
            });
        clues
    }

    fn has_invocation_ids(&self) -> bool {
        true
    }

    fn version<'a>(&self, seen: &Seen<'a>) -> &'a str {
        // A log stream is named `2021/06/28/[$LATEST]2f399eb1…`.
        let in_stream = || {
            let stream = first_name(seen.first(&["faas.instance"]).or(stream(seen))?.1);
            stream
                .split_once('[')?
                .1
                .split_once(']')
                .map(|(version, _)| version)
        };
        seen.get("faas.version")
            .or_else(|| arn(seen)?.1.version())
            .or_else(in_stream)
            .unwrap_or_default()
    }

    fn instance<'a>(&self, seen: &Seen<'a>) -> &'a str {
        seen.get("faas.instance")
            .or_else(|| stream(seen).map(|(_, names)| first_name(names)))
            .unwrap_or_default()
    }

    fn telling(&self, log: &LogView<'_>) -> Option<Telling> {
        let kind = log
            .seen
            .item
            .first(&["type", "lambda.event.type"])
            .unwrap_or_default();
        // Whatever the function or an extension prints is not the platform's word.
        if kind == "function" || kind == "extension" {
            return None;
        }
        if let Some(event) = aws_event::event(log.body, kind) {
            return told_by_event(log, &event);
        }
        // The receiver of the telemetry API flattens its records into the classic lines.
        let is_record = kind == "platform.report";
        let told_by = if is_record {
            ToldBy::PlatformReport
        } else {
            ToldBy::ReportLine
        };
        told_by_line(log, aws_report::line(log.body)?, told_by)
    }
}

fn arn<'a>(seen: &Seen<'a>) -> Option<(&'static str, LambdaArn<'a>)> {
    ARN_KEYS
        .iter()
        .find_map(|key| Some((*key, LambdaArn::parse(seen.get(key)?)?)))
}

fn stream<'a>(seen: &Seen<'a>) -> Option<(&'static str, &'a str)> {
    seen.first(&STREAM_KEYS)
}

/// The function whose log group `/aws/lambda/<name>` is.
fn log_group<'a>(seen: &Seen<'a>) -> Option<(&'static str, &'a str)> {
    let (key, names) = seen.first(&GROUP_KEYS)?;
    let name = first_name(names).strip_prefix("/aws/lambda/")?;
    (!name.is_empty()).then_some((key, name))
}

/// The first of a list of names, which the attribute map keeps as JSON text.
fn first_name(names: &str) -> &str {
    let Some(list) = names.strip_prefix("[\"") else {
        return names;
    };
    list.split('"').next().unwrap_or(names)
}

/// How the platform spells the end of an invocation.
fn status(told: &str, error_type: &str, metrics: &Metrics) -> Status {
    let is_full = matches!(
        (metrics.max_memory_used_mb, metrics.memory_size_mb),
        (Some(used), Some(size)) if used >= size && size > 0.0
    );
    match told {
        "success" => Status::Ok,
        "timeout" => Status::Timeout,
        // The runtime killed at its limit ends with an exit error and all memory used.
        _ if error_type == "Runtime.OutOfMemory" => Status::OutOfMemory,
        _ if error_type == "Runtime.ExitError" && is_full => Status::OutOfMemory,
        "failure" | "error" => Status::Error,
        _ if !error_type.is_empty() => Status::Error,
        _ => Status::Unknown,
    }
}

/// What a report's numbers say, whether they came as text or JSON.
fn report(
    log: &LogView<'_>,
    id: &str,
    told_by: ToldBy,
    metrics: &Metrics,
    (told, error_type): (&str, &str),
) -> Option<InvocationFact> {
    let mut fact = log.fact(id, told_by, metrics.duration_ms)?;
    fact.billed_duration_ms = metrics.billed_duration_ms;
    fact.memory_size_mb = metrics.memory_size_mb.map(whole);
    fact.memory_used_mb = metrics.max_memory_used_mb.map(whole);
    fact.status = status(told, error_type, metrics);
    fact.error_type = fields::error_type(error_type);
    if let Some(restore_ms) = metrics.restore_duration_ms {
        fact.init_kind = Some(InitKind::SnapstartRestore);
        fact.init_duration_ms = Some(restore_ms);
        fact.cold_start = Some(true);
    } else if let Some(init_ms) = metrics.init_duration_ms {
        fact.init_duration_ms = Some(init_ms);
        fact.cold_start = Some(true);
    } else if metrics.billed_duration_ms.is_some() {
        // A full report without an init says that there was none to wait for; the short report of a
        // managed instance says nothing.
        fact.cold_start = Some(false);
    }
    Some(fact)
}

fn whole(megabytes: f64) -> u32 {
    // A float cast to an integer saturates.
    megabytes.round() as u32
}

fn init_kind(initialization: &str, phase: &str) -> Option<InitKind> {
    match (initialization, phase) {
        ("provisioned-concurrency", _) => Some(InitKind::Provisioned),
        ("snap-start", _) => Some(InitKind::SnapstartRestore),
        ("lambda-managed-instances", _) => Some(InitKind::ManagedInstance),
        // The init is run again inside the invocation.
        (_, "invoke") => Some(InitKind::Suppressed),
        ("on-demand", _) | (_, "init") => Some(InitKind::OnDemand),
        _ => None,
    }
}

fn told_by_event(log: &LogView<'_>, event: &Event) -> Option<Telling> {
    let record = &event.record;
    let error = (record.status.as_str(), record.error_type.as_str());
    match event.kind.as_str() {
        "platform.report" => {
            let by = ToldBy::PlatformReport;
            let fact = report(log, &record.request_id, by, &record.metrics, error)?;
            let xray_trace = aws_report::trace_id(&record.tracing.value);
            Some(Telling::Invocation {
                fact: Box::new(fact),
                xray_trace,
            })
        }
        "platform.runtimeDone" => {
            let by = ToldBy::PlatformReport;
            let mut fact = log.fact(&record.request_id, by, record.metrics.duration_ms)?;
            fact.status = status(error.0, error.1, &record.metrics);
            fact.error_type = fields::error_type(error.1);
            Some(Telling::invocation(fact))
        }
        "platform.start" => Some(Telling::Began(record.request_id.clone())),
        "platform.initReport" => Some(Telling::Init(Init {
            kind: init_kind(&record.initialization_type, &record.phase),
            duration_ms: record.metrics.duration_ms,
            at: log.time,
        })),
        "platform.restoreReport" => Some(Telling::Init(Init {
            kind: Some(InitKind::SnapstartRestore),
            duration_ms: record.metrics.duration_ms,
            at: log.time,
        })),
        _ => None,
    }
}

fn told_by_line(log: &LogView<'_>, line: Line<'_>, told_by: ToldBy) -> Option<Telling> {
    match line {
        Line::Report(told) => {
            let error = (
                told.status.unwrap_or_default(),
                told.error_type.unwrap_or_default(),
            );
            let xray_trace = told.xray_trace_id.and_then(aws_report::trace_id);
            let fact = report(log, told.request_id, told_by, &told.metrics, error)?;
            Some(Telling::Invocation {
                fact: Box::new(fact),
                xray_trace,
            })
        }
        Line::Start(request_id) => Some(Telling::Began(request_id.to_owned())),
        Line::InitReport {
            duration_ms,
            initialization,
            phase,
        } => Some(Telling::Init(Init {
            kind: init_kind(initialization, phase),
            duration_ms,
            at: log.time,
        })),
        Line::RestoreReport { duration_ms } => Some(Telling::Init(Init {
            kind: Some(InitKind::SnapstartRestore),
            duration_ms,
            at: log.time,
        })),
        Line::TimedOut {
            request_id,
            after_ms,
        } => {
            let id = request_id.or_else(|| fields::invocation_id(&log.seen))?;
            let mut fact = log.fact(id, ToldBy::HostLog, Some(after_ms))?;
            // The report that follows has the exact duration; this line only rounds it.
            fact.duration_ms = None;
            fact.status = Status::Timeout;
            Some(Telling::invocation(fact))
        }
    }
}
