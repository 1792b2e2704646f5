//! How requests are grouped, repeated and taken apart, with a stand-in for the store.

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use store::model::UnixNano;

use super::stand_in::Script;
use std::time::Duration;
use tokio::sync::Semaphore;

use super::*;
use crate::admit::Budget;
use crate::sender::Sender;

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
        sender: Sender::ANYONE,
        origin: Origin::Users,
        plain: Bytes::from(request.encode_to_vec()),
        received: NOW,
        lease: Budget::new(1024, 1).lease(Sender::ANYONE),
    }
}

/// A group is then exactly as big as `max_rows` says, however slow the machine.
const PATIENT: Limits = Limits {
    max_rows: 1000,
    max_bytes: 1 << 20,
    max_delay_ms: 3_600_000,
};
const HASTY: Limits = Limits {
    max_delay_ms: 0,
    ..PATIENT
};

struct Bench {
    script: Script,
    limits: Limits,
    section: SpoolSection,
    counters: Arc<Counters>,
}

impl Bench {
    fn new(script: Script, limits: Limits) -> Self {
        let section = SpoolSection {
            folder: stand_in::spool_folder(),
            max_bytes: Some(24 << 20),
            ..SpoolSection::default()
        };
        Self {
            script,
            limits,
            section,
            counters: Arc::default(),
        }
    }

    fn start(&self) -> (Shipper, Owners) {
        let bytes = (1 << 20, 1 << 20);
        Shipper::start(
            self.script.clone(),
            self.limits,
            &self.section,
            bytes,
            Normaliser::default(),
            &self.counters,
        )
        .expect("started")
    }
}

async fn drained(owners: Owners) -> bool {
    owners.drain(Instant::now() + Duration::from_secs(5)).await
}

/// Ships all at once and waits for every outcome.
async fn ship_all(shipper: &Shipper, requests: Vec<Opened>) -> Vec<u64> {
    let mut items = Vec::new();
    for task in requests.into_iter().map(|opened| {
        let shipper = shipper.clone();
        tokio::spawn(async move { shipper.ship(opened).await })
    }) {
        items.push(task.await.expect("no panic").expect("taken").items);
    }
    items
}

/// `count` spans that no other request has.
fn own(count: usize, name: &str) -> Opened {
    spans(count, |_, span| name.clone_into(&mut span.name))
}

#[tokio::test]
async fn requests_that_wait_together_are_one_insert() {
    let bench = Bench::new(Script::default(), PATIENT);
    let (shipper, owners) = bench.start();
    let requests = vec![own(2, "a"), own(3, "b"), own(5, "c")];
    assert_eq!(ship_all(&shipper, requests).await, [2, 3, 5]);
    assert!(
        bench.script.rows_asked().is_empty(),
        "they wait for company"
    );
    drop(shipper);
    assert!(drained(owners).await);
    assert_eq!(bench.script.rows_asked(), [10]);
    let traces = bench.counters.snapshot().traces;
    assert_eq!((traces.inserts, traces.rows_stored), (1, 10));
}

#[tokio::test]
async fn a_full_group_does_not_wait_for_company() {
    let bench = Bench::new(
        Script::default(),
        Limits {
            max_rows: 4,
            ..PATIENT
        },
    );
    let (shipper, _owners) = bench.start();
    assert_eq!(ship_all(&shipper, vec![own(4, "a")]).await, [4]);
    bench.script.asked(1).await;
    assert_eq!(bench.script.rows_asked(), [4]);
}

#[tokio::test]
async fn an_away_store_is_asked_again_with_the_same_token() {
    let away = || Err(Failure::Away("connection refused".into()));
    let bench = Bench::new(Script::answering([away(), away(), Ok(())]), HASTY);
    let (shipper, owners) = bench.start();
    assert_eq!(
        ship_all(&shipper, vec![own(1, "a")]).await,
        [1],
        "the caller does not wait"
    );
    drop(shipper);
    assert!(drained(owners).await);
    let asked = bench.script.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 3);
    assert!(
        asked
            .iter()
            .all(|(rows, token)| *rows == 1 && *token == asked[0].1)
    );
    assert_eq!(bench.counters.snapshot().traces.inserts_retried, 2);
}

