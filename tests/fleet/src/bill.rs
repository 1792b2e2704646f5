//! The bills: what each function costs in each month, from what really happened, in whole numbers.
//!
//! List prices in the first tier and no free grants. Amounts are kept as multiples of a unit that
//! divides every price evenly, so that nothing is ever rounded but the cents at the end.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::function::{Arch, Function, Platform};
use crate::invocation::Invocation;
use crate::time::Ns;
use crate::truth::{billed_ms, identity, with};

/// Units in 10⁻¹⁰ dollars: 1,024 MiB in a GiB, 1,000 ms in a second, 1,000 thousandths of a processor or MHz.
const UNITS: i128 = 1_024 * 1_000 * 1_000;
/// A unit as digits behind the point: 10⁻¹⁰ ÷ (2¹⁰ · 10⁶) = 5¹⁰ · 10⁻²⁶.
const DIGITS: usize = 26;
const UNIT_IN_DIGITS: i128 = 9_765_625;

/// Prices of a platform, 10⁻¹⁰ dollars; 0 for what it does not charge.
struct Prices {
    request: i128,
    gb_s: i128,
    /// Of a processor for a second, and of how many thousandths.
    cpu_s: i128,
    cpu_milli: i128,
}

fn prices(f: &Function) -> Option<Prices> {
    let plain = |request, gb_s| Prices {
        request,
        gb_s,
        cpu_s: 0,
        cpu_milli: 0,
    };
    match f.platform {
        Platform::AwsLambda if f.arch == Arch::Arm64 => Some(plain(2_000, 133_334)),
        Platform::AwsLambda => Some(plain(2_000, 166_667)),
        Platform::AzureFunctions => Some(plain(2_000, 160_000)),
        // A processor for each instance.
        Platform::GcpCloudRun => Some(Prices {
            cpu_s: 240_000,
            cpu_milli: 1_000,
            ..plain(4_000, 25_000)
        }),
        // By the GHz that come with the memory.
        Platform::GcpCloudFunctions => Some(Prices {
            cpu_s: 100_000,
            cpu_milli: mhz(f.memory_mb),
            ..plain(4_000, 25_000)
        }),
        Platform::CloudflareWorkers | Platform::Vercel | Platform::Knative => None,
    }
}

fn mhz(memory_mb: u32) -> i128 {
    match memory_mb {
        0..=128 => 200,
        129..=256 => 400,
        257..=512 => 800,
        513..=1_024 => 1_400,
        1_025..=2_048 => 2_400,
        _ => 4_800,
    }
}

/// Azure bills the app's memory in steps of 128 MiB up to 1,536; the others what is configured.
fn billed_mb(f: &Function) -> u64 {
    let memory_mb = u64::from(f.memory_mb);
    match f.platform {
        Platform::AzureFunctions => memory_mb.next_multiple_of(128).min(1_536),
        _ => memory_mb,
    }
}

/// A line of a bill.
#[derive(Default)]
struct Line {
    identity: Value,
    invocations: u64,
    billed_ms: u64,
    billed_mb_ms: u64,
    units: i128,
}

/// All bills so far, by month and function.
pub struct Bills {
    pacific: TimeZone,
    lines: BTreeMap<(String, String, String), Line>,
}

impl Bills {
    /// No bills yet.
    ///
    /// # Errors
    /// The machine does not know California's time, by which Google bills.
    pub fn new() -> Result<Self> {
        let pacific = TimeZone::get("America/Los_Angeles")
            .context("look up America/Los_Angeles: install the time zone database (tzdata)")?;
        Ok(Self {
            pacific,
            lines: BTreeMap::new(),
        })
    }

    /// Adds an invocation to the bill of the month in which it began.
    pub fn add(&mut self, inv: &Invocation<'_>) {
        let f = inv.function;
        let (Some(prices), Some(ms)) = (prices(f), billed_ms(inv)) else {
            return;
        };
        let month = self.month(f.platform, inv.started);
        let key = (month, f.account.clone(), format!("{}/{}", f.app, f.name));
        let line = self.lines.entry(key).or_default();
        let mb_ms = ms * billed_mb(f);
        line.identity = identity(f);
        line.invocations += 1;
        line.billed_ms += ms;
        line.billed_mb_ms += mb_ms;
        line.units += prices.request * UNITS
            + i128::from(mb_ms) * prices.gb_s * 1_000
            + i128::from(ms) * prices.cpu_milli * prices.cpu_s * 1_024;
    }

    fn month(&self, platform: Platform, at: Ns) -> String {
        let zone = match platform {
            Platform::GcpCloudRun | Platform::GcpCloudFunctions => self.pacific.clone(),
            _ => TimeZone::UTC,
        };
        let stamp = Timestamp::from_nanosecond(i128::from(at)).unwrap_or(Timestamp::UNIX_EPOCH);
        stamp.to_zoned_datetime(zone).strftime("%Y-%m").to_string()
    }

    /// The lines of ground truth.
    pub fn lines(&self) -> impl Iterator<Item = Value> {
        self.lines.iter().map(|((month, ..), line)| {
            let told = json!({
                "kind": "bill",
                "month": month,
                "invocations": line.invocations,
                "billed_ms": line.billed_ms,
                "billed_mb_ms": line.billed_mb_ms,
                "usd": decimal(line.units),
                "cents": cents(line.units),
            });
            with(line.identity.clone(), told)
        })
    }
}

/// An amount as exact decimal text.
fn decimal(units: i128) -> String {
    let digits = format!("{:0>width$}", units * UNIT_IN_DIGITS, width = DIGITS + 1);
    let (whole, rest) = digits.split_at(digits.len() - DIGITS);
    match rest.trim_end_matches('0') {
        "" => whole.to_owned(),
        rest => format!("{whole}.{rest}"),
    }
}

/// An amount in cents, half up.
fn cents(units: i128) -> i128 {
    let cent = 10_i128.pow(DIGITS as u32 - 2);
    (units * UNIT_IN_DIGITS + cent / 2) / cent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        // 3 million requests of 1 s with 512 MiB: $0.60 + 1.5 million GB-s.
        let units = 3_000_000 * 2_000 * UNITS + 3_000_000 * 1_000 * 512 * 166_667 * 1_000;
        assert_eq!(decimal(units), "25.60005");
        assert_eq!(cents(units), 2_560);
        assert_eq!(decimal(1), "0.00000000000000000009765625");
        assert_eq!(decimal(0), "0");
        // Half a cent is a cent.
        assert_eq!(cents(5 * 10_i128.pow(7) * UNITS), 1);
        assert_eq!(cents(5 * 10_i128.pow(7) * UNITS - 1), 0);
    }

    #[test]
    fn months_begin_at_midnight_of_the_billing_calendar() {
        let bills = Bills::new().unwrap();
        let at = crate::time::parse_moment("2026-03-01T07:59:59.999Z").unwrap();
        assert_eq!(bills.month(Platform::GcpCloudRun, at), "2026-02");
        assert_eq!(
            bills.month(Platform::GcpCloudRun, at + 1_000_000),
            "2026-03"
        );
        assert_eq!(bills.month(Platform::AwsLambda, at), "2026-03");
    }
}
