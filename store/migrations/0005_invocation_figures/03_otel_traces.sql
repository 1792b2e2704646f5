ALTER TABLE otel_traces
    ADD INDEX IF NOT EXISTS idx_link_trace_id Links.TraceId TYPE bloom_filter(0.001) GRANULARITY 1
