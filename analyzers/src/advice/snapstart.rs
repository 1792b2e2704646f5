//! Starting from a snapshot, for runtimes that can.

use store::model::{UnixNano, Usage};

use super::prices::Standing;
use super::provisioned::init_mean_ms;
use super::words::{Range, amount, counted, monthly, ms, per_month, percent};
use super::{Advice, Confidence, Kind, Prices, Recorded, Topic};
use crate::money::Usd;

/// Below this share of cold starts, thousandths, it is not worth the care.
const COLD_PERMILLE_MIN: u64 = 10;
/// Below this initialisation a restore is no faster, ms: restores take some hundred.
const INIT_MS_MIN: f64 = 500.0;
const MONTH_S: u64 = 2_629_800;

pub(super) struct SnapStart;

/// Whether it is for this runtime, and whether it is free there.
fn supported(runtime: &str) -> Option<bool> {
    let version = |prefix: &str| -> Option<Option<u32>> {
        let rest = runtime.strip_prefix(prefix)?;
        Some(rest.trim_start_matches('.').split('.').next()?.parse().ok())
    };
    if runtime.starts_with("java") {
        return version("java")
            .is_none_or(|v| v.is_none_or(|v| v >= 11))
            .then_some(true);
    }
    if runtime.starts_with("python") {
        let minor = runtime
            .strip_prefix("python3.")
            .and_then(|m| m.parse::<u32>().ok());
        return minor.is_none_or(|minor| minor >= 12).then_some(false);
    }
    if runtime.starts_with("dotnet") {
        return version("dotnet")
            .is_none_or(|v| v.is_none_or(|v| v >= 8))
            .then_some(false);
    }
    None
}

impl Kind for SnapStart {
    fn topic(&self) -> Topic {
        Topic::SnapStart
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
        if of.usage.iter().any(|u| u.init_kind == "snapstart-restore") {
            return Err("it starts from a snapshot already".to_owned());
        }
        if of.configured.provisioned > 0 {
            return Err("provisioned concurrency and SnapStart exclude each other".to_owned());
        }
        let runtime = of.runtime.to_lowercase();
        let Some(free) = supported(&runtime) else {
            return Err(match runtime.as_str() {
                "" => "nobody told its runtime".to_owned(),
                name => format!("the runtime {name:.40} has no snapshots"),
            });
        };
        let (all, cold) = (of.invocations(), of.cold_starts());
        if cold * 1_000 < all * COLD_PERMILLE_MIN {
            let share = percent(cold as f64 / all as f64);
            return Err(format!("only {share} of its invocations start cold"));
        }
        let init = init_mean_ms(of.hours, of.usage).ok_or("nobody told how long it initialises")?;
        if init < INIT_MS_MIN {
            return Err(format!("it initialises in {} already", ms(init)));
        }
        let like = of.current().ok_or("nothing ran")?;
        let costs = if free {
            Usd::ZERO
        } else {
            costs(of, like, cold, prices)?
        };
        let saved = per_month(prices.gross(&init_rows(of.usage))?, of.window_days);
        Ok(tell(
            of,
            cold,
            init,
            Range {
                low: -costs,
                high: saved - costs,
            },
            costs,
            free,
        ))
    }
}

