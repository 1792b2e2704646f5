//! From exporter to store: OTLP over gRPC and HTTP in, rows of ClickHouse out.
//!
//! The way of a request is written once, in `way.rs`. [`start`] opens the two doors; [`Config`] is
//! the manual.

mod admit;
mod collector;
mod config;
mod counters;
pub mod decode;
pub mod normalise;
pub mod observe;
mod receive;
mod redact;
mod refusal;
mod sender;
mod ship;
mod signal;
#[cfg(not(fuzzing))]
mod spool;
#[cfg(fuzzing)]
pub mod spool;
#[cfg(test)]
mod tests;
mod way;

pub use collector::{Collector, StartError, start};
pub use config::{
    Batch, Cardinality, Config, ConfigError, Cors, Durability, Key, Secret, SpoolSection,
};
pub use counters::{Counters, KeySnapshot, OverflowExample, SignalSnapshot, Snapshot};
pub use receive::KeyError;
pub use refusal::Reason;
pub use signal::Signal;
pub use spool::Waiting;
