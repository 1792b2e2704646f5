ALTER TABLE invocation_facts
    ADD INDEX IF NOT EXISTS idx_platform_trace_id platform_trace_id TYPE bloom_filter(0.001) GRANULARITY 1
