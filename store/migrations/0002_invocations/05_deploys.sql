CREATE TABLE IF NOT EXISTS deploys
(
    function_id LowCardinality(String),
    version     String,
    at          SimpleAggregateFunction(min, DateTime64(3)),
    source      SimpleAggregateFunction(max, LowCardinality(String))
)
ENGINE = AggregatingMergeTree
ORDER BY (function_id, version)
SETTINGS non_replicated_deduplication_window = 1000
