//! `nephoscope backtest regressions`: what the detector says of a file of cold starts.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use analyzers::detectors::regression::{Verdict, deploy};
use anyhow::Context;
use serde::Serialize;
use store::model::UnixNano;

use super::input::{self, File};
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
    let file = input::read(&arguments.input)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    match arguments.verdicts {
        true => verdicts(&file, &mut out)?,
        false => anyhow::bail!("not yet"),
    }
    out.flush().context("cannot write the answer")
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

fn verdicts(file: &File, out: &mut impl Write) -> anyhow::Result<()> {
    anyhow::ensure!(
        !file.versions.is_empty(),
        "--verdicts judges versions, and the file has no column \"version\"; without it leave \
         --verdicts out to see changes that nobody announced"
    );
    let mut lines: Vec<(UnixNano, VerdictLine)> = Vec::new();
    for (series, name) in file.series.iter().enumerate() {
        let days = file.panel.days(series);
        for begin in deploy::begins(days) {
            let at = days[begin].starts[0].at;
            let version = &file.versions[days[begin].version as usize];
            let verdict = deploy::judge(&file.panel, series, begin);
            lines.push((at, line(file, name, version, at, verdict)));
        }
    }
    lines.sort_by_key(|(at, _)| *at);
    for (_, line) in lines {
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
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

/// Four decimals: a hundredth of a per cent.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
