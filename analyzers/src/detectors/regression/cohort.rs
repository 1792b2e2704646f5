//! What siblings did meanwhile: a function's deploy has no parallel fleet to be compared with, so
//! functions of the same kind play that part. A sibling that was deployed itself is no control.

use store::model::UnixNano;

use super::panel::{Day, Panel, SHIFT_DAYS};
use super::quantile::median;

/// A sibling with fewer days than this before is no control.
const DAYS_MIN: usize = 3;

/// Siblings as controls since a moment.
#[derive(Debug)]
pub struct Controls<'a> {
    siblings: Vec<(f64, &'a [Day])>,
}

impl<'a> Controls<'a> {
    /// The siblings of a series with their level before `day` and their days since.
    #[must_use]
    pub fn since(panel: &'a Panel, series: usize, day: i64) -> Self {
        let siblings = panel
            .siblings(series)
            .filter_map(|days| {
                let begin = days.partition_point(|d| d.day < day);
                let version = days[..begin].last()?.version;
                let mut before: Vec<f64> = days[..begin]
                    .iter()
                    .rev()
                    .take_while(|d| d.version == version)
                    .take(SHIFT_DAYS)
                    .map(|d| d.level)
                    .collect();
                let same = days[begin..]
                    .iter()
                    .take_while(|d| d.version == version)
                    .count();
                (before.len() >= DAYS_MIN)
                    .then(|| (median(&mut before), &days[begin..begin + same]))
            })
            .collect();
        Self { siblings }
    }

    /// The siblings' median shift on `day`, as known at `now`; `None` if none has shown itself.
    #[must_use]
    pub fn shift(&self, day: i64, now: UnixNano) -> Option<f64> {
        let mut shifts: Vec<f64> = self
            .siblings
            .iter()
            .filter_map(|(before, days)| Some(on(days, day)?.level_at(now)? - before))
            .collect();
        (!shifts.is_empty()).then(|| median(&mut shifts))
    }
}

/// The median shift of a series' siblings on a past day against their own days before.
#[must_use]
pub fn past_shift(panel: &Panel, series: usize, day: i64) -> Option<f64> {
    let mut shifts: Vec<f64> = panel
        .siblings(series)
        .filter_map(|days| on(days, day))
        .map(|d| d.shift)
        .filter(|s| s.is_finite())
        .collect();
    (!shifts.is_empty()).then(|| median(&mut shifts))
}

fn on(days: &[Day], day: i64) -> Option<&Day> {
    let at = days.partition_point(|d| d.day < day);
    days.get(at).filter(|d| d.day == day)
}
