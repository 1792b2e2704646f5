//! OTLP/HTTP: good requests, and every bad one with its status and message.

use ::http::Method;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use serde_json::json;
use std::io::Write as _;

use super::*;
use crate::config::Cors;
use crate::refusal::Reason;
use crate::ship::Failure;

fn json_span(id: &str) -> String {
    format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{
            "traceId":"5b8efff798038103d269b633813fc60c","spanId":"{id}","name":"x",
            "startTimeUnixNano":"{TIME}","endTimeUnixNano":{TIME}}}]}}]}}]}}"#
    )
}

#[tokio::test]
async fn every_signal_is_taken_in_both_encodings() {
    let store = Script::default();
    let collector = run(config(), &store).await;
    let body = traces(vec![span("a"), span("b")]).encode_to_vec();
    let answer = post(&collector, "/v1/traces", &[PROTOBUF], body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, PROTOBUF.1)
    );
    assert!(answer.body.is_empty(), "success is an empty message");

    let answer = post(
        &collector,
        "/v1/traces",
        &[JSON],
        json_span("eee19b7ec3c1b174"),
    )
    .await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({})));

    let logs = format!(
        r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"timeUnixNano":"{TIME}"}}]}}]}}]}}"#
    );
    let answer = post(&collector, "/v1/logs", &[JSON], logs).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({})));

    let metrics = format!(
        r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"m","gauge":{{
            "dataPoints":[{{"timeUnixNano":"{TIME}","asInt":"1"}}]}}}}]}}]}}]}}"#
    );
    let answer = post(&collector, "/v1/metrics", &[JSON], metrics).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({})));

    let counted = collector.counters().snapshot();
    assert_eq!(
        (
            counted.traces.requests_accepted,
            counted.traces.items_accepted
        ),
        (2, 3)
    );
    assert_eq!(
        (counted.logs.items_accepted, counted.metrics.items_accepted),
        (1, 1)
    );
    collector.stop().await;
}

#[tokio::test]
async fn an_empty_request_is_a_success() {
    let store = Script::default();
    let collector = run(config(), &store).await;
    for path in ["/v1/traces", "/v1/logs", "/v1/metrics"] {
        let answer = post(&collector, path, &[PROTOBUF], "").await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
        for body in ["", "{}"] {
            let answer = post(&collector, path, &[JSON], body).await;
            assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({})));
        }
    }
    assert!(store.rows_asked().is_empty());
}

