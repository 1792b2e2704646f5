//! The rules of an SLO.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{Checked, Kind, Path, description, filled, label, metadata, placed, policy, sli};
use crate::slo::openslo::number::Number;
use crate::slo::openslo::shape::{BudgetingMethod, Named, Objective, Sli, Slo, TimeWindow};

/// Objectives of one SLO.
const OBJECTIVES_MAX: usize = 100;
/// Alert policies of one SLO.
const POLICIES_MAX: usize = 20;

pub(super) fn check(path: &Path, slo: &Slo) -> Checked {
    description(path, slo.description.as_deref())?;
    filled(&path.to("service"), &slo.service)?;
    windows(&path.to("timeWindow"), &slo.time_window)?;
    indicators(path, slo)?;
    let objectives = path.to("objectives");
    let count = slo.objectives.len();
    let reason = format!("an SLO has 1 to {OBJECTIVES_MAX} objectives, not {count}");
    objectives.must((1..=OBJECTIVES_MAX).contains(&count), reason)?;
    for (number, one) in slo.objectives.iter().enumerate() {
        objective(&objectives.to(number), slo, one)?;
    }
    let policies = path.to("alertPolicies");
    let reason = format!("an SLO has at most {POLICIES_MAX} alert policies");
    policies.must(slo.alert_policies.len() <= POLICIES_MAX, reason)?;
    for (number, item) in slo.alert_policies.iter().enumerate() {
        let path = policies.to(number);
        let reference = ("alertPolicyRef", &item.alert_policy_ref);
        let inline = (&item.kind, &item.metadata, &item.spec);
        if let Some(spec) = placed(&path, reference, Kind::AlertPolicy, inline)? {
            policy(&path.to("spec"), spec)?;
        }
    }
    Ok(())
}

fn windows(path: &Path, windows: &[TimeWindow]) -> Checked {
    let [window] = windows else {
        let reason = format!("an SLO has exactly one `timeWindow`, not {}", windows.len());
        return Err(path.broken(reason));
    };
    let path = path.to(0);
    let reason = "`duration` is at least a minute";
    path.to("duration")
        .must(window.duration.minutes() > 0, reason)?;
    let Some(calendar) = &window.calendar else {
        let reason = "`calendar` is missing: a window that is not rolling needs its start and zone";
        return path.must(window.is_rolling == Some(true), reason);
    };
    let reason = "a rolling window has no `calendar`";
    path.must(window.is_rolling != Some(true), reason)?;
    let path = path.to("calendar");
    let start = &calendar.start_time;
    let shaped = start.len() == 19 && start.as_bytes()[10] == b' ';
    let reason = "`startTime` is a date and a time without a zone, as 2026-01-31 12:30:00";
    let sound = shaped && start.parse::<DateTime>().is_ok();
    path.to("startTime").must(sound, reason)?;
    let reason = "`timeZone` is a name of IANA's time zone database, as Europe/Berlin";
    path.to("timeZone")
        .must(TimeZone::get(&calendar.time_zone).is_ok(), reason)
}

/// One indicator for all objectives, or one for each.
fn indicators(path: &Path, slo: &Slo) -> Checked {
    let own = |one: &Objective| one.indicator.is_some() || one.indicator_ref.is_some();
    let composite = slo.objectives.iter().any(own);
    let common = slo.indicator.is_some() || slo.indicator_ref.is_some();
    match (common, composite) {
        (true, true) => Err(path.broken(
            "an indicator stands in `spec`, or in each of `objectives` (a composite), not in both",
        )),
        (false, false) => Err(path.broken(
            "`indicator` or `indicatorRef` is missing, in `spec` or, for a composite, in each of `objectives`",
        )),
        (true, false) => indicator(path, slo.indicator.as_ref(), slo.indicator_ref.as_deref()),
        (false, true) => {
            for (number, one) in slo.objectives.iter().enumerate() {
                let path = path.to("objectives").to(number);
                path.must(own(one), "each objective of a composite needs `indicator` or `indicatorRef`")?;
                indicator(&path, one.indicator.as_ref(), one.indicator_ref.as_deref())?;
            }
            Ok(())
        }
    }
}

