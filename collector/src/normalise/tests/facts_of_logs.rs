//! What log lines of the platforms tell of invocations.

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use store::model::{InitKind, Status, ToldBy};

use super::super::Normaliser;
use super::support::*;

const REQUEST: &str = "459921b5-681c-4a96-beb0-81e0aa586026";
const XRAY: &str = "XRAY TraceId: 1-6352a70e-1e2c502e358361800241fd45";

const LAMBDA: [(&str, &str); 3] = [
    ("cloud.platform", "aws_lambda"),
    ("cloud.region", "eu-central-1"),
    ("faas.name", "checkout"),
];
const SANDBOX: [(&str, &str); 4] = [
    LAMBDA[0],
    LAMBDA[1],
    (
        "faas.instance",
        "2026/03/10/[7]2f399eb14537447da05ab2a2e39309de",
    ),
    LAMBDA[2],
];
const FUNCTION: [(&str, &str); 3] = [
    ("cloud.platform", "gcp_cloud_functions"),
    ("cloud.region", "europe-west1"),
    ("faas.name", "resize"),
];

fn report(tail: &str) -> String {
    format!(
        "REPORT RequestId: {REQUEST}\tDuration: 8.40 ms\tBilled Duration: 9 ms\t\
         Memory Size: 128 MB\tMax Memory Used: 66 MB\t{tail}\n"
    )
}

fn event(kind: &str, record: serde_json::Value) -> String {
    serde_json::json!({ "type": kind, "record": record }).to_string()
}

fn init(kind: &str, duration_ms: f64) -> String {
    let metrics = serde_json::json!({ "durationMs": duration_ms });
    let record =
        serde_json::json!({ "initializationType": kind, "phase": "init", "metrics": metrics });
    event("platform.initReport", record)
}

fn in_trace(mut record: LogRecord, trace: u8) -> LogRecord {
    record.trace_id = vec![trace; 16];
    record
}

#[test]
fn a_report_and_a_span_speak_of_one_invocation() {
    let mut normaliser = Normaliser::new();
    let invocation = span(SpanKind::Server, 1, 1, 0, &[("faas.execution", REQUEST)]);
    let (by_span, _) = after_traces(
        &mut normaliser,
        vec![spans(resource(&LAMBDA), vec![invocation])],
    );
    let body = report("");
    let (by_report, _) = after_logs(&mut normaliser, resource(&LAMBDA), vec![record(&body, &[])]);
    let (span, report) = (by_span.fact(), by_report.fact());
    assert_eq!(span.invocation_id, report.invocation_id);
    assert_eq!(span.function_id, report.function_id);
    assert_eq!(report.told_by, ToldBy::ReportLine);
    assert_eq!(report.billed_duration_ms, Some(9.0));
    assert_eq!(
        (report.platform_memory_size_mb, report.memory_used_mb),
        (Some(128), Some(66))
    );
    assert_eq!(report.cold_start, Some(false));
    assert_eq!(report.start.0 as u64, NOON - 8_400_000);
}

#[test]
fn records_of_the_telemetry_api_are_read_as_text_as_json_and_as_maps() {
    let told = serde_json::json!({
        "requestId": REQUEST,
        "status": "success",
        "metrics": {
            "durationMs": 2599.4, "billedDurationMs": 2600, "initDurationMs": 549.04,
            "memorySizeMB": 128, "maxMemoryUsedMB": 94,
        },
    });
    let (inner, whole) = (told.to_string(), event("platform.report", told));
    let kind = [("type", "platform.report")];
    let flat = report("Init Duration: 549.04 ms");
    for (body, attrs) in [(&whole, &[][..]), (&inner, &kind[..]), (&flat, &kind[..])] {
        let told = of_logs(resource(&LAMBDA), vec![record(body, attrs)]);
        let fact = told.fact();
        assert_eq!(fact.told_by, ToldBy::PlatformReport, "{body}");
        assert_eq!(
            (fact.cold_start, fact.init_duration_ms),
            (Some(true), Some(549.04))
        );
        assert_eq!(fact.invocation_id, REQUEST);
    }
    let done = event(
        "platform.runtimeDone",
        serde_json::json!({
            "requestId": REQUEST, "status": "timeout", "metrics": { "durationMs": 3000.0 },
        }),
    );
    let told = of_logs(resource(&LAMBDA), vec![record(&done, &[])]);
    assert_eq!(
        (told.fact().status, told.fact().duration_ms),
        (Status::Timeout, Some(3000.0))
    );
    // The report of a managed instance says nothing of billing, memory or starts.
    let short = event(
        "platform.report",
        serde_json::json!({
            "requestId": REQUEST, "status": "success", "metrics": { "durationMs": 1.148 },
            "spans": [{ "name": "responseLatency" }],
        }),
    );
    let told = of_logs(resource(&LAMBDA), vec![record(&short, &[])]);
    assert_eq!(
        (told.fact().cold_start, told.fact().status),
        (None, Status::Ok)
    );
}

