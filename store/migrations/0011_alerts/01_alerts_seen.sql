CREATE TABLE IF NOT EXISTS alerts_seen
(
    fingerprint   UInt64,
    starts_at     DateTime64(9),
    seen_at       DateTime64(9),
    stand         LowCardinality(String),
    ends_at       DateTime64(9),
    labels        String CODEC(ZSTD),
    annotations   String CODEC(ZSTD),
    generator_url String CODEC(ZSTD)
)
ENGINE = ReplacingMergeTree(seen_at)
PARTITION BY toDate(seen_at)
ORDER BY (fingerprint, starts_at)
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1
