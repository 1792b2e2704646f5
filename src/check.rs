//! `nephoscope check`: validates, offline, every file that `serve` would load.

use std::path::{Path, PathBuf};

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
    let config = config::load(arguments.config.as_deref(), std::env::vars())?;
    let _ = config.clickhouse_url()?; // reads the file it may lie in
    match arguments
        .config
        .as_deref()
        .unwrap_or(Path::new(config::DEFAULT_FILE))
    {
        path if path.exists() => println!("{}: valid", path.display()),
        path => println!(
            "no {} here; the defaults and the environment are valid",
            path.display()
        ),
    }
    Ok(())
}
