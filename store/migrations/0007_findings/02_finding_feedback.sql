CREATE TABLE IF NOT EXISTS finding_feedback
(
    finding_id String,
    kind       LowCardinality(String),
    subject    String,
    verdict    LowCardinality(String),
    relative   Nullable(Float64),
    note       String,
    given_by   String,
    given_at   DateTime64(3)
)
ENGINE = ReplacingMergeTree(given_at)
ORDER BY finding_id
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1
