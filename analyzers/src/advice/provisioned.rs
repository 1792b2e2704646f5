//! Provisioned concurrency at those hours of the week at which it pays for itself.

use store::model::{UnixNano, Usage};

use super::prices::Standing;
use super::recorded::{Hour, mean_ms};
use super::schedule::{HOURS, Plan, in_words, plan};
use super::words::{Range, counted, monthly, ms, percent, short};
use super::{Advice, Confidence, DAYS_MIN, Kind, Prices, Recorded, Topic};
use crate::money::Usd;

/// One GB for an hour, in the units of usage.
const GB_HOUR_MB_MS: u64 = 1_024 * 3_600_000;
/// Weeks of a month, hundredths.
const MONTH_CENTIWEEKS: u64 = 435;
/// Lines of the schedule that are told.
const LINES: usize = 6;

pub(super) struct Provisioned;

/// The prices of one GB for one hour.
pub(super) struct HourPrices {
    pub(super) on_demand: Usd,
    /// While it runs on a kept sandbox,
    pub(super) running: Usd,
    /// and for keeping it, running or not.
    pub(super) idle: Usd,
}

impl HourPrices {
    /// What the book says for a function like this.
    pub(super) fn read(like: &Usage, prices: &dyn Prices) -> Result<Self, String> {
        let hour = |init_kind: &str| Usage {
            invocations: 0,
            init_kind: init_kind.to_owned(),
            billed_ms: 3_600_000,
            billed_init_ms: 0,
            memory_mb: 1_024,
            billed_mb_ms: GB_HOUR_MB_MS,
            ..like.clone()
        };
        Ok(Self {
            on_demand: prices.gross(&[hour("")])?,
            running: prices.gross(&[hour("provisioned")])?,
            idle: prices.standing(like, Standing::Provisioned, 1_024, 3_600)?,
        })
    }

    /// The share of its time a kept sandbox must be busy to pay for itself.
    pub(super) fn break_even(&self) -> Option<f64> {
        let gain = self.on_demand - self.running;
        (gain.pico() > 0)
            .then(|| self.idle.share_of(gain))
            .flatten()
    }
}

impl Kind for Provisioned {
    fn topic(&self) -> Topic {
        Topic::Provisioned
    }

    fn consider(
        &self,
        of: &Recorded<'_>,
        prices: &dyn Prices,
        _: UnixNano,
    ) -> Result<Advice, String> {
        of.enough()?;
        if !of.runs_on("aws_lambda") {
            return Err("it is not on AWS Lambda".to_owned());
        }
        if of.configured.provisioned > 0 {
            return Err("it has provisioned concurrency already".to_owned());
        }
        let like = of.current().ok_or("nothing ran")?;
        let told: u32 = of.hours.iter().map(|h| u32::from(h.times > 0)).sum();
        if told < DAYS_MIN * 24 {
            return Err(format!(
                "too few hours of the week recorded: {told} of {HOURS}"
            ));
        }
        let hour = HourPrices::read(like, prices)?;
        let break_even = hour
            .break_even()
            .ok_or("running on kept sandboxes is not cheaper")?;
        if break_even >= 1.0 {
            return Err(
                "at its region's prices even a kept sandbox that is always busy costs more than on demand"
                    .to_owned(),
            );
        }
        let plans = plan(of.hours, break_even);
        let kept: u64 = plans.iter().map(|p| u64::from(p.keep)).sum();
        if kept == 0 {
            return Err(not_busy(&plans, break_even));
        }
        let week = saved_in_a_week(&plans, &hour, like.memory_mb);
        let saving = Range {
            low: Usd::ZERO,
            high: week.scale(MONTH_CENTIWEEKS, 100),
        };
        Ok(tell(of, &plans, break_even, saving))
    }
}

fn tell(of: &Recorded<'_>, plans: &[Plan; HOURS], break_even: f64, saving: Range<Usd>) -> Advice {
    let avoided: f64 = plans.iter().map(|p| p.cold_starts * p.covered).sum::<f64>();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
    let avoided_monthly = (avoided * 4.35).round() as u64;
    let kept: u32 = plans.iter().map(|p| p.keep).max().unwrap_or(0);
    let schedule = in_words(plans, LINES);
    let what = format!(
        "Keep up to {} ready by a schedule ({schedule}): {}, and about {} a month fewer.",
        counted(u64::from(kept), "sandbox"),
        monthly(saving),
        counted(avoided_monthly, "cold start"),
    );
    let what = what.replace("sandboxs", "sandboxes");
    let used: f64 = plans
        .iter()
        .map(|p| p.utilisation * f64::from(p.keep))
        .sum();
    let all: f64 = plans.iter().map(|p| f64::from(p.keep)).sum();
    let init_ms = init_mean_ms(of.hours, of.usage);
    let mut advice = Advice::new(Topic::Provisioned, of, what, saving)
        .sure(Confidence::Medium)
        .measured(format!(
            "Busy sandboxes in an hour are its billed time divided by an hour; the busiest hour of the \
             week keeps {} busy.",
            short(plans.iter().map(|p| p.busy).fold(0.0, f64::max))
        ))
        .derived(format!(
            "By the book's own prices a kept sandbox pays for itself when it is busy {} of its time; \
             those of this schedule would be busy {}.",
            percent(break_even),
            percent(used / all.max(1.0))
        ))
        .assumed(
            "Invocations are taken to come independently of one another. If they come in bunches, kept \
             sandboxes are busy less, hence the lower end of the saving.",
        )
        .wrong_if("Next month's traffic differs from that of the recorded weeks.")
        .wrong_if("The schedule is not followed: a sandbox kept at a quiet hour costs its full price.");
    if let Some(init_ms) = init_ms {
        advice = advice.measured(format!(
            "A cold start took {} more on average.",
            ms(init_ms)
        ));
    }
    if let Some(mean) = mean_ms(of.usage) {
        advice = advice.measured(format!("An invocation took {} on average.", ms(mean)));
    }
    advice
}

