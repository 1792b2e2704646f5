//! How many sandboxes pay for themselves when they are kept ready, for each hour of the week.

use super::recorded::Hour;

/// Hours of a week.
pub(super) const HOURS: usize = 168;
/// Most sandboxes considered for an hour; above this it is a matter for a talk with the provider.
const SANDBOXES_MAX: u32 = 3_000;

/// The plan for one hour of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// Sandboxes busy on average.
    pub(super) busy: f64,
    /// Sandboxes worth keeping ready.
    pub(super) keep: u32,
    /// Of their time, busy: 0 to 1.
    pub(super) utilisation: f64,
    /// Of all busy time, on kept sandboxes: 0 to 1.
    pub(super) covered: f64,
    /// Cold starts in one such hour.
    pub(super) cold_starts: f64,
}

/// One plan for each hour of the week; hours that never came are left at zero.
///
/// Invocations are taken to arrive independently of one another, so the number of busy sandboxes is
/// Poisson around its mean. The k-th kept sandbox is busy whenever k or more are; it pays for itself if
/// that is more often than `break_even`.
pub(super) fn plan(hours: &[Hour], break_even: f64) -> [Plan; HOURS] {
    let mut plans = [Plan::default(); HOURS];
    for hour in hours.iter().filter(|h| h.times > 0) {
        let Some(plan) = plans.get_mut(usize::from(hour.hour_of_week)) else {
            continue;
        };
        let times = f64::from(hour.times);
        let busy = hour.billed_ms as f64 / (times * 3_600_000.0);
        let (keep, used) = worth_keeping(busy, break_even);
        *plan = Plan {
            busy,
            keep,
            utilisation: if keep > 0 {
                used / f64::from(keep)
            } else {
                0.0
            },
            covered: if busy > 0.0 { used / busy } else { 0.0 },
            cold_starts: hour.cold_starts as f64 / times,
        };
    }
    plans
}

/// How many to keep, and how many of them are busy on average.
fn worth_keeping(busy: f64, break_even: f64) -> (u32, f64) {
    // P(N ≥ 1), then one term less each time. The terms underflow for very busy hours, where all but the
    // last few sandboxes are busy all the time anyway.
    if busy > 600.0 {
        let keep = (busy as u32).min(SANDBOXES_MAX);
        return (keep, f64::from(keep) * 0.98);
    }
    let mut term = (-busy).exp();
    let mut at_least = 1.0 - term;
    let (mut keep, mut used) = (0_u32, 0.0);
    while at_least > break_even && keep < SANDBOXES_MAX {
        keep += 1;
        used += at_least;
        term *= busy / f64::from(keep);
        at_least -= term;
    }
    (keep, used.min(busy))
}

/// The schedule as people set it: `Mon–Fri 08–18: 3`, at most `most` lines, the rest counted.
pub(super) fn in_words(plans: &[Plan; HOURS], most: usize) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let of_day = |day: usize| -> Vec<u32> { (0..24).map(|h| plans[day * 24 + h].keep).collect() };
    let mut lines: Vec<String> = Vec::new();
    let mut day = 0;
    while day < 7 {
        let hours = of_day(day);
        let alike = (day..7).take_while(|d| of_day(*d) == hours).count();
        let label = match alike {
            1 => DAYS[day].to_owned(),
            n => format!("{}–{}", DAYS[day], DAYS[day + n - 1]),
        };
        let mut hour = 0;
        while hour < 24 {
            let same = (hour..24).take_while(|h| hours[*h] == hours[hour]).count();
            if hours[hour] > 0 {
                let end = hour + same;
                lines.push(format!("{label} {hour:02}–{end:02} UTC: {}", hours[hour]));
            }
            hour += same;
        }
        day += alike;
    }
    let more = lines.len().saturating_sub(most);
    lines.truncate(most);
    let mut text = lines.join("; ");
    if more > 0 {
        text.push_str(&format!("; and {more} more"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hour_of_week: u8, busy: f64) -> Hour {
        Hour {
            hour_of_week,
            times: 4,
            invocations: 1_000,
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            billed_ms: (busy * 4.0 * 3_600_000.0) as u64,
            cold_starts: 8,
        }
    }

    #[test]
    fn a_sandbox_busy_less_than_the_break_even_is_not_kept() {
        // P(N ≥ 1) = 1 − e^−busy: 0.59 and 0.61.
        assert_eq!(plan(&[hour(0, 0.89)], 0.6)[0].keep, 0);
        assert_eq!(plan(&[hour(0, 0.95)], 0.6)[0].keep, 1);
        let kept = plan(&[hour(0, 0.95)], 0.6)[0];
        assert!(kept.utilisation > 0.6 && kept.covered < 0.65, "{kept:?}");
    }

    #[test]
    fn every_kept_sandbox_is_above_the_break_even_and_covers_no_more_than_there_is() {
        for busy in [0.0, 0.3, 1.0, 4.2, 37.0, 599.0, 601.0, 2_500.0] {
            let plan = plan(&[hour(5, busy)], 0.6)[5];
            assert!(plan.keep == 0 || plan.utilisation > 0.6, "{plan:?}");
            assert!(
                plan.covered <= 1.0 && f64::from(plan.keep) <= busy + 1.0,
                "{plan:?}"
            );
            assert!((plan.cold_starts - 2.0).abs() < 1e-9);
        }
    }

    #[test]
    fn days_alike_are_told_together() {
        let mut plans = [Plan::default(); HOURS];
        for day in 0..5 {
            for hour in 8..18 {
                plans[day * 24 + hour].keep = 3;
            }
        }
        plans[6 * 24 + 23].keep = 1;
        assert_eq!(
            in_words(&plans, 6),
            "Mon–Fri 08–18 UTC: 3; Sun 23–24 UTC: 1"
        );
        assert_eq!(in_words(&plans, 1), "Mon–Fri 08–18 UTC: 3; and 1 more");
    }
}
