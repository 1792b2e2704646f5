//! What the collector did, as numbers that only grow. Read through [`Counters::snapshot`].

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use crate::config::Key;
use crate::refusal::Reason;
use crate::signal::Signal;

mod keys;

use keys::Keys;
pub use keys::{KeySnapshot, OverflowExample};

/// Shared by every part of the collector; each number is exact, a snapshot is not one instant.
#[derive(Debug, Default)]
pub struct Counters {
    signals: [PerSignal; Signal::ALL.len()],
    /// Refusals that belong to no signal, such as unknown paths.
    strays: [AtomicU64; Reason::ALL.len()],
    connections_opened: AtomicU64,
    connections_refused: AtomicU64,
    connections_closed: AtomicU64,
    /// The same by ingest key.
    pub(crate) keys: Keys,
}

#[derive(Debug, Default)]
struct PerSignal {
    requests_accepted: AtomicU64,
    items_accepted: AtomicU64,
    items_rejected: AtomicU64,
    bytes_received: AtomicU64,
    bytes_decompressed: AtomicU64,
    rows_stored: AtomicU64,
    inserts: AtomicU64,
    inserts_retried: AtomicU64,
    inserts_failed: AtomicU64,
    spool_bytes: OnceLock<Arc<AtomicU64>>,
    refused: [AtomicU64; Reason::ALL.len()],
}

/// All counters at about one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Of spans.
    pub traces: SignalSnapshot,
    /// Of log records.
    pub logs: SignalSnapshot,
    /// Of metric points.
    pub metrics: SignalSnapshot,
    /// Requests refused before it was known what they carry.
    pub strays: Vec<(Reason, u64)>,
    /// Connections accepted so far.
    pub connections_opened: u64,
    /// Connections closed at once, because as many as allowed were open.
    pub connections_refused: u64,
    /// Connections that have ended; open ones are `connections_opened - connections_closed`.
    pub connections_closed: u64,
    /// Of each sender: first those without a key, then the keys in the order of the configuration.
    pub keys: Vec<KeySnapshot>,
}

/// The counters of one signal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalSnapshot {
    /// Requests answered with success, whole or partial.
    pub requests_accepted: u64,
    /// Spans, log records or data points stored.
    pub items_accepted: u64,
    /// Items refused through `partial_success`.
    pub items_rejected: u64,
    /// Bytes of bodies, as sent.
    pub bytes_received: u64,
    /// Bytes of bodies, decompressed.
    pub bytes_decompressed: u64,
    /// Rows written to ClickHouse: items and the facts made of them.
    pub rows_stored: u64,
    /// Inserts that ClickHouse acknowledged, one per group of requests.
    pub inserts: u64,
    /// Attempts repeated because ClickHouse was away or overloaded.
    pub inserts_retried: u64,
    /// Inserts that ClickHouse refused for good.
    pub inserts_failed: u64,
    /// Bytes of the spool now: what waits, and what is remembered to recognise repetitions.
    pub spool_bytes: u64,
    /// Requests refused, by reason, those that happened only.
    pub refused: Vec<(Reason, u64)>,
}

impl Counters {
    /// Nothing counted yet, for these ingest keys.
    pub(crate) fn of_keys(keys: &[Key]) -> Self {
        Self {
            keys: Keys::new(keys),
            ..Self::default()
        }
    }

    /// The numbers now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            traces: self.of(Signal::Traces).snapshot(),
            logs: self.of(Signal::Logs).snapshot(),
            metrics: self.of(Signal::Metrics).snapshot(),
            strays: happened(&self.strays),
            connections_opened: self.connections_opened.load(Relaxed),
            connections_refused: self.connections_refused.load(Relaxed),
            connections_closed: self.connections_closed.load(Relaxed),
            keys: self.keys.snapshot(),
        }
    }

    fn of(&self, signal: Signal) -> &PerSignal {
        &self.signals[signal as usize]
    }

    pub(crate) fn received(&self, signal: Signal, bytes: usize) {
        self.of(signal)
            .bytes_received
            .fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn decompressed(&self, signal: Signal, bytes: usize) {
        self.of(signal)
            .bytes_decompressed
            .fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn accepted(&self, signal: Signal, items: u64, rejected: u64) {
        let of = self.of(signal);
        of.requests_accepted.fetch_add(1, Relaxed);
        of.items_accepted.fetch_add(items, Relaxed);
        of.items_rejected.fetch_add(rejected, Relaxed);
    }

    pub(crate) fn refused(&self, signal: Option<Signal>, reason: Reason) {
        let refused = signal.map_or(&self.strays, |signal| &self.of(signal).refused);
        refused[reason as usize].fetch_add(1, Relaxed);
    }

    pub(crate) fn inserted(&self, signal: Signal, rows: usize) {
        self.of(signal).inserts.fetch_add(1, Relaxed);
        self.of(signal).rows_stored.fetch_add(rows as u64, Relaxed);
    }

    /// Where the spool of a signal says how big it is.
    pub(crate) fn watch_spool(&self, signal: Signal, bytes: Arc<AtomicU64>) {
        // Set once, when the collector starts.
        let _ = self.of(signal).spool_bytes.set(bytes);
    }

    pub(crate) fn insert_retried(&self, signal: Signal) {
        self.of(signal).inserts_retried.fetch_add(1, Relaxed);
    }

    pub(crate) fn insert_failed(&self, signal: Signal) {
        self.of(signal).inserts_failed.fetch_add(1, Relaxed);
    }

    pub(crate) fn connection_opened(&self) {
        self.connections_opened.fetch_add(1, Relaxed);
    }

    pub(crate) fn connection_closed(&self) {
        self.connections_closed.fetch_add(1, Relaxed);
    }

    pub(crate) fn connection_refused(&self) {
        self.connections_refused.fetch_add(1, Relaxed);
    }
}

impl PerSignal {
    fn snapshot(&self) -> SignalSnapshot {
        SignalSnapshot {
            requests_accepted: self.requests_accepted.load(Relaxed),
            items_accepted: self.items_accepted.load(Relaxed),
            items_rejected: self.items_rejected.load(Relaxed),
            bytes_received: self.bytes_received.load(Relaxed),
            bytes_decompressed: self.bytes_decompressed.load(Relaxed),
            rows_stored: self.rows_stored.load(Relaxed),
            inserts: self.inserts.load(Relaxed),
            inserts_retried: self.inserts_retried.load(Relaxed),
            inserts_failed: self.inserts_failed.load(Relaxed),
            spool_bytes: self
                .spool_bytes
                .get()
                .map_or(0, |bytes| bytes.load(Relaxed)),
            refused: happened(&self.refused),
        }
    }
}

fn happened(refused: &[AtomicU64; Reason::ALL.len()]) -> Vec<(Reason, u64)> {
    let counts = Reason::ALL
        .into_iter()
        .zip(refused.iter().map(|count| count.load(Relaxed)));
    counts.filter(|(_, count)| *count > 0).collect()
}
