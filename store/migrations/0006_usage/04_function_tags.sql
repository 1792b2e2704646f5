CREATE TABLE IF NOT EXISTS function_tags
(
    function_id LowCardinality(String),
    key         LowCardinality(String),
    value       String,
    last_seen   SimpleAggregateFunction(max, DateTime)
)
ENGINE = AggregatingMergeTree
ORDER BY (function_id, key, value)
SETTINGS non_replicated_deduplication_window = 1000
