//! `nephoscope backtest`: a file in, JSON Lines out.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;

use crate::harness::{backtest, lines};

fn run(name: &str, csv: &str, arguments: &[&str]) -> (Output, PathBuf) {
    backtest("regressions", name, csv, arguments)
}

/// Thirty days of about 180 ms, then as many of 260 ms; ten cold starts a day.
fn two_versions(header: &str, row: impl Fn(usize, f64, &str) -> String) -> String {
    let mut csv = format!("{header}\n");
    for i in 0..600 {
        let (ms, version) = if i < 300 { (180.0, "1") } else { (260.0, "2") };
        let wobble = f64::from(u32::try_from(i * 7919 % 31).expect("small")) - 15.0;
        let _ = writeln!(csv, "{}", row(i, ms + wobble, version));
    }
    csv
}

fn date(i: usize) -> String {
    format!("2024-{:02}-{:02}", 5 + i / 300, 1 + i % 300 / 10)
}

#[test]
fn a_slower_version_is_regressed_and_rows_that_make_no_sense_are_told_with_their_place() {
    let mut csv = two_versions("timestamp,value,series,version,cohort", |i, ms, version| {
        format!("{},{ms},checkout,{version},node", date(i))
    });
    csv.push_str(
        "\r\n2024-06-30,NaN,checkout,2,node\nsoon,1,checkout,2,node\n2024-06-30,-4,checkout,2,node\n",
    );
    let (output, path) = run("verdicts", &csv, &["--verdicts"]);
    let lines = lines(&output);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0]["verdict"], "undecided");
    let second = &lines[1];
    assert_eq!(second["series"], "checkout");
    assert_eq!(
        (&second["version"], &second["at"]),
        (&"2".into(), &"2024-06-01".into())
    );
    assert_eq!(second["verdict"], "regressed");
    assert_eq!(second["detected_at"], "2024-06-01");
    let (low, high) = (second["low"].as_f64(), second["high"].as_f64());
    assert!(low < Some(0.444) && Some(0.444) < high, "{second}");
    assert!(second["n_after"].as_u64() <= Some(8), "{second}");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    for (line, why) in [
        (603, "\"NaN\" is no duration"),
        (604, "\"soon\" is no time"),
        (605, "\"-4\""),
    ] {
        let expected = format!("{}:{line}: {why}", path.display());
        assert!(told.contains(&expected), "{expected} in {told}");
    }
}

#[test]
fn without_versions_the_change_is_found_in_the_spelling_of_the_file() {
    let day = |i: usize| 1_714_521_600 + i / 10 * 86_400 + i % 10 * 60;
    let csv = two_versions("value,timestamp", |i, ms, _| format!("{ms},{}", day(i)));
    let lines = lines(&run("changes", &csv, &[]).0);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let change = &lines[0];
    assert_eq!(change["at"], day(300));
    assert_eq!(
        (&change["direction"], &change["kind"]),
        (&"up".into(), &"step".into())
    );
    assert_eq!(
        (&change["version"], &change["cause"]),
        (&Value::Null, &"unknown".into())
    );
    assert!(change["before"]["p50"].as_f64() < change["after"]["p50"].as_f64());
}

#[test]
fn a_file_that_cannot_be_used_is_refused_with_what_to_do() {
    for (name, csv, arguments, why) in [
        (
            "no-value",
            "timestamp,ms\n2024-05-01,3\n",
            &[][..],
            "no column \"value\"",
        ),
        (
            "no-rows",
            "timestamp,value\n",
            &[],
            "no row that can be used",
        ),
        (
            "no-version",
            "timestamp,value\n2024-05-01,3\n",
            &["--verdicts"],
            "no column \"version\"",
        ),
    ] {
        let (output, _) = run(name, csv, arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(why), "{told}");
    }
}
