//! Lines and records as the platforms really write them, sent as OTLP requests: what becomes of each.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::{Value as Json, json};

use super::support::*;

const ID: &str = "459921b5-681c-4a96-beb0-81e0aa586026";
const LAMBDA: [(&str, &str); 3] = [
    ("cloud.platform", "aws_lambda"),
    ("cloud.region", "eu-central-1"),
    ("faas.name", "checkout"),
];
const RUN: [(&str, &str); 4] = [
    ("gcp.location", "europe-west1"),
    ("gcp.project_id", "my-project"),
    ("gcp.resource_type", "cloud_run_revision"),
    ("gcp.service_name", "checkout"),
];

/// The facts that records tell, one after the other, as JSON.
fn facts(from: &[(&str, &str)], records: &[(&str, &[(&str, &str)])]) -> Vec<Json> {
    let records = records.iter().map(|(body, attrs)| record(body, attrs));
    let told = of_logs(resource(from), records.collect());
    told.json()["invocation_facts"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

/// Asserts that `told` has each field of `expected`; a null means "not told".
fn assert_says(told: &Json, expected: &Json, sample: &str) {
    for (field, value) in expected.as_object().expect("an object") {
        assert_eq!(&told[field], value, "{field} of {sample}: {told:#}");
    }
}

#[test]
fn every_tail_of_a_report_line_is_read_in_whatever_order_it_comes() {
    let line = |tail: &str| {
        format!(
            "REPORT RequestId: {ID}\tDuration: 13.82 ms\tBilled Duration: 129 ms\t\
             Memory Size: 512 MB\tMax Memory Used: 71 MB\t{tail}\n"
        )
    };
    let cases = [
        (
            "",
            json!({"cold_start": false, "init_duration_ms": null, "status": "Unknown"}),
        ),
        (
            "Init Duration: 170.13 ms\t",
            json!({"cold_start": true, "init_duration_ms": 170.13}),
        ),
        (
            "Restore Duration: 204.27 ms\tBilled Restore Duration: 115 ms\t",
            json!({"init_kind": "snapstart-restore", "init_duration_ms": 204.27, "cold_start": true,
                   "billed_duration_ms": 129.0}),
        ),
        ("Status: timeout", json!({"status": "Timeout"})),
        (
            "Status: error\tError Type: Runtime.ExitError",
            json!({"status": "Error", "error_type": "Runtime.ExitError"}),
        ),
        (
            "Init Duration: 1.00 ms\tStatus: error\tError Type: Runtime.OutOfMemory",
            json!({"status": "OutOfMemory", "init_duration_ms": 1.0}),
        ),
        (
            "\nXRAY TraceId: 1-6352a70e-1e2c502e358361800241fd45\tSegmentId: 24cd7d670fa455f0\tSampled: true",
            json!({"trace_id": "6352a70e1e2c502e358361800241fd45"}),
        ),
    ];
    for (tail, expected) in cases {
        let body = line(tail);
        for body in [body.replace('\t', " "), body] {
            let told = facts(&LAMBDA, &[(&body, &[])]);
            assert_eq!(told.len(), 1, "{body}");
            assert_says(&told[0], &expected, &body);
            let always = json!({
                "duration_ms": 13.82, "billed_duration_ms": 129.0, "memory_used_mb": 71,
                "platform_memory_size_mb": 512, "memory_size_mb": null, "told_by": "ReportLine",
            });
            assert_says(&told[0], &always, &body);
        }
    }
}

#[test]
fn starts_and_reports_of_inits_and_restores_are_told_of_the_invocation_behind_them() {
    let end = format!("START RequestId: {ID} Version: $LATEST");
    let cases: [(&[&str], Json); 6] = [
        (
            &["RESTORE_REPORT Restore Duration: 511.25 ms"],
            json!({"init_kind": "snapstart-restore", "init_duration_ms": 511.25, "cold_start": true}),
        ),
        (
            &["RESTORE_REPORT Restore Duration: 1236.04 ms Status: timeout"],
            json!({"init_kind": "snapstart-restore", "init_duration_ms": 1236.04}),
        ),
        (
            &[
                "RESTORE_REPORT Restore Duration: 1236.04 ms Status: error Error Type: Runtime.ExitError",
            ],
            json!({"init_kind": "snapstart-restore", "init_duration_ms": 1236.04}),
        ),
        (
            &[
                "RESTORE_START Runtime Version: java:11.v21\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:156a",
                "RESTORE_REPORT Restore Duration: 511.25 ms",
            ],
            json!({"platform_runtime": "java:11.v21", "init_duration_ms": 511.25}),
        ),
        (
            &[
                "INIT_START Runtime Version: provided:al2023.v66\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:156a",
            ],
            json!({"platform_runtime": "provided:al2023.v66", "cold_start": null}),
        ),
        (
            &["INIT_REPORT Init Duration: 10009.85 ms Phase: init Status: timeout"],
            json!({"init_kind": "on-demand", "init_duration_ms": 10009.85, "cold_start": true}),
        ),
    ];
    for (lines, expected) in cases {
        let mut records: Vec<(&str, &[(&str, &str)])> =
            lines.iter().map(|line| (*line, &[][..])).collect();
        records.push((&end, &[]));
        let told = facts(&LAMBDA, &records);
        assert_eq!(told.len(), 1, "{lines:?}");
        assert_says(&told[0], &expected, lines[0]);
        assert_says(
            &told[0],
            &json!({"invocation_id": ID, "told_by": "PlatformReport"}),
            lines[0],
        );
    }
}

#[test]
fn records_of_the_telemetry_api_are_read_as_documented() {
    let report = format!(
        r#"{{"time":"2022-10-21T14:05:05.766Z","type":"platform.report","record":{{"requestId":"{ID}","metrics":{{"durationMs":2599.4,"billedDurationMs":2600,"memorySizeMB":128,"maxMemoryUsedMB":94,"initDurationMs":549.04}},"tracing":{{"spanId":"24cd7d670fa455f0","type":"X-Amzn-Trace-Id","value":"Root=1-6352a70e-1e2c502e358361800241fd45;Parent=35465b3a9e2f7c6a;Sampled=1"}},"status":"success"}}}}"#
    );
    let told = facts(&LAMBDA, &[(&report, &[])]);
    let expected = json!({
        "duration_ms": 2599.4, "billed_duration_ms": 2600.0, "platform_memory_size_mb": 128,
        "memory_used_mb": 94, "init_duration_ms": 549.04, "status": "Ok",
        "trace_id": "6352a70e1e2c502e358361800241fd45", "told_by": "PlatformReport",
    });
    assert_says(&told[0], &expected, &report);
    // A managed instance has only a duration; its init made nobody wait.
    let managed = r#"{"time":"2025-09-19T19:36:50.881Z","type":"platform.report","record":{"requestId":"13d1305b-a2f5-440c-bfbe-686ccff3d3e0","status":"success","metrics":{"durationMs":1.148},"spans":[{"name":"responseLatency","start":"2025-09-19T19:36:50.880Z","durationMs":0.847}]}}"#;
    let init = r#"{"time":"2022-10-19T13:52:16.136Z","type":"platform.initReport","record":{"initializationType":"lambda-managed-instances","metrics":{"durationMs":500.0},"phase":"init"}}"#;
    let told = facts(&LAMBDA, &[(init, &[]), (managed, &[])]);
    let expected = json!({"init_kind": "managed-instance", "cold_start": false});
    assert_says(&told[0], &expected, init);
    let expected = json!({
        "duration_ms": 1.148, "billed_duration_ms": null, "platform_memory_size_mb": null,
        "memory_used_mb": null, "cold_start": null, "status": "Ok",
    });
    assert_says(&told[1], &expected, managed);
    // A failed restore has no figure, but its kind is known.
    let restore = r#"{"time":"2022-10-19T13:52:16.136Z","type":"platform.restoreReport","record":{"status":"failure","errorType":"RestoreError"}}"#;
    let start = r#"{"time":"2022-10-19T13:52:15.136Z","type":"platform.initStart","record":{"initializationType":"snap-start","phase":"init","runtimeVersion":"nodejs-14.v3","runtimeVersionArn":"arn"}}"#;
    let told = facts(&LAMBDA, &[(start, &[]), (restore, &[]), (&report, &[])]);
    let expected = json!({
        "init_kind": "snapstart-restore", "init_duration_ms": null, "platform_runtime": "nodejs-14.v3",
    });
    assert_says(&told[0], &expected, restore);
}

#[test]
fn an_init_run_again_inside_its_invocation_is_suppressed_whatever_failed_before() {
    let start = format!("START RequestId: {ID} Version: 7");
    let end = format!(
        "REPORT RequestId: {ID} Duration: 3000.00 ms Billed Duration: 3000 ms Memory Size: 128 MB Max Memory Used: 60 MB"
    );
    let records: [(&str, &[(&str, &str)]); 4] = [
        (
            "INIT_REPORT Init Duration: 10009.85 ms\tPhase: init\tStatus: timeout",
            &[],
        ),
        (&start, &[]),
        (
            "INIT_REPORT Init Duration: 2004.75 ms\tPhase: invoke\tStatus: timeout",
            &[],
        ),
        (&end, &[]),
    ];
    let told = facts(&LAMBDA, &records);
    let kinds: Vec<&Json> = told.iter().map(|fact| &fact["init_kind"]).collect();
    // The store keeps the greatest text: "suppressed".
    assert_eq!(
        kinds,
        [&json!("on-demand"), &json!("suppressed"), &Json::Null]
    );
    assert!(told.iter().all(|fact| fact["invocation_id"] == ID));
}

#[test]
fn an_event_of_lambda_insights_tells_the_processor_time_of_the_function_it_names() {
    let group = [
        ("aws.region", "eu-central-1"),
        ("cloudwatch.log.group.name", "/aws/lambda-insights"),
        ("cloudwatch.log.stream", "cpu-intensive"),
    ];
    let event = json!({
        "event_type": "performance", "function_name": "cpu-intensive", "version": "7",
        "request_id": ID, "trace_id": "1-6352a70e-1e2c502e358361800241fd45",
        "duration": 45191, "billed_duration": 45200, "billed_mb_ms": 11_571_200, "cold_start": true,
        "init_duration": 130, "used_memory_max": 63, "total_memory": 256, "cpu_total_time": 6690,
        "timeout": true, "shutdown_reason": "Timeout",
    });
    let body = event.to_string();
    let told = facts(&group, &[(&body, &[])]);
    let expected = json!({
        "function_id": "aws::eu-central-1:cpu-intensive", "told_by": "Insights", "version": "7",
        "cpu_ms": 6690.0, "duration_ms": 45191.0, "billed_duration_ms": 45200.0,
        "platform_memory_size_mb": 256, "memory_used_mb": 63, "init_duration_ms": 130.0,
        "cold_start": true, "status": "Timeout", "trace_id": "6352a70e1e2c502e358361800241fd45",
    });
    assert_says(&told[0], &expected, &body);
    // A function that prints such an event is not believed.
    assert!(facts(&LAMBDA, &[(&body, &[])]).is_empty());
}

#[test]
fn lines_of_azure_and_of_the_first_generation_of_google_are_read_as_documented() {
    let app = [
        ("cloud.platform", "azure.functions"),
        ("service.name", "shop"),
    ];
    for (word, status) in [("Succeeded", "Ok"), ("Failed", "Error")] {
        let body = format!("Executed 'Functions.MyHttpTrigger1' ({word}, Id={ID}, Duration=230ms)");
        let told = facts(&app, &[(&body, &[])]);
        let expected = json!({
            "function_id": "azure:::shop/MyHttpTrigger1", "invocation_id": ID, "status": status,
            "duration_ms": 230.0, "told_by": "HostLog",
        });
        assert_says(&told[0], &expected, &body);
    }
    let resize = [
        ("cloud.platform", "gcp_cloud_functions"),
        ("cloud.region", "europe-west1"),
        ("faas.name", "resize"),
    ];
    let label: &[(&str, &str)] = &[("execution_id", "e-1")];
    for (end, status) in [
        ("status code: 200", "Ok"),
        ("status code: 500", "Error"),
        ("status: 'ok'", "Ok"),
        ("status: 'timeout'", "Timeout"),
        ("status: 'crash'", "Error"),
    ] {
        let body = format!("Function execution took 131 ms, finished with {end}");
        let told = facts(
            &resize,
            &[("Function execution started", label), (&body, label)],
        );
        assert_eq!(told.len(), 1);
        let expected = json!({"invocation_id": "e-1", "duration_ms": 131.0, "status": status});
        assert_says(&told[0], &expected, &body);
    }
}

#[test]
fn a_request_that_found_no_instance_is_throttled_and_never_ran() {
    let aborted = "The request was aborted because there was no available instance. Additional \
                   troubleshooting documentation can be found at: https://cloud.google.com/run/docs";
    let attrs = [
        ("gcp.http_request", r#"{"latency":"10.2s","status":429}"#),
        ("log.record.uid", "65ee1a0c000abc"),
    ];
    let told = facts(&RUN, &[(aborted, &attrs)]);
    let expected = json!({
        "throttled": true, "duration_ms": null, "status": "Error", "error_type": "429",
    });
    assert_says(&told[0], &expected, aborted);
    // The function's own 429 is an answer like any other.
    let told = facts(&RUN, &[("", &attrs)]);
    let expected = json!({"throttled": null, "duration_ms": 10_200.0, "status": "Ok"});
    assert_says(&told[0], &expected, "a request log");
}

#[test]
fn the_root_span_of_a_worker_tells_its_processor_time_and_its_true_duration() {
    let worker = [
        ("cloud.platform", "cloudflare.workers"),
        ("faas.name", "router"),
    ];
    let attrs = [
        ("cloudflare.cpu_time_ms", "7"),
        ("cloudflare.wall_time_ms", "326"),
        ("faas.invocation_id", "i-1"),
        ("faas.trigger", "http"),
    ];
    let told = of_spans(
        resource(&worker),
        vec![span(SpanKind::Server, 1, 1, 0, &attrs)],
    );
    assert_eq!(
        (told.fact().cpu_ms, told.fact().duration_ms),
        (Some(7.0), Some(326.0))
    );
    let mut absurd = attrs;
    (absurd[0].1, absurd[1].1) = ("-7", "NaN");
    let told = of_spans(
        resource(&worker),
        vec![span(SpanKind::Server, 1, 1, 0, &absurd)],
    );
    assert_eq!(
        (told.fact().cpu_ms, told.fact().duration_ms),
        (None, Some(100.0))
    );
}

#[test]
fn a_container_image_is_told_by_the_functions_environment() {
    let mut image = LAMBDA.to_vec();
    image.push((
        "process.environment_variable.AWS_EXECUTION_ENV",
        "AWS_Lambda_Image",
    ));
    let attrs = [("faas.invocation_id", ID)];
    let told = of_spans(
        resource(&image),
        vec![span(SpanKind::Server, 1, 1, 0, &attrs)],
    );
    assert_eq!(told.fact().platform_runtime, "image");
}

#[test]
fn a_runtime_that_was_killed_names_its_invocation() {
    let body = format!(
        "RequestId: {ID} Error: Runtime exited with error: signal: killed\nRuntime.ExitError"
    );
    let told = facts(&LAMBDA, &[(&body, &[])]);
    let expected = json!({
        "invocation_id": ID, "status": "Error", "error_type": "Runtime.ExitError",
    });
    assert_says(&told[0], &expected, &body);
}
