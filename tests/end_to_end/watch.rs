//! Findings in and out of the store, and what the watch reads.

use std::sync::Arc;

use store::detector_states::{self, Snapshot};
use store::findings::{self, Filter};
use store::model::{
    Evidence, Feedback, FeedbackVerdict, Finding, FunctionId, InvocationFact, Scope, Severity,
    State, ToldBy, UnixNano,
};
use store::read::watch::{self, Seconds};
use store::rollup::Roller;
use store::usage::{self, Terms};
use store::write::{Attempt, Batch, RowSink};

use crate::harness::{end_engine, migrated_engine};

const ID: &str = "aws:123456789012:eu-central-1:checkout";

fn finding(id: &str, now: UnixNano) -> Finding {
    Finding {
        id: id.to_owned(),
        kind: "cold_start_regression".into(),
        scope: Scope::Function,
        subject: ID.into(),
        function_id: ID.into(),
        version: "42".into(),
        detail: String::new(),
        state: State::Open,
        severity: Severity::High,
        confidence: 0.99,
        p_value: Some(0.001),
        began_at: UnixNano::from_millis(now.plus_millis(-60_000.0).as_millis()),
        detected_at: UnixNano::from_millis(now.as_millis()),
        updated_at: UnixNano::from_millis(now.as_millis()),
        closed_at: None,
        closed_because: String::new(),
        title: "Cold starts of checkout are 44 % slower".into(),
        sentence: "They take 260 ms instead of 180.".into(),
        relative: Some(0.44),
        interval: Some((0.38, 0.51)),
        before: Some(180.0),
        after: Some(260.0),
        unit: "ms".into(),
        ms_per_month: Some(1e6),
        micro_usd_per_month: Some(41_000_000),
        evidence: Evidence {
            reasons: vec!["Ten cold starts are slower than any before.".into()],
            ..Evidence::default()
        },
    }
}

#[tokio::test]
async fn findings_feedback_and_what_detectors_remember_come_back_as_written() {
    let (data, engine, store) = migrated_engine().await;
    let now = store::clock::now();
    let first = finding("00000000000000aa", now);
    let other = finding("00000000000000bb", now);
    findings::write(&store, &[first.clone(), other.clone()], now)
        .await
        .expect("written");
    assert_eq!(
        findings::one(&store, &first.id).await.expect("read"),
        Some(first.clone())
    );
    assert_eq!(findings::one(&store, "nothing").await.expect("read"), None);

    // A later word counts, even if it speaks of an earlier time.
    let closed = Finding {
        state: State::Closed,
        closed_at: Some(first.detected_at),
        ..first
    };
    let later = now.plus_millis(1.0);
    findings::write(&store, std::slice::from_ref(&closed), later)
        .await
        .expect("written");
    let all = findings::list(&store, &Filter::default())
        .await
        .expect("listed");
    assert_eq!(all, [other.clone(), closed], "the open one first");
    let open = Filter {
        state: "open".into(),
        function_id: ID.into(),
        ..Filter::default()
    };
    assert_eq!(
        findings::list(&store, &open).await.expect("listed"),
        std::slice::from_ref(&other)
    );

    let said = Feedback {
        finding_id: other.id.clone(),
        kind: other.kind.clone(),
        subject: other.subject.clone(),
        verdict: FeedbackVerdict::Expected,
        relative: other.relative,
        note: "a migration".into(),
        given_by: "ops".into(),
        given_at: UnixNano::from_millis(now.as_millis()),
    };
    findings::write_feedback(&store, &said)
        .await
        .expect("written");
    let heard = findings::feedback(&store, UnixNano(0)).await.expect("read");
    assert_eq!(heard, [said]);

    let long = Snapshot {
        seen_s: 60,
        pieces: vec![vec![0, 255, 10], vec![7; 100_000]],
    };
    detector_states::write(&store, "one", &long, now)
        .await
        .expect("saved");
    assert_eq!(
        detector_states::read(&store, "one").await.expect("read"),
        Some(long)
    );
    let short = Snapshot {
        seen_s: 120,
        pieces: vec![vec![1]],
    };
    detector_states::write(&store, "one", &short, later)
        .await
        .expect("saved");
    assert_eq!(
        detector_states::read(&store, "one").await.expect("read"),
        Some(short)
    );
    assert_eq!(
        detector_states::read(&store, "other").await.expect("read"),
        None
    );
    end_engine(data, engine).await;
}

#[tokio::test]
async fn the_watch_reads_minutes_hours_and_cold_starts_of_what_arrived() {
    let (data, engine, store) = migrated_engine().await;
    let since_ms = watch::server_now_ms(&store).await.expect("asked") - 1;
    let now_s = store::clock::now().as_secs();
    let hour_s = u32::try_from(now_s - now_s % 3_600 - 7_200).expect("now");
    let function: FunctionId = ID.parse().expect("sound");
    let mut batch = Batch::default();
    for i in 0..3 {
        let at = UnixNano::from_secs(i64::from(hour_s) + 30 * i);
        let mut fact = InvocationFact::new(function.clone(), format!("id-{i}"), ToldBy::Span, at);
        fact.version = "42".into();
        fact.duration_ms = Some(100.0);
        fact.init_duration_ms = (i == 0).then_some(180.0);
        batch.invocation(&fact);
    }
    let batch = Arc::new(batch);
    let refused = store.insert(&batch, "a", Attempt::First, |_| true).await;
    assert!(refused.expect("inserted").is_empty());
    Roller::default().tick(&store).await.expect("rolled");
    let mut usage = usage::Roller::new(Terms::new(Vec::new(), "", |_| Default::default()));
    while usage.tick(&store).await.expect("counted") != usage::Tick::Idle {}

    let span = Seconds {
        from_s: hour_s,
        to_s: hour_s + 3_600,
    };
    let minutes = watch::minutes(&store, span, &[]).await.expect("read");
    let counts: Vec<_> = minutes
        .iter()
        .map(|m| (m.minute_s - hour_s, m.invocations))
        .collect();
    assert_eq!(counts, [(0, 2), (60, 1)]);
    assert!(
        (minutes[0].duration_ms[0] - 100.0).abs() < 2.0,
        "{:?}",
        minutes[0].duration_ms
    );
    let ids = [ID.to_owned()];
    let hours = watch::hours(&store, span, &ids).await.expect("read");
    assert_eq!(hours.iter().map(|h| h.invocations).sum::<u64>(), 3);
    assert!(
        watch::hours(&store, span, &["aws:::other".into()])
            .await
            .expect("read")
            .is_empty()
    );
    let cold = watch::cold_starts(&store, span, &[]).await.expect("read");
    let until_ms = watch::server_now_ms(&store).await.expect("asked");
    let new = watch::new_cold_starts(&store, since_ms, until_ms)
        .await
        .expect("read");
    for starts in [cold, new] {
        assert_eq!(starts.len(), 1);
        assert_eq!(
            (starts[0].version.as_str(), starts[0].init_ms),
            ("42", 180.0)
        );
    }
    let none = watch::new_cold_starts(&store, until_ms, until_ms + 1)
        .await
        .expect("read");
    assert!(none.is_empty());
    assert!(watch::deploys(&store, 0).await.expect("read").is_empty());
    watch::functions(&store, 0).await.expect("read");
    end_engine(data, engine).await;
}
