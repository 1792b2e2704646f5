use std::path::{Path, PathBuf};

use super::*;

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixtures/alerting")
        .join(folder)
}

fn everything() -> Config {
    let path = fixtures("good/everything.yaml");
    let text = std::fs::read_to_string(path).expect("readable");
    Config::parse(&text).unwrap_or_else(|fault| panic!("{fault}"))
}

#[test]
fn every_bad_file_is_refused_with_its_line_and_the_reason_beside_it() {
    let mut seen = 0;
    for entry in std::fs::read_dir(fixtures("bad")).expect("fixtures") {
        let path = entry.expect("readable").path();
        if path.extension().is_none_or(|e| e != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("readable");
        let want = std::fs::read_to_string(path.with_extension("message")).expect("message");
        let fault = Config::parse(&text).expect_err(&path.display().to_string());
        let got = fault.to_string();
        assert!(got.contains(want.trim_end()), "{}: {got}", path.display());
        assert!(!got.contains("hunter2"), "{}: {got}", path.display());
        seen += 1;
    }
    assert!(seen >= 40, "only {seen} fixtures");
}

#[test]
fn a_file_with_every_part_is_read_whole() {
    let config = everything();
    assert_eq!(config.resolve_timeout.to_string(), "10m");
    let [database, page] = config.root.routes.as_slice() else {
        panic!("two routes");
    };
    assert!(database.continues);
    assert_eq!(database.group_by, Some(GroupBy::All));
    assert_eq!(
        database.matchers.to_string(),
        r#"{env!="test",service=~"mysql|postgres",team="db"}"#
    );
    assert_eq!(
        database.labels.value("team"),
        "db {{ .GroupLabels.cluster }}"
    );
    assert_eq!(page.group_by, Some(GroupBy::Labels(vec![])));
    assert_eq!(
        page.matchers.to_string(),
        r#"{service=~"^(web|api)$",severity="page"}"#
    );
    assert_eq!(page.receiver, None);
    assert_eq!(config.intervals.len(), 2);
    assert_eq!(
        config.inhibit_rules[1].target.to_string(),
        r#"{alertname=~"Slow.*"}"#
    );
    assert!(config.unsupported().is_empty());
}

#[test]
fn ways_take_from_global_what_they_do_not_say_themselves() {
    let config = everything();
    let ways = &config.receivers[0].ways;
    let told: Vec<(&str, usize, bool)> = ways
        .iter()
        .map(|way| (way.kind.name, way.index, way.send_resolved))
        .collect();
    let want = [
        ("webhook", 0, false),
        ("webhook", 1, true),
        ("webhook", 2, true),
        ("email", 0, false),
        ("slack", 0, false),
        ("slack", 1, false),
    ];
    assert_eq!(told, want);
    let text = |way: &Way, key: &str| way.settings.get(key).map(ToString::to_string);
    assert_eq!(
        text(&ways[3], "smarthost"),
        Some("\"mail.example.com:587\"".into())
    );
    assert_eq!(text(&ways[3], "require_tls"), Some("true".into()));
    assert!(text(&ways[4], "api_url").is_some_and(|url| url.contains("hooks.slack")));
    let database = &config.receivers[1].ways;
    assert!(text(&database[0], "url").is_some_and(|url| url.contains("events.example.com")));
    assert_eq!(
        text(&database[1], "api_key"),
        None,
        "its own key lies in a file"
    );
}

#[test]
fn services_that_cannot_be_sent_to_are_named_with_their_place_and_still_route() {
    let config = Config::parse(
        "route: {receiver: a}\nreceivers:\n- name: a\n  sns_configs:\n  - topic_arn: x\n  \
         wechat_configs:\n  - {api_secret: hunter2, corp_id: c}\n",
    )
    .expect("valid");
    let faults: Vec<String> = config
        .unsupported()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        faults[0].starts_with("5:5: sns_configs cannot be sent yet"),
        "{faults:?}"
    );
    assert!(
        faults[1].starts_with("7:5: wechat_configs cannot be sent yet"),
        "{faults:?}"
    );
}

#[test]
fn a_section_of_our_own_file_is_read_with_its_place_in_the_whole() {
    let ours =
        |section: &str| format!("data: /x\nalerting:\n  receivers: [{{name: a}}]\n{section}");
    let config = Config::parse_section(&ours("  route: {receiver: a}\n")).expect("valid");
    assert_eq!(config.expect("there").receivers[0].name, "a");
    let fault = Config::parse_section(&ours("  route: {receiver: b}\n")).expect_err("refused");
    assert!(
        fault.to_string().starts_with("4:21: undefined receiver"),
        "{fault}"
    );
    assert!(
        Config::parse_section("data: /x\n")
            .expect("valid")
            .is_none()
    );
}

#[test]
fn nothing_that_is_printed_holds_a_secret() {
    let text = format!("{:?}", everything());
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn routes_nest_as_deep_as_the_limit_and_no_deeper() {
    let nested = |depth: usize| {
        let level = |level: usize| {
            let space = "  ".repeat(level);
            format!("{space}routes:\n{space}- receiver: a\n")
        };
        let levels: String = (1..=depth).map(level).collect();
        format!("receivers: [{{name: a}}]\nroute:\n  receiver: a\n{levels}")
    };
    Config::parse(&nested(100)).expect("deep enough for anybody");
    let fault = Config::parse(&nested(300)).expect_err("refused");
    assert!(fault.reason.contains("depth"), "{fault}");
}
