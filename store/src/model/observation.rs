//! What a collector tells of itself, as metrics beside those of the users: the names that the
//! collector writes and the dashboard reads.

/// `service.name` of the resource.
pub const SERVICE: &str = "nephoscope";
/// Name of the instrumentation scope.
pub const SCOPE: &str = "nephoscope.collector";

/// Attribute of a point: `traces`, `logs` or `metrics`.
pub const SIGNAL: &str = "signal";
/// Attribute of a point: why requests were refused.
pub const REASON: &str = "reason";
/// Attribute of a point: what there was one too many of.
pub const KIND: &str = "kind";

/// 1, and 0 in the last word of a process that was stopped; a gauge.
pub const UP: &str = "nephoscope.collector.up";
/// Items acknowledged; a growing sum by signal.
pub const ITEMS_ACCEPTED: &str = "nephoscope.collector.items.accepted";
/// Items refused one by one; a growing sum by signal.
pub const ITEMS_REJECTED: &str = "nephoscope.collector.items.rejected";
/// Items in ClickHouse; a growing sum by signal.
pub const ITEMS_SHIPPED: &str = "nephoscope.collector.items.shipped";
/// Requests refused; a growing sum by signal, where it is known, and reason.
pub const REQUESTS_REFUSED: &str = "nephoscope.collector.requests.refused";
/// Requests recognised as sent before; a growing sum by signal.
pub const REQUESTS_REPEATED: &str = "nephoscope.collector.requests.repeated";
/// Bytes of decompressed requests; a growing sum by signal.
pub const DECOMPRESSED: &str = "nephoscope.collector.decompressed";
/// Items kept in another form because of a limit of cardinality; a growing sum by signal and kind.
pub const OVERFLOWED: &str = "nephoscope.collector.cardinality.overflowed";
/// What can never be stored and was kept aside; a growing sum by signal.
pub const DEAD_LETTERS: &str = "nephoscope.collector.dead_letters";
/// Requests acknowledged and not yet in ClickHouse; a gauge by signal.
pub const WAITING_REQUESTS: &str = "nephoscope.collector.waiting.requests";
/// Their bytes; a gauge by signal.
pub const WAITING_SIZE: &str = "nephoscope.collector.waiting.size";
/// Bytes of the spool on disk; a gauge by signal.
pub const SPOOL_USAGE: &str = "nephoscope.collector.spool.usage";
/// Most bytes of the spool; a gauge by signal.
pub const SPOOL_LIMIT: &str = "nephoscope.collector.spool.limit";
/// Age of the oldest request that waits, ms; a gauge by signal.
pub const LAG: &str = "nephoscope.collector.lag";
/// How long the oldest request of what was stored last had waited, ms; a gauge by signal.
pub const DELAY: &str = "nephoscope.collector.delay";
