//! What telemetry itself costs: billed time after the function's own span had ended.

use store::model::{UnixNano, Usage};

use super::words::{Range, amount, count, ms, percent, worth_it};
use super::{Advice, Confidence, INVOCATIONS_MIN, Kind, Prices, Recorded, Topic};

/// Less than this, ms, is the platform's own.
const AFTER_MS_MIN: f64 = 2.0;

pub(super) struct Telemetry;

impl Kind for Telemetry {
    fn topic(&self) -> Topic {
        Topic::Telemetry
    }

    fn consider(
        &self,
        of: &Recorded<'_>,
        prices: &dyn Prices,
        _: UnixNano,
    ) -> Result<Advice, String> {
        let known = of.telemetry.unwrap_or_default();
        if known.invocations < INVOCATIONS_MIN {
            return Err(format!(
                "both the platform's duration and the span's are needed and known of {} of {} \
                 invocations; send the platform's report lines too",
                known.invocations, INVOCATIONS_MIN
            ));
        }
        of.enough()?;
        if known.median_ms < AFTER_MS_MIN {
            return Err(format!(
                "an invocation ends {} after its span",
                ms(known.median_ms)
            ));
        }
        let mean_ms = known.after_ms / known.invocations as f64;
        let rows = of.current_rows();
        // The median for every invocation is what is usual; the mean has the rare stalled export in it.
        let low = prices.gross(&after(&rows, known.median_ms.min(mean_ms)))?;
        let high = prices.gross(&after(&rows, known.median_ms.max(mean_ms)))?;
        let saving = worth_it(Range { low, high }.per_month(of.window_days))?;
        let time_only: Vec<Usage> = (rows.iter().cloned())
            .map(|u| Usage {
                invocations: 0,
                ..u
            })
            .collect();
        let all = prices.gross(&time_only)?;
        let what = format!(
            "Send telemetry after the answer or in larger batches: {} a month are billed for time after the \
             function's own work.",
            amount(saving)
        );
        Ok(Advice::new(Topic::Telemetry, of, what, saving)
            .sure(Confidence::Low)
            .changes_ms(-known.median_ms.max(mean_ms), 0.0)
            .measured(format!(
                "Of {} invocations the platform billed {} (median; {} on average) more than their span \
                 lasted.",
                count(known.invocations),
                ms(known.median_ms),
                ms(mean_ms)
            ))
            .derived(format!(
                "That is {} of what its time costs.",
                percent(high.share_of(all).unwrap_or_default())
            ))
            .assumed("All of it is the exporter's or an extension's; the platform's own part is small.")
            .wrong_if("The function itself works on after its span has ended."))
    }
}

/// The time after the spans alone, as usage.
fn after(rows: &[Usage], each_ms: f64) -> Vec<Usage> {
    let only = |u: &Usage| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
        let billed_ms = (u.invocations as f64 * each_ms).round() as u64;
        Usage {
            invocations: 0,
            billed_ms,
            billed_init_ms: 0,
            billed_mb_ms: billed_ms.saturating_mul(u64::from(u.memory_mb)),
            ..u.clone()
        }
    };
    rows.iter().map(only).collect()
}

#[cfg(test)]
mod tests {
    use super::super::TelemetryTime;
    use super::super::testing::{Case, days};
    use super::*;

    #[test]
    fn the_exporters_tail_has_a_price() {
        let rows = days(30, |u| super::super::testing::take(u, 1_024, 200));
        let billed: u64 = rows.iter().map(|u| u.invocations).sum();
        let time = TelemetryTime {
            invocations: 5_000,
            after_ms: 5_000.0 * 60.0,
            median_ms: 40.0,
        };
        let advice = Case::new(rows)
            .telemetry(time)
            .ask(&Telemetry)
            .expect("advice");
        assert!(advice.saving.low < advice.saving.high && advice.saving.low.pico() > 0);
        let share = advice.steps[1].text.clone();
        assert!(share.contains("30 %"), "{share} of {billed}");
    }

    #[test]
    fn unknown_is_told_with_what_is_needed() {
        let reason = Case::new(days(10, |_| {}))
            .ask(&Telemetry)
            .expect_err("none");
        assert!(
            reason.contains("known of 0 of 100") && reason.contains("report lines"),
            "{reason}"
        );
        let time = TelemetryTime {
            invocations: 500,
            after_ms: 500.0,
            median_ms: 1.0,
        };
        let reason = Case::new(days(10, |_| {}))
            .telemetry(time)
            .ask(&Telemetry)
            .expect_err("none");
        assert_eq!(reason, "an invocation ends 1 ms after its span");
    }
}
