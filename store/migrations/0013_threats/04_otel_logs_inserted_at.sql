ALTER TABLE otel_logs
    ADD COLUMN IF NOT EXISTS InsertedAt DateTime DEFAULT toDateTime(0) CODEC(LZ4) AFTER InsertId
