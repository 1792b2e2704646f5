//! From an OpenSLO object to what is reckoned.

use jiff::tz::TimeZone;

use super::Fraction;
use super::alerts::{self, Rule};
use super::corrections::{self, Correction};
use super::indicator::{Indicator, indicator};
use super::openslo::{BudgetingMethod, Number, OpenSloError, Resolved, TimeWindow};
use super::period::Period;
use super::units::Slices;

/// Annotations that are ours.
const PREFIX: &str = "nephoscope.dev/";
const CORRECTIONS: &str = "nephoscope.dev/corrections";
const MIN_BAD_EVENTS: &str = "nephoscope.dev/min-bad-events";

/// An SLO, ready to be reckoned: all of a composite, or one objective of an SLO that has several.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The SLO's.
    pub name: String,
    /// Which objective, where the SLO has several: its display name or its number from 1.
    pub objective: Option<String>,
    /// What the budget is for.
    pub period: Period,
    /// How events become budget.
    pub method: BudgetingMethod,
    /// One; several in a composite.
    pub objectives: Vec<Objective>,
    /// The four pairs of windows, then the file's own conditions.
    pub rules: Vec<Rule>,
    /// Times that do not count.
    pub corrections: Vec<Correction>,
    /// Fewer bad events in an alert's long window are no evidence; 0 asks for none.
    pub min_bad_events: u64,
}

/// What is to be reached.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Its display name, or its number from 1.
    pub name: String,
    /// 1 − target; above 0.
    pub budget: Fraction,
    /// In a composite: how much it burns of the whole.
    pub weight: Fraction,
    /// Where slices are counted.
    pub slices: Option<Slices>,
    /// What is counted; `None` where the indicator is not defined beside the SLO.
    pub indicator: Option<Indicator>,
}

impl Plan {
    /// The budget: of a composite, that of its strictest objective, so that it burns at least as fast as
    /// any.
    #[must_use]
    pub fn budget(&self) -> Fraction {
        let budgets = self.objectives.iter().map(|objective| &objective.budget);
        budgets.min().cloned().unwrap_or(Fraction::ONE)
    }

    /// What an objective's missing share counts in the whole. Occurrences: a composite burns at the sum of
    /// weight × burn rate, whatever the targets are. RatioTimeslices: missing parts are summed, by weight.
    #[must_use]
    pub fn scale(&self, objective: &Objective) -> Fraction {
        match self.method {
            BudgetingMethod::Occurrences => objective
                .weight
                .times(&self.budget())
                .over(&objective.budget),
            BudgetingMethod::RatioTimeslices => objective.weight.clone(),
            BudgetingMethod::Timeslices => Fraction::ONE,
        }
    }

    /// The burn rate when everything fails.
    #[must_use]
    pub fn burn_max(&self) -> Fraction {
        let whole = match self.method {
            BudgetingMethod::Occurrences => {
                let scales = self
                    .objectives
                    .iter()
                    .map(|objective| self.scale(objective));
                scales.fold(Fraction::ZERO, |sum, scale| sum.plus(&scale))
            }
            _ => Fraction::ONE,
        };
        whole.over(&self.budget())
    }
}

/// Reads the plans of an SLO: one, or one for each objective.
///
/// # Errors
/// With the place of what cannot be reckoned, by its name.
pub fn plans(resolved: &Resolved<'_>) -> Result<Vec<Plan>, OpenSloError> {
    let slo = &resolved.slo.spec;
    resolved.check()?;
    let objectives = objectives(resolved)?;
    let composite = resolved.is_composite();
    let whole = Plan {
        name: resolved.slo.metadata.name.clone(),
        objective: None,
        period: period(&slo.time_window[0]),
        method: slo.budgeting_method,
        objectives: Vec::new(),
        rules: Vec::new(),
        corrections: Vec::new(),
        min_bad_events: 0,
    };
    let whole = annotated(whole, resolved)?;
    let several = objectives.len() > 1;
    let groups: Vec<Vec<Objective>> = match composite {
        true => vec![objectives],
        false => objectives.into_iter().map(|one| vec![one]).collect(),
    };
    let plans = groups.into_iter().map(|objectives| {
        let named = several && !composite;
        let plan = Plan {
            objective: objectives
                .first()
                .filter(|_| named)
                .map(|one| one.name.clone()),
            objectives,
            ..whole.clone()
        };
        let rules = alerts::rules(&plan, resolved)?;
        Ok(Plan { rules, ..plan })
    });
    plans.collect()
}

