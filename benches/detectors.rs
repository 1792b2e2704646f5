//! What a look of detectors costs, and what they remember: see README.md.
//!
//!     cargo bench --bench detectors -- [--functions N]

#![allow(clippy::print_stdout)] // figures are what it is for

#[path = "detectors/operations.rs"]
mod operations;

use clap::Parser;

/// What to measure.
#[derive(Parser)]
struct Arguments {
    /// Functions
    #[arg(long, default_value_t = 10_000)]
    functions: u32,
    /// Cargo's own word to a bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let arguments = Arguments::parse();
    operations::measure(arguments.functions);
}
