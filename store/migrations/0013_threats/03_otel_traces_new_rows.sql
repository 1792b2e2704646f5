ALTER TABLE otel_traces
    MODIFY COLUMN InsertedAt DateTime DEFAULT now() CODEC(LZ4),
    ADD INDEX IF NOT EXISTS idx_inserted_at InsertedAt TYPE minmax GRANULARITY 1
