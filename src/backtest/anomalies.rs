//! `nephoscope backtest anomalies`: what the detector says of a file of numbers over time, row by row,
//! each from the rows before it. A row takes some 130 bytes until all are printed: 2.6 GB for the
//! longest file.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use analyzers::detectors::anomaly::shape::HISTORY_SLOTS_MAX;
use analyzers::detectors::anomaly::{Judgement, Kind, Series, Shape};
use anyhow::Context;
use serde::Serialize;
use store::model::UnixNano;

use super::series::{self, Point};
use super::table::quoted;
use super::timestamp::{Spelling, spell};

/// Rows of history that a refit reads: six weeks of minutes.
const HISTORY_ROWS_MAX: usize = 65_536;
/// Series of which something is said on standard error are told up to here, then only counted.
const REMARKS_MAX: usize = 10;

/// Options of `nephoscope backtest anomalies`.
#[derive(clap::Args)]
pub struct Arguments {
    /// CSV `timestamp,value[,series]`; step and season follow from the timestamps. An empty value or
    /// NaN is a gap.
    #[arg(long)]
    input: PathBuf,
}

/// Reads the file, judges each row, and prints them in time order.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let file = series::read(&arguments.input)?;
    let mut lines = Vec::new();
    let mut remarks = Vec::new();
    for (number, series) in file.series.iter().enumerate() {
        let judged = judge(&series.points);
        if let Some(remark) = judged.remark {
            remarks.push(format!("series {}: {remark}", quoted(&series.name)));
        }
        let points = series.points.iter().zip(judged.rows);
        lines.extend(points.map(|(point, verdict)| (number, *point, verdict)));
    }
    for remark in remarks.iter().take(REMARKS_MAX) {
        eprintln!("{remark}");
    }
    if remarks.len() > REMARKS_MAX {
        eprintln!("something is to be said of {} series in all", remarks.len());
    }
    lines.sort_by_key(|(_, point, _)| point.at);
    let mut out = BufWriter::new(std::io::stdout().lock());
    for (number, point, verdict) in &lines {
        let line = line(&file.series[*number].name, point, verdict, file.spelling);
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n").context("cannot write the answer")?;
    }
    out.flush().context("cannot write the answer")
}

/// What is kept of a judgement until all series are judged; rows of a long file are many.
#[derive(Clone, Copy, Default)]
struct Verdict {
    expected: Option<f64>,
    low: f64,
    high: f64,
    /// `None` of a gap.
    score: Option<f32>,
    kind: Option<Kind>,
}

struct Judged {
    rows: Vec<Verdict>,
    /// What a person should know of the series.
    remark: Option<String>,
}

/// Judges the rows of one series, in time order.
fn judge(points: &[Point]) -> Judged {
    let times: Vec<i64> = points.iter().map(|point| point.at.as_secs()).collect();
    let shape = Shape::of_times(&times);
    let mut series = Series::new(shape);
    let mut history: Vec<(i64, f64)> = Vec::new();
    let (mut next_refit, mut repeated, mut said) = (i64::MIN, 0, false);
    let mut before: Option<UnixNano> = None;
    let mut rows = Vec::with_capacity(points.len());
    for (point, at_s) in points.iter().zip(times) {
        let Some(value) = point.value else {
            rows.push(Verdict::default());
            continue;
        };
        if before == Some(point.at) {
            repeated += 1;
            rows.push(Verdict {
                score: Some(0.0),
                kind: None,
                ..rows.last().copied().unwrap_or_default()
            });
            continue;
        }
        before = Some(point.at);
        if shape.slot(at_s) >= next_refit {
            trim(&mut history, &shape);
            series.refit(&history);
            next_refit = shape.slot(at_s) + shape.lead as i64;
        }
        history.push((at_s, value));
        let judgement = series.push(at_s, value);
        said |= judgement.expected.is_some();
        rows.push(judgement.into());
    }
    let few = (!said).then(|| {
        format!(
            "nothing can be said of its {} rows; {} with values, {} s apart as these, are the least",
            points.len(),
            shape.slots_min() * shape.rows_per_slot(),
            shape.step_s
        )
    });
    let repeated = (repeated > 0).then(|| {
        format!("{repeated} rows repeat the time of a row before; only the first of a time counts")
    });
    Judged {
        rows,
        remark: few.or(repeated),
    }
}

/// Forgets what no refit would look at.
fn trim(history: &mut Vec<(i64, f64)>, shape: &Shape) {
    let Some((last_s, _)) = history.last() else {
        return;
    };
    let first_slot = shape.slot(*last_s) - HISTORY_SLOTS_MAX as i64;
    let old = history.partition_point(|(at_s, _)| shape.slot(*at_s) < first_slot);
    history.drain(..old.max(history.len().saturating_sub(HISTORY_ROWS_MAX)));
}

impl From<Judgement> for Verdict {
    fn from(judgement: Judgement) -> Self {
        Self {
            expected: judgement.expected,
            low: judgement.low.unwrap_or_default(),
            high: judgement.high.unwrap_or_default(),
            score: Some(judgement.score as f32),
            kind: judgement.kind,
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: serde_json::Value,
    series: &'a str,
    value: Option<f64>,
    expected: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    score: Option<f64>,
    anomaly: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
}

fn line<'a>(series: &'a str, point: &Point, verdict: &Verdict, spelling: Spelling) -> Line<'a> {
    let known = verdict.expected.is_some();
    Line {
        timestamp: spell(point.at, spelling),
        series,
        value: point.value,
        expected: verdict.expected.map(rounded),
        low: known.then(|| rounded(verdict.low)),
        high: known.then(|| rounded(verdict.high)),
        score: verdict
            .score
            .map(|score| (f64::from(score) * 1e4).round() / 1e4),
        anomaly: verdict.kind.is_some(),
        kind: verdict.kind,
    }
}

/// Six digits: more would pretend.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let digits = 5 - value.abs().log10().floor() as i32;
    match 10.0_f64.powi(digits) {
        scale if scale.is_normal() && (value * scale).is_finite() => {
            (value * scale).round() / scale
        }
        _ => value,
    }
}
