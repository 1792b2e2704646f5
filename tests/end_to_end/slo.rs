//! `nephoscope slo evaluate` and the SLOs of `nephoscope check`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::harness::{BINARY, lines};

const SLO: &str = "apiVersion: openslo/v1
kind: SLO
metadata: {name: orders}
spec:
  service: shop
  indicatorRef: answered
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: internal, target: 0.999}, {displayName: contract, target: 0.99}]
";

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("slo-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("slos")).expect("a folder");
    folder
}

fn evaluate(folder: &Path, csv: &str, arguments: &[&str]) -> Output {
    let (slo, input) = (folder.join("slos/slo.yaml"), folder.join("minutes.csv"));
    std::fs::write(&slo, SLO).expect("a file");
    std::fs::write(&input, csv).expect("a file");
    let mut command = Command::new(BINARY);
    command
        .args(["slo", "evaluate", "--slo"])
        .arg(slo)
        .arg("--input")
        .arg(input);
    command.args(arguments).output().expect("the binary runs")
}

#[test]
fn late_rows_and_gaps_come_out_as_a_line_for_each_minute() {
    let folder = folder("late");
    // Out of order; a minute twice, of which the later row counts; seconds within a minute; a gap.
    let csv = "minute,good,total\n2026-03-01T00:02:00Z,990,1000\n2026-03-01T00:00:00Z,1,1000\n\
               2026-03-01T00:00:30Z,1000,1000\n2026-03-01T00:09:00Z,5,4\n2026-03-01T00:08:00Z,10.5,10.5\n";
    let output = evaluate(&folder, csv, &[]);
    let lines = lines(&output);
    let minutes: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["minute"].as_str())
        .collect();
    assert_eq!(
        (minutes[0], minutes[8], minutes.len()),
        ("2026-03-01T00:00:00Z", "2026-03-01T00:08:00Z", 9)
    );
    let expected = json!({
        "minute": "2026-03-01T00:02:00Z",
        "sli": 0.995,
        "budget_remaining": -4.0,
        "burn": {"5m": 5.0, "30m": 5.0, "1h": 5.0, "2h": 5.0, "6h": 5.0, "1d": 5.0, "3d": 5.0},
        "alerts": {"page:1h/5m": false, "page:6h/30m": false, "ticket:1d/2h": true, "ticket:3d/6h": true},
    });
    assert_eq!(lines[2], expected);
    assert_eq!(lines[7]["burn"]["5m"], Value::Null);
    assert_eq!(lines[7]["alerts"], expected["alerts"], "frozen");
    assert_eq!(lines[8]["sli"], json!(2000.5 / 2010.5));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    for part in [
        "minutes.csv:5: \"5\" good of \"4\"",
        "no SLI `answered`",
        "`internal`",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
}

#[test]
fn unix_seconds_stay_unix_seconds_and_another_objective_can_be_asked_for() {
    let folder = folder("unix");
    let csv = "minute,good,total\n1772323200,990,1000\n";
    let output = evaluate(
        &folder,
        csv,
        &["--objective", "contract", "--min-bad-events", "11"],
    );
    let lines = lines(&output);
    assert_eq!(
        (&lines[0]["minute"], &lines[0]["budget_remaining"]),
        (&json!(1_772_323_200), &json!(0.0))
    );
    let output = evaluate(&folder, csv, &["--objective", "secret"]);
    assert!(!output.status.success());
}

#[test]
fn check_reads_the_folder_of_slos_beside_the_configuration() {
    let folder = folder("check");
    let check = |slo: &str| {
        std::fs::write(folder.join("slos/slo.yaml"), slo).expect("a file");
        std::fs::write(folder.join("nephoscope.yaml"), "log: {level: info}\n").expect("a file");
        let mut command = Command::new(BINARY);
        command
            .args(["check", "--config"])
            .arg(folder.join("nephoscope.yaml"));
        let output = command.output().expect("the binary runs");
        let told = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&told).into_owned(),
        )
    };
    let (sound, told) = check(SLO);
    assert!(
        !sound && told.contains("slo.yaml:6:17: there is no SLI `answered`"),
        "{told}"
    );
    let sli = "---\napiVersion: openslo/v1\nkind: SLI\nmetadata: {name: answered}\nspec:\n  ratioMetric:\n    \
               rawType: success\n    raw: {metricSource: {type: nephoscope, spec: {indicator: availability}}}\n";
    let (sound, told) = check(&format!("{SLO}{sli}"));
    assert!(sound && told.contains("slos: valid, 1 SLOs"), "{told}");
}
