//! What is looked at in the departures of a series from its plan: the row itself, the jump since the row
//! before, and means over longer and longer times, in which small lasting changes stand out of noise.

use serde::{Deserialize, Serialize};

/// Rows over which means fade, each three times the one before: from a few rows to a day of hours.
/// Longer ones would repeat what the plan looks at.
const SPANS: [f32; 3] = [3.0, 9.0, 27.0];
/// One row counts as at most so many standard deviations in a mean, so that a lone spike is no step.
const CAP: f32 = 6.0;

/// What is looked at, in the order in which [`Signals::push`] gives it.
pub const ALL: [Signal; 6] = [
    Signal::Point,
    Signal::Jump,
    Signal::Turn,
    Signal::Mean(0),
    Signal::Mean(1),
    Signal::Mean(2),
];

/// One thing that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The row itself.
    Point,
    /// What the row before does not explain.
    Jump,
    /// The last rows against the last day.
    Turn,
    /// The mean over a span.
    Mean(usize),
}

impl Signal {
    /// Rows that it looks at.
    pub fn rows(self) -> f32 {
        match self {
            Self::Point | Self::Jump => 1.0,
            Self::Turn => SPANS[0],
            Self::Mean(span) => SPANS[span],
        }
    }
}

/// Fading means of one series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signals {
    last: f32,
    means: [f32; SPANS.len()],
}

impl Signals {
    /// Takes the next departure (standard deviations) and gives all signals in the same unit; `carry`
    /// is how much of a departure the next row usually keeps (0..1).
    pub fn push(&mut self, departure: f32, carry: f32) -> [f32; ALL.len()] {
        let capped = departure.clamp(-CAP, CAP);
        let jump = departure - carry * self.last;
        self.last = capped;
        for (mean, span) in self.means.iter_mut().zip(SPANS) {
            *mean += (capped - *mean) * 2.0 / (span + 1.0);
        }
        let means = self.means;
        [
            departure,
            jump,
            means[0] - means[2],
            means[0],
            means[1],
            means[2],
        ]
    }
}
