//! `nephoscope backtest sigma`: rules and events in, matches out.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::harness::{BINARY, backtest, lines, new_folder};

const RULE: &str = "title: A bucket opened\nid: one\nlogsource: {product: aws, service: cloudtrail}\n\
                    detection:\n  s: {eventName: PutBucketAcl}\n  condition: s\n";

/// A folder with these rule files.
fn rules(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = new_folder().join(name);
    for (file, text) in files {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    folder
}

fn run(name: &str, folder: &std::path::Path, events: &[Value], more: &[&str]) -> Output {
    let text: String = events.iter().map(|event| format!("{event}\n")).collect();
    let folder = folder.display().to_string();
    let arguments = [&["--rules", folder.as_str()], more].concat();
    backtest("sigma", name, &text, &arguments).0
}

fn trail(id: Value, event: Value) -> Value {
    json!({"id": id, "product": "aws", "service": "cloudtrail", "event": event})
}

#[test]
fn matches_are_told_by_id_or_title_in_the_order_of_events() {
    let titled = RULE.replace("id: one\n", "");
    let folder = rules(
        "sigma-order",
        &[("b/z.yml", RULE), ("a.yaml", &titled), ("notes.txt", "x")],
    );
    let events = [
        trail(json!("x"), json!({"eventName": "PUTBUCKETACL"})),
        json!({"id": "other", "product": "gcp", "service": "audit", "event": {"eventName": "PutBucketAcl"}}),
        trail(json!(7), json!({"eventName": "PutBucketAcl"})),
        json!({"no": "event"}),
        trail(json!("otel"), json!({"api": {"operation": "PutBucketAcl"}})),
    ];
    let output = run("order", &folder, &events, &[]);
    let expected: Vec<Value> = ["x", "7"]
        .iter()
        .flat_map(|id| ["A bucket opened", "one"].map(|rule| (rule, *id)))
        .map(|(rule, id)| json!({"rule": rule, "event": id.parse::<u64>().map_or(json!(id), |n| json!(n))}))
        .collect();
    assert_eq!(lines(&output), expected);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains(":4: no \"event\" in it"),
        "{output:?}"
    );
    let aliased = lines(&run("aliases", &folder, &events, &["--field-aliases"]));
    assert_eq!(
        aliased.len(),
        6,
        "under its name in OCSF as well: {aliased:?}"
    );
}

#[test]
fn a_correlation_is_told_with_the_event_that_completes_it_in_the_order_of_time() {
    let correlation = format!(
        "{RULE}name: opened\n---\ntitle: Many\nid: many\ncorrelation:\n  type: event_count\n  \
         rules: [opened]\n  group-by: [who]\n  timespan: 1m\n  condition: {{gte: 3}}\n"
    );
    let folder = rules("sigma-correlation", &[("a.yml", &correlation)]);
    let event = |id: &str, second: u32| {
        let time = format!("2026-01-01T00:00:{second:02}Z");
        trail(
            json!(id),
            json!({"eventName": "PutBucketAcl", "who": "kim", "eventTime": time}),
        )
    };
    // The last by time stands first in the file.
    let output = run(
        "correlation",
        &folder,
        &[event("late", 30), event("a", 1), event("b", 2)],
        &[],
    );
    assert_eq!(lines(&output), [json!({"rule": "many", "event": "late"})]);
}

#[test]
fn every_fault_is_told_and_nothing_is_loaded() {
    let unknown = RULE.replace("eventName:", "eventName|sounds_like:");
    let undefined = RULE
        .replace("condition: s", "condition: t")
        .replace("id: one", "id: two");
    let folder = rules(
        "sigma-faults",
        &[("a.yml", &unknown), ("b.yml", &undefined)],
    );
    let output = run("faults", &folder, &[trail(json!(1), json!({}))], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let place = |file: &str| folder.join(file).display().to_string();
    assert!(
        told.contains(&format!(
            "{}:5:7: the modifier \"sounds_like\"",
            place("a.yml")
        )),
        "{told}"
    );
    assert!(
        told.contains(&format!(
            "{}:6:14: the condition names \"t\"",
            place("b.yml")
        )),
        "{told}"
    );
}

#[test]
fn check_validates_the_rules_beside_the_configuration() {
    let folder = rules(
        "sigma-check",
        &[("rules/a.yml", RULE), ("nephoscope.yaml", "{}\n")],
    );
    let check = || {
        let config = folder.join("nephoscope.yaml");
        let output = Command::new(BINARY)
            .args(["check", "--config"])
            .arg(config)
            .output();
        output.expect("the binary runs")
    };
    let told = String::from_utf8_lossy(&check().stdout).into_owned();
    assert!(
        told.contains("rules: valid, 1 Sigma rules and 0 correlations"),
        "{told}"
    );
    std::fs::write(folder.join("rules/b.yml"), RULE).expect("written");
    let output = check();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.contains("b.yml:1:1: the id \"one\" is that of another rule"),
        "{told}"
    );
}
