use serde_json::json;

use super::super::condition::name_fits;
use super::{holds, reasons};

/// Whether a condition over a, b, c, _d holds where these are true.
fn of(condition: &str, truths: &str) -> bool {
    let selections = "  a: {a: 1}\n  b: {b: 1}\n  c: {c: 1}\n  _d: {d: 1}\n";
    let event: serde_json::Map<_, _> = truths.chars().map(|c| (c.to_string(), json!(1))).collect();
    holds(
        &format!("{selections}  condition: {condition}"),
        &event.into(),
    )
}

#[test]
fn not_binds_more_than_and_which_binds_more_than_or() {
    assert!(of("a or b and c", "a"));
    assert!(!of("(a or b) and c", "a"));
    assert!(of("not a and b", "b") && !of("not a and b", "ab"));
    assert!(of("not (a and b)", "a") && !of("not (a and b)", "ab"));
    assert!(of("a and not b or c", "c") && of("not not a", "a"));
    assert!(of("a AND NOT b", "a"), "in capitals as well");
    assert!(of("(a)and(b)", "ab"), "without spaces");
}

#[test]
fn quantities_range_over_what_a_pattern_names_and_hidden_selections_are_left_out() {
    assert!(of("1 of them", "b") && !of("1 of them", "d"));
    assert!(of("all of them", "abc") && !of("all of them", "abd"));
    assert!(of("any of _*", "d") && of("_d", "d"));
    assert!(of("2 of them", "ac") && !of("2 of them", "a"));
    assert!(of("a and not 1 of b*", "ac") && !of("a and not 1 of b*", "ab"));
}

#[test]
fn a_list_of_conditions_holds_if_any_does() {
    assert!(of("[a and b, c]", "c") && of("[a and b, c]", "ab") && !of("[a and b, c]", "a"));
}

#[test]
fn patterns_of_names_have_their_stars_anywhere() {
    assert!(name_fits("sel*_cli", "selection_x_cli") && !name_fits("sel*_cli", "selection"));
    assert!(name_fits("*", "") && name_fits("a*a", "aa") && !name_fits("a*a", "a"));
    assert!(name_fits("*b*", "abc") && !name_fits("*b*", "ac") && name_fits("a", "a"));
}

#[test]
fn what_is_no_condition_is_refused_with_the_reason() {
    for (condition, reason) in [
        ("a and", "ends where a name should follow"),
        ("a b", "should end"),
        ("(a", "not closed"),
        ("a)", "should end"),
        ("and a", "`and` stands where a name should"),
        ("x", "\"x\", which is not defined"),
        ("1 of x*", "nothing that is defined fits \"x*\""),
        ("4 of them", "only 3 are defined"),
        ("0 of them", "always holds"),
        ("some of them", "expected `all`, `any` or a number"),
        ("1 of", "`of` ends the condition"),
        ("a | count() > 5", "not part of Sigma 2"),
        ("''", "ends where a name should follow"),
    ] {
        let told = reasons(&format!(
            "  a: {{a: 1}}\n  b: {{b: 1}}\n  c: {{c: 1}}\n  condition: {condition}"
        ));
        assert!(told[0].contains(reason), "{condition}: {told:?}");
    }
    let deep = format!("{}a{}", "(".repeat(100), ")".repeat(100));
    assert!(reasons(&format!("  a: {{a: 1}}\n  condition: {deep}"))[0].contains("levels"));
}
