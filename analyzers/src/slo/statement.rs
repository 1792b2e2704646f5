//! What a period of a calendar came to: a week, a month or a quarter, whatever the SLO's own window is. Its
//! budget is that of the period: 1 − target of what the period counted.

use super::period::Stretch;
use super::pieces::Pieces;
use super::{Fraction, Meter, Plan};
use crate::slo::meter::Between;
use crate::slo::units::Pair;

/// A day of a period.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Its first minute, minutes since 1970.
    pub begin: i64,
    /// Bad and all events.
    pub events: Pair,
    /// What it spent of the whole period's budget.
    pub spent: Fraction,
}

/// What a period came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The whole period.
    pub period: Stretch,
    /// Up to where it is known; before the period's end while it runs.
    pub until: i64,
    /// Bad and all events, of all objectives.
    pub events: Pair,
    /// The indicator; `None` without events.
    pub sli: Option<Fraction>,
    /// The share of the budget that is spent; above 1 it is overspent.
    pub spent: Option<Fraction>,
    /// The day that spent most, if any spent something; the first of equals.
    pub worst: Option<Day>,
    /// Minutes that corrections took off,
    pub corrected_minutes: i64,
    /// and the events of them.
    pub corrected: Pair,
}

impl Statement {
    /// A period in which nothing was counted.
    #[must_use]
    pub fn silent(period: Stretch, until: i64) -> Self {
        Self {
            period,
            until: until.clamp(period.begin, period.end),
            events: Pair::default(),
            sli: None,
            spent: None,
            worst: None,
            corrected_minutes: 0,
            corrected: Pair::default(),
        }
    }

    /// What is left of the budget, signed.
    #[must_use]
    pub fn remaining(&self) -> Option<Fraction> {
        self.spent.as_ref().map(Fraction::complement)
    }

    /// Whether the target was reached, so far.
    #[must_use]
    pub fn is_met(&self) -> Option<bool> {
        self.spent.as_ref().map(|spent| *spent <= Fraction::ONE)
    }

    /// Whether the period is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.until >= self.period.end
    }
}

/// States what `meter` knows of `period` up to `until`; `corrected` are the events that corrections took off,
/// and `days` where days begin.
#[must_use]
pub fn state<S: Between>(
    plan: &Plan,
    meter: &Meter<S>,
    corrected: &Pieces,
    period: Stretch,
    until: i64,
    days: &[i64],
) -> Statement {
    let so_far = Stretch {
        begin: period.begin,
        end: until.clamp(period.begin, period.end),
    };
    let reading = meter.read(so_far);
    Statement {
        period,
        until: so_far.end,
        events: meter.events(so_far),
        sli: reading.as_ref().map(super::meter::Reading::sli),
        spent: reading.as_ref().map(super::meter::Reading::burn),
        worst: worst(meter, so_far, days),
        corrected_minutes: corrected_minutes(plan, so_far),
        corrected: corrected.between(so_far.begin, so_far.end),
    }
}

fn worst<S: Between>(meter: &Meter<S>, so_far: Stretch, days: &[i64]) -> Option<Day> {
    let mut worst: Option<Day> = None;
    for (at, begin) in days.iter().enumerate() {
        let day = Stretch {
            begin: (*begin).max(so_far.begin),
            end: days
                .get(at + 1)
                .map_or(so_far.end, |next| (*next).min(so_far.end)),
        };
        if day.begin >= day.end {
            continue;
        }
        let Some(spent) = meter
            .spent(day, so_far)
            .filter(|spent| *spent > Fraction::ZERO)
        else {
            continue;
        };
        if worst.as_ref().is_none_or(|worst| spent > worst.spent) {
            worst = Some(Day {
                begin: *begin,
                events: meter.events(day),
                spent,
            });
        }
    }
    worst
}

/// Minutes that any correction holds.
fn corrected_minutes(plan: &Plan, within: Stretch) -> i64 {
    let corrections = plan.corrections.iter();
    let stretches = corrections.flat_map(|one| one.stretches(within));
    union(
        stretches.map(|one| (one.begin, one.end)),
        (within.begin, within.end),
    )
}

/// How much of `within` spans cover that may overlap, in their unit.
#[must_use]
pub fn union(spans: impl Iterator<Item = (i64, i64)>, (from, to): (i64, i64)) -> i64 {
    let mut spans: Vec<(i64, i64)> = spans
        .map(|(begin, end)| (begin.max(from), end.min(to)))
        .filter(|(begin, end)| begin < end)
        .collect();
    spans.sort_unstable();
    let (mut sum, mut upto) = (0, i64::MIN);
    for (begin, end) in spans {
        let begin = begin.max(upto);
        if end > begin {
            sum += end - begin;
            upto = end;
        }
    }
    sum
}
