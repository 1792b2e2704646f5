//! The rhythm of a series: how its rows fall into slots, days and weeks.

use serde::{Deserialize, Serialize};

/// Slots of a day at most: hours.
pub const SEASON_MAX: usize = 24;
/// Slots of history that a refit looks at: six weeks of hours.
pub const HISTORY_SLOTS_MAX: usize = 1008;

const HOUR_S: i64 = 3600;
const DAY_S: i64 = 24 * HOUR_S;

/// How time is cut. Rows that come more often than hourly are planned by the hour; hours and coarser rows
/// are their own slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Seconds between rows.
    pub step_s: i64,
    /// Seconds of a slot.
    pub slot_s: i64,
    /// Slots after which the small rhythm repeats: a day, for daily rows a week, 1 without any.
    pub season: usize,
    /// Slots after which the large rhythm repeats: a week, or as `season`.
    pub long: usize,
    /// Slots ahead that are planned without looking at what happens meanwhile: a day, at least a slot.
    pub lead: usize,
}

impl Shape {
    /// The rhythm that rows with this distance can have.
    pub fn of_step(step_s: i64) -> Self {
        let step_s = step_s.max(1);
        let slot_s = step_s.max(HOUR_S);
        let per_day = usize::try_from((DAY_S + slot_s / 2) / slot_s).unwrap_or(1);
        let per_day = per_day.clamp(2, SEASON_MAX);
        let (season, long, lead) = match slot_s {
            s if s < DAY_S * 3 / 4 => (per_day, 7 * per_day, per_day),
            s if s < 2 * DAY_S => (7, 7, 1),
            _ => (1, 1, 1),
        };
        Self {
            step_s,
            slot_s,
            season,
            long,
            lead,
        }
    }

    /// The rhythm of rows at these times (seconds since 1970, ascending): their usual distance. An hour
    /// if there is none.
    pub fn of_times(times_s: &[i64]) -> Self {
        let mut steps: Vec<i64> = times_s
            .windows(2)
            .map(|w| w[1].saturating_sub(w[0]))
            .collect();
        steps.retain(|step| *step > 0);
        let middle = steps.len() / 2;
        match steps.is_empty() {
            true => Self::of_step(HOUR_S),
            false => Self::of_step(*steps.select_nth_unstable(middle).1),
        }
    }

    /// The number of the slot that holds a time.
    pub fn slot(&self, at_s: i64) -> i64 {
        at_s.div_euclid(self.slot_s)
    }

    /// Rows of a slot.
    pub fn rows_per_slot(&self) -> usize {
        usize::try_from(self.slot_s / self.step_s)
            .unwrap_or(1)
            .max(1)
    }

    /// Seconds of a lead.
    pub fn lead_s(&self) -> i64 {
        self.slot_s.saturating_mul(self.lead as i64)
    }

    /// A lead before a time.
    pub fn before_lead(&self, at_s: i64) -> i64 {
        at_s.saturating_sub(self.lead_s())
    }

    /// Slots that must be known before anything is said: three small rhythms, and a dozen in any case.
    pub fn slots_min(&self) -> usize {
        (3 * self.season).max(12)
    }
}
