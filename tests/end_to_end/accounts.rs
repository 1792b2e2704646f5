//! A function whose account becomes known only after its first invocations were stored.

use serde_json::json;

use crate::harness::{Product, get, post, rows, wait_for};

const KEY: &str = "aws::eu-central-1:checkout";
const FULL: &str = "aws:123456789012:eu-central-1:checkout";

fn attribute(key: &str, value: &str) -> serde_json::Value {
    json!({"key": key, "value": {"stringValue": value}})
}

/// The REPORT line of an invocation, from a log group that says nothing of the account.
fn report(id: u32, at: i64) -> String {
    let body = format!(
        "REPORT RequestId: 459921b5-681c-4a96-beb0-81e0aa5860{id:02}\tDuration: 8.40 ms\t\
         Billed Duration: 9 ms\tMemory Size: 128 MB\tMax Memory Used: 66 MB\t\n"
    );
    json!({"resourceLogs": [{
        "resource": {"attributes": [
            attribute("aws.region", "eu-central-1"),
            attribute("cloudwatch.log.group.name", "/aws/lambda/checkout")]},
        "scopeLogs": [{"logRecords": [{"timeUnixNano": at.to_string(),
            "body": {"stringValue": body}}]}]}]})
    .to_string()
}

/// A span that names the account.
fn span(id: u32, at: i64) -> String {
    let arn = "arn:aws:lambda:eu-central-1:123456789012:function:checkout";
    json!({"resourceSpans": [{
        "resource": {"attributes": [attribute("service.name", "checkout")]},
        "scopeSpans": [{"spans": [{
            "traceId": "5b8efff798038103d269b633813fc60d", "spanId": "eee19b7ec3c1b174",
            "name": "checkout", "kind": 2, "startTimeUnixNano": at.to_string(),
            "endTimeUnixNano": (at + 8_000_000).to_string(),
            "attributes": [attribute("cloud.resource_id", arn),
                attribute("faas.invocation_id", &format!("459921b5-681c-4a96-beb0-81e0aa5860{id:02}"))]}]}]}]})
    .to_string()
}

async fn send(product: &Product, signal: &str, body: String) {
    let url = format!("{}/v1/{signal}", product.http);
    let answer = post(&url, "application/json", body).await;
    assert_eq!((answer.status, answer.text()), (200, "{}".to_owned()));
}

#[tokio::test]
async fn what_was_told_before_the_account_was_known_belongs_to_the_one_function() {
    let product = Product::start(&[]).await;
    let store = product.store();
    let (now, page) = (store::clock::now().0, product.dashboard.clone());
    // Two reports, long before any span: one of an invocation whose span follows, one of another.
    send(&product, "logs", report(1, now)).await;
    send(&product, "logs", report(2, now)).await;
    let counted = "SELECT function_id, toUInt32(sum(invocations)) AS invocations FROM invocations_1m FINAL \
                   GROUP BY function_id HAVING invocations > 0 ORDER BY function_id";
    wait_for("both to be counted without an account", async || {
        let want = [json!({"function_id": KEY, "invocations": 2})];
        (rows(&store, counted).await == want).then_some(())
    })
    .await;
    send(&product, "traces", span(1, now - 8_400_000)).await;
    wait_for("both to be counted for the function", async || {
        let want = [json!({"function_id": FULL, "invocations": 2})];
        (rows(&store, counted).await == want).then_some(())
    })
    .await;
    // The start is the earliest told, not the epoch.
    let starts = "SELECT count() AS n FROM invocations WHERE start < now() - INTERVAL 1 HOUR";
    assert_eq!(rows(&store, starts).await, [json!({"n": 0})]);
    let list = get(&format!("{page}/functions.json")).await.json();
    let ids: Vec<&str> = list["functions"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| row["function_id"].as_str())
        .collect();
    assert_eq!(ids, [FULL], "{list}");
    // Old links lead to the function, with all it did, and what the platform alone told is marked.
    for id in [KEY, FULL] {
        let told = get(&format!("{page}/functions/{id}.json")).await.json();
        assert_eq!(told["function_id"], FULL, "{told}");
        let coverage = json!({"ratio": 0.5, "known": 2, "with_span": 1, "told_by_platform": 2,
            "throttled": 0});
        assert_eq!(told["coverage"], coverage, "{told}");
        let html = get(&format!("{page}/functions/{id}")).await.text();
        assert_eq!(
            html.matches("no span arrived\">reconstructed").count(),
            1,
            "{html}"
        );
        assert!(html.contains("spans arrived of 1 of 2"), "{html}");
        let logs = get(&format!("{page}/logs.json?function={id}")).await.json();
        assert_eq!(logs["logs"].as_array().map(Vec::len), Some(2), "{logs}");
    }
}
