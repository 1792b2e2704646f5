//! For the eyes: pages, the API behind them, and people's logins.
//!
//! A page is one file in `pages/`: it asks the store, turns rows into a view struct of finished
//! text, and names its template. Every URL stands in `router.rs`.

mod alerting;
mod app;
mod auth;
pub mod config;
mod connect;
mod door;
pub mod format;
#[cfg(test)]
mod http_tests;
pub mod live;
mod metrics;
mod open;
mod pages;
pub mod parts;
pub mod range;
mod router;
mod server;
#[cfg(test)]
mod testing;
mod web;

pub use alerting::{Alerting, start_alone};
pub use config::{Config, ConfigError};
pub use live::{Live, LiveKey, LiveOverflow, LiveSignal};
pub use pages::ingest::{explains_limit, explains_refusal};
pub use server::{
    BoxFuture, Clock, Dashboard, Deps, IngestAddresses, StartError, start, start_with_clock,
};
