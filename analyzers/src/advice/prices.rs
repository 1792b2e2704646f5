//! What advice asks of the price books.

use store::model::{RoundingRule, Usage};

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
