//! `nephoscope check`: validates, offline, every file that `serve` would load.

use std::path::{Path, PathBuf};

use analyzers::cost::Books;
use analyzers::cost::book::Book;

use crate::{config, slo};

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
    let books = Books::load(&config.costs)?;
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
    for book in books.all() {
        println!("price book {}", told(&books, book));
    }
    let slos = slo::folder(arguments.config.as_deref());
    if slos.is_dir() {
        let count = slo::check(&slos)?;
        println!("{}: valid, {count} SLOs", slos.display());
    }
    Ok(())
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
