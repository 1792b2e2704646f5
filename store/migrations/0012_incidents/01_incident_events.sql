CREATE TABLE IF NOT EXISTS incident_events
(
    incident_id String,
    at_ns       Int64 CODEC(Delta, LZ4),
    id          String,
    said_by     String,
    body        String,
    written_at  DateTime64(3) DEFAULT now64(3),
    INDEX written written_at TYPE minmax
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(fromUnixTimestamp64Nano(at_ns))
ORDER BY (incident_id, at_ns, id)
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1
