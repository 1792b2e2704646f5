ALTER TABLE otel_logs
    DROP INDEX IF EXISTS idx_res_attr_key,
    DROP INDEX IF EXISTS idx_scope_attr_key,
    DROP INDEX IF EXISTS idx_scope_attr_value,
    DROP INDEX IF EXISTS idx_log_attr_key,
    DROP INDEX IF EXISTS idx_res_attr_value,
    MODIFY COLUMN ResourceAttributes Map(LowCardinality(String), LowCardinality(String)),
    MODIFY COLUMN ScopeAttributes Map(LowCardinality(String), LowCardinality(String)),
    MODIFY COLUMN ScopeName LowCardinality(String),
    ADD COLUMN IF NOT EXISTS InsertId UInt64 CODEC(LZ4) AFTER FunctionId,
    ADD INDEX IF NOT EXISTS idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1 AFTER idx_trace_id