fn tell(
    of: &Recorded<'_>,
    cold: u64,
    init: f64,
    saving: Range<Usd>,
    costs: Usd,
    free: bool,
) -> Advice {
    let all = of.invocations();
    let money = match saving.high.pico() {
        ..=0 => format!(
            "{} more a month",
            amount(Range {
                low: -saving.high,
                high: -saving.low
            })
        ),
        _ if saving.low.pico() < 0 => format!(
            "between {} more and {} less a month",
            -saving.low, saving.high
        ),
        _ => monthly(saving),
    };
    let what = format!(
        "Start it from a snapshot (SnapStart): {} up to {} faster; {money}.",
        counted(cold, "cold start"),
        ms(init)
    );
    let advice = Advice::new(Topic::SnapStart, of, what, saving)
        .sure(Confidence::Low)
        .changes_ms(-init * cold as f64 / all as f64, 0.0)
        .measured(format!(
            "{} of {} invocations started cold and initialised for {} on average.",
            percent(cold as f64 / all as f64),
            super::words::count(all),
            ms(init)
        ))
        .assumed("How long a restore takes is known only once it runs; a few hundred milliseconds are usual.")
        .wrong_if("Its initialisation opens connections or draws random numbers that must not be shared.");
    if free {
        return advice.derived("For Java, snapshots and restores are free.");
    }
    advice.derived(format!(
        "Keeping one version's snapshot and restoring it {} costs {costs} a month; what its \
         initialisations are billed now falls away.",
        counted(cold, "time")
    ))
}

/// The cache of one version around the clock and a restore for each cold start, in a month.
fn costs(of: &Recorded<'_>, like: &Usage, cold: u64, prices: &dyn Prices) -> Result<Usd, String> {
    let cache = prices.standing(like, Standing::SnapshotCache, like.memory_mb, MONTH_S)?;
    let restores = prices.restores(like, like.memory_mb, cold)?;
    Ok(cache + per_month(restores, of.window_days))
}

/// Only what initialisations were billed.
fn init_rows(rows: &[Usage]) -> Vec<Usage> {
    let only = |u: &Usage| Usage {
        invocations: 0,
        billed_ms: u.billed_init_ms,
        billed_mb_ms: u.billed_init_ms.saturating_mul(u64::from(u.memory_mb)),
        ..u.clone()
    };
    rows.iter().map(only).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, days};
    use super::*;

    fn cold_days() -> Vec<Usage> {
        days(30, |u| {
            u.memory_mb = 1_024;
            u.cold_starts = 50;
            u.init_us = 50 * 2_000_000;
            u.billed_init_ms = 50 * 2_000;
        })
    }

    #[test]
    fn java_is_free_and_python_pays_for_cache_and_restores() {
        let java = Case::new(cold_days())
            .runtime("java21")
            .ask(&SnapStart)
            .expect("advice");
        assert_eq!(java.saving.low, Usd::ZERO);
        let python = Case::new(cold_days())
            .runtime("python3.13")
            .ask(&SnapStart)
            .expect("advice");
        // 1 GB · 2,629,800 s · 0.0000015046 = 3.957; 1500 · 1.0147 · 0.0001397998 = 0.213.
        assert_eq!((-python.saving.low).to_string(), "$4.17");
        assert!(python.saving.high < java.saving.high);
        assert!(python.duration_ms.is_some_and(|ms| ms.low < 0.0));
    }

    #[test]
    fn runtimes_are_told_apart_by_their_age() {
        for (runtime, answer) in [
            ("java8.al2", None),
            ("java11", Some(true)),
            ("java", Some(true)),
            ("python3.11", None),
            ("python3.12", Some(false)),
            ("python", Some(false)),
            ("dotnet6", None),
            ("dotnet8", Some(false)),
            ("nodejs22.x", None),
        ] {
            assert_eq!(supported(runtime), answer, "{runtime}");
        }
    }

    #[test]
    fn rare_or_quick_starts_are_left() {
        let rare = days(30, |u| {
            u.cold_starts = 1;
            u.init_us = 2_000_000;
            u.invocations = 10_000;
        });
        let reason = Case::new(rare)
            .runtime("java21")
            .ask(&SnapStart)
            .expect_err("none");
        assert!(reason.starts_with("only less than 0.1 %"), "{reason}");
        let quick = days(30, |u| {
            u.cold_starts = 50;
            u.init_us = 50 * 90_000;
        });
        let reason = Case::new(quick)
            .runtime("java21")
            .ask(&SnapStart)
            .expect_err("none");
        assert_eq!(reason, "it initialises in 90 ms already");
    }
}