#[test]
fn what_a_function_prints_is_not_the_platforms_word() {
    for kind in ["function", "extension"] {
        let forged = record(&report("Init Duration: 1.00 ms"), &[("type", kind)]);
        assert!(of_logs(resource(&LAMBDA), vec![forged]).facts.is_empty());
    }
}

#[test]
fn a_restore_from_a_snapshot_is_a_cold_start_of_its_own_kind() {
    let body = report("Restore Duration: 204.27 ms\tBilled Restore Duration: 100 ms");
    let told = of_logs(resource(&LAMBDA), vec![record(&body, &[])]);
    assert_eq!(told.fact().init_kind, Some(InitKind::SnapstartRestore));
    assert_eq!(told.fact().init_duration_ms, Some(204.27));
    assert_eq!(told.fact().cold_start, Some(true));
    let line = record("RESTORE_REPORT Restore Duration: 511.25 ms", &[]);
    let told = of_logs(resource(&LAMBDA), vec![line, record(&report(""), &[])]);
    assert_eq!(told.facts[0].init_kind, Some(InitKind::SnapstartRestore));
    assert_eq!(told.facts[0].init_duration_ms, Some(511.25));
}

#[test]
fn an_init_waits_for_the_next_invocation_of_the_same_named_sandbox() {
    let mut normaliser = Normaliser::new();
    let early = record(&init("provisioned-concurrency", 900.0), &[]);
    after_logs(&mut normaliser, resource(&SANDBOX), vec![early.clone()]);
    let start = format!("START RequestId: {REQUEST} Version: 7");
    let next = || vec![record(&start, &[])];
    let (told, _) = after_logs(&mut normaliser, resource(&SANDBOX), next());
    let fact = told.fact();
    assert_eq!(
        (fact.init_kind, fact.cold_start),
        (Some(InitKind::Provisioned), Some(false))
    );
    assert_eq!(
        (fact.version.as_str(), fact.init_duration_ms),
        ("7", Some(900.0))
    );
    let (told, _) = after_logs(&mut normaliser, resource(&SANDBOX), next());
    assert!(told.facts.is_empty(), "an init is told once");
    // Without a name the next request may come from another sandbox.
    after_logs(&mut normaliser, resource(&LAMBDA), vec![early]);
    let (told, _) = after_logs(&mut normaliser, resource(&LAMBDA), next());
    assert!(told.facts.is_empty());
}

#[test]
fn an_init_long_before_its_first_invocation_made_nobody_wait() {
    let mut before = record(&init("on-demand", 500.0), &[]);
    before.time_unix_nano = NOON - 11_000 * MS;
    let start = format!("START RequestId: {REQUEST} Version: $LATEST");
    let told = of_logs(resource(&LAMBDA), vec![before, record(&start, &[])]);
    assert_eq!(
        (told.fact().init_kind, told.fact().cold_start),
        (Some(InitKind::OnDemand), None)
    );
}

#[test]
fn a_timeout_is_told_by_its_line_or_by_the_records_own_id() {
    let line = format!("2026-03-10T12:00:00.000Z {REQUEST} Task timed out after 30.03 seconds\n\n");
    let told = of_logs(resource(&LAMBDA), vec![record(&line, &[])]);
    let fact = told.fact();
    assert_eq!(
        (fact.status, fact.told_by),
        (Status::Timeout, ToldBy::HostLog)
    );
    assert_eq!(
        (fact.duration_ms, fact.start.0 as u64),
        (None, NOON - 30_030 * MS)
    );
    let attrs = [("faas.invocation_id", REQUEST)];
    let line = record("Task timed out after 3.00 seconds", &attrs);
    assert_eq!(
        of_logs(resource(&LAMBDA), vec![line]).fact().invocation_id,
        REQUEST
    );
    let unknown = record("Task timed out after 3.00 seconds", &[]);
    assert!(of_logs(resource(&LAMBDA), vec![unknown]).facts.is_empty());
}

