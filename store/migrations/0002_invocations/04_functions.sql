CREATE TABLE IF NOT EXISTS functions
(
    function_id    LowCardinality(String),
    provider       SimpleAggregateFunction(max, LowCardinality(String)),
    account        SimpleAggregateFunction(max, LowCardinality(String)),
    region         SimpleAggregateFunction(max, LowCardinality(String)),
    name           SimpleAggregateFunction(max, String),
    platform       SimpleAggregateFunction(max, LowCardinality(String)),
    runtime        SimpleAggregateFunction(max, LowCardinality(String)),
    architecture   SimpleAggregateFunction(max, LowCardinality(String)),
    service_name   SimpleAggregateFunction(max, String),
    memory_size_mb SimpleAggregateFunction(anyLast, Nullable(UInt32)),
    first_seen     SimpleAggregateFunction(min, DateTime64(3)),
    last_seen      SimpleAggregateFunction(max, DateTime64(3)),
    last_span      SimpleAggregateFunction(max, Nullable(DateTime64(3))),
    last_log       SimpleAggregateFunction(max, Nullable(DateTime64(3))),
    last_metric    SimpleAggregateFunction(max, Nullable(DateTime64(3)))
)
ENGINE = AggregatingMergeTree
ORDER BY function_id
SETTINGS non_replicated_deduplication_window = 1000
