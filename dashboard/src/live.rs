//! The collector of this process, seen directly: true even while the store does not answer.

use store::model::UnixNano;

/// What asks the collector of this process; gives `None` where none runs.
pub type LiveCheck = std::sync::Arc<dyn Fn(UnixNano) -> Option<Live> + Send + Sync>;

/// How the collector of this process stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// Its `service.instance.id`.
    pub instance: String,
    /// When its counters were 0, ms since the epoch.
    pub started_ms: i64,
    /// How long it lets requests wait for company, ms: that much lag is meant.
    pub batch_delay_ms: u64,
    /// How often it writes its own metrics, ms; 0 for never.
    pub interval_ms: u64,
    /// Its signals, in the order traces, logs, metrics.
    pub signals: [LiveSignal; 3],
    /// Refused requests since the start: the signal or nothing, the reason, how many.
    pub refused: Vec<(String, String, u64)>,
    /// Its senders: those without a key, then the ingest keys as configured.
    pub keys: Vec<LiveKey>,
}

/// What one ingest key brought since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveKey {
    /// Its name in the configuration; empty for senders without a key.
    pub name: String,
    /// Items acknowledged, in the order traces, logs, metrics.
    pub items_accepted: [u64; 3],
    /// Requests refused.
    pub requests_refused: u64,
    /// Limits of cardinality it reached.
    pub overflowed: Vec<LiveOverflow>,
}

/// What a key had too many of, in one signal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveOverflow {
    /// `traces`, `logs` or `metrics`.
    pub signal: String,
    /// What there was one too many of, as the collector spells it: `series`.
    pub kind: String,
    /// Items kept in another form, at least 1.
    pub items: u64,
    /// The latest example: a metric, service or function, out of telemetry; may be empty.
    pub example: String,
    /// When that came, ms since the epoch.
    pub example_ms: Option<i64>,
}

/// One signal of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveSignal {
    /// Items acknowledged since the start.
    pub items_accepted: u64,
    /// Items refused one by one since the start.
    pub items_rejected: u64,
    /// Items in ClickHouse since the start.
    pub items_shipped: u64,
    /// Bytes of decompressed requests since the start.
    pub decompressed_bytes: u64,
    /// What was kept aside since the start.
    pub dead_letters: u64,
    /// Requests that wait.
    pub waiting_requests: u64,
    /// Their bytes.
    pub waiting_bytes: u64,
    /// Age of the oldest of them, ms; 0 when none waits.
    pub lag_ms: u64,
    /// How long the oldest request of the last insert had waited, ms.
    pub delay_ms: Option<u64>,
    /// When something was stored the last time, ms since the epoch.
    pub last_stored_ms: Option<i64>,
    /// Bytes of the spool on disk.
    pub spool_bytes: u64,
    /// Most bytes of the spool.
    pub spool_limit_bytes: u64,
}
