//! How alerting stands, for `/metrics`: written by the owner, read by anybody.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Desk;

/// Numbers of this process.
#[derive(Debug, Default)]
pub struct Counters {
    alerts: AtomicU64,
    groups: AtomicU64,
    silences: AtomicU64,
    waiting: AtomicU64,
    dead: AtomicU64,
    journal_bytes: AtomicU64,
    delivered: AtomicU64,
    failed: AtomicU64,
    unwritten: AtomicU64,
}

impl Counters {
    pub(super) fn see(&self, desk: &Desk, journal_bytes: u64, failing: bool) {
        let state = desk.machine.state();
        let set = |place: &AtomicU64, count: usize| place.store(count as u64, Relaxed);
        set(&self.alerts, state.alerts().len());
        set(&self.groups, state.groups().len());
        set(&self.silences, state.silences().iter().len());
        set(&self.waiting, state.outbox().len());
        set(&self.dead, state.outbox().dead().len());
        self.journal_bytes.store(journal_bytes, Relaxed);
        self.unwritten.store(failing.into(), Relaxed);
    }

    pub(super) fn tried(&self, delivered: bool) {
        let place = match delivered {
            true => &self.delivered,
            false => &self.failed,
        };
        place.fetch_add(1, Relaxed);
    }

    /// In Prometheus' text format.
    #[must_use]
    pub fn page(&self) -> String {
        let rows = [
            (
                "alerts",
                "gauge",
                "Alerts known, those too that are over and remembered.",
                &self.alerts,
            ),
            ("groups", "gauge", "Groups of alerts.", &self.groups),
            (
                "silences",
                "gauge",
                "Silences, expired ones too.",
                &self.silences,
            ),
            (
                "notifications_waiting",
                "gauge",
                "Notifications not known to have arrived.",
                &self.waiting,
            ),
            (
                "notifications_dead",
                "gauge",
                "Notifications given up and kept.",
                &self.dead,
            ),
            (
                "journal_bytes",
                "gauge",
                "Length of the journal.",
                &self.journal_bytes,
            ),
            (
                "journal_failing",
                "gauge",
                "1 while the journal cannot be written.",
                &self.unwritten,
            ),
            (
                "attempts_delivered_total",
                "counter",
                "Attempts that arrived.",
                &self.delivered,
            ),
            (
                "attempts_failed_total",
                "counter",
                "Attempts that did not.",
                &self.failed,
            ),
        ];
        let row = |(name, kind, help, value): (&str, &str, &str, &AtomicU64)| {
            let name = format!("nephoscope_alerting_{name}");
            let value = value.load(Relaxed);
            format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n")
        };
        rows.into_iter().map(row).collect()
    }
}
