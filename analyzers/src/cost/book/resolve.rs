//! From what a file spells to what is priced with, each fault at its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_saphyr::Spanned;
use store::model::{BilledInit, BilledMemory, BilledTime};

use super::load::{Fault, at};
use super::shape::{
    BookFile, GrantFile, Init, Memory, PlanFile, PriceFile, RoundingFile, StandingFile, Time,
};
use super::{Grant, Plan, Price, ProviderBook, Rounding, Source, StandingPrice, Tier, Validity};
use crate::cost::decimal::Decimal;
use crate::cost::pattern::Pattern;

/// What the parts of a file refer to.
pub(super) struct Context {
    id: String,
    sources: BTreeMap<String, Arc<Source>>,
}

impl Context {
    pub(super) fn new(file: &BookFile) -> Result<Self, Fault> {
        let mut sources = BTreeMap::new();
        for (name, source) in &file.sources {
            day(&source.read)?;
            let source = Source {
                title: source.title.clone(),
                url: source.url.clone(),
                read: source.read.value.clone(),
            };
            sources.insert(name.clone(), Arc::new(source));
        }
        Ok(Self {
            id: file.id.value.clone(),
            sources,
        })
    }
}

pub(super) fn zone(name: &Spanned<String>) -> Result<TimeZone, Fault> {
    TimeZone::get(&name.value).map_err(|_| {
        let text = format!(
            "`{}` is no time zone, as UTC or America/Los_Angeles",
            name.value
        );
        at(name, text)
    })
}

/// The first second of a day, UTC.
fn day(text: &Spanned<String>) -> Result<i64, Fault> {
    text.value
        .parse::<Date>()
        .ok()
        .and_then(|date| date.to_zoned_datetime(TimeZone::UTC).ok())
        .map(|zoned| zoned.timestamp().as_second())
        .ok_or_else(|| at(text, format!("`{}` is no day, as 2025-08-01", text.value)))
}

fn validity(from: &Spanned<String>, until: Option<&Spanned<String>>) -> Result<Validity, Fault> {
    let from_s = day(from)?;
    let until_s = until.map(day).transpose()?;
    match until {
        Some(place) if until_s.is_some_and(|until_s| until_s <= from_s) => {
            Err(at(place, "`valid_until` must be after `valid_from`"))
        }
        _ => Ok(Validity { from_s, until_s }),
    }
}

pub(super) fn grant(file: &Spanned<GrantFile>) -> Result<Grant, Fault> {
    let GrantFile {
        quantity,
        unit,
        worth,
    } = &file.value;
    for amount in [Some(quantity), worth.as_ref()].into_iter().flatten() {
        if amount.value.is_negative() {
            return Err(at(amount, "a free grant must not be negative"));
        }
    }
    // A grant is told in its price's unit; `1` of `1M requests` is a million.
    let million = Decimal::from(1_000_000);
    let one = Decimal::from(1);
    let factor = unit.factor();
    let units = if factor == one { &one } else { &million };
    Ok(Grant {
        quantity: &quantity.value.0 * units,
        worth: worth.as_ref().map(|worth| &worth.value.0 * factor),
    })
}

/// Lays a plan over the one of the same name, or adds it.
pub(super) fn plan(
    book: &Context,
    file: &PlanFile,
    provider: &mut ProviderBook,
) -> Result<(), Fault> {
    let platform = &file.platform.value;
    let Some((platform, _)) = provider.platforms.iter().find(|(name, _)| name == platform) else {
        let text = format!("`{platform}` is none of this provider's `platforms`");
        return Err(at(&file.platform, text));
    };
    let place = format!(
        "{platform}/{}",
        if file.plan.is_empty() {
            "on-demand"
        } else {
            &file.plan
        }
    );
    let rounding = roundings(&file.rounding)?;
    let prices = prices(book, &place, &file.prices, provider)?;
    let known = provider
        .plans
        .iter_mut()
        .find(|plan| plan.platform == *platform && plan.id == file.plan);
    if let Some(known) = known {
        known.names.extend(file.names.iter().cloned());
        known.default_memory_mb = file.default_memory_mb.or(known.default_memory_mb);
        known.rounding.splice(0..0, rounding);
        known.prices.splice(0..0, prices);
        return Ok(());
    }
    if rounding.is_empty() && !prices.is_empty() {
        let text = format!("plan `{place}` has prices and no `rounding`");
        return Err(at(&file.platform, text));
    }
    provider.plans.push(Plan {
        platform: platform.clone(),
        id: file.plan.clone(),
        names: file.names.clone(),
        default_memory_mb: file.default_memory_mb,
        mhz_by_memory: ascending(&file.mhz_by_memory, &file.platform)?,
        vcpu_milli_by_memory: ascending(&file.vcpu_milli_by_memory, &file.platform)?,
        shared: file.shared,
        note: file.note.clone(),
        rounding,
        prices,
    });
    Ok(())
}

