//! `nephoscope backtest forecast`: what a file of numbers over time will go on as.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use analyzers::forecast::{self, HORIZON_MAX, season};
use anyhow::Context;
use serde::Serialize;

use super::grid::Grid;
use super::series;
use super::timestamp::spell;

/// Options of `nephoscope backtest forecast`.
#[derive(clap::Args)]
pub struct Arguments {
    /// CSV `timestamp,value`, rows in any order, evenly spaced but for gaps.
    #[arg(long)]
    input: PathBuf,
    /// How many steps to forecast, the step being the usual distance between rows; up to 8784.
    #[arg(long)]
    horizon: usize,
    /// Steps after which the series repeats, such as 24 for hours; 1 for none. Without it, it is looked for.
    #[arg(long)]
    season: Option<usize>,
}

#[derive(Serialize)]
struct Line {
    timestamp: serde_json::Value,
    mean: f64,
    low: f64,
    high: f64,
}

/// Reads the file, forecasts, and prints a line for each step. What the forecast rests on, and what was odd
/// about the file, goes to standard error.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let place = arguments.input.display();
    anyhow::ensure!(
        (1..=HORIZON_MAX).contains(&arguments.horizon),
        "--horizon is {}; it may be 1 to {HORIZON_MAX} steps",
        arguments.horizon
    );
    anyhow::ensure!(
        arguments.season != Some(0),
        "--season is 0; give the number of steps after which the series repeats, or 1 for none"
    );
    let file = series::read(&arguments.input)?;
    anyhow::ensure!(
        file.series.len() == 1,
        "{place} holds {} series; forecast one at a time, in a file of its own",
        file.series.len()
    );
    let grid = Grid::of(&file.series[0].points).with_context(|| format!("{place} has no row"))?;
    tell(&grid);
    let seasons = season::of(&grid.values, grid.step, arguments.season);
    let forecast = forecast::forecast(&grid.values, &seasons, arguments.horizon, None)
        .with_context(|| format!("cannot forecast {place}"))?;
    match seasons[..] {
        [] => eprintln!("no season; {}", forecast.basis),
        _ => eprintln!("seasons of {seasons:?} steps; {}", forecast.basis),
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    for (h, mean) in forecast.mean.iter().enumerate() {
        let line = Line {
            timestamp: spell(grid.ahead(h), file.spelling),
            mean: *mean,
            low: forecast.low[h],
            high: forecast.high[h],
        };
        serde_json::to_writer(&mut out, &line).context("cannot write the answer")?;
        out.write_all(b"\n").context("cannot write the answer")?;
    }
    out.flush().context("cannot write the answer")
}

fn tell(grid: &Grid) {
    if grid.step.is_none() {
        eprintln!("only one time is known, so steps are taken to be days");
    }
    if grid.shared > 0 {
        eprintln!(
            "{} rows share their step with others; their mean counts",
            grid.shared
        );
    }
    if grid.gaps > 0 {
        eprintln!(
            "{} of {} steps have no value; they are filled",
            grid.gaps,
            grid.values.len()
        );
    }
}
