//! What Lambda's own log records tell of invocations: the classic lines, the records of the telemetry
//! API, and the events of Lambda Insights.

use store::model::xray::XrayTrace;
use store::model::{InitKind, InvocationFact, Status, ToldBy};

use super::fields;
use super::memory::Init;
use super::parse::aws_event::{self, Event, Metrics};
use super::parse::aws_insights;
use super::parse::aws_report::{self, Line};
use super::telling::{LogView, Telling};

/// What ends a runtime that was killed; the view `invocations` knows the name, too.
const EXIT_ERROR: &str = "Runtime.ExitError";

/// What a record tells; `kind` is its attribute `type`.
pub(super) fn told(log: &LogView<'_>, kind: &str) -> Option<Telling> {
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

/// What an event of Lambda Insights tells: a report and the processor time beside it.
pub(super) fn insights(log: &LogView<'_>) -> Option<Telling> {
    let event = aws_insights::event(log.body)?;
    let (by, metrics) = (ToldBy::Insights, event.metrics());
    let told = if event.timeout { "timeout" } else { "" };
    let mut fact = report(log, &event.request_id, by, &metrics, (told, ""))?;
    fact.cpu_ms = event.cpu_ms();
    if event.cold_start && metrics.init_duration_ms.is_none() {
        // The first invocation after an init that perhaps nobody waited for.
        fact.cold_start = None;
    }
    fact.version = fields::short(&event.version);
    Some(Telling::Invocation {
        fact: Box::new(fact),
        xray_trace: xray_trace(&event.trace_id),
    })
}

fn xray_trace(told: &str) -> Option<String> {
    XrayTrace::parse(told).map(|xray| xray.trace_id)
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
        _ if error_type == EXIT_ERROR && is_full => Status::OutOfMemory,
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
    fact.platform_memory_size_mb = metrics.memory_size_mb.map(whole);
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
            let xray_trace = xray_trace(&record.tracing.value);
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
            runtime: String::new(),
        })),
        "platform.initStart" | "platform.restoreStart" => Some(Telling::Init(Init::of_runtime(
            &record.runtime_version,
            log.time,
        ))),
        "platform.restoreReport" => Some(Telling::Init(Init {
            kind: Some(InitKind::SnapstartRestore),
            duration_ms: record.metrics.duration_ms,
            at: log.time,
            runtime: String::new(),
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
            let xray_trace = told.xray_trace_id.and_then(xray_trace);
            let fact = report(log, told.request_id, told_by, &told.metrics, error)?;
            Some(Telling::Invocation {
                fact: Box::new(fact),
                xray_trace,
            })
        }
        Line::RuntimeStart(runtime) => Some(Telling::Init(Init::of_runtime(runtime, log.time))),
        Line::Killed(request_id) => {
            let mut fact = log.fact(request_id, ToldBy::HostLog, None)?;
            // Whether for lack of memory, the report's figures tell.
            fact.status = Status::Error;
            EXIT_ERROR.clone_into(&mut fact.error_type);
            Some(Telling::invocation(fact))
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
            runtime: String::new(),
        })),
        Line::RestoreReport { duration_ms } => Some(Telling::Init(Init {
            kind: Some(InitKind::SnapstartRestore),
            duration_ms,
            at: log.time,
            runtime: String::new(),
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
