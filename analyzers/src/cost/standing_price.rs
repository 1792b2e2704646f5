//! What a GB-second of something standing costs, for those who ask "what if it stood ready".

use store::model::{FunctionId, Usage};

use super::book::{Asked, Dimension};
use super::books::Books;
use super::decimal::Decimal;

impl Books {
    /// The price of one GB-second of a standing charge (`provisioned-concurrency`, …) for a function like
    /// `like`, at the time of that use; `None` where no used book has one.
    #[must_use]
    pub fn standing_price(&self, function_id: &str, charge: &str, like: &Usage) -> Option<Decimal> {
        let id: FunctionId = function_id.parse().ok()?;
        let (_, prices) = self.of(&id.provider)?;
        let standing = prices.standing(charge)?;
        let arch = match like.architecture.as_str() {
            "" => "x86_64",
            told => told,
        };
        let asked = Asked {
            region: &id.region,
            arch,
            at_s: like.from_s.into(),
        };
        let found = prices.price(&standing.prices, Dimension::GbS, asked)?;
        Some(found.price.list_price())
    }
}
