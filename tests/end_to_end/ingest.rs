//! What the specification asks of a receiver, on the running product with its real store.

use std::path::Path;

use crate::harness::{Product, get, post, rows, stored, wait_for};

fn specification(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/otlp/specification");
    std::fs::read(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[tokio::test]
async fn every_example_of_the_specification_is_acknowledged_and_stored() {
    let product = Product::start(&[]).await;
    let store = product.store();
    for (file, path) in [
        ("trace.traces.json", "traces"),
        ("logs.logs.json", "logs"),
        ("metrics.metrics.json", "metrics"),
        ("events.logs.json", "logs"),
    ] {
        let url = format!("{}/v1/{path}", product.http);
        let answer = post(&url, "application/json; charset=utf-8", specification(file)).await;
        assert_eq!(
            (answer.status, answer.text()),
            (200, "{}".to_owned()),
            "{file}"
        );
    }
    stored(&store, "SELECT count() FROM otel_traces", 1).await;
    stored(&store, "SELECT count() FROM otel_logs", 2).await;
    let points = "SELECT assumeNotNull((SELECT count() FROM otel_metrics_sum) + (SELECT count() FROM otel_metrics_gauge) \
                  + (SELECT count() FROM otel_metrics_histogram) \
                  + (SELECT count() FROM otel_metrics_exp_histogram))";
    stored(&store, points, 4).await;
    let span = rows(
        &store,
        "SELECT TraceId, SpanId, SpanKind, ServiceName, Duration FROM otel_traces",
    )
    .await;
    assert_eq!(span[0]["TraceId"], "5b8efff798038103d269b633813fc60c");
    assert_eq!(span[0]["SpanKind"], "Server");
}

#[tokio::test]
async fn a_bad_item_is_named_and_its_neighbours_are_kept() {
    let product = Product::start(&[]).await;
    let now = store::clock::now().0;
    let span = |id: &str, at: i64| {
        serde_json::json!({"traceId": "5b8efff798038103d269b633813fc60c", "spanId": id, "name": "s",
            "kind": 2, "startTimeUnixNano": at.to_string(), "endTimeUnixNano": at + 5})
    };
    let body = serde_json::json!({"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{
        "spans": [span("eee19b7ec3c1b174", now), span("eee1", now), span("eee19b7ec3c1b175", 7),
                  span("eee19b7ec3c1b176", now)]}]}]});
    let answer = post(
        &format!("{}/v1/traces", product.http),
        "application/json",
        body.to_string(),
    )
    .await;
    assert_eq!(answer.status, 200);
    let partial = &answer.json()["partialSuccess"];
    assert_eq!(partial["rejectedSpans"], "2");
    let message = partial["errorMessage"].as_str().expect("a message");
    assert!(message.contains("spans[1].spanId"), "{message}");
    stored(&product.store(), "SELECT count() FROM otel_traces", 2).await;
}

#[tokio::test]
async fn a_function_that_was_invoked_shows_on_its_page_within_seconds() {
    let product = Product::start(&[]).await;
    let now = store::clock::now().0;
    let attribute =
        |key: &str, value: &str| serde_json::json!({"key": key, "value": {"stringValue": value}});
    let body = serde_json::json!({"resourceSpans": [{
        "resource": {"attributes": [
            attribute("service.name", "checkout"), attribute("faas.name", "checkout"),
            attribute("faas.version", "7"), attribute("cloud.provider", "aws"),
            attribute("cloud.platform", "aws_lambda"), attribute("cloud.region", "eu-central-1"),
            attribute("cloud.account.id", "123456789012")]},
        "scopeSpans": [{"spans": [{
            "traceId": "5b8efff798038103d269b633813fc60d", "spanId": "eee19b7ec3c1b174",
            "name": "checkout", "kind": 2, "startTimeUnixNano": now, "endTimeUnixNano": now + 180_000_000,
            "attributes": [attribute("faas.invocation_id", "79104a10-1b1b-4e7a-9c1a-9b1b1b1b1b1b"),
                {"key": "faas.coldstart", "value": {"boolValue": true}}]}]}]}]});
    let answer = post(
        &format!("{}/v1/traces", product.http),
        "application/json",
        body.to_string(),
    )
    .await;
    assert_eq!((answer.status, answer.text()), (200, "{}".to_owned()));
    let page = wait_for("the function on its page", async || {
        let page = get(&format!("{}/functions.json", product.dashboard)).await;
        page.text()
            .contains("aws:123456789012:eu-central-1:checkout")
            .then(|| page.json())
    })
    .await;
    assert!(page.to_string().contains("checkout"));
}
