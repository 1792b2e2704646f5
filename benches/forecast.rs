//! What the daily refit of a fleet's forecasts costs, on one core: see README.md.
//!
//!     cargo bench --bench forecast -- [--series N] [--chunk N] [--horizon N]

#![allow(clippy::print_stdout)] // figures are what it is for

use std::time::Instant;

use analyzers::forecast::refit::{Gaps, HISTORY_HOURS, Plan, learn, refit};
use clap::Parser;
use polars::prelude::{DataFrame, df};

/// What to measure.
#[derive(Parser)]
struct Arguments {
    /// Series in all
    #[arg(long, default_value_t = 5_000)]
    series: usize,
    /// Series in a frame
    #[arg(long, default_value_t = 1_000)]
    chunk: usize,
    /// Hours to forecast
    #[arg(long, default_value_t = 48)]
    horizon: usize,
    /// Cargo's own word to a bench
    #[arg(long, hide = true)]
    bench: bool,
}

/// Hours since 1970 of an ordinary day.
const BEGIN: i64 = 490_000;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let plan = Plan {
        begin: BEGIN,
        horizon: arguments.horizon,
        history: HISTORY_HOURS,
        gaps: Gaps::Zero,
    };
    let begin = Instant::now();
    let fleet = learn(&frame(0, arguments.chunk.min(arguments.series))?, &plan)?;
    println!(
        "learning from a frame: {:.1} s",
        begin.elapsed().as_secs_f64()
    );
    let (mut busy_s, mut rows) = (0.0, 0);
    for first in (0..arguments.series).step_by(arguments.chunk) {
        let chunk = frame(first, arguments.chunk.min(arguments.series - first))?;
        let begin = Instant::now();
        rows += refit(&chunk, &plan, fleet.as_ref())?.height();
        busy_s += begin.elapsed().as_secs_f64();
    }
    let each_ms = busy_s * 1e3 / arguments.series as f64;
    println!(
        "{} series of {HISTORY_HOURS} hours: {busy_s:.0} s, {each_ms:.2} ms each ({rows} rows), \
         {:.1} min for 100,000; {:.0} s of CPU and at most {} MiB of memory, with making the series",
        arguments.series,
        each_ms * 1e5 / 60_000.0,
        cpu_s()?,
        peak_mib()?
    );
    Ok(())
}

/// Functions with a day, a week, noise, and nights without an invocation.
fn frame(first: usize, count: usize) -> anyhow::Result<DataFrame> {
    let (mut series, mut hour, mut value) = (Vec::new(), Vec::new(), Vec::new());
    for i in first..first + count {
        let mut seed = i as u64 + 1;
        let mut noise = move || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 40) as f64 / (1_u64 << 24) as f64
        };
        let (size, phase) = (10.0 + 1e4 * noise().powi(4), 24.0 * noise());
        for t in 0..HISTORY_HOURS {
            let day = ((t as f64 - phase) * std::f64::consts::TAU / 24.0).sin();
            let weekend = if t / 24 % 7 >= 5 { 0.6 } else { 1.0 };
            let mean = size * weekend * (1.0 + 0.8 * day);
            let count = (mean * (0.7 + 0.6 * noise())).round();
            if count > 0.0 {
                series.push(format!("aws:123456789012:eu-central-1:function-{i}"));
                hour.push(BEGIN - (HISTORY_HOURS - t) as i64);
                value.push(count);
            }
        }
    }
    Ok(df!("series" => series, "hour" => hour, "value" => value)?)
}

fn cpu_s() -> anyhow::Result<f64> {
    /// Ticks of the kernel's clock, per second, on all Linux machines.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .flat_map(str::parse::<f64>)
        .sum();
    Ok(ticks / TICKS)
}

fn peak_mib() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    Ok(kib.unwrap_or(0) / 1024)
}
