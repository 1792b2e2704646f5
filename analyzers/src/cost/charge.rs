//! From what was used to priced quantities: which dimensions of a plan take how much of it.

use std::sync::Arc;

use bigdecimal::Zero;

use super::book::{Asked, Dimension, Plan, Price, ProviderBook};
use super::decimal::{Decimal, divided};

/// A quantity under the price that holds for it.
#[derive(Clone, Debug)]
pub struct Charge {
    /// The price.
    pub price: Arc<Price>,
    /// How much, in the unit the dimension is counted in. Exact.
    pub quantity: Decimal,
    /// The book does not know the region; its base region's price stands in.
    pub region_assumed: bool,
}

impl Charge {
    /// What it costs at the first tier, without free grants. Exact.
    #[must_use]
    pub fn list_amount(&self) -> Decimal {
        self.price.list_price() * &self.quantity
    }
}

impl Price {
    /// What one of the counted unit costs at the first tier.
    #[must_use]
    pub fn list_price(&self) -> Decimal {
        let first = self
            .tiers
            .first()
            .map_or_else(Decimal::zero, |tier| tier.price.clone());
        first * self.unit.factor()
    }
}

/// Why something has no price.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoPrice {
    /// No used book prices the provider.
    #[error("no price book prices `{0}`: name one in costs.books and costs.use")]
    Provider(String),
    /// The book does not know the platform.
    #[error("book `{book}` knows no platform `{platform}`; it knows {known}")]
    Platform {
        /// The book.
        book: String,
        /// What was told.
        platform: String,
        /// What it knows.
        known: String,
    },
    /// The book does not know the plan.
    #[error("book `{book}` knows no plan `{plan}` of {platform}; it knows {known}")]
    Plan {
        /// The book.
        book: String,
        /// The platform.
        platform: String,
        /// What was told.
        plan: String,
        /// What it knows.
        known: String,
    },
    /// Nothing holds at that time.
    #[error("book `{book}` has no price of {what} on {day}: its first is of {first}")]
    Date {
        /// The book.
        book: String,
        /// What for.
        what: String,
        /// The day asked for.
        day: String,
        /// The first day it has prices for; `never` if there is none.
        first: String,
    },
    /// Neither a duration nor a billed duration is told.
    #[error("nothing says how long it ran: give duration_ms or billed_ms")]
    Duration,
    /// A dimension's instances have no size.
    #[error("`{0}` is priced by size: give memory_mb and vcpu")]
    Size(String),
}

/// What was used, added up over equal invocations.
pub(super) struct Used {
    pub invocations: Decimal,
    /// Billed time of all, ms, before it is shared.
    pub billed_ms: Decimal,
    /// Billed memory multiplied by billed time, MiB · ms.
    pub mb_ms: Decimal,
    /// Billed memory of each, MiB.
    pub memory_mb: Decimal,
    /// Configured processors, thousandths; 0 for what comes with the memory.
    pub vcpu_milli: u32,
    /// Requests that run at once and share the time, at least 1.
    pub concurrency: u32,
    pub ephemeral_mb: u32,
    /// Restores from a snapshot.
    pub restores: Decimal,
    pub egress_gb: Decimal,
    pub runtime: String,
}

/// `mb · ms` in GB-seconds: divided by 1024 and by 1000, which is exact.
pub(super) fn gb_s(mb_ms: &Decimal) -> Decimal {
    mb_ms * Decimal::new(9_765_625.into(), 13)
}

/// Digits behind the point that a shared time keeps: a picosecond of a GB.
const SHARED_DIGITS: i64 = 12;

fn thousandth(value: &Decimal) -> Decimal {
    value * Decimal::new(1.into(), 3)
}

impl Used {
    fn shared(&self, time: Decimal) -> Decimal {
        match self.concurrency {
            0 | 1 => time,
            many => divided(&time, &Decimal::from(many), SHARED_DIGITS),
        }
    }

    /// GB-seconds as billed.
    pub(super) fn gb_s(&self, plan: &Plan) -> Decimal {
        match plan.shared {
            true => self.shared(gb_s(&self.mb_ms)),
            false => gb_s(&self.mb_ms),
        }
    }

