CREATE TABLE IF NOT EXISTS detector_states
(
    detector LowCardinality(String),
    piece    UInt32,
    pieces   UInt32,
    seen_s   UInt32,
    saved_at DateTime64(3),
    bytes    String CODEC(LZ4)
)
ENGINE = ReplacingMergeTree(saved_at)
ORDER BY (detector, piece)
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 1
