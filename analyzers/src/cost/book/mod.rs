//! A price book: what a provider charges, from when until when, and how it rounds before it does. A book
//! is data (`analyzers/data/prices/`, or a file of the user's) and is whole when it is here: every price
//! has a unit, a date and a source, and no two hold at once.

mod find;
mod load;
mod resolve;
mod shape;
mod unit;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use store::model::{BilledInit, BilledMemory, BilledTime};

use super::decimal::Decimal;
use super::pattern::Pattern;

pub use find::Found;
pub(super) use find::{Asked, spelled};
pub use load::BookError;
pub(super) use load::load;
pub use shape::PayerScope;
pub use unit::{Dimension, Unit};

/// A named price list.
#[derive(Clone, Debug)]
pub struct Book {
    /// `aws`, `seed-2025`, …
    pub id: String,
    /// Three capital letters.
    pub currency: String,
    /// What to know before one trusts it; may be empty.
    pub note: String,
    /// What each provider charges, by its name (`aws`, `azure`, `gcp`, `cloudflare`).
    pub providers: BTreeMap<String, ProviderBook>,
}

/// What one provider charges.
#[derive(Clone, Debug)]
pub struct ProviderBook {
    /// Billing months begin at midnight here.
    pub calendar: TimeZone,
    /// Who gets one bill.
    pub payer: PayerScope,
    /// Regions at the prices that name no region.
    pub base_regions: Vec<Pattern>,
    /// Canonical platform and its other spellings; the first is the provider's usual one.
    pub platforms: Vec<(String, Vec<String>)>,
    /// What is free each month.
    pub grants: BTreeMap<String, Grant>,
    /// How invocations are charged.
    pub plans: Vec<Plan>,
    /// What is charged without invocations.
    pub standing: Vec<StandingPrice>,
}

/// What is free each month, once for a payer.
#[derive(Clone, Debug)]
pub struct Grant {
    /// How much, in the unit its dimension is counted in.
    pub quantity: Decimal,
    /// Money for one, where the grant is a discount in money; else it is usage that is not billed.
    pub worth: Option<Decimal>,
}

/// One way of paying for invocations on a platform.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Canonical platform.
    pub platform: String,
    /// Empty for the platform's usual plan.
    pub id: String,
    /// Other spellings, in lower case with dashes.
    pub names: Vec<String>,
    /// Memory where nobody tells it, MiB.
    pub default_memory_mb: Option<u32>,
    /// `(MiB up to, MHz)`, ascending.
    pub mhz_by_memory: Vec<(u32, u32)>,
    /// `(MiB up to, thousandths of a processor)`, ascending.
    pub vcpu_milli_by_memory: Vec<(u32, u32)>,
    /// Requests that run at once on an instance share its time.
    pub shared: bool,
    /// What to know about it; may be empty.
    pub note: String,
    /// How one invocation is rounded, by date.
    pub rounding: Vec<Rounding>,
    /// Prices; of those that fit, the first holds.
    pub prices: Vec<Arc<Price>>,
}

/// How one invocation is rounded, from a date on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rounding {
    /// When it holds.
    pub valid: Validity,
    /// Which time is billed.
    pub time: BilledTime,
    /// Up to a multiple of this, ms; `None` bills the time as it is.
    pub time_step_ms: Option<u32>,
    /// At least this, ms.
    pub time_min_ms: u32,
    /// Which memory is billed.
    pub memory: BilledMemory,
    /// Up to a multiple of this, MiB; `None` bills the memory as it is.
    pub memory_step_mb: Option<u32>,
    /// At least this, MiB.
    pub memory_min_mb: u32,
    /// At most this, MiB; 0 for no limit.
    pub memory_max_mb: u32,
    /// Whether the initialisation of a cold start is billed.
    pub init: BilledInit,
    /// Whether the platform's own figure goes before this arithmetic.
    pub believes_reported: bool,
}

/// From a day on (00:00 UTC), until another or for ever. Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// First second.
    pub from_s: i64,
    /// First second after it.
    pub until_s: Option<i64>,
}

impl Validity {
    /// Whether it holds at `at_s`.
    #[must_use]
    pub fn holds(&self, at_s: i64) -> bool {
        at_s >= self.from_s && self.until_s.is_none_or(|until| at_s < until)
    }

    fn meets(&self, other: &Self) -> bool {
        self.until_s.is_none_or(|until| other.from_s < until)
            && other.until_s.is_none_or(|until| self.from_s < until)
    }
}

/// One dated price.
#[derive(Clone, Debug)]
pub struct Price {
    /// Where it stands: `aws_lambda/on-demand/gb-s/x86_64 since 2022-08-08`.
    pub entry: String,
    /// The book's id.
    pub book: String,
    /// What it is for.
    pub dimension: Dimension,
    /// The unit it names.
    pub unit: Unit,
    /// What is up to how much, ascending; the last has no end.
    pub tiers: Vec<Tier>,
    /// `x86_64`, `arm64`; `None` for any.
    pub arch: Option<String>,
    /// Empty: where no other price names the region.
    pub regions: Vec<Pattern>,
    /// Which free grant covers it.
    pub grant: Option<String>,
    /// When it holds.
    pub valid: Validity,
    /// Where it was read.
    pub source: Arc<Source>,
    /// MiB of ephemeral storage that cost nothing.
    pub above_mb: u32,
    /// Runtimes that do not pay it.
    pub except_runtimes: Vec<String>,
}

/// A price up to a quantity.
#[derive(Clone, Debug)]
pub struct Tier {
    /// In the unit the dimension is counted in; `None` without end.
    pub up_to: Option<Decimal>,
    /// As the list writes it, for one of [`Price::unit`].
    pub price: Decimal,
}

/// Where a price was read, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What it is.
    pub title: String,
    /// Where it is; may be empty.
    pub url: String,
    /// `2025-11-01`.
    pub read: String,
}

/// What is charged without invocations.
#[derive(Clone, Debug)]
pub struct StandingPrice {
    /// `provisioned-concurrency`, …
    pub charge: String,
    /// Canonical platform.
    pub platform: String,
    /// Charged once in every month in which a payer used the platform.
    pub with_usage: bool,
    /// Time is rounded up to a multiple of this, seconds.
    pub time_step_s: u32,
    /// At least this, seconds.
    pub time_min_s: u32,
    /// Prices; of those that fit, the first holds.
    pub prices: Vec<Arc<Price>>,
}

/// The lists that come with the product.
pub(super) const LISTS: [(&str, &str); 5] = [
    ("aws.yaml", include_str!("../../../data/prices/aws.yaml")),
    (
        "azure.yaml",
        include_str!("../../../data/prices/azure.yaml"),
    ),
    (
        "cloudflare.yaml",
        include_str!("../../../data/prices/cloudflare.yaml"),
    ),
    ("gcp.yaml", include_str!("../../../data/prices/gcp.yaml")),
    (
        "seed-2025.yaml",
        include_str!("../../../data/prices/seed-2025.yaml"),
    ),
];
