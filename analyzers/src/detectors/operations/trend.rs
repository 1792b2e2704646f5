//! Growth of memory: hour by hour higher, above anything seen before, towards what is configured.

use serde::{Deserialize, Serialize};
use store::model::finding::plain;

/// Hours that are looked at, at most.
const HOURS: usize = 48;
/// Fewer say nothing.
const HOURS_MIN: usize = 8;
/// A function without an earlier peak needs a whole day, so that its day's ups and downs are in it.
const HOURS_WITHOUT_PAST: usize = 26;
/// Kendall's tau from which on it is growth and no weather.
const TAU_MIN: f64 = 0.75;
/// Least growth, as a share of what is configured.
const GROWTH_MIN: f64 = 0.1;
/// Above the earlier peak by so much.
const ABOVE_PEAK: f64 = 1.05;
/// An earlier peak counts after so many hours before the window.
const PEAK_HOURS: u16 = 48;
/// An hour lowers the earlier peak by this share: half in a month.
const PEAK_FADES: f32 = 0.001;
/// After so long without news it is over, s.
const IDLE_S: u32 = 6 * 3600;

/// What the newest hours needed, and whether it grows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Growth {
    version: String,
    hours_mb: Vec<u16>,
    /// The hour of the newest of them, s since the epoch.
    newest_s: u32,
    /// Most that was needed before these hours, MiB, and how many hours tell it.
    peak_mb: f32,
    peak_hours: u16,
    /// Since when it grows, s since the epoch; 0 if it does not.
    pub began_s: u32,
    /// When that was certain.
    pub detected_s: u32,
    /// Needed at its begin and now, configured: MiB.
    pub then_mb: u32,
    /// See `then_mb`.
    pub now_mb: u32,
    /// See `then_mb`.
    pub size_mb: u32,
    /// Until it is used up, s.
    pub left_s: f32,
}

impl Growth {
    /// Whether it grows.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.began_s > 0
    }

    /// The version it is about.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Hours looked at.
    #[must_use]
    pub fn points(&self) -> usize {
        self.hours_mb.len()
    }

    /// Growth, MiB an hour.
    #[must_use]
    pub fn slope_mb_h(&self) -> u32 {
        slope(&self.hours_mb).round().max(0.0) as u32
    }

    /// It is over when nothing was heard for long.
    pub fn fade(&mut self, now_s: u32) {
        if self.is_open() && now_s.saturating_sub(self.newest_s) > IDLE_S {
            self.shut();
        }
    }

    fn shut(&mut self) {
        (self.began_s, self.detected_s) = (0, 0);
    }

    /// Learns the most that an hour needed. Told when it will be used up within `forecast_s`.
    pub fn learn(
        &mut self,
        hour_s: u32,
        version: &str,
        used_mb: u32,
        size_mb: u32,
        forecast_s: f64,
    ) {
        let gap = hour_s.saturating_sub(self.newest_s) > IDLE_S;
        if self.version != version || self.size_mb != size_mb || gap {
            self.hours_mb
                .drain(..)
                .for_each(|mb| self.peak_mb = self.peak_mb.max(mb.into()));
            self.version = plain(version, 60);
            self.shut();
        }
        self.size_mb = size_mb;
        self.newest_s = hour_s;
        self.peak_mb *= 1.0 - PEAK_FADES;
        self.hours_mb
            .push(u16::try_from(used_mb).unwrap_or(u16::MAX));
        if self.hours_mb.len() > HOURS {
            self.peak_mb = self.peak_mb.max(self.hours_mb.remove(0).into());
        }
        self.peak_hours = self.peak_hours.saturating_add(1);
        match self.grows(forecast_s) {
            Some(left_s) => {
                self.left_s = left_s as f32;
                self.now_mb = used_mb;
                if !self.is_open() {
                    let back_s = 3600 * self.hours_mb.len() as u32;
                    self.began_s = (hour_s + 3600).saturating_sub(back_s).max(1);
                    self.detected_s = hour_s + 3600;
                    self.then_mb = self.hours_mb.first().copied().unwrap_or(0).into();
                }
            }
            None => self.shut(),
        }
    }

    /// Time until it is used up, s, if it grows and that is soon.
    fn grows(&self, forecast_s: f64) -> Option<f64> {
        let n = self.hours_mb.len();
        let past_known = usize::from(self.peak_hours) >= n + usize::from(PEAK_HOURS);
        let needed = if past_known {
            HOURS_MIN
        } else {
            HOURS_WITHOUT_PAST
        };
        if n < needed || self.size_mb == 0 {
            return None;
        }
        let lately = &self.hours_mb[n - 3..];
        let low = f64::from(*lately.iter().min()?);
        let first = f64::from(*self.hours_mb[..3].iter().max()?);
        let size = f64::from(self.size_mb);
        // Cheap questions first: this is asked of every function each hour.
        if low - first < GROWTH_MIN * size
            || past_known && low < ABOVE_PEAK * f64::from(self.peak_mb)
        {
            return None;
        }
        if tau(&self.hours_mb) < TAU_MIN {
            return None;
        }
        let slope_mb_s = slope(&self.hours_mb) / 3600.0;
        let left_s = (size - low).max(0.0) / slope_mb_s.max(1e-9);
        (slope_mb_s > 0.0 && left_s <= forecast_s).then_some(left_s)
    }
}

