//! A sender brings more series than it may: what is over the limit is stored as overflow, and the page,
//! `/metrics` and the store say how much that was. Nothing is lost.

use serde_json::{Value, json};

use crate::harness::{Product, get, new_folder, number, request, stored, wait_for};

const SHOP: &str = "the key of the shop";
const LIMITED: &str = "
collector:
  keys:
    - {name: shop, key: the key of the shop, header: x-api-key}
    - {name: bank, key: the key of the bank, header: x-api-key}
  cardinality: {max_series_per_key: 5}
  self_metrics_interval_ms: 200
";
/// 0 + 1 + … + 19 of each request.
const SENT: u64 = 190;
const METRIC: &str = "http.<b>server</b>.duration";

/// A request of 20 series: a growth of 0 to 19 for as many users.
fn series() -> String {
    let now = store::clock::now().0;
    let point = |i: u64| {
        json!({"asInt": i, "startTimeUnixNano": now - 1_000, "timeUnixNano": now,
            "attributes": [{"key": "user.id", "value": {"stringValue": format!("user-{i}")}}]})
    };
    let points: Vec<Value> = (0..20).map(point).collect();
    let sum = json!({"aggregationTemporality": 1, "isMonotonic": true, "dataPoints": points});
    let service = json!({"key": "service.name", "value": {"stringValue": "checkout"}});
    json!({"resourceMetrics": [{"resource": {"attributes": [service]},
        "scopeMetrics": [{"metrics": [{"name": METRIC, "sum": sum}]}]}]})
    .to_string()
}

async fn limited() -> Product {
    let data = new_folder();
    std::fs::create_dir_all(&data).expect("made");
    let config = data.join("limited.yaml");
    std::fs::write(&config, LIMITED).expect("written");
    let arguments = ["--config", &config.display().to_string()];
    let mut product = Product::begin(data, &arguments, |command| {
        command.env_remove("NEPHOSCOPE_COLLECTOR__SELF_METRICS_INTERVAL_MS");
    });
    product.ready().await;
    product
}

#[tokio::test]
async fn series_over_the_limit_are_told_of_everywhere_and_their_sum_is_the_sum_that_was_sent() {
    let product = limited().await;
    let url = format!("{}/v1/metrics", product.http);
    let headers = [("content-type", "application/json"), ("x-api-key", SHOP)];
    for _ in 0..2 {
        let answer = request("POST", &url, &headers, series().into_bytes()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(!answer.text().contains("rejected"), "{}", answer.text());
    }
    let store = product.store();
    let count = |what: &str, which: &str| {
        format!(
            "SELECT toUInt64({what}) FROM otel_metrics_sum WHERE ServiceName = 'checkout' {which}"
        )
    };
    let over = "AND Attributes = map('otel.metric.overflow', 'true')";
    stored(&store, &count("count()", ""), 12).await;
    stored(&store, &count("count()", over), 2).await;
    stored(&store, &count("sum(Value)", ""), 2 * SENT).await;
    let kept = "AND Attributes['user.id'] IN ('user-0', 'user-1', 'user-2', 'user-3', 'user-4')";
    stored(&store, &count("sum(Value)", kept), 20).await;

    let page = get(&format!("{}/metrics", product.dashboard)).await.text();
    for line in [
        "cardinality_overflowed_total{signal=\"metrics\",kind=\"series\"} 30",
        "key_cardinality_overflow_total{key=\"shop\",signal=\"metrics\",kind=\"series\"} 30",
    ] {
        let line = format!("nephoscope_collector_{line}");
        assert!(page.lines().any(|l| l == line), "{line}\n{page}");
    }
    let own = "SELECT toUInt64(max(Value)) FROM otel_metrics_sum WHERE ServiceName = 'nephoscope' \
               AND MetricName = 'nephoscope.collector.cardinality.overflowed' \
               AND Attributes = map('kind', 'series', 'signal', 'metrics')";
    wait_for("the collector's own metric", async || {
        (number(&store, own).await == 30).then_some(())
    })
    .await;
    let ours = "SELECT count() FROM otel_metrics_sum WHERE ServiceName = 'nephoscope' \
                AND Attributes['otel.metric.overflow'] != ''";
    assert_eq!(number(&store, ours).await, 0, "our own have no limit");
    the_page_tells_it(&product).await;
}

async fn the_page_tells_it(product: &Product) {
    let url = format!("{}/api/v1/ingest", product.dashboard);
    let told = get(&url).await.json();
    let limits = told["limits_reached"].as_array().expect("a list");
    assert_eq!(limits.len(), 1, "what the store tells is the same: {told}");
    for (field, want) in [
        ("key", json!("shop")),
        ("signal", json!("metrics")),
        ("kind", json!("series")),
        ("items", json!(30)),
        ("example", json!(METRIC)),
    ] {
        assert_eq!(limits[0][field], want, "{field}: {told}");
    }
    let senders = told["senders"].as_array().expect("a list");
    let brief: Vec<_> = senders
        .iter()
        .map(|s| (&s["key"], &s["overflowed"]))
        .collect();
    assert_eq!(
        brief,
        [(&json!("shop"), &json!(30)), (&json!("bank"), &json!(0))]
    );
    let html = get(&format!("{}/ingest", product.dashboard)).await.text();
    let html = html.replace('\u{a0}', " ");
    for words in [
        "30 metric points",
        " had a series too many ",
        "raise collector.cardinality.max_series_per_key",
        "http.&lt;b&gt;server&lt;",
        "id=\"senders\"",
    ] {
        assert!(html.contains(words), "{words}\n{html}");
    }
    assert!(!html.contains(METRIC), "{html}");
}
