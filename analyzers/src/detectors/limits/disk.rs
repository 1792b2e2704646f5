//! The store's own disk: when it is full.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use store::model::{Evidence, Scope, Severity};

use super::ahead::{Ahead, Sort};
use crate::detectors::costs::history::{HOUR_S, History};
use crate::detectors::costs::words::{moment, nano, percent};
use crate::detectors::signal::{Key, Subject};
use crate::detectors::{News, Signal};

/// So far ahead is looked, hours: 30 days.
const AHEAD_HOURS: usize = 30 * 24;
/// With less than this share of the disk left it is told, whatever is forecast.
const LEFT_MIN: f64 = 0.05;

/// What is known of the disk.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Disk {
    /// Bytes of what is stored, by the hour.
    history: History,
    /// Bytes that it may come to: what is stored and what is free.
    room: f64,
    ahead: Option<Ahead>,
    foreseen_s: Option<u32>,
}

impl Disk {
    /// Takes a closed hour.
    pub fn hour(&mut self, news: &News<'_>, hour_s: u32) {
        let Some(sample) = news.disk.filter(|_| hour_s > self.history.last_s()) else {
            return;
        };
        let stored = sample.stored_bytes as f64;
        self.room = stored + sample.free_bytes as f64;
        self.history.push_level(hour_s, stored);
        let is_short = (sample.free_bytes as f64) < LEFT_MIN * self.room;
        if self.ahead.as_ref().is_none_or(|ahead| ahead.is_due(hour_s)) {
            let before = self.ahead.take();
            self.ahead = Ahead::look(
                &self.history,
                Sort::Level,
                AHEAD_HOURS,
                self.room,
                before.as_ref(),
            );
        }
        let is_told = is_short || self.ahead.as_ref().is_some_and(|ahead| ahead.is_told);
        self.foreseen_s = is_told.then(|| self.foreseen_s.unwrap_or(hour_s + HOUR_S));
    }

    /// What is said now.
    #[must_use]
    pub fn signals(&self) -> Vec<Signal> {
        self.signal().into_iter().collect()
    }

    fn signal(&self) -> Option<Signal> {
        let began_s = self.foreseen_s?;
        let stored = self.history.hours().last().map_or(0.0, |(_, bytes)| bytes);
        let left = (self.room - stored).max(0.0);
        let full_s = self.ahead.as_ref().and_then(|ahead| ahead.crossed_s);
        let soon_s = full_s.is_some_and(|at_s| at_s < self.history.last_s() + 3 * 86_400);
        let when = full_s.map_or_else(String::new, |at_s| {
            format!(" It will be full about {}.", moment(at_s))
        });
        let mut evidence = Evidence {
            band: self.ahead.as_ref().map_or_else(Vec::new, |a| a.band(&self.history, Sort::Level)),
            band_unit: "bytes".to_owned(),
            limit: Some(self.room),
            advice: vec![
                "Keep less (`retention` in the configuration), or give it a larger disk; when it is full, exporters \
                 are told to wait and nothing that was acknowledged is lost."
                    .to_owned(),
            ],
            ..Evidence::default()
        };
        evidence.bound();
        Some(Signal {
            key: Key {
                kind: "disk_forecast",
                subject: Subject::Wide(Scope::Store, "disk".to_owned()),
                detail: String::new(),
            },
            version: String::new(),
            began_at: nano(began_s),
            detected_at: nano(began_s),
            severity: match soon_s || left < LEFT_MIN * self.room {
                true => Severity::High,
                false => Severity::Medium,
            },
            confidence: self
                .ahead
                .as_ref()
                .map_or(1.0, |ahead| ahead.chance.max(0.5)),
            p_value: None,
            title: match full_s {
                Some(at_s) => format!("Nephoscope's disk will be full about {}", moment(at_s)),
                None => format!("Nephoscope's disk has {} left", bytes(left)),
            },
            sentence: format!(
                "What is stored takes {} and {} are left ({} of both).{when} Keep less, or give it a larger disk.",
                bytes(stored),
                bytes(left),
                percent(left / self.room.max(1.0))
            ),
            relative: None,
            interval: None,
            before: Some(self.room),
            after: Some(stored),
            unit: "bytes",
            ms_per_month: None,
            usd_per_month: None,
            evidence: Arc::new(evidence),
        })
    }
}

/// `41 GiB`.
fn bytes(bytes: f64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (bytes, 0);
    while value >= 1_024.0 && unit + 1 < UNITS.len() {
        value /= 1_024.0;
        unit += 1;
    }
    match value < 10.0 && unit > 0 {
        true => format!("{value:.1} {}", UNITS[unit]),
        false => format!("{value:.0} {}", UNITS[unit]),
    }
}
