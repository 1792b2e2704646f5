//! An insert of unknown outcome, at a real engine: neither lost nor doubled.

use std::sync::Arc;

use store::Store;
use store::model::{AttributeList, FunctionId, InvocationFact, MetricPoint, ToldBy, UnixNano};
use store::model::{AttributeValue, Attributes, GaugePoint, LogRow, SpanRow};
use store::write::{Attempt, Batch, RowSink};

use crate::harness::{end_engine, migrated_engine, number};

const TABLES: [&str; 3] = ["otel_traces", "otel_logs", "otel_metrics_gauge"];

/// Five rows in each of three raw tables, and an invocation.
fn batch(at: UnixNano) -> Arc<Batch> {
    let mut batch = Batch::default();
    let resource = AttributeList::new(vec![("service.name", AttributeValue::Borrowed("checkout"))]);
    for number in 0..5 {
        let span_id = format!("{number:016x}");
        batch.span(&SpanRow {
            timestamp: at,
            trace_id: "5b8efff798038103d269b633813fc60c",
            span_id: &span_id,
            resource: resource.view(),
            ..SpanRow::default()
        });
        batch.log(&LogRow {
            timestamp: at,
            body: &span_id,
            ..LogRow::default()
        });
        let point = MetricPoint {
            time: at,
            name: "queue.depth",
            attributes: Attributes::default(),
            ..MetricPoint::default()
        };
        batch.gauge(
            &point,
            &GaugePoint {
                value: f64::from(number),
                exemplars: &[],
            },
        );
    }
    let function = FunctionId {
        provider: "aws".into(),
        account: "123456789012".into(),
        region: "eu-central-1".into(),
        name: "checkout".into(),
    };
    batch.invocation(&InvocationFact::new(
        function,
        "one".to_owned(),
        ToldBy::Span,
        at,
    ));
    Arc::new(batch)
}

async fn insert(store: &Store, batch: &Arc<Batch>, attempt: Attempt) {
    let refused = store.insert(batch, "token", attempt, |_| true).await;
    assert!(refused.expect("inserted").is_empty());
}

async fn counts(store: &Store) -> Vec<u64> {
    let mut counts = Vec::new();
    for table in TABLES {
        counts.push(number(store, &format!("SELECT count() FROM {table}")).await);
    }
    counts.push(number(store, "SELECT count() FROM invocations").await);
    counts
}

#[tokio::test]
async fn a_token_that_is_remembered_without_its_rows_loses_nothing() {
    let (data, engine, store) = migrated_engine().await;
    let at = store::clock::now();
    for table in TABLES {
        // As after a kill between the note and the part: the token is known, the rows are not there.
        let time = if table.starts_with("otel_metrics") {
            "TimeUnix"
        } else {
            "Timestamp"
        };
        let sql = format!(
            "INSERT INTO {table} ({time}) SETTINGS insert_deduplicate = 1, async_insert = 0, \
             insert_deduplication_token = 'token-{table}-{}' \
             VALUES (fromUnixTimestamp64Nano(toInt64({})))",
            at.day(),
            at.0
        );
        store
            .execute("taking the token", &sql)
            .await
            .expect("taken");
        let sql = format!("DELETE FROM {table} WHERE InsertId = 0");
        store.execute("losing the row", &sql).await.expect("lost");
    }
    assert_eq!(counts(&store).await, [0, 0, 0, 0]);
    let batch = batch(at);
    insert(&store, &batch, Attempt::Again).await;
    assert_eq!(counts(&store).await, [5, 5, 5, 1]);
    insert(&store, &batch, Attempt::Again).await;
    assert_eq!(counts(&store).await, [5, 5, 5, 1], "and once is enough");
    end_engine(data, engine).await;
}

#[tokio::test]
async fn rows_that_are_there_without_their_token_are_not_doubled() {
    let (data, engine, store) = migrated_engine().await;
    let batch = batch(store::clock::now());
    insert(&store, &batch, Attempt::First).await;
    for table in TABLES {
        // As after a power cut: the part was kept, the note was not.
        let sql =
            format!("ALTER TABLE {table} MODIFY SETTING non_replicated_deduplication_window = 0");
        store.execute("forgetting tokens", &sql).await.expect("set");
    }
    insert(&store, &batch, Attempt::Again).await;
    assert_eq!(counts(&store).await, [5, 5, 5, 1]);
    insert(&store, &batch, Attempt::First).await;
    assert_eq!(
        counts(&store).await,
        [10, 10, 10, 1],
        "without looking they would be"
    );
    end_engine(data, engine).await;
}

#[tokio::test]
async fn blocks_arrive_compressed_as_they_go_to_another_machine() {
    let (data, engine, store) = migrated_engine().await;
    let store = store.compressing_inserts(true);
    let batch = batch(store::clock::now());
    insert(&store, &batch, Attempt::First).await;
    assert_eq!(counts(&store).await, [5, 5, 5, 1]);
    insert(&store, &batch, Attempt::Again).await;
    assert_eq!(counts(&store).await, [5, 5, 5, 1]);
    end_engine(data, engine).await;
}

#[tokio::test]
async fn a_table_that_refuses_does_not_keep_the_others_from_theirs() {
    let (data, engine, store) = migrated_engine().await;
    let rename = "RENAME TABLE otel_logs TO elsewhere";
    store.execute("hiding a table", rename).await.expect("done");
    let batch = batch(store::clock::now());
    let refused = store.insert(&batch, "token", Attempt::First, |_| true);
    let refused = refused.await.expect("answered");
    let tables: Vec<&str> = refused.iter().map(|refused| refused.part.table).collect();
    assert_eq!(tables, ["otel_logs"]);
    let rename = "RENAME TABLE elsewhere TO otel_logs";
    store.execute("showing it", rename).await.expect("done");
    assert_eq!(counts(&store).await, [5, 0, 5, 1]);
    end_engine(data, engine).await;
}
