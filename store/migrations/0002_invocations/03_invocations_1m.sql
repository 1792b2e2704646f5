CREATE TABLE IF NOT EXISTS invocations_1m
(
    function_id        LowCardinality(String),
    version            LowCardinality(String),
    minute             DateTime CODEC(Delta, LZ4),
    rolled_at          DateTime64(3),
    invocations        UInt64,
    errors             UInt64,
    timeouts           UInt64,
    cold_starts        UInt64,
    cold_start_known   UInt64,
    duration_count     UInt64,
    duration_ms_sum    Float64,
    duration_ms        AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), Float64),
    init_count         UInt64,
    init_ms_sum        Float64,
    init_ms            AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), Float64),
    billed_ms_sum      Float64,
    memory_size_mb_max UInt32,
    memory_used_mb_max UInt32
)
ENGINE = ReplacingMergeTree(rolled_at)
PARTITION BY toDate(minute)
ORDER BY (toStartOfHour(minute), function_id, version, minute)
SETTINGS index_granularity = 512, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
