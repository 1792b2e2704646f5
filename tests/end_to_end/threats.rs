//! Threats as they happen, through the whole product: the fleet attacks, findings show in time, pages tell of
//! them, and a restart neither loses nor doubles them.
//!
//! All stories are of the same last eighteen minutes: after the first, what is sent is late, as the queue of an
//! exporter that was cut off.

use std::time::{Duration, Instant};

use fleet::attack::{self, send};
use fleet::wire::{Patience, Protocol, Target};
use store::Store;

use crate::harness::{Product, get, number, rows, wait_for};

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

/// Waits for an open finding of a kind; how long that took.
async fn found(store: &Store, kind: &str) -> Duration {
    let begin = Instant::now();
    let sql =
        format!("SELECT count() FROM findings FINAL WHERE kind = '{kind}' AND state = 'open'");
    wait_for(kind, async || (number(store, &sql).await > 0).then_some(())).await;
    begin.elapsed()
}

#[tokio::test]
async fn attacks_of_the_fleet_are_told_in_time_and_once_even_across_a_restart() {
    let product = Product::start(&[]).await;
    let store = product.store();
    for (story, kind, within_s) in [
        ("sql injection", "threat_payload", 10),
        ("scanner", "threat_scan", 30),
        ("flood from a few", "threat_wallet", 120),
        ("stuffing out of everywhere", "threat_login", 300),
    ] {
        send(&product, story).await;
        let took = found(&store, kind).await;
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
    let new: Vec<&String> = after.iter().filter(|id| !before.contains(id)).collect();
    assert_eq!(new.len(), 1, "{new:?}");
}

async fn ids(store: &Store) -> Vec<String> {
    let sql = "SELECT id FROM findings FINAL WHERE kind LIKE 'threat_%' ORDER BY id";
    let id = |row: &serde_json::Value| row["id"].as_str().expect("an id").to_owned();
    rows(store, sql).await.iter().map(id).collect()
}
