//! `nephoscope alerts route` and its kin, as people and other programs call them.

use std::path::Path;
use std::process::{Command, Output};

use crate::harness::BINARY;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/alerting");

fn alerts(arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.arg("alerts").args(arguments);
    command.output().expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn everything() -> String {
    format!("{FIXTURES}/good/everything.yaml")
}

#[test]
fn receivers_are_printed_in_the_order_of_the_tree() {
    for (labels, want) in [
        (vec![], "everybody\n"),
        (vec!["team=db", "service=mysql"], "database\n"),
        (vec!["team=db", "service=mysql", "env=test"], "everybody\n"),
        (vec!["severity=page", "service=\"web\""], "silent\n"),
        (
            vec!["team=db", "service=postgres", "severity=page"],
            "database\n",
        ),
    ] {
        let config = everything();
        let output = alerts(&[&["route", "--config", &config], labels.as_slice()].concat());
        assert!(output.status.success(), "{output:?}");
        assert_eq!(text(&output.stdout), want, "{labels:?}");
    }
}

#[test]
fn receivers_can_be_verified_and_the_way_through_the_tree_be_seen() {
    let config = everything();
    let route = |more: &[&str]| alerts(&[&["route", "--config", &config], more].concat());
    let right = route(&["--verify.receivers=database", "team=db", "service=mysql"]);
    assert_eq!(
        (right.status.code(), text(&right.stdout)),
        (Some(0), "database\n".into())
    );
    let wrong = route(&["--verify.receivers=silent", "team=db", "service=mysql"]);
    assert_eq!(wrong.status.code(), Some(1));
    let told = text(&wrong.stdout);
    assert!(
        told.ends_with("WARNING: Expected receivers did not match resolved receivers.\n"),
        "{told}"
    );
    let tree = route(&["--tree", "team=db", "service=mysql"]);
    let want = "Matching routes:\n.\n└── default-route\n    └── {env!=\"test\",service=~\"mysql|postgres\",team=\"db\"}  receiver: database\n\n\ndatabase\n";
    assert_eq!(text(&tree.stdout), want);
    let no_label = route(&["team!=db"]);
    assert_eq!(no_label.status.code(), Some(1));
    assert!(
        text(&no_label.stderr).contains("name=value"),
        "{no_label:?}"
    );
}

#[test]
fn bad_files_are_told_of_with_their_place_and_secrets_are_not() {
    for (name, want) in [
        ("undefined-receiver", ":4:15: undefined receiver \"b\""),
        ("webhook-url-without-scheme", ":6:5: url is no address"),
    ] {
        let path = format!("{FIXTURES}/bad/{name}.yaml");
        let output = alerts(&["route", "--config", &path]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(&format!("{path}{want}")), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn files_are_checked_and_sections_of_our_own_file_too() {
    let (good, bad) = (everything(), format!("{FIXTURES}/bad/no-route.yaml"));
    let output = alerts(&["check-config", &good, &bad]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("SUCCESS\nFound:\n - global config\n - route\n - 2 inhibit rules\n"),
        "{told}"
    );
    assert!(told.contains("no-route.yaml'  FAILED: "), "{told}");
    let ours = Path::new(env!("CARGO_TARGET_TMPDIR")).join("alert-routes.yaml");
    let section = "alerting:\n  route: {receiver: a}\n  receivers:\n  - name: a\n    sns_configs: [{topic_arn: x}]\n";
    std::fs::write(&ours, section).expect("a file");
    let check = Command::new(BINARY)
        .arg("check")
        .arg("--config")
        .arg(&ours)
        .output();
    let told = text(&check.expect("it runs").stderr);
    assert!(
        told.contains(":5:19: sns_configs cannot be sent yet"),
        "{told}"
    );
    let route = alerts(&["route", "--config", &ours.display().to_string(), "x=y"]);
    assert_eq!(text(&route.stdout), "a\n", "routing needs no service");
}
