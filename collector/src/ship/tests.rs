//! How requests are grouped, repeated and taken apart, with a stand-in for the store.

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use store::model::UnixNano;

use super::stand_in::Script;
use super::*;
use crate::admit::Budget;

/// 2026-01-01 UTC: spans of this time are believed by a normaliser at this time.
const NOW: UnixNano = UnixNano(1_767_225_600_000_000_000);

fn spans(count: usize, edit: impl Fn(usize, &mut Span)) -> Opened {
    let spans = (0..count).map(|i| {
        let mut span = Span {
            trace_id: vec![7; 16],
            span_id: vec![9; 8],
            name: "plain".into(),
            start_time_unix_nano: NOW.0.unsigned_abs(),
            end_time_unix_nano: NOW.0.unsigned_abs() + 1_000,
            ..Default::default()
        };
        edit(i, &mut span);
        span
    });
    let scope_spans = vec![ScopeSpans {
        spans: spans.collect(),
        ..Default::default()
    }];
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans,
            ..Default::default()
        }],
    };
    Opened {
        signal: Signal::Traces,
        plain: Bytes::from(request.encode_to_vec()),
        received: NOW,
        lease: Budget::new(1024).lease(),
    }
}

fn plain(count: usize) -> Opened {
    spans(count, |_, _| {})
}

const LIMITS: Limits = Limits {
    max_rows: 1000,
    max_bytes: 1 << 20,
    max_delay_ms: 0,
    retry_for_ms: 2_000,
};

/// A group is then exactly as big as `max_rows` says, however slow the machine.
const PATIENT: Limits = Limits {
    max_delay_ms: 3_600_000,
    ..LIMITS
};

fn start(script: &Script, limits: Limits) -> (Shipper, Owners, Arc<Counters>) {
    let counters = Arc::new(Counters::default());
    let (shipper, owners) = Shipper::start(script.clone(), limits, 1 << 20, Arc::clone(&counters));
    (shipper, owners, counters)
}

/// Ships all at once and waits for every outcome.
async fn ship_all(shipper: &Shipper, requests: Vec<Opened>) -> Vec<Result<Receipt, Refusal>> {
    let mut tasks = Vec::new();
    for opened in requests {
        let shipper = shipper.clone();
        tasks.push(tokio::spawn(async move { shipper.ship(opened).await }));
    }
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.expect("no panic"));
    }
    outcomes
}

fn items(outcome: &Result<Receipt, Refusal>) -> u64 {
    outcome.as_ref().expect("taken").items
}

#[tokio::test]
async fn requests_that_wait_together_are_one_insert() {
    let script = Script::default();
    let (shipper, owners, counters) = start(
        &script,
        Limits {
            max_rows: 10,
            ..PATIENT
        },
    );
    let outcomes = ship_all(&shipper, vec![plain(2), plain(3), plain(5)]).await;
    assert_eq!(outcomes.iter().map(items).collect::<Vec<_>>(), [2, 3, 5]);
    assert_eq!(script.rows_asked(), [10]);
    let traces = counters.snapshot().traces;
    assert_eq!((traces.inserts, traces.rows_stored), (1, 10));
    drop(shipper);
    assert!(owners.drain(Instant::now() + Duration::from_secs(5)).await);
}

#[tokio::test]
async fn a_full_group_does_not_wait_for_company() {
    let script = Script::default();
    let (shipper, _owners, _) = start(
        &script,
        Limits {
            max_rows: 4,
            ..PATIENT
        },
    );
    assert_eq!(items(&shipper.ship(plain(4)).await), 4);
    assert_eq!(script.rows_asked(), [4]);
}

#[tokio::test]
async fn an_away_store_is_asked_again_with_the_same_token() {
    let away = || Err(Failure::Away("connection refused".into()));
    let script = Script::answering([away(), away(), Ok(())]);
    let (shipper, _owners, counters) = start(&script, LIMITS);
    assert_eq!(items(&shipper.ship(plain(1)).await), 1);
    let asked = script.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 3);
    assert!(
        asked
            .iter()
            .all(|(rows, token)| *rows == 1 && *token == asked[0].1)
    );
    assert_eq!(counters.snapshot().traces.inserts_retried, 2);
}

#[tokio::test]
async fn when_the_store_stays_away_everyone_is_told_to_send_again() {
    let script = Script::answering((0..100).map(|_| Err(Failure::Away("gone".into()))));
    let limits = Limits {
        max_rows: 2,
        retry_for_ms: 250,
        ..PATIENT
    };
    let (shipper, _owners, counters) = start(&script, limits);
    for outcome in ship_all(&shipper, vec![plain(1), plain(1)]).await {
        let refusal = outcome.expect_err("refused");
        assert_eq!(refusal.reason, Reason::StoreAway);
        assert_eq!(
            refusal.message,
            "the store is away or overloaded: send again in a second"
        );
    }
    // Attempts at 0 and 100 ms; the next pause would go beyond the limit.
    assert_eq!(script.rows_asked(), [2, 2]);
    assert_eq!(counters.snapshot().traces.inserts_failed, 1);
}

