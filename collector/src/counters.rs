//! What the collector did, as numbers that only grow. Read through [`Counters::snapshot`].

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use store::model::UnixNano;

use crate::config::Key;
use crate::refusal::Reason;
use crate::signal::Signal;
use crate::spool::{Waiting, Watch, age_ms};

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
    observations_kept: AtomicU64,
    observations_skipped: AtomicU64,
}

#[derive(Debug, Default)]
struct PerSignal {
    requests_accepted: AtomicU64,
    requests_repeated: AtomicU64,
    items_accepted: AtomicU64,
    items_rejected: AtomicU64,
    bytes_received: AtomicU64,
    bytes_decompressed: AtomicU64,
    items_shipped: AtomicU64,
    bytes_shipped: AtomicU64,
    rows_stored: AtomicU64,
    inserts: AtomicU64,
    inserts_retried: AtomicU64,
    inserts_failed: AtomicU64,
    dead_letters: AtomicU64,
    spool: OnceLock<Watch>,
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
    /// Connections that have ended.
    pub connections_closed: u64,
    /// Of each sender: first those without a key, then the keys in the order of the configuration.
    pub keys: Vec<KeySnapshot>,
    /// Times that the collector's own metrics were kept, to be stored with those of the users.
    pub observations_kept: u64,
    /// Times that they were left out, because the room was needed for the users' data.
    pub observations_skipped: u64,
}

impl Snapshot {
    /// Each signal with its counters.
    #[must_use]
    pub fn signals(&self) -> [(Signal, &SignalSnapshot); Signal::ALL.len()] {
        [
            (Signal::Traces, &self.traces),
            (Signal::Logs, &self.logs),
            (Signal::Metrics, &self.metrics),
        ]
    }

    /// Connections open now.
    #[must_use]
    pub fn connections_open(&self) -> u64 {
        self.connections_opened
            .saturating_sub(self.connections_closed)
    }
}

/// The counters of one signal. Items and bytes are the users'; what the collector tells of itself is
/// in none of them, but waits in the spool and is inserted like everything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalSnapshot {
    /// Requests answered with success, whole or partial.
    pub requests_accepted: u64,
    /// Requests whose bytes had been kept before: acknowledged again, not stored again.
    pub requests_repeated: u64,
    /// Spans, log records or data points acknowledged; those of a repeated request count again.
    pub items_accepted: u64,
    /// Items refused through `partial_success`.
    pub items_rejected: u64,
    /// Bytes of bodies, as sent.
    pub bytes_received: u64,
    /// Bytes of bodies, decompressed.
    pub bytes_decompressed: u64,
    /// Items that ClickHouse has acknowledged.
    pub items_shipped: u64,
    /// Bytes of the requests they came in, decompressed.
    pub bytes_shipped: u64,
    /// Rows written to ClickHouse: items, ours too, and the facts made of them.
    pub rows_stored: u64,
    /// Inserts that ClickHouse acknowledged, one per group of requests.
    pub inserts: u64,
    /// Attempts repeated because ClickHouse was away or overloaded.
    pub inserts_retried: u64,
    /// Inserts that ClickHouse refused for good.
    pub inserts_failed: u64,
    /// Requests and damaged stretches of the spool kept aside, because they can never be stored.
    pub dead_letters: u64,
    /// Bytes of the spool now: what waits, and what is remembered to recognise repetitions.
    pub spool_bytes: u64,
    /// Most bytes of the spool.
    pub spool_limit_bytes: u64,
    /// What is acknowledged and not yet in ClickHouse.
    pub waiting: Waiting,
    /// Requests refused, by reason, those that happened only.
    pub refused: Vec<(Reason, u64)>,
}

impl SignalSnapshot {
    /// Age of the oldest acknowledged request that is not yet in ClickHouse, ms; 0 when none waits.
    #[must_use]
    pub fn lag_ms(&self, now: UnixNano) -> u64 {
        self.waiting.oldest.map_or(0, |oldest| age_ms(oldest, now))
    }
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
            observations_kept: self.observations_kept.load(Relaxed),
            observations_skipped: self.observations_skipped.load(Relaxed),
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

    pub(crate) fn repeated(&self, signal: Signal) {
        self.of(signal).requests_repeated.fetch_add(1, Relaxed);
    }

    /// ClickHouse has `items` of the users, which came in `bytes`.
    pub(crate) fn shipped(&self, signal: Signal, items: u64, bytes: u64) {
        self.of(signal).items_shipped.fetch_add(items, Relaxed);
        self.of(signal).bytes_shipped.fetch_add(bytes, Relaxed);
    }

    pub(crate) fn dead_letter(&self, signal: Signal) {
        self.of(signal).dead_letters.fetch_add(1, Relaxed);
    }

    pub(crate) fn observed(&self, kept: bool) {
        let counter = match kept {
            true => &self.observations_kept,
            false => &self.observations_skipped,
        };
        counter.fetch_add(1, Relaxed);
    }

    pub(crate) fn inserted(&self, signal: Signal, rows: usize) {
        self.of(signal).inserts.fetch_add(1, Relaxed);
        self.of(signal).rows_stored.fetch_add(rows as u64, Relaxed);
    }

    /// Where the spool of a signal says how it stands.
    pub(crate) fn watch_spool(&self, signal: Signal, spool: Watch) {
        // Set once, when the collector starts.
        let _ = self.of(signal).spool.set(spool);
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
        let spool = self.spool.get();
        SignalSnapshot {
            requests_repeated: self.requests_repeated.load(Relaxed),
            items_shipped: self.items_shipped.load(Relaxed),
            bytes_shipped: self.bytes_shipped.load(Relaxed),
            dead_letters: self.dead_letters.load(Relaxed),
            requests_accepted: self.requests_accepted.load(Relaxed),
            items_accepted: self.items_accepted.load(Relaxed),
            items_rejected: self.items_rejected.load(Relaxed),
            bytes_received: self.bytes_received.load(Relaxed),
            bytes_decompressed: self.bytes_decompressed.load(Relaxed),
            rows_stored: self.rows_stored.load(Relaxed),
            inserts: self.inserts.load(Relaxed),
            inserts_retried: self.inserts_retried.load(Relaxed),
            inserts_failed: self.inserts_failed.load(Relaxed),
            spool_bytes: spool.map_or(0, Watch::used_bytes),
            spool_limit_bytes: spool.map_or(0, Watch::disk_bytes_max),
            waiting: spool.map(Watch::waiting).unwrap_or_default(),
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
