//! What costs without any invocation: concurrency kept ready, snapshots kept, instances, subscriptions.

use super::book::{Asked, Dimension, Price, StandingPrice};
use super::books::{Books, architecture};
use super::charge::{Charge, gb_s};
use super::config::{Standing, milli};
use super::decimal::{Decimal, divided};
use super::month::{Period, second};

const STANDING_MAX: usize = 10_000;
/// Digits behind the point of hours, which seconds do not always divide into.
const HOURS_DIGITS: i64 = 12;

/// Something that stands ready, as configured and checked.
#[derive(Clone, Debug)]
pub(super) struct Stands {
    provider: String,
    account: String,
    region: String,
    function_id: String,
    charge: String,
    count: u32,
    memory_mb: u32,
    vcpu_milli: u32,
    architecture: String,
    runtime: String,
    from_s: i64,
    until_s: i64,
}

/// What stands ready costs within a period.
pub(super) struct StandingCharge {
    pub provider: String,
    pub account: String,
    pub region: String,
    pub function_id: String,
    pub charge: Charge,
}

/// Checks what the configuration says against the books.
pub(super) fn read(books: &Books, written: &[Standing]) -> Result<Vec<Stands>, String> {
    if written.len() > STANDING_MAX {
        return Err(format!("standing: at most {STANDING_MAX}"));
    }
    let stands = written.iter().enumerate().map(|(at, standing)| {
        one(books, standing).map_err(|fault| format!("standing[{at}]: {fault}"))
    });
    stands.collect()
}

fn one(books: &Books, written: &Standing) -> Result<Stands, String> {
    let parts: Vec<&str> = written.function.split(':').collect();
    let [provider, account, region, _name] = parts.as_slice() else {
        return Err(format!(
            "function `{}`: write provider:account:region:name; the name may be empty",
            written.function
        ));
    };
    let Some((book, prices)) = books.of(provider) else {
        return Err(format!("no price book prices `{provider}`"));
    };
    let Some(price) = prices.standing(&written.charge) else {
        let known: Vec<&str> = prices
            .standing
            .iter()
            .map(|known| known.charge.as_str())
            .collect();
        return Err(format!(
            "book `{}` has no standing charge `{}` of {provider}; it has {}",
            book.id,
            written.charge,
            known.join(", ")
        ));
    };
    let vcpu_milli = milli(written.vcpu)?;
    for (key, given, needs) in [
        (
            "memory_mb",
            written.memory_mb,
            [Dimension::GbS, Dimension::GbHours],
        ),
        ("vcpu", vcpu_milli, [Dimension::VcpuS, Dimension::VcpuHours]),
    ] {
        let priced = price
            .prices
            .iter()
            .any(|price| needs.contains(&price.dimension));
        if priced && given == 0 {
            return Err(format!("`{}` is priced by size: say {key}", written.charge));
        }
    }
    let (from_s, until_s) = (
        moment(&written.from, i64::MIN)?,
        moment(&written.until, i64::MAX)?,
    );
    if until_s <= from_s {
        return Err("`until` must be after `from`".to_owned());
    }
    let architecture = match architecture(&written.architecture)? {
        "" => "x86_64",
        told => told,
    };
    Ok(Stands {
        provider: (*provider).to_owned(),
        account: (*account).to_owned(),
        region: (*region).to_owned(),
        function_id: written.function.clone(),
        charge: price.charge.clone(),
        count: written.count,
        memory_mb: written.memory_mb,
        vcpu_milli,
        architecture: architecture.to_owned(),
        runtime: written.runtime.to_ascii_lowercase(),
        from_s,
        until_s,
    })
}

fn moment(written: &Option<String>, default: i64) -> Result<i64, String> {
    match written {
        None => Ok(default),
        Some(text) => {
            second(text).ok_or_else(|| format!("`{text}` is no time, as 2025-08-01T00:00:00Z"))
        }
    }
}

/// What stands ready within `period`, priced where there is a price.
pub(super) fn charges(books: &Books, period: &Period) -> Vec<StandingCharge> {
    let of_one = |stands: &Stands| -> Option<Vec<StandingCharge>> {
        let (_, prices) = books.of(&stands.provider)?;
        let price = prices.standing(&stands.charge)?;
        let (first_s, end_s) = period.month.range_s(&prices.calendar);
        let end_s = period.until_s.map_or(end_s, |until_s| until_s.min(end_s));
        let (from_s, until_s) = (stands.from_s.max(first_s), stands.until_s.min(end_s));
        if until_s <= from_s {
            return None;
        }
        let seconds = billed_s(price, until_s - from_s, stands.from_s >= first_s);
        let asked = Asked {
            region: &stands.region,
            arch: &stands.architecture,
            at_s: from_s,
        };
        let mut dimensions: Vec<Dimension> = price.prices.iter().map(|p| p.dimension).collect();
        dimensions.sort_unstable();
        dimensions.dedup();
        let found = dimensions
            .into_iter()
            .filter_map(|d| prices.price(&price.prices, d, asked));
        let paid = found.filter(|found| !found.price.except_runtimes.contains(&stands.runtime));
        Some(
            paid.map(|found| StandingCharge {
                provider: stands.provider.clone(),
                account: stands.account.clone(),
                region: stands.region.clone(),
                function_id: stands.function_id.clone(),
                charge: Charge {
                    quantity: quantity(stands, &found.price, seconds),
                    price: found.price,
                    region_assumed: found.region_assumed,
                    date_assumed: found.date_assumed,
                },
            })
            .collect(),
        )
    };
    books.standing.iter().filter_map(of_one).flatten().collect()
}

/// Seconds as billed: up to the step, and at least the minimum in the month in which it begins.
fn billed_s(price: &StandingPrice, seconds: i64, begins: bool) -> u64 {
    let seconds = u64::try_from(seconds).unwrap_or(0);
    let stepped = seconds.next_multiple_of(u64::from(price.time_step_s.max(1)));
    match begins {
        true => stepped.max(u64::from(price.time_min_s)),
        false => stepped,
    }
}

fn quantity(stands: &Stands, price: &Price, seconds: u64) -> Decimal {
    let seconds = Decimal::from(seconds) * Decimal::from(stands.count);
    let gb = gb_s(&(Decimal::from(stands.memory_mb) * Decimal::from(1000)));
    let vcpu = Decimal::new(stands.vcpu_milli.into(), 3);
    let hours = |seconds: &Decimal| divided(seconds, &Decimal::from(3600), HOURS_DIGITS);
    match price.dimension {
        Dimension::GbS => gb * seconds,
        Dimension::VcpuS => vcpu * seconds,
        Dimension::InstanceHours => hours(&seconds),
        Dimension::GbHours => hours(&(gb * seconds)),
        Dimension::VcpuHours => hours(&(vcpu * seconds)),
        Dimension::Months => Decimal::from(stands.count),
        _ => Decimal::from(0),
    }
}
