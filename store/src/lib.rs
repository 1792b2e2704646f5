//! What we know: the only speaker to ClickHouse.
//!
//! The nouns are in [`model`], the way in is [`write`], the way out is [`read`], and [`engine`] runs the
//! embedded ClickHouse when no server is named.

pub mod accounts;
pub mod alerts;
mod client;
pub mod clock;
pub mod detector_states;
pub mod engine;
pub mod findings;
pub mod incidents;
mod marks;
pub mod migrate;
pub mod model;
pub mod read;
pub mod retention;
pub mod rollup;
pub mod security_logs;
pub mod slos;
pub mod tags;
pub mod usage;
pub mod write;

pub use client::{Store, StoreError};
