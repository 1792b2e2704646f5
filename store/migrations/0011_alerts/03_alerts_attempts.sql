CREATE TABLE IF NOT EXISTS alerts_attempts
(
    at        DateTime64(9),
    message   String,
    attempt   UInt32,
    receiver  LowCardinality(String),
    kind      LowCardinality(String),
    nth       UInt32,
    group_key String CODEC(ZSTD),
    took_ms   UInt64,
    request   String CODEC(ZSTD),
    status    Nullable(UInt16),
    failure   LowCardinality(String),
    reason    String CODEC(ZSTD),
    retry_at  Nullable(DateTime64(9)),
    INDEX message message TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(at)
ORDER BY (at, message, attempt)
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1