fn ascending(table: &[(u32, u32)], place: &Spanned<String>) -> Result<Vec<(u32, u32)>, Fault> {
    match table.windows(2).all(|pair| pair[0].0 < pair[1].0) {
        true => Ok(table.to_vec()),
        false => Err(at(place, "tables by memory must ascend")),
    }
}

/// Lays a standing charge over the one of the same name, or adds it.
pub(super) fn standing(
    book: &Context,
    file: &StandingFile,
    provider: &mut ProviderBook,
) -> Result<(), Fault> {
    let charge = &file.charge.value;
    let platform = &file.platform.value;
    if !provider.platforms.iter().any(|(name, _)| name == platform) {
        let text = format!("`{platform}` is none of this provider's `platforms`");
        return Err(at(&file.platform, text));
    }
    let step = file.time_step_s.as_ref().map_or(1, |step| step.value);
    if let (0, Some(place)) = (step, &file.time_step_s) {
        return Err(at(place, "`time_step_s` must be at least 1"));
    }
    let prices = prices(
        book,
        &format!("{platform}/{charge}"),
        &file.prices,
        provider,
    )?;
    let known = provider
        .standing
        .iter_mut()
        .find(|known| known.charge == *charge);
    if let Some(known) = known {
        known.prices.splice(0..0, prices);
        return Ok(());
    }
    provider.standing.push(StandingPrice {
        charge: charge.clone(),
        platform: platform.clone(),
        with_usage: file.with_usage,
        time_step_s: step,
        time_min_s: file.time_min_s,
        prices,
    });
    Ok(())
}

fn roundings(files: &[RoundingFile]) -> Result<Vec<Rounding>, Fault> {
    let mut out: Vec<Rounding> = Vec::new();
    for file in files {
        let valid = validity(&file.valid_from, file.valid_until.as_ref())?;
        if out.iter().any(|other| other.valid.meets(&valid)) {
            return Err(at(
                &file.valid_from,
                "two roundings of this plan hold at once",
            ));
        }
        out.push(Rounding {
            valid,
            time: match file.time {
                Time::Wall => BilledTime::Wall,
                Time::Cpu => BilledTime::Cpu,
            },
            time_step_ms: step(&file.time_step_ms)?,
            time_min_ms: file.time_min_ms,
            memory: match file.memory {
                Memory::Configured => BilledMemory::Configured,
                Memory::Used => BilledMemory::Used,
            },
            memory_step_mb: step(&file.memory_step_mb)?,
            memory_min_mb: file.memory_min_mb,
            memory_max_mb: file.memory_max_mb,
            init: match file.init {
                Init::Always => BilledInit::Always,
                Init::OwnRuntimes => BilledInit::OwnRuntimes,
                Init::Never => BilledInit::Never,
            },
            believes_reported: file.believes_reported,
        });
    }
    Ok(out)
}

fn step(text: &Spanned<String>) -> Result<Option<u32>, Fault> {
    match (text.value.as_str(), text.value.parse::<u32>()) {
        ("exact", _) => Ok(None),
        (_, Ok(step @ 1..=3_600_000)) => Ok(Some(step)),
        (given, _) => Err(at(
            text,
            format!("`{given}` is no step: write 1 to 3600000, or `exact` for no rounding"),
        )),
    }
}

fn prices(
    book: &Context,
    place: &str,
    files: &[PriceFile],
    provider: &ProviderBook,
) -> Result<Vec<Arc<Price>>, Fault> {
    let mut out: Vec<Arc<Price>> = Vec::new();
    for file in files {
        let price = price(book, place, file, provider)?;
        if let Some(other) = out.iter().find(|other| at_once(other, &price)) {
            let text = format!(
                "this price and `{}` hold at once: end one with `valid_until`",
                other.entry
            );
            return Err(at(&file.valid_from, text));
        }
        out.push(Arc::new(price));
    }
    Ok(out)
}

