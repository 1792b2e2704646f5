//! Nephoscope: sees functions on any cloud. This binary wires the parts together and knows no domain.

mod alerting;
mod alerts;
mod backtest;
mod banner;
mod bill;
mod check;
mod config;
mod engine;
mod live;
mod logging;
mod metrics;
mod migrate;
mod rules;
mod serve;
mod slo;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Observability, costs and runtime security for functions on any cloud, over OpenTelemetry.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the collector, the analyzers, the alerts and the dashboard.
    Serve(serve::Arguments),
    /// Validate every file that `serve` would load; exit status 1 and file:line:column on a fault.
    Check(check::Arguments),
    /// What the invocations of a JSON Lines file cost, line by line and in total.
    Bill(bill::Arguments),
    /// Ask a running Nephoscope whether a version is worse than the one before it: exit status 0 pass, 1
    /// fail, 2 undecided, 3 could not ask.
    Verdict(verdict::Arguments),
    /// Bring the database to the schema of this version.
    Migrate(migrate::Arguments),
    /// Alert routing, offline.
    Alerts {
        #[command(subcommand)]
        command: alerts::Command,
    },
    /// Run a detector offline, on a file: what would it have said, and when?
    Backtest {
        #[command(subcommand)]
        command: backtest::Command,
    },
    /// Service level objectives (OpenSLO v1), offline, on a file.
    Slo {
        #[command(subcommand)]
        command: slo::Command,
    },
    /// The embedded engine's process; `serve` starts it by itself.
    #[command(hide = true)]
    EngineChild {
        #[arg(long)]
        library: PathBuf,
        #[arg(long)]
        engine_config: PathBuf,
        #[arg(long)]
        path: PathBuf,
    },
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        // No runtime here: the engine brings its own threads.
        Command::EngineChild {
            library,
            engine_config,
            path,
        } => store::engine::run_child(&library, &engine_config, &path).map_err(anyhow::Error::msg),
        Command::Serve(arguments) => block_on(serve::run(arguments)),
        Command::Alerts { command } => alerts::run(&command),
        Command::Bill(arguments) => bill::run(&arguments),
        Command::Backtest { command } => backtest::run(&command),
        Command::Slo { command } => slo::run(&command),
        Command::Check(arguments) => check::run(&arguments),
        Command::Migrate(arguments) => block_on(migrate::run(arguments)),
        // Its exit status says more than success and failure.
        Command::Verdict(arguments) => return verdict::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nephoscope: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn block_on<F: Future<Output = anyhow::Result<()>>>(future: F) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(future)
}
