//! Provisioned concurrency that is there and used below its break-even.

use store::model::UnixNano;

use super::provisioned::HourPrices;
use super::schedule::plan;
use super::words::{Range, counted, monthly, percent, short};
use super::{Advice, Confidence, Kind, Prices, Recorded, Topic};
use crate::money::Usd;

/// Hours of a month, hundredths.
const MONTH_CENTIHOURS: u64 = 73_050;

pub(super) struct ProvisionedIdle;

impl Kind for ProvisionedIdle {
    fn topic(&self) -> Topic {
        Topic::ProvisionedIdle
    }

    fn consider(
        &self,
        of: &Recorded<'_>,
        prices: &dyn Prices,
        _: UnixNano,
    ) -> Result<Advice, String> {
        let kept = of.configured.provisioned;
        if kept == 0 {
            return Err("no provisioned concurrency is configured under costs.standing".to_owned());
        }
        of.enough()?;
        let like = of.current().ok_or("nothing ran")?;
        let times: u64 = of.hours.iter().map(|h| u64::from(h.times)).sum();
        if times == 0 {
            return Err("its hours of the week are not recorded yet".to_owned());
        }
        let hour = HourPrices::read(like, prices)?;
        let break_even = hour
            .break_even()
            .ok_or("running on kept sandboxes is not cheaper")?;
        // What is kept at most helps as much as there is to do.
        let busy_hours: f64 = plan(of.hours, 1.0)
            .iter()
            .map(|p| p.busy.min(f64::from(kept)))
            .sum();
        let utilisation = busy_hours / 168.0 / f64::from(kept);
        if utilisation >= break_even {
            return Err(format!(
                "it is busy {} of its time, above the break-even of {}",
                percent(utilisation),
                percent(break_even)
            ));
        }
        let of_hours = |amount: Usd, share: f64| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
            let ppm = (share * 1e6).round() as u64;
            let month = amount
                .scale(MONTH_CENTIHOURS, 100)
                .scale(u64::from(kept), 1);
            month
                .scale(u64::from(like.memory_mb), 1_024)
                .scale(ppm, 1_000_000)
        };
        let gained = of_hours(hour.on_demand - hour.running, utilisation);
        let saving = Range::exactly(of_hours(hour.idle, 1.0) - gained);
        let what = format!(
            "Keep fewer than {} ready, or keep them by the hour: {}.",
            counted(u64::from(kept), "sandbox").replace("sandboxs", "sandboxes"),
            monthly(saving)
        );
        Ok(Advice::new(Topic::ProvisionedIdle, of, what, saving)
            .sure(Confidence::Medium)
            .measured(format!(
                "On average {} sandboxes were busy; {kept} are kept.",
                short(busy_hours / 168.0)
            ))
            .derived(format!(
                "They are busy {} of their time at most; below {} they cost more than on demand.",
                percent(utilisation),
                percent(break_even)
            ))
            .wrong_if("They are kept for the speed of the first answer and not for the money."))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, days, week};
    use super::*;

    #[test]
    fn ten_kept_for_one_busy_cost_more_than_on_demand() {
        let case = Case::new(days(28, |u| u.memory_mb = 1_024)).hours(week(4, |_| 1.0));
        let advice = case.provisioned(10).ask(&ProvisionedIdle).expect("advice");
        // 10 GB · 730.5 h · 3600 · 0.0000041667 less 1 · 730.5 · 3600 · 0.0000069445 = 109.58 − 18.26.
        assert_eq!(advice.saving.high.to_string(), "$91.31");
        assert!(
            advice.steps[1].text.contains("busy 10 % of their time"),
            "{:?}",
            advice.steps
        );
    }

    #[test]
    fn what_is_busy_enough_or_not_there_is_left() {
        let busy = Case::new(days(28, |_| {}))
            .hours(week(4, |_| 0.9))
            .provisioned(1);
        assert!(
            busy.ask(&ProvisionedIdle)
                .expect_err("none")
                .contains("above the break-even")
        );
        let none = Case::new(days(28, |_| {})).hours(week(4, |_| 0.9));
        assert!(
            none.ask(&ProvisionedIdle)
                .expect_err("none")
                .contains("costs.standing")
        );
    }
}
