//! Delivery from known deploys and findings, against what the test counts itself.

use serde_json::Value;
use store::model::{
    Deploy, DeploySource, DeployWords, Evidence, Finding, Scope, Severity, State, UnixNano,
};
use store::{Store, findings};

use crate::harness::{Product, get, wait_for};
use crate::slos::function;

const HOUR_S: i64 = 3_600;
const WEEK_S: i64 = 7 * 24 * HOUR_S;

/// Monday, 00:00 UTC, of last week: what is laid into it is over.
fn last_week_s() -> i64 {
    let now_s = store::clock::now().as_secs();
    let days = now_s / (24 * HOUR_S) + 3;
    (days / 7 * 7 - 3) * 24 * HOUR_S - WEEK_S
}

fn deploy(name: &str, version: &str, at_s: i64) -> Deploy {
    Deploy {
        function_id: function(name).to_string(),
        version: version.to_owned(),
        at: UnixNano::from_secs(at_s),
        source: DeploySource::Api,
        words: DeployWords::default(),
    }
}

/// A finding of a version that began at `at_s` and ended after so many hours, if it has.
fn found(id: &str, name: &str, version: &str, at_s: i64, hours: Option<i64>) -> Finding {
    let at = |seconds: i64| UnixNano::from_secs(at_s + seconds);
    Finding {
        id: id.to_owned(),
        kind: "error_regression".to_owned(),
        scope: Scope::Function,
        subject: function(name).to_string(),
        function_id: function(name).to_string(),
        version: version.to_owned(),
        detail: String::new(),
        state: hours.map_or(State::Open, |_| State::Closed),
        severity: Severity::High,
        confidence: 1.0,
        p_value: None,
        began_at: at(0),
        detected_at: at(600),
        updated_at: at(600),
        closed_at: hours.map(|hours| at(hours * HOUR_S)),
        closed_because: String::new(),
        title: "It fails more often".to_owned(),
        sentence: "It fails more often.".to_owned(),
        relative: None,
        interval: None,
        before: None,
        after: None,
        unit: "1".to_owned(),
        ms_per_month: None,
        micro_usd_per_month: None,
        evidence: Evidence::default(),
    }
}

/// Six changes of two functions: one rolled back after three hours, two found, of which one holds on.
async fn lay_down(store: &Store, monday: i64) {
    let at = |hour: i64| monday + hour * HOUR_S;
    let deploys = vec![
        deploy("checkout", "1", at(-200)),
        deploy("checkout", "2", at(2)),
        deploy("checkout", "1", at(5)),
        deploy("checkout", "3", at(30)),
        deploy("checkout", "4", at(60)),
        deploy("cart", "7", at(10)),
        deploy("cart", "8", at(40)),
        deploy("cart", "9", at(80)),
    ];
    let now = store::clock::now();
    store.tell_deploys(deploys, now).await.expect("told");
    let laid = [
        found("00000000000000d1", "checkout", "3", at(31), Some(4)),
        found("00000000000000d2", "cart", "8", at(42), None),
        // Of a version that nobody deployed, and before its version came.
        found("00000000000000d3", "cart", "77", at(50), Some(1)),
        found("00000000000000d4", "cart", "9", at(70), Some(1)),
    ];
    findings::write(store, &laid, now).await.expect("written");
}

#[tokio::test]
async fn deploys_failures_and_times_to_restore_are_what_was_laid_down() {
    let product = Product::start(&[]).await;
    let monday = last_week_s();
    lay_down(&product.store(), monday).await;
    let url = format!("{}/dora.json", product.dashboard);
    let answer = wait_for("all deploys to be seen", async || {
        let answer = get(&url).await.json();
        let row = row(&answer, monday, "")?;
        (row["deploys"] == 6).then_some(answer)
    })
    .await;
    let whole = row(&answer, monday, "").expect("the week");
    for (key, count) in [
        ("failed", 3),
        ("rollbacks", 1),
        ("functions", 2),
        ("restored", 2),
    ] {
        assert_eq!(whole[key], count, "{key}: {whole}");
    }
    let near = |key: &str, expected: f64| {
        let value = whole[key].as_f64().expect(key);
        assert!((value - expected).abs() < 1e-9, "{key}: {value}");
    };
    near("change_failure_rate", 3.0 / 6.0);
    near("deploys_per_day", 6.0 / 7.0);
    let median = &whole["time_to_restore_median_ms"];
    assert!(median.is_null(), "two are too few: {whole}");
    // Too few of one function to say how often it fails.
    let checkout = row(&answer, monday, &function("checkout").to_string()).expect("checkout");
    assert_eq!(checkout["deploys"], 3);
    assert_eq!(checkout["failed"], 2);
    assert!(checkout["change_failure_rate"].is_null(), "{checkout}");
    assert_eq!(
        failed(&answer),
        [
            ("8", "finding", None),
            ("3", "finding", Some(4)),
            ("2", "rolled back", Some(3))
        ]
    );
    for path in [
        "/dora",
        "/dora.csv?by=month",
        "/dora?by=quarter",
        "/api/v1/dora",
    ] {
        let answer = get(&format!("{}{path}", product.dashboard)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    let page = get(&product.dashboard).await;
    assert!(page.text().contains("href=\"/dora\""), "no way leads there");
}

/// Version, reason and hours until it was restored, of what failed.
fn failed(answer: &Value) -> Vec<(&str, &str, Option<i64>)> {
    let list = answer["failed_changes"].as_array().expect("a list");
    let told = list.iter().map(|one| {
        let hours = one["restored_after_ms"].as_i64().map(|ms| ms / 3_600_000);
        let text = |key: &str| one[key].as_str().unwrap_or_default();
        (text("version"), text("because"), hours)
    });
    told.collect()
}

/// The row of the week that begins at `monday`, s since the epoch, of a function or of all.
fn row(answer: &Value, monday: i64, function: &str) -> Option<Value> {
    let rows = answer["delivery"].as_array()?;
    let is = |row: &&Value| row["from_ms"] == monday * 1_000 && row["function_id"] == function;
    rows.iter().find(is).cloned()
}
