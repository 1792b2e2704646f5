//! Rules over several events: how many, how different, which after which.

mod read;
mod resolve;
mod run;
mod window;

#[cfg(test)]
mod tests;

pub use read::{Condition, Correlation, Operator, Type};
pub(super) use resolve::Track;
pub(super) use resolve::{resolve, tracks};
pub use run::{Correlator, Hit, Memory};