#[tokio::test]
async fn one_poisoned_request_does_not_harm_its_neighbours() {
    let script = Script {
        poison_rows: Some(7),
        ..Script::default()
    };
    let (shipper, _owners, _) = start(
        &script,
        Limits {
            max_rows: 12,
            ..PATIENT
        },
    );
    // The batch of 2 + 7 + 3 rows is refused as a whole as well.
    script
        .answers
        .lock()
        .unwrap()
        .push_back(Err(Failure::Refused("Code: 53.".into())));
    let outcomes = ship_all(&shipper, vec![plain(2), plain(7), plain(3)]).await;
    assert_eq!((items(&outcomes[0]), items(&outcomes[2])), (2, 3));
    let refusal = outcomes[1].as_ref().expect_err("refused");
    assert_eq!(refusal.reason, Reason::Internal);
    assert!(
        !refusal.message.contains("Code"),
        "the store's words are for the log"
    );
    assert_eq!(script.rows_asked(), [12, 2, 7, 3]);
    let asked = script.asked.lock().unwrap();
    assert!(
        (1..4).all(|i| asked[i].1 != asked[0].1),
        "other rows need another token"
    );
}

#[tokio::test]
async fn while_inserts_are_slow_the_next_group_forms() {
    let gate = Arc::new(Semaphore::new(0));
    let script = Script {
        gate: Some(Arc::clone(&gate)),
        ..Script::default()
    };
    let (shipper, owners, _) = start(&script, LIMITS);
    let first = tokio::spawn({
        let shipper = shipper.clone();
        async move { shipper.ship(plain(1)).await }
    });
    script.asked(1).await;
    let second = tokio::spawn({
        let shipper = shipper.clone();
        async move { shipper.ship(plain(2)).await }
    });
    script.asked(2).await;
    // Both slots are taken: a third group waits, and is inserted once there is room.
    let third = tokio::spawn({
        let shipper = shipper.clone();
        async move { shipper.ship(plain(3)).await }
    });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(script.rows_asked(), [1, 2]);
    gate.add_permits(3);
    for (task, wanted) in [(first, 1), (second, 2), (third, 3)] {
        assert_eq!(items(&task.await.expect("no panic")), wanted);
    }
    drop(shipper);
    assert!(owners.drain(Instant::now() + Duration::from_secs(5)).await);
}

#[tokio::test]
async fn bad_items_are_rejected_and_the_others_stored() {
    let script = Script::default();
    let (shipper, _owners, _) = start(&script, LIMITS);
    let opened = spans(3, |i, span| {
        span.span_id.truncate(if i == 1 { 2 } else { 8 });
    });
    let receipt = shipper.ship(opened).await.expect("taken");
    assert_eq!((receipt.items, receipt.rejected), (2, 1));
    assert!(!receipt.message.is_empty());
}

#[tokio::test]
async fn a_request_of_bad_items_only_needs_no_store() {
    let script = Script::answering([Err(Failure::Refused("must not be asked".into()))]);
    let (shipper, _owners, _) = start(&script, LIMITS);
    let opened = spans(1, |_, span| span.trace_id.clear());
    let receipt = shipper.ship(opened).await.expect("taken");
    assert_eq!((receipt.items, receipt.rejected), (0, 1));
    assert!(script.rows_asked().is_empty());
}

#[tokio::test]
async fn what_would_grow_without_bound_is_left_out_with_a_word() {
    let script = Script::default();
    let (shipper, _owners, _) = start(&script, LIMITS);
    // 20 spans of 100 kB each do not fit the mebibyte that `start` allows.
    let opened = spans(20, |_, span| span.name = "x".repeat(100_000));
    let receipt = shipper.ship(opened).await.expect("taken");
    assert_eq!((receipt.items, receipt.rejected), (10, 10));
    assert!(
        receipt
            .message
            .contains("10 spans left out: with them the request would become")
    );
}

#[tokio::test]
async fn the_drain_ends_when_every_request_is_answered() {
    let gate = Arc::new(Semaphore::new(0));
    let script = Script {
        gate: Some(Arc::clone(&gate)),
        ..Script::default()
    };
    let (shipper, owners, _) = start(&script, LIMITS);
    let waiting = tokio::spawn(async move { shipper.ship(plain(1)).await });
    script.asked(1).await;
    gate.add_permits(1);
    assert!(owners.drain(Instant::now() + Duration::from_secs(5)).await);
    assert_eq!(items(&waiting.await.expect("no panic")), 1);
}

#[tokio::test]
async fn a_drain_that_takes_too_long_is_cut() {
    let script = Script {
        gate: Some(Arc::new(Semaphore::new(0))),
        ..Script::default()
    };
    let (shipper, owners, _) = start(&script, LIMITS);
    let waiting = tokio::spawn(async move { shipper.ship(plain(1)).await });
    script.asked(1).await;
    assert!(
        !owners
            .drain(Instant::now() + Duration::from_millis(50))
            .await
    );
    let refusal = waiting.await.expect("no panic").expect_err("cut");
    assert_eq!(refusal.reason, Reason::Stopping);
}
