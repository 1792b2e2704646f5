//! A budget that will be spent: what the last days spent, carried on.
//!
//! Where the period rolls, what the coming days spend comes to what is spent now, and what the oldest days
//! spent falls out of it; where it is a calendar's, nothing falls out, and the budget grows with the events.
//! Only bad events by chance at an even rate are reckoned with; that the pace changes is not.

use store::model::Severity;

use super::book::{Saying, Stepped};
use super::reckon::Known;
use crate::detectors::costs::words::moment;
use crate::slo::Plan;
use crate::slo::period::Stretch;
use crate::slo::report::{self, span};

/// The kind of these findings.
pub const KIND: &str = "slo_forecast";
/// So many minutes are looked at, and looked ahead.
pub const LOOK_MINUTES: i64 = 3 * 1_440;
/// Of a rolling period shorter than this, nothing is said: most of it is the days that are looked at.
const ROLLING_MINUTES_MIN: i64 = 7 * 1_440;
/// The last day has to spend at least such a part of what the days on average spent: else it is over.
const STILL: f64 = 0.5;
/// Once told, it is told until the budget lasts so many times as long as is looked ahead.
const ON: f64 = 1.5;

/// When a budget is spent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// Minutes from now, at the pace of the last days.
    pub minutes: f64,
    /// Not sooner, in 97.5 % of cases.
    pub low: f64,
    /// Not later; infinite where that cannot be said.
    pub high: f64,
    /// What is left of the budget.
    pub left: f64,
    /// Minutes until a calendar's period ends and the budget is new.
    pub ends: Option<f64>,
}

/// When the budget is spent if the last days go on; `None` where it lasts, is spent already, or nothing can
/// be said.
#[must_use]
pub fn look(plan: &Plan, known: &Known, so_far: Stretch, period_minutes: i64) -> Option<Outlook> {
    let rolls = plan.period.rolls();
    let least = if rolls {
        ROLLING_MINUTES_MIN
    } else {
        LOOK_MINUTES
    };
    if so_far.minutes() < least {
        return None;
    }
    let part = |begin: i64, minutes: i64| Stretch {
        begin,
        end: begin + minutes,
    };
    let spent = |part: Stretch| known.spent(part, so_far).map(|spent| spent.to_f64());
    let days = part(so_far.end - LOOK_MINUTES, LOOK_MINUTES);
    let (all, coming) = (spent(so_far)?, spent(days)?);
    let last = spent(part(so_far.end - 1_440, 1_440))?;
    if all >= 1.0 || last * 3.0 < STILL * coming {
        return None;
    }
    #[allow(clippy::cast_precision_loss)] // minutes of at most ten years, events of one of them
    let (look, length) = (LOOK_MINUTES as f64, so_far.minutes() as f64);
    let going = match rolls {
        true => spent(part(so_far.begin, LOOK_MINUTES))?,
        false => look / length,
    };
    let bad = known.events(days).bad;
    let (slow, fast) = report::by_chance(bad);
    let until = |coming: f64| match coming > going {
        true => look * (1.0 - all) / (coming - going),
        false => f64::INFINITY,
    };
    let outlook = Outlook {
        minutes: until(coming),
        low: until(coming * fast),
        high: until(coming * slow),
        left: 1.0 - all,
        #[allow(clippy::cast_precision_loss)]
        ends: (!rolls).then_some((period_minutes - so_far.minutes()) as f64),
    };
    Some(outlook)
        .filter(|one| one.minutes.is_finite() && one.ends.is_none_or(|end| one.minutes < end))
}

/// What is to be said of a group whose budget will be spent.
#[must_use]
pub fn say(one: &Stepped<'_>, was_told: bool) -> Option<Saying> {
    let outlook = one.outlook?;
    #[allow(clippy::cast_precision_loss)] // a constant
    let look = LOOK_MINUTES as f64;
    let is_told = match was_told {
        true => outlook.minutes <= ON * look,
        false => outlook.high <= look,
    };
    if !is_told {
        return None;
    }
    let whom = one.whom();
    let begin_s = (one.line.minute + 1) * 60;
    let at = |minutes: f64| {
        #[allow(clippy::cast_possible_truncation)] // minutes of some days
        let at_s = begin_s + (minutes * 60.0).round() as i64;
        moment(u32::try_from(at_s).unwrap_or(u32::MAX))
    };
    let latest = match outlook.high.is_finite() {
        true => at(outlook.high),
        false => "later".to_owned(),
    };
    Some(Saying {
        severity: Severity::Medium,
        title: format!("The error budget of {whom} will be spent {}", at(outlook.minutes)),
        sentence: format!(
            "At the pace of the last 3 days the error budget of {whom} is spent in {}, {} (95 %: {} to {latest}); \
             {:.1} % of it are left.",
            span(outlook.minutes),
            at(outlook.minutes),
            at(outlook.low),
            outlook.left * 100.0
        ),
        reasons: vec![
            "No alert on the burn rate fires: it burns slowly, but little is left.".to_owned(),
            "What falls out of a rolling window, and that a calendar's budget grows, is reckoned with.".to_owned(),
        ],
    })
}

#[cfg(test)]
#[path = "ahead_tests.rs"]
mod tests;
