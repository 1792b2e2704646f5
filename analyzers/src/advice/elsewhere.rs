//! What the same traffic would have cost elsewhere, by the same books.
//!
//! Usage keeps sums, and another platform rounds each invocation its own way, so the answer is an
//! interval: the least and the most that invocations with this sum and this longest one can be billed.

use store::model::{BilledMemory, BilledTime, RoundingRule, Usage};

use super::words::Range;
use super::{Prices, Recorded};
use crate::money::Usd;

/// A place to run, and how its usage rows are called.
struct Place {
    name: &'static str,
    platform: &'static str,
    plan: &'static str,
    architecture: &'static str,
    /// Sizes it offers, MiB; empty for any.
    sizes_mb: &'static [u32],
    assumes: &'static str,
}

/// Where things could run.
const PLACES: [Place; 6] = [
    Place {
        name: "AWS Lambda, x86",
        platform: "aws_lambda",
        plan: "",
        architecture: "x86_64",
        sizes_mb: &[],
        assumes: "the same memory and duration",
    },
    Place {
        name: "AWS Lambda, arm64",
        platform: "aws_lambda",
        plan: "",
        architecture: "arm64",
        sizes_mb: &[],
        assumes: "the same memory and duration",
    },
    Place {
        name: "Azure Functions, Consumption",
        platform: "azure.functions",
        plan: "",
        architecture: "",
        sizes_mb: &[],
        assumes: "it uses the memory it has",
    },
    Place {
        name: "Azure Functions, Flex",
        platform: "azure.functions",
        plan: "flex",
        architecture: "",
        sizes_mb: &[512, 2_048, 4_096],
        assumes: "one call at a time on an instance",
    },
    Place {
        name: "Cloud Run, by request",
        platform: "gcp_cloud_run",
        plan: "",
        architecture: "",
        sizes_mb: &[],
        assumes: "one processor and one call at a time; calls that share an instance cost less",
    },
    Place {
        name: "Cloudflare Workers",
        platform: "cloudflare.workers",
        plan: "",
        architecture: "",
        sizes_mb: &[],
        assumes: "it fits into 128 MB and needs nothing a Worker has not; $5 a month for the account come on top",
    },
];

/// What it would have cost at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// What people call it.
    pub name: &'static str,
    /// Dollars within the window; or why nobody can tell.
    pub cost: Result<Range<Usd>, String>,
    /// What is assumed.
    pub assumes: &'static str,
    /// It runs there already.
    pub here: bool,
}

/// The same traffic at each place, at list price, before free grants.
#[must_use]
pub fn elsewhere(of: &Recorded<'_>, prices: &dyn Prices) -> Vec<Alternative> {
    let at = |place: &Place| Alternative {
        name: place.name,
        cost: price_at(of, prices, place),
        assumes: place.assumes,
        here: is_here(of, place),
    };
    PLACES.iter().map(at).collect()
}

fn is_here(of: &Recorded<'_>, place: &Place) -> bool {
    of.current().is_some_and(|u| {
        // An untold architecture is priced as x86.
        let architecture = match (u.architecture.as_str(), u.platform.as_str()) {
            ("", "aws_lambda") => "x86_64",
            ("x86_64" | "arm64", "aws_lambda") => u.architecture.as_str(),
            _ => "",
        };
        u.platform == place.platform && u.plan == place.plan && architecture == place.architecture
    })
}

fn price_at(of: &Recorded<'_>, prices: &dyn Prices, place: &Place) -> Result<Range<Usd>, String> {
    if of.invocations() == 0 {
        return Err("no invocations in this time".to_owned());
    }
    let (mut least, mut most) = (Vec::new(), Vec::new());
    for row in of.usage.iter().filter(|u| u.invocations > 0) {
        if row.unpriced * 10 > row.invocations {
            return Err("too few of its durations are known".to_owned());
        }
        let rule = prices
            .rule(place.platform, place.plan, row.from_s)
            .ok_or("no book has a price for it")?;
        let memory_mb = memory_at(row, &rule, place)?;
        let (low, high) = billed_ms(row, &rule)?;
        least.push(moved(row, place, memory_mb, low));
        most.push(moved(row, place, memory_mb, high));
    }
    Ok(Range {
        low: prices.gross(&least)?,
        high: prices.gross(&most)?,
    })
}

/// The memory billed there, MiB.
fn memory_at(row: &Usage, rule: &RoundingRule, place: &Place) -> Result<u32, String> {
    if rule.time == BilledTime::Cpu {
        return Ok(row.memory_mb.max(128));
    }
    let needed = match rule.memory {
        BilledMemory::Used if row.memory_used_mb_max > 0 => row.memory_used_mb_max,
        _ => row.memory_mb,
    };
    if needed == 0 {
        return Err("its memory is unknown".to_owned());
    }
    let stepped = needed
        .max(rule.memory_min_mb)
        .next_multiple_of(rule.memory_step_mb.max(1));
    if rule.memory_max_mb > 0 && stepped > rule.memory_max_mb {
        return Err(format!(
            "it needs {stepped} MB and gets {} at most",
            rule.memory_max_mb
        ));
    }
    if place.sizes_mb.is_empty() {
        return Ok(stepped);
    }
    let size = place.sizes_mb.iter().copied().find(|mb| *mb >= stepped);
    size.ok_or_else(|| format!("it needs {stepped} MB, more than there is"))
}