/// Mean initialisation of a cold start, ms.
pub(super) fn init_mean_ms(_: &[Hour], rows: &[Usage]) -> Option<f64> {
    let starts: u64 = rows.iter().map(|u| u.cold_starts).sum();
    let init_us: u64 = rows.iter().map(|u| u.init_us).sum();
    (starts > 0 && init_us > 0).then(|| init_us as f64 / 1e3 / starts as f64)
}

fn not_busy(plans: &[Plan; HOURS], break_even: f64) -> String {
    let most = plans.iter().map(|p| p.busy).fold(0.0, f64::max);
    // P(N ≥ 1) = 1 − e^−busy has to pass the break-even.
    let needed = -(1.0 - break_even).ln();
    format!(
        "no hour is busy enough: the busiest hour of the week keeps {most:.2} sandboxes busy, and below \
         {needed:.2} a kept sandbox idles more than the break-even of {} allows",
        percent(break_even)
    )
}

/// Busy time moves from the on-demand price to the running price; keeping costs its price.
fn saved_in_a_week(plans: &[Plan; HOURS], hour: &HourPrices, memory_mb: u32) -> Usd {
    let gain = hour.on_demand - hour.running;
    let milli = |value: f64| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
        let whole = (value * 1_000.0).round() as u64;
        whole
    };
    let used: f64 = plans
        .iter()
        .map(|p| p.utilisation * f64::from(p.keep))
        .sum();
    let kept: u64 = plans.iter().map(|p| u64::from(p.keep)).sum();
    let per_gb = gain.scale(milli(used), 1_000) - hour.idle.scale(kept, 1);
    per_gb.scale(u64::from(memory_mb), 1_024)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, days, week};
    use super::*;

    #[test]
    fn the_break_even_follows_from_the_prices() {
        let case = Case::new(days(1, |_| {}));
        let hour = HourPrices::read(&case.rows[0], case.prices()).expect("prices");
        let break_even = hour.break_even().expect("a share");
        assert!((break_even - 0.600_0).abs() < 0.000_1, "{break_even}");
    }

    #[test]
    fn office_hours_get_a_schedule_and_the_night_none() {
        let hours = week(4, |hour| {
            if (8..18).contains(&(hour % 24)) && hour < 120 {
                5.0
            } else {
                0.1
            }
        });
        let case = Case::new(days(28, |u| u.memory_mb = 1_024)).hours(hours);
        let advice = case.ask(&Provisioned).expect("advice");
        assert!(
            advice.what.contains("Mon–Fri 08–18 UTC: "),
            "{}",
            advice.what
        );
        assert!(advice.saving.high.pico() > 0);
        assert!(
            advice.steps.iter().any(|s| s.text.contains("60 %")),
            "{:?}",
            advice.steps
        );
    }

    #[test]
    fn quiet_functions_are_told_how_far_they_are_from_it() {
        let case = Case::new(days(28, |_| {})).hours(week(4, |_| 0.3));
        let reason = case.ask(&Provisioned).expect_err("none");
        assert!(
            reason.contains("0.30 sandboxes busy") && reason.contains("0.92"),
            "{reason}"
        );
    }

    #[test]
    fn where_keeping_costs_more_than_it_can_save_no_traffic_is_enough() {
        // In Frankfurt the prices break even at 101 %.
        let rows = days(28, |u| {
            u.function_id = u.function_id.replace("us-east-1", "eu-central-1");
        });
        let case = Case::new(rows).hours(week(4, |_| 50.0));
        let reason = case.ask(&Provisioned).expect_err("none");
        assert!(reason.starts_with("at its region's prices"), "{reason}");
    }

    #[test]
    fn an_hour_that_was_never_recorded_is_no_quiet_hour() {
        let mut hours = week(4, |_| 5.0);
        hours.truncate(30);
        let reason = Case::new(days(10, |_| {}))
            .hours(hours)
            .ask(&Provisioned)
            .expect_err("none");
        assert_eq!(reason, "too few hours of the week recorded: 30 of 168");
    }
}
