//! A version that fails and dawdles is stopped by the gate and found by the watch; one that changed
//! nothing passes.

use std::path::Path;
use std::process::Stdio;

use ::fleet::cli::Args;
use clap::Parser;
use serde_json::Value;
use tokio::process::Command;

use crate::fleet;
use crate::harness::{BINARY, Product, get, wait_for};

/// A day and more of two functions; each gets a new version, of which one is bad.
const INCIDENTS: &str = "incidents:
  - { at: -26h, function: checkout, kind: deploy, version: \"77\", duration_factor: 2, error_rate: 0.3 }
  - { at: -26h, function: cart, kind: deploy, version: \"78\" }
";

/// Runs `nephoscope verdict`; gives the exit status, what it printed and what it complained.
async fn verdict(server: &str, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(BINARY)
        .arg("verdict")
        .args(["--server", server])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("the binary runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    )
}

async fn played(product: &Product, folder: &Path, how: &[&str]) {
    std::fs::create_dir_all(folder).expect("a folder");
    let scenario = folder.join("scenario.yaml");
    std::fs::write(&scenario, INCIDENTS).expect("a scenario");
    let path = scenario.display().to_string();
    let only = ["--only", "checkout", "--only", "cart", "--rate", "0.5"];
    let more = [&only[..], &["--seed", "11", "--scenario", &path], how].concat();
    fleet::run(product, "50h", &more).await;
    fleet::rolled_up(&product.store()).await;
}

/// What was wrong until [`MENDED_HOURS`] ago, and what mended it then: so long ago that what comes of these
/// hours is a history, and not the ordinary lateness of logs, which waits for an hour.
const WRONG: &str = "incidents:
  - { at: -23h, function: checkout, kind: deploy, version: \"77\", duration_factor: 2, error_rate: 0.3 }
";
const MENDED: &str = "incidents:
  - { at: -27h, for: 23h, function: checkout, kind: deploy, version: \"77\", duration_factor: 2, error_rate: 0.3 }
";
const MENDED_HOURS: u64 = 4;
const HOURS: u64 = 47;
const HOUR_NS: u64 = 3_600_000_000_000;

/// Plays so many hours of history that end then, of which an earlier part sent the first `skip`.
async fn part(product: &Product, end: u64, hours: u64, skip: u64, incidents: &str) {
    let path = product.data.join(format!("{hours}.yaml"));
    std::fs::write(&path, incidents).expect("a scenario");
    let path = path.display().to_string();
    let (backfill, skip) = (format!("{hours}h"), format!("{skip}h"));
    let to = [
        "fleet",
        "--endpoint",
        &product.grpc,
        "--http-endpoint",
        &product.http,
    ];
    let time = ["--backfill", &backfill, "--skip", &skip, "--duration", "0s"];
    // Of this seed neither function gets a version by itself in this time.
    let what = [
        "--seed",
        "8",
        "--rate",
        "0.5",
        "--calm",
        "--scenario",
        &path,
    ];
    let only = ["--only", "checkout", "--only", "cart"];
    let args = Args::try_parse_from([&to[..], &time, &what, &only].concat()).expect("valid");
    let summary = ::fleet::run::run(&args, end, std::future::pending()).await;
    let report = summary.expect("it ran").report;
    assert_eq!((report.refused.total(), report.lost.total()), (0, 0));
    fleet::rolled_up(&product.store()).await;
}

#[tokio::test]
async fn a_bad_version_fails_a_good_one_passes_and_an_unknown_one_is_undecided() {
    let product = Product::start(&[]).await;
    played(&product, &product.data.join("verdict"), &[]).await;
    let ask = async |arguments: &[&str]| verdict(&product.dashboard, arguments).await;

    let (status, said, complained) = ask(&["--function", "checkout", "--version", "77"]).await;
    assert_eq!(status, 1, "{said}{complained}");
    assert!(said.starts_with("fail: version 77 of aws:"), "{said}");
    for measure in ["The share of errors: worse", "The median duration: worse"] {
        assert!(said.contains(measure), "{said}");
    }

    let measures = ["--measures", "errors,timeouts,duration"];
    let good = ["--function", "cart", "--version", "78"];
    let (status, said, complained) = ask(&[&good[..], &measures].concat()).await;
    assert_eq!(status, 0, "{said}{complained}");

    let (status, said, _) = ask(&["--function", "cart", "--version", "999", "--json"]).await;
    let answer: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((status, &answer["verdict"]), (2, &"undecided".into()));
    assert!(said.contains("No invocation of version 999"), "{said}");

    let (status, _, complained) = ask(&["--function", "nobody", "--version", "1"]).await;
    assert_eq!(status, 3, "{complained}");
    assert!(
        complained.contains("There is no function nobody"),
        "{complained}"
    );
    let (status, _, complained) = ask(&[&good[..], &["--measures", "speed"]].concat()).await;
    assert!(
        status == 3 && complained.contains("measure=speed"),
        "{complained}"
    );
    let nobody = verdict("http://127.0.0.1:9", &good).await;
    assert!(
        nobody.0 == 3 && nobody.2.contains("no connection"),
        "{nobody:?}"
    );
}

async fn found(product: &Product, kind: &str, state: &str) -> Value {
    let url = format!("{}/api/v1/findings?state=all", product.dashboard);
    wait_for(&format!("{kind} of version 77, {state}"), async || {
        let json = get(&url).await.json();
        let all = json["findings"].as_array().expect("rows").clone();
        let is_it = |f: &Value| f["kind"] == kind && f["version"] == "77" && f["state"] == state;
        all.into_iter().find(is_it)
    })
    .await
}

#[tokio::test]
async fn a_bad_version_is_found_shown_and_over_when_it_is_rolled_back() {
    let product = Product::start(&[]).await;
    let now = u64::try_from(store::clock::now().0).expect("after 1970");
    part(&product, now - MENDED_HOURS * HOUR_NS, HOURS, 0, WRONG).await;

    let slower = found(&product, "duration_regression", "open").await;
    let (low, high) = (&slower["relative_low"], &slower["relative_high"]);
    let holds = low.as_f64() < slower["relative"].as_f64() && low.as_f64() > Some(0.0);
    assert!(holds && high.as_f64() > low.as_f64(), "{slower}");
    assert!(!slower["usd_per_month"].is_null(), "{slower}");
    let sentence = slower["sentence"].as_str().expect("words");
    assert!(sentence.contains("since version 77"), "{sentence}");

    let failing = found(&product, "error_regression", "open").await;
    let after = failing["after"].as_f64().expect("a share");
    // Three in ten fail; told after few invocations, its first figure has chance in it.
    assert!((0.05..0.6).contains(&after), "{failing}");
    for finding in [&slower, &failing] {
        let id = finding["id"].as_str().expect("an id");
        let page = get(&format!("{}/findings/{id}", product.dashboard)).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("What came against what was expected"));
    }

    part(&product, now, HOURS + MENDED_HOURS, HOURS, MENDED).await;
    let over = found(&product, "duration_regression", "closed").await;
    assert_eq!(over["id"], slower["id"], "one finding from begin to end");
    found(&product, "error_regression", "closed").await;
}