fn at_once(one: &Price, other: &Price) -> bool {
    let regions = match (one.regions.is_empty(), other.regions.is_empty()) {
        (true, true) => true,
        (false, false) => one
            .regions
            .iter()
            .any(|region| other.regions.contains(region)),
        _ => false,
    };
    let arch = one.arch.is_none() || other.arch.is_none() || one.arch == other.arch;
    one.dimension == other.dimension && regions && arch && one.valid.meets(&other.valid)
}

fn price(
    book: &Context,
    place: &str,
    file: &PriceFile,
    provider: &ProviderBook,
) -> Result<Price, Fault> {
    let dimension = file.dimension.value;
    if !file.unit.value.fits(dimension) {
        let text = format!(
            "a price of `{}` cannot be one per {}",
            dimension.as_str(),
            file.unit.value.as_str()
        );
        return Err(at(&file.unit, text));
    }
    let Some(source) = book.sources.get(&file.source.value) else {
        let text = format!("`{}` is none of this book's `sources`", file.source.value);
        return Err(at(&file.source, text));
    };
    if let Some(grant) = &file.grant
        && !provider.grants.contains_key(&grant.value)
    {
        let text = format!("`{}` is none of this provider's `grants`", grant.value);
        return Err(at(grant, text));
    }
    let arch = file
        .arch
        .as_ref()
        .map_or_else(String::new, |arch| format!("/{arch}"));
    let region = file
        .regions
        .first()
        .map_or_else(String::new, |r| format!("/{r}"));
    let from = &file.valid_from.value;
    Ok(Price {
        entry: format!("{place}/{}{arch}{region} since {from}", dimension.as_str()),
        book: book.id.clone(),
        dimension,
        unit: file.unit.value,
        tiers: tiers(file)?,
        arch: file.arch.clone(),
        regions: file
            .regions
            .iter()
            .map(|region| Pattern::new(region))
            .collect(),
        grant: file.grant.as_ref().map(|grant| grant.value.clone()),
        valid: validity(&file.valid_from, file.valid_until.as_ref())?,
        source: source.clone(),
        above_mb: file.above_mb,
        except_runtimes: file.except_runtimes.clone(),
    })
}

fn tiers(file: &PriceFile) -> Result<Vec<Tier>, Fault> {
    let mut tiers = Vec::new();
    match (&file.price, file.tiers.as_slice()) {
        (Some(price), []) => {
            positive(price)?;
            tiers.push(Tier {
                up_to: None,
                price: price.value.0.clone(),
            });
        }
        (None, [_, ..]) => {
            for tier in &file.tiers {
                positive(&tier.price)?;
                tiers.push(Tier {
                    up_to: tier.up_to.as_ref().map(|up_to| up_to.value.0.clone()),
                    price: tier.price.value.0.clone(),
                });
            }
        }
        _ => return Err(at(&file.dimension, "write either `price` or `tiers`")),
    }
    let (last, before) = match tiers.split_last() {
        Some(split) => split,
        None => return Err(at(&file.dimension, "write either `price` or `tiers`")),
    };
    let mut end = Decimal::from(0);
    for (tier, written) in before.iter().zip(&file.tiers) {
        match &tier.up_to {
            Some(up_to) if *up_to > end => end = up_to.clone(),
            _ => {
                return Err(at(
                    &written.price,
                    "tiers must ascend: `up_to` above the one before",
                ));
            }
        }
    }
    match last.up_to {
        None => Ok(tiers),
        Some(_) => Err(at(&file.dimension, "the last tier must be without `up_to`")),
    }
}

fn positive(price: &Spanned<crate::cost::decimal::Written>) -> Result<(), Fault> {
    match price.value.is_negative() {
        true => Err(at(price, "a price must not be negative")),
        false => Ok(()),
    }
}

/// All prices and the worth of grants times `factor`, as prices of book `id`.
pub(super) fn scale(provider: &mut ProviderBook, factor: &Decimal, id: &str) {
    let plans = provider.plans.iter_mut().map(|plan| &mut plan.prices);
    let standing = provider
        .standing
        .iter_mut()
        .map(|standing| &mut standing.prices);
    for prices in plans.chain(standing) {
        for price in prices {
            let mut scaled = Price::clone(price);
            id.clone_into(&mut scaled.book);
            for tier in &mut scaled.tiers {
                tier.price *= factor;
            }
            *price = Arc::new(scaled);
        }
    }
    for grant in provider.grants.values_mut() {
        grant.worth = grant.worth.take().map(|worth| worth * factor);
    }
}
