CREATE TABLE IF NOT EXISTS alerts_configs
(
    at   DateTime64(9),
    text String CODEC(ZSTD)
)
ENGINE = ReplacingMergeTree
ORDER BY at
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1
