CREATE TABLE IF NOT EXISTS usage_1h
(
    function_id        LowCardinality(String),
    version            LowCardinality(String),
    platform           LowCardinality(String),
    plan               LowCardinality(String),
    architecture       LowCardinality(String),
    memory_mb          UInt32,
    vcpu_milli         UInt32,
    trigger            LowCardinality(String),
    init_kind          LowCardinality(String),
    hour               DateTime CODEC(Delta, LZ4),
    day                Date CODEC(Delta, LZ4),
    rolled_at          DateTime64(3),
    invocations        UInt64,
    unpriced           UInt64,
    billed_measured    UInt64,
    billed_derived     UInt64,
    billed_assumed     UInt64,
    billed_ms          UInt64,
    billed_init_ms     UInt64,
    rounding_us        UInt64,
    billed_mb_ms       UInt64,
    duration_us        UInt64,
    init_us            UInt64,
    cpu_us             UInt64,
    cold_starts        UInt64,
    errors             UInt64,
    timeouts           UInt64,
    out_of_memory      UInt64,
    throttles          UInt64,
    with_span          UInt64,
    memory_used_mb_max UInt32,
    duration_ms_max    UInt32
)
ENGINE = ReplacingMergeTree(rolled_at)
PARTITION BY day
ORDER BY (function_id, hour, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind)
SETTINGS index_granularity = 2048, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
