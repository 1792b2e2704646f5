//! Ingest under load, from an OTLP/gRPC socket to rows in ClickHouse: CPU seconds of the collector and of
//! ClickHouse per million items, peak memory, bytes on disk, time until visible.
//!
//!     cargo bench --bench ingest -- [traces|logs|metrics ...] [--rotel PATH] [--count N] [--runs N]
//!
//! Candidates take turns, run by run, each with a ClickHouse of its own on 127.0.0.1 that ends with it.
//! `benches/README.md` tells how to read the table and where Rotel comes from.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a report goes to standard output

#[path = "load/candidate.rs"]
mod candidate;
#[path = "load/client.rs"]
mod client;
#[path = "load/data.rs"]
mod data;
#[path = "load/engine.rs"]
mod engine;
#[path = "load/process.rs"]
mod process;
#[path = "load/report.rs"]
mod report;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use candidate::Candidate;
use clap::Parser;
use data::Signal;
use engine::Server;
use process::cpu_seconds;
use report::{Figures, Table};

/// Requests sent one by one to a quiet collector, to see how soon their rows can be read.
const VISIBLE_PROBES: usize = 5;

#[derive(Parser)]
struct Arguments {
    /// traces, logs or metrics; all of them if none is named.
    signals: Vec<Signal>,
    #[arg(long, default_value_t = 1_000_000)]
    count: usize,
    /// Items per request; exporters send 512 by default.
    #[arg(long, default_value_t = 512)]
    batch: usize,
    #[arg(long, default_value_t = 16)]
    streams: usize,
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Measure only the product as shipped.
    #[arg(long)]
    only_shipped: bool,
    /// The binary of Rotel, to be measured in turn with ours.
    #[arg(long)]
    rotel: Option<PathBuf>,
    /// Only send the load to what listens there (http://127.0.0.1:4317), for profiling it.
    #[arg(long)]
    send_to: Option<String>,
    /// Print what ClickHouse itself counted in each run.
    #[arg(long)]
    events: bool,
    /// Further arguments for `nephoscope serve`.
    #[arg(long, allow_hyphen_values = true, value_delimiter = ' ')]
    serve: Vec<String>,
    /// Cargo passes this; it means nothing here.
    #[arg(long)]
    bench: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = Arguments::parse();
    if arguments.signals.is_empty() {
        arguments.signals = Signal::ALL.to_vec();
    }
    if let Some(address) = &arguments.send_to {
        return send(&arguments, address).await;
    }
    let mut candidates = vec![Candidate::Nephoscope];
    if !arguments.only_shipped {
        candidates.push(Candidate::NephoscopeMemory);
        candidates.push(Candidate::NephoscopeNull);
    }
    candidates.extend(arguments.rotel.clone().map(Candidate::Rotel));
    println!("{}", process::machine());
    for signal in &arguments.signals {
        println!(
            "\n{} {}, {} per request, {} streams, {} runs: median (min to max)\n",
            arguments.count,
            signal.items(),
            arguments.batch,
            arguments.streams,
            arguments.runs
        );
        let mut table = Table::default();
        for run in 1..=arguments.runs {
            for candidate in &candidates {
                let figures = one(&arguments, *signal, candidate).await?;
                eprintln!("run {run}, {}: {figures}", candidate.name());
                table.add(candidate.name(), figures);
            }
        }
        println!("{table}");
    }
    Ok(())
}

async fn send(arguments: &Arguments, address: &str) -> anyhow::Result<()> {
    let now_ns = u64::try_from(store::clock::now().0)?;
    for signal in &arguments.signals {
        let requests = data::requests(*signal, arguments.count, arguments.batch, now_ns);
        let requests = Arc::new(requests);
        client::send_all(address, signal.method(), requests, arguments.streams).await?;
    }
    Ok(())
}

async fn one(
    arguments: &Arguments,
    signal: Signal,
    candidate: &Candidate,
) -> anyhow::Result<Figures> {
    let count = arguments.count;
    let now_ns = u64::try_from(store::clock::now().0)?;
    let requests = Arc::new(data::requests(signal, count, arguments.batch, now_ns));
    let server = Server::start().await?;
    let running = candidate.start(&server, &arguments.serve).await?;
    let (collector, clickhouse) = (running.pid()?, server.pid()?);
    let (ours, theirs) = (cpu_seconds(collector)?, cpu_seconds(clickhouse)?);
    let begin = Instant::now();
    let streams = arguments.streams;
    let repeated = client::send_all(&running.grpc, signal.method(), requests, streams).await?;
    let acknowledged = begin.elapsed();
    if candidate.keeps_rows() {
        server.wait_for_rows(signal.table(), count as u64).await?;
    } else {
        process::wait_for_idle(collector).await?;
    }
    let stored = begin.elapsed();
    server.wait_for_merges().await?;
    let per_million = 1e6 / count as f64;
    let figures = Figures {
        collector_cpu_s: (cpu_seconds(collector)? - ours) * per_million,
        clickhouse_cpu_s: (cpu_seconds(clickhouse)? - theirs) * per_million,
        collector_mb: process::peak_memory_mb(collector)? as f64,
        acknowledged_s: acknowledged.as_secs_f64(),
        stored_s: stored.as_secs_f64(),
        bytes_per_item: server.bytes(signal.table()).await? as f64 / count as f64,
        visible_ms: match candidate.keeps_rows() {
            true => Some(visible_ms(&server, &running.grpc, signal, count as u64).await?),
            false => None,
        },
        repeated: repeated as f64,
    };
    if arguments.events {
        for (event, value) in server.events().await? {
            eprintln!("{:>14.3} s  {event}", value as f64 / 1e6);
        }
    }
    running.stop().await?;
    server.stop().await?;
    Ok(figures)
}

/// From sending one request to a quiet collector until its rows are read; median.
async fn visible_ms(
    server: &Server,
    grpc: &str,
    signal: Signal,
    mut rows: u64,
) -> anyhow::Result<f64> {
    let mut times = Vec::new();
    for probe in 0..VISIBLE_PROBES {
        // Another second each time: equal bytes would be the same request.
        let now_ns = u64::try_from(store::clock::now().0)? - probe as u64 * 1_000_000_000;
        let requests = Arc::new(data::requests(signal, 10, 10, now_ns));
        rows += 10;
        let begin = Instant::now();
        client::send_all(grpc, signal.method(), requests, 1).await?;
        server.wait_for_rows(signal.table(), rows).await?;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    Ok(times[VISIBLE_PROBES / 2].as_secs_f64() * 1e3)
}
