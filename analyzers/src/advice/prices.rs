//! What advice asks of the price books.

use jiff::tz::TimeZone;
use store::model::{RoundingRule, Usage};

use crate::cost::book::Dimension;
use crate::cost::{Bill, Books, Month, bill};
use crate::money::Usd;

/// Why something cannot be priced: what is missing and where it would stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoPrice(pub String);

impl From<NoPrice> for String {
    fn from(error: NoPrice) -> Self {
        error.0
    }
}

/// What costs money while nobody calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A sandbox kept ready.
    Provisioned,
    /// The cached snapshot of a version.
    SnapshotCache,
}

/// Prices as advice needs them. The price books are the one implementation in the product.
pub trait Prices {
    /// What `rows` cost at list price, tiers and free grants apart.
    ///
    /// # Errors
    /// [`NoPrice`] when no book has a price for one of them.
    fn gross(&self, rows: &[Usage]) -> Result<Usd, NoPrice>;

    /// What `memory_mb` of something standing costs for `seconds`.
    ///
    /// # Errors
    /// [`NoPrice`] when no book has a price for it.
    fn standing(
        &self,
        like: &Usage,
        what: Standing,
        memory_mb: u32,
        seconds: u64,
    ) -> Result<Usd, NoPrice>;

    /// What restoring `restores` sandboxes of `memory_mb` from a snapshot costs.
    ///
    /// # Errors
    /// [`NoPrice`] when no book has a price for it.
    fn restores(&self, like: &Usage, memory_mb: u32, restores: u64) -> Result<Usd, NoPrice>;

    /// How a platform rounds what it bills, at a moment in Unix seconds.
    fn rule(&self, platform: &str, plan: &str, at_s: u32) -> Option<RoundingRule>;
}

impl Standing {
    /// As price books call it.
    const fn charge(self) -> &'static str {
        match self {
            Self::Provisioned => "provisioned-concurrency",
            Self::SnapshotCache => "snapstart-cache",
        }
    }
}

impl Prices for Books {
    fn gross(&self, rows: &[Usage]) -> Result<Usd, NoPrice> {
        let priced = priced(self, rows)?;
        Ok(priced.rows.iter().map(|row| Usd::from(&row.amount)).sum())
    }

    fn standing(
        &self,
        like: &Usage,
        what: Standing,
        memory_mb: u32,
        seconds: u64,
    ) -> Result<Usd, NoPrice> {
        let price = self.standing_price(&like.function_id, what.charge(), like);
        let none = || NoPrice(format!("no book has a price for {}", what.charge()));
        let gb_second = Usd::from(&price.ok_or_else(none)?);
        Ok(gb_second.scale(u64::from(memory_mb) * seconds, 1_024))
    }

    fn restores(&self, like: &Usage, memory_mb: u32, restores: u64) -> Result<Usd, NoPrice> {
        let row = Usage {
            init_kind: "snapstart-restore".to_owned(),
            invocations: restores,
            memory_mb,
            billed_ms: 0,
            billed_init_ms: 0,
            billed_mb_ms: 0,
            ..like.clone()
        };
        let priced = priced(self, &[row])?;
        let parts = priced.rows.iter().flat_map(|row| &row.parts);
        let restored = parts.filter(|(dimension, _)| *dimension == Dimension::RestoreGb);
        Ok(restored.map(|(_, amount)| Usd::from(amount)).sum())
    }

    fn rule(&self, platform: &str, plan: &str, at_s: u32) -> Option<RoundingRule> {
        self.rules().into_iter().find(|rule| {
            rule.platform == platform
                && (rule.plan.is_empty() || rule.plan == plan)
                && (rule.from_s..rule.until_s).contains(&at_s)
        })
    }
}

fn priced(books: &Books, rows: &[Usage]) -> Result<Bill, NoPrice> {
    let at_s = rows.first().map_or(0, |row| i64::from(row.from_s));
    let priced = bill(books, rows, Month::of(at_s, &TimeZone::UTC).into());
    match priced.unpriced.first() {
        Some(unpriced) => Err(NoPrice(unpriced.reason.to_string())),
        None => Ok(priced),
    }
}
