//! `nephoscope backtest threats`: untrusted texts in, a verdict for each out.

use serde_json::{Value, json};

use crate::harness::{backtest, lines};

fn run(name: &str, items: &[Value], arguments: &[&str]) -> Vec<Value> {
    let text: String = items.iter().map(|item| format!("{item}\n")).collect();
    lines(&backtest("threats", name, &text, arguments).0)
}

#[test]
fn values_spans_and_logs_are_told_with_their_classes_and_evidence() {
    let answers = run(
        "kinds",
        &[
            json!({"id": "a", "signal": "value", "value": "1' or '1'='1"}),
            json!({"id": 7, "signal": "span", "attributes": {
                "url.path": "/get", "url.query": "file=..%2f..%2fetc%2fpasswd&x=1",
                "http.request.header.x-note": ["fine", "${jndi:ldap://x.test/a}"],
                "db.query.text": "select 1 union select 2", "http.response.status_code": 200,
            }}),
            json!({"id": "c", "signal": "span", "attributes": {"url.path": "/"}, "body": "{\"name\":\"<svg onload=alert(1)>\"}"}),
            json!({"id": "d", "signal": "log", "body": format!("connecting to postgres://app:{}@db/shop", "hT7x9qLm2")}),
            json!({"id": "e", "signal": "value", "value": "union was a great select"}),
        ],
        &[],
    );
    let flagged: Vec<bool> = answers.iter().map(|a| a["flagged"] == true).collect();
    assert_eq!(flagged, [true, true, true, true, false], "{answers:#?}");
    assert_eq!(answers[0]["classes"], json!(["sqli"]));
    assert_eq!(answers[1]["id"], 7);
    assert_eq!(answers[1]["classes"], json!(["traversal", "log4shell"]));
    let fields: Vec<&Value> = answers[1]["evidence"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|e| &e["field"])
        .collect();
    assert!(fields.contains(&&json!("url.query")), "{fields:?}");
    assert!(
        fields.contains(&&json!("http.request.header.x-note")),
        "{fields:?}"
    );
    assert!(
        !fields.contains(&&json!("db.query.text")),
        "what the function says itself is no input"
    );
    assert_eq!(answers[2]["classes"], json!(["xss"]));
    assert_eq!(answers[3]["classes"], json!(["secret"]));
    assert!(
        !answers[3].to_string().contains("hT7x9qLm2"),
        "the credential itself is not repeated"
    );
}

#[test]
fn lines_that_make_no_sense_are_told_with_their_place_and_harm_no_other() {
    let text = format!(
        "{{\"id\":1,\"value\":\"x\"}}\nno json\n\n{}\n{{\"id\":4,\"signal\":\"metric\"}}\n{{\"id\":5,\"value\":\"x\"}}\n",
        "[".repeat(100_000)
    );
    let (output, path) = backtest("threats", "faults", &text, &[]);
    let answers = lines(&output);
    assert_eq!(
        answers.iter().map(|a| &a["id"]).collect::<Vec<_>>(),
        [&json!(1), &json!(5)]
    );
    let told = String::from_utf8_lossy(&output.stderr);
    for line in [2, 4, 5] {
        assert!(
            told.contains(&format!("{}:{line}: ", path.display())),
            "{line} in {told}"
        );
    }
}

#[test]
fn secret_rules_of_users_are_loaded_and_bad_ones_refused() {
    let rules = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rules.toml");
    let run = |text: &str| {
        std::fs::write(&rules, text).expect("a file");
        let item = "{\"id\":1,\"signal\":\"log\",\"body\":\"acme-7Fq2Lw9z\"}\n";
        backtest(
            "threats",
            "rules",
            item,
            &["--secrets", rules.to_str().expect("UTF-8")],
        )
        .0
    };
    let good = lines(&run(
        "[[rules]]\nid = 'acme'\nregex = 'acme-\\w{8}'\nkeywords = ['acme']\n",
    ));
    assert_eq!(good[0]["classes"], json!(["secret"]));
    let bad = run("[[rules]]\nid = 'acme'\nregex = '('\n");
    assert!(!bad.status.success());
    assert!(
        String::from_utf8_lossy(&bad.stderr).contains("\"acme\""),
        "{bad:?}"
    );
}
