//! The collector sees itself: its page, `/metrics` and what is stored agree with what was sent.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::{Product, get, number, post, request, signal, stored, wait_for};

const JSON: &str = "application/json";

/// A trace request of as many sound spans, and one whose time nobody believes if `bad`.
fn traces(spans: usize, bad: bool) -> String {
    let now = store::clock::now().0;
    let span = |i: usize, at: i64| {
        json!({"traceId": format!("{:032x}", now), "spanId": format!("{:016x}", i + 1),
            "name": "s", "kind": 2, "startTimeUnixNano": at, "endTimeUnixNano": at + 5})
    };
    let mut all: Vec<Value> = (0..spans).map(|i| span(i, now)).collect();
    if bad {
        all.push(span(spans, 7));
    }
    json!({"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"spans": all}]}]})
        .to_string()
}

fn logs(records: usize) -> String {
    let now = store::clock::now().0;
    let record = |i| json!({"timeUnixNano": now, "body": {"stringValue": format!("line {i}")}});
    let all: Vec<Value> = (0..records).map(record).collect();
    json!({"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [{"logRecords": all}]}]})
        .to_string()
}

/// The value of one sample of `/metrics`.
async fn sample(product: &Product, sample: &str) -> Option<f64> {
    let page = get(&format!("{}/metrics", product.dashboard)).await.text();
    let line = page
        .lines()
        .find_map(|l| l.strip_prefix(sample)?.strip_prefix(' '))?;
    line.parse().ok()
}

async fn page(product: &Product) -> Value {
    get(&format!("{}/api/v1/ingest", product.dashboard))
        .await
        .json()
}

/// How often the page says that something was refused for this reason.
fn refused(page: &Value, signal: &str, reason: &str) -> u64 {
    let all = page["refused"].as_array().expect("a list");
    let own = all
        .iter()
        .filter(|r| r["signal"] == signal && r["reason"] == reason);
    own.filter_map(|r| r["count"].as_u64()).sum()
}

/// 10 spans of which 2 come twice, a span nobody believes, 4 log records, and three faulty requests.
async fn send_some_of_everything(product: &Product) {
    let to = |path: &str| format!("{}{path}", product.http);
    for (path, kind, body, status) in [
        ("/v1/traces", JSON, traces(5, false), 200),
        ("/v1/traces", JSON, traces(3, true), 200),
        ("/v1/logs", JSON, logs(4), 200),
        ("/v1/traces", JSON, "{\"resourceSpans\": 7}".to_owned(), 400),
        ("/v1/logs", "text/plain", "hello".to_owned(), 415),
        ("/v2/nothing", JSON, "{}".to_owned(), 404),
    ] {
        let answer = post(&to(path), kind, body).await;
        assert_eq!(answer.status, status, "{path} {kind}: {}", answer.text());
    }
    let again = traces(2, false);
    for _ in 0..2 {
        assert_eq!(
            post(&to("/v1/traces"), JSON, again.clone()).await.status,
            200
        );
    }
}

#[tokio::test]
async fn what_was_sent_is_what_the_page_and_prometheus_and_the_store_say() {
    let product = Product::start_observed(200).await;
    send_some_of_everything(&product).await;
    let told = wait_for("the page to tell all of it", async || {
        let page = page(&product).await;
        let signals = &page["signals"];
        let whole = signals[0]["accepted"] == 12 && signals[1]["shipped"] == 4;
        (whole && signals[0]["shipped"] == 10 && refused(&page, "", "path") == 1).then_some(page)
    })
    .await;
    let (traces, logs, metrics) = (
        &told["signals"][0],
        &told["signals"][1],
        &told["signals"][2],
    );
    assert_eq!(traces["rejected"], 1, "{told}");
    assert_eq!(traces["requests_repeated"], 1, "{told}");
    assert_eq!(
        (&traces["requests_refused"], &logs["requests_refused"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(logs["accepted"], 4, "{told}");
    for count in ["accepted", "shipped", "rejected", "requests_refused"] {
        assert_eq!(
            metrics[count], 0,
            "our own points are nobody's data: {told}"
        );
    }
    assert_eq!(refused(&told, "traces", "malformed"), 1, "{told}");
    assert_eq!(refused(&told, "logs", "content_type"), 1, "{told}");
    assert_eq!(refused(&told, "traces", "item"), 1, "{told}");

    for (name, want) in [
        ("items_accepted_total{signal=\"traces\"}", 12.0),
        ("items_shipped_total{signal=\"traces\"}", 10.0),
        ("items_rejected_total{signal=\"traces\"}", 1.0),
        ("items_accepted_total{signal=\"metrics\"}", 0.0),
        ("requests_repeated_total{signal=\"traces\"}", 1.0),
        (
            "requests_refused_total{signal=\"traces\",reason=\"malformed\"}",
            1.0,
        ),
        ("requests_refused_total{reason=\"path\"}", 1.0),
    ] {
        let name = format!("nephoscope_collector_{name}");
        assert_eq!(sample(&product, &name).await, Some(want), "{name}");
    }
    let store = product.store();
    stored(&store, "SELECT count() FROM otel_traces", 10).await;
    let reached = "SELECT toUInt64(max(Value)) FROM otel_metrics_sum WHERE ServiceName = 'nephoscope' \
                   AND MetricName = 'nephoscope.collector.items.accepted' \
                   AND Attributes['signal'] = 'traces'";
    assert_eq!(number(&store, reached).await, 12);
    let functions = get(&format!("{}/functions.json", product.dashboard)).await;
    assert!(
        !functions.text().contains("nephoscope"),
        "{}",
        functions.text()
    );
    let html = get(&format!("{}/ingest", product.dashboard)).await.text();
    assert!(html.contains("Not what its content type says"), "{html}");
}

#[tokio::test]
async fn while_the_engine_stands_still_lag_grows_and_the_page_says_so_and_then_all_is_well() {
    let product = Product::start_observed(200).await;
    let lag = "nephoscope_collector_lag_seconds{signal=\"traces\"}";
    let waiting = "nephoscope_collector_waiting_requests{signal=\"traces\"}";
    let url = format!("{}/v1/traces", product.http);
    assert_eq!(post(&url, JSON, traces(1, false)).await.status, 200);
    // Its span can be seen before what else was drawn from it is stored, too.
    wait_for("the first request to be stored whole", async || {
        (sample(&product, waiting).await == Some(0.0)).then_some(())
    })
    .await;
    stored(&product.store(), "SELECT count() FROM otel_traces", 1).await;
    let engine = product.engine_pid().expect("an engine runs");
    signal(engine, Signal::STOP);
    assert_eq!(
        post(&url, JSON, traces(2, false)).await.status,
        200,
        "it is kept"
    );
    let mut before = 0.0;
    for _ in 0..3 {
        before = wait_for("a greater lag", async || {
            sample(&product, lag)
                .await
                .filter(|lag| *lag > before + 0.2)
        })
        .await;
    }
    assert_eq!(sample(&product, waiting).await, Some(1.0));
    let answer = request(
        "GET",
        &format!("{}/ingest", product.dashboard),
        &[],
        Vec::new(),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(
        answer
            .text()
            .contains("ClickHouse has stored nothing since"),
        "{}",
        answer.text()
    );
    let told = page(&product).await;
    assert_eq!(told["clickhouse_away"], true, "{told}");
    assert_eq!(told["signals"][0]["waiting_requests"], 1, "{told}");
    signal(engine, Signal::CONT);
    wait_for("no lag and nothing waiting", async || {
        let calm = sample(&product, lag).await == Some(0.0);
        (calm && sample(&product, waiting).await == Some(0.0)).then_some(())
    })
    .await;
    stored(&product.store(), "SELECT count() FROM otel_traces", 3).await;
    wait_for("the page to say that all is well", async || {
        let told = page(&product).await;
        let well = told["clickhouse_away"] == false && told["store_answers"] == true;
        (well && told["signals"][0]["shipped"] == 3).then_some(())
    })
    .await;
    let seen = "SELECT toUInt64(max(Value)) FROM otel_metrics_gauge WHERE ServiceName = 'nephoscope' \
                AND MetricName = 'nephoscope.collector.lag' AND Attributes['signal'] = 'traces'";
    assert!(
        number(&product.store(), seen).await > 400,
        "the history tells of it"
    );
}

#[tokio::test]
async fn a_restart_shows_neither_as_a_fall_nor_as_a_leap() {
    let product = Product::start_observed(200).await;
    let url = |product: &Product| format!("{}/v1/traces", product.http);
    assert_eq!(
        post(&url(&product), JSON, traces(7, false)).await.status,
        200
    );
    let (data, code) = product.stop().await;
    assert_eq!(code, Some(0));
    let product = Product::start_observed_on(data, 200).await;
    assert_eq!(
        post(&url(&product), JSON, traces(2, false)).await.status,
        200
    );
    let told = wait_for("both lives on the page", async || {
        let told = page(&product).await;
        (told["signals"][0]["accepted"] == 9).then_some(told)
    })
    .await;
    assert_eq!(
        told["signals"][0]["shipped"].as_u64().map(|n| n <= 9),
        Some(true),
        "{told}"
    );
    let instances = told["instances"].as_array().expect("a list");
    let there = |there: bool| instances.iter().filter(|i| i["there"] == there).count();
    assert_eq!(
        (there(true), there(false)),
        (1, 1),
        "one said farewell: {told}"
    );
}