#[tokio::test]
async fn the_content_type_may_have_parameters_and_any_case() {
    let collector = run(config(), &Script::default()).await;
    for content_type in [
        "application/json; charset=utf-8",
        "Application/JSON",
        " application/json ;x=y",
    ] {
        let answer = post(
            &collector,
            "/v1/traces",
            &[("content-type", content_type)],
            "{}",
        )
        .await;
        assert_eq!(answer.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn compressed_bodies_are_taken() {
    let collector = run(config(), &Script::default()).await;
    let plain = traces(vec![span("a")]).encode_to_vec();
    for (encoding, body) in [
        ("gzip", gzip(&plain)),
        ("zstd", zstd(&plain)),
        ("identity", plain.clone()),
    ] {
        let headers = [PROTOBUF, ("content-encoding", encoding)];
        assert_eq!(
            post(&collector, "/v1/traces", &headers, body).await.status,
            200,
            "{encoding}"
        );
    }
    let counted = collector.counters().snapshot().traces;
    assert_eq!(counted.items_accepted, 3);
    assert_eq!(counted.bytes_decompressed, 3 * plain.len() as u64);
}

#[tokio::test]
async fn bad_items_are_told_as_a_partial_success() {
    let store = Script::default();
    let collector = run(config(), &store).await;
    let mut bad = span("bad");
    bad.span_id.truncate(2);
    let body = traces(vec![span("good"), bad, span("good")]).encode_to_vec();
    let answer = post(&collector, "/v1/traces", &[PROTOBUF], body).await;
    assert_eq!(answer.status, 200);
    let partial = ExportTraceServiceResponse::decode(answer.body).expect("a response");
    let partial = partial.partial_success.expect("partial");
    assert_eq!(partial.rejected_spans, 1);
    assert!(
        partial.error_message.contains("spans[1].spanId"),
        "{}",
        partial.error_message
    );
    assert_eq!(
        collector.counters().snapshot().traces.items_accepted,
        2,
        "neighbours are kept"
    );

    // Base64 as ids: not hex, so the span is refused and the request is not.
    let answer = post(&collector, "/v1/traces", &[JSON], json_span("7uGbfsPBsXQ=")).await;
    let partial = &answer.json()["partialSuccess"];
    assert_eq!(
        (answer.status.as_u16(), &partial["rejectedSpans"]),
        (200, &json!("1"))
    );
    assert!(
        partial["errorMessage"]
            .as_str()
            .expect("text")
            .contains("spanId"),
        "{partial}"
    );
}

#[tokio::test]
async fn a_field_at_fault_is_a_bad_request_detail() {
    let collector = run(config(), &Script::default()).await;
    let answer = post(&collector, "/v1/logs", &[JSON], r#"{"resourceLogs":{}}"#).await;
    let status = answer.json();
    assert_eq!(status["code"], 3);
    let violation = &status["details"][0]["fieldViolations"][0];
    assert_eq!(violation["field"], "resourceLogs");
}

#[tokio::test]
async fn wrong_methods_and_paths_are_told_what_is_right() {
    let collector = run(config(), &Script::default()).await;
    let url = |path: &str| format!("http://{}{path}", collector.http_addr());
    let get = send(false, Method::GET, &url("/v1/traces"), &[], "").await;
    assert_eq!((get.status.as_u16(), get.header("allow")), (405, "POST"));
    assert_eq!(get.json()["message"], "send traces with POST");
    let options = send(false, Method::OPTIONS, &url("/v1/traces"), &[], "").await;
    assert_eq!(options.status, 405, "CORS is off");

    let answer = post(&collector, "/v1/spans", &[PROTOBUF], "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (404, PROTOBUF.1)
    );
    let answer = post(&collector, "/v1development/profiles", &[JSON], "{}").await;
    assert_eq!(
        answer.json()["message"],
        "/v1development/profiles is not here: OTLP/HTTP has /v1/traces, /v1/logs and /v1/metrics"
    );
    let answer = post(&collector, "/", &[JSON], "{}").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["code"]),
        (404, &json!(5))
    );
    let root = send(false, Method::GET, &url("/"), &[], "").await;
    assert!(
        root.body
            .starts_with(b"Nephoscope takes OpenTelemetry here: POST /v1/traces")
    );
    let counted = collector.counters().snapshot();
    assert_eq!(counted.strays, [(Reason::Path, 3)]);
    assert_eq!(counted.traces.refused, [(Reason::Method, 2)]);
}

#[tokio::test]
async fn without_the_right_key_nothing_is_read() {
    let store = Script::default();
    let collector = run(with_key(), &store).await;
    let body = traces(vec![span("a")]).encode_to_vec();
    for header in ["", "Bearer wrong", "Basic abc"] {
        let headers = [PROTOBUF, ("authorization", header)];
        let answer = post(&collector, "/v1/traces", &headers, body.clone()).await;
        assert_eq!(answer.status, 401, "{header}");
        assert_eq!(
            answer.header("www-authenticate"),
            r#"Bearer realm="nephoscope""#
        );
        assert_eq!(answer.header("content-type"), PROTOBUF.1);
    }
    assert!(store.rows_asked().is_empty());
    let right = format!("Bearer {KEY}");
    let headers = [PROTOBUF, ("authorization", &right)];
    assert_eq!(
        post(&collector, "/v1/traces", &headers, body).await.status,
        200
    );
}

#[tokio::test]
async fn overload_asks_for_a_retry_in_a_second() {
    // Room for one of these requests.
    let narrow = Config {
        max_request_bytes: 1024,
        max_in_flight_bytes: 1024,
        ..config()
    };
    let collector = run(narrow, &Script::default()).await;
    // A request that never ends holds what it has sent so far.
    let mut held = std::net::TcpStream::connect(collector.http_addr()).expect("connected");
    let head = "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: 1020\r\n\
                content-type: application/x-protobuf\r\n\r\n";
    held.write_all(head.as_bytes()).expect("sent");
    held.write_all(&[0; 1000]).expect("sent");
    let body = traces(vec![span(&"x".repeat(700))]).encode_to_vec();
    let answer = loop {
        let answer = post(&collector, "/v1/traces", &[PROTOBUF], body.clone()).await;
        if answer.status != 200 {
            break answer;
        }
    };
    assert_eq!(
        (answer.status.as_u16(), answer.header("retry-after")),
        (429, "1")
    );
    assert_eq!(
        status(&answer.body),
        (
            14,
            "the collector holds 1024 bytes of requests: send again in a second".into()
        )
    );
    drop(held);
    until("there is room again", || {
        collector
            .counters()
            .snapshot()
            .traces
            .refused
            .contains(&(Reason::Interrupted, 1))
    })
    .await;
    let answer = post(&collector, "/v1/traces", &[PROTOBUF], body).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn an_away_store_is_felt_by_nobody_until_the_spool_is_full() {
    let (store, gate) = gated();
    let mut small = config();
    small.max_request_bytes = 1024;
    small.spool.max_bytes = Some(9 * 1024);
    let collector = run(small, &store).await;
    let mut taken = 0_usize;
    let answer = loop {
        let body = traces(vec![span(&format!("{taken:0600}"))]).encode_to_vec();
        let answer = post(&collector, "/v1/traces", &[PROTOBUF], body).await;
        if answer.status != 200 {
            break answer;
        }
        taken += 1;
    };
    assert!((2..8).contains(&taken), "{taken} in a third of 9 KiB");
    assert_eq!(
        (answer.status.as_u16(), answer.header("retry-after")),
        (503, "1")
    );
    gate.add_permits(100);
    until("all is stored", || {
        collector.counters().snapshot().traces.rows_stored as usize >= taken
    })
    .await;
}

#[tokio::test]
async fn what_the_store_refuses_is_kept_aside_and_its_sender_is_not_to_blame() {
    let refused = || {
        Err(Failure::Refused(
            "Code: 53. DB::Exception: secret details".into(),
        ))
    };
    let store = Script::answering([refused(), refused()]);
    let config = config();
    let letters = config.spool.folder.join("traces/dead-letters");
    let collector = run(config, &store).await;
    let body = json_span("eee19b7ec3c1b174");
    let answer = post(&collector, "/v1/traces", &[JSON], body.clone()).await;
    assert_eq!(answer.status, 200);
    until("it is kept aside", || letters.exists()).await;
    until("with the reason and the span", || {
        std::fs::read(&letters).is_ok_and(|text| {
            let text = String::from_utf8_lossy(&text).into_owned();
            // The span's name as protobuf: one byte long.
            text.contains("Code: 53.") && text.contains("\u{1}x")
        })
    })
    .await;
}

#[tokio::test]
async fn allowed_pages_may_send_and_read_the_answer() {
    let cors = Cors {
        allowed_origins: vec!["https://shop.example".into()],
    };
    let collector = run(Config { cors, ..config() }, &Script::default()).await;
    let url = format!("http://{}/v1/traces", collector.http_addr());
    let page = ("origin", "https://shop.example");
    let answer = send(false, Method::OPTIONS, &url, &[page], "").await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-methods"), "POST");
    let answer = post(&collector, "/v1/traces", &[JSON, page], "{}").await;
    assert_eq!(answer.header("access-control-allow-origin"), page.1);
    let other = ("origin", "https://evil.example");
    let answer = post(&collector, "/v1/traces", &[JSON, other], "{}").await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
}
