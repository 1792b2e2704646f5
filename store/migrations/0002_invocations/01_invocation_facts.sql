CREATE TABLE IF NOT EXISTS invocation_facts
(
    function_key         LowCardinality(String),
    invocation_id        String,
    day                  Date,
    account              SimpleAggregateFunction(max, LowCardinality(String)),
    ingested_at          SimpleAggregateFunction(max, DateTime64(3)) DEFAULT now64(3),
    told_by              SimpleAggregateFunction(groupBitOr, UInt16),
    start_min            SimpleAggregateFunction(min, DateTime64(9)),
    start_max            SimpleAggregateFunction(max, DateTime64(9)),
    span_start           SimpleAggregateFunction(min, Nullable(DateTime64(9))),
    platform             SimpleAggregateFunction(max, LowCardinality(String)),
    version              SimpleAggregateFunction(max, LowCardinality(String)),
    instance             SimpleAggregateFunction(max, String),
    trigger              SimpleAggregateFunction(max, LowCardinality(String)),
    runtime              SimpleAggregateFunction(max, LowCardinality(String)),
    architecture         SimpleAggregateFunction(max, LowCardinality(String)),
    memory_size_mb       SimpleAggregateFunction(max, Nullable(UInt32)),
    memory_used_mb       SimpleAggregateFunction(max, Nullable(UInt32)),
    span_duration_ms     SimpleAggregateFunction(max, Nullable(Float64)),
    platform_duration_ms SimpleAggregateFunction(max, Nullable(Float64)),
    billed_duration_ms   SimpleAggregateFunction(max, Nullable(Float64)),
    init_duration_ms     SimpleAggregateFunction(max, Nullable(Float64)),
    init_kind            SimpleAggregateFunction(max, LowCardinality(String)),
    cold_start_span      SimpleAggregateFunction(max, Nullable(UInt8)),
    cold_start_init      SimpleAggregateFunction(max, Nullable(UInt8)),
    cold_start_report    SimpleAggregateFunction(max, Nullable(UInt8)),
    cold_start_inferred  SimpleAggregateFunction(max, Nullable(UInt8)),
    status_rank          SimpleAggregateFunction(max, UInt8),
    error_type           SimpleAggregateFunction(max, LowCardinality(String)),
    trace_id             SimpleAggregateFunction(max, String),
    span_id              SimpleAggregateFunction(max, String),
    INDEX idx_ingested_at ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = AggregatingMergeTree
PARTITION BY day
ORDER BY (function_key, invocation_id)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