    fn quantity(&self, plan: &Plan, price: &Price) -> Decimal {
        let seconds = thousandth(&self.billed_ms);
        let time = match price.dimension {
            Dimension::Requests => return self.invocations.clone(),
            Dimension::EgressGb => return self.egress_gb.clone(),
            Dimension::RestoreGb => {
                return &self.restores * &self.memory_mb * Decimal::new(9_765_625.into(), 10);
            }
            Dimension::CpuMs => return self.billed_ms.clone(),
            Dimension::GbS => gb_s(&self.mb_ms),
            Dimension::GhzS => thousandth(&Decimal::from(plan.mhz(&self.memory_mb))) * seconds,
            Dimension::VcpuS => {
                let milli = match self.vcpu_milli {
                    0 => plan.vcpu_milli(&self.memory_mb),
                    told => told,
                };
                thousandth(&Decimal::from(milli)) * seconds
            }
            Dimension::EphemeralGbS => {
                let above = self.ephemeral_mb.saturating_sub(price.above_mb);
                gb_s(&(Decimal::from(above) * &self.billed_ms))
            }
            // Of what stands ready, never of an invocation.
            Dimension::InstanceHours
            | Dimension::VcpuHours
            | Dimension::GbHours
            | Dimension::Months => return Decimal::zero(),
        };
        match plan.shared {
            true => self.shared(time),
            false => time,
        }
    }
}

/// What a plan charges for what was used. What costs nothing is left out.
///
/// # Errors
/// When the book has no price of something at that time.
pub(super) fn charges(
    book: &str,
    provider: &ProviderBook,
    plan: &Plan,
    asked: Asked<'_>,
    used: &Used,
) -> Result<Vec<Charge>, NoPrice> {
    let mut out = Vec::new();
    for dimension in plan.dimensions() {
        let Some(found) = provider.price(&plan.prices, dimension, asked) else {
            // What had no price then did not exist or was free, unless it is the time itself.
            let optional = matches!(
                dimension,
                Dimension::EphemeralGbS | Dimension::RestoreGb | Dimension::EgressGb
            );
            if optional {
                continue;
            }
            let of = plan.prices.iter().filter(|price| {
                price.dimension == dimension
                    && price.arch.as_deref().is_none_or(|arch| arch == asked.arch)
            });
            let first = of.map(|price| price.valid.from_s).min();
            let arch = if asked.arch.is_empty() {
                "any architecture"
            } else {
                asked.arch
            };
            return Err(NoPrice::Date {
                book: book.to_owned(),
                what: format!("{} {} ({arch})", plan.platform, dimension.as_str()),
                day: day(asked.at_s),
                first: first.map_or_else(|| "never".to_owned(), day),
            });
        };
        let price = &found.price;
        if price.except_runtimes.contains(&used.runtime) {
            continue;
        }
        let quantity = used.quantity(plan, price);
        if !quantity.is_zero() {
            out.push(Charge {
                price: found.price,
                quantity,
                region_assumed: found.region_assumed,
            });
        }
    }
    Ok(out)
}

/// The UTC day of a second, as a price list writes it.
pub(super) fn day(at_s: i64) -> String {
    jiff::Timestamp::from_second(at_s).map_or_else(
        |_| at_s.to_string(),
        |time| time.strftime("%Y-%m-%d").to_string(),
    )
}

/// The plan under which an invocation is priced: as configured, but for what its sandbox's beginning
/// tells. Beyond provisioned concurrency invocations spill over to the usual price.
pub(super) fn plan_of<'a>(plan: &'a str, init_kind: &str) -> &'a str {
    match (plan, init_kind) {
        ("provisioned-concurrency", "on-demand") => "",
        ("", "provisioned") => "provisioned-concurrency",
        ("", "managed-instance") => "managed-instances",
        (told, _) => told,
    }
}

/// The platform and plan of a provider's book.
pub(super) fn find<'a>(
    book: &str,
    provider: &'a ProviderBook,
    platform: &str,
    plan: &str,
) -> Result<&'a Plan, NoPrice> {
    let Some(canonical) = provider.platform(platform) else {
        let known: Vec<&str> = provider
            .platforms
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        return Err(NoPrice::Platform {
            book: book.to_owned(),
            platform: short(platform),
            known: known.join(", "),
        });
    };
    provider.plan(canonical, plan).ok_or_else(|| {
        let of = provider
            .plans
            .iter()
            .filter(|plan| plan.platform == canonical);
        let known = of.flat_map(|plan| {
            let id = (!plan.id.is_empty()).then_some(plan.id.as_str());
            id.into_iter().chain(plan.names.iter().map(String::as_str))
        });
        NoPrice::Plan {
            book: book.to_owned(),
            platform: canonical.to_owned(),
            plan: short(plan),
            known: known.collect::<Vec<_>>().join(", "),
        }
    })
}

/// Hostile text in a message stays short.
pub(super) fn short(text: &str) -> String {
    text.chars().take(60).collect()
}
