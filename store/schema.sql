-- The whole current schema, for reading. The migrations in migrations/ make it; the test
-- `the_migrations_make_schema_sql` holds both equal. Statements end with a semicolon here.

-- Every insert into a table that the collector writes to is synced (fsync_after_insert): once ClickHouse has
-- answered, the spool forgets the rows, so they must survive a power cut there as they did before.

-- One row per span, as the OpenTelemetry ClickHouse exporter writes it, plus FunctionId.
-- Sorted for "what did this service's operation do between two times": Grafana's and ClickStack's first
-- question and ours; equal neighbours also compress best. A single trace is found through
-- otel_traces_trace_id_ts first, then by the bloom filter inside its time range.
CREATE TABLE IF NOT EXISTS otel_traces
(
    Timestamp          DateTime64(9) CODEC(Delta(8), LZ4),
    TraceId            String CODEC(LZ4),
    SpanId             String CODEC(LZ4),
    ParentSpanId       String CODEC(LZ4),
    TraceState         String CODEC(LZ4),
    SpanName           LowCardinality(String) CODEC(LZ4),
    SpanKind           LowCardinality(String) CODEC(LZ4),
    ServiceName        LowCardinality(String) CODEC(LZ4),
    ResourceAttributes Map(LowCardinality(String), LowCardinality(String)) CODEC(LZ4),
    ScopeName          LowCardinality(String) CODEC(LZ4),
    ScopeVersion       LowCardinality(String) CODEC(LZ4),
    SpanAttributes     Map(LowCardinality(String), String) CODEC(LZ4),
    Duration           UInt64 CODEC(T64, LZ4),
    StatusCode         LowCardinality(String) CODEC(LZ4),
    StatusMessage      String CODEC(LZ4),
    Events Nested
    (
        Timestamp  DateTime64(9),
        Name       LowCardinality(String),
        Attributes Map(LowCardinality(String), String)
    ) CODEC(LZ4),
    Links Nested
    (
        TraceId    String,
        SpanId     String,
        TraceState String,
        Attributes Map(LowCardinality(String), String)
    ) CODEC(LZ4),
    FunctionId         LowCardinality(String) CODEC(LZ4),
    InsertId           UInt64 CODEC(LZ4),
    InsertedAt         DateTime DEFAULT now() CODEC(LZ4),
    ResourceAttributeItems Array(String)
        ALIAS arrayMap((k, v) -> concat(k, '=', v), mapKeys(ResourceAttributes), mapValues(ResourceAttributes)),
    SpanAttributeItems Array(String)
        ALIAS arrayMap((k, v) -> concat(k, '=', v), mapKeys(SpanAttributes), mapValues(SpanAttributes)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_span_attr_value mapValues(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_duration Duration TYPE minmax GRANULARITY 1,
    INDEX idx_link_trace_id Links.TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_inserted_at InsertedAt TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), Timestamp)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1, fsync_part_directory = 1;

-- When each trace began and ended. Sorted by trace id: it answers "where do I look for this trace".
CREATE TABLE IF NOT EXISTS otel_traces_trace_id_ts
(
    TraceId String CODEC(LZ4),
    Start   DateTime CODEC(Delta, LZ4),
    End     DateTime CODEC(Delta, LZ4),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(Start)
ORDER BY (TraceId, Start)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1, fsync_part_directory = 1;

-- One row per log record. Sorted by five minutes, then service: a log search is a time range first,
-- often one service, read newest first. TimestampTime is for readers of the older layout.
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
    ResourceAttributes Map(LowCardinality(String), LowCardinality(String)) CODEC(LZ4),
    ScopeSchemaUrl     LowCardinality(String) CODEC(LZ4),
    ScopeName          LowCardinality(String) CODEC(LZ4),
    ScopeVersion       LowCardinality(String) CODEC(LZ4),
    ScopeAttributes    Map(LowCardinality(String), LowCardinality(String)) CODEC(LZ4),
    LogAttributes      Map(LowCardinality(String), String) CODEC(LZ4),
    EventName          String CODEC(LZ4),
    FunctionId         LowCardinality(String) CODEC(LZ4),
    InsertId           UInt64 CODEC(LZ4),
    InsertedAt         DateTime DEFAULT now() CODEC(LZ4),
    ResourceAttributeItems Array(String)
        ALIAS arrayMap((k, v) -> concat(k, '=', v), mapKeys(ResourceAttributes), mapValues(ResourceAttributes)),
    ScopeAttributeItems Array(String)
        ALIAS arrayMap((k, v) -> concat(k, '=', v), mapKeys(ScopeAttributes), mapValues(ScopeAttributes)),
    LogAttributeItems Array(String)
        ALIAS arrayMap((k, v) -> concat(k, '=', v), mapKeys(LogAttributes), mapValues(LogAttributes)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_log_attr_value mapValues(LogAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_lower_body lower(Body) TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8,
    INDEX idx_inserted_at InsertedAt TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (toStartOfFiveMinutes(Timestamp), ServiceName, Timestamp)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1, fsync_part_directory = 1;

-- Metric points, a table per kind with the same leading columns. Sorted for "this metric of this service
-- over a time range", the points of one series side by side (cityHash64 of its attributes).
CREATE TABLE IF NOT EXISTS otel_metrics_gauge
(
    ResourceAttributes    Map(LowCardinality(String), LowCardinality(String)) CODEC(LZ4),
    ResourceSchemaUrl     LowCardinality(String) CODEC(LZ4),
    ScopeName             LowCardinality(String) CODEC(LZ4),
    ScopeVersion          LowCardinality(String) CODEC(LZ4),
    ScopeAttributes       Map(LowCardinality(String), LowCardinality(String)) CODEC(LZ4),
    ScopeDroppedAttrCount UInt32 CODEC(LZ4),
    ScopeSchemaUrl        LowCardinality(String) CODEC(LZ4),
    ServiceName           LowCardinality(String) CODEC(LZ4),
    MetricName            LowCardinality(String) CODEC(LZ4),
    MetricDescription     LowCardinality(String) CODEC(LZ4),
    MetricUnit            LowCardinality(String) CODEC(LZ4),
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
    InsertId              UInt64 CODEC(LZ4),
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_attr_value mapValues(Attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_time TimeUnix TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(TimeUnix)
ORDER BY (ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS otel_metrics_sum
(
    ResourceAttributes    Map(LowCardinality(String), LowCardinality(String)) CODEC(LZ4),
    ResourceSchemaUrl     LowCardinality(String) CODEC(LZ4),
    ScopeName             LowCardinality(String) CODEC(LZ4),
    ScopeVersion          LowCardinality(String) CODEC(LZ4),
    ScopeAttributes       Map(LowCardinality(String), LowCardinality(String)) CODEC(LZ4),
    ScopeDroppedAttrCount UInt32 CODEC(LZ4),
    ScopeSchemaUrl        LowCardinality(String) CODEC(LZ4),
    ServiceName           LowCardinality(String) CODEC(LZ4),
    MetricName            LowCardinality(String) CODEC(LZ4),
    MetricDescription     LowCardinality(String) CODEC(LZ4),
    MetricUnit            LowCardinality(String) CODEC(LZ4),
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
    AggregationTemporality Int32 CODEC(LZ4),
    IsMonotonic           Bool CODEC(LZ4),
    FunctionId            LowCardinality(String) CODEC(LZ4),
    InsertId              UInt64 CODEC(LZ4),
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_attr_value mapValues(Attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_time TimeUnix TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(TimeUnix)
ORDER BY (ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS otel_metrics_histogram
(
    ResourceAttributes    Map(LowCardinality(String), LowCardinality(String)) CODEC(LZ4),
    ResourceSchemaUrl     LowCardinality(String) CODEC(LZ4),
    ScopeName             LowCardinality(String) CODEC(LZ4),
    ScopeVersion          LowCardinality(String) CODEC(LZ4),
    ScopeAttributes       Map(LowCardinality(String), LowCardinality(String)) CODEC(LZ4),
    ScopeDroppedAttrCount UInt32 CODEC(LZ4),
    ScopeSchemaUrl        LowCardinality(String) CODEC(LZ4),
    ServiceName           LowCardinality(String) CODEC(LZ4),
    MetricName            LowCardinality(String) CODEC(LZ4),
    MetricDescription     LowCardinality(String) CODEC(LZ4),
    MetricUnit            LowCardinality(String) CODEC(LZ4),
    Attributes            Map(LowCardinality(String), String) CODEC(LZ4),
    StartTimeUnix         DateTime64(9) CODEC(Delta(8), LZ4),
    TimeUnix              DateTime64(9) CODEC(Delta(8), LZ4),
    Count                 UInt64 CODEC(LZ4),
    Sum                   Float64 CODEC(LZ4),
    BucketCounts          Array(UInt64) CODEC(LZ4),
    ExplicitBounds        Array(Float64) CODEC(LZ4),
    Exemplars Nested
    (
        FilteredAttributes Map(LowCardinality(String), String),
        TimeUnix           DateTime64(9),
        Value              Float64,
        SpanId             String,
        TraceId            String
    ) CODEC(LZ4),
    Flags                 UInt32 CODEC(LZ4),
    Min                   Float64 CODEC(LZ4),
    Max                   Float64 CODEC(LZ4),
    AggregationTemporality Int32 CODEC(LZ4),
    FunctionId            LowCardinality(String) CODEC(LZ4),
    InsertId              UInt64 CODEC(LZ4),
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_attr_value mapValues(Attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_time TimeUnix TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(TimeUnix)
ORDER BY (ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS otel_metrics_exp_histogram
(
    ResourceAttributes    Map(LowCardinality(String), LowCardinality(String)) CODEC(LZ4),
    ResourceSchemaUrl     LowCardinality(String) CODEC(LZ4),
    ScopeName             LowCardinality(String) CODEC(LZ4),
    ScopeVersion          LowCardinality(String) CODEC(LZ4),
    ScopeAttributes       Map(LowCardinality(String), LowCardinality(String)) CODEC(LZ4),
    ScopeDroppedAttrCount UInt32 CODEC(LZ4),
    ScopeSchemaUrl        LowCardinality(String) CODEC(LZ4),
    ServiceName           LowCardinality(String) CODEC(LZ4),
    MetricName            LowCardinality(String) CODEC(LZ4),
    MetricDescription     LowCardinality(String) CODEC(LZ4),
    MetricUnit            LowCardinality(String) CODEC(LZ4),
    Attributes            Map(LowCardinality(String), String) CODEC(LZ4),
    StartTimeUnix         DateTime64(9) CODEC(Delta(8), LZ4),
    TimeUnix              DateTime64(9) CODEC(Delta(8), LZ4),
    Count                 UInt64 CODEC(LZ4),
    Sum                   Float64 CODEC(LZ4),
    Scale                 Int32 CODEC(LZ4),
    ZeroCount             UInt64 CODEC(LZ4),
    PositiveOffset        Int32 CODEC(LZ4),
    PositiveBucketCounts  Array(UInt64) CODEC(LZ4),
    NegativeOffset        Int32 CODEC(LZ4),
    NegativeBucketCounts  Array(UInt64) CODEC(LZ4),
    Exemplars Nested
    (
        FilteredAttributes Map(LowCardinality(String), String),
        TimeUnix           DateTime64(9),
        Value              Float64,
        SpanId             String,
        TraceId            String
    ) CODEC(LZ4),
    Flags                 UInt32 CODEC(LZ4),
    Min                   Float64 CODEC(LZ4),
    Max                   Float64 CODEC(LZ4),
    AggregationTemporality Int32 CODEC(LZ4),
    FunctionId            LowCardinality(String) CODEC(LZ4),
    InsertId              UInt64 CODEC(LZ4),
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_attr_value mapValues(Attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_time TimeUnix TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(TimeUnix)
ORDER BY (ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS otel_metrics_summary
(
    ResourceAttributes    Map(LowCardinality(String), LowCardinality(String)) CODEC(LZ4),
    ResourceSchemaUrl     LowCardinality(String) CODEC(LZ4),
    ScopeName             LowCardinality(String) CODEC(LZ4),
    ScopeVersion          LowCardinality(String) CODEC(LZ4),
    ScopeAttributes       Map(LowCardinality(String), LowCardinality(String)) CODEC(LZ4),
    ScopeDroppedAttrCount UInt32 CODEC(LZ4),
    ScopeSchemaUrl        LowCardinality(String) CODEC(LZ4),
    ServiceName           LowCardinality(String) CODEC(LZ4),
    MetricName            LowCardinality(String) CODEC(LZ4),
    MetricDescription     LowCardinality(String) CODEC(LZ4),
    MetricUnit            LowCardinality(String) CODEC(LZ4),
    Attributes            Map(LowCardinality(String), String) CODEC(LZ4),
    StartTimeUnix         DateTime64(9) CODEC(Delta(8), LZ4),
    TimeUnix              DateTime64(9) CODEC(Delta(8), LZ4),
    Count                 UInt64 CODEC(LZ4),
    Sum                   Float64 CODEC(LZ4),
    ValueAtQuantiles Nested
    (
        Quantile Float64,
        Value    Float64
    ) CODEC(LZ4),
    Flags                 UInt32 CODEC(LZ4),
    FunctionId            LowCardinality(String) CODEC(LZ4),
    InsertId              UInt64 CODEC(LZ4),
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_attr_value mapValues(Attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_time TimeUnix TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(TimeUnix)
ORDER BY (ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1, fsync_part_directory = 1;

-- The name under which ClickStack looks for the table above.
CREATE VIEW IF NOT EXISTS otel_metrics_exponential_histogram AS
SELECT * FROM otel_metrics_exp_histogram;

-- What each source told of an invocation: partial rows that merge into one per invocation. Every column
-- merges by a commutative, idempotent function (max, min, or), so order and repetition do not matter.
-- Sorted by function and invocation id, because that is what the sources agree on; they disagree on the
-- time, so time is no part of the key. `day` only places a row in a partition.
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
    cpu_ms               SimpleAggregateFunction(max, Nullable(Float64)),
    throttled            SimpleAggregateFunction(max, UInt8),
    platform_runtime     SimpleAggregateFunction(max, LowCardinality(String)),
    platform_memory_size_mb SimpleAggregateFunction(max, Nullable(UInt32)),
    init_span_duration_ms SimpleAggregateFunction(max, Nullable(Float64)),
    platform_trace_id    SimpleAggregateFunction(max, String),
    INDEX idx_ingested_at ingested_at TYPE minmax GRANULARITY 1,
    INDEX idx_platform_trace_id platform_trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_start_min start_min TYPE minmax GRANULARITY 1
)
ENGINE = AggregatingMergeTree
PARTITION BY day
ORDER BY (function_key, invocation_id)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1, fsync_part_directory = 1;

-- One row per invocation, whatever told of it. Decides which source wins and says which one did: what the
-- platform counted is `measured`, what the function itself said or timed is `derived`, what nobody said but
-- usually holds is `assumed`, and '' where there is no figure. Who was killed with all memory used ran out of
-- it: one source tells the end and another the memory. The bits of told_by stand in
-- src/model/invocation.rs; 118 are those by which the platform speaks of an invocation. What only it tells
-- of, without a span, is `synthesised`: the row is our reconstruction.
CREATE VIEW IF NOT EXISTS invocations AS
SELECT
    function_key,
    concat(splitByChar(':', function_key)[1], ':', account, substring(function_key, position(function_key, ':') + 1)) AS function_id,
    invocation_id,
    day,
    coalesce(span_start, start_min) AS start,
    platform,
    version,
    instance,
    trigger,
    runtime,
    architecture,
    coalesce(f.platform_memory_size_mb, f.memory_size_mb) AS memory_size_mb,
    multiIf(f.platform_memory_size_mb IS NOT NULL, 'measured', f.memory_size_mb IS NOT NULL, 'derived', '') AS memory_provenance,
    memory_used_mb,
    coalesce(platform_duration_ms, span_duration_ms) AS duration_ms,
    multiIf(platform_duration_ms IS NOT NULL, 'measured', span_duration_ms IS NOT NULL, 'derived', '') AS duration_provenance,
    billed_duration_ms,
    if(billed_duration_ms IS NOT NULL, 'measured', '') AS billed_provenance,
    cpu_ms,
    coalesce(f.init_duration_ms, f.init_span_duration_ms) AS init_duration_ms,
    multiIf(f.init_duration_ms IS NOT NULL, 'measured', f.init_span_duration_ms IS NOT NULL, 'derived', '') AS init_provenance,
    init_kind,
    if(init_kind IN ('provisioned', 'managed-instance'), 0,
       coalesce(cold_start_span, cold_start_init, cold_start_report, cold_start_inferred)) AS cold_start,
    multiIf(init_kind IN ('provisioned', 'managed-instance')
                OR cold_start_span IS NOT NULL OR cold_start_init IS NOT NULL, 'measured',
            cold_start_report IS NOT NULL, 'derived',
            cold_start_inferred IS NOT NULL, 'assumed', '') AS cold_start_provenance,
    multiIf(status_rank = 2 AND error_type = 'Runtime.ExitError'
                AND memory_used_mb >= coalesce(f.platform_memory_size_mb, f.memory_size_mb), 'out_of_memory',
            transform(status_rank, [1, 2, 3, 4], ['ok', 'error', 'timeout', 'out_of_memory'], 'unknown')) AS status,
    error_type,
    throttled,
    if(f.trace_id != '', f.trace_id, f.platform_trace_id) AS trace_id,
    span_id,
    platform_trace_id,
    platform_runtime,
    toUInt8(startsWith(platform_runtime, 'provided') OR platform_runtime = 'image' OR startsWith(runtime, 'provided')) AS own_runtime,
    told_by,
    toUInt8(bitTest(told_by, 0)) AS with_span,
    toUInt8(bitAnd(told_by, 118) != 0) AS with_platform,
    toUInt8(with_platform AND NOT with_span) AS synthesised,
    ingested_at,
    start_min,
    start_max
FROM invocation_facts AS f FINAL;

-- Invocations by minute, function and version. Recomputed for every minute that a fact touches
-- (src/rollup.sql); the newest row of a key counts. Sorted by hour, then function: one function over weeks
-- and all functions over an hour both read few granules; the granules are small because the sketches in
-- a row are large.
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
    memory_used_mb_max UInt32,
    out_of_memory      UInt64,
    throttles          UInt64,
    duration_ms_max    Float64
)
ENGINE = ReplacingMergeTree(rolled_at)
PARTITION BY toDate(minute)
ORDER BY (toStartOfHour(minute), function_id, version, minute)
SETTINGS index_granularity = 512, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- Every function ever seen. Sorted by id: lists read all of it, pages one row.
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
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 8192,
    fsync_after_insert = 1, fsync_part_directory = 1;

-- Who told of which deploy: telemetry where a version was first seen, people and pipelines by the API, audit logs.
-- Sorted by function and time: the view below goes through one function's tellings in their order.
CREATE TABLE IF NOT EXISTS deploy_tellings
(
    function_id LowCardinality(String),
    at          DateTime64(3),
    version     String,
    source      LowCardinality(String),
    who         String,
    commit      String,
    url         String,
    note        String,
    changes     String,
    told_at     DateTime64(3) DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(told_at)
ORDER BY (function_id, at, version, source)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Deploys: a run of tellings of one version that no telling of another interrupts, so that a version that comes
-- back is a deploy again. The earliest telling says when, the best (API, then audit log, then telemetry) says what.
-- Tellings a day apart are two deploys; where versions have no number, ten minutes. `turn` counts from 1.
CREATE OR REPLACE VIEW deploys AS
SELECT
    function_id,
    version,
    turn,
    min(since) AS at,
    argMax(teller, (rank, told_at)) AS source,
    arraySort(groupUniqArray(teller)) AS sources,
    argMaxIf(by_whom, (rank, told_at), by_whom != '') AS who,
    argMaxIf(revision, (rank, told_at), revision != '') AS commit,
    argMaxIf(link, (rank, told_at), link != '') AS url,
    argMaxIf(remark, (rank, told_at), remark != '') AS note,
    argMaxIf(changed, (rank, told_at), changed != '') AS changes
FROM
(
    SELECT
        *,
        transform(toString(teller), ['telemetry', 'audit', 'api'], [1, 2, 3], 0) AS rank,
        sum(begins) OVER
            (PARTITION BY function_id ORDER BY since, version, teller
             ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS turn
    FROM
    (
        SELECT
            function_id,
            version,
            at AS since,
            source AS teller,
            who AS by_whom,
            commit AS revision,
            url AS link,
            note AS remark,
            changes AS changed,
            told_at,
            lagInFrame(version, 1, '\0') OVER before AS version_before,
            lagInFrame(at, 1, at) OVER before AS at_before,
            version != version_before
                OR dateDiff('second', at_before, at) > if(version IN ('', '$LATEST'), 600, 86400) AS begins
        FROM deploy_tellings FINAL
        WINDOW before AS
            (PARTITION BY function_id ORDER BY at, version, source
             ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
)
GROUP BY function_id, version, turn;

-- What functions used by hour, in the units that bills count (src/model/usage.rs). Recomputed for every hour
-- that a fact touches (src/usage/hours.sql); the newest row of a key counts. `day` is the day of the
-- platform's billing calendar that the hour belongs to. Sorted for "one function's hours of a week".
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
SETTINGS index_granularity = 2048, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- The same by day, summed from the hours (src/usage/days.sql). Sorted by all that a month is grouped by, and
-- by the day last: a month of one function lies together, and equal neighbours compress best.
CREATE TABLE IF NOT EXISTS usage_1d
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
PARTITION BY toYYYYMM(day)
ORDER BY (function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, day)
SETTINGS index_granularity = 2048, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- The same by month of the bill, summed from the days (src/usage/months.sql): what a page over a month or a year of
-- all functions reads instead of thirty times as many rows.
CREATE TABLE IF NOT EXISTS usage_1mo
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
    month              Date CODEC(Delta, LZ4),
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
PARTITION BY toYYYYMM(month)
ORDER BY (function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, month)
SETTINGS index_granularity = 2048, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- How far rollups have come, and under which terms: one row per name, the newest counts.
CREATE TABLE IF NOT EXISTS rollup_marks
(
    name      String,
    value     String,
    marked_at DateTime64(3) DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(marked_at)
ORDER BY name
SETTINGS non_replicated_deduplication_window = 1000;

-- Which resource attributes a function's telemetry carries: whatever bills are to be split by. Sorted by
-- function: a page asks for all tags of one, or reads the whole table, which is small.
CREATE TABLE IF NOT EXISTS function_tags
(
    function_id LowCardinality(String),
    key         LowCardinality(String),
    value       String,
    last_seen   SimpleAggregateFunction(max, DateTime)
)
ENGINE = AggregatingMergeTree
ORDER BY (function_id, key, value)
SETTINGS non_replicated_deduplication_window = 1000;

-- What was found: one row per finding, the newest revision counts. Sorted by id: a page asks for one; lists
-- read the table, which is kept small by its retention (src/retention.rs) and by the budget of false alarms.
CREATE TABLE IF NOT EXISTS findings
(
    id                  String,
    revision            UInt64,
    kind                LowCardinality(String),
    scope               LowCardinality(String),
    subject             String,
    function_id         String,
    version             String,
    detail              String,
    state               LowCardinality(String),
    severity            LowCardinality(String),
    confidence          Float64,
    p_value             Nullable(Float64),
    began_at            DateTime64(3),
    detected_at         DateTime64(3),
    updated_at          DateTime64(3),
    closed_at           Nullable(DateTime64(3)),
    closed_because      String,
    title               String,
    sentence            String,
    relative            Nullable(Float64),
    relative_low        Nullable(Float64),
    relative_high       Nullable(Float64),
    before              Nullable(Float64),
    after               Nullable(Float64),
    unit                LowCardinality(String),
    ms_per_month        Nullable(Float64),
    micro_usd_per_month Nullable(Int64),
    evidence            String,
    INDEX updated updated_at TYPE minmax
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1;

-- What people said of a finding; the newest word counts. Detectors respect it (analyzers::findings).
CREATE TABLE IF NOT EXISTS finding_feedback
(
    finding_id String,
    kind       LowCardinality(String),
    subject    String,
    verdict    LowCardinality(String),
    relative   Nullable(Float64),
    note       String,
    given_by   String,
    given_at   DateTime64(3)
)
ENGINE = ReplacingMergeTree(given_at)
ORDER BY finding_id
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

-- What detectors remember, so that a restart need not read weeks of history: the newest snapshot of each,
-- in pieces. `seen_s` is the last minute that went into it.
CREATE TABLE IF NOT EXISTS detector_states
(
    detector LowCardinality(String),
    piece    UInt32,
    pieces   UInt32,
    seen_s   UInt32,
    saved_at DateTime64(3),
    bytes    String CODEC(LZ4)
)
ENGINE = ReplacingMergeTree(saved_at)
ORDER BY (detector, piece)
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 1;

-- Objects of OpenSLO that came through the API, as they were written; the newest text of a name counts, and a
-- deleted one is a row, too. Sorted by name: all are read at once, and they are few.
CREATE TABLE IF NOT EXISTS slo_objects
(
    name       String,
    text       String,
    updated_at DateTime64(3),
    deleted    UInt8
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY name
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1;

-- Good and all events of an indicator by minute and group (src/slos/*.sql). Measured again for every minute that
-- a fact touches. Sorted by hour within a measure: the last hours of all groups lie together.
CREATE TABLE IF NOT EXISTS slo_minutes
(
    measure     LowCardinality(String),
    grp         LowCardinality(String),
    minute      DateTime CODEC(Delta, LZ4),
    measured_at DateTime64(3) CODEC(Delta, LZ4),
    good        UInt64,
    total       UInt64
)
ENGINE = ReplacingMergeTree(measured_at)
PARTITION BY toDate(minute)
ORDER BY (measure, toStartOfHour(minute), grp, minute)
SETTINGS index_granularity = 2048, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- The same by hour, summed from the minutes. Sorted by group: all hours of one lie together.
CREATE TABLE IF NOT EXISTS slo_hours
(
    measure     LowCardinality(String),
    grp         LowCardinality(String),
    hour        DateTime CODEC(Delta, LZ4),
    measured_at DateTime64(3) CODEC(Delta, LZ4),
    good        UInt64,
    total       UInt64
)
ENGINE = ReplacingMergeTree(measured_at)
PARTITION BY toYYYYMM(hour)
ORDER BY (measure, grp, hour)
SETTINGS index_granularity = 2048, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- Alerts as they stood when their group was looked at and something was new: one row for each occasion, the
-- latest word of it counts. Which alerts were there in a time? What was this one?
CREATE TABLE IF NOT EXISTS alerts_seen
(
    fingerprint   UInt64,
    starts_at     DateTime64(9),
    seen_at       DateTime64(9),
    stand         LowCardinality(String),
    ends_at       DateTime64(9),
    labels        String CODEC(ZSTD),
    annotations   String CODEC(ZSTD),
    generator_url String CODEC(ZSTD)
)
ENGINE = ReplacingMergeTree(seen_at)
PARTITION BY toDate(seen_at)
ORDER BY (fingerprint, starts_at)
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1;

-- Why somebody was told, and why not: a group's look that saw or decided something else than the one before,
-- its alerts in parts of 1,000 (`part`), each with what muted it; what was decided for each receiver. By time;
-- those of one alert are found by the index.
CREATE TABLE IF NOT EXISTS alerts_looks
(
    at        DateTime64(9),
    group_key String CODEC(ZSTD),
    part      UInt16,
    path      String CODEC(ZSTD),
    receiver  LowCardinality(String),
    next_at   DateTime64(9),
    alerts    Array(UInt64),
    seen      String CODEC(ZSTD),
    more      UInt64,
    told      String CODEC(ZSTD),
    INDEX alert alerts TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(at)
ORDER BY (at, group_key, part)
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1;

-- Attempts to deliver messages; neither what was sent nor what was answered, but for the status.
CREATE TABLE IF NOT EXISTS alerts_attempts
(
    at        DateTime64(9),
    message   String,
    attempt   UInt32,
    receiver  LowCardinality(String),
    kind      LowCardinality(String),
    nth       UInt32,
    group_key String CODEC(ZSTD),
    took_ms   UInt64,
    request   String CODEC(ZSTD),
    status    Nullable(UInt16),
    failure   LowCardinality(String),
    reason    String CODEC(ZSTD),
    retry_at  Nullable(DateTime64(9)),
    INDEX message message TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(at)
ORDER BY (at, message, attempt)
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1;

-- Which configuration decided from when on, without secrets; a row for each change, kept for good.
CREATE TABLE IF NOT EXISTS alerts_configs
(
    at   DateTime64(9),
    text String CODEC(ZSTD)
)
ENGINE = ReplacingMergeTree
ORDER BY at
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1;

-- All that happened to an incident, in its order: what joined it and why, who was told, what people said, what
-- runbooks did. An incident is the sum of these; nothing is ever updated, so any process may write. Sorted for
-- "what happened to this one?"; written_at finds what others wrote lately.
CREATE TABLE IF NOT EXISTS incident_events
(
    incident_id String,
    at_ns       Int64 CODEC(Delta, LZ4),
    id          String,
    said_by     String,
    body        String,
    written_at  DateTime64(3) DEFAULT now64(3),
    INDEX written written_at TYPE minmax
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(fromUnixTimestamp64Nano(at_ns))
ORDER BY (incident_id, at_ns, id)
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1;

-- What those events come to, one row per incident, for lists and figures. The row made of most events wins,
-- whoever wrote it.
CREATE TABLE IF NOT EXISTS incidents
(
    id              String,
    revision        UInt64,
    state           LowCardinality(String),
    severity        LowCardinality(String),
    title           String,
    place           String,
    assignee        String,
    members         UInt32,
    members_open    UInt32,
    functions       Array(String),
    merged_into     String,
    opened_ms       Int64,
    acknowledged_ms Nullable(Int64),
    restored_ms     Nullable(Int64),
    resolved_ms     Nullable(Int64),
    snoozed_ms      Nullable(Int64),
    changed_ms      Int64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1;
