//! Threats as they happen, through the whole product: the fleet attacks, findings show in time, pages tell of
//! them, and a restart neither loses nor doubles them.
//!
//! All stories are of the same last eighteen minutes: after the first, what is sent is late, as the queue of
//! an exporter that was cut off.

use std::time::{Duration, Instant};

use fleet::attack::{self, send};
use fleet::wire::{Patience, Protocol, Target};
use store::Store;

use crate::harness::{Product, get, new_folder, number, rows, wait_for};

/// Sends a story that ends now.
async fn send(product: &Product, name: &str) {
    let story = attack::story(name).expect("a story");
    let now = u64::try_from(store::clock::now().0).expect("after 1970");
    let beats = story.play(7, now - attack::START - attack::REST);
    let target = Target {
        grpc: product.grpc.clone(),
        http: product.http.clone(),
        protocol: Protocol::Mixed,
        headers: Vec::new(),
        in_flight: 1,
        patience: Patience::default(),
    };
    let report = send::send(&beats, target).await.expect("sent");
    assert!(report.lossless(), "{:?}", report.complaints);
}

/// Waits for an open finding that fits; how long that took.
async fn found(store: &Store, what: &str) -> Duration {
    let begin = Instant::now();
    let sql = format!("SELECT count() FROM findings FINAL WHERE state = 'open' AND {what}");
    wait_for(what, async || (number(store, &sql).await > 0).then_some(())).await;
    begin.elapsed()
}

#[tokio::test]
async fn attacks_of_the_fleet_are_told_in_time_and_once_even_across_a_restart() {
    let product = Product::start(&[]).await;
    let store = product.store();
    // The first one waits until rules are read and the stream begins, which is no part of its time.
    send(&product, "log4shell in a header").await;
    found(&store, "startsWith(detail, 'payload_log4shell')").await;
    for (story, what, within_s) in [
        ("sql injection", "startsWith(detail, 'payload_sqli')", 10),
        ("stuffing out of everywhere", "kind = 'threat_login'", 300),
        ("flood from a few", "kind = 'threat_wallet'", 120),
        ("scanner", "kind = 'threat_scan'", 30),
    ] {
        send(&product, story).await;
        let took = found(&store, what).await;
        assert!(took < Duration::from_secs(within_s), "{story}: {took:?}");
    }
    let page = get(&format!("{}/threats", product.dashboard)).await.text();
    assert!(
        page.contains("SQL injection") && page.contains("T1190"),
        "the page tells of them"
    );
    let layer = get(&format!("{}/threats/layer.json", product.dashboard))
        .await
        .json();
    assert_eq!(layer["domain"], "enterprise-attack");
    told_to_others(&product, &store).await;
    let before = ids(&store).await;
    let (data, _) = product.stop().await;
    let product = Product::start_on(data, &[]).await;
    let store = product.store();
    // A new attack shows that it looks again; by then what was read before would have been told a second
    // time.
    send(&product, "commands in a message").await;
    let sql = "SELECT count() FROM findings FINAL WHERE kind = 'threat_payload' AND detail LIKE '%command%'";
    wait_for("the attack after the restart", async || {
        (number(&store, sql).await > 0).then_some(())
    })
    .await;
    let after = ids(&store).await;
    assert!(before.iter().all(|id| after.contains(id)));
    let twice = "SELECT toUInt64(count() - uniqExact(detail, subject)) FROM findings FINAL \
                 WHERE kind LIKE 'threat_%'";
    assert_eq!(number(&store, twice).await, 0, "{before:?} {after:?}");
}

/// A finding is a log record with its trace, and an event of OCSF under its own address.
async fn told_to_others(product: &Product, store: &Store) {
    let sql = "SELECT LogAttributes['nephoscope.finding.id'] AS id, SeverityText AS severity, ServiceName AS service, \
               TraceId IN (SELECT TraceId FROM otel_traces) AS has_trace, length(SpanId) AS digits, \
               FunctionId AS function \
               FROM otel_logs WHERE EventName = 'security_rule.finding' \
               AND LogAttributes['security_rule.uuid'] = 'payload_sqli'";
    let record = wait_for("a log record of the finding", async || {
        rows(store, sql).await.first().cloned()
    })
    .await;
    assert_eq!(record["service"], "nephoscope");
    assert_eq!(record["has_trace"], 1, "{record}");
    assert_eq!(record["digits"].to_string().trim_matches('"'), "16");
    let id = record["id"].as_str().expect("an id");
    let event = get(&format!("{}/findings/{id}.ocsf.json", product.dashboard))
        .await
        .json();
    assert_eq!(event["class_uid"], 2004);
    assert_eq!(event["finding_info"]["uid"], id);
    assert_eq!(
        event["finding_info"]["attacks"][0]["technique"]["uid"],
        "T1190"
    );
    assert_eq!(event["resources"][0]["uid"], record["function"]);
    // What is written is not read again as somebody's telemetry: the record holds the attack's text.
    let again = "SELECT count() FROM findings FINAL WHERE detail LIKE '%security_rule%'";
    assert_eq!(number(store, again).await, 0);
}

#[tokio::test]
async fn threats_can_be_looked_for_by_a_process_of_their_own() {
    let off = |command: &mut tokio::process::Command| {
        command.env("NEPHOSCOPE_THREATS__WITH_ANALYZERS", "false");
    };
    let mut product = Product::begin(new_folder(), &[], off);
    product.ready().await;
    let store = product.store();
    send(&product, "sql injection").await;
    // Analyzers are through with these minutes, and said nothing of threats.
    let counted = "SELECT toUInt64(sum(invocations)) FROM invocations_1m";
    wait_for("the rollup", async || {
        (number(&store, counted).await > 0).then_some(())
    })
    .await;
    let found_so_far = "SELECT count() FROM findings FINAL WHERE kind LIKE 'threat_%'";
    assert_eq!(number(&store, found_so_far).await, 0);
    let url = product.store_url();
    let arguments = ["--roles", "threats", "--clickhouse-url", &url];
    let alone = Product::begin(new_folder(), &arguments, off);
    found(&store, "kind = 'threat_payload'").await;
    let (data, status) = alone.stop().await;
    assert_eq!(status, Some(0));
    std::fs::remove_dir_all(data).expect("removed");
    let saved = "SELECT count() FROM detector_states WHERE detector = 'threats'";
    assert!(
        number(&store, saved).await > 0,
        "what it knows is saved at its end"
    );
    // And what it saw of each function is on the page of the other process.
    let page = get(&format!("{}/threats", product.dashboard)).await.text();
    assert!(page.contains("What could be seen") && page.contains("storefront"));
    let json = get(&format!("{}/threats.json", product.dashboard))
        .await
        .json();
    let sight = json["sight"].as_array().expect("a list");
    let shop = sight
        .iter()
        .find(|one| one["function"] == "storefront")
        .expect("it");
    assert!(
        shop["not_captured"].to_string().contains("bodies"),
        "{shop}"
    );
}

async fn ids(store: &Store) -> Vec<String> {
    let sql = "SELECT id FROM findings FINAL WHERE kind LIKE 'threat_%' ORDER BY id";
    let id = |row: &serde_json::Value| row["id"].as_str().expect("an id").to_owned();
    rows(store, sql).await.iter().map(id).collect()
}
