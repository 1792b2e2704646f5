//! What rolling up and reading usage costs: see README.md.
//!
//!     cargo bench --bench usage -- [--invocations N] [--functions N] [--runs N]

#![allow(clippy::print_stdout)] // figures are what it is for

#[allow(dead_code)] // the other bench uses all of it
#[path = "load/engine.rs"]
mod engine;

use std::time::Instant;

use clap::Parser;
use store::read::usage::{Days, Grouping, group_days, in_months};
use store::usage::{Roller, Terms, Tick};
use store::{Store, rollup};

/// What to measure.
#[derive(Parser)]
struct Arguments {
    /// Invocations on the day that new facts are added to
    #[arg(long, default_value_t = 10_000_000)]
    invocations: u64,
    /// Functions
    #[arg(long, default_value_t = 10_000)]
    functions: u32,
    /// How often each is measured
    #[arg(long, default_value_t = 5)]
    runs: u32,
    /// Cargo's own word to a bench
    #[arg(long, hide = true)]
    bench: bool,
}

/// 2026-03-10 and the ninety days before it, as days since 1970.
const TODAY: u16 = 20_522;
/// Invocations by one insert.
const BLOCK: u64 = 100_000;

/// All functions together, day by day.
const EVERYTHING: Grouping<'_> = Grouping {
    by: "",
    tagged: &[],
    values: &[],
    keys: &[],
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let server = engine::Server::start().await?;
    let store = Store::new(server.url())?;
    store::migrate::migrate(&store).await?;
    reads(&store, &arguments).await?;
    rollups(&store, &arguments).await?;
    server.stop().await
}

async fn reads(store: &Store, arguments: &Arguments) -> anyhow::Result<()> {
    for day in TODAY - 90..TODAY {
        let query = store.query(include_str!("usage/days.sql"));
        query
            .param("day", day)
            .param("functions", u64::from(arguments.functions))
            .execute()
            .await?;
    }
    store
        .execute("summing months", include_str!("usage/months.sql"))
        .await?;
    let days = |first, last| Days { first, last };
    let mut figures = [const { Vec::new() }; 3];
    for _ in 0..arguments.runs {
        let begin = Instant::now();
        in_months(store, days(20_485, 20_512), &[]).await?; // February
        figures[0].push(begin.elapsed().as_millis());
        let begin = Instant::now();
        in_months(store, days(TODAY - 90, TODAY - 1), &[]).await?;
        figures[1].push(begin.elapsed().as_millis());
        let begin = Instant::now();
        group_days(store, days(TODAY - 90, TODAY - 1), EVERYTHING).await?;
        figures[2].push(begin.elapsed().as_millis());
    }
    for (what, figures) in [
        "a month by function",
        "four months by function",
        "90 days by day",
    ]
    .iter()
    .zip(&mut figures)
    {
        report(what, figures);
    }
    Ok(())
}

async fn rollups(store: &Store, arguments: &Arguments) -> anyhow::Result<()> {
    let (mut minutes, mut usage) = (rollup::Roller::default(), Roller::new(Terms::default()));
    // From here on both look at new facts only; those of the day so far are stored as if long ago.
    minutes.tick(store).await?;
    while usage.tick(store).await? != Tick::Idle {}
    let mut filled = 0;
    while filled < arguments.invocations {
        fill(store, arguments, filled, BLOCK, false).await?;
        filled += BLOCK;
    }
    let mut figures = [const { Vec::new() }; 2];
    for _ in 0..arguments.runs {
        // Ten seconds of the day's rate.
        let rows = arguments.invocations / 8_640;
        fill(store, arguments, filled, rows, true).await?;
        filled += rows;
        let begin = Instant::now();
        minutes.tick(store).await?;
        figures[0].push(begin.elapsed().as_millis());
        let begin = Instant::now();
        usage.tick(store).await?;
        figures[1].push(begin.elapsed().as_millis());
    }
    for (what, figures) in ["a tick of the minutes", "a tick of usage"]
        .iter()
        .zip(&mut figures)
    {
        report(what, figures);
    }
    Ok(())
}

async fn fill(
    store: &Store,
    arguments: &Arguments,
    first: u64,
    rows: u64,
    is_new: bool,
) -> anyhow::Result<()> {
    for reports in [0_u8, 1] {
        let query = store.query(include_str!("usage/facts.sql"));
        query
            .param("first", first)
            .param("rows", rows)
            .param("reports", reports)
            .param("is_new", u8::from(is_new))
            .param("per_day", arguments.invocations)
            .param("functions", arguments.functions)
            .param("day_s", u32::from(TODAY) * 86_400)
            .execute()
            .await?;
    }
    Ok(())
}

fn report(what: &str, figures: &mut [u128]) {
    figures.sort_unstable();
    if let (Some(least), Some(most)) = (figures.first(), figures.last()) {
        println!(
            "{what}: median {} ms ({least} to {most})",
            figures[figures.len() / 2]
        );
    }
}
