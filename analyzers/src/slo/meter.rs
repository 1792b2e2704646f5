//! What an SLO burns in any window, exactly.

use super::Fraction;
use super::openslo::BudgetingMethod;
use super::period::Stretch;
use super::plan::Plan;
use super::units::{Counts, Pair, Sums, occurrence, sums, worst};

/// What lies between two minutes of a history.
pub trait Between {
    /// Bad and total from minute `begin` to before `end`.
    fn between(&self, begin: i64, end: i64) -> Pair;
}

impl Between for Sums {
    fn between(&self, begin: i64, end: i64) -> Pair {
        Sums::between(self, begin, end)
    }
}

/// Answers for windows of one SLO's history, of which either every minute is known ([`Sums`]) or what lies
/// between some cuts ([`super::pieces::Pieces`]).
#[derive(Clone, Debug)]
pub struct Meter<S = Sums> {
    parts: Vec<Part<S>>,
    /// Bad events themselves, of all objectives, whatever the method counts.
    events: S,
    /// 1 − target.
    budget: Fraction,
    /// Whether what is missing ends at the whole.
    bounded: bool,
}

#[derive(Clone, Debug)]
struct Part<S> {
    sums: S,
    /// What this part's missing share is multiplied by before parts are added; `None` for 1.
    scale: Option<Fraction>,
}

/// A window that has events.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The share that is missing from the whole.
    missing: Fraction,
    budget: Fraction,
}

impl Reading {
    /// The indicator: 1 − missing.
    #[must_use]
    pub fn sli(&self) -> Fraction {
        self.missing.complement()
    }

    /// How many times faster than the budget allows.
    #[must_use]
    pub fn burn(&self) -> Fraction {
        self.missing.over(&self.budget)
    }

    /// What is left if the window is all there is: 1 − burn rate; negative when overspent.
    #[must_use]
    pub fn remaining(&self) -> Fraction {
        self.burn().complement()
    }
}

impl Meter {
    /// Reads the counts of each objective of `plan`, in order, which all begin and end together. Minutes
    /// that
    /// `plan` corrects leave them.
    ///
    /// # Panics
    /// When there are not as many counts as objectives.
    #[must_use]
    pub fn new(plan: &Plan, mut counts: Vec<Counts>) -> Self {
        assert_eq!(
            counts.len(),
            plan.objectives.len(),
            "counts of each objective"
        );
        for counts in &mut counts {
            correct(plan, counts);
        }
        let events = total(&counts);
        let parts = match plan.method {
            BudgetingMethod::Timeslices if plan.objectives.len() > 1 => {
                let slices = plan.objectives.iter().filter_map(|o| o.slices.as_ref());
                let all: Vec<_> = counts.iter().zip(slices).collect();
                worst(&all, &plan.period).into_iter().collect()
            }
            method => {
                let each = plan.objectives.iter().zip(&counts);
                let part = each.map(|(objective, counts)| {
                    sums(counts, method, objective.slices.as_ref(), &plan.period)
                });
                part.collect()
            }
        };
        Self::of(plan, parts, events)
    }
}

impl<S: Between> Meter<S> {
    /// From what is known of each objective, in order, and of bad events themselves.
    #[must_use]
    pub fn of(plan: &Plan, parts: Vec<S>, events: S) -> Self {
        let scale = |objective| Some(plan.scale(objective)).filter(|scale| *scale != Fraction::ONE);
        let scales = plan.objectives.iter().map(scale);
        let parts = parts.into_iter().zip(scales);
        Self {
            parts: parts.map(|(sums, scale)| Part { sums, scale }).collect(),
            events,
            budget: plan.budget(),
            bounded: plan.method == BudgetingMethod::RatioTimeslices && plan.objectives.len() > 1,
        }
    }

    /// What the minutes of `window` tell; `None` without events.
    #[must_use]
    pub fn read(&self, window: Stretch) -> Option<Reading> {
        let mut missing: Option<Fraction> = None;
        for part in &self.parts {
            let pair = part.sums.between(window.begin, window.end);
            if pair.total > 0 {
                let share = Fraction::new(pair.bad, pair.total);
                let scaled = match &part.scale {
                    None => share,
                    Some(scale) => share.times(scale),
                };
                missing = Some(match missing {
                    None => scaled,
                    Some(sum) => sum.plus(&scaled),
                });
            }
        }
        let missing = missing.map(|sum| match self.bounded {
            true => sum.min(Fraction::ONE),
            false => sum,
        })?;
        Some(Reading {
            missing,
            budget: self.budget.clone(),
        })
    }

    /// What `part` spent of the budget of `whole`, which holds it: what parts that lie side by side spend
    /// adds up to the burn rate of the whole, unless that ends at the whole. `None` where the whole has no
    /// events.
    #[must_use]
    pub fn spent(&self, part: Stretch, whole: Stretch) -> Option<Fraction> {
        let mut missing: Option<Fraction> = None;
        for one in &self.parts {
            let all = one.sums.between(whole.begin, whole.end);
            if all.total > 0 {
                let own = one.sums.between(part.begin, part.end);
                let share = Fraction::new(own.bad, all.total);
                let scaled = match &one.scale {
                    None => share,
                    Some(scale) => share.times(scale),
                };
                missing = Some(missing.map_or_else(|| scaled.clone(), |sum| sum.plus(&scaled)));
            }
        }
        missing.map(|missing| missing.over(&self.budget))
    }

    /// Bad events in `window`, whatever the method counts.
    #[must_use]
    pub fn bad_events(&self, window: Stretch) -> i128 {
        self.events(window).bad
    }

    /// Events in `window`, bad ones and all, whatever the method counts.
    #[must_use]
    pub fn events(&self, window: Stretch) -> Pair {
        self.events.between(window.begin, window.end)
    }
}

fn correct(plan: &Plan, counts: &mut Counts) {
    let within = Stretch {
        begin: counts.first,
        end: counts.end(),
    };
    for correction in &plan.corrections {
        for stretch in correction.stretches(within) {
            let offset = |minute: i64| usize::try_from(minute - counts.first).unwrap_or(0);
            let (begin, end) = (offset(stretch.begin), offset(stretch.end));
            counts.minutes[begin..end].fill(super::units::Events::default());
        }
    }
}

fn total(counts: &[Counts]) -> Sums {
    let (first, length) = counts
        .first()
        .map_or((0, 0), |c| (c.first, c.minutes.len()));
    let pairs = (0..length).map(|at| {
        let mut sum = super::units::Pair::default();
        for counts in counts {
            let pair = counts
                .minutes
                .get(at)
                .copied()
                .map(occurrence)
                .unwrap_or_default();
            sum.bad += pair.bad;
            sum.total += pair.total;
        }
        sum
    });
    Sums::new(first, pairs)
}
