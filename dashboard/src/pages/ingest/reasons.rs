//! Why something was refused, in words, and what to do about it.
//!
//! Here a new limit of the collector gets its words: one line, and the page shows it.

/// Single items of a request that was taken otherwise.
pub(super) const ITEM: &str = "item";
/// Acknowledged, and never to be stored.
pub(super) const KEPT_ASIDE: &str = "kept_aside";

/// Reason as the collector spells it, what happened, what to do.
const WORDS: [(&str, &str, &str); 15] = [
    (
        "key",
        "No ingest key, or an unknown one",
        "Give the exporter one of collector.keys, in the header that key names.",
    ),
    (
        "path",
        "An address that is not here",
        "Send to /v1/traces, /v1/logs or /v1/metrics; most exporters add that path themselves.",
    ),
    (
        "method",
        "Not sent with POST",
        "Somebody opened the address in a browser, or a health check asks it: nothing to do.",
    ),
    (
        "content_type",
        "A content type other than protobuf or JSON",
        "Set the exporter's protocol to http/protobuf or http/json.",
    ),
    (
        "content_encoding",
        "A compression that is not spoken here",
        "Set the exporter's compression to gzip, zstd or none.",
    ),
    (
        "too_large",
        "Bigger than a request may be",
        "Send smaller batches, or raise collector.max_request_bytes.",
    ),
    (
        "malformed",
        "Not what its content type says",
        "Look at the exporter's version and at proxies between; the answer names the place.",
    ),
    (
        "slow",
        "The body did not arrive in time",
        "Look at the network, or raise collector.request_timeout_ms.",
    ),
    (
        "interrupted",
        "The sender went away in the middle",
        "A function was frozen while it sent: let it flush before it answers.",
    ),
    (
        "overloaded",
        "As many bytes under way as the collector may hold",
        "Exporters send again by themselves. If it stays, raise collector.max_in_flight_bytes or \
         add a collector.",
    ),
    (
        "store_away",
        "The spool is full, because ClickHouse takes too little",
        "Bring ClickHouse back or give it more power; raise collector.spool.max_bytes to bridge \
         more time. Exporters send again by themselves.",
    ),
    (
        "internal",
        "A fault on this side",
        "The collector's log has the details; please report it.",
    ),
    (
        "stopping",
        "The collector was shutting down",
        "Exporters send again by themselves: nothing to do.",
    ),
    (
        ITEM,
        "Single items with an impossible id, time or value",
        "Their neighbours were stored. The answer (partial_success) names the first ones and what \
         is wrong; exporters write it to their log.",
    ),
    (
        KEPT_ASIDE,
        "Taken, but ClickHouse refuses it for good",
        "It lies in the file dead-letters beside the spool, with the reason.",
    ),
];

/// What happened and what to do; `None` for a reason without words.
pub(super) fn words(reason: &str) -> Option<(&'static str, &'static str)> {
    let found = WORDS.iter().find(|(known, _, _)| *known == reason)?;
    Some((found.1, found.2))
}

/// Whether the Ingest page has words for a reason of the collector's.
#[must_use]
pub fn explains_refusal(reason: &str) -> bool {
    words(reason).is_some()
}
