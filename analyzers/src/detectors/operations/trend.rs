//! Growth of memory: hour by hour higher, above anything seen before, towards what is configured.

use serde::{Deserialize, Serialize};
use store::model::finding::plain;

/// Hours that are kept.
const HOURS: usize = 48;
/// Growth is looked for over so many of the newest ones.
const WINDOWS_H: [usize; 4] = [12, 24, 36, 48];
/// A function without an earlier peak needs more than a day, so that its day's ups and downs are in it.
const WINDOW_WITHOUT_PAST_H: usize = 36;
/// Kendall's tau from which on it is growth and no weather.
const TAU_MIN: f64 = 0.75;
/// Least growth, as a share of what is configured.
const GROWTH_MIN: f64 = 0.1;
/// Above the earlier peak by so much.
const ABOVE_PEAK: f64 = 1.05;
/// An earlier peak is known from so many hours before the window on.
const PAST_HOURS: usize = 48;
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
    /// Most that was needed before these hours, MiB; hours seen at all.
    peak_mb: f32,
    hours_seen: u16,
    /// Over how many hours it grows.
    window: u8,
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

    /// Over how many hours it grows.
    #[must_use]
    pub fn window_h(&self) -> usize {
        self.window.into()
    }

    /// Growth, MiB an hour.
    #[must_use]
    pub fn slope_mb_h(&self) -> u32 {
        let from = self.hours_mb.len().saturating_sub(self.window_h());
        slope(&self.hours_mb[from..]).round().max(0.0) as u32
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
        self.hours_seen = self.hours_seen.saturating_add(1);
        match self.grows(forecast_s) {
            Some((left_s, window)) => {
                self.left_s = left_s as f32;
                self.now_mb = used_mb;
                self.window = window as u8;
                if !self.is_open() {
                    let from = self.hours_mb.len() - window;
                    let back_s = 3600 * window as u32;
                    self.began_s = (hour_s + 3600).saturating_sub(back_s).max(1);
                    self.detected_s = hour_s + 3600;
                    self.then_mb = self.hours_mb[from].into();
                }
            }
            None => self.shut(),
        }
    }

    /// Time until it is used up, s, and over how many hours it grows, if it does and that is soon.
    fn grows(&self, forecast_s: f64) -> Option<(f64, usize)> {
        WINDOWS_H.iter().find_map(|window| {
            let left_s = self.grows_over(*window)?;
            (left_s <= forecast_s).then_some((left_s, *window))
        })
    }

    fn grows_over(&self, window: usize) -> Option<f64> {
        let from = self.hours_mb.len().checked_sub(window)?;
        let past_known = usize::from(self.hours_seen) >= window + PAST_HOURS;
        if self.size_mb == 0 || !past_known && window < WINDOW_WITHOUT_PAST_H {
            return None;
        }
        let (past, hours) = self.hours_mb.split_at(from);
        let peak_mb = past
            .iter()
            .fold(self.peak_mb, |peak, mb| peak.max((*mb).into()));
        let low = f64::from(*hours[window - 3..].iter().min()?);
        let first = f64::from(*hours[..3].iter().max()?);
        let size = f64::from(self.size_mb);
        // Cheap questions first: this is asked of every function each hour.
        if low - first < GROWTH_MIN * size || past_known && low < ABOVE_PEAK * f64::from(peak_mb) {
            return None;
        }
        if tau(hours) < TAU_MIN {
            return None;
        }
        let slope_mb_s = slope(hours) / 3600.0;
        (slope_mb_s > 0.0).then(|| (size - low).max(0.0) / slope_mb_s)
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
        let day =
            |h: u32| (200.0 + 100.0 * (f64::from(h) / 24.0 * std::f64::consts::TAU).sin()) as u32;
        assert_eq!(hours(&mut growth, 0, (0..240).map(day)), None);
        for (version, mb) in [("8", 200), ("9", 300), ("10", 400)] {
            for hour in 240..244 {
                growth.learn(hour * 3600, version, mb, 512, 3.0 * 86_400.0);
                assert!(!growth.is_open());
            }
        }
    }
}
