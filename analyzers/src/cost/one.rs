//! The price of one invocation, with how it came about.

use bigdecimal::{Signed, Zero};
use store::model::InitKind;

use super::Provenance;
use super::book::{Asked, Dimension, Plan, ProviderBook, Rounding};
use super::books::Books;
use super::charge::{Charge, NoPrice, Used, charges, day, find, plan_of};
use super::decimal::{Decimal, text};

/// One invocation, as far as anybody tells. Decimals are exact; see [`super::decimal::from_ms`] for what
/// lies in tables as a float.
#[derive(Clone, Debug, Default)]
pub struct OneInvocation {
    /// `aws`, `azure`, `gcp`, `cloudflare`.
    pub provider: String,
    /// In any usual spelling; empty for the provider's usual one.
    pub platform: String,
    /// The provider's spelling; empty when not told.
    pub region: String,
    /// In any usual spelling; empty for the usual plan.
    pub plan: String,
    /// `x86_64` or `arm64`; empty when not told.
    pub architecture: String,
    /// How its sandbox began, if it was a cold start.
    pub init_kind: Option<InitKind>,
    /// The runtime or image is the user's own.
    pub own_runtime: bool,
    /// The language, where a price depends on it; empty when not told.
    pub runtime: String,
    /// When it started, Unix seconds.
    pub start_s: i64,
    /// Configured memory, MiB.
    pub memory_mb: Option<Decimal>,
    /// Used memory, MiB.
    pub memory_used_mb: Option<Decimal>,
    /// Processors, thousandths; 0 for what the platform gives.
    pub vcpu_milli: u32,
    /// Duration without initialisation, ms.
    pub duration_ms: Option<Decimal>,
    /// Initialisation or restore, ms.
    pub init_ms: Option<Decimal>,
    /// Processor time, ms.
    pub cpu_ms: Option<Decimal>,
    /// Billed duration as the platform tells it, ms.
    pub billed_ms: Option<Decimal>,
    /// Ephemeral storage, MiB; 0 for what is included.
    pub ephemeral_storage_mb: u32,
    /// Requests that run at once on an instance; 0 and 1 mean one.
    pub concurrency: u32,
    /// What left for the internet, GB.
    pub egress_gb: Option<Decimal>,
    /// So many invocations like this one; 0 means one.
    pub requests: u64,
}

/// What it costs and why.
#[derive(Clone, Debug)]
pub struct Priced {
    /// Billed time of one, ms.
    pub billed_ms: Decimal,
    /// GB-seconds of all.
    pub gb_s: Decimal,
    /// List price of all at the first tier, without free grants. Exact.
    pub cost: Decimal,
    /// Of the cost.
    pub currency: String,
    /// The book's id.
    pub book: String,
    /// How sure the figures are.
    pub provenance: Provenance,
    /// What was taken for granted, in sentences.
    pub assumptions: Vec<String>,
    /// The cost, dimension by dimension.
    pub charges: Vec<Charge>,
    /// Of the billed time of one: what is billed only for its initialisation, ms.
    pub billed_init_ms: Decimal,
    /// Of the billed time of one: what is billed only because of a minimum or a step, ms.
    pub rounding_ms: Decimal,
}

/// Prices one invocation, or [`OneInvocation::requests`] equal ones.
///
/// # Errors
/// When no book prices it, or not at that time, or nothing says how long it ran.
pub fn price_one(books: &Books, one: &OneInvocation) -> Result<Priced, NoPrice> {
    let none = || NoPrice::Provider(super::charge::short(&one.provider));
    let (book, provider) = books.of(&one.provider).ok_or_else(none)?;
    let init_kind = one.init_kind.map_or("", InitKind::as_str);
    let plan = find(
        &book.id,
        provider,
        &one.platform,
        plan_of(&one.plan, init_kind),
    )?;
    let Some(rounding) = plan.rounding(one.start_s) else {
        return Err(NoPrice::Date {
            book: book.id.clone(),
            what: plan.platform.clone(),
            day: day(one.start_s),
            first: plan.first_s().map_or_else(|| "never".to_owned(), day),
        });
    };
    let mut assumptions = Vec::new();
    if !plan.note.is_empty() {
        assumptions.push(plan.note.clone());
    }
    let memory_mb = memory(plan, rounding, one, &mut assumptions);
    let time = time(plan, rounding, one, &mut assumptions)?;
    let architecture = architecture(plan, one, &mut assumptions);
    if plan.dimensions().contains(&Dimension::VcpuS) && one.vcpu_milli == 0 {
        let milli = Decimal::new(plan.vcpu_milli(&memory_mb).into(), 3);
        assumptions.push(format!("vcpu is not told: {}", text(&milli)));
    }
    let count = Decimal::from(one.requests.max(1));
    let used = Used {
        billed_ms: &time.billed_ms * &count,
        mb_ms: &time.billed_ms * &memory_mb * &count,
        memory_mb,
        vcpu_milli: one.vcpu_milli,
        concurrency: one.concurrency,
        ephemeral_mb: one.ephemeral_storage_mb,
        restores: match one.init_kind {
            Some(InitKind::SnapstartRestore) => count.clone(),
            _ => Decimal::zero(),
        },
        egress_gb: one.egress_gb.clone().unwrap_or_default() * &count,
        invocations: count,
        runtime: one.runtime.to_ascii_lowercase(),
    };
    let asked = Asked {
        region: &one.region,
        arch: architecture,
        at_s: one.start_s,
    };
    let charges = charges(&book.id, provider, plan, asked, &used)?;
    say_what_charges_assume(provider, one, &charges, &mut assumptions);
    let told = one.billed_ms.is_some();
    Ok(Priced {
        gb_s: used.gb_s(plan),
        cost: charges.iter().map(Charge::list_amount).sum(),
        currency: book.currency.clone(),
        book: book.id.clone(),
        provenance: match (assumptions.is_empty(), told) {
            (false, _) => Provenance::Assumed,
            (true, true) => Provenance::Measured,
            (true, false) => Provenance::Derived,
        },
        assumptions,
        charges,
        billed_ms: time.billed_ms,
        billed_init_ms: time.init_ms,
        rounding_ms: time.rounding_ms,
    })
}

