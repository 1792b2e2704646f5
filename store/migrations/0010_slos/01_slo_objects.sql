CREATE TABLE IF NOT EXISTS slo_objects
(
    name       String,
    text       String,
    updated_at DateTime64(3),
    deleted    UInt8
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY name
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1
