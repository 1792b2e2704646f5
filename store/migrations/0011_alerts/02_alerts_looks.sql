CREATE TABLE IF NOT EXISTS alerts_looks
(
    at        DateTime64(9),
    group_key String CODEC(ZSTD),
    part      UInt16,
    path      String CODEC(ZSTD),
    receiver  LowCardinality(String),
    next_at   DateTime64(9),
    alerts    Array(UInt64),
    seen      String CODEC(ZSTD),
    more      UInt64,
    told      String CODEC(ZSTD),
    INDEX alert alerts TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(at)
ORDER BY (at, group_key, part)
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1
