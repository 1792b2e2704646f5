CREATE TABLE IF NOT EXISTS findings
(
    id                  String,
    revision            UInt64,
    kind                LowCardinality(String),
    scope               LowCardinality(String),
    subject             String,
    function_id         String,
    version             String,
    detail              String,
    state               LowCardinality(String),
    severity            LowCardinality(String),
    confidence          Float64,
    p_value             Nullable(Float64),
    began_at            DateTime64(3),
    detected_at         DateTime64(3),
    updated_at          DateTime64(3),
    closed_at           Nullable(DateTime64(3)),
    closed_because      String,
    title               String,
    sentence            String,
    relative            Nullable(Float64),
    relative_low        Nullable(Float64),
    relative_high       Nullable(Float64),
    before              Nullable(Float64),
    after               Nullable(Float64),
    unit                LowCardinality(String),
    ms_per_month        Nullable(Float64),
    micro_usd_per_month Nullable(Int64),
    evidence            String,
    INDEX updated updated_at TYPE minmax
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 256,
    fsync_after_insert = 1, fsync_part_directory = 1
