ALTER TABLE otel_traces
    DROP INDEX IF EXISTS idx_res_attr_key,
    DROP INDEX IF EXISTS idx_span_attr_key,
    DROP INDEX IF EXISTS idx_res_attr_value,
    MODIFY COLUMN ResourceAttributes Map(LowCardinality(String), LowCardinality(String)),
    MODIFY COLUMN ScopeName LowCardinality(String),
    MODIFY COLUMN ScopeVersion LowCardinality(String),
    ADD COLUMN IF NOT EXISTS InsertId UInt64 CODEC(LZ4) AFTER FunctionId,
    ADD INDEX IF NOT EXISTS idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1 AFTER idx_trace_id
