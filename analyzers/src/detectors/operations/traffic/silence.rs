//! Functions that should have been invoked by now and were not.
//!
//! A silence is measured in invocations that were expected meanwhile. By chance alone (Poisson) one of `x`
//! expected invocations comes with a probability of `exp(−x)`; real traffic has longer ones, so the
//! longest that this function had counts, too: it must be nearly twice as long and three invocations more.

use serde::{Deserialize, Serialize};

/// A silence of fewer expected invocations is never told (chance: one in 70 million),
const EXPECTED_MIN: f32 = 18.0;
/// unless the function is regular, as schedules are: then of these.
const EXPECTED_MIN_REGULAR: f32 = 5.0;
/// It is regular when of so many silences
const KNOWN: u32 = 300;
/// none was longer than this; among so many by chance one is longer than 5.
const REGULAR_MAX: f32 = 2.5;
/// Beyond the longest one by this factor,
const TIMES_LONGEST: f32 = 1.8;
/// and by so many expected invocations.
const BEYOND_LONGEST: f32 = 3.0;
/// The longest fades by this factor with each silence that ends: it is remembered for ten thousand.
const FADES: f32 = 0.9999;

/// The running silence of a function and the longest one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Silence {
    /// Invocations expected since the last one.
    pub expected: f32,
    longest: f32,
    ended: u32,
    /// When it was certain, s since the epoch; 0 if it is not.
    pub told_s: u32,
}

impl Silence {
    /// Whether it is told.
    pub fn is_told(&self) -> bool {
        self.told_s > 0
    }

    /// How many expected invocations make a silence worth telling.
    pub fn limit(&self) -> f32 {
        let least = match self.ended >= KNOWN && self.longest <= REGULAR_MAX {
            true => EXPECTED_MIN_REGULAR,
            false => EXPECTED_MIN,
        };
        (TIMES_LONGEST * self.longest + BEYOND_LONGEST).max(least)
    }

    /// Nothing came in a bucket in which `expected` invocations were expected.
    pub fn grow(&mut self, expected: f64, now_s: u32, last_s: u32, at_least_s: u32) {
        self.expected += expected.min(1e9) as f32;
        let long = now_s.saturating_sub(last_s) >= at_least_s;
        if !self.is_told() && long && self.expected >= self.limit() {
            self.told_s = now_s;
        }
    }

    /// An invocation came.
    pub fn end(&mut self) {
        if self.expected == 0.0 {
            return; // it was invoked just before
        }
        // A real outage makes the next one only a little harder to see.
        let bounded = self.expected.min(1.2 * self.limit());
        self.longest = (self.longest * FADES).max(bounded);
        self.ended = self.ended.saturating_add(1);
        (self.expected, self.told_s) = (0.0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_is_told_when_it_is_far_beyond_the_longest_of_before() {
        let mut silence = Silence::default();
        for _ in 0..600 {
            silence.grow(1.0, 1_000, 0, 300);
            silence.end();
        }
        silence.grow(4.5, 1_000, 0, 300);
        assert!(!silence.is_told());
        silence.grow(1.0, 2_000, 0, 300);
        assert!(silence.is_told(), "a regular function that missed five");
        silence.end();
        silence.grow(100.0, 100, 0, 300);
        assert!(!silence.is_told(), "too short a time");
    }
}
