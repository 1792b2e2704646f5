CREATE TABLE IF NOT EXISTS deploy_tellings
(
    function_id LowCardinality(String),
    at          DateTime64(3),
    version     String,
    source      LowCardinality(String),
    who         String,
    commit      String,
    url         String,
    note        String,
    changes     String,
    told_at     DateTime64(3) DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(told_at)
ORDER BY (function_id, at, version, source)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1
AS SELECT function_id, at, version, source, '' AS who, '' AS commit, '' AS url, '' AS note, '' AS changes, at AS told_at
FROM deploys FINAL
