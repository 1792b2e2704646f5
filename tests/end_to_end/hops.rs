//! Traces joined across clouds: by links, by X-Ray's ids, and by what platforms tell of them.

use serde_json::{Value, json};

use crate::harness::{Product, get, post, request, rows, stored, wait_for};

/// The producer's own trace, and the platform's name for the same invocation.
const SENT: &str = "0af7651916cd43dd8448eb211c80319c";
const RECEIVED_ON_AZURE: &str = "1bf7651916cd43dd8448eb211c80319c";
const RECEIVED_FROM_SQS: &str = "2cf7651916cd43dd8448eb211c80319c";
const SECOND: i64 = 1_000_000_000;

fn attribute(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn lambda(name: &str) -> Value {
    json!({"attributes": [
        attribute("cloud.account.id", "123456789012"), attribute("cloud.platform", "aws_lambda"),
        attribute("cloud.region", "eu-central-1"), attribute("faas.name", name),
        attribute("service.name", name)]})
}

fn span(trace: &str, id: &str, kind: u8, start: i64, attributes: Vec<Value>) -> Value {
    json!({"traceId": trace, "spanId": id, "name": format!("span {id}"), "kind": kind,
        "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + SECOND).to_string(),
        "attributes": attributes})
}

async fn send_spans(product: &Product, resource: Value, spans: Vec<Value>) {
    let body = json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]});
    send(product, "traces", &body).await;
}

async fn send(product: &Product, signal: &str, body: &Value) {
    let url = format!("{}/v1/{signal}", product.http);
    let answer = post(&url, "application/json", body.to_string()).await;
    assert_eq!((answer.status, answer.text()), (200, "{}".to_owned()));
}

/// A REPORT line of a function under a trace of X-Ray's.
async fn report(product: &Product, function: &str, (id, trace): (&str, &str), at: i64) {
    let body = format!(
        "REPORT RequestId: {id}\tDuration: 1000.00 ms\tBilled Duration: 1000 ms\t\
         Memory Size: 128 MB\tMax Memory Used: 66 MB\tStatus: timeout\n\
         XRAY TraceId: {trace}\tSegmentId: 24cd7d670fa455f0\tSampled: true"
    );
    let record = json!({"timeUnixNano": at.to_string(), "body": {"stringValue": body}});
    let group = json!({"resource": lambda(function), "scopeLogs": [{"logRecords": [record]}]});
    send(product, "logs", &json!({"resourceLogs": [group]})).await;
}

/// `1-<time>-<rest>`, as X-Ray would name a trace that began at `at`.
fn xray(at: i64, rest: u8) -> String {
    format!("1-{:08x}-{:024x}", at / SECOND, rest)
}

async fn hops(product: &Product, trace: &str) -> Vec<Value> {
    let told = get(&format!("{}/traces/{trace}.json", product.dashboard)).await;
    let hops = told.json()["hops"].as_array().cloned();
    hops.unwrap_or_else(|| panic!("{}", told.text()))
}

/// A producer on AWS, told by its span and by a REPORT line under X-Ray's id; a consumer on Azure that
/// links to it, and one on AWS whose queue handed on X-Ray's header.
async fn play(product: &Product, at: i64, platform: &str) {
    let id = "459921b5-681c-4a96-beb0-81e0aa586026";
    let sent = vec![
        span(
            SENT,
            "00000000000000a1",
            2,
            at,
            vec![attribute("faas.invocation_id", id)],
        ),
        span(SENT, "00000000000000a2", 4, at, vec![]),
    ];
    send_spans(product, lambda("order"), sent).await;
    report(product, "order", (id, platform), at + SECOND).await;
    let app = json!({"attributes": [attribute("cloud.platform", "azure.functions"),
        attribute("service.name", "shop")]});
    let told = vec![
        attribute("faas.invocation_id", "b-1"),
        attribute("faas.name", "OnOrder"),
    ];
    let mut received = span(
        RECEIVED_ON_AZURE,
        "00000000000000b1",
        5,
        at + 3 * SECOND,
        told,
    );
    received["links"] = json!([{"traceId": SENT, "spanId": "00000000000000a2"}]);
    send_spans(product, app, vec![received]).await;
    let header = format!("Root={platform};Parent=35465b3a9e2f7c6a;Sampled=1");
    let told = vec![
        attribute("faas.invocation_id", "c-1"),
        attribute("messaging.header.AWSTraceHeader", &header),
    ];
    let received = span(
        RECEIVED_FROM_SQS,
        "00000000000000c1",
        5,
        at + 5 * SECOND,
        told,
    );
    send_spans(product, lambda("ship"), vec![received]).await;
    stored(&product.store(), "SELECT count() FROM otel_traces", 4).await;
    let joined = "SELECT count() FROM invocations WHERE with_span AND platform_trace_id != ''";
    stored(&product.store(), joined, 1).await;
}

