//! Invocations and their minute rollup: facts late, doubled, out of order, from several sources.

use std::sync::Arc;

use store::Store;
use store::model::{FunctionId, InvocationFact, Status, ToldBy, UnixNano};
use store::rollup::{Roller, Tick};
use store::write::{Attempt, Batch, RowSink};

use crate::harness::{end_engine, migrated_engine, rows};

const MINUTE_MS: i64 = 60_000;

fn fact(id: &str, told_by: ToldBy, at: UnixNano) -> InvocationFact {
    let function = FunctionId {
        provider: "aws".into(),
        account: "123456789012".into(),
        region: "eu-central-1".into(),
        name: "checkout".into(),
    };
    InvocationFact::new(function, id.to_owned(), told_by, at)
}

async fn insert(store: &Store, token: &str, facts: &[InvocationFact]) {
    let mut batch = Batch::default();
    facts.iter().for_each(|fact| batch.invocation(fact));
    let batch = Arc::new(batch);
    let refused = store.insert(&batch, token, Attempt::First, |_| true);
    assert!(refused.await.expect("inserted").is_empty());
}

async fn rolled(store: &Store) -> Vec<serde_json::Value> {
    let sql = "SELECT version, toUnixTimestamp(minute) * 1000 AS minute, \
               toUInt32(sum(invocations)) AS invocations, toUInt32(sum(errors)) AS errors, \
               toUInt32(sum(timeouts)) AS timeouts, toUInt32(sum(cold_starts)) AS cold \
               FROM invocations_1m FINAL GROUP BY version, minute HAVING invocations > 0 \
               ORDER BY minute, version";
    rows(store, sql).await
}

#[tokio::test]
async fn an_invocation_told_by_many_counts_once_and_late_facts_correct_its_minute() {
    let (data, engine, store) = migrated_engine().await;
    let mut roller = Roller::default();
    assert_eq!(roller.tick(&store).await.expect("ticked"), Tick::Idle);

    // The REPORT line comes first and places the invocation one minute late, without a version.
    let now = store::clock::now();
    let minute = UnixNano::from_millis(now.as_millis() / MINUTE_MS * MINUTE_MS - 10 * MINUTE_MS);
    let at = |ms: f64| minute.plus_millis(ms);
    let mut report = fact("id-1", ToldBy::ReportLine, at(60_010.0));
    report.duration_ms = Some(30_000.0);
    report.status = Status::Timeout;
    insert(&store, "a", &[report.clone()]).await;
    insert(&store, "a", &[report.clone()]).await; // sent twice under one token
    insert(&store, "b", &[report]).await; // and again by another collector
    assert_eq!(roller.tick(&store).await.expect("ticked"), Tick::Rolled);
    let row = |version: &str, at: UnixNano, counts: [u32; 4]| {
        serde_json::json!({"version": version, "minute": at.as_millis(), "invocations": counts[0],
            "errors": counts[1], "timeouts": counts[2], "cold": counts[3]})
    };
    assert_eq!(rolled(&store).await, [row("", at(60_000.0), [1, 1, 1, 0])]);

    // Then the span, which knows the version and the true start: the invocation moves.
    let mut span = fact("id-1", ToldBy::Span, at(59_990.0));
    span.version = "42".into();
    span.duration_ms = Some(29_000.0);
    span.status = Status::Ok;
    span.cold_start = Some(true);
    insert(&store, "c", &[span]).await;
    assert_eq!(roller.tick(&store).await.expect("ticked"), Tick::Rolled);
    assert_eq!(rolled(&store).await, [row("42", at(0.0), [1, 1, 1, 1])]);

    // What was turned away never ran: it is no invocation and no error of the function.
    let mut turned_away = fact("id-2", ToldBy::RequestLog, at(59_995.0));
    turned_away.version = "42".into();
    turned_away.throttled = true;
    turned_away.status = Status::Error;
    insert(&store, "d", &[turned_away]).await;
    assert_eq!(roller.tick(&store).await.expect("ticked"), Tick::Rolled);
    assert_eq!(rolled(&store).await, [row("42", at(0.0), [1, 1, 1, 1])]);
    let limits = "SELECT toUInt32(throttles) AS throttles, toUInt32(out_of_memory) AS out_of_memory, \
                  duration_ms_max FROM invocations_1m FINAL WHERE version = '42'";
    assert_eq!(
        rows(&store, limits).await,
        [serde_json::json!({"throttles": 1, "out_of_memory": 0, "duration_ms_max": 30_000})]
    );

    let whole = rows(
        &store,
        "SELECT status, duration_ms, duration_provenance, told_by FROM invocations WHERE throttled = 0",
    )
    .await;
    assert_eq!(
        whole,
        [
            serde_json::json!({"status": "timeout", "duration_ms": 30_000, "told_by": 3,
            "duration_provenance": "measured"})
        ]
    );
    end_engine(data, engine).await;
}