/// The least and the most that invocations with this sum, number and longest one can be billed, ms.
///
/// Rounding up to a step with a minimum is bounded below by `max(minimum, x)` and above by
/// `max(minimum, x + step)`, both convex: the least is when all are alike, the most when as many as
/// possible are the longest and all others are nothing.
fn billed_ms(row: &Usage, rule: &RoundingRule) -> Result<(u64, u64), String> {
    let n = row.invocations - row.unpriced.min(row.invocations);
    let sum_us = match rule.time {
        BilledTime::Wall => row.duration_us,
        BilledTime::Cpu if row.cpu_us > 0 => row.cpu_us,
        BilledTime::Cpu => return Err("processor time is not recorded".to_owned()),
    };
    let sum_ms = sum_us.div_ceil(1_000);
    let (step, least) = (
        u64::from(rule.time_step_ms.max(1)),
        u64::from(rule.time_min_ms),
    );
    let longest = u64::from(row.duration_ms_max).max(1);
    let low = (n * least).max(sum_ms);
    if longest <= least {
        return Ok((n * least, n * least));
    }
    let billed = |ms: u64| (ms + step).max(least);
    let long = (sum_ms / longest).min(n);
    let mut high = long * billed(longest);
    if n > long {
        high += billed(sum_ms - long * longest) + (n - long - 1) * billed(0);
    }
    Ok((low, high.max(low)))
}

fn moved(row: &Usage, place: &Place, memory_mb: u32, billed_ms: u64) -> Usage {
    Usage {
        platform: place.platform.to_owned(),
        plan: place.plan.to_owned(),
        architecture: place.architecture.to_owned(),
        memory_mb,
        vcpu_milli: if place.platform == "gcp_cloud_run" {
            1_000
        } else {
            0
        },
        init_kind: String::new(),
        billed_ms,
        billed_init_ms: 0,
        billed_mb_ms: billed_ms.saturating_mul(u64::from(memory_mb)),
        cpu_us: row.cpu_us,
        function_id: relocated(&row.function_id, place.platform),
        ..row.clone()
    }
}

/// The same function under the place's provider; regions have other names there, so the book's base
/// region is taken.
fn relocated(id: &str, platform: &str) -> String {
    let provider = match platform {
        "aws_lambda" => "aws",
        "azure.functions" => "azure",
        "cloudflare.workers" => "cloudflare",
        _ => "gcp",
    };
    let mut parts: Vec<&str> = id.split(':').collect();
    match parts.as_mut_slice() {
        [of, account, region, _] if *of != provider => {
            (*of, *account, *region) = (provider, "", "");
        }
        _ => {}
    }
    parts.join(":")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, days, take};
    use super::*;

    fn rule(step: u32, min: u32) -> RoundingRule {
        RoundingRule {
            time_step_ms: step,
            time_min_ms: min,
            ..super::super::testing::rule()
        }
    }

    #[test]
    fn the_interval_holds_whatever_the_invocations_were() {
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..300 {
            let n = 1 + random(40);
            let each: Vec<u64> = (0..n).map(|_| 1 + random(3_000)).collect();
            let row = Usage {
                invocations: n,
                duration_us: each.iter().sum::<u64>() * 1_000,
                duration_ms_max: u32::try_from(*each.iter().max().expect("one")).expect("small"),
                ..Usage::default()
            };
            for (step, min) in [(100, 1_000), (100, 0), (1, 0), (1, 100)] {
                let billed = |ms: u64| ms.next_multiple_of(u64::from(step)).max(u64::from(min));
                let truth: u64 = each.iter().map(|ms| billed(*ms)).sum();
                let (low, high) = billed_ms(&row, &rule(step, min)).expect("an interval");
                assert!(
                    low <= truth && truth <= high,
                    "{low} ≤ {truth} ≤ {high}: {each:?} {step} {min}"
                );
            }
        }
    }

    #[test]
    fn short_calls_on_a_long_minimum_are_known_exactly() {
        let row = Usage {
            invocations: 1_000,
            duration_us: 1_000 * 200_000,
            duration_ms_max: 700,
            ..Usage::default()
        };
        assert_eq!(
            billed_ms(&row, &rule(100, 1_000)),
            Ok((1_000_000, 1_000_000))
        );
    }

    #[test]
    fn workers_need_processor_time_and_nothing_is_invented_for_the_others() {
        let rows = days(30, |u| {
            u.architecture = "x86_64".into();
            take(u, 512, 200);
        });
        let case = Case::new(rows);
        let table = elsewhere(&case.recorded(), case.prices());
        let of = |name: &str| {
            table
                .iter()
                .find(|a| a.name.contains(name))
                .expect("a place")
        };
        assert!(of("x86").here && !of("arm64").here);
        let (x86, arm) = (of("x86").cost.clone(), of("arm64").cost.clone());
        assert!(arm.expect("arm").high < x86.expect("x86").high);
        assert_eq!(
            of("Workers").cost,
            Err("processor time is not recorded".to_owned())
        );
    }
}
