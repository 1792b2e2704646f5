//! `nephoscope slo …`: SLOs offline, on a file of minutes; and the folder of SLOs for all others.

mod counts;
mod evaluate;
mod load;

use std::path::{Path, PathBuf};

pub use load::{check, watched};

/// The folder of SLOs: `slos`, beside the configuration.
pub fn folder(config: Option<&Path>) -> PathBuf {
    let beside = config.and_then(Path::parent).unwrap_or(Path::new(""));
    beside.join("slos")
}

/// Commands under `nephoscope slo`.
#[derive(clap::Subcommand)]
pub enum Command {
    /// The indicator, the budget, the burn rates and the alerts of an SLO, minute by minute.
    Evaluate(evaluate::Arguments),
}

/// Runs one of them; JSON Lines to standard output.
pub fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Evaluate(arguments) => evaluate::run(arguments),
    }
}
