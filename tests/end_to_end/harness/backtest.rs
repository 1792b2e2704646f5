//! `nephoscope backtest` on a file that a test writes.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use super::BINARY;

/// Runs a kind of backtest on `csv`; with the file, whose name is its own for each test.
pub fn backtest(kind: &str, name: &str, csv: &str, arguments: &[&str]) -> (Output, PathBuf) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{kind}-{name}.csv"));
    std::fs::write(&path, csv).expect("a file");
    let output = Command::new(BINARY)
        .args(["backtest", kind, "--input"])
        .arg(&path)
        .args(arguments)
        .output()
        .expect("the binary runs");
    (output, path)
}

/// Its answer, line by line.
pub fn lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect()
}