/// The lookups that know no function go by an index: ClickHouse refuses these if it would not.
async fn lookups_go_by_an_index(store: &store::Store) {
    for (sql, index) in [
        (
            "otel_traces WHERE hasAny(Links.TraceId, ['x'])",
            "idx_link_trace_id",
        ),
        (
            "invocation_facts WHERE platform_trace_id = 'x'",
            "idx_platform_trace_id",
        ),
        (
            "invocation_facts WHERE platform_trace_id IN ['x', 'y']",
            "idx_platform_trace_id",
        ),
    ] {
        let forced =
            format!("SELECT 1 FROM {sql} SETTINGS force_data_skipping_indices = '{index}'");
        assert!(rows(store, &forced).await.is_empty(), "{sql}");
    }
}

#[tokio::test]
async fn messages_join_traces_across_clouds_in_both_directions() {
    let product = Product::start(&[]).await;
    let at = store::clock::now().0 - 60 * SECOND;
    let platform = xray(at, 7);
    play(&product, at, &platform).await;
    let told = hops(&product, SENT).await;
    let said: Vec<[&Value; 4]> = told
        .iter()
        .map(|h| {
            [
                &h["way"],
                &h["function_id"],
                &h["own_span_id"],
                &h["delay_ns"],
            ]
        })
        .collect();
    let azure = json!("azure:::shop/OnOrder");
    let aws = json!("aws:123456789012:eu-central-1:ship");
    let (to, producer, invocation) = (
        json!("to"),
        json!("00000000000000a2"),
        json!("00000000000000a1"),
    );
    assert_eq!(
        said,
        [
            [&to, &azure, &producer, &json!(2 * SECOND)],
            // X-Ray's parent is a segment of the platform's: the invocation it reported is meant.
            [&to, &aws, &invocation, &json!(4 * SECOND)]
        ]
    );
    // The other way round: by the link, and by the id under which the platform reported the sender.
    for (trace, sender, delay_s) in [
        (RECEIVED_ON_AZURE, "00000000000000a2", 2),
        (RECEIVED_FROM_SQS, "00000000000000a1", 4),
    ] {
        let told = hops(&product, trace).await;
        assert_eq!(told.len(), 1, "{told:?}");
        let said = ["way", "trace_id", "span_id", "function_id"].map(|field| &told[0][field]);
        let order = "aws:123456789012:eu-central-1:order";
        assert_eq!(said, ["from", SENT, sender, order], "{trace}");
        assert_eq!(told[0]["delay_ns"], delay_s * SECOND, "{trace}");
    }
    lookups_go_by_an_index(&product.store()).await;
    let page = get(&format!("{}/traces/{SENT}", product.dashboard))
        .await
        .text();
    for text in [
        "Messages",
        "OnOrder",
        "Azure",
        "2\u{a0}s",
        RECEIVED_FROM_SQS,
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[tokio::test]
async fn a_trace_is_found_by_the_name_that_x_ray_gave_it() {
    let product = Product::start(&[]).await;
    let at = store::clock::now().0 - 60 * SECOND;
    let (platform, silent) = (xray(at, 7), xray(at, 8));
    play(&product, at, &platform).await;
    let page = product.dashboard.clone();
    let header = format!("Root%3D{platform}%3BParent%3D35465b3a9e2f7c6a%3BSampled%3D1");
    // The platform's name leads to the trace of the invocation's span.
    let answer = get(&format!("{page}/traces/{platform}")).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let answer = get(&format!("{page}/traces?q={header}")).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    // X-Ray's spelling of a trace that has spans opens it.
    let spelt = format!("1-{}-{}", &SENT[..8], &SENT[8..]);
    let told = request(
        "GET",
        &format!("{page}/traces/{spelt}.json"),
        &[],
        Vec::new(),
    )
    .await;
    assert_eq!(told.json()["trace_id"], SENT);
    // The invocation knows both names, and is one.
    let invocations = &told.json()["invocations"];
    assert_eq!(
        invocations.as_array().map(Vec::len),
        Some(1),
        "{invocations}"
    );
    let w3c = platform[2..].replace('-', "");
    assert_eq!(invocations[0]["platform_trace_id"], json!(w3c));
    assert_eq!(invocations[0]["billed_duration_ms"], 1_000.0);
    assert_eq!(invocations[0]["status"], "timeout");

    // A trace of which only the platform tells is shown as what it is.
    let id = "659921b5-681c-4a96-beb0-81e0aa586026";
    report(&product, "silent", (id, &silent), at + SECOND).await;
    let html = wait_for("the silent function's trace", async || {
        let answer = get(&format!("{page}/traces/{silent}")).await;
        (answer.status == 200).then(|| answer.text())
    })
    .await;
    assert!(html.contains("No span of this trace arrived"), "{html}");
    assert!(
        html.contains("reconstructed from the platform's report, no span arrived"),
        "{html}"
    );
    assert!(
        html.contains("timeout") && html.contains(">silent</a>"),
        "{html}"
    );
    let unknown = get(&format!("{page}/traces/{}", xray(at, 9))).await;
    assert_eq!(unknown.status, 404);
}
