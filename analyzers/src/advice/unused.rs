//! Functions nobody calls.

use store::model::{UnixNano, Usage};

use super::prices::Standing;
use super::words::{Range, monthly};
use super::{Advice, Confidence, Kind, Prices, Recorded, Topic};
use crate::money::Usd;

/// Silent for so many days: a monthly job is not unused.
const SILENT_DAYS: i64 = 35;
const DAY_S: i64 = 86_400;
const MONTH_S: u64 = 2_629_800;

pub(super) struct Unused;

impl Kind for Unused {
    fn topic(&self) -> Topic {
        Topic::Unused
    }

    fn consider(
        &self,
        of: &Recorded<'_>,
        prices: &dyn Prices,
        now: UnixNano,
    ) -> Result<Advice, String> {
        let silent_days = (now.as_secs() - of.last_seen_s) / DAY_S;
        let invocations = of.invocations();
        if silent_days < SILENT_DAYS || invocations > 0 {
            return Err(match invocations {
                0 => format!("silent for {silent_days} of {SILENT_DAYS} days"),
                _ => "it is called".to_owned(),
            });
        }
        let kept = of.configured.provisioned;
        let standing = match (kept, of.usage.first()) {
            (0, _) => Usd::ZERO,
            (_, Some(like)) => keeping(like, kept, prices)?,
            (_, None) => {
                return Err("its memory is unknown, so is what keeping it costs".to_owned());
            }
        };
        let saving = Range::exactly(standing);
        let money = match standing.pico() {
            0 => "it costs nothing while it is silent".to_owned(),
            _ => monthly(saving),
        };
        let what = format!("Remove it if nobody needs it: {money}.");
        Ok(Advice::new(Topic::Unused, of, what, saving)
            .sure(if kept > 0 {
                Confidence::Medium
            } else {
                Confidence::Low
            })
            .measured(format!("Nothing of it arrived for {silent_days} days."))
            .assumed(
                "That it still exists; telemetry cannot tell a removed function from a silent one.",
            )
            .wrong_if("It is called once a quarter or a year, or sends its telemetry elsewhere."))
    }
}

fn keeping(like: &Usage, kept: u32, prices: &dyn Prices) -> Result<Usd, String> {
    let one = prices.standing(like, Standing::Provisioned, like.memory_mb, MONTH_S)?;
    Ok(one.scale(u64::from(kept), 1))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, NOW, days};
    use super::*;

    #[test]
    fn one_invocation_a_month_is_not_unused() {
        let case = Case::new(days(1, |u| u.invocations = 1)).silent_days(30);
        assert_eq!(case.ask(&Unused), Err("it is called".to_owned()));
        let case = Case::new(Vec::new()).silent_days(34);
        assert_eq!(
            case.ask(&Unused),
            Err("silent for 34 of 35 days".to_owned())
        );
    }

    #[test]
    fn a_silent_function_costs_nothing_unless_something_is_kept_for_it() {
        let advice = Case::new(Vec::new())
            .silent_days(90)
            .ask(&Unused)
            .expect("advice");
        assert!(advice.what.contains("costs nothing") && advice.saving.high == Usd::ZERO);
        let kept = days(1, |u| {
            u.invocations = 0;
            u.memory_mb = 1_024;
        });
        let advice = Case::new(kept)
            .silent_days(90)
            .provisioned(2)
            .ask(&Unused)
            .expect("advice");
        assert_eq!(advice.saving.high.to_string(), "$21.92");
        assert!(NOW.as_secs() > 0);
    }
}
