//! `nephoscope backtest …`: the detectors that `serve` runs, offline, on a file. Causal: what is said of
//! a moment uses only what was known then.

mod anomalies;
mod cold_starts;
mod forecast;
mod grid;
mod names;
mod regressions;
mod series;
pub mod table;
pub mod timestamp;

/// Commands under `nephoscope backtest`.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Numbers over time that depart from what their own past lets expect.
    Anomalies(anomalies::Arguments),
    /// Cold starts that became slower or faster: with a deploy, or without one.
    Regressions(regressions::Arguments),
    /// What comes next, with intervals that hold 95 %.
    Forecast(forecast::Arguments),
}

/// Runs one of them; JSON Lines to standard output.
pub fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Anomalies(arguments) => anomalies::run(arguments),
        Command::Regressions(arguments) => regressions::run(arguments),
        Command::Forecast(arguments) => forecast::run(arguments),
    }
}
