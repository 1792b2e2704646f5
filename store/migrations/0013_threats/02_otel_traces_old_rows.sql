ALTER TABLE otel_traces
    MATERIALIZE COLUMN InsertedAt SETTINGS mutations_sync = 1
