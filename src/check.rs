//! `nephoscope check`: validates, offline, every file that `serve` would load.

use std::path::{Path, PathBuf};

use analyzers::cost::Books;
use analyzers::cost::book::Book;

use crate::{alerts, config, rules, slo};

/// Options of `nephoscope check`.
#[derive(clap::Args)]
pub struct Arguments {
    /// The configuration file.
    #[arg(long)]
    config: Option<PathBuf>,
    /// A file in Alertmanager's format, instead of the section `alerting`.
    #[arg(long)]
    alerting: Option<PathBuf>,
}

/// Loads everything; the first fault is the error, with its place.
#[allow(clippy::print_stdout)] // the answer of a command goes to standard output
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = config::load(arguments.config.as_deref(), std::env::vars())?;
    let _ = config.clickhouse_url()?; // reads the file it may lie in
    let books = Books::load(&config.costs)?;
    let file = arguments
        .config
        .as_deref()
        .unwrap_or(Path::new(config::DEFAULT_FILE));
    let alerting = match &arguments.alerting {
        Some(path) => Some(alerts::load_to_send(path)?),
        None if config.alerting.is_some() => alerts::load_section(file)?,
        None => None,
    };
    match file {
        path if path.exists() => println!("{}: valid", path.display()),
        path => println!(
            "no {} here; the defaults and the environment are valid",
            path.display()
        ),
    }
    if let Some(alerting) = alerting {
        println!(
            "alert routing: valid, {} receivers",
            alerting.receivers.len()
        );
    }
    for book in books.all() {
        println!("price book {}", told(&books, book));
    }
    let slos = slo::folder(arguments.config.as_deref());
    if slos.is_dir() {
        let count = slo::check(&slos)?;
        println!("{}: valid, {count} SLOs", slos.display());
    }
    let folder = beside(arguments.config.as_deref(), "rules");
    if folder.is_dir() {
        let set = rules::load(Some(&folder), None)?;
        let (rules, correlations) = (set.rules().len(), set.correlations().len());
        println!(
            "{}: valid, {rules} Sigma rules and {correlations} correlations",
            folder.display()
        );
    }
    Ok(())
}

/// A folder beside the configuration.
fn beside(config: Option<&Path>, folder: &str) -> PathBuf {
    let parent = config.and_then(Path::parent).unwrap_or(Path::new(""));
    parent.join(folder)
}

/// A book in a line: what it prices, in what, and for whom it is used.
fn told(books: &Books, book: &Book) -> String {
    let providers: Vec<String> = book
        .providers
        .iter()
        .map(|(name, prices)| {
            let used = books.of(name).is_some_and(|(used, _)| used.id == book.id);
            let plans = prices.plans.iter().map(|plan| plan.prices.len());
            let standing = prices.standing.iter().map(|standing| standing.prices.len());
            let count: usize = plans.chain(standing).sum();
            format!("{name} {count} prices{}", if used { ", used" } else { "" })
        })
        .collect();
    format!(
        "{}: valid, in {} ({})",
        book.id,
        book.currency,
        providers.join("; ")
    )
}
