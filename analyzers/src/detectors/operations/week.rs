//! What is usual in each hour of the week, in 336 bytes.

use serde::{Deserialize, Serialize};

/// Hours of a week.
pub const HOURS: usize = 168;
/// Steps of a code to a factor of e: values are kept to 0.1 %.
const STEPS: f64 = 1_000.0;
/// How much a new week weighs at least.
const WEIGHT_MIN: f64 = 0.25;

/// A value at least 0 for each hour of the week (UTC), as it was over the last weeks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Week {
    /// `1 + STEPS · ln(1 + value)`; 0 where nothing is known.
    codes: Vec<u16>,
    hours: u16,
}

/// Which hour of the week (UTC; the epoch was a Thursday at 0).
#[must_use]
pub fn slot(at_s: u32) -> usize {
    (at_s / 3600) as usize % HOURS
}

fn encode(value: f64) -> u16 {
    let code = 1.0 + STEPS * value.max(0.0).ln_1p();
    code.clamp(1.0, f64::from(u16::MAX)) as u16
}

fn decode(code: u16) -> Option<f64> {
    (code > 0).then(|| (f64::from(code - 1) / STEPS).exp_m1())
}

impl Week {
    /// What is known of the hour.
    #[must_use]
    pub fn at(&self, slot: usize) -> Option<f64> {
        self.codes.get(slot).and_then(|code| decode(*code))
    }

    /// Learns what the hour brought.
    pub fn learn(&mut self, slot: usize, value: f64) {
        if self.codes.is_empty() {
            self.codes = vec![0; HOURS];
        }
        let weeks = f64::from(self.hours) / HOURS as f64;
        let weight = (1.0 / (weeks.floor() + 1.0)).max(WEIGHT_MIN);
        let new = match self.at(slot) {
            Some(old) => old + (value - old) * weight,
            None => value,
        };
        if let Some(code) = self.codes.get_mut(slot) {
            *code = encode(new);
        }
        self.hours = self.hours.saturating_add(1);
    }

    /// Hours learnt from.
    #[must_use]
    pub fn hours(&self) -> u16 {
        self.hours
    }

    /// The mean of the same hour of all days that are known.
    #[must_use]
    pub fn day_mean(&self, slot: usize) -> Option<f64> {
        let known = (0..7).filter_map(|day| self.at((slot + day * 24) % HOURS));
        let (n, sum) = known.fold((0_u32, 0.0), |(n, sum), value| (n + 1, sum + value));
        (n > 0).then(|| sum / f64::from(n))
    }

    /// The mean of all hours that are known.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let known = self.codes.iter().filter_map(|code| decode(*code));
        let (n, sum) = known.fold((0_u32, 0.0), |(n, sum), value| (n + 1, sum + value));
        (n > 0).then(|| sum / f64::from(n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_keeps_what_each_hour_usually_brings_within_a_thousandth() {
        let mut week = Week::default();
        assert_eq!(week.at(5), None);
        for hour in 0..4 * 168_u32 {
            let slot = slot(hour * 3600);
            week.learn(slot, if slot == 5 { 1_000.0 } else { 0.0 });
        }
        assert!((week.at(5).expect("known") - 1_000.0).abs() < 2.0);
        assert_eq!(week.at(6), Some(0.0));
        assert!((week.day_mean(5).expect("known") - 143.0).abs() < 1.0);
        week.learn(5, f64::MAX);
        assert!(week.at(5).expect("known").is_finite());
    }
}
