//! `nephoscope backtest regressions`: what the detector says of a file of cold starts.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use analyzers::detectors::regression::change::{Cause, Change, Direction, Kind, Side};
use analyzers::detectors::regression::changes::{self, Subject};
use analyzers::detectors::regression::{Verdict, deploy};
use anyhow::Context;
use serde::Serialize;
use store::model::UnixNano;

use super::cold_starts::{self, File};
use super::timestamp::spell;

/// Options of `nephoscope backtest regressions`.
#[derive(clap::Args)]
pub struct Arguments {
    /// CSV `timestamp,value[,series][,version][,cohort]`, one cold start (ms) a row; a change of version is
    /// a deploy; series of one cohort are siblings.
    #[arg(long)]
    input: PathBuf,
    /// One line per series and version instead of one per change.
    #[arg(long)]
    verdicts: bool,
}

/// Reads the file, judges, and prints.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut file = cold_starts::read(&arguments.input)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    match arguments.verdicts {
        true => verdicts(&mut file, &mut out)?,
        false => changes(&mut file, &mut out)?,
    }
    out.flush().context("cannot write the answer")
}

fn write(out: &mut impl Write, line: &impl Serialize) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n").context("cannot write the answer")
}

#[derive(Serialize)]
struct VerdictLine<'a> {
    series: &'a str,
    version: &'a str,
    at: serde_json::Value,
    verdict: &'static str,
    relative: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    p_value: Option<f64>,
    n_before: usize,
    n_after: usize,
    detected_at: Option<serde_json::Value>,
    reasons: Vec<String>,
}

fn verdicts(file: &mut File, out: &mut impl Write) -> anyhow::Result<()> {
    anyhow::ensure!(
        !file.versions.is_empty(),
        "--verdicts judges versions, and the file has no column \"version\"; without it leave \
         --verdicts out to see changes that nobody announced"
    );
    let panel = file.by_version();
    let mut lines: Vec<(UnixNano, VerdictLine)> = Vec::new();
    for (series, name) in file.series.iter().enumerate() {
        let days = panel.days(series);
        for begin in deploy::begins(days) {
            let at = days[begin].starts[0].at;
            let version = &file.versions[days[begin].version as usize];
            let verdict = deploy::judge(&panel, series, begin);
            lines.push((at, line(file, name, version, at, verdict)));
        }
    }
    lines.sort_by_key(|(at, _)| *at);
    for (_, line) in lines {
        write(out, &line)?;
    }
    Ok(())
}

fn line<'a>(
    file: &File,
    series: &'a str,
    version: &'a str,
    at: UnixNano,
    verdict: Verdict,
) -> VerdictLine<'a> {
    VerdictLine {
        series,
        version,
        at: spell(at, file.spelling),
        verdict: verdict.outcome.as_str(),
        relative: verdict.relative.map(rounded),
        low: verdict.interval.map(|(low, _)| rounded(low)),
        high: verdict.interval.map(|(_, high)| rounded(high)),
        p_value: verdict.p_value,
        n_before: verdict.n_before,
        n_after: verdict.n_after,
        detected_at: verdict.detected_at.map(|at| spell(at, file.spelling)),
        reasons: verdict.reasons.iter().map(ToString::to_string).collect(),
    }
}

#[derive(Serialize)]
struct ChangeLine<'a> {
    series: &'a str,
    at: serde_json::Value,
    detected_at: serde_json::Value,
    direction: &'static str,
    kind: &'static str,
    until: Option<serde_json::Value>,
    before: SideLine,
    after: SideLine,
    relative: f64,
    p_value: f64,
    confidence: f64,
    version: Option<&'a str>,
    cause: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cohort: Option<&'a str>,
}

#[derive(Serialize)]
struct SideLine {
    n: usize,
    p50: f64,
    p90: f64,
}

impl From<Side> for SideLine {
    fn from(side: Side) -> Self {
        Self {
            n: side.n,
            p50: rounded(side.p50_ms),
            p90: rounded(side.p90_ms),
        }
    }
}

fn changes(file: &mut File, out: &mut impl Write) -> anyhow::Result<()> {
    let plain = file.plain();
    let found = match file.versions.is_empty() {
        true => changes::of_fleet(&plain, &plain),
        false => changes::of_fleet(&file.by_version(), &plain),
    };
    for (subject, change) in found {
        let (series, cohort) = match subject {
            Subject::Series(series) => (file.series[series].as_str(), None),
            Subject::Cohort(first) => ("*", Some(file.cohort(first))),
            Subject::Platform => ("*", Some("*")),
        };
        write(out, &change_line(file, series, cohort, &change))?;
    }
    Ok(())
}

fn change_line<'a>(
    file: &'a File,
    series: &'a str,
    cohort: Option<&'a str>,
    change: &Change,
) -> ChangeLine<'a> {
    ChangeLine {
        series,
        at: spell(change.at, file.spelling),
        detected_at: spell(change.detected_at, file.spelling),
        direction: match change.direction {
            Direction::Up => "up",
            Direction::Down => "down",
        },
        kind: match change.kind {
            Kind::Step => "step",
            Kind::Transient => "transient",
        },
        until: change.until.map(|at| spell(at, file.spelling)),
        before: change.before.into(),
        after: change.after.into(),
        relative: rounded(change.relative),
        p_value: change.p_value,
        confidence: rounded(change.confidence()),
        version: match change.cause {
            Cause::Deploy { version } => file.versions.get(version as usize).map(String::as_str),
            Cause::Platform | Cause::Unknown => None,
        },
        cause: match change.cause {
            Cause::Deploy { .. } => "deploy",
            Cause::Platform => "platform",
            Cause::Unknown => "unknown",
        },
        cohort,
    }
}

/// Four decimals: a hundredth of a per cent.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
