//! When messages come, and which do not.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::receiver::{Heard, Receiver};
use super::{Alone, ending, firing};
use crate::harness::{post, wait_for};

/// How late a message may be; the machine that tests run on may be busy for longer now and then, so this
/// is asked of the middle one of several.
const LATE: Duration = Duration::from_millis(150);

fn secs(secs: f64) -> Duration {
    Duration::from_secs_f64(secs)
}

/// Checks that messages came no sooner than due and, in the middle, hardly later.
fn in_time(heard: &[Heard], begin: (Instant, Instant), due: &[f64]) {
    let mut late: Vec<Duration> = Vec::new();
    for (one, due) in heard.iter().zip(due) {
        let told = format!("{} due at {due} s", one.text());
        assert!(one.at >= begin.0 + secs(*due), "{told} came early");
        late.push(one.at.saturating_duration_since(begin.1 + secs(*due)));
    }
    late.sort();
    eprintln!("late: {late:?}");
    assert!(late[late.len() / 2] <= LATE, "late: {late:?}");
}

#[tokio::test]
async fn groups_wait_speak_repeat_and_end_in_alertmanagers_time() {
    let receiver = Receiver::willing().await;
    let alone = Alone::start(&format!(
        "
receivers: [{{name: a, webhook_configs: [{{url: '{}/a'}}]}}]
route: {{receiver: a, group_by: [g], group_wait: 1s, group_interval: 2s, repeat_interval: 3s}}
",
        receiver.url
    ))
    .await;
    let before = Instant::now();
    alone.post(json!([firing("g=1 n=1")])).await;
    let begin = (before, Instant::now());
    receiver.wait(1).await; // at 1 s
    alone.post(json!([firing("g=1 n=2")])).await;
    receiver.wait(2).await; // at 3 s: new
    // Nothing new at 5 s, and 3 s are not over; the repeat is at 7 s.
    receiver.wait(3).await;
    alone.post(json!([ending("g=1 n=1", -1)])).await;
    receiver.wait(4).await; // at 9 s: one is over
    alone.post(json!([ending("g=1 n=2", -1)])).await;
    let heard = receiver.wait(5).await; // at 11 s: all
    let texts: Vec<String> = heard.iter().map(Heard::text).collect();
    let want = [
        "/a firing: 1",
        "/a firing: 1 2",
        "/a firing: 1 2",
        "/a firing: (1) 2",
        "/a resolved: (2)",
    ];
    assert_eq!(texts, want);
    in_time(&heard, begin, &[1.0, 3.0, 7.0, 9.0, 11.0]);
    assert_eq!(heard[0].body["groupKey"], "{}:{g=\"1\"}");
    assert_eq!(
        heard[2].body["notification_reason"],
        "repeat interval elapsed"
    );
    let ids: std::collections::HashSet<_> = heard.iter().map(|one| &one.id).collect();
    assert_eq!(ids.len(), 5);
}

#[tokio::test]
async fn what_is_inhibited_or_silenced_is_not_told_until_it_no_longer_is() {
    let receiver = Receiver::willing().await;
    let alone = Alone::start(&format!(
        "
receivers: [{{name: a, webhook_configs: [{{url: '{}/a'}}]}}]
route: {{receiver: a, group_by: [n], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}}
inhibit_rules: [{{source_matchers: [s=critical], target_matchers: [s=info], equal: [app]}}]
",
        receiver.url
    ))
    .await;
    let silence = json!({
        "matchers": [{"name": "n", "value": "3", "isRegex": false}],
        "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2199-01-01T00:00:00Z",
        "createdBy": "me", "comment": "c",
    });
    let url = format!("{}/silences", alone.api);
    let stored = post(&url, "application/json", silence.to_string()).await;
    assert_eq!(stored.status, 200, "{}", stored.text());
    let id = stored.json()["silenceID"]
        .as_str()
        .expect("an id")
        .to_owned();
    let source = "s=critical app=x n=1";
    let alerts = json!([
        firing(source),
        firing("s=info app=x n=2"),
        firing("n=3"),
        firing("n=4")
    ]);
    alone.post(alerts).await;
    let told = |heard: &[Heard]| {
        let mut told: Vec<String> = heard.iter().map(Heard::text).collect();
        told.sort();
        told
    };
    assert_eq!(
        told(&receiver.wait(2).await),
        ["/a firing: 1", "/a firing: 4"]
    );
    // Two turns of the groups later the others are still not told.
    let suppressed = alone.get("/alerts?active=false").await;
    assert_eq!(suppressed.as_array().map(Vec::len), Some(2), "{suppressed}");
    wait_for("the groups' turns", async || {
        let heard = receiver.heard();
        assert_eq!(heard.len(), 2, "{:?}", told(&heard));
        (heard[1].at.elapsed() > secs(2.2)).then_some(())
    })
    .await;
    alone.post(json!([ending(source, -1)])).await;
    let url = format!("{}/silence/{id}", alone.api);
    let gone = crate::harness::request("DELETE", &url, &[], Vec::new()).await;
    assert_eq!(gone.status, 200, "{}", gone.text());
    let heard = receiver.wait(5).await;
    let want = ["/a firing: 2", "/a firing: 3", "/a resolved: (1)"];
    assert_eq!(told(&heard[2..]), want);
}