fn indicator(path: &Path, inline: Option<&Named<Sli>>, reference: Option<&str>) -> Checked {
    match (inline, reference) {
        (Some(_), Some(_)) => Err(path.broken("write `indicator` or `indicatorRef`, not both")),
        (Some(inline), None) => {
            let path = path.to("indicator");
            metadata(&path.to("metadata"), &inline.metadata)?;
            sli(&path.to("spec"), &inline.spec)
        }
        (None, Some(name)) => label(&path.to("indicatorRef"), name),
        (None, None) => Ok(()),
    }
}

fn objective(path: &Path, slo: &Slo, one: &Objective) -> Checked {
    match (&one.target, &one.target_percent) {
        (Some(target), None) => {
            let reason = format!("`target` is {target}; it must be 0 to below 1");
            path.to("target").must(below(target, 1), reason)?;
        }
        (None, Some(target)) => {
            let reason = format!("`targetPercent` is {target}; it must be 0 to below 100");
            path.to("targetPercent").must(below(target, 100), reason)?;
        }
        (Some(_), Some(_)) => {
            return Err(path.broken("write `target` or `targetPercent`, not both"));
        }
        (None, None) => return Err(path.broken("`target` or `targetPercent` is missing")),
    }
    slices(path, slo, one)?;
    if let Some(weight) = &one.composite_weight {
        let path = path.to("compositeWeight");
        path.must(weight.0 > 0, "`compositeWeight` must be above 0")?;
        let common = slo.indicator.is_some() || slo.indicator_ref.is_some();
        path.must(
            !common,
            "`compositeWeight` needs an indicator in each objective",
        )?;
    }
    match one.indicator.as_ref().or(slo.indicator.as_ref()) {
        Some(inline) => compared(path, &inline.spec, one),
        None => Ok(()),
    }
}

/// What a threshold metric is compared with must be told; a ratio has nothing to compare.
pub(in crate::slo::openslo) fn compared(path: &Path, sli: &Sli, one: &Objective) -> Checked {
    if sli.threshold_metric.is_none() {
        let reason = "the indicator is a ratio, which is compared with nothing: leave out `value`";
        return path.to("value").must(one.value.is_none(), reason);
    }
    path.must(
        one.op.is_some(),
        "`op` is missing: a threshold metric is compared by lt, lte, gt or gte",
    )?;
    path.must(
        one.value.is_some(),
        "`value` is missing: what the threshold metric is compared with",
    )
}

fn slices(path: &Path, slo: &Slo, one: &Objective) -> Checked {
    let method = slo.budgeting_method;
    if method != BudgetingMethod::Occurrences {
        let reason = format!("`timeSliceWindow` is missing; {method:?} needs it");
        path.must(one.time_slice_window.is_some(), reason)?;
    }
    if method == BudgetingMethod::Timeslices {
        let reason = "`timeSliceTarget` is missing; Timeslices needs it";
        path.must(one.time_slice_target.is_some(), reason)?;
    }
    if let Some(target) = &one.time_slice_target {
        let reason = format!("`timeSliceTarget` is {target}; it must be above 0, at most 1");
        path.to("timeSliceTarget")
            .must(target.0 > 0 && target.0 <= 1, reason)?;
    }
    if let Some(slice) = one.time_slice_window {
        let path = path.to("timeSliceWindow");
        path.must(
            slice.minutes() > 0,
            "`timeSliceWindow` is at least a minute",
        )?;
        let window = slo.time_window.first().map_or(0, |w| w.duration.minutes());
        let reason = "`timeSliceWindow` is longer than the window of the SLO";
        path.must(slice.minutes() <= window, reason)?;
    }
    Ok(())
}

fn below(value: &Number, limit: i32) -> bool {
    value.0 >= 0 && value.0 < limit
}
