//! `nephoscope migrate`: the schema, by itself.

use std::path::PathBuf;

use crate::{config, engine, logging};

/// Options of `nephoscope migrate`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Only list what would be applied.
    #[arg(long)]
    plan: bool,
    /// The configuration file.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The data folder of the embedded engine.
    #[arg(long)]
    data: Option<PathBuf>,
    /// A ClickHouse server: http://user:password@host:8123/database.
    #[arg(long)]
    clickhouse_url: Option<String>,
}

/// Lists or applies the pending migrations.
#[allow(clippy::print_stdout)] // the answer of a command goes to standard output
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut config = config::load(arguments.config.as_deref(), std::env::vars())?;
    config.data = arguments.data.or(config.data);
    config.clickhouse.url = arguments.clickhouse_url.or(config.clickhouse.url);
    logging::start(&config.log)?;
    let _lock = match config.clickhouse_url()? {
        None => Some(store::engine::DataLock::acquire(&config.data_folder())?),
        Some(_) => None,
    };
    let database = engine::open(&config).await?;
    let steps = if arguments.plan {
        store::migrate::pending(&database.store).await?
    } else {
        store::migrate::migrate(&database.store).await?
    };
    for step in &steps {
        println!(
            "{} {}",
            if arguments.plan { "pending" } else { "applied" },
            step.name
        );
    }
    if steps.is_empty() {
        println!("the schema is up to date");
    }
    if let Some(engine) = database.engine {
        engine.stop().await;
    }
    Ok(())
}
