CREATE TABLE IF NOT EXISTS otel_metrics_gauge
(
    ResourceAttributes    Map(LowCardinality(String), String) CODEC(LZ4),
    ResourceSchemaUrl     String CODEC(LZ4),
    ScopeName             String CODEC(LZ4),
    ScopeVersion          String CODEC(LZ4),
    ScopeAttributes       Map(LowCardinality(String), String) CODEC(LZ4),
    ScopeDroppedAttrCount UInt32 CODEC(LZ4),
    ScopeSchemaUrl        String CODEC(LZ4),
    ServiceName           LowCardinality(String) CODEC(LZ4),
    MetricName            LowCardinality(String) CODEC(LZ4),
    MetricDescription     String CODEC(LZ4),
    MetricUnit            String CODEC(LZ4),
    Attributes            Map(LowCardinality(String), String) CODEC(LZ4),
    StartTimeUnix         DateTime64(9) CODEC(Delta(8), LZ4),
    TimeUnix              DateTime64(9) CODEC(Delta(8), LZ4),
    Value                 Float64 CODEC(LZ4),
    Flags                 UInt32 CODEC(LZ4),
    Exemplars Nested
    (
        FilteredAttributes Map(LowCardinality(String), String),
        TimeUnix           DateTime64(9),
        Value              Float64,
        SpanId             String,
        TraceId            String
    ) CODEC(LZ4),
    FunctionId            LowCardinality(String) CODEC(LZ4),
    INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_scope_attr_key mapKeys(ScopeAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_scope_attr_value mapValues(ScopeAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_attr_key mapKeys(Attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_attr_value mapValues(Attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_time TimeUnix TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(TimeUnix)
ORDER BY (ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
