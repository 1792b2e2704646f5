//! Which plan, rounding and price a book has for something.

use std::sync::Arc;

use super::{Dimension, Plan, Price, ProviderBook, Rounding, StandingPrice};
use crate::cost::decimal::Decimal;

/// A price that holds, and whether it is only the one of the book's base region.
#[derive(Clone, Debug)]
pub struct Found {
    /// The price.
    pub price: Arc<Price>,
    /// The book does not know the region.
    pub region_assumed: bool,
}

/// What a price is asked for.
#[derive(Clone, Copy, Debug)]
pub(in crate::cost) struct Asked<'a> {
    pub region: &'a str,
    pub arch: &'a str,
    pub at_s: i64,
}

/// Spellings meet in lower case, with dashes between words.
#[must_use]
pub(in crate::cost) fn spelled(name: &str) -> String {
    name.trim()
        .to_ascii_lowercase()
        .replace(['_', ' ', '.'], "-")
}

impl ProviderBook {
    /// The canonical name of a platform, whatever its spelling; the usual one where none is told.
    #[must_use]
    pub fn platform(&self, told: &str) -> Option<&str> {
        let told = spelled(told);
        self.platforms
            .iter()
            .find(|(name, aliases)| {
                told.is_empty()
                    || spelled(name) == told
                    || aliases.iter().any(|alias| spelled(alias) == told)
            })
            .map(|(name, _)| name.as_str())
    }

    /// The plan of a platform, whatever its spelling.
    #[must_use]
    pub fn plan(&self, platform: &str, told: &str) -> Option<&Plan> {
        let told = spelled(told);
        self.plans
            .iter()
            .filter(|plan| plan.platform == platform)
            .find(|plan| {
                spelled(&plan.id) == told || plan.names.iter().any(|name| spelled(name) == told)
            })
    }

    /// A standing charge by its name.
    #[must_use]
    pub fn standing(&self, charge: &str) -> Option<&StandingPrice> {
        let told = spelled(charge);
        self.standing
            .iter()
            .find(|standing| spelled(&standing.charge) == told)
    }

    /// The price of a dimension: the one that names the region; else the one for all that are not named;
    /// else the one of the base region.
    pub(in crate::cost) fn price(
        &self,
        prices: &[Arc<Price>],
        dimension: Dimension,
        asked: Asked<'_>,
    ) -> Option<Found> {
        let fits = |price: &&Arc<Price>| {
            price.dimension == dimension
                && price.valid.holds(asked.at_s)
                && price.arch.as_deref().is_none_or(|arch| arch == asked.arch)
        };
        let named = |region: &str| {
            prices
                .iter()
                .filter(fits)
                .find(|price| price.regions.iter().any(|pattern| pattern.matches(region)))
        };
        if let Some(price) = named(asked.region) {
            // `*` is a price without regions, whatever the region.
            return Some(Found {
                price: price.clone(),
                region_assumed: false,
            });
        }
        let known = self
            .base_regions
            .iter()
            .any(|pattern| pattern.matches(asked.region));
        if let Some(price) = prices
            .iter()
            .filter(fits)
            .find(|price| price.regions.is_empty())
        {
            return Some(Found {
                price: price.clone(),
                region_assumed: !known,
            });
        }
        let base = self.base_regions.first()?;
        named(base.as_str()).map(|price| Found {
            price: price.clone(),
            region_assumed: true,
        })
    }
}

impl Plan {
    /// How it rounds what starts at `at_s`.
    #[must_use]
    pub fn rounding(&self, at_s: i64) -> Option<&Rounding> {
        self.rounding
            .iter()
            .find(|rounding| rounding.valid.holds(at_s))
    }

    /// The first second at which it prices anything.
    #[must_use]
    pub fn first_s(&self) -> Option<i64> {
        self.rounding
            .iter()
            .map(|rounding| rounding.valid.from_s)
            .min()
    }

    /// What it prices, each once.
    #[must_use]
    pub fn dimensions(&self) -> Vec<Dimension> {
        let mut all: Vec<Dimension> = self.prices.iter().map(|price| price.dimension).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The clock that comes with so much memory, MHz.
    #[must_use]
    pub fn mhz(&self, memory_mb: &Decimal) -> u32 {
        by_memory(&self.mhz_by_memory, memory_mb)
    }

    /// Processors that come with so much memory, thousandths; 0 when the plan does not say.
    #[must_use]
    pub fn vcpu_milli(&self, memory_mb: &Decimal) -> u32 {
        by_memory(&self.vcpu_milli_by_memory, memory_mb)
    }
}

/// Of the first size that is big enough; beyond the table, of its last.
fn by_memory(table: &[(u32, u32)], memory_mb: &Decimal) -> u32 {
    table
        .iter()
        .find(|(up_to_mb, _)| memory_mb <= up_to_mb)
        .or(table.last())
        .map_or(0, |(_, value)| *value)
}
