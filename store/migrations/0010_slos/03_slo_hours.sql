CREATE TABLE IF NOT EXISTS slo_hours
(
    measure     LowCardinality(String),
    grp         LowCardinality(String),
    hour        DateTime CODEC(Delta, LZ4),
    measured_at DateTime64(3) CODEC(Delta, LZ4),
    good        UInt64,
    total       UInt64
)
ENGINE = ReplacingMergeTree(measured_at)
PARTITION BY toYYYYMM(hour)
ORDER BY (measure, grp, hour)
SETTINGS index_granularity = 2048, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
