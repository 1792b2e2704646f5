//! The scale on which a series is judged: logarithmic where it is large, linear around zero.

use serde::{Deserialize, Serialize};

/// `asinh(value / unit)`: ratios count, as in a logarithm, but zero and negative values have a place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transform {
    unit: f64,
}

/// Of a series that is all zero: whatever comes is large.
const UNIT_MIN: f64 = 1e-290;
/// A tenth of the usual size is where ratios begin to count: below it is as good as nothing.
const UNIT_PART: f64 = 0.1;

impl Transform {
    /// Fits the unit to the usual size of values that are not zero; the more zeros, the more linear,
    /// since the way from none to one is then ordinary.
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let (mut sizes, mut zeros) = (Vec::new(), 0.0);
        for value in values {
            match value == 0.0 {
                true => zeros += 1.0,
                false => sizes.push(value.abs()),
            }
        }
        if sizes.is_empty() {
            return Self { unit: UNIT_MIN };
        }
        let share = zeros / (zeros + count(sizes.len()));
        let middle = sizes.len() / 2;
        let (_, size, _) = sizes.select_nth_unstable_by(middle, f64::total_cmp);
        let part = UNIT_PART + (1.0 - UNIT_PART) * (5.0 * share).min(1.0);
        Self {
            unit: (*size * part).clamp(UNIT_MIN, 1.0 / UNIT_MIN),
        }
    }

    /// Whether nothing but zero was ever seen.
    pub fn all_zero(self) -> bool {
        self.unit <= UNIT_MIN
    }

    /// To the scale.
    pub fn apply(self, value: f64) -> f64 {
        (value / self.unit).clamp(-1e300, 1e300).asinh()
    }

    /// And back.
    pub fn invert(self, scaled: f64) -> f64 {
        scaled.clamp(-690.0, 690.0).sinh() * self.unit
    }
}

/// A count as a number to reckon with.
#[allow(clippy::cast_precision_loss)] // far below 2^52
pub fn count(n: usize) -> f64 {
    n as f64
}
