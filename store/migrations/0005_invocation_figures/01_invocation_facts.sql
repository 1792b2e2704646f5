ALTER TABLE invocation_facts
    ADD COLUMN IF NOT EXISTS cpu_ms SimpleAggregateFunction(max, Nullable(Float64)),
    ADD COLUMN IF NOT EXISTS throttled SimpleAggregateFunction(max, UInt8),
    ADD COLUMN IF NOT EXISTS platform_runtime SimpleAggregateFunction(max, LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS platform_memory_size_mb SimpleAggregateFunction(max, Nullable(UInt32)),
    ADD COLUMN IF NOT EXISTS init_span_duration_ms SimpleAggregateFunction(max, Nullable(Float64)),
    ADD COLUMN IF NOT EXISTS platform_trace_id SimpleAggregateFunction(max, String)
