//! The command line, and the plan it amounts to.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Parser;

use crate::bill::Bills;
use crate::catalogue;
use crate::function::Function;
use crate::scenario::{self, Scenario};
use crate::sim::Plan;
use crate::time::{Ns, parse_length, parse_moment};
use crate::wire::{Patience, Protocol, Target};

/// Simulates serverless functions on many clouds and sends their telemetry over OTLP: first a
/// history that ends now, then live.
#[derive(Clone, Debug, Parser)]
#[command(name = "fleet", version)]
pub struct Args {
    /// OTLP/gRPC endpoint
    #[arg(long, default_value = "http://127.0.0.1:4317")]
    pub endpoint: String,
    /// OTLP/HTTP endpoint, without /v1/...
    #[arg(long, default_value = "http://127.0.0.1:4318")]
    pub http_endpoint: String,
    /// Encodings: mixed lets every function speak as its exporter does
    #[arg(long, value_enum, default_value_t)]
    pub protocol: Protocol,
    /// Seed of all chance: same seed, start and flags, same bytes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Number of functions: the named ones of the catalogue first, then generated ones
    #[arg(long)]
    pub functions: Option<usize>,
    /// Take away what goes wrong on an ordinary day: only the scenario's incidents remain
    #[arg(long)]
    pub calm: bool,
    /// Length of the history before the start
    #[arg(long, default_value = "6h", value_parser = parse_length)]
    pub backfill: Ns,
    /// Play this much of the history without sending it, because an earlier run has
    #[arg(long, default_value = "0s", value_parser = parse_length)]
    pub skip: Ns,
    /// Simulated time to run live after the history, or "forever"
    #[arg(long, default_value = "60s", value_parser = parse_duration)]
    pub duration: Duration,
    /// Simulated seconds per real second, when live
    #[arg(long, default_value_t = 1.0, value_parser = parse_positive)]
    pub speed: f64,
    /// Factor on all traffic
    #[arg(long, default_value_t = 1.0, value_parser = parse_positive)]
    pub rate: f64,
    /// End of the history and start of live, RFC 3339; default now
    #[arg(long, value_parser = parse_moment)]
    pub start: Option<Ns>,
    /// Incidents to inject (YAML, see the README)
    #[arg(long)]
    pub scenario: Option<PathBuf>,
    /// Where to write the ground truth as JSON Lines
    #[arg(long)]
    pub truth: Option<PathBuf>,
    /// Write a line of ground truth for every invocation, too
    #[arg(long, requires = "truth")]
    pub truth_invocations: bool,
    /// Write the bill of each function and month into the ground truth, too
    #[arg(long, requires = "truth")]
    pub truth_bills: bool,
    /// Play only the function of this name; may be repeated
    #[arg(long = "only", value_name = "NAME")]
    pub only: Vec<String>,
    /// Share of requests that arrive up to 12 simulated hours late
    #[arg(long, default_value_t = 0.0, value_parser = parse_share)]
    pub late: f64,
    /// Share of requests that arrive a second time
    #[arg(long, default_value_t = 0.0, value_parser = parse_share)]
    pub twice: f64,
    /// Header of every request, name=value; may be repeated
    #[arg(long = "header", value_parser = parse_header)]
    pub headers: Vec<(String, String)>,
    /// Requests under way at once
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub in_flight: u16,
    /// Play this story of an attack or its benign twin instead of the fleet, so that it ends at the
    /// start; `list`
    /// names them all
    #[arg(long, value_name = "NAME", conflicts_with = "scenario")]
    pub story: Option<String>,
    /// Send nothing of the story: write it as lines for `backtest threats --stream`
    #[arg(long, requires = "story")]
    pub lines: Option<PathBuf>,
    /// Send nothing: print one OTLP/JSON request per platform and signal
    #[arg(long)]
    pub print: bool,
}

/// How long to run live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duration {
    /// This long, in simulated time.
    For(Ns),
    /// Until interrupted.
    Forever,
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    match text {
        "forever" => Ok(Duration::Forever),
        _ => parse_length(text).map(Duration::For),
    }
}

