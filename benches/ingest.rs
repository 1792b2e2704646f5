//! Ingest under load, from an OTLP/gRPC socket to rows in ClickHouse: CPU seconds of the collector and of
//! ClickHouse per million items, peak memory, time until everything is stored.
//!
//!     cargo bench --bench ingest -- [traces|logs|metrics] [--count N] [--batch N] [--streams N] [--runs N]
//!
//! Starts the product on a folder of its own, on 127.0.0.1, and ends it again.

#![allow(clippy::print_stdout)] // a report goes to standard output

#[path = "load/client.rs"]
mod client;
#[path = "load/data.rs"]
mod data;
#[path = "load/process.rs"]
mod process;

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Parser;
use data::Signal;
use store::Store;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

#[derive(Parser)]
struct Arguments {
    #[arg(default_value = "traces")]
    signal: String,
    #[arg(long, default_value_t = 1_000_000)]
    count: usize,
    /// Items per request; exporters send 512 by default.
    #[arg(long, default_value_t = 512)]
    batch: usize,
    #[arg(long, default_value_t = 16)]
    streams: usize,
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Further arguments for `nephoscope serve`.
    #[arg(long, allow_hyphen_values = true, value_delimiter = ' ')]
    serve: Vec<String>,
    /// Cargo passes this; it means nothing here.
    #[arg(long)]
    bench: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let signal = match arguments.signal.as_str() {
        "traces" => Signal::Traces,
        "logs" => Signal::Logs,
        "metrics" => Signal::Metrics,
        other => bail!("{other:?} is no signal; write traces, logs or metrics"),
    };
    println!(
        "{} {}, {} per request, {} streams; CPU seconds per million",
        arguments.count, arguments.signal, arguments.batch, arguments.streams
    );
    println!(
        "{:>4} {:>10} {:>11} {:>7} {:>8} {:>12} {:>11} {:>10}",
        "run",
        "collector",
        "clickhouse",
        "both",
        "wall s",
        "collector MB",
        "bytes/item",
        "repeated"
    );
    for run in 1..=arguments.runs {
        println!("{run:>4} {}", one(&arguments, signal).await?);
    }
    Ok(())
}

async fn one(arguments: &Arguments, signal: Signal) -> anyhow::Result<String> {
    let now_ns = u64::try_from(store::clock::now().0)?;
    let requests = data::requests(signal, arguments.count, arguments.batch, now_ns);
    let product = Product::start(&arguments.serve).await?;
    let (collector, engine) = (product.pid()?, product.engine_pid()?);
    let before = (
        process::cpu_seconds(collector)?,
        process::cpu_seconds(engine)?,
    );
    let begin = Instant::now();
    let streams = arguments.streams;
    let repeated =
        client::send_all(&product.grpc, signal.method(), Arc::new(requests), streams).await?;
    product
        .wait_for(signal.table(), arguments.count as u64)
        .await?;
    let wall_s = begin.elapsed().as_secs_f64();
    product.wait_for_merges().await?;
    let after = (
        process::cpu_seconds(collector)?,
        process::cpu_seconds(engine)?,
    );
    let per_million = 1e6 / arguments.count as f64;
    let (ours, theirs) = (
        (after.0 - before.0) * per_million,
        (after.1 - before.1) * per_million,
    );
    let bytes = product.bytes(signal.table()).await? as f64 / arguments.count as f64;
    let memory = process::peak_memory_mb(collector)?;
    product.stop().await?;
    Ok(format!(
        "{ours:>10.2} {theirs:>11.2} {:>7.2} {wall_s:>8.2} {memory:>12} {bytes:>11.1} {repeated:>10}",
        ours + theirs
    ))
}

struct Product {
    child: Child,
    data: PathBuf,
    grpc: String,
}

impl Product {
    async fn start(arguments: &[String]) -> anyhow::Result<Self> {
        let data = std::env::temp_dir().join(format!("nephoscope-bench-{}", std::process::id()));
        let mut child = Command::new(env!("CARGO_BIN_EXE_nephoscope"))
            .arg("serve")
            .arg("--data")
            .arg(&data)
            .args([
                "--otlp-grpc-listen",
                "127.0.0.1:0",
                "--otlp-http-listen",
                "127.0.0.1:0",
            ])
            .args(["--dashboard-listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("piped")?).lines();
        let mut grpc = None;
        while let Some(line) = lines.next_line().await? {
            if line.contains("OTLP/gRPC") {
                grpc = line.split_whitespace().last().map(str::to_owned);
            }
            if line.contains("connect a function") {
                break;
            }
        }
        Ok(Self {
            child,
            data,
            grpc: grpc.context("it did not start")?,
        })
    }

    fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("it ended")
    }

    fn engine_pid(&self) -> anyhow::Result<u32> {
        Ok(std::fs::read_to_string(self.data.join("engine/lock"))?
            .trim()
            .parse()?)
    }

    fn store(&self) -> anyhow::Result<Store> {
        let read = |name: &str| std::fs::read_to_string(self.data.join("engine").join(name));
        let config = read("config.xml")?;
        let port = config
            .split("<http_port>")
            .nth(1)
            .and_then(|t| t.split('<').next());
        let (port, password) = (port.context("a port")?, read("password")?);
        Ok(Store::new(&format!(
            "http://nephoscope:{password}@127.0.0.1:{port}/otel"
        ))?)
    }

    async fn number(&self, sql: &str) -> anyhow::Result<u64> {
        Ok(self.store()?.query(sql).fetch_one::<u64>().await?)
    }

    async fn wait_for(&self, table: &str, count: u64) -> anyhow::Result<()> {
        let begin = Instant::now();
        loop {
            let stored = self.number(&format!("SELECT count() FROM {table}")).await?;
            if stored >= count {
                anyhow::ensure!(stored == count, "{stored} stored of {count} sent");
                return Ok(());
            }
            anyhow::ensure!(
                begin.elapsed() < Duration::from_secs(120),
                "{stored} of {count} stored"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn wait_for_merges(&self) -> anyhow::Result<()> {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(60) {
            if self.number("SELECT count() FROM system.merges").await? == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    }

    async fn bytes(&self, table: &str) -> anyhow::Result<u64> {
        let sql = format!(
            "SELECT sum(bytes_on_disk) FROM system.parts \
             WHERE database = 'otel' AND table = '{table}' AND active"
        );
        self.number(&sql).await
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        let engine = format!("/proc/{}", self.engine_pid()?);
        while std::path::Path::new(&engine).exists() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        std::fs::remove_dir_all(&self.data)?;
        Ok(())
    }
}
