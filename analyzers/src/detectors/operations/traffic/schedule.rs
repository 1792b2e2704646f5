//! Scheduled functions that missed a run: rare ones, which [`super::silence`] sees only after many runs.
//!
//! An hour of the week in which a function always ran is its schedule, if what comes in it hardly
//! scatters. One run that is missed after `n` that were not has a chance of about `1 / (n + 2)` (Laplace);
//! runs at the same hour of other days count together.

use serde::{Deserialize, Serialize};

use crate::detectors::operations::week::{HOURS, slot};

/// Runs without a miss that make a schedule.
const RUNS_MIN: u32 = 14;
/// More invocations in a run are left to silence.
const PER_RUN_MAX: f32 = 30.0;
/// The most that runs may scatter: variance over mean; that of chance is 1.
const SCATTER_MAX: f32 = 0.3;
/// Weight of a run.
const WEIGHT: f32 = 0.1;
/// Told for at most so long, s.
const TOLD_S: u32 = 2 * 86_400;

/// The schedule of a function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Schedule {
    /// Weeks in a row with a run, by hour of the week.
    runs: Vec<u8>,
    /// Invocations of a run, on average, and variance over mean.
    mean: f32,
    scatter: f32,
    /// The hour that was missed, s since the epoch; 0 for none.
    missed_s: u32,
    told_s: u32,
    after_runs: u32,
    missed: u32,
}

/// A run that was missed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Missed {
    /// Its hour, s since the epoch.
    pub hour_s: u32,
    /// When that was certain.
    pub told_s: u32,
    /// Runs in a row that were not missed before.
    pub after_runs: u32,
    /// How many in a row were missed.
    pub runs: u32,
}

impl Schedule {
    /// What was missed and did not run since.
    pub fn missed(&self) -> Option<Missed> {
        (self.missed_s > 0).then_some(Missed {
            hour_s: self.missed_s,
            told_s: self.told_s,
            after_runs: self.after_runs,
            runs: self.missed,
        })
    }

    /// It ran.
    pub fn ran(&mut self) {
        (self.missed_s, self.missed) = (0, 0);
    }

    /// An hour closed with so many invocations; `last_s` is when it ran last. Hours close a little later
    /// than they end: what ran since came late and was not missed.
    pub fn close_hour(&mut self, hour_s: u32, invocations: u32, last_s: u32) {
        if self.runs.is_empty() {
            if invocations == 0 {
                return;
            }
            self.runs = vec![0; HOURS];
        }
        let slot = slot(hour_s);
        if invocations > 0 {
            let came = invocations as f32;
            if self.mean > 0.0 {
                let off = (came - self.mean).powi(2) / self.mean;
                self.scatter += (off.min(4.0) - self.scatter) * WEIGHT;
                self.mean += (came - self.mean) * WEIGHT;
            } else {
                (self.mean, self.scatter) = (came, 1.0);
            }
            self.runs[slot] = self.runs[slot].saturating_add(1);
            return;
        }
        let regular = self.scatter <= SCATTER_MAX && self.mean <= PER_RUN_MAX;
        let at_this_hour = (0..7).map(|day| u32::from(self.runs[(slot + 24 * day) % HOURS]));
        let runs: u32 = at_this_hour.sum();
        // Every day's run, or this day's of every week: a run of another day alone promises none today.
        let promised = self.runs[slot] >= 2 && last_s <= hour_s;
        if promised && regular && runs >= RUNS_MIN && !self.told_too_long(hour_s) {
            if self.missed_s == 0 {
                (self.missed_s, self.told_s, self.after_runs) = (hour_s, hour_s + 3600, runs);
            }
            self.missed += 1;
        }
        if self.missed_s > 0 && self.told_too_long(hour_s) {
            self.ran();
        }
        self.runs[slot] = 0;
    }

    fn told_too_long(&self, hour_s: u32) -> bool {
        self.missed_s > 0 && hour_s.saturating_sub(self.missed_s) > TOLD_S
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(schedule: &mut Schedule, from: u32, n: u32, runs: impl Fn(u32, u32) -> u32) {
        for hour in from * 24..(from + n) * 24 {
            let came = runs(hour / 24, hour % 24);
            if came > 0 {
                schedule.ran();
            }
            schedule.close_hour(hour * 3600, came, 0);
        }
    }

    #[test]
    fn a_nightly_job_that_did_not_run_is_missed_until_it_runs_again() {
        let mut schedule = Schedule::default();
        days(&mut schedule, 0, 28, |_, hour| u32::from(hour == 2));
        assert_eq!(schedule.missed(), None);
        days(&mut schedule, 28, 1, |_, _| 0);
        let missed = schedule.missed().expect("missed");
        assert_eq!((missed.hour_s, missed.runs), ((28 * 24 + 2) * 3600, 1));
        assert_eq!(missed.after_runs, 28);
        days(&mut schedule, 29, 1, |_, hour| u32::from(hour == 2));
        assert_eq!(schedule.missed(), None);
    }

    #[test]
    fn a_job_of_workdays_may_rest_on_sundays_and_chance_is_no_schedule() {
        let mut schedule = Schedule::default();
        // The epoch was a Thursday: days 2 and 3 of each week are its weekend.
        let workdays = |day: u32, hour: u32| u32::from(hour == 2 && !matches!(day % 7, 2 | 3));
        for day in 0..56 {
            days(&mut schedule, day, 1, workdays);
            assert_eq!(schedule.missed(), None, "day {day}");
        }
        let mut chance = Schedule::default();
        for day in 0..56 {
            days(&mut chance, day, 1, |day, hour| (day * 31 + hour * 17) % 5);
            assert_eq!(chance.missed(), None, "day {day}");
        }
    }
}
