//! Runbooks: what a machine may do about an incident, asked of somebody's webhook and told back by it.
//!
//! [`plan`](plan::plan) is pure: incidents, runs so far and the configuration in, steps out. Every step is an
//! event of the incident, kept before anything is sent, so a restart goes on where it was: a run is asked
//! for again under the same id, never as another run.

mod config;
mod plan;
mod send;
mod step;
pub mod work;

pub use config::{Config, ConfigError, RUNBOOKS_MAX, Runbook};
pub use plan::{Do, plan};
pub use send::{Sender, callback_path};
pub use step::{Run, Runs, Stage, Step, Token, answered};

#[cfg(test)]
mod tests;
