//! Allocation tags: what a function's telemetry carries, and nothing that differs per sandbox.

use store::read::tags::{Tag, TagKey, keys, of_key};
use store::tags::Gatherer;

use crate::harness::{end_engine, migrated_engine};

#[tokio::test]
async fn tags_are_what_a_function_carries_and_not_what_differs_per_sandbox() {
    let (data, engine, store) = migrated_engine().await;
    let fill = "INSERT INTO otel_traces (Timestamp, FunctionId, ResourceAttributes) \
                SELECT now() - 100 + number, if(number < 50, 'aws:1:eu:a', 'aws:1:eu:b'), \
                map('team', if(number < 50, 'shop', 'data'), 'faas.instance', toString(number), \
                    'build', toString(number), 'empty', '') FROM numbers(100)";
    store.execute("filling", fill).await.expect("inserted");
    let logs = "INSERT INTO otel_logs (Timestamp, FunctionId, ResourceAttributes) \
                VALUES (now(), 'aws:1:eu:a', map('team', 'checkout', 'service.namespace', 'web'))";
    store.execute("filling", logs).await.expect("inserted");
    let mut gatherer = Gatherer::default();
    for _ in 0..2 {
        let now = store::clock::now();
        gatherer.turn(&store, now).await.expect("gathered");
    }
    let key = |key: &str, functions, values| TagKey {
        key: key.into(),
        functions,
        values,
    };
    let want = [key("team", 2, 3), key("service.namespace", 1, 1)];
    assert_eq!(keys(&store).await.expect("read"), want);
    let tag = |id: &str, value: &str| Tag {
        function_id: id.into(),
        value: value.into(),
    };
    let want = [tag("aws:1:eu:a", "checkout"), tag("aws:1:eu:b", "data")];
    assert_eq!(of_key(&store, "team").await.expect("read"), want);
    end_engine(data, engine).await;
}
