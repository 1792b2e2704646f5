ALTER TABLE invocation_facts
    ADD INDEX IF NOT EXISTS idx_start_min start_min TYPE minmax GRANULARITY 1
