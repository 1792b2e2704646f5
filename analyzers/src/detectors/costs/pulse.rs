//! The fast path: spend by the minute, for what cannot wait for an hour to close.
//!
//! An hour of the week has a high, and a minute is rarely more than its sixtieth; how much more, because
//! calls come in bursts, each function shows by itself. What is far above both for three of five minutes
//! is a runaway.

use serde::{Deserialize, Serialize};

use super::factors::Factors;
use super::history::History;

const MINUTE_S: u32 = 60;
/// Minutes looked at, and which largest of them counts: three must be as high.
const MINUTES: usize = 5;
const RANK: usize = 2;
/// A runaway is so many times the most that is usual at this hour of the week, bursts included.
const TIMES: f64 = 3.0;
/// It goes on while it is so many times.
const TIMES_ON: f64 = 2.0;
/// How bursty a function is taken for before some hours were seen by the minute,
const BURST_UNSEEN: f32 = 4.0;
/// and how many hours that is.
const SEEN_MIN: u8 = 6;
/// What is left after an hour of how bursty it was: half after a day and a half.
const BURST_FADE: f32 = 0.98;
/// Hours that must be known of a function before any of its minutes is unusual: a day.
const HOURS_MIN: usize = 24;

/// The last minutes of a function and what is usual of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Pulse {
    /// Begin of the newest minute, s since the epoch.
    at_s: u32,
    /// Spend of the last minutes, dollars, the newest last.
    usd: [f32; MINUTES],
    /// Highest level of this hour, dollars a minute.
    peak: f32,
    /// How many times as much as its mean a level of an hour was, fading.
    burst: f32,
    /// Hours seen by the minute, up to 255.
    seen: u8,
}

/// How a minute stands out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beat {
    /// Level now, dollars an hour.
    pub usd_per_hour: f64,
    /// The most that is usual, dollars an hour.
    pub usual_per_hour: f64,
    /// Whether it is a runaway.
    pub is_runaway: bool,
    /// Whether one that was goes on.
    pub goes_on: bool,
}

impl Pulse {
    /// Takes a minute's spend; how it stands out, if that can be said.
    pub fn push(&mut self, minute_s: u32, usd: f64, history: &History) -> Option<Beat> {
        self.advance(minute_s);
        #[allow(clippy::cast_possible_truncation)] // for comparing
        let usd = usd as f32;
        self.usd[MINUTES - 1] += usd;
        let level = self.level();
        self.peak = self.peak.max(level);
        if history.len() < HOURS_MIN {
            return None;
        }
        let hour_s = minute_s - minute_s % 3_600;
        let burst = match self.seen >= SEEN_MIN {
            true => self.burst.max(1.0),
            false => self.burst.max(BURST_UNSEEN),
        };
        let usual = history.high_around(hour_s) * f64::from(burst);
        let now = f64::from(level) * 60.0;
        Some(Beat {
            usd_per_hour: now,
            usual_per_hour: usual,
            is_runaway: now > TIMES * usual,
            goes_on: now > TIMES_ON * usual,
        })
    }

    fn advance(&mut self, minute_s: u32) {
        let gap = (minute_s.saturating_sub(self.at_s) / MINUTE_S) as usize;
        for _ in 0..gap.min(MINUTES) {
            self.usd.rotate_left(1);
            self.usd[MINUTES - 1] = 0.0;
        }
        self.at_s = self.at_s.max(minute_s);
    }

    fn level(&self) -> f32 {
        let mut sorted = self.usd;
        sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        sorted[RANK]
    }

    /// Learns how bursty the hour was that closed with this spend. Not of hours in which it ran away.
    pub fn close_hour(&mut self, usd: f64) {
        let peak = std::mem::take(&mut self.peak);
        if usd <= 0.0 || peak <= 0.0 {
            return;
        }
        #[allow(clippy::cast_possible_truncation)] // a ratio from 1 to 60
        let burst = (f64::from(peak) * 60.0 / usd).clamp(1.0, 60.0) as f32;
        self.burst = burst.max(self.burst * BURST_FADE);
        self.seen = self.seen.saturating_add(1);
    }

