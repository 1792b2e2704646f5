use super::*;
use crate::testing::{context, finding, html};

fn shown(query: &str, findings: Vec<Finding>) -> String {
    let ctx = context("/findings", query);
    let asked = Asked::read(&ctx).expect("an address");
    let history = findings.is_empty().then(|| History {
        functions: 2,
        since_ms: ctx.now_ms() - 7_200_000,
    });
    let mut known = Known { findings, history };
    known.findings.sort_by(order);
    html(&ctx, reply(&ctx, &asked, &known)).replace('\u{a0}', " ")
}

fn in_state(state: State, because: &str) -> Finding {
    Finding {
        id: format!("{:016x}", state as u8),
        state,
        closed_at: (state != State::Open).then_some(crate::testing::NOW),
        closed_because: because.into(),
        ..finding("cold_start_regression")
    }
}

#[test]
fn the_sentence_names_what_is_open_with_its_price() {
    let page = shown("", vec![finding("cold_start_regression")]);
    let (_, sentence) = page.split_once("1 finding is open: ").expect("a count");
    let (_, title) = sentence
        .split_once(">Cold starts of checkout")
        .expect("a title");
    assert!(title.contains("</a> ($41 a month)."), "{title}");
    assert!(page.contains("<h2>Regressions</h2>"));
}

#[test]
fn hostile_findings_are_text() {
    let hostile = Finding {
        title: "<script>alert(1)</script>".into(),
        sentence: "\"><img src=x onerror=alert(2)>".into(),
        subject: "<b>".into(),
        function_id: String::new(),
        kind: "<i>".into(),
        ..finding("x")
    };
    let page = shown("", vec![hostile]);
    assert!(page.contains("&lt;script&gt;alert(1)") && page.contains("<h2>Others</h2>"));
}

#[test]
fn what_was_held_back_is_reached_by_its_tab_and_says_why() {
    let held = in_state(State::Held, "its like was called expected");
    let all = vec![
        in_state(State::Open, ""),
        held,
        in_state(State::Closed, "It holds no longer."),
    ];
    let open = shown("", all.clone());
    assert!(open.contains("state=held") && !open.contains("was called expected"));
    let held = shown("state=held", all.clone());
    assert!(
        held.contains("Held back: its like was called expected"),
        "{held}"
    );
    let every = shown("state=all", all);
    assert!(every.contains("It holds no longer.") && every.contains(">3 findings<"));
}

#[test]
fn nothing_at_all_teaches_what_is_watched_and_how_long_it_takes() {
    let page = shown("", Vec::new());
    assert!(
        page.contains("2 functions have sent data for 2 h so far."),
        "{page}"
    );
    assert!(page.contains("3 days and 8 cold starts of the version before"));
    assert!(page.contains("0.9 % of deploys that changed nothing"));
}

#[test]
fn a_long_list_has_pages_and_each_finding_stands_on_one() {
    let many: Vec<Finding> = (0..120)
        .map(|i| Finding {
            id: format!("{i:016x}"),
            ..finding(if i % 2 == 0 {
                "cold_start_regression"
            } else {
                "unknown"
            })
        })
        .collect();
    let mut seen = std::collections::HashSet::new();
    for page in ["", "page=2", "page=3"] {
        let html = shown(page, many.clone());
        let links = html.split("href=\"/findings/").skip(1);
        seen.extend(links.map(|rest| rest[..16].to_owned()));
    }
    // The opening sentence names three of them on every page.
    assert_eq!(seen.len(), 120);
    let past = shown("page=9", many);
    assert!(
        past.contains("101–120 of 120") && past.contains("Previous"),
        "{past}"
    );
}

#[test]
fn every_severity_has_words_and_a_row_says_both_how_bad_and_how_sure() {
    let page = shown("", vec![finding("cold_start_regression")]);
    assert!(
        page.contains("<span>medium</span>") && page.contains("99 % sure"),
        "{page}"
    );
    for severity in store::model::Severity::ALL {
        assert!(!words::asks(*severity).is_empty());
    }
}
