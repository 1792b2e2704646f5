//! What a crash must not lose.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;

use super::receiver::Receiver;
use super::{Alone, ending, firing};
use crate::harness::wait_for;

fn file(url: &str) -> String {
    format!(
        "
receivers: [{{name: a, webhook_configs: [{{url: '{url}/a'}}]}}]
route: {{receiver: a, group_by: [n], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
"
    )
}

#[tokio::test]
async fn resolved_goes_out_after_a_kill_though_the_source_is_silent() {
    let receiver = Receiver::willing().await;
    let alone = Alone::start(&file(&receiver.url)).await;
    alone
        .post(json!([ending("n=1", 3_000), firing("n=2")]))
        .await;
    receiver.wait(2).await;
    let alone = alone.crash().await;
    // A message whose answer the kill came before is sent again, with its id.
    let over = wait_for("what the source no longer says", async || {
        let mut told = receiver.heard();
        let mut ids = HashSet::new();
        told.retain(|one| ids.insert(one.id.clone()));
        told.get(2).map(super::receiver::Heard::text)
    })
    .await;
    assert_eq!(over, "/a resolved: (1)");
    let left = alone.get("/alerts").await;
    assert_eq!(left[0]["labels"]["n"], "2", "{left}");
    assert_eq!(left.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_message_that_had_not_arrived_is_sent_after_a_kill_with_the_same_id() {
    let receiver = Receiver::start(|_, nth| match nth {
        0 => (503, Duration::ZERO),
        _ => (200, Duration::ZERO),
    })
    .await;
    let alone = Alone::start(&file(&receiver.url)).await;
    alone.post(json!([firing("n=1")])).await;
    wait_for("the first attempt", async || {
        (!receiver.heard().is_empty()).then_some(())
    })
    .await;
    let _alone = alone.crash().await;
    let taken = receiver.wait(1).await;
    assert_eq!(taken[0].id, receiver.heard()[0].id);
    assert!(taken[0].id.starts_with("ntf_"), "{}", taken[0].id);
}