#[test]
fn the_platforms_trace_is_told_as_its_own_whether_spans_arrive_or_not() {
    let expected = "6352a70e1e2c502e358361800241fd45";
    let mut normaliser = Normaliser::new();
    let body = report(XRAY);
    let (told, _) = after_logs(&mut normaliser, resource(&LAMBDA), vec![record(&body, &[])]);
    assert_eq!(told.fact().trace_id, expected);
    let invocation = span(SpanKind::Server, 1, 1, 0, &[("faas.execution", REQUEST)]);
    after_traces(
        &mut normaliser,
        vec![spans(resource(&LAMBDA), vec![invocation])],
    );
    let (told, _) = after_logs(&mut normaliser, resource(&LAMBDA), vec![record(&body, &[])]);
    assert_eq!(told.fact().trace_id, expected);
    assert!(told.fact().told_by.is_platform());
}

#[test]
fn a_log_group_and_stream_tell_function_version_and_instance() {
    let stream = "2026/03/10/[42]2f399eb14537447da05ab2a2e39309de";
    let cloudwatch = [
        ("aws.region", "eu-central-1"),
        ("cloudwatch.log.group.name", "/aws/lambda/checkout"),
        ("cloudwatch.log.stream", stream),
    ];
    let told = of_logs(resource(&cloudwatch), vec![record(&report(""), &[])]);
    let fact = told.fact();
    assert_eq!(fact.function_id.to_string(), "aws::eu-central-1:checkout");
    assert_eq!(
        (fact.version.as_str(), fact.instance.as_str()),
        ("42", stream)
    );
    let elsewhere = [("cloudwatch.log.group.name", "/ecs/checkout")];
    assert!(
        of_logs(resource(&elsewhere), vec![record(&report(""), &[])])
            .facts
            .is_empty()
    );
}

#[test]
fn an_executed_line_of_the_azure_host_speaks_of_the_spans_invocation() {
    let app = [
        ("cloud.platform", "azure.functions"),
        ("service.name", "shop"),
    ];
    let id = "a5365cea-ae8a-4503-837f-99cfda138897";
    let mut normaliser = Normaliser::new();
    let attrs = [("faas.invocation_id", id), ("faas.name", "OnOrder")];
    let invocation = span(SpanKind::Server, 1, 1, 0, &attrs);
    let (by_span, _) = after_traces(
        &mut normaliser,
        vec![spans(resource(&app), vec![invocation])],
    );
    let line = format!("Executed 'Functions.OnOrder' (Failed, Id={id}, Duration=230ms)");
    let (told, _) = after_logs(&mut normaliser, resource(&app), vec![record(&line, &[])]);
    let fact = told.fact();
    assert_eq!((&fact.function_id, &fact.invocation_id), {
        let span = by_span.fact();
        (&span.function_id, &span.invocation_id)
    });
    assert_eq!(
        (fact.told_by, fact.status),
        (ToldBy::HostLog, Status::Error)
    );
    assert_eq!(
        (fact.duration_ms, fact.start.0 as u64),
        (Some(230.0), NOON - 230 * MS)
    );
}

#[test]
fn an_execution_line_and_a_span_of_one_trace_are_one_invocation_whichever_comes_first() {
    let line = || {
        let body = "Function execution took 131 ms, finished with status code: 200";
        in_trace(record(body, &[("gcp.execution_id", "d3iltb9a4w2g")]), 1)
    };
    let invocation = || {
        vec![spans(
            resource(&FUNCTION),
            vec![span(SpanKind::Server, 1, 1, 9, &[])],
        )]
    };
    let own = format!("{}-{}", "01".repeat(16), "01".repeat(8));

    let mut normaliser = Normaliser::new();
    let (by_span, _) = after_traces(&mut normaliser, invocation());
    let (by_log, _) = after_logs(&mut normaliser, resource(&FUNCTION), vec![line()]);
    assert_eq!(by_span.fact().invocation_id, own);
    assert_eq!(by_log.fact().invocation_id, own);
    assert_eq!(
        (by_log.fact().status, by_log.fact().duration_ms),
        (Status::Ok, Some(131.0))
    );

    let mut normaliser = Normaliser::new();
    let (by_log, _) = after_logs(&mut normaliser, resource(&FUNCTION), vec![line()]);
    let (by_span, _) = after_traces(&mut normaliser, invocation());
    assert_eq!(by_log.fact().invocation_id, "d3iltb9a4w2g");
    assert_eq!(by_span.fact().invocation_id, "d3iltb9a4w2g");
    // The trace's second invocation is another one.
    let second = vec![spans(
        resource(&FUNCTION),
        vec![span(SpanKind::Server, 1, 2, 8, &[])],
    )];
    let (told, _) = after_traces(&mut normaliser, second);
    assert_ne!(told.fact().invocation_id, "d3iltb9a4w2g");
}

