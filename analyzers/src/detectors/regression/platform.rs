//! Shifts that most of a cohort share: the platform's, told once and not once per function.

use std::collections::BTreeMap;

use super::change::{Cause, Change, Direction, Kind, Side};
use super::changes::Subject;
use super::panel::{Day, Panel};
use super::quantile::median;

/// Series that make a cohort worth a statement of its own.
const MEMBERS_MIN: usize = 3;
/// The share of them that must move alike.
const SHARE_MIN: f64 = 0.6;
/// The least shift (logarithm) that is told.
const SHIFT_MIN: f64 = 0.07;
/// It must be so many times what the cohort's days usually differ by, and last for two days.
const TIMES_NOISE: f64 = 4.0;
/// Days of a cohort's past that say how far its days usually differ; fewer than a tenth say nothing.
const PAST_DAYS: usize = 120;
/// Days after a shift in which the same shift still shows, because days are measured against ten before.
const QUIET_DAYS: i64 = 12;
/// A member's own change is what is left of the cohort's if it is smaller than this part of it.
const LEFT_MAX: f64 = 0.5;
/// Cohorts that make a platform, and the share of them that must move on one day.
const COHORTS_MIN: usize = 4;
const COHORTS_SHARE: f64 = 0.5;

/// A shift and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// A cohort, or the platform as a whole.
    pub subject: Subject,
    /// What happened.
    pub change: Change,
}

/// A cohort's day: the median of its members' shifts, and what share has that sign and half that size.
#[derive(Clone, Copy)]
struct Together {
    day: i64,
    shift: f64,
    share: f64,
}

/// The shifts that each cohort's members share.
#[must_use]
pub fn shifts(panel: &Panel) -> Vec<Shift> {
    cohorts(panel)
        .iter()
        .flat_map(|c| of_cohort(panel, c))
        .collect()
}

fn cohorts(panel: &Panel) -> Vec<Vec<usize>> {
    panel.cohorts().filter(|c| c.len() >= MEMBERS_MIN).collect()
}

impl Shift {
    /// Whether a series is a member of the cohort.
    #[must_use]
    pub fn is_of(&self, panel: &Panel, series: usize) -> bool {
        match self.subject {
            Subject::Cohort(first) => panel.first_of_cohort(series) == first,
            Subject::Platform => true,
            Subject::Series(other) => other == series,
        }
    }

    /// Whether a change of a member is no more than what is left of this shift, which was told before.
    #[must_use]
    pub fn explains(&self, change: &Change) -> bool {
        let days = change.at.day() - self.change.at.day();
        let left = change.relative.ln_1p().abs();
        self.change.direction == change.direction
            && (-1..=QUIET_DAYS).contains(&days)
            && self.change.detected_at <= change.detected_at
            && left < LEFT_MAX * self.change.relative.ln_1p().abs()
    }
}

/// Where half of the cohorts move alike on a day it is told once, as the platform's.
#[must_use]
pub fn told_once(panel: &Panel, shifts: Vec<Shift>) -> Vec<Shift> {
    let cohorts = cohorts(panel).len();
    if cohorts < COHORTS_MIN {
        return shifts;
    }
    let mut by_day: BTreeMap<(i64, bool), Vec<Shift>> = BTreeMap::new();
    for shift in shifts {
        let up = shift.change.direction == Direction::Up;
        by_day
            .entry((shift.change.at.day(), up))
            .or_default()
            .push(shift);
    }
    by_day
        .into_values()
        .flat_map(|alike| {
            #[allow(clippy::cast_precision_loss)] // counts of cohorts
            let share = alike.len() as f64 / cohorts as f64;
            match share >= COHORTS_SHARE {
                true => vec![as_one(&alike)],
                false => alike,
            }
        })
        .collect()
}

/// `alike` is not empty.
fn as_one(alike: &[Shift]) -> Shift {
    let mut effects: Vec<f64> = alike.iter().map(|s| s.change.relative).collect();
    let mut change = alike[0].change.clone();
    change.relative = median(&mut effects);
    Shift {
        subject: Subject::Platform,
        change,
    }
}

fn of_cohort(panel: &Panel, members: &[usize]) -> Vec<Shift> {
    let days = together(panel, members);
    let mut found: Vec<Shift> = Vec::new();
    let mut quiet_until = i64::MIN;
    for i in 1..days.len() {
        let (first, second) = (days[i - 1], days[i]);
        let smaller = first.shift.abs().min(second.shift.abs());
        let alike = first.shift * second.shift > 0.0
            && first.share.min(second.share) >= SHARE_MIN
            && second.day - first.day <= 3;
        if !alike || smaller < SHIFT_MIN || first.day < quiet_until {
            continue;
        }
        let past = &days[..i - 1];
        let mut usual: Vec<f64> = past[past.len().saturating_sub(PAST_DAYS)..]
            .iter()
            .map(|d| d.shift.abs())
            .collect();
        if usual.len() < PAST_DAYS / 10 || smaller < TIMES_NOISE * 1.4826 * median(&mut usual) {
            continue;
        }
        if let Some(change) = change(panel, members, (first, second), &usual) {
            quiet_until = first.day + QUIET_DAYS;
            found.push(Shift {
                subject: Subject::Cohort(members[0]),
                change,
            });
        }
    }
    found
}

fn together(panel: &Panel, members: &[usize]) -> Vec<Together> {
    let mut by_day: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for &member in members {
        for day in panel.days(member).iter().filter(|d| d.shift.is_finite()) {
            by_day.entry(day.day).or_default().push(day.shift);
        }
    }
    by_day
        .into_iter()
        .filter(|(_, shifts)| shifts.len() >= MEMBERS_MIN)
        .map(|(day, mut shifts)| {
            let shift = median(&mut shifts);
            let alike = shifts.iter().filter(|s| *s / shift >= 0.5).count();
            #[allow(clippy::cast_precision_loss)] // counts of series
            let share = alike as f64 / shifts.len() as f64;
            Together { day, shift, share }
        })
        .collect()
}

/// `usual` holds the sizes of the cohort's past shifts, ascending.
fn change(
    panel: &Panel,
    members: &[usize],
    (first, second): (Together, Together),
    usual: &[f64],
) -> Option<Change> {
    let within = |from: i64, to: i64| -> Vec<&Day> {
        let days = members.iter().flat_map(|m| panel.days(*m));
        days.filter(|d| (from..=to).contains(&d.day)).collect()
    };
    let after = within(first.day, second.day);
    let shift = f64::midpoint(first.shift, second.shift);
    let seen = usual.partition_point(|u| *u < shift.abs());
    #[allow(clippy::cast_precision_loss)] // at most PAST_DAYS
    let p_value = (usual.len() - seen + 1) as f64 / (usual.len() + 1) as f64;
    Some(Change {
        at: after.iter().map(|d| d.starts[0].at).min()?,
        detected_at: after.iter().map(|d| d.end()).max()?,
        direction: match shift > 0.0 {
            true => Direction::Up,
            false => Direction::Down,
        },
        kind: Kind::Step,
        until: None,
        before: Side::of_pool(&within(first.day - 10, first.day - 1)),
        after: Side::of_pool(&after),
        relative: shift.exp_m1(),
        p_value,
        cause: Cause::Platform,
    })
}
