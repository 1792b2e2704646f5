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
    /// It did not hold yet: the first one that ever held stands in.
    pub date_assumed: bool,
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
            .find(|(_, spellings)| told.is_empty() || spellings.contains(&told))
            .map(|(name, _)| name.as_str())
    }

    /// Platform and plan of a spelling that names both, as `lambda@edge` and `azure_functions_flex` do.
    #[must_use]
    pub fn platform_with_plan(&self, told: &str) -> Option<(&str, &Plan)> {
        let told = spelled(told);
        let pairs = self.platforms.iter().flat_map(|(name, spellings)| {
            spellings
                .iter()
                .map(move |spelling| (name.as_str(), spelling))
        });
        let of = |(name, spelling): (&'_ str, &String)| {
            let rest = told
                .strip_prefix(spelling.as_str())?
                .trim_start_matches(['-', '@']);
            let plan = (!rest.is_empty()).then(|| self.plan(name, rest))??;
            Some((spelling.len(), plan))
        };
        let (_, plan) = pairs.filter_map(of).max_by_key(|(length, _)| *length)?;
        Some((plan.platform.as_str(), plan))
    }

    /// The plan of a platform, whatever its spelling.
    #[must_use]
    pub fn plan(&self, platform: &str, told: &str) -> Option<&Plan> {
        let told = spelled(told);
        self.plans
            .iter()
            .filter(|plan| plan.platform == platform)
            .find(|plan| plan.id == told || plan.names.contains(&told))
    }

    /// A standing charge by its name.
    #[must_use]
    pub fn standing(&self, charge: &str) -> Option<&StandingPrice> {
        let told = spelled(charge);
        self.standing
            .iter()
            .find(|standing| spelled(&standing.charge) == told)
    }

    /// The price of a dimension as of a time; before its first, that first one.
    pub(in crate::cost) fn price(
        &self,
        prices: &[Arc<Price>],
        dimension: Dimension,
        asked: Asked<'_>,
    ) -> Option<Found> {
        if let Some(found) = self.price_then(prices, dimension, asked) {
            return Some(found);
        }
        let of = prices.iter().filter(|price| {
            price.dimension == dimension
                && price.arch.as_deref().is_none_or(|arch| arch == asked.arch)
        });
        let at_s = of.map(|price| price.valid.from_s).min()?;
        let first = Asked { at_s, ..asked };
        (asked.at_s < at_s)
            .then(|| self.price_then(prices, dimension, first))
            .flatten()
            .map(|found| Found {
                date_assumed: true,
                ..found
            })
    }

    /// The price that names the region; else the one for all that are not named; else the one of the base
    /// region.
    fn price_then(
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
                date_assumed: false,
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
                date_assumed: false,
            });
        }
        let base = self.base_regions.first()?;
        named(base.as_str()).map(|price| Found {
            price: price.clone(),
            region_assumed: true,
            date_assumed: false,
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

    /// What it prices, each once, in order.
    #[must_use]
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
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
