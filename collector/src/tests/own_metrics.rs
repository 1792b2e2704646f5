//! What the collector tells of itself is kept apart from what the users send, and gives way to it.

use prost::Message;

use super::*;

fn observed(interval_ms: u64) -> Config {
    Config {
        self_metrics_interval_ms: interval_ms,
        ..config()
    }
}

#[tokio::test]
async fn an_idle_collector_stores_its_own_metrics_and_counts_none_of_them_as_accepted() {
    let store = Script::default();
    let collector = run(observed(100), &store).await;
    let counters = collector.counters();
    until("two observations stored", || {
        let now = counters.snapshot();
        now.observations_kept >= 2 && now.metrics.inserts >= 2
    })
    .await;
    let metrics = counters.snapshot().metrics;
    assert_eq!((metrics.requests_accepted, metrics.items_accepted), (0, 0));
    assert_eq!((metrics.items_shipped, metrics.bytes_shipped), (0, 0));
    assert!(metrics.rows_stored > 50, "{metrics:?}");
    collector.stop().await;
}

#[tokio::test]
async fn what_was_sent_is_what_is_accepted_shipped_and_repeated() {
    let store = Script::default();
    let collector = run(observed(100), &store).await;
    let body = traces(vec![span("a"), span("b"), span("c")]).encode_to_vec();
    for _ in 0..2 {
        let answer = post(&collector, "/v1/traces", &[PROTOBUF], body.clone()).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    let counters = collector.counters();
    until("shipped", || counters.snapshot().traces.items_shipped == 3).await;
    let traces = counters.snapshot().traces;
    assert_eq!((traces.requests_accepted, traces.requests_repeated), (2, 1));
    assert_eq!((traces.items_accepted, traces.items_shipped), (6, 3));
    assert_eq!(traces.bytes_shipped, body.len() as u64);
    until("nothing waits", || {
        counters.snapshot().traces.waiting.requests == 0
    })
    .await;
    collector.stop().await;
}

#[tokio::test]
async fn a_stop_tells_a_last_time() {
    let collector = run(observed(3_600_000), &Script::default()).await;
    let counters = collector.counters();
    until("the first observation", || {
        counters.snapshot().observations_kept == 1
    })
    .await;
    collector.stop().await;
    let end = counters.snapshot();
    assert_eq!(end.observations_kept, 2);
    assert_eq!(end.metrics.waiting.requests, 0, "and it was stored");
}

#[tokio::test]
async fn a_spool_without_room_takes_the_users_data_and_skips_our_own() {
    let tiny = Config {
        max_request_bytes: 1024,
        spool: SpoolSection {
            max_bytes: Some(8192),
            ..config().spool
        },
        ..observed(100)
    };
    let collector = run(tiny, &Script::default()).await;
    let counters = collector.counters();
    until("a skipped observation", || {
        counters.snapshot().observations_skipped > 0
    })
    .await;
    let body = traces(vec![span("a")]).encode_to_vec();
    let answer = post(&collector, "/v1/traces", &[PROTOBUF], body).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(counters.snapshot().observations_kept, 0);
    collector.stop().await;
}

#[tokio::test]
async fn lag_grows_while_the_store_takes_nothing_and_is_zero_again_afterwards() {
    let (store, gate) = gated();
    let collector = run(observed(0), &store).await;
    let counters = collector.counters();
    let lag_ms = |now| counters.snapshot().traces.lag_ms(now);
    let body = traces(vec![span("a")]).encode_to_vec();
    post(&collector, "/v1/traces", &[PROTOBUF], body).await;
    until("a lag", || lag_ms(store::clock::now()) > 20).await;
    let traces = counters.snapshot().traces;
    assert_eq!((traces.waiting.requests, traces.items_shipped), (1, 0));
    assert_eq!(traces.waiting.last_delay_ms, None, "nothing was stored yet");
    gate.add_permits(1);
    until("no lag", || lag_ms(store::clock::now()) == 0).await;
    let waiting = counters.snapshot().traces.waiting;
    assert!(
        waiting.last_delay_ms.is_some_and(|ms| ms > 20),
        "{waiting:?}"
    );
    assert_eq!((waiting.requests, waiting.bytes), (0, 0));
    collector.stop().await;
}
