ALTER TABLE otel_logs
    MATERIALIZE COLUMN InsertedAt SETTINGS mutations_sync = 1
