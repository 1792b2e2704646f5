CREATE TABLE IF NOT EXISTS otel_logs
(
    Timestamp          DateTime64(9) CODEC(Delta(8), LZ4),
    TimestampTime      DateTime ALIAS toDateTime(Timestamp),
    TraceId            String CODEC(LZ4),
    SpanId             String CODEC(LZ4),
    TraceFlags         UInt8,
    SeverityText       LowCardinality(String) CODEC(LZ4),
    SeverityNumber     UInt8,
    ServiceName        LowCardinality(String) CODEC(LZ4),
    Body               String CODEC(LZ4),
    ResourceSchemaUrl  LowCardinality(String) CODEC(LZ4),
    ResourceAttributes Map(LowCardinality(String), String) CODEC(LZ4),
    ScopeSchemaUrl     LowCardinality(String) CODEC(LZ4),
    ScopeName          String CODEC(LZ4),
    ScopeVersion       LowCardinality(String) CODEC(LZ4),
    ScopeAttributes    Map(LowCardinality(String), String) CODEC(LZ4),
    LogAttributes      Map(LowCardinality(String), String) CODEC(LZ4),
    EventName          String CODEC(LZ4),
    FunctionId         LowCardinality(String) CODEC(LZ4),
    ResourceAttributeItems Array(String)
        ALIAS arrayMap((k, v) -> concat(k, '=', v), mapKeys(ResourceAttributes), mapValues(ResourceAttributes)),
    ScopeAttributeItems Array(String)
        ALIAS arrayMap((k, v) -> concat(k, '=', v), mapKeys(ScopeAttributes), mapValues(ScopeAttributes)),
    LogAttributeItems Array(String)
        ALIAS arrayMap((k, v) -> concat(k, '=', v), mapKeys(LogAttributes), mapValues(LogAttributes)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_scope_attr_key mapKeys(ScopeAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_scope_attr_value mapValues(ScopeAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_log_attr_key mapKeys(LogAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_log_attr_value mapValues(LogAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_lower_body lower(Body) TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (toStartOfFiveMinutes(Timestamp), ServiceName, Timestamp)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
