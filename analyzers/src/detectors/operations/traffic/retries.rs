//! Invocations that come again and again because they fail: many more than usual, and a large part fails.

use serde::{Deserialize, Serialize};

use crate::detectors::operations::share::EVIDENCE;
use crate::detectors::operations::whole::Whole;

/// Half-life of what is counted, s.
const HALF_LIFE_S: f64 = 600.0;
/// At least this share fails,
const FAILING: f64 = 0.3;
/// and failures are at least this share of what came beyond the usual.
const OF_EXCESS: f64 = 0.5;
/// So few invocations within the half-life are never many.
const FEW: f64 = 20.0;
/// It is over when less than this share of the limit comes.
const OVER: f64 = 0.7;
/// Without a word for so long it is over, s.
const IDLE_S: u32 = 1_800;

/// What came and failed lately, and what was expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Retries {
    at_s: u32,
    came: f32,
    failed: f32,
    expected: f32,
    /// Since when, s since the epoch; 0 if not.
    pub began_s: u32,
    /// When that was certain.
    pub detected_s: u32,
}

impl Retries {
    pub fn is_open(&self) -> bool {
        self.began_s > 0
    }

    /// Invocations now, times the usual.
    pub fn ratio(&self) -> f64 {
        f64::from(self.came) / f64::from(self.expected).max(1e-3)
    }

    /// Share that fails.
    pub fn failing(&self) -> f64 {
        f64::from(self.failed) / f64::from(self.came).max(1e-3)
    }

    pub fn fade(&mut self, now_s: u32) {
        if now_s.saturating_sub(self.at_s) > IDLE_S {
            (self.began_s, self.detected_s) = (0, 0);
        }
    }

    /// A minute's row; `expected` is the usual of the minute, `scatter` see `State`.
    pub fn take(&mut self, row: &Whole, expected: f64, scatter: f64, ratio: f64, now_s: u32) {
        let elapsed_s = f64::from(now_s.saturating_sub(self.at_s)).min(1e6);
        let kept = (-elapsed_s / HALF_LIFE_S).exp2();
        // Minutes without a row had their usual, too.
        let missed = (elapsed_s / 60.0 - 1.0).clamp(0.0, HALF_LIFE_S / 60.0);
        self.at_s = now_s;
        let fade = |value: f32, new: f64| (f64::from(value) * kept + new) as f32;
        self.came = fade(self.came, row.invocations.into());
        self.failed = fade(self.failed, row.errors.into());
        self.expected = fade(self.expected, expected * (1.0 + missed));
        let (came, failed) = (f64::from(self.came), f64::from(self.failed));
        // Without a past nothing is usual, and few say little.
        let limit = (ratio * f64::from(self.expected)).max(FEW);
        if self.expected <= 0.0 {
            return;
        }
        let failing =
            failed >= FAILING * came && failed >= OF_EXCESS * (came - f64::from(self.expected));
        // Poisson's tail, scattered as much as hours of this function do.
        let spread = 1.0 + scatter * limit;
        let evidence = match came > limit {
            true => (came * (came / limit).ln() - (came - limit)) / spread,
            false => 0.0,
        };
        if failing && evidence >= EVIDENCE && !self.is_open() {
            self.began_s = now_s.saturating_sub(HALF_LIFE_S as u32 / 2).max(1);
            self.detected_s = now_s;
        }
        if self.is_open() && (came < OVER * limit || failed < OVER * FAILING * came) {
            (self.began_s, self.detected_s) = (0, 0);
        }
    }
}