#[tokio::test]
async fn one_poisoned_request_is_kept_aside_and_its_neighbours_are_stored() {
    let script = Script {
        poison_rows: Some(7),
        ..Script::default()
    };
    // The batch of 2 + 7 + 3 rows is refused as a whole as well, and of its halves the one of 7 + 3.
    let refused = || Err(Failure::Refused("Code: 53.".into()));
    script
        .answers
        .lock()
        .unwrap()
        .extend([refused(), Ok(()), refused()]);
    let bench = Bench::new(script, PATIENT);
    let (shipper, owners) = bench.start();
    let mut stored = Vec::new();
    for (count, name) in [(2, "a"), (7, "b"), (3, "c")] {
        stored.extend(ship_all(&shipper, vec![own(count, name)]).await);
    }
    assert_eq!(stored, [2, 7, 3], "the fault is not the caller's");
    drop(shipper);
    assert!(drained(owners).await);
    assert_eq!(bench.script.rows_asked(), [12, 2, 10, 7, 3]);
    let letters = std::fs::read(bench.section.folder.join("traces/dead-letters")).expect("kept");
    let at = 16 + 32 + own(2, "a").plain.len(); // behind a segment's header and the frame of `a`
    let words = format!("{at} \"Code: 53. type mismatch");
    assert!(
        letters.starts_with(words.as_bytes()),
        "{}",
        String::from_utf8_lossy(&letters)
    );
}

#[tokio::test]
async fn while_the_store_is_slow_rows_wait_on_disk_and_each_is_stored_once() {
    let gate = Arc::new(Semaphore::new(0));
    let script = Script {
        gate: Some(Arc::clone(&gate)),
        ..Script::default()
    };
    let bench = Bench::new(
        script,
        Limits {
            max_rows: 10,
            max_delay_ms: 0,
            ..PATIENT
        },
    );
    let (shipper, owners) = bench.start();
    // The first goes into the insert that hangs, some fill the next group, the others stay on disk.
    for number in 0..40 {
        assert_eq!(
            ship_all(&shipper, vec![own(3, &number.to_string())]).await,
            [3]
        );
    }
    assert_eq!(bench.script.rows_asked().len(), 1, "one insert at a time");
    gate.add_permits(1_000);
    drop(shipper);
    assert!(drained(owners).await);
    let asked = bench.script.rows_asked();
    assert_eq!(asked.iter().sum::<usize>(), 120, "{asked:?}");
    assert!(
        asked.iter().all(|rows| *rows <= 12),
        "groups are bounded: {asked:?}"
    );
}

#[tokio::test]
async fn what_was_kept_and_not_stored_is_stored_by_the_next_start_and_once() {
    let script = Script {
        gate: Some(Arc::new(Semaphore::new(0))),
        ..Script::default()
    };
    let mut bench = Bench::new(
        script,
        Limits {
            max_rows: 4,
            ..PATIENT
        },
    );
    let (shipper, owners) = bench.start();
    for number in 0..5 {
        assert_eq!(
            ship_all(&shipper, vec![own(2, &number.to_string())]).await,
            [2]
        );
    }
    bench.script.asked(1).await;
    drop(shipper);
    assert!(
        !owners
            .drain(Instant::now() + Duration::from_millis(50))
            .await,
        "cut off"
    );
    let hung = bench.script.asked.lock().unwrap()[0].clone();

    bench.script = Script::default();
    let (shipper, owners) = bench.start();
    let again = shipper.ship(own(2, "3")).await.expect("known");
    assert_eq!(again.items, 2, "sent again by a caller that heard nothing");
    drop(shipper);
    assert!(drained(owners).await);
    let asked = bench.script.asked.lock().unwrap().clone();
    assert_eq!(asked[0], hung, "the same stretch under the same token");
    assert_eq!(
        asked.iter().map(|(rows, _)| rows).sum::<usize>(),
        10,
        "{asked:?}"
    );
}

#[tokio::test]
async fn bad_items_are_rejected_and_the_others_stored() {
    let bench = Bench::new(Script::default(), HASTY);
    let (shipper, _owners) = bench.start();
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
    let bench = Bench::new(script, HASTY);
    let (shipper, owners) = bench.start();
    let opened = spans(1, |_, span| span.trace_id.clear());
    let receipt = shipper.ship(opened).await.expect("taken");
    assert_eq!((receipt.items, receipt.rejected), (0, 1));
    drop(shipper);
    assert!(drained(owners).await);
    assert!(bench.script.rows_asked().is_empty());
}

#[tokio::test]
async fn what_would_grow_without_bound_is_left_out_with_a_word() {
    let bench = Bench::new(Script::default(), HASTY);
    let (shipper, _owners) = bench.start();
    // 20 spans of 50 kB with a resource each: as rows they do not fit the mebibyte `start` allows.
    let opened = spans(20, |_, span| span.name = "x".repeat(50_000));
    let receipt = shipper.ship(opened).await.expect("taken");
    assert_eq!((receipt.items, receipt.rejected), (20, 0));
    let opened = spans(25, |_, span| span.name = "y".repeat(50_000));
    let refusal = shipper.ship(opened).await;
    let receipt = refusal.expect("taken");
    assert_eq!((receipt.items, receipt.rejected), (20, 5));
    let want = "5 spans left out: with them the request would become";
    assert!(receipt.message.contains(want), "{}", receipt.message);
}
