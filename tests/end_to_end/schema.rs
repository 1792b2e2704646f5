//! The schema: migrations, the file that shows it, what other tools expect of it.

use serde_json::Value;
use store::Store;
use store::engine::Engine;

use crate::harness::{end_engine, engine_options, migrated_engine, new_folder, number, rows};

async fn create_statements(store: &Store) -> Vec<(String, String)> {
    let sql = "SELECT name, replaceAll(create_table_query, concat(database, '.'), '') AS text \
               FROM system.tables WHERE database = currentDatabase() \
               AND name != 'schema_migrations' ORDER BY name";
    let text = |row: &Value, key: &str| row[key].as_str().expect("text").to_owned();
    rows(store, sql)
        .await
        .iter()
        .map(|row| (text(row, "name"), text(row, "text")))
        .collect()
}

/// A store on another database of the same engine.
fn beside(engine: &Engine, database: &str) -> Store {
    let url = engine.url().rsplit_once('/').expect("a path").0.to_owned();
    Store::new(&format!("{url}/{database}")).expect("valid")
}

#[tokio::test]
async fn the_migrations_make_schema_sql_and_run_again_without_effect() {
    let data = new_folder();
    let engine = Engine::start(&engine_options(&data))
        .await
        .expect("started");
    let migrated = beside(&engine, "migrated");
    assert_eq!(
        store::migrate::pending(&migrated)
            .await
            .expect("asked")
            .len(),
        store::migrate::STEPS.len()
    );
    store::migrate::migrate(&migrated).await.expect("migrated");
    assert!(
        store::migrate::migrate(&migrated)
            .await
            .expect("again")
            .is_empty()
    );

    let shown = beside(&engine, "shown");
    shown.create_database().await.expect("created");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/store/schema.sql");
    let text = std::fs::read_to_string(path).expect("schema.sql");
    let without_comments: String = text
        .lines()
        .filter(|l| !l.starts_with("--"))
        .flat_map(|l| [l, "\n"])
        .collect();
    for statement in without_comments.split(';').filter(|s| !s.trim().is_empty()) {
        shown
            .execute("applying schema.sql", statement)
            .await
            .expect("valid");
    }
    let (migrated_to, shown_as) = (
        create_statements(&migrated).await,
        create_statements(&shown).await,
    );
    assert_eq!(migrated_to.len(), shown_as.len());
    for (one, other) in migrated_to.iter().zip(&shown_as) {
        assert_eq!(one, other);
    }

    let tamper = "ALTER TABLE schema_migrations UPDATE sha256 = 'other' \
                  WHERE name LIKE '%otel_logs' SETTINGS mutations_sync = 2";
    migrated
        .execute("changing the ledger", tamper)
        .await
        .expect("changed");
    let error = store::migrate::migrate(&migrated)
        .await
        .expect_err("refused")
        .to_string();
    assert!(error.contains("0001_otel_tables/04_otel_logs"), "{error}");
    end_engine(data, engine).await;
}

#[tokio::test]
async fn readers_of_the_exporter_s_tables_find_every_column_they_ask_for() {
    let (data, engine, store) = migrated_engine().await;
    // Grafana's ClickHouse datasource, then ClickStack (HyperDX), as their default queries name them.
    for sql in [
        "SELECT Timestamp, Body, SeverityText, LogAttributes, TraceId FROM otel_logs",
        "SELECT TimestampTime, Body FROM otel_logs WHERE TimestampTime >= now() ORDER BY TimestampTime",
        "SELECT Timestamp, TraceId, SpanId, ParentSpanId, ServiceName, SpanName, Duration, \
         SpanAttributes, ResourceAttributes, StatusCode, SpanKind, StatusMessage, TraceState, \
         Events.Timestamp, Events.Name, Events.Attributes, Links.TraceId FROM otel_traces",
        "SELECT min(Start), max(End) + 1 FROM otel_traces_trace_id_ts WHERE TraceId = 'x'",
        "SELECT SpanAttributeItems, ResourceAttributeItems FROM otel_traces",
        "SELECT ServiceName, SeverityNumber, ResourceAttributes, ScopeAttributes, EventName FROM otel_logs",
        "SELECT TimeUnix, Value, IsMonotonic, AggregationTemporality FROM otel_metrics_sum",
        "SELECT TimeUnix, Value, Exemplars.TraceId FROM otel_metrics_gauge",
        "SELECT BucketCounts, ExplicitBounds, Min, Max FROM otel_metrics_histogram",
        "SELECT Scale, ZeroCount, PositiveBucketCounts FROM otel_metrics_exp_histogram",
        "SELECT Scale, ZeroCount FROM otel_metrics_exponential_histogram",
        "SELECT ValueAtQuantiles.Quantile, ValueAtQuantiles.Value FROM otel_metrics_summary",
    ] {
        rows(&store, sql).await;
    }
    end_engine(data, engine).await;
}

#[tokio::test]
async fn old_days_are_dropped_and_what_was_just_written_is_kept() {
    let (data, engine, store) = migrated_engine().await;
    let fill = "INSERT INTO otel_logs (Timestamp, Body) SELECT now() - toIntervalDay(number), 'x' \
                FROM numbers(50) SETTINGS max_partitions_per_insert_block = 0";
    store.execute("filling", fill).await.expect("inserted");
    let retention = store::retention::Retention::default();
    let now = store::clock::now();
    assert_eq!(
        retention.sweep(&store, now).await.expect("swept"),
        [],
        "all was just written"
    );
    let in_three_days = now.plus_millis(3.0 * 86_400_000.0);
    let dropped = retention.sweep(&store, in_three_days).await.expect("swept");
    // Then 31 days and older are over: of ages 3 to 52 days, those are 22.
    assert_eq!(dropped.len(), 22, "{dropped:?}");
    assert_eq!(number(&store, "SELECT count() FROM otel_logs").await, 28);

    // Usage by day lies in months: one is over when its last day is.
    let fill = "INSERT INTO usage_1d (function_id, day) \
                SELECT 'f', arrayJoin([toLastDayOfMonth(today() - 860), today() - 790])";
    store.execute("filling", fill).await.expect("inserted");
    let dropped = retention.sweep(&store, in_three_days).await.expect("swept");
    let tables: Vec<&str> = dropped.iter().map(|day| day.table.as_str()).collect();
    assert_eq!(tables, ["usage_1d"], "{dropped:?}");
    assert_eq!(number(&store, "SELECT count() FROM usage_1d").await, 1);
    end_engine(data, engine).await;
}
