//! The same function on arm64, where nothing has to be compiled for it.

use store::model::{UnixNano, Usage};

use super::recorded::{invocations, mean_ms, resized};
use super::words::{Range, count, monthly, ms, percent, worth_it};
use super::{Advice, Confidence, INVOCATIONS_MIN, Kind, Prices, Recorded, Topic};

/// Runtimes whose code runs on either architecture as it is.
const PORTABLE: [&str; 5] = ["python", "nodejs", "java", "ruby", "dotnet"];

pub(super) struct Arm64;

impl Kind for Arm64 {
    fn topic(&self) -> Topic {
        Topic::Arm64
    }

    fn consider(
        &self,
        of: &Recorded<'_>,
        prices: &dyn Prices,
        _: UnixNano,
    ) -> Result<Advice, String> {
        of.enough()?;
        eligible(of)?;
        let rows = of.current_rows();
        let arm: Vec<Usage> = (of.usage.iter())
            .filter(|u| u.architecture == "arm64")
            .cloned()
            .collect();
        let both = invocations(&arm) >= INVOCATIONS_MIN;
        let ratio = match (mean_ms(&arm), mean_ms(&rows)) {
            (Some(there), Some(here)) if both => there / here,
            _ => 1.0,
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
        let permille = (ratio * 1_000.0).round() as u64;
        let now_usd = prices.gross(&rows)?;
        let saving = now_usd - prices.gross(&moved(&rows, permille))?;
        if saving.pico() <= 0 {
            return Err("it would not be cheaper there".to_owned());
        }
        let saving = worth_it(Range::exactly(saving).per_month(of.window_days))?;
        let what = format!("Run it on arm64: {}.", monthly(saving));
        let less = saving
            .low
            .share_of(super::words::per_month(now_usd, of.window_days));
        let advice = Advice::new(Topic::Arm64, of, what, saving)
            .measured(format!(
                "{} invocations ran on x86_64 at {} MB.",
                count(invocations(&rows)),
                of.current().map_or(0, |u| u.memory_mb)
            ))
            .derived(format!(
                "The same billed time at the price of arm64 costs {} less.",
                percent(less.unwrap_or_default())
            ))
            .wrong_if("A dependency is native code without a build for arm64.");
        let mean = mean_ms(&rows).unwrap_or_default();
        let change = mean * (ratio - 1.0);
        Ok(if both {
            advice
                .sure(Confidence::High)
                .changes_ms(change, change)
                .measured(format!(
                    "It also ran on arm64 {} times: {} instead of {} on average.",
                    count(invocations(&arm)),
                    ms(mean * ratio),
                    ms(mean)
                ))
        } else {
            advice
                .assumed(
                    "An invocation is taken to last as long there; nothing of it ran on arm64.",
                )
                .wrong_if(
                    "It lasts more than a fifth longer on arm64, which makes up for the price.",
                )
        })
    }
}

/// Whether it runs on x86 now and could run on the other as it is.
fn eligible(of: &Recorded<'_>) -> Result<(), String> {
    if !of.runs_on("aws_lambda") {
        return Err("only AWS Lambda prices the two architectures apart".to_owned());
    }
    match of.current().map_or("", |u| u.architecture.as_str()) {
        "x86_64" => {}
        "" => return Err("nobody told its architecture".to_owned()),
        other => return Err(format!("it runs on {other} already")),
    }
    let runtime = of.runtime.to_lowercase();
    if !PORTABLE.iter().any(|name| runtime.starts_with(name)) {
        return Err(match runtime.as_str() {
            "" => "nobody told its runtime".to_owned(),
            _ => "its code must be built for arm64 first".to_owned(),
        });
    }
    Ok(())
}

fn moved(rows: &[Usage], permille: u64) -> Vec<Usage> {
    let mut out = Vec::with_capacity(rows.len());
    for row in rows {
        out.extend(resized(
            std::slice::from_ref(row),
            row.memory_mb,
            permille,
            1_000,
        ));
    }
    out.iter_mut().for_each(|u| u.architecture = "arm64".into());
    out
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, days};
    use super::*;

    #[test]
    fn python_on_x86_saves_a_fifth_of_its_time_and_nothing_of_its_requests() {
        let rows = days(30, |u| super::super::testing::take(u, 10_240, 100));
        let requests = rows.iter().map(|u| u.invocations).sum::<u64>();
        let gb_s = rows.iter().map(|u| u.billed_mb_ms).sum::<u64>() / 1_024_000;
        let advice = Case::new(rows)
            .runtime("python3.13")
            .ask(&Arm64)
            .expect("advice");
        // 0.0000166667 − 0.0000133334 = 0.0000033333 per GB-second.
        let exact = crate::money::Usd::from_pico(i128::from(gb_s) * 3_333_300);
        let exact = super::super::words::per_month(exact, 30);
        let off = (advice.saving.low - exact).pico().abs();
        assert!(
            off < 5_000_000_000,
            "{} of {requests}: {exact}",
            advice.saving.low
        );
        assert_eq!(advice.confidence, Confidence::Medium);
        assert!(advice.duration_ms.is_none(), "nothing measured");
    }

    #[test]
    fn code_that_must_be_built_is_left_and_unknown_stays_unknown() {
        let x86 = || days(10, |u| u.architecture = "x86_64".into());
        for (runtime, reason) in [
            ("provided.al2023", "its code must be built for arm64 first"),
            ("go1.x", "its code must be built for arm64 first"),
            ("", "nobody told its runtime"),
        ] {
            assert_eq!(
                Case::new(x86()).runtime(runtime).ask(&Arm64),
                Err(reason.to_owned())
            );
        }
        let arm = days(10, |u| u.architecture = "arm64".into());
        assert!(Case::new(arm).runtime("python").ask(&Arm64).is_err());
        let untold = days(10, |u| u.architecture = String::new());
        let reason = Case::new(untold)
            .runtime("python")
            .ask(&Arm64)
            .expect_err("none");
        assert_eq!(reason, "nobody told its architecture");
    }

    #[test]
    fn where_both_ran_the_measured_speed_counts() {
        let mut rows = days(14, |u| {
            u.architecture = "arm64".into();
            super::super::testing::take(u, 10_240, 90);
        });
        for row in rows.iter_mut().skip(7) {
            row.architecture = "x86_64".into();
            super::super::testing::take(row, 10_240, 100);
        }
        let advice = Case::new(rows)
            .runtime("nodejs22.x")
            .ask(&Arm64)
            .expect("advice");
        assert_eq!(advice.confidence, Confidence::High);
        assert!(
            advice
                .duration_ms
                .is_some_and(|ms| (ms.low + 10.0).abs() < 0.5)
        );
    }
}