/// Kendall's tau against time: the share of pairs that grew less the share that shrank.
fn tau(values: &[u16]) -> f64 {
    let mut sum = 0_i32;
    for (i, a) in values.iter().enumerate() {
        for b in &values[i + 1..] {
            sum += i32::from(b > a) - i32::from(b < a);
        }
    }
    let pairs = values.len() * values.len().saturating_sub(1) / 2;
    f64::from(sum) / (pairs.max(1) as f64)
}

/// Theil and Sen's slope: the median over all pairs, by step.
fn slope(values: &[u16]) -> f64 {
    let mut slopes = Vec::with_capacity(values.len() * values.len() / 2);
    for (i, a) in values.iter().enumerate() {
        for (j, b) in values.iter().enumerate().skip(i + 1) {
            slopes.push((f64::from(*b) - f64::from(*a)) / (j - i) as f64);
        }
    }
    if slopes.is_empty() {
        return 0.0;
    }
    let middle = slopes.len() / 2;
    *slopes.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(growth: &mut Growth, from_h: u32, mb: impl Iterator<Item = u32>) -> Option<u32> {
        let mut found = None;
        for (hour, mb) in (from_h..).zip(mb) {
            growth.learn(hour * 3600, "7", mb, 512, 3.0 * 86_400.0);
            if growth.is_open() && found.is_none() {
                found = Some(hour - from_h);
            }
        }
        found
    }

    #[test]
    fn a_leak_is_found_before_it_fills_memory_and_says_when_it_will() {
        let mut growth = Growth::default();
        assert_eq!(hours(&mut growth, 0, (0..96).map(|h| 180 + h % 7)), None);
        let found = hours(&mut growth, 96, (0..40).map(|h| 190 + 8 * h)).expect("found");
        assert!(190 + 8 * found < 400, "found after {found} hours");
        assert!(growth.left_s > 0.0);
        assert!((7..=9).contains(&growth.slope_mb_h()));
    }

    #[test]
    fn the_ups_of_a_day_and_a_new_version_are_no_growth() {
        let mut growth = Growth::default();
        let day = |h: u32| (200.0 + 100.0 * (f64::from(h) / 24.0 * 6.28).sin()) as u32;
        assert_eq!(hours(&mut growth, 0, (0..240).map(day)), None);
        for (version, mb) in [("8", 200), ("9", 300), ("10", 400)] {
            for hour in 240..244 {
                growth.learn(hour * 3600, version, mb, 512, 3.0 * 86_400.0);
                assert!(!growth.is_open());
            }
        }
    }
}
