//! Six weeks of hourly spend in two bytes an hour.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Hours kept: six weeks.
pub const HOURS_MAX: usize = 42 * 24;
/// Seconds of an hour.
pub const HOUR_S: u32 = 3_600;
/// Codes for a factor of e: a step is 0.1 %, far below what any bill scatters.
const PER_E: f64 = 1_000.0;
/// `ln` of the smallest amount that is something: 10⁻¹³ dollars, a millionth of a single cheap call.
const LN_MIN: f64 = -30.0;

/// Amounts by hour, the oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct History {
    /// Begin of the newest hour, s since the epoch.
    last_s: u32,
    codes: VecDeque<u16>,
}

/// The code of an amount; what is not above zero is zero.
#[must_use]
pub fn code(amount: f64) -> u16 {
    if amount.is_nan() || amount <= 0.0 {
        return 0;
    }
    let code = (amount.ln() - LN_MIN) * PER_E;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within the range
    let code = code.round().clamp(1.0, f64::from(u16::MAX)) as u16;
    code
}

/// The amount of a code.
#[must_use]
pub fn amount(code: u16) -> f64 {
    match code {
        0 => 0.0,
        code => (f64::from(code) / PER_E + LN_MIN).exp(),
    }
}

impl History {
    /// Takes the amount of an hour; hours that were left out were nothing. An hour before the newest is
    /// not taken.
    pub fn push(&mut self, hour_s: u32, value: f64) {
        if !self.codes.is_empty() {
            if hour_s <= self.last_s {
                return;
            }
            let gap = (hour_s - self.last_s) / HOUR_S - 1;
            for _ in 0..gap.min(HOURS_MAX as u32) {
                self.keep(0);
            }
        }
        self.keep(code(value));
        self.last_s = hour_s;
    }

    /// The same of a level: in hours that were left out it was as before.
    pub fn push_level(&mut self, hour_s: u32, value: f64) {
        if let (Some(before), Some(gap_s)) =
            (self.codes.back().copied(), hour_s.checked_sub(self.last_s))
        {
            for _ in 1..(gap_s / HOUR_S).min(HOURS_MAX as u32) {
                self.keep(before);
                self.last_s += HOUR_S;
            }
        }
        self.push(hour_s, value);
    }

    fn keep(&mut self, code: u16) {
        if self.codes.len() >= HOURS_MAX {
            self.codes.pop_front();
        }
        self.codes.push_back(code);
    }

    /// Begin of the newest hour, s since the epoch; 0 before the first.
    #[must_use]
    pub fn last_s(&self) -> u32 {
        self.last_s
    }

    /// Hours known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The amount of an hour, if it is known.
    #[must_use]
    pub fn at(&self, hour_s: u32) -> Option<f64> {
        let back = self.last_s.checked_sub(hour_s)? / HOUR_S;
        let place = self.codes.len().checked_sub(1 + back as usize)?;
        Some(amount(self.codes[place]))
    }

    /// All hours with their amounts, the oldest first.
    pub fn hours(&self) -> impl Iterator<Item = (i64, f64)> {
        let first_s = i64::from(self.last_s) - (self.codes.len() as i64 - 1) * i64::from(HOUR_S);
        let step = i64::from(HOUR_S);
        (0..)
            .zip(&self.codes)
            .map(move |(i, code)| (first_s + i * step, amount(*code)))
    }

    /// The most that was spent in this hour of the week or one beside it within six weeks, or in this hour of
    /// the day within one.
    #[must_use]
    pub fn high_around(&self, hour_s: u32) -> f64 {
        let mut high = 0.0_f64;
        let mut see = |back_h: u32| {
            let at = hour_s.checked_sub(back_h * HOUR_S);
            high = high.max(at.and_then(|at| self.at(at)).unwrap_or(0.0));
        };
        for week in 1..=6 {
            (167..=169).for_each(|h| see(week * 168 - 168 + h));
        }
        for day in 1..7 {
            (23..=25).for_each(|h| see(day * 24 - 24 + h));
        }
        high
    }

    /// What the last 24 hours came to.
    #[must_use]
    pub fn last_day(&self) -> f64 {
        self.codes.iter().rev().take(24).map(|c| amount(*c)).sum()
    }

    /// The mean of a day over the last week; of what is known, if that is less.
    #[must_use]
    pub fn usual_day(&self) -> f64 {
        let hours = self.codes.len().min(168);
        if hours == 0 {
            return 0.0;
        }
        let sum: f64 = self
            .codes
            .iter()
            .rev()
            .take(hours)
            .map(|c| amount(*c))
            .sum();
        sum * 24.0 / hours as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_come_back_within_a_tenth_of_a_per_cent() {
        for value in [2e-7, 0.0041, 1.0, 41.2, 1e6] {
            assert!((amount(code(value)) / value - 1.0).abs() < 1e-3, "{value}");
        }
        assert_eq!((code(0.0), code(-1.0), code(f64::NAN)), (0, 0, 0));
        assert!(amount(code(1e300)) > 1e15);
    }

    #[test]
    fn hours_left_out_were_nothing_and_six_weeks_are_kept() {
        let mut history = History::default();
        history.push(10 * HOUR_S, 1.0);
        history.push(13 * HOUR_S, 2.0);
        history.push(12 * HOUR_S, 9.0);
        assert_eq!(history.len(), 4);
        assert_eq!(history.at(12 * HOUR_S), Some(0.0));
        assert_eq!(history.at(9 * HOUR_S), None);
        assert_eq!(history.hours().next().map(|(at, _)| at), Some(36_000));
        for hour in 14..3_000 {
            history.push(hour * HOUR_S, 1.0);
        }
        assert_eq!(history.len(), HOURS_MAX);
        assert!((history.usual_day() - 24.0).abs() < 0.1);
        history.push(1_000_000 * HOUR_S, 5.0);
        assert!(history.last_day() < 5.1);
    }
}