#[test]
fn executions_end_as_their_line_says() {
    let cases = [
        ("finished with status code: 503", Status::Error, "503"),
        ("finished with status: 'ok'", Status::Ok, ""),
        (
            "finished with status: 'timeout'",
            Status::Timeout,
            "timeout",
        ),
        ("finished with status: 'crash'", Status::Error, "crash"),
    ];
    for (tail, status, error_type) in cases {
        let body = format!("Function execution took 60 ms, {tail}");
        let line = record(&body, &[("execution_id", "e")]);
        let told = of_logs(resource(&FUNCTION), vec![line]);
        assert_eq!(told.fact().status, status, "{tail}");
        assert_eq!(told.fact().error_type, error_type);
    }
}

#[test]
fn a_request_log_of_cloud_run_speaks_of_the_spans_invocation() {
    let logged = [
        ("gcp.location", "europe-west1"),
        ("gcp.project_id", "my-project"),
        ("gcp.resource_type", "cloud_run_revision"),
        ("gcp.revision_name", "checkout-00042-abc"),
        ("gcp.service_name", "checkout"),
    ];
    let traced = [
        ("cloud.account.id", "my-project"),
        ("cloud.platform", "gcp_cloud_run"),
        ("cloud.region", "europe-west1"),
        ("faas.name", "checkout"),
    ];
    let mut normaliser = Normaliser::new();
    let invocation = span(SpanKind::Server, 1, 1, 9, &[]);
    let (by_span, _) = after_traces(
        &mut normaliser,
        vec![spans(resource(&traced), vec![invocation])],
    );
    let attrs = [("gcp.http_request", r#"{"latency":"0.250s","status":503}"#)];
    let mut request = in_trace(record("", &attrs), 1);
    request.span_id = vec![9; 8];
    let (by_log, _) = after_logs(&mut normaliser, resource(&logged), vec![request.clone()]);
    let (fact, span) = (by_log.fact(), by_span.fact());
    assert_eq!(fact.function_id, span.function_id);
    assert_eq!(fact.invocation_id, span.invocation_id);
    assert_eq!(
        (fact.told_by, fact.status),
        (ToldBy::RequestLog, Status::Error)
    );
    assert_eq!(
        (fact.version.as_str(), fact.trigger.as_str()),
        ("checkout-00042-abc", "http")
    );
    // Alone it is named by Google's own span.
    let told = of_logs(resource(&logged), vec![request]);
    let own = format!("{}-{}", "01".repeat(16), "09".repeat(8));
    assert_eq!(
        (
            told.fact().invocation_id.as_str(),
            told.fact().span_id.as_str()
        ),
        (own.as_str(), "")
    );
}

#[test]
fn requests_of_one_trace_stay_apart_and_each_finds_its_span_in_any_order_and_number() {
    const LOGGED: [(&str, &str); 3] = [
        ("gcp.location", "europe-west1"),
        ("gcp.resource_type", "cloud_run_revision"),
        ("gcp.service_name", "checkout"),
    ];
    const TRACED: [(&str, &str); 3] = [
        ("cloud.platform", "gcp_cloud_run"),
        ("cloud.region", "europe-west1"),
        ("faas.name", "checkout"),
    ];
    // Google's span 8 is above our span 1, and its span 9 above our span 2.
    let tell = |normaliser: &mut Normaliser, what: (char, u8)| {
        let told = match what {
            ('s', id) => {
                let invocation = span(SpanKind::Server, 1, id, id + 7, &[]);
                let group = vec![spans(resource(&TRACED), vec![invocation])];
                after_traces(normaliser, group).0
            }
            (_, id) => {
                let attrs = [("gcp.http_request", r#"{"latency":"0.250s","status":200}"#)];
                let mut request = in_trace(record("", &attrs), 1);
                request.span_id = vec![id + 7; 8];
                after_logs(normaliser, resource(&LOGGED), vec![request]).0
            }
        };
        (what.1, told.fact().invocation_id.clone())
    };
    let orders = [
        [('s', 1), ('s', 2), ('l', 1), ('l', 2), ('s', 1), ('l', 2)],
        [('l', 1), ('l', 2), ('s', 2), ('s', 1), ('s', 2), ('l', 1)],
        [('l', 2), ('s', 2), ('s', 2), ('s', 1), ('l', 1), ('l', 1)],
    ];
    for order in orders {
        let mut normaliser = Normaliser::new();
        let told: Vec<(u8, String)> = order
            .into_iter()
            .map(|what| tell(&mut normaliser, what))
            .collect();
        let distinct: std::collections::BTreeSet<_> = told.iter().cloned().collect();
        assert_eq!(distinct.len(), 2, "{order:?}: {told:?}");
    }
}
