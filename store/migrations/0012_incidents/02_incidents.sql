CREATE TABLE IF NOT EXISTS incidents
(
    id              String,
    revision        UInt64,
    state           LowCardinality(String),
    severity        LowCardinality(String),
    title           String,
    place           String,
    assignee        String,
    members         UInt32,
    members_open    UInt32,
    functions       Array(String),
    merged_into     String,
    opened_ms       Int64,
    acknowledged_ms Nullable(Int64),
    restored_ms     Nullable(Int64),
    resolved_ms     Nullable(Int64),
    snoozed_ms      Nullable(Int64),
    changed_ms      Int64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1
