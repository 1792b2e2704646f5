//! Has this state been seen before? How far values and their means leave the range that they were ever
//! in, in units of the range in which they usually are. What was seen once is not new again, so this
//! test is silent by itself after its first word.

use serde::{Deserialize, Serialize};

/// Rows over which the levels are taken: the row itself, half a dozen, three dozen.
const SPANS: [f32; 3] = [1.0, 6.0, 36.0];
/// A mean moves less than a row does, so leaving its range says more.
const WEIGHTS: [f32; 3] = [1.0, 1.5, 2.0];
/// Nine tenths of all values lie within the usual range; never narrower than 2 % of a large value.
const RANGE_MIN: f32 = 0.02;

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Novelty {
    levels: [f32; SPANS.len()],
    low: [f32; SPANS.len()],
    high: [f32; SPANS.len()],
    range: f32,
    begun: bool,
}

impl Novelty {
    /// Has seen these values (judging scale, finite).
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let quantile = |twentieths: usize| sorted.get(sorted.len() * twentieths / 20).copied();
        let range = quantile(19).unwrap_or(0.0) - quantile(1).unwrap_or(0.0);
        let mut novelty = Self {
            levels: [0.0; SPANS.len()],
            low: [0.0; SPANS.len()],
            high: [0.0; SPANS.len()],
            range: (range as f32).max(RANGE_MIN),
            begun: false,
        };
        for value in values {
            novelty.push(*value as f32);
        }
        novelty
    }

    /// Takes the next value (judging scale); how far it is beyond all that was seen, in usual ranges,
    /// signed.
    pub fn push(&mut self, value: f32) -> f32 {
        if !self.begun {
            (self.levels, self.low, self.high) = ([value; 3], [value; 3], [value; 3]);
            self.begun = true;
        }
        let mut beyond = 0.0_f32;
        for i in 0..SPANS.len() {
            self.levels[i] += (value - self.levels[i]) * 2.0 / (SPANS[i] + 1.0);
            let level = self.levels[i];
            let out = WEIGHTS[i] * (level - level.clamp(self.low[i], self.high[i]));
            if out.abs() > beyond.abs() {
                beyond = out;
            }
            self.high[i] = self.high[i].max(level);
            self.low[i] = self.low[i].min(level);
        }
        beyond / self.range
    }
}
