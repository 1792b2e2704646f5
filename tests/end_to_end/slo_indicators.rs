//! Indicators that ClickHouse does not count out of invocations: costs by the hour, ages of queues, and
//! queries of those with the right.

use analyzers::slo::catalogue::{QueriesOf, check};
use analyzers::slo::keep::Touched;
use store::Store;
use store::model::UnixNano;
use store::slos::{self, count};

use crate::harness::{Product, end_engine, get, migrated_engine, number, request};
use crate::slos::keeper;

const HOUR_S: i64 = 3_600;

fn slo(name: &str, ratio: &str) -> String {
    format!(
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: {name}}}\nspec:\n  service: shop\n  \
         timeWindow: [{{duration: 1d, isRolling: true}}]\n  budgetingMethod: Occurrences\n  \
         objectives: [{{target: 0.9}}]\n  indicator:\n    metadata: {{name: i}}\n    spec: {{ratioMetric: {ratio}}}\n"
    )
}

fn own(spec: &str) -> String {
    format!("{{rawType: success, raw: {{metricSource: {{type: nephoscope, spec: {spec}}}}}}}")
}

fn queries(part: &str, total: &str) -> String {
    let source = |query: &str| {
        let query = serde_json::Value::from(query);
        format!("{{metricSource: {{type: clickhouse, spec: {{query: {query}}}}}}}")
    };
    format!("{{good: {}, total: {}}}", source(part), source(total))
}

const WORK: &str = "SELECT toStartOfMinute(TimeUnix) AS minute, count() AS count FROM otel_metrics_gauge \
                    WHERE MetricName = 'work' AND TimeUnix >= {from:DateTime} AND TimeUnix < {to:DateTime}";

/// A Lambda's hour: a thousand invocations of 1 GiB that took so long each.
async fn an_hour(store: &Store, hour_s: i64, each_ms: u64) {
    let billed_ms = 1_000 * each_ms;
    let insert = store.query(
        "INSERT INTO usage_1h (function_id, platform, architecture, memory_mb, hour, day, rolled_at, invocations, \
         billed_measured, billed_ms, billed_mb_ms) \
         SELECT 'aws:123456789012:us-east-1:shop', 'aws_lambda', 'x86_64', 1024, \
         toDateTime({hour_s:Int64}), toDate(toDateTime({hour_s:Int64})), now64(3), 1000, 1000, \
         {billed_ms:UInt64}, {billed_ms:UInt64} * 1024",
    );
    let insert = insert.param("hour_s", hour_s).param("billed_ms", billed_ms);
    insert.execute().await.expect("inserted");
}

async fn gauge(store: &Store, name: &str, queue: &str, at_s: i64, value: f64) {
    let insert = store.query(
        "INSERT INTO otel_metrics_gauge (MetricName, Attributes, TimeUnix, Value) SELECT {name:String}, \
         map('QueueName', {queue:String}), toDateTime64({at_s:Int64}, 9), {value:Float64}",
    );
    let insert = insert
        .param("name", name)
        .param("queue", queue)
        .param("at_s", at_s)
        .param("value", value);
    insert.execute().await.expect("inserted");
}

/// Good and all events of a measure.
async fn counted(store: &Store, text: &str) -> (u64, u64) {
    let name = text
        .split("{name: ")
        .nth(1)
        .and_then(|rest| rest.split('}').next());
    let entries = check(name.expect("a name"), text, QueriesOf::Everybody).expect("an SLO");
    let measure = &entries[0].questions.as_ref().expect("a question")[0].measure;
    let sum = async |what: &str| {
        let sql = format!(
            "SELECT toUInt64(sum({what})) FROM slo_hours FINAL WHERE measure = '{measure}'"
        );
        number(store, &sql).await
    };
    (sum("good").await, sum("total").await)
}

