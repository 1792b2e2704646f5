//! Service level objectives that are exact.
//!
//! A file of [`openslo`] becomes a [`Plan`]: what is counted ([`units`]), over which [`period`], without
//! which minutes ([`corrections`]), and which [`alerts`] watch how fast the budget burns. A [`Meter`]
//! answers any window of it in exact fractions, and [`evaluate`] walks through time with it, minute after
//! minute.
//!
//! The arithmetic: budget = 1 − target; error = bad / total; burn rate = error / budget; what is consumed
//! over a window is the burn rate over that window; remaining = 1 − consumed, and may be negative. A window
//! without events has no figure at all.

pub mod alerts;
pub mod catalogue;
pub mod corrections;
pub mod evaluate;
pub mod exact;
pub mod indicator;
pub mod keep;
pub mod measure;
pub mod meter;
pub mod openslo;
pub mod period;
pub mod pieces;
pub mod plan;
pub mod propose;
pub mod report;
mod rrule;
pub mod statement;
#[cfg(test)]
mod tests;
pub mod units;

pub use exact::Fraction;
pub use meter::Meter;
pub use period::Period;
pub use plan::Plan;
