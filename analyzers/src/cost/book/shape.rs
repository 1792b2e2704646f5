//! A price book as its file spells it. What a file leaves out and may inherit is an `Option`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::unit::{Dimension, Unit};
use crate::cost::decimal::Written;

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BookFile {
    pub id: Spanned<String>,
    /// Three letters; inherited by what `extends` another book.
    pub currency: Option<Spanned<String>>,
    /// The book whose prices hold where this one names none.
    pub extends: Option<Spanned<String>>,
    /// Units of this book's currency for one of the extended book's.
    pub exchange_rate: Option<Spanned<Written>>,
    /// Taken off every price of the extended book, percent.
    pub discount_percent: Option<Spanned<Written>>,
    /// What to know before one trusts it.
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub sources: BTreeMap<String, SourceFile>,
    #[serde(default)]
    pub providers: BTreeMap<String, ProviderFile>,
}

/// Where prices come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceFile {
    pub title: String,
    #[serde(default)]
    pub url: String,
    /// When it was read, `2025-11-01`.
    pub read: Spanned<String>,
}

/// What one provider charges.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderFile {
    /// The zone in which its billing months begin.
    pub calendar: Option<Spanned<String>>,
    /// Who gets one bill, and each free grant once.
    pub payer: Option<PayerScope>,
    /// Regions at the prices that name no region; `*` matches within a name.
    #[serde(default)]
    pub base_regions: Vec<String>,
    /// Platforms and other spellings of them; the first is meant where nothing is said.
    #[serde(default)]
    pub platforms: Vec<PlatformFile>,
    #[serde(default)]
    pub grants: BTreeMap<String, Spanned<GrantFile>>,
    #[serde(default)]
    pub plans: Vec<PlanFile>,
    #[serde(default)]
    pub standing: Vec<StandingFile>,
}

/// Who gets one bill.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum PayerScope {
    /// All accounts together (organisation, billing account).
    AllAccounts,
    /// Each account (subscription) by itself.
    Account,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlatformFile {
    pub name: String,
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// What is free each month, once for a payer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantFile {
    pub quantity: Spanned<Written>,
    pub unit: Unit,
    /// With a price, the grant is that many dollars instead of that much usage.
    pub worth: Option<Spanned<Written>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanFile {
    pub platform: Spanned<String>,
    /// Empty: the platform's usual plan.
    #[serde(default)]
    pub plan: String,
    /// Other spellings of the plan.
    #[serde(default)]
    pub names: Vec<String>,
    /// Memory where nobody tells it, MiB.
    pub default_memory_mb: Option<u32>,
    /// Clock by memory: `[MiB, MHz]`, for GHz-seconds.
    #[serde(default)]
    pub mhz_by_memory: Vec<(u32, u32)>,
    /// Processors by memory, where they are not configured: `[MiB, thousandths]`.
    #[serde(default)]
    pub vcpu_milli_by_memory: Vec<(u32, u32)>,
    /// Requests that run at once on an instance share its time.
    #[serde(default)]
    pub shared: bool,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub rounding: Vec<RoundingFile>,
    #[serde(default)]
    pub prices: Vec<PriceFile>,
}

/// How one invocation is rounded, from a date on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoundingFile {
    pub valid_from: Spanned<String>,
    pub valid_until: Option<Spanned<String>>,
    pub time: Time,
    /// ms, or `exact`.
    pub time_step_ms: Spanned<String>,
    #[serde(default)]
    pub time_min_ms: u32,
    pub memory: Memory,
    /// MiB, or `exact`.
    pub memory_step_mb: Spanned<String>,
    #[serde(default)]
    pub memory_min_mb: u32,
    #[serde(default)]
    pub memory_max_mb: u32,
    pub init: Init,
    #[serde(default)]
    pub believes_reported: bool,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Time {
    Wall,
    Cpu,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Memory {
    Configured,
    Used,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Init {
    Always,
    OwnRuntimes,
    Never,
}

/// One dated price.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PriceFile {
    pub dimension: Spanned<Dimension>,
    pub unit: Spanned<Unit>,
    pub price: Option<Spanned<Written>>,
    /// Instead of one price: prices up to a quantity, the last one without end.
    #[serde(default)]
    pub tiers: Vec<TierFile>,
    /// Absent: any architecture.
    pub arch: Option<String>,
    /// Absent: the base regions, and any region that no price names.
    #[serde(default)]
    pub regions: Vec<String>,
    pub grant: Option<Spanned<String>>,
    pub valid_from: Spanned<String>,
    pub valid_until: Option<Spanned<String>>,
    pub source: Spanned<String>,
    /// What is included and costs nothing: MiB of ephemeral storage.
    #[serde(default)]
    pub above_mb: u32,
    /// Runtimes that do not pay it.
    #[serde(default)]
    pub except_runtimes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TierFile {
    pub up_to: Option<Spanned<Written>>,
    pub price: Spanned<Written>,
}

/// What costs without any invocation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StandingFile {
    pub charge: Spanned<String>,
    pub platform: Spanned<String>,
    /// Charged once in every month in which a payer used the platform.
    #[serde(default)]
    pub with_usage: bool,
    /// Time is rounded up to a multiple of this, seconds,
    pub time_step_s: Option<Spanned<u32>>,
    /// and is at least this.
    #[serde(default)]
    pub time_min_s: u32,
    pub prices: Vec<PriceFile>,
}
