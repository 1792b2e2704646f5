//! What a look of detectors costs, and what they remember: see README.md.
//!
//!     cargo bench --bench detectors -- [--functions N] [--cost-functions N] [--hours N]

#![allow(clippy::print_stdout)] // figures are what it is for

#[path = "detectors/costs.rs"]
mod costs;
#[path = "detectors/operations.rs"]
mod operations;

use clap::Parser;

/// What to measure.
#[derive(Parser)]
struct Arguments {
    /// Functions of the operational detectors
    #[arg(long, default_value_t = 10_000)]
    functions: u32,
    /// Functions of the detectors of costs
    #[arg(long, default_value_t = 100_000)]
    cost_functions: u32,
    /// Hours of history before anything is measured: six weeks
    #[arg(long, default_value_t = 1_008)]
    hours: u32,
    /// Cargo's own word to a bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let arguments = Arguments::parse();
    operations::measure(arguments.functions);
    costs::measure(arguments.cost_functions, arguments.hours);
}