#[tokio::test]
async fn costs_ages_and_queries_are_counted_and_what_comes_late_is_counted_again() {
    let (data, engine, store) = migrated_engine().await;
    let now_s = store::clock::now().as_secs();
    let hour_s = (now_s / HOUR_S - 3) * HOUR_S;
    // $0.20 a million requests and $0.0000166667 a GB-second: a thousand calls of 100 ms are $0.00187.
    for (ago, each_ms) in [(0, 100), (1, 100), (2, 200)] {
        an_hour(&store, hour_s - ago * HOUR_S, each_ms).await;
    }
    for (queue, age_s) in [("orders", 10.0), ("orders-slow", 90.0)] {
        gauge(
            &store,
            "aws/SQS/ApproximateAgeOfOldestMessage",
            queue,
            hour_s + 30,
            age_s,
        )
        .await;
    }
    for (second, done) in [(5, 1.0), (6, 1.0), (70, 0.0)] {
        gauge(&store, "work", "", hour_s + second, done).await;
    }
    let cheap = slo(
        "cheap",
        &own("{indicator: cost_per_thousand, threshold: 0.002}"),
    );
    let fresh = slo(
        "fresh",
        &own(
            "{indicator: queue_freshness, threshold: 60, filters: {queue: [orders*]}, group_by: [queue]}",
        ),
    );
    let done = format!("{WORK} AND Value > 0 GROUP BY minute");
    let worked = slo(
        "worked",
        &queries(&done, &format!("{WORK} GROUP BY minute")),
    );
    for (name, text) in [("cheap", &cheap), ("fresh", &fresh), ("worked", &worked)] {
        slos::write(&store, name, Some(text), store::clock::now())
            .await
            .expect("kept");
    }
    let (mut keeper, touched) = (keeper(), Touched::default());
    let mut turn = async |minute: i64| {
        let now = UnixNano::from_secs((now_s / 60 + minute) * 60 + 95);
        keeper.turn(&store, &touched, now).await.expect("reckoned");
    };
    turn(0).await;
    assert_eq!(counted(&store, &cheap).await, (2, 3));
    assert_eq!(counted(&store, &fresh).await, (1, 2));
    assert_eq!(counted(&store, &worked).await, (2, 3));

    // What comes within half an hour is counted, too, and no minute twice.
    gauge(&store, "work", "", now_s - 300, 1.0).await;
    turn(1).await;
    turn(2).await;
    assert_eq!(counted(&store, &worked).await, (3, 4));
    end_engine(data, engine).await;
}

#[tokio::test]
async fn a_query_reads_and_does_nothing_else() {
    let (data, engine, store) = migrated_engine().await;
    let span = (1_700_000_040, 1_700_086_440);
    let fine = "SELECT toDateTime(1700000100) AS minute, 3 AS count -- why not?";
    let rows = count(&store, fine, span).await.expect("answered");
    assert_eq!(
        (rows[0].minute_s, rows[0].events, rows.len()),
        (1_700_000_100, 3, 1)
    );
    let mut answered = Vec::new();
    for refused in [
        "INSERT INTO slo_objects (name) VALUES ('x')",
        "SELECT 1 AS minute",
        "SELECT toDateTime(0) AS minute, 1 AS count SETTINGS readonly = 0",
        "SELECT toDateTime(0) AS minute, 1 AS count FROM (SELECT 1 settings\nmax_memory_usage = 0)",
        "SELECT toDateTime(0) AS minute, 1 AS count) AS a; DROP TABLE slo_objects; SELECT (1",
        "SELECT toDateTime(0) AS minute, count() AS count FROM file('/etc/passwd', 'LineAsString')",
        "SELECT toDateTime(0) AS minute, count() AS count FROM url('http://127.0.0.1:1/', 'LineAsString')",
        "SELECT toDateTime(0) AS minute, count() AS count FROM remote('127.0.0.1:1', system.one)",
        "SELECT toDateTime(0) AS minute, count() AS count FROM executable('id', 'LineAsString', 'a String')",
        "SELECT toDateTime(number) AS minute, 1 AS count FROM numbers(1000000000000)",
    ] {
        let answer = count(&store, refused, span).await;
        answered.extend(answer.is_ok().then_some(refused));
    }
    assert!(answered.is_empty(), "{answered:#?}");
    let kept = number(&store, "SELECT count() FROM slo_objects").await;
    assert_eq!(kept, 0, "nothing was written");
    end_engine(data, engine).await;
}

#[tokio::test]
async fn queries_of_the_api_are_refused_by_name_unless_they_are_allowed() {
    let product = Product::start(&[]).await;
    let text = slo("worked", &queries(WORK, WORK));
    let url = format!("{}/api/v1/slos/worked", product.dashboard);
    let answer = request("PUT", &url, &[], text.into_bytes()).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert!(answer.text().contains("slos.queries"), "{}", answer.text());
    let list = get(&format!("{}/api/v1/slos", product.dashboard)).await;
    assert_eq!(list.json()["names"].as_array().map(Vec::len), Some(0));
}
