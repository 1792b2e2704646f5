//! What each ingest key brought since the start of the collector here. Pure.

use serde::Serialize;
use serde_json::{Value, json};

use super::history::SIGNALS;
use crate::format;
use crate::live::{Live, LiveKey};
use crate::web::frame::Tone;

/// Rows of the list; those that brought most are shown.
const MAX_ROWS: usize = 100;

#[derive(Serialize)]
pub(super) struct SenderView {
    name: String,
    /// The name is a key's, not a word of ours.
    is_named: bool,
    accepted: String,
    refused: String,
    refused_tone: Tone,
    overflowed: String,
    overflowed_tone: Tone,
}

/// The senders that brought most first: the configured keys, and whoever came without one. None when
/// there are not several keys: then the page itself tells of the one.
pub(super) fn senders(live: Option<&Live>) -> Vec<&LiveKey> {
    let all = live.map_or(&[][..], |live| &live.keys);
    if all.iter().filter(|key| !key.name.is_empty()).count() < 2 {
        return Vec::new();
    }
    let is_told = |key: &&LiveKey| {
        !key.name.is_empty() || accepted(key) + key.requests_refused + overflowed(key) > 0
    };
    let mut senders: Vec<&LiveKey> = all.iter().filter(is_told).collect();
    senders.sort_by_key(|key| std::cmp::Reverse(accepted(key)));
    senders
}

fn accepted(key: &LiveKey) -> u64 {
    key.items_accepted.iter().sum()
}

fn overflowed(key: &LiveKey) -> u64 {
    key.overflowed.iter().map(|of| of.items).sum()
}

/// The list, and how many did not fit.
pub(super) fn views(senders: &[&LiveKey]) -> (Vec<SenderView>, usize) {
    let tone = |n: u64| if n > 0 { Tone::Warn } else { Tone::Quiet };
    let view = |key: &&LiveKey| SenderView {
        name: match key.name.as_str() {
            "" => "no key".to_owned(),
            name => format::bounded(name, 60),
        },
        is_named: !key.name.is_empty(),
        accepted: format::counted(accepted(key), "item", "items"),
        refused: format::counted(key.requests_refused, "request", "requests"),
        refused_tone: tone(key.requests_refused),
        overflowed: format::counted(overflowed(key), "item", "items"),
        overflowed_tone: tone(overflowed(key)),
    };
    let views = senders.iter().take(MAX_ROWS).map(view).collect();
    (views, senders.len().saturating_sub(MAX_ROWS))
}

/// The same for programs, as many rows as the page shows.
pub(super) fn json(senders: &[&LiveKey]) -> Value {
    let row = |key: &&LiveKey| {
        let by_signal = SIGNALS.iter().zip(key.items_accepted);
        let by_signal = by_signal.map(|((signal, _, _), items)| (*signal, items));
        let by_signal: std::collections::BTreeMap<_, _> = by_signal.collect();
        json!({"key": key.name, "accepted": by_signal, "requests_refused": key.requests_refused,
               "overflowed": overflowed(key)})
    };
    senders.iter().take(MAX_ROWS).map(row).collect()
}

/// Whether the list leaves some of them out.
pub(super) fn is_cut(senders: &[&LiveKey]) -> bool {
    senders.len() > MAX_ROWS
}
