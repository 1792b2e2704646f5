use serde_json::json;

use super::{holds, reasons, selects};

#[test]
fn texts_are_compared_without_case_and_whole() {
    let event = json!({"a": "WhoAmI.exe", "n": 4625, "f": 2.5, "t": true, "e": "", "z": null});
    assert!(selects("a: whoami.EXE", &event) && !selects("a: whoami", &event));
    assert!(
        !selects("b: whoami.exe", &event),
        "a field that is not there"
    );
    assert!(
        !selects("A: whoami.exe", &event),
        "names of fields have a case"
    );
}

#[test]
fn numbers_and_booleans_equal_their_texts() {
    let event = json!({"n": 4625, "f": 2.5, "t": true, "s": "4625", "b": "True", "big": 123_456_789_012_345_678_i64});
    assert!(selects("n: 4625", &event) && selects("n: '4625'", &event));
    assert!(
        selects("s: 4625", &event) && selects("s: '4625'", &event) && !selects("s: 462", &event)
    );
    assert!(selects("f: 2.5", &event) && selects("f: '2.5'", &event) && selects("f: 2.50", &event));
    assert!(
        selects("t: true", &event) && selects("t: 'TRUE'", &event) && selects("b: true", &event)
    );
    assert!(!selects("t: false", &event) && !selects("n: true", &event));
    assert!(
        selects("big: 123456789012345678", &event) && !selects("big: 123456789012345679", &event)
    );
    assert!(selects("n|contains: 62", &event) && selects("n: 46*", &event));
    assert!(
        selects("s: [1, 'x', 4625]", &event),
        "a list is any of its values"
    );
}

#[test]
fn null_is_a_field_without_value_or_none_at_all_and_an_empty_text_is_a_value() {
    let event = json!({"z": null, "e": "", "l": [], "a": "x"});
    assert!(selects("z: null", &event) && selects("missing: null", &event));
    assert!(
        !selects("e: null", &event) && !selects("a: null", &event) && !selects("l: null", &event)
    );
    assert!(
        selects("e: ''", &event) && !selects("z: ''", &event) && !selects("missing: ''", &event)
    );
    assert!(selects("a|exists: true", &event) && selects("z|exists: true", &event));
    assert!(selects("e|exists: true", &event) && selects("l|exists: true", &event));
    assert!(selects("missing|exists: false", &event) && !selects("z|exists: false", &event));
    assert!(!selects("z: '*'", &event) && selects("e: '*'", &event) && selects("a: '*'", &event));
    assert!(holds(
        "  s: {a: x}\n  f: {m: null}\n  condition: s and f",
        &event
    ));
    assert!(selects("e: ['x', null, '']", &event));
}

#[test]
fn lists_in_events_match_with_any_element_and_objects_as_their_json() {
    let event = json!({
        "l": ["a", "B", 3],
        "o": {"policy": "{\"Effect\":\"Allow\"}", "deep": {"x": "Suspended"}},
        "t": [{"m": [{"n": "one"}, {"n": "two"}]}],
        "a.b": "dotted",
    });
    assert!(selects("l: b", &event) && selects("l: 3", &event) && !selects("l: [c, 4]", &event));
    assert!(selects("l|all: [a, b]", &event) && !selects("l|all: [a, c]", &event));
    assert!(selects("t.m.n: two", &event) && selects("a.b: dotted", &event));
    assert!(selects("o|contains: suspended", &event) && selects("o: '*\"x\":*'", &event));
    assert!(
        selects("o|contains: '\"Effect\":\"Allow\"'", &event),
        "a text within, as it is"
    );
    assert!(!selects("o: suspended", &event) && selects("o.deep.x: suspended", &event));
    assert!(selects("t|contains: two", &event) && selects("o|re: '^Susp'", &event));
}

#[test]
fn a_map_is_all_of_its_fields_and_a_list_of_maps_any() {
    let event = json!({"a": 1, "b": 2});
    assert!(selects("{a: 1, b: 2}", &event) && !selects("{a: 1, b: 3}", &event));
    assert!(selects("[{a: 9}, {b: 2}]", &event) && !selects("[{a: 9}, {b: 9}]", &event));
}

#[test]
fn keywords_are_searched_in_every_value_and_all_of_them_anywhere() {
    let event =
        json!({"message": "SQL syntax error near 'x'", "more": [{"deep": "event::Clear"}, 500]});
    assert!(selects("- 'event::clear'\n    - nothing", &event));
    assert!(selects("'|all': [syntax, 'EVENT::']", &event));
    assert!(!selects("'|all': [syntax, missing]", &event));
    assert!(selects("- 'sql*near'", &event) && !selects("- 'near*sql'", &event));
    assert!(
        !selects("- message", &event),
        "names of fields are no values"
    );
    assert!(selects("- 500", &event) && selects("'|re': '^SQL'", &event));
    assert!(selects("'|startswith': sql", &event) && !selects("'|startswith': syntax", &event));
    assert!(
        selects("[nothing, {more: 500}]", &event),
        "keywords beside maps"
    );
    assert!(holds("  k: syntax\n  condition: k", &event), "one keyword");
    assert!(
        holds("  k: syntax\n  condition: k", &json!("a syntax error")),
        "an event of text alone"
    );
}

#[test]
fn what_is_no_selection_is_refused() {
    for (line, reason) in [
        ("{}", "the selection is empty"),
        ("[]", "the selection is empty"),
        ("null", "the selection is empty"),
        ("a: []", "the list of values is empty"),
        ("a: {b: c}", "a map stands where a value should"),
        ("a: [[b]]", "a list stands where a value should"),
        ("- [a]", "a list stands where a value should"),
        ("- null", "null takes no modifier"),
    ] {
        let told = reasons(&format!("  selection:\n    {line}\n  condition: selection"));
        assert!(told[0].contains(reason), "{line}: {told:?}");
    }
}
