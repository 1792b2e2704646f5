use serde_json::json;

use super::super::RuleSet;
use super::super::files::Source;
use super::{build, rule, set};

#[test]
fn every_fault_is_told_with_its_file_and_line() {
    let bad = "title: one\nlogsource:\n  product: x\ndetection:\n  a:\n    f|foo: 1\n  b:\n    \
               g|re: '('\n  condition: a and c\n---\nlogsource: {product: x}\ndetection: {a: {f: 1}, condition: a}\n";
    let sources = [
        ("rules/x.yml", bad),
        ("rules/y.yml", "title: [\n"),
        ("rules/z.yml", "- 1\n"),
    ];
    let sources = sources.map(|(file, text)| Source {
        file: file.to_owned(),
        text: text.to_owned(),
    });
    let faults = RuleSet::build(&sources, None).expect_err("faults");
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    for (number, start) in [
        "rules/x.yml:6:5: the modifier \"foo\" is not known",
        "rules/x.yml:8:11: \"(\" is no regular expression: error: unclosed group",
        "rules/x.yml:9:14: the condition names \"c\", which is not defined",
        "rules/x.yml:11:1: `title` is missing",
        "rules/y.yml:",
        "rules/z.yml:1:1: a rule is a map, not a list",
    ]
    .iter()
    .enumerate()
    {
        assert!(told[number].starts_with(start), "{start} in {told:#?}");
    }
    assert_eq!(told.len(), 6);
}

#[test]
fn what_a_rule_must_have_is_asked_for() {
    let whole = rule("  s: {a: 1}\n  condition: s");
    for (text, reason) in [
        (whole.replace("title: a rule\n", ""), "`title` is missing"),
        (
            whole.replace("logsource: {product: any}\n", ""),
            "`logsource` is missing",
        ),
        (whole.replace("{product: any}", "{}"), "names no `category`"),
        (whole.replace("{product: any}", "x"), "`logsource` is a map"),
        (
            whole.replace("  condition: s", ""),
            "`condition` is missing",
        ),
        (
            whole.replace("detection", "detections"),
            "`detection` is missing",
        ),
        (format!("{whole}level: grave\n"), "\"grave\" is no level"),
        (format!("{whole}status: done\n"), "\"done\" is no status"),
        (
            whole.replace("  condition", "  timeframe: 5m\n  condition"),
            "`timeframe` is not part",
        ),
        (
            whole.replace("  s: {a: 1}", "  s: {a: 1, a: 2}"),
            "duplicate",
        ),
        (
            format!("{whole}---\naction: merge\n"),
            "the action \"merge\" is not known",
        ),
        (format!("action: repeat\n{whole}"), "no rule before it"),
        (
            format!("{whole}id: x\n---\n{whole}id: x\n"),
            "the id \"x\" is that of another rule",
        ),
        (
            format!("{whole}name: x\n---\n{whole}name: x\n"),
            "the name \"x\" is that of another",
        ),
    ] {
        let faults = build(&text).expect_err(&text);
        assert!(faults[0].reason.contains(reason), "{text}: {faults:?}");
    }
}

#[test]
fn rule_file_bombs_are_bounded() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for n in 1..12 {
        let inner = vec![format!("*a{}", n - 1); 9].join(",");
        bomb += &format!("a{n}: &a{n} [{inner}]\n");
    }
    let deep = format!("title: {}{}", "[".repeat(10_000), "]".repeat(10_000));
    let long = "x".repeat(2 << 20);
    let wide = format!("title: x\nfields: [{}]\n", "1,".repeat(100_000));
    for text in [bomb, deep, long, wide, "---\na: 1\n".repeat(2_000)] {
        let faults = build(&text).expect_err("a bomb");
        assert!(faults[0].reason.len() < 400, "{faults:?}");
    }
}

#[test]
fn old_collections_share_what_is_global() {
    let set = set(
        "action: global\ntitle: shared\nlogsource: {product: x}\ndetection: {condition: s}\n---\n\
         id: one\ndetection: {s: {a: 1}}\n---\nid: two\ndetection: {s: {a: 2}}\n---\n\
         action: repeat\nid: three\ndetection: {s: {b: 3}}\n---\n\
         action: reset\n---\ntitle: alone\nid: four\nlogsource: {product: x}\ndetection: {s: {a: 4}, condition: s}\n",
    );
    let of = |event| -> Vec<String> {
        let rules = set.matches(&[], &event).rules;
        rules
            .iter()
            .map(|rule| rule.header.label().to_owned())
            .collect()
    };
    assert_eq!(of(json!({"a": 1})), ["one"]);
    assert_eq!(of(json!({"a": 2})), ["two"]);
    assert_eq!(of(json!({"a": 2, "b": 3})), ["two", "three"]);
    assert_eq!(of(json!({"a": 4})), ["four"]);
    assert_eq!(set.rules()[3].header.title, "alone");
}

#[test]
fn filters_take_matches_away_from_the_rules_they_name() {
    let rule = |id: &str, product: &str| {
        format!(
            "title: {id}\nid: {id}\nlogsource: {{product: {product}}}\ndetection: {{s: {{a: 1}}, condition: s}}\n---\n"
        )
    };
    let rules = format!("{}{}", rule("one", "x"), rule("two", "y"));
    let filtered = |filter: &str, event: &serde_json::Value| -> Vec<String> {
        let set = set(&format!(
            "{rules}title: f\nlogsource: {{product: x}}\nfilter:\n{filter}\n"
        ));
        let matched = set.matches(&[], event).rules;
        matched
            .iter()
            .map(|rule| rule.header.label().to_owned())
            .collect()
    };
    let admin = json!({"a": 1, "user": "adm_x"});
    let other = json!({"a": 1, "user": "x"});
    // As the specification writes it, and as its reference implementation does.
    for condition in ["selection", "not selection"] {
        let filter = format!(
            "  rules: [one]\n  selection: {{user|startswith: adm_}}\n  condition: {condition}"
        );
        assert_eq!(filtered(&filter, &admin), ["two"], "{condition}");
        assert_eq!(filtered(&filter, &other), ["one", "two"], "{condition}");
        let any = filter.replace("[one]", "any");
        assert_eq!(
            filtered(&any, &admin),
            ["two"],
            "rules of that source alone"
        );
    }
    let gone = format!(
        "{rules}title: f\nlogsource: {{product: x}}\nfilter:\n  rules: [gone]\n  s: {{a: 1}}\n  condition: s\n"
    );
    let faults = build(&gone).expect_err("an unknown rule");
    assert!(
        faults[0].reason.contains("\"gone\", which is no rule"),
        "{faults:?}"
    );
}
