//! One event is told once: its onset, and again only when it has grown.

use serde::{Deserialize, Serialize};

/// Strengths are told by levels, each twice the one before: an event is told again when it reaches the
/// next.
const GROWTH: f32 = 2.0;
/// After an alert the departure itself must also be so many times as large as it was then, or to the
/// other side: strength alone grows while a steady event lasts.
const GROWTH_MIN: f32 = 1.5;
/// What is not told keeps this part of its strength, so that it stays below an alert and still ranks.
const QUIET: f32 = 0.25;
const QUIET_MAX: f32 = 0.9;
/// The echo of an event fades only while strengths are below this part of it.
const GOING_ON: f32 = 0.3;

/// How strong what was told last is, fading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Echo {
    told: f32,
    size: f32,
}

impl Echo {
    /// What of a strength is news (1 is an alert); `size` is the row's departure,
    /// signed, `half_life` that of the echo in rows. Works for every
    /// threshold at once: of a growing event each doubling is news, whatever strength somebody asks
    /// for.
    pub fn news(&mut self, strength: f32, size: f32, half_life: f32) -> f32 {
        if strength < GOING_ON * self.told {
            self.told *= (-std::f32::consts::LN_2 / half_life).exp();
        }
        let grown = self.told < 1.0
            || size * self.size <= 0.0
            || size.abs() >= GROWTH_MIN * self.size.abs();
        if grown && level(strength) > level(self.told) {
            (self.told, self.size) = (strength, size);
            return strength;
        }
        (strength * QUIET).min(QUIET_MAX)
    }
}

fn level(strength: f32) -> f32 {
    // A hair's breadth, so that a strength of exactly 1 has level 0 whatever the logarithm rounds to.
    (strength.max(1e-3).ln() / GROWTH.ln() + 1e-4).floor()
}

/// A departure below this (standard deviations) lets a run sink.
const SLACK: f32 = 0.75;
/// One row lifts or sinks a run by at most so much.
const ROW_MAX: f32 = 4.0;
/// No run is higher, so that it has sunk within a dozen rows when all is well again.
const HEIGHT_MAX: f32 = 8.0;
/// A run that lasts less is a spike.
const SPIKE_ROWS: f32 = 3.5;
/// Growth over a run in units of its mean: 0 for a step, 2 for a leak that began at nothing.
const LEAK_GROWTH: f32 = 1.0;
/// Growth of fewer rows is noise.
const LEAK_ROWS: f32 = 6.0;

/// A run of departures to one side (a capped CUSUM): since when, and what they sum up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    height: f32,
    rows: f32,
    /// Sums of departures, and of departures times their row.
    sum: f32,
    moment: f32,
    /// Begin, seconds since 1970.
    pub since_s: i64,
    /// Sum of value − expected.
    pub excess: f64,
}

impl Run {
    /// Takes a departure to this side (standard deviations) and what it is worth.
    pub fn push(&mut self, at_s: i64, departure: f32, worth: f64) {
        if !self.open() {
            *self = Self {
                since_s: at_s,
                ..Self::default()
            };
        }
        let capped = departure.clamp(-ROW_MAX, ROW_MAX);
        self.height = (self.height + capped - SLACK).min(HEIGHT_MAX);
        self.excess += worth;
        self.sum += departure;
        self.moment += departure * self.rows;
        self.rows += 1.0;
    }

    /// Whether it goes on.
    pub fn open(&self) -> bool {
        self.height > 0.0
    }

    /// Whether it is too short yet to be more than a spike.
    pub fn short(&self) -> bool {
        self.rows < SPIKE_ROWS
    }

    /// Whether it grows as a leak does.
    pub fn grows(&self) -> bool {
        let n = self.rows;
        let (mean, middle) = (self.sum / n, (n - 1.0) / 2.0);
        let slope = (self.moment - middle * self.sum) * 12.0 / (n * (n * n - 1.0));
        n >= LEAK_ROWS && slope * n > LEAK_GROWTH * mean
    }
}
