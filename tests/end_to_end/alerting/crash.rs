//! No notification is lost, whatever dies: alerts are posted while alerting is killed again and again and
//! its receiver fails, slows and refuses. Each must arrive; what arrives twice has the same id.
//!
//! | variable | means |
//! |---|---|
//! | `NEPHOSCOPE_CRASH_MINUTES` | the long run of all crash tests: 10,000 alerts and 200 kills here |
//! | `NEPHOSCOPE_CRASH_ALERTS`, `NEPHOSCOPE_CRASH_KILLS` | so many alerts and kills; without them 300 and 8 |
//! | `NEPHOSCOPE_CRASH_SEED` | the seed; without it, the time's |

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::{Mutex, watch};

use super::receiver::{Heard, Receiver};
use super::{Alone, firing};
use crate::harness::{request, wait_for};

/// Sources that post at once.
const SOURCES: usize = 4;

/// Chance that can be played again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// Fails the first attempts of some messages, by their ids.
fn unreliable(id: &str, nth: u32) -> (u16, Duration) {
    let dice = u32::from_str_radix(id.get(4..8).unwrap_or("0"), 16).unwrap_or(0);
    match (dice % 10, nth) {
        (0, 0) => (503, Duration::ZERO),
        (1, 0 | 1) => (429, Duration::ZERO),
        (2, 0) => (500, Duration::from_millis(200)),
        (3, _) => (200, Duration::from_millis(200)),
        _ => (200, Duration::ZERO),
    }
}

/// The number in a variable, if it is there.
fn given<T: std::str::FromStr>(variable: &str) -> Option<T> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Posts its share of the alerts, each until it is taken, wherever alerting is by then.
async fn source(share: Vec<usize>, address: watch::Receiver<String>, taken: Arc<Mutex<usize>>) {
    for n in share {
        let body = json!([firing(&format!("n={n}"))]).to_string().into_bytes();
        loop {
            let url = format!("{}/alerts", *address.borrow());
            let headers = [("content-type", "application/json")];
            let body = body.clone();
            // A connection that breaks off makes the harness panic in the task of this request.
            let answer = tokio::spawn(async move { request("POST", &url, &headers, body).await });
            if answer.await.is_ok_and(|answer| answer.status == 200) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await; // a source's pause before it tries again
        }
        *taken.lock().await += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_dies_no_notification_is_lost_and_none_has_two_ids() {
    let long = std::env::var_os("NEPHOSCOPE_CRASH_MINUTES").is_some();
    let usual = if long { (10_000, 200) } else { (300, 8) };
    let alerts: usize = given("NEPHOSCOPE_CRASH_ALERTS").unwrap_or(usual.0);
    let kills: usize = given("NEPHOSCOPE_CRASH_KILLS").unwrap_or(usual.1);
    let seed = given("NEPHOSCOPE_CRASH_SEED");
    let seed = seed.unwrap_or(store::clock::now().0.unsigned_abs() / 1_000_000);
    eprintln!("NEPHOSCOPE_CRASH_SEED={seed}: {alerts} alerts, {kills} kills");
    let mut dice = Dice(seed);
    let receiver = Receiver::start(unreliable).await;
    // Each alert is a group of its own; some three hundred of them are looked at in a second.
    let interval_s = (alerts / 300).max(1);
    let file = format!(
        "
receivers: [{{name: a, webhook_configs: [{{url: '{}/a'}}]}}]
route:
  {{receiver: a, group_by: ['...'], group_wait: 0s, group_interval: {interval_s}s, repeat_interval: 100h}}
",
        receiver.url
    );
    let mut alone = Alone::start(&file).await;
    let (moved, address) = watch::channel(alone.api.clone());
    let taken = Arc::new(Mutex::new(0));
    for nth in 0..SOURCES {
        let share = (nth..alerts).step_by(SOURCES).collect();
        tokio::spawn(source(share, address.clone(), Arc::clone(&taken)));
    }
    for kill in 1..=kills {
        // Kills are spread over the alerts, and fall some way into what each of them sets going.
        let due = alerts * kill / (kills + 1);
        wait_for("alerts to be taken", async || {
            (*taken.lock().await >= due).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_millis(dice.below(40))).await; // the blow's own moment
        alone = alone.crash().await;
        moved.send_replace(alone.api.clone());
    }
    wait_for("all alerts to be taken", async || {
        (*taken.lock().await == alerts).then_some(())
    })
    .await;
    wait_for("all messages to arrive", async || {
        (arrived(&receiver.heard()).len() == alerts).then_some(())
    })
    .await;
    let heard = receiver.heard();
    let twice = heard.iter().filter(|one| one.answered == 200).count() - alerts;
    eprintln!("{} attempts, {twice} arrived twice", heard.len());
    let mut ids: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for one in &heard {
        ids.entry(one.text()).or_default().insert(&one.id);
    }
    let double: Vec<_> = ids.iter().filter(|(_, ids)| ids.len() > 1).collect();
    assert!(
        double.is_empty(),
        "seed {seed}: several ids for one message: {double:?}"
    );
    let waiting = alone.get("/alerts").await;
    assert_eq!(waiting.as_array().map(Vec::len), Some(alerts));
}

fn arrived(heard: &[Heard]) -> BTreeSet<String> {
    let taken = heard.iter().filter(|one| one.answered == 200);
    taken.map(Heard::text).collect()
}
