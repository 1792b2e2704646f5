//! What functions cost: price books as data, the arithmetic of bills in exact decimals, and for each
//! figure how it came about.
//!
//! [`Books::load`] reads the books and the configuration. [`price_one`] prices one invocation at list
//! price; [`bill`](fn@bill) prices what a month's [`Usage`](store::model::Usage) rows say, with tiers and
//! free grants per payer.
//! Nothing here reads a clock.

mod bill;
pub mod book;
mod books;
mod charge;
mod config;
pub mod decimal;
mod grants;
mod init_change;
pub mod jsonl;
mod ledger;
mod month;
mod one;
mod pattern;
pub mod rate;
mod rounding;
mod split;
mod standing;
mod standing_price;
mod tiers;

pub use bill::{Bill, Counts, LineItem, PayerBill, RowCost, Unpriced, bill};
pub use books::{Books, BooksError, Terms};
pub use charge::{Charge, NoPrice};
pub use config::{Config, FunctionTerms, Payer, Standing};
pub use init_change::{InitChange, init_change};
pub use month::{Month, Period};
pub use one::{OneInvocation, Priced, price_one};
pub use pattern::{FunctionPattern, Pattern};
pub use rate::{Rate, Rates};
pub use tiers::TierPart;

/// How sure a figure is; the later the less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provenance {
    /// The platform's own word.
    #[default]
    Measured,
    /// Computed from what was measured.
    Derived,
    /// Computed from something that nobody told.
    Assumed,
}

impl Provenance {
    /// As it is written everywhere.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Derived => "derived",
            Self::Assumed => "assumed",
        }
    }
}

#[cfg(test)]
mod tests;
