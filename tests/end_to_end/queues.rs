//! Metrics of queues, whichever table they came into.

use store::model::UnixNano;
use store::read::Window;
use store::read::queues::points;

use crate::harness::{end_engine, migrated_engine};

#[tokio::test]
async fn points_of_queues_are_found_by_the_end_of_their_names_in_every_table_that_may_hold_them() {
    let (data, engine, store) = migrated_engine().await;
    let inserts = [
        "INSERT INTO otel_metrics_gauge (MetricName, Attributes, TimeUnix, Value) VALUES \
         ('azure_activemessages_average', map('EntityName', 'orders'), '2026-03-10 10:00:05', 7), \
         ('azure_activemessages_average', map('EntityName', 'orders'), '2026-03-10 10:00:35', 9), \
         ('http.server.duration', map(), '2026-03-10 10:00:35', 9)",
        "INSERT INTO otel_metrics_sum (MetricName, Attributes, TimeUnix, Value, AggregationTemporality, IsMonotonic) \
         VALUES ('pubsub.googleapis.com/subscription/dead_letter_message_count', \
         map('subscription_id', 's'), '2026-03-10 10:01:00', 4, 2, true)",
        "INSERT INTO otel_metrics_summary (MetricName, Attributes, TimeUnix, Count, Sum, ValueAtQuantiles.Quantile, \
         ValueAtQuantiles.Value) VALUES ('amazonaws.com/AWS/Lambda/IteratorAge', \
         map('FunctionName', 'reader'), '2026-03-10 10:02:00', 2, 9000, [0, 1], [1000, 8000])",
    ];
    for insert in inserts {
        store.query(insert).execute().await.expect("inserted");
    }
    let at = |minute: i64| UnixNano::from_secs(1_773_136_800 + 60 * minute);
    let tails = analyzers::detectors::operations::queues::known::tails();
    let window = |from: i64, to: i64| Window {
        from: at(from),
        to: at(to),
    };
    let found = points(&store, &tails, window(0, 10), 100)
        .await
        .expect("read");
    let of = |end: &str| found.iter().find(|p| p.name.ends_with(end)).expect(end);
    assert_eq!(found.len(), 3);
    let waiting = of("average");
    assert_eq!(
        (waiting.newest, waiting.largest, waiting.total),
        (9.0, 9.0, 16.0)
    );
    assert_eq!(
        waiting.attributes,
        [("EntityName".to_owned(), "orders".to_owned())]
    );
    assert!(of("dead_letter_message_count").cumulative && !waiting.cumulative);
    assert_eq!(
        (of("IteratorAge").largest, of("IteratorAge").total),
        (8_000.0, 9_000.0)
    );
    assert!(
        points(&store, &tails, window(3, 10), 100)
            .await
            .expect("read")
            .is_empty()
    );
    end_engine(data, engine).await;
}