    /// Begin of the newest minute in which it did anything, s since the epoch.
    #[must_use]
    pub fn last_s(&self) -> u32 {
        self.at_s
    }

    /// Begin of the first of the last minutes that were as high as `usd_per_hour` says.
    #[must_use]
    pub fn since_s(&self, usd_per_hour: f64) -> u32 {
        let high = self
            .usd
            .iter()
            .position(|usd| f64::from(*usd) * 60.0 >= usd_per_hour);
        let back = (MINUTES - 1 - high.unwrap_or(MINUTES - 1)) as u32;
        self.at_s.saturating_sub(back * MINUTE_S)
    }
}

/// A runaway that goes on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Burn {
    /// The last minute that was as high, s since the epoch.
    pub hot_s: u32,
    /// Level now, dollars an hour.
    pub usd_per_hour: f64,
    /// The most that is usual at this hour, dollars an hour.
    pub usual_per_hour: f64,
    /// What was used since it began,
    pub actual: Factors,
    /// and what would have been.
    pub expected: Factors,
    /// The minutes, dollars an hour: begin, level and usual; the newest.
    pub band: Vec<(u32, f32, f32)>,
}

/// Minutes of a runaway that are kept for drawing.
const BAND_MAX: usize = 120;
/// It ends when no minute was as high for so long, s.
const COOL_S: u32 = 600;

impl Burn {
    /// Takes another minute of it.
    pub fn push(&mut self, minute_s: u32, beat: &Beat, actual: &Factors, expected: &Factors) {
        if beat.goes_on {
            self.hot_s = minute_s;
        }
        self.usd_per_hour = beat.usd_per_hour;
        self.usual_per_hour = beat.usual_per_hour;
        self.actual.add(actual);
        self.expected.add(expected);
        if self.band.len() >= BAND_MAX {
            self.band.remove(0);
        }
        #[allow(clippy::cast_possible_truncation)] // for drawing
        self.band.push((
            minute_s,
            beat.usd_per_hour as f32,
            beat.usual_per_hour as f32,
        ));
    }

    /// Whether it has been over for a while.
    #[must_use]
    pub fn is_over(&self, until_s: u32) -> bool {
        until_s.saturating_sub(self.hot_s) > COOL_S
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two weeks of a dollar an hour.
    fn history() -> History {
        let mut history = History::default();
        (0..336).for_each(|h| history.push(h * 3_600, 1.0));
        history
    }

    #[test]
    fn three_of_five_minutes_far_above_the_hour_of_the_week_are_a_runaway() {
        let (mut pulse, history) = (Pulse::default(), history());
        (0..8).for_each(|_| {
            pulse.peak = 1.2 / 60.0;
            pulse.close_hour(1.0);
        });
        let at = 336 * 3_600;
        let beats: Vec<bool> = (0..10)
            .map(|m| {
                let usd = if m >= 5 { 10.0 / 60.0 } else { 1.0 / 60.0 };
                let beat = pulse.push(at + m * 60, usd, &history);
                beat.is_some_and(|beat| beat.is_runaway)
            })
            .collect();
        assert_eq!(
            beats.iter().position(|b| *b),
            Some(7),
            "in its third minute"
        );
        assert_eq!(pulse.since_s(5.0), at + 5 * 60);
    }

    #[test]
    fn a_job_that_does_its_hour_in_a_minute_is_no_runaway() {
        let (mut pulse, history) = (Pulse::default(), history());
        (0..8).for_each(|_| {
            pulse.peak = 0.3;
            pulse.close_hour(1.0);
        });
        for m in 0..10 {
            let usd = if m < 4 { 0.25 } else { 0.0 };
            let beat = pulse
                .push(336 * 3_600 + m * 60, usd, &history)
                .expect("known");
            assert!(!beat.is_runaway, "{beat:?}");
        }
    }

    #[test]
    fn minutes_without_anything_are_known_when_the_next_comes() {
        let (mut pulse, history) = (Pulse::default(), history());
        for m in [0, 1, 6] {
            pulse.push(336 * 3_600 + m * 60, 1.0, &history);
        }
        assert!(
            pulse.level() < f32::MIN_POSITIVE,
            "one of the last five minutes only"
        );
    }
}
