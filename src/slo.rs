//! `nephoscope slo …`: SLOs offline, on a file of minutes.

mod counts;
mod evaluate;
mod load;

pub use load::check;

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
