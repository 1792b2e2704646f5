//! `nephoscope check`: validates, offline, every file that `serve` would load.

use std::path::PathBuf;

use crate::config;

/// Options of `nephoscope check`.
#[derive(clap::Args)]
pub struct Arguments {
    /// The configuration file.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// Loads everything; the first fault is the error, with its place.
#[allow(clippy::print_stdout)] // the answer of a command goes to standard output
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    config::load(arguments.config.as_deref(), std::env::vars())?;
    let name = arguments.config.as_deref().map_or_else(
        || config::DEFAULT_FILE.to_owned(),
        |path| path.display().to_string(),
    );
    println!("{name}: valid");
    Ok(())
}