fn objectives(resolved: &Resolved<'_>) -> Result<Vec<Objective>, OpenSloError> {
    let count = resolved.slo.spec.objectives.len();
    (0..count)
        .map(|number| objective(resolved, number))
        .collect()
}

fn objective(resolved: &Resolved<'_>, number: usize) -> Result<Objective, OpenSloError> {
    let slo = &resolved.slo.spec;
    let one = &slo.objectives[number];
    let place = number.to_string();
    let at = |part| ["spec", "objectives", &place, part];
    let target = match (&one.target, &one.target_percent) {
        (Some(target), _) => Fraction::of(&target.0),
        (None, Some(percent)) => Fraction::of(&percent.0).over(&Fraction::new(100, 1)),
        (None, None) => Fraction::ZERO,
    };
    let or_whole = |written: &Option<Number>| {
        written
            .as_ref()
            .map_or(Fraction::ONE, |number| Fraction::of(&number.0))
    };
    let weight = or_whole(&one.composite_weight);
    if slo.budgeting_method == BudgetingMethod::Timeslices {
        if weight != Fraction::ONE {
            let reason = "a slice is bad or not: Timeslices have no `compositeWeight`";
            return Err(resolved.fault(&at("compositeWeight"), reason));
        }
        let first = slo.objectives[0].time_slice_window;
        if resolved.is_composite() && one.time_slice_window != first {
            let reason = "the slices of a composite must be of one length";
            return Err(resolved.fault(&at("timeSliceWindow"), reason));
        }
    }
    let sli = resolved.indicators[number];
    let indicator = sli.map(|sli| indicator(&sli.spec, one)).transpose();
    let indicator = indicator.map_err(|why| {
        let common = ["spec", "indicator"];
        let own = at("indicator");
        let path = if resolved.is_composite() {
            &own[..]
        } else {
            &common
        };
        resolved.fault(path, format!("the indicator: {why}"))
    })?;
    let name = one.display_name.clone();
    Ok(Objective {
        name: name.unwrap_or_else(|| (number + 1).to_string()),
        budget: target.complement(),
        weight,
        slices: one.time_slice_window.map(|window| Slices {
            minutes: i64::try_from(window.minutes()).unwrap_or(i64::MAX),
            target: or_whole(&one.time_slice_target),
        }),
        indicator,
    })
}

fn period(window: &TimeWindow) -> Period {
    let calendar = window.calendar.as_ref().and_then(|calendar| {
        Some(Period::Calendar {
            start: calendar.start_time.parse().ok()?,
            zone: TimeZone::get(&calendar.time_zone).ok()?,
            step: window.duration,
        })
    });
    calendar.unwrap_or(Period::Rolling {
        minutes: i64::try_from(window.duration.minutes()).unwrap_or(i64::MAX),
    })
}

fn annotated(mut plan: Plan, resolved: &Resolved<'_>) -> Result<Plan, OpenSloError> {
    for (key, text) in &resolved.slo.metadata.annotations {
        let fault = |reason: String| resolved.fault(&["metadata", "annotations", key], reason);
        match key.as_str() {
            CORRECTIONS => plan.corrections = corrections::parse(text).map_err(fault)?,
            MIN_BAD_EVENTS => {
                let reason = || {
                    fault(format!(
                        "`{MIN_BAD_EVENTS}` is a whole number in quotes, as \"5\""
                    ))
                };
                plan.min_bad_events = text.trim().parse().map_err(|_| reason())?;
            }
            _ if key.starts_with(PREFIX) => {
                let reason =
                    format!("`{key}` is not known; {CORRECTIONS} and {MIN_BAD_EVENTS} are");
                return Err(fault(reason));
            }
            _ => {}
        }
    }
    Ok(plan)
}
