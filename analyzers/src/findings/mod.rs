//! From what holds now to what people are told: one finding with one id from its opening to its close.
//!
//! [`ledger`] compares what detectors say with what is open; [`budget`] keeps the promise about false alarms
//! and respects what people said of earlier findings; [`kinds`] is the register of everything that can be
//! found. All of it is pure.

pub mod budget;
pub mod kinds;
pub mod ledger;

pub use ledger::Ledger;
