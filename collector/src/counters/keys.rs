//! What each sender sent, was refused, and lost to the limits of cardinality. Bounded: senders are the
//! keys of the configuration, 0.5 kB each.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use store::model::UnixNano;

use crate::config::Key;
use crate::normalise::{Arrival, Kind, Overflowed};
use crate::refusal::Reason;
use crate::sender::Sender;
use crate::signal::Signal;

/// Counters of every sender, by its number.
#[derive(Debug)]
pub(crate) struct Keys(Vec<PerKey>);

#[derive(Debug, Default)]
struct PerKey {
    name: String,
    hash: u32,
    items_accepted: [AtomicU64; Signal::ALL.len()],
    refused: [[AtomicU64; Reason::ALL.len()]; Signal::ALL.len()],
    overflowed: [[AtomicU64; Kind::ALL.len()]; Signal::ALL.len()],
    /// The latest, one of a kind.
    examples: Mutex<Vec<OverflowExample>>,
}

/// Where a limit of cardinality was passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverflowExample {
    /// What there was one too many of.
    pub kind: Kind,
    /// In which signal.
    pub signal: Signal,
    /// The metric (of a series), service (of a span name), service or function; at most 200 printable
    /// characters.
    pub of: String,
    /// When the request came that was the first of its hour.
    pub at: UnixNano,
}

/// The counters of one sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySnapshot {
    /// The key's name in the configuration; empty for senders without a key.
    pub name: String,
    /// Spans, log records or data points stored, by signal.
    pub items_accepted: [(Signal, u64); Signal::ALL.len()],
    /// Requests refused, by signal and reason, those that happened only.
    pub refused: Vec<(Signal, Reason, u64)>,
    /// Items kept in another form because of a limit of cardinality, those that happened only.
    pub overflowed: Vec<(Signal, Kind, u64)>,
    /// The latest example of each kind.
    pub overflow_examples: Vec<OverflowExample>,
}

impl Default for Keys {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Keys {
    pub(super) fn new(keys: &[Key]) -> Self {
        let names = std::iter::once("").chain(keys.iter().map(|key| key.name.as_str()));
        let of = |(name, sender): (&str, Sender)| PerKey {
            name: name.to_owned(),
            hash: sender.hash(),
            ..PerKey::default()
        };
        Self(names.zip(Sender::all(keys)).map(of).collect())
    }

    /// Items of a request that was taken.
    pub(crate) fn accepted(&self, sender: Sender, signal: Signal, items: u64) {
        if let Some(key) = self.0.get(sender.index()) {
            key.items_accepted[signal as usize].fetch_add(items, Relaxed);
        }
    }

    /// A request that was not.
    pub(crate) fn refused(&self, sender: Sender, signal: Signal, reason: Reason) {
        if let Some(key) = self.0.get(sender.index()) {
            key.refused[signal as usize][reason as usize].fetch_add(1, Relaxed);
        }
    }

    /// What a request had too many of; gives the name of its key.
    pub(crate) fn overflowed(
        &self,
        arrival: Arrival,
        signal: Signal,
        overflowed: &Overflowed,
    ) -> &str {
        let known = self.0.iter().find(|key| key.hash == arrival.key);
        let Some(key) = known.or(self.0.first()) else {
            return "";
        };
        let counters = key.overflowed[signal as usize].iter();
        for (counter, count) in counters.zip(overflowed.counts) {
            counter.fetch_add(count, Relaxed);
        }
        let mut examples = key.examples.lock().unwrap_or_else(PoisonError::into_inner);
        for (kind, of) in &overflowed.news {
            examples.retain(|example| example.kind != *kind);
            examples.push(OverflowExample {
                kind: *kind,
                signal,
                of: of.clone(),
                at: arrival.at,
            });
        }
        &key.name
    }

    pub(super) fn snapshot(&self) -> Vec<KeySnapshot> {
        self.0.iter().map(PerKey::snapshot).collect()
    }
}

impl PerKey {
    fn snapshot(&self) -> KeySnapshot {
        let items = |signal: Signal| self.items_accepted[signal as usize].load(Relaxed);
        let refused = Signal::ALL.iter().flat_map(|signal| {
            let counts = super::happened(&self.refused[*signal as usize]);
            counts
                .into_iter()
                .map(|(reason, count)| (*signal, reason, count))
        });
        let overflowed = Signal::ALL.iter().flat_map(|signal| {
            let counts = self.overflowed[*signal as usize].iter();
            Kind::ALL
                .into_iter()
                .zip(counts)
                .map(|(kind, count)| (*signal, kind, count.load(Relaxed)))
        });
        let examples = self.examples.lock().unwrap_or_else(PoisonError::into_inner);
        KeySnapshot {
            overflowed: overflowed.filter(|(.., count)| *count > 0).collect(),
            overflow_examples: examples.clone(),
            name: self.name.clone(),
            items_accepted: Signal::ALL.map(|signal| (signal, items(signal))),
            refused: refused.collect(),
        }
    }
}
