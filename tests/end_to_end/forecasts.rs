//! `nephoscope backtest forecast`: a file in, what comes next out.

use std::fmt::Write;
use std::process::Output;

use serde_json::Value;

use crate::harness::{backtest, lines};

fn run(name: &str, csv: &str, arguments: &[&str]) -> Output {
    backtest("forecast", name, csv, arguments).0
}

fn number(line: &Value, key: &str) -> f64 {
    line[key].as_f64().expect(key)
}

/// A day's shape, at an hour.
fn shape(hour: usize) -> f64 {
    let turn = hour as f64 * std::f64::consts::TAU / 24.0;
    100.0 + 50.0 * turn.sin() + (hour * 7_919 % 31) as f64 / 10.0
}

#[test]
fn hours_go_on_in_the_files_own_spelling_though_rows_are_missing_doubled_and_nonsense() {
    let mut csv = "timestamp,value\n".to_owned();
    for hour in (0..700).filter(|h| h % 97 != 0) {
        let at = format!("2024-05-{:02} {:02}:00:00", 1 + hour / 24 % 28, hour % 24);
        let at = if hour < 672 {
            at
        } else {
            at.replace("-05-", "-06-")
        };
        let _ = writeln!(csv, "{at},{}", shape(hour));
    }
    // 28 days of May, and then three missing ones: a gap before 28 hours of June.
    csv.push_str("2024-06-02 03:00:00,NaN\nlater,1\n2024-06-02 02:00:00,120\n");
    let output = run("hours", &csv, &["--horizon", "48"]);
    let lines = lines(&output);
    assert_eq!(lines.len(), 48);
    assert_eq!(lines[0]["timestamp"], "2024-06-02 04:00:00");
    assert_eq!(lines[47]["timestamp"], "2024-06-04 03:00:00");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    for said in [
        "no time",
        "steps have no value",
        "share their step",
        "combined, as tried at",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    let held = (lines.iter().enumerate()).filter(|(h, line)| {
        let came = shape(4 + h);
        let (low, mean, high) = (
            number(line, "low"),
            number(line, "mean"),
            number(line, "high"),
        );
        assert!(low <= mean && mean <= high, "{line}");
        assert!((mean - came).abs() < 30.0, "{line} where {came} comes");
        low <= came && came <= high
    });
    assert!(held.count() >= 40, "{lines:?}");
}

#[test]
fn seconds_days_and_months_keep_their_step() {
    for (name, csv, next) in [
        (
            "seconds",
            "timestamp,value\n1714566600,1\n1714566660,2\n1714566720,3\n",
            vec!["1714566780", "1714566840"],
        ),
        (
            "days",
            "timestamp,value\n2024-02-27,5\n2024-02-28,6\n",
            vec!["\"2024-02-29\"", "\"2024-03-01\""],
        ),
        (
            "months",
            "timestamp,value\n2023-10-01,5\n2023-11-01,6\n2023-12-01,5\n",
            vec!["\"2024-01-01\"", "\"2024-02-01\""],
        ),
    ] {
        let output = run(name, csv, &["--horizon", "2"]);
        let times: Vec<String> = lines(&output)
            .iter()
            .map(|l| l["timestamp"].to_string())
            .collect();
        assert_eq!(times, next, "{name}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("too few to learn from"), "{told}");
    }
}

#[test]
fn what_cannot_be_forecast_is_refused_with_what_to_do() {
    let two = "timestamp,value,series\n2024-05-01,3,a\n2024-05-01,3,b\n";
    for (name, csv, arguments, why) in [
        (
            "none",
            "timestamp,value\n2024-05-01,NaN\n",
            ["--horizon", "3"],
            "no value is known",
        ),
        (
            "zero",
            "timestamp,value\n2024-05-01,3\n",
            ["--horizon", "0"],
            "it may be 1 to",
        ),
        ("two", two, ["--horizon", "3"], "holds 2 series"),
    ] {
        let output = run(name, csv, &arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(why), "{told}");
    }
}
