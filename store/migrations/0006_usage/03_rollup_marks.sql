CREATE TABLE IF NOT EXISTS rollup_marks
(
    name      String,
    value     String,
    marked_at DateTime64(3) DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(marked_at)
ORDER BY name
SETTINGS non_replicated_deduplication_window = 1000
