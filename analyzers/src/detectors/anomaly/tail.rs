//! How rare a value is: an exponential tail fitted to what the series itself did.

use serde::{Deserialize, Serialize};

use super::transform::count;

/// The share of usual values that lies beyond the tail's begin: enough values to fit from a month of
/// hours.
const BEYOND: f64 = 0.05;
/// The largest tenth of the tail is pulled in to its smallest: an anomaly that nobody told of must not
/// teach that anomalies are usual.
const PULLED_IN: f64 = 0.1;
/// No tail is thinner than this, in units of its begin and in standard deviations: chance alone can
/// make a short history look thin.
const THIN_RELATIVE: f64 = 0.15;
const THIN: f64 = 0.03;
/// Fewer values make no tail.
const VALUES_MIN: usize = 12;

/// `P(value > x) = BEYOND · exp(−(x − begin) / decay)` beyond the begin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    begin: f32,
    decay: f32,
}

impl Tail {
    /// Of the usual values; reorders them. `None` of fewer than a dozen.
    pub fn of(values: &mut [f32]) -> Option<Self> {
        if values.len() < VALUES_MIN {
            return None;
        }
        let beyond = ((count(values.len()) * BEYOND) as usize).max(2);
        let begin_at = values.len() - beyond;
        values.select_nth_unstable_by(begin_at - 1, f32::total_cmp);
        let begin = f64::from(values[begin_at - 1]);
        let tail = &mut values[begin_at..];
        tail.sort_unstable_by(f32::total_cmp);
        let pulled = (count(tail.len()) * PULLED_IN).ceil() as usize;
        let most = tail[tail.len() - 1 - pulled.min(tail.len() - 1)];
        let excess: f64 = tail.iter().map(|v| f64::from(v.min(most)) - begin).sum();
        let decay = excess / count(tail.len());
        Some(Self {
            begin: begin as f32,
            decay: decay.max(THIN_RELATIVE * begin.abs()).max(THIN) as f32,
        })
    }

    /// How rare a value is: −log10 of its probability, 0 within the usual.
    pub fn rarity(self, value: f32) -> f32 {
        let beyond = (value - self.begin) / self.decay;
        match beyond > 0.0 {
            true => beyond * std::f32::consts::LOG10_E - (BEYOND as f32).log10(),
            false => 0.0,
        }
    }
}
