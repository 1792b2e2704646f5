//! What was sent and what was heard: the truth the store is measured by.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Traces,
    Logs,
    Metrics,
}

impl Signal {
    pub const ALL: [Self; 3] = [Self::Traces, Self::Logs, Self::Metrics];

    /// Its name in paths: of HTTP, and of the spool's folders.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
        }
    }
}

/// One request: its items are numbered 1 to `items`.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub signal: Signal,
    pub items: u32,
    /// A client heard a success.
    pub acknowledged: bool,
    /// Nobody sends it any more.
    pub over: bool,
    /// The test itself destroyed it on disk.
    pub excused: bool,
}

/// What clients heard that was no success, in times.
#[derive(Debug, Default)]
pub struct Heard {
    /// "Send again": 503, 429 or UNAVAILABLE.
    pub refused: AtomicU64,
    /// Of these: because the spool is full.
    pub full: AtomicU64,
    /// The connection was refused or broke.
    pub broken: AtomicU64,
    /// Nothing, for as long as a client waits.
    pub silent: AtomicU64,
}

/// All requests ever sent; a request's number is its place, from 1.
#[derive(Default)]
pub struct Book {
    sent: Mutex<Vec<Sent>>,
    wrong: Mutex<Vec<String>>,
    pub heard: Heard,
}

impl Book {
    fn sent(&self) -> MutexGuard<'_, Vec<Sent>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Sent)) {
        let place = usize::try_from(number - 1).expect("a place");
        change(self.sent().get_mut(place).expect("sent before"));
    }

    /// Enters a request that is about to be sent; gives its number.
    pub fn enter(&self, signal: Signal, items: u32) -> u64 {
        let mut sent = self.sent();
        sent.push(Sent {
            signal,
            items,
            acknowledged: false,
            over: false,
            excused: false,
        });
        sent.len() as u64
    }

    /// A client heard a success.
    pub fn acknowledge(&self, number: u64) {
        self.change(number, |sent| {
            (sent.acknowledged, sent.over) = (true, true);
        });
    }

    /// A client gave it up: it may be stored or not.
    pub fn give_up(&self, number: u64) {
        self.change(number, |sent| sent.over = true);
    }

    /// The test destroyed it on disk.
    pub fn excuse(&self, number: u64) {
        self.change(number, |sent| sent.excused = true);
    }

    /// A client heard what nobody should hear.
    pub fn complain(&self, what: String) {
        self.wrong
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(what);
    }

    /// What nobody should have heard.
    pub fn complaints(&self) -> Vec<String> {
        self.wrong
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Requests some client is still sending.
    pub fn under_way(&self) -> usize {
        self.sent().iter().filter(|sent| !sent.over).count()
    }

    /// All requests as they are now, in the order of their numbers.
    pub fn all(&self) -> Vec<Sent> {
        self.sent().clone()
    }

    /// Refusals so far.
    pub fn refused(&self) -> u64 {
        self.heard.refused.load(Relaxed)
    }
}