fn say_what_charges_assume(
    provider: &ProviderBook,
    one: &OneInvocation,
    charges: &[Charge],
    assumptions: &mut Vec<String>,
) {
    if charges.iter().any(|charge| charge.region_assumed) {
        let base = provider
            .base_regions
            .first()
            .map_or("", |region| region.as_str());
        assumptions.push(match one.region.is_empty() {
            true => format!("the region is not told: priced as {base}"),
            false => "the book does not know the region's price: priced as ".to_owned() + base,
        });
    }
    let restored = charges
        .iter()
        .any(|charge| charge.price.dimension == Dimension::RestoreGb);
    if restored && one.runtime.is_empty() {
        assumptions
            .push("the runtime is not told: its restore is charged, as for Python and .NET".into());
    }
    if one.concurrency > 1 {
        assumptions.push(format!(
            "{} requests share the instance's time",
            one.concurrency
        ));
    }
}

/// Billed memory; what nobody tells is the plan's usual size.
fn memory(
    plan: &Plan,
    rounding: &Rounding,
    one: &OneInvocation,
    assumptions: &mut Vec<String>,
) -> Decimal {
    let told = match rounding.bills_used_memory() {
        true => one.memory_used_mb.as_ref().or(one.memory_mb.as_ref()),
        false => one.memory_mb.as_ref(),
    };
    if let Some(told) = told {
        return rounding.billed_memory_mb(told);
    }
    let by_memory = plan.dimensions().iter().any(|dimension| match dimension {
        Dimension::GbS | Dimension::GhzS | Dimension::RestoreGb => true,
        Dimension::VcpuS => one.vcpu_milli == 0 && plan.vcpu_milli_by_memory.len() > 1,
        _ => false,
    });
    if !by_memory {
        return Decimal::zero();
    }
    let usual = plan.default_memory_mb.unwrap_or(rounding.memory_min_mb);
    assumptions.push(format!("the memory is not told: {usual} MiB"));
    rounding.billed_memory_mb(&Decimal::from(usual))
}

struct Time {
    billed_ms: Decimal,
    init_ms: Decimal,
    rounding_ms: Decimal,
}

fn time(
    plan: &Plan,
    rounding: &Rounding,
    one: &OneInvocation,
    assumptions: &mut Vec<String>,
) -> Result<Time, NoPrice> {
    let ran = match (rounding.bills_cpu(), &one.cpu_ms, &one.duration_ms) {
        (true, Some(cpu_ms), _) => Some(cpu_ms.clone()),
        (true, None, Some(duration_ms)) if one.billed_ms.is_none() => {
            assumptions
                .push("the processor time is not told: the whole duration is taken for it".into());
            Some(duration_ms.clone())
        }
        (_, _, duration_ms) => duration_ms.clone(),
    };
    let init = init(rounding, one, assumptions);
    let Some(ran) = ran else {
        let by_time = plan
            .dimensions()
            .iter()
            .any(|dimension| *dimension != Dimension::Requests);
        return match (&one.billed_ms, by_time) {
            (Some(billed_ms), _) => Ok(Time {
                billed_ms: billed_ms.clone(),
                init_ms: Decimal::zero(),
                rounding_ms: Decimal::zero(),
            }),
            (None, true) => Err(NoPrice::Duration),
            (None, false) => Ok(Time {
                billed_ms: Decimal::zero(),
                init_ms: Decimal::zero(),
                rounding_ms: Decimal::zero(),
            }),
        };
    };
    let both = &ran + &init;
    let with_init = rounding.billed_ms(&both);
    let init_ms = &with_init - rounding.billed_ms(&ran);
    let billed_ms = one.billed_ms.clone().unwrap_or(with_init);
    let rounding_ms = &billed_ms - &both;
    Ok(Time {
        init_ms: init_ms.min(billed_ms.clone()),
        rounding_ms: if rounding_ms.is_negative() {
            Decimal::zero()
        } else {
            rounding_ms
        },
        billed_ms,
    })
}

/// The part of the initialisation that is billed beside the duration.
fn init(rounding: &Rounding, one: &OneInvocation, assumptions: &mut Vec<String>) -> Decimal {
    let Some(init_ms) = one.init_ms.as_ref().filter(|init| init.is_positive()) else {
        return Decimal::zero();
    };
    match one.init_kind {
        // It ran again within the invocation, whose duration has it already.
        Some(InitKind::Suppressed) => Decimal::zero(),
        Some(InitKind::SnapstartRestore) => {
            if one.billed_ms.is_none() {
                assumptions
                    .push("the billed part of the restore is not told: none is counted".into());
            }
            Decimal::zero()
        }
        _ if rounding.bills_init(one.own_runtime) => init_ms.clone(),
        _ => Decimal::zero(),
    }
}

fn architecture<'a>(plan: &Plan, one: &'a OneInvocation, assumptions: &mut Vec<String>) -> &'a str {
    match (
        one.architecture.as_str(),
        plan.prices.iter().any(|price| price.arch.is_some()),
    ) {
        ("", true) => {
            assumptions.push("the architecture is not told: x86_64".into());
            "x86_64"
        }
        (told, _) => told,
    }
}