/// A factor; 100,000 times is more than any machine can follow.
fn parse_positive(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("'{text}' is no number"))?;
    if value > 0.0 && value <= 100_000.0 {
        Ok(value)
    } else {
        Err(format!("{value} must be above 0 and at most 100000"))
    }
}

fn parse_share(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("'{text}' is no number"))?;
    match (0.0..=1.0).contains(&value) {
        true => Ok(value),
        false => Err(format!("{value} must be 0 to 1")),
    }
}

fn parse_header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("write name=value, e.g. 'authorization=Bearer abc'")?;
    Ok((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
}

impl Args {
    /// The plan of a run whose history ends at `start`.
    ///
    /// # Errors
    /// A history before 1970, a fleet of no functions, a scenario that cannot be read; the latter
    /// names file, line and column.
    pub fn plan(&self, start: Ns) -> Result<Plan> {
        let Some(origin) = start.checked_sub(self.backfill) else {
            bail!("a history of this length would begin before 1970: shorten --backfill");
        };
        let mut functions = catalogue::fleet(self.seed, self.functions)?;
        if let Some(name) = self
            .only
            .iter()
            .find(|name| functions.iter().all(|f| f.name != **name))
        {
            bail!("the fleet has no function '{name}' to play: see data/fleet.yaml");
        }
        functions.retain(|f| self.only.is_empty() || self.only.contains(&f.name));
        if self.calm {
            functions = functions.into_iter().map(Function::calm).collect();
        }
        let scenario = match &self.scenario {
            Some(path) => load_scenario(path, start, &functions)?,
            None => Scenario::default(),
        };
        Ok(Plan {
            seed: self.seed,
            functions,
            scenario,
            origin,
            backfill: self.backfill,
            rate: self.rate,
            truth_invocations: self.truth_invocations,
            bills: self.truth_bills.then(Bills::new).transpose()?,
            quiet: false,
        })
    }

    /// Where and how to send.
    pub fn target(&self) -> Target {
        Target {
            grpc: self.endpoint.clone(),
            http: self.http_endpoint.clone(),
            protocol: self.protocol,
            headers: self.headers.clone(),
            in_flight: usize::from(self.in_flight),
            patience: Patience::default(),
        }
    }
}

fn load_scenario(path: &Path, start: Ns, functions: &[Function]) -> Result<Scenario> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("read the scenario {}", path.display()))?;
    scenario::parse(&text, start, functions).map_err(|fault| anyhow!("{}:{fault}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::HOUR;

    fn args(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(std::iter::once("fleet").chain(line.split_whitespace()))
    }

    #[test]
    fn the_command_line_is_read() {
        let a = args("--backfill 12h --duration forever --header authorization=k=1").unwrap();
        assert_eq!((a.backfill, a.duration), (12 * HOUR, Duration::Forever));
        assert_eq!(a.headers, [("authorization".to_owned(), "k=1".to_owned())]);
        for bad in [
            "--speed 0",
            "--rate -1",
            "--rate NaN",
            "--backfill 6",
            "--header x",
        ] {
            assert!(args(bad).is_err(), "{bad}");
        }
        assert!(args("--truth-invocations").is_err(), "needs --truth");
        assert!(args("--late 1.5").is_err() && args("--twice -1").is_err());
        let one = args("--only cart").unwrap().plan(HOUR * 10).unwrap();
        assert_eq!(one.functions.len(), 1);
        let calm = args("--calm").unwrap().plan(HOUR * 10).unwrap();
        assert!(
            calm.functions
                .iter()
                .all(|f| f.error_rate < 0.001 && f.deploys.is_empty())
        );
        assert!(args("--only nobody").unwrap().plan(HOUR * 10).is_err());
        let plan = args("--functions 0").unwrap().plan(HOUR * 10);
        assert!(plan.is_err_and(|e| e.to_string().contains("1 to")));
        let plan = args("--backfill 3d").unwrap().plan(HOUR);
        assert!(plan.is_err_and(|e| e.to_string().contains("before 1970")));
    }
}
