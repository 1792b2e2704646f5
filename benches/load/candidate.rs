//! What is measured: the product in its variants, and a peer.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::data::Signal;
use crate::engine::Server;

/// One way from an OTLP/gRPC socket to ClickHouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Candidate {
    /// As shipped: each acknowledgement on disk.
    Nephoscope,
    /// `spool.durability: memory`.
    NephoscopeMemory,
    /// As shipped, into tables that keep nothing: what the pipeline alone costs.
    NephoscopeNull,
    /// Rotel, by the path of its binary; acknowledgements from memory.
    Rotel(PathBuf),
}

/// A candidate that takes requests.
pub struct Running {
    child: Child,
    /// Where it listens, as `http://host:port`.
    pub grpc: String,
}

const START_PATIENCE: Duration = Duration::from_secs(20);

impl Candidate {
    /// For the report.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Nephoscope => "nephoscope",
            Self::NephoscopeMemory => "nephoscope, acks from memory",
            Self::NephoscopeNull => "nephoscope, ENGINE = Null",
            Self::Rotel(_) => "rotel, acks from memory",
        }
    }

    /// Whether its rows can be counted.
    pub fn keeps_rows(&self) -> bool {
        *self != Self::NephoscopeNull
    }

    /// Starts it, with tables ready.
    pub async fn start(&self, server: &Server, serve: &[String]) -> anyhow::Result<Running> {
        match self {
            Self::Rotel(binary) => {
                server.make_exporter_tables().await?;
                rotel(binary, server.url()).await
            }
            _ => {
                let running = self.nephoscope(server, serve).await?;
                if *self == Self::NephoscopeNull {
                    server.forget(&Signal::TABLES).await?;
                }
                Ok(running)
            }
        }
    }

    async fn nephoscope(&self, server: &Server, serve: &[String]) -> anyhow::Result<Running> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nephoscope"));
        command.arg("serve").arg("--data").arg(server.scratch());
        command.args(["--clickhouse-url", server.url()]);
        for listen in ["otlp-grpc", "otlp-http", "dashboard"] {
            command.args([&format!("--{listen}-listen"), "127.0.0.1:0"]);
        }
        if *self == Self::NephoscopeMemory {
            command.env("NEPHOSCOPE_COLLECTOR__SPOOL__DURABILITY", "memory");
        }
        let mut child = command
            .args(serve)
            .env("NEPHOSCOPE_LOG__LEVEL", "warn")
            // Its own metrics would be counted among what was sent.
            .env("NEPHOSCOPE_COLLECTOR__SELF_METRICS_INTERVAL_MS", "0")
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
        let grpc = grpc.context("nephoscope did not start")?;
        Ok(Running { child, grpc })
    }
}

/// Rotel with its own defaults, but for inserts that are answered when they are stored.
async fn rotel(binary: &Path, url: &str) -> anyhow::Result<Running> {
    let (credentials, host) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('@'))
        .context("an address with user and password")?;
    let (user, password) = credentials.split_once(':').context("a password")?;
    let host = host.split('/').next().unwrap_or(host);
    let free = || -> anyhow::Result<String> {
        let socket = std::net::TcpListener::bind("127.0.0.1:0")?;
        Ok(socket.local_addr()?.to_string())
    };
    let (grpc, http) = (free()?, free()?);
    let child = Command::new(binary)
        .args(["start", "--exporter", "clickhouse"])
        .args(["--otlp-grpc-endpoint", &grpc])
        .args(["--otlp-http-endpoint", &http])
        .args(["--clickhouse-exporter-endpoint", &format!("http://{host}")])
        .args(["--clickhouse-exporter-user", user])
        .args(["--clickhouse-exporter-password", password])
        .args(["--clickhouse-exporter-async-insert", "false"])
        .args(["--batch-max-size", "100000", "--batch-timeout", "1s"])
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("starting rotel")?;
    let begin = Instant::now();
    while tokio::net::TcpStream::connect(&grpc).await.is_err() {
        if begin.elapsed() > START_PATIENCE {
            bail!("rotel does not listen on {grpc}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let grpc = format!("http://{grpc}");
    Ok(Running { child, grpc })
}

impl Running {
    /// Its process.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("it ended")
    }

    /// Ends it.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}
