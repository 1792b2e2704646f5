//! A time limit far above anything that ever finished: a hanging call is billed until it strikes.

use store::model::UnixNano;

use super::recorded::resized;
use super::words::{Range, count, counted, monthly, ms};
use super::{Advice, Confidence, Kind, Prices, Recorded, Topic};
use crate::money::Usd;

/// The limit stays this many times the longest that ended well.
const HEAD_ROOM: u64 = 3;
/// Least limit worth setting, ms.
const LIMIT_MS_MIN: u64 = 3_000;

pub(super) struct TimeLimit;

impl Kind for TimeLimit {
    fn topic(&self) -> Topic {
        Topic::Timeout
    }

    fn consider(
        &self,
        of: &Recorded<'_>,
        prices: &dyn Prices,
        _: UnixNano,
    ) -> Result<Advice, String> {
        let limit_ms = of.configured.timeout_ms;
        if limit_ms == 0 {
            return Err(
                "its time limit is unknown; set timeout_ms under costs.functions".to_owned(),
            );
        }
        of.enough()?;
        let current = of.current().ok_or("nothing ran")?;
        let timeouts: u64 = of.usage.iter().map(|u| u.timeouts).sum();
        // Rows with a timeout have the limit itself as their longest; the others tell what is needed.
        let ended = of.usage.iter().filter(|u| u.timeouts == 0);
        let longest_ms = u64::from(ended.map(|u| u.duration_ms_max).max().unwrap_or(0));
        if longest_ms == 0 {
            return Err("on every recorded day something ended at the limit".to_owned());
        }
        let wanted_ms = (longest_ms * HEAD_ROOM)
            .max(LIMIT_MS_MIN)
            .next_multiple_of(1_000);
        if wanted_ms * 2 > limit_ms {
            return Err(format!(
                "its limit of {} suits its longest invocation of {}",
                ms(limit_ms as f64),
                ms(longest_ms as f64)
            ));
        }
        // One that hangs runs to the limit; at the lower one it costs the difference less.
        let one = store::model::Usage {
            invocations: 0,
            billed_ms: limit_ms - wanted_ms,
            billed_init_ms: 0,
            ..current.clone()
        };
        let each = prices.gross(&resized(&[one], current.memory_mb, 1, 1))?;
        let saving = Range::exactly(each.scale(timeouts, 1)).per_month(of.window_days);
        Ok(tell(
            of, limit_ms, wanted_ms, longest_ms, timeouts, each, saving,
        ))
    }
}

fn tell(
    of: &Recorded<'_>,
    limit_ms: u64,
    wanted_ms: u64,
    longest_ms: u64,
    timeouts: u64,
    each: Usd,
    saving: Range<Usd>,
) -> Advice {
    let money = match timeouts {
        0 => format!("{each} less for each call that hangs"),
        _ => monthly(saving),
    };
    let what = format!(
        "Lower its time limit from {} to {}: {money}.",
        ms(limit_ms as f64),
        ms(wanted_ms as f64)
    );
    Advice::new(Topic::Timeout, of, what, saving)
        .sure(Confidence::Medium)
        .measured(format!(
            "The longest of {} invocations took {}, on days on which none was stopped.",
            count(of.invocations()),
            ms(longest_ms as f64)
        ))
        .measured(format!(
            "{} ended at the limit.",
            counted(timeouts, "invocation")
        ))
        .derived(format!(
            "Three times the longest is {}; a call that hangs would cost {each} less each time.",
            ms(wanted_ms as f64)
        ))
        .wrong_if("It has a rare, long job that did not come within this time.")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, days};
    use super::*;

    #[test]
    fn hanging_calls_are_priced_by_what_they_wait_for_nothing() {
        let mut rows = days(10, |u| u.duration_ms_max = 1_500);
        rows[4].timeouts = 10;
        rows[4].duration_ms_max = 900_000;
        let advice = Case::new(rows)
            .timeout_ms(900_000)
            .ask(&TimeLimit)
            .expect("advice");
        assert!(
            advice.what.contains("from 15 min to 5 s"),
            "{}",
            advice.what
        );
        assert!(advice.saving.high > Usd::from_cents(1));
    }

    #[test]
    fn an_unknown_limit_gives_no_advice_and_says_where_to_set_it() {
        let reason = Case::new(days(10, |_| {}))
            .ask(&TimeLimit)
            .expect_err("none");
        assert!(reason.contains("costs.functions"), "{reason}");
        let fits = days(10, |u| u.duration_ms_max = 4_000);
        let reason = Case::new(fits)
            .timeout_ms(20_000)
            .ask(&TimeLimit)
            .expect_err("none");
        assert!(reason.contains("suits"), "{reason}");
    }
}
