//! A month of ordinary seasons says nothing; a slower version and a leak are found, explained and shown.

use std::path::{Path, PathBuf};

use clap::Parser;
use fleet::cli::Args;
use fleet::run::Summary;
use serde_json::Value;
use store::Store;

use crate::harness::{Product, get, new_folder, number, stored, wait_for};

const DAY_NS: u64 = 86_400_000_000_000;
/// The month that says nothing,
const QUIET_DAYS: u64 = 30;
/// and what follows it.
const TROUBLED_DAYS: u64 = 5;

/// Offsets count from the end of everything.
const TROUBLE: &str = "incidents:
  - { at: -100h, function: checkout, kind: deploy, version: \"4711\", init_factor: 1.44 }
  - { at: -80h, for: forever, function: warehouse-export, kind: growth, duration_per_hour: 0.015 }
";

/// Runs the fleet's history of so many days up to `end`, of which an earlier run sent the first `skip`.
async fn send(product: &Product, end: u64, days: u64, skip: u64, more: &[&str]) -> Summary {
    let (backfill, skip) = (format!("{days}d"), format!("{skip}d"));
    let base = ["fleet", "--endpoint", &product.grpc];
    let wire = ["--http-endpoint", &product.http, "--protocol", "grpc"];
    let time = ["--backfill", &backfill, "--skip", &skip, "--duration", "0s"];
    let kind = [
        "--seed",
        "11",
        "--rate",
        "0.02",
        "--calm",
        "--in-flight",
        "16",
    ];
    let only = ["--only", "checkout", "--only", "cart"];
    let rest = ["--only", "payment-webhook", "--only", "warehouse-export"];
    let all = [&base[..], &wire, &time, &kind, &only, &rest, more].concat();
    let args = Args::try_parse_from(all).expect("valid");
    let summary = fleet::run::run(&args, end, std::future::pending())
        .await
        .expect("it ran");
    let lines = summary.lines().join("\n");
    let report = &summary.report;
    assert_eq!(
        (report.refused.total(), report.lost.total()),
        (0, 0),
        "{lines}"
    );
    summary
}

/// Waits until minutes and hours count every invocation there is.
async fn counted(store: &Store) {
    crate::fleet::rolled_up(store).await;
    let all = number(store, "SELECT sum(invocations) FROM invocations_1m FINAL").await;
    stored(store, "SELECT sum(invocations) FROM usage_1h FINAL", all).await;
}

async fn told(product: &Product) -> Vec<Value> {
    let url = format!("{}/api/v1/findings?state=all", product.dashboard);
    let json = get(&url).await.json();
    json["findings"].as_array().expect("rows").clone()
}

/// Starts with cents worth telling of: the fleet is small and its functions cost next to nothing.
async fn started_on(data: PathBuf) -> Product {
    let mut product = Product::begin(data, &[], |command| {
        command.env("NEPHOSCOPE_ANALYZERS__COSTS__MINIMUM_USD_PER_DAY", "0.005");
    });
    product.ready().await;
    product
}

/// Starts on the data of a product that is gone, and waits until all history was shown to detectors: they
/// save what they remember right afterwards.
async fn learns_from_history(data: PathBuf) -> Product {
    let product = started_on(data).await;
    let store = product.store();
    wait_for("detectors to have seen history", async || {
        let saved = number(&store, "SELECT count() FROM detector_states FINAL").await;
        (saved > 0).then_some(())
    })
    .await;
    product
}

fn scenario(folder: &Path) -> String {
    let path = folder.join("trouble.yaml");
    std::fs::write(&path, TROUBLE).expect("written");
    path.display().to_string()
}

#[tokio::test]
#[ignore = "a month ends now, so each run plays another one; chance says small things in some: run it by name"]
async fn a_quiet_month_says_nothing_and_a_slower_version_and_a_leak_are_told() {
    let product = started_on(new_folder()).await;
    let now = u64::try_from(store::clock::now().0).expect("after 1970");
    let quiet_until = now - TROUBLED_DAYS * DAY_NS;
    let sent = send(&product, quiet_until, QUIET_DAYS, 0, &[]).await;
    let spans = sent.report.sent.iter().map(|c| c.spans).sum();
    stored(&product.store(), "SELECT count() FROM otel_traces", spans).await;
    counted(&product.store()).await;

    // As at the first start on data that are there already: nothing is remembered.
    let forget = "TRUNCATE TABLE detector_states";
    product
        .store()
        .query(forget)
        .execute()
        .await
        .expect("forgotten");
    let product = learns_from_history(product.kill().await).await;
    // That nothing came after it is true, and told as well.
    let quiet_until_ms = quiet_until / 1_000_000;
    let mut said = told(&product).await;
    said.retain(|f| f["detected_ms"].as_u64() < Some(quiet_until_ms) && f["state"] != "held");
    is_quiet(&said, quiet_until_ms);

    let path = scenario(&product.data);
    let days = QUIET_DAYS + TROUBLED_DAYS;
    send(&product, now, days, QUIET_DAYS, &["--scenario", &path]).await;
    let deploy = found(&product, "checkout", "4711", &["cold_start_regression"]).await;
    // Told after few cold starts, its size is no more exact than its interval says.
    let edge = |name: &str| deploy[name].as_f64().expect("a size");
    let holds = edge("relative_low") <= 0.44 && edge("relative_high") >= 0.44;
    assert!(holds && edge("relative_low") > 0.05, "{deploy}");
    explained(&product, &deploy).await;

    let leak = found(
        &product,
        "warehouse-export",
        "",
        &["cost_leak", "cost_step"],
    )
    .await;
    explained(&product, &leak).await;
}

/// A month of four functions and their some forty deploys may show what chance alone does: a few small
/// things. Nothing severe, and nothing on its last day.
fn is_quiet(said: &[Value], until_ms: u64) {
    let last_day_ms = until_ms - 86_400_000;
    let is_chance = |f: &&Value| {
        !f["p_value"].is_null()
            && f["severity"] != "high"
            && f["severity"] != "critical"
            && f["detected_ms"].as_u64() < Some(last_day_ms)
    };
    let chance = said.iter().filter(is_chance).count();
    let is_quiet = chance == said.len() && chance <= 4;
    assert!(is_quiet, "a quiet month: {said:?}");
}

/// Waits for an open finding of one of these kinds about a function.
async fn found(product: &Product, function: &str, version: &str, kinds: &[&str]) -> Value {
    wait_for(&format!("{kinds:?} of {function}"), async || {
        let all = told(product).await;
        all.into_iter().find(|finding| {
            let id = finding["function_id"].as_str().unwrap_or_default();
            let kind = finding["kind"].as_str().unwrap_or_default();
            let is_about = id.ends_with(&format!(":{function}"));
            let is_about = is_about && finding["version"] == version;
            is_about && kinds.contains(&kind) && finding["state"] != "held"
        })
    })
    .await
}

/// It says by how much and how surely, what it costs, and its page shows it.
async fn explained(product: &Product, finding: &Value) {
    let low = finding["relative_low"].as_f64().expect("an interval");
    let high = finding["relative_high"].as_f64().expect("an interval");
    let size = finding["relative"].as_f64().expect("a size");
    assert!(low <= size && size <= high && low > 0.0, "{finding}");
    assert!(!finding["usd_per_month"].is_null(), "{finding}");
    let sentence = finding["sentence"].as_str().expect("words");
    assert!(sentence.len() > 20, "{finding}");
    let id = finding["id"].as_str().expect("an id");
    let page = get(&format!("{}/findings/{id}", product.dashboard)).await;
    assert_eq!(page.status, 200);
    let function = finding["function_id"].as_str().expect("an id");
    let name = function.rsplit(':').next().expect("a name");
    assert!(page.text().contains(name), "{name}: {}", page.text());
}
