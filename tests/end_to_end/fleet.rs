//! The fleet's day through the whole product: what it says happened is what is stored, once.

use std::collections::HashMap;
use std::path::Path;

use clap::Parser;
use fleet::cli::Args;
use serde_json::Value;
use store::Store;

use crate::harness::{Product, number, rows, stored, wait_for};

/// Runs the fleet against the product: `backfill` of history and nothing live.
pub async fn run(product: &Product, backfill: &str, more: &[&str]) -> fleet::run::Summary {
    let base = [
        "fleet",
        "--endpoint",
        &product.grpc,
        "--http-endpoint",
        &product.http,
    ];
    let fixed = ["--backfill", backfill, "--duration", "1s", "--speed", "10"];
    let args = Args::try_parse_from([&base[..], &fixed, more].concat()).expect("valid");
    let start = u64::try_from(store::clock::now().0).expect("after 1970");
    let summary = fleet::run::run(&args, start, std::future::pending())
        .await
        .expect("it ran");
    let lines = summary.lines().join("\n");
    assert_eq!(
        (summary.report.refused.total(), summary.report.lost.total()),
        (0, 0),
        "{lines}"
    );
    let store = product.store();
    let sent = |pick: fn(&fleet::otlp::batch::Counts) -> u64| {
        summary.report.sent.iter().map(pick).sum::<u64>()
    };
    stored(&store, "SELECT count() FROM otel_traces", sent(|c| c.spans)).await;
    stored(&store, "SELECT count() FROM otel_logs", sent(|c| c.logs)).await;
    summary
}

/// Waits until the minute rollup counts every invocation there is.
pub async fn rolled_up(store: &Store) {
    wait_for("the rollup to count every invocation", async || {
        let all = number(store, "SELECT countIf(throttled = 0) FROM invocations").await;
        let rolled = number(store, "SELECT sum(invocations) FROM invocations_1m FINAL").await;
        (all > 0 && rolled == all).then_some(())
    })
    .await;
}

fn truth_of(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("the truth");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

async fn per_function(store: &Store, sql: &str) -> HashMap<String, u64> {
    let row = |row: &Value| {
        let name = row["name"].as_str().expect("a name").to_owned();
        (
            name,
            row["n"]
                .as_str()
                .map_or(row["n"].as_u64(), |n| n.parse().ok())
                .expect("a number"),
        )
    };
    rows(store, sql).await.iter().map(row).collect()
}

#[tokio::test]
async fn every_item_the_fleet_sent_is_stored_once_and_every_invocation_counts_once() {
    let product = Product::start(&[]).await;
    let truth = product.data.join("truth.jsonl");
    let truth_text = truth.display().to_string();
    let summary = run(
        &product,
        "1h",
        &["--seed", "7", "--truth", &truth_text, "--truth-invocations"],
    )
    .await;
    let store = product.store();
    let sent = |pick: fn(&fleet::otlp::batch::Counts) -> u64| {
        summary.report.sent.iter().map(pick).sum::<u64>()
    };
    stored(&store, "SELECT count() FROM otel_traces", sent(|c| c.spans)).await;
    stored(&store, "SELECT count() FROM otel_logs", sent(|c| c.logs)).await;
    let points = "SELECT assumeNotNull(sum(total_rows)) FROM system.tables WHERE database = currentDatabase() \
                  AND name LIKE 'otel\\\\_metrics\\\\_%' AND engine = 'MergeTree'";
    stored(&store, points, sent(|c| c.points)).await;

    let mut told: HashMap<String, u64> = HashMap::new();
    for line in truth_of(&truth)
        .iter()
        .filter(|line| line["kind"] == "invocation")
    {
        // Only AWS and Azure number their invocations, so only there can every source be matched.
        if matches!(line["provider"].as_str(), Some("aws" | "azure")) {
            let name = line["name"].as_str().expect("a name");
            *told.entry(name.to_owned()).or_default() += 1;
        }
    }
    // An Azure function is named within its app: `shop-identity/auth-token`.
    let sql = "SELECT splitByChar('/', splitByChar(':', function_id)[4])[-1] AS name, \
               count() AS n FROM invocations \
               WHERE splitByChar(':', function_id)[1] IN ('aws', 'azure') GROUP BY name";
    let all: u64 = told.values().sum();
    let counted = wait_for("every fact to be stored", async || {
        let counted = per_function(&store, sql).await;
        (counted.values().sum::<u64>() >= all).then_some(counted)
    })
    .await;
    for (name, n) in &told {
        assert_eq!(
            counted.get(name),
            Some(n),
            "invocations of {name}; stored: {counted:?}"
        );
    }
    assert_eq!(
        counted.len(),
        told.len(),
        "no function is invented: {counted:?}"
    );

    rolled_up(&store).await;
}
