//! Getting a message there: signed, tried again for days, and written down.
//!
//! [`Outlet`] makes one attempt, [`retry`] says what becomes of it, [`Pool`] keeps many receivers apart.

mod attempt;
mod outlet;
mod pool;
pub mod retry;
pub mod signature;
mod smtp;

pub use attempt::Attempt;
pub use outlet::Outlet;
pub use pool::Pool;

#[cfg(test)]
mod tests;
