use serde_json::{Value, json};

use super::{build, reasons, rule, selects, set};

fn a(line: &str, value: &str) -> bool {
    selects(&format!("a{line}"), &json!({"a": value}))
}

#[test]
fn wildcards_stand_for_characters_unless_they_are_escaped() {
    assert!(a(": 'prog?.exe'", "ProgA.exe") && !a(": 'prog?.exe'", "prog.exe"));
    assert!(a(": 'a*c'", "abbc") && a(": 'a*c'", "ac") && !a(": 'a*c'", "acd"));
    assert!(
        a(": '?'", "é") && !a(": '?'", "éé"),
        "one character, not one byte"
    );
    assert!(a(r": 'a\*c'", "a*c") && !a(r": 'a\*c'", "abc"));
    assert!(a(r": 'a\?c'", "a?c") && !a(r": 'a\?c'", "abc"));
    assert!(
        a(r": 'C:\Windows\x'", r"c:\windows\x"),
        "a backslash before another character"
    );
    assert!(a(r": 'C:\\x'", r"C:\x") && a(r": 'a\\*'", r"a\anything") && !a(r": 'a\\*'", "ab"));
    assert!(a(r": 'a\\\*'", r"a\*") && !a(r": 'a\\\*'", r"a\b"));
    assert!(
        a(r": 'a\\\'", r"a\\") && a(r": 'a\\\\'", r"a\\"),
        "three or four are two"
    );
    assert!(a(": '*'", "") && a(": '**'", "x") && a(": ''", ""));
    assert!(a(": '*a*b*c*'", "xaybzc") && !a(": '*a*b*c*'", "xaycb"));
}

#[test]
fn texts_at_a_place_of_the_field() {
    assert!(a("|contains: b", "aBc") && !a("|contains: d", "abc"));
    assert!(a("|startswith: ab", "ABc") && !a("|startswith: bc", "abc"));
    assert!(a("|endswith: bc", "aBC") && !a("|endswith: ab", "abc"));
    assert!(
        a(r"|startswith: 'C:\'", r"c:\x"),
        "a backslash before the end is one"
    );
    assert!(a("|contains: 'a*c'", "xabcx") && a("|endswith: 'a?'", "xab"));
    assert!(a("|contains|all: [a, c]", "abc") && !a("|contains|all: [a, d]", "abc"));
    assert!(a("|all|contains: [a, c]", "abc"), "in any order");
    assert!(a("|contains|cased: B", "aBc") && !a("|contains|cased: b", "aBc"));
    assert!(a("|cased: aBc", "aBc") && !a("|cased: [abc, ABC]", "aBc"));
    assert!(a(": straße", "STRAßE") && a(": привет", "ПРИВЕТ"));
}

#[test]
fn nothing_of_the_values_with_neq() {
    assert!(a("|neq: b", "a") && !a("|neq: A", "a") && !a("|neq: [x, a]", "a"));
    assert!(a("|contains|neq: x", "abc") && !a("|contains|neq: b", "abc"));
    assert!(selects("n|neq: 5", &json!({"n": 4})) && !selects("n|neq: 5", &json!({"n": 5})));
    assert!(
        selects("m|neq: 5", &json!({"n": 5})),
        "a field that is not there differs"
    );
}

#[test]
fn regular_expressions_have_a_case_and_stand_anywhere() {
    assert!(a("|re: 'b.*d'", "abcde") && !a("|re: 'B.*d'", "abcde"));
    assert!(a("|re|i: 'B.*D'", "abcde") && a("|re: '^a'", "ab") && !a("|re: '^b'", "ab"));
    assert!(a("|re|m: '^b$'", "a\nb\nc") && !a("|re: '^b$'", "a\nb\nc"));
    assert!(a("|re|s: 'a.b'", "a\nb") && !a("|re: 'a.b'", "a\nb"));
    assert!(a("|re|i|m|s: '^B.C$'", "a\nb\nc"));
    assert!(a(r"|re: '\\x'", r"a\x"), "the text is not unescaped first");
    assert!(a("|re|startswith: b", "bc") && !a("|re|startswith: b|c", "abc"));
    assert!(a("|re|endswith: b|c", "ac") && !a("|re|endswith: b", "abc"));
    assert!(selects("n|re: '^4\\d$'", &json!({"n": 42})));
}

#[test]
fn networks_and_comparisons() {
    assert!(a("|cidr: 10.0.0.0/8", "10.1.2.3") && !a("|cidr: [11.0.0.0/8, '::/0']", "10.1.2.3"));
    assert!(a("|cidr|neq: 10.0.0.0/8", "11.1.2.3"));
    let event = json!({"n": 5, "s": "5.5", "x": "five", "l": [1, 9]});
    assert!(
        selects("n|gt: 4", &event) && !selects("n|gt: 5", &event) && selects("n|gte: 5", &event)
    );
    assert!(
        selects("n|lt: 5.1", &event) && !selects("n|lt: 5", &event) && selects("n|lte: 5", &event)
    );
    assert!(
        selects("s|gt: 5", &event) && !selects("x|gt: 0", &event) && selects("l|gt: 8", &event)
    );
    assert!(selects("{n|gt: 4, n|lt: 6}", &event) && selects("n|lt: '6'", &event));
}

#[test]
fn a_field_is_compared_with_another() {
    let event =
        json!({"a": "User", "b": "user", "c": "x-user-y", "n": 5, "m": "5", "l": ["q", "user"]});
    assert!(selects("a|fieldref: b", &event) && !selects("a|fieldref|cased: b", &event));
    assert!(selects("n|fieldref: m", &event) && selects("a|fieldref: l", &event));
    assert!(!selects("a|fieldref: missing", &event) && !selects("missing|fieldref: gone", &event));
    assert!(
        selects("c|fieldref|contains: a", &event) && !selects("c|fieldref|startswith: a", &event)
    );
    assert!(selects(
        "c|fieldref|endswith: d",
        &json!({"c": "abc", "d": "C"})
    ));
    assert!(selects("a|fieldref|neq: c", &event) && !selects("a|fieldref|neq: b", &event));
}

#[test]
fn encoded_values_are_found() {
    // "cmd.exe /c http://x/" after 0, 1 and 2 other bytes.
    for text in [
        "Y21kLmV4ZSAvYyBodHRwOi8veC8=",
        "eGNtZC5leGUgL2MgaHR0cDovL3gv",
        "eHhjbWQuZXhlIC9jIGh0dHA6Ly94Lw==",
    ] {
        assert!(a("|base64offset|contains: 'http://'", text), "{text}");
        assert!(
            a("|base64offset|contains|all: ['http://', 'cmd']", text),
            "{text}"
        );
        assert!(!a("|base64offset|contains: 'https://'", text), "{text}");
    }
    assert!(a("|base64: cmd", "Y21k") && a("|base64|contains: cmd", "xY21kx"));
    assert!(a("|wide|base64|contains: cmd", "xxYwBtAGQAxx"));
    assert!(
        a("|utf16le|base64offset|contains: cmd", "YwBtAGQA")
            && a("|utf16be|base64: cmd", "AGMAbQBk")
    );
    assert!(a("|utf16|base64: cmd", "//5jAG0AZAA=") && a("|wide|contains: cmd", "xc\0m\0d\0"));
    assert!(
        a(r"|base64: 'a\*b'", "YSpi"),
        "an escaped wildcard is itself"
    );
}

#[test]
fn dashes_of_windows_are_one() {
    for text in ["x -f y", "x /f y", "x –f y", "x —F y", "x ―f y"] {
        assert!(
            a("|windash|contains: ' -f '", text) && a("|windash|contains: ' /f '", text),
            "{text}"
        );
    }
    assert!(!a("|windash|contains: ' -f '", "x +f y") && !a("|contains: ' -f '", "x /f y"));
    assert!(
        a("|windash|base64: '-f'", "L2Y="),
        "before an encoding as well"
    );
}

#[test]
fn parts_of_dates() {
    let at = "2024-05-06T18:30:00Z";
    assert!(
        a("|hour: 18", at)
            && !a("|hour: 19", at)
            && a("|hour|gte: 18", at)
            && a("|gt|hour: 17", at)
    );
    assert!(a("|minute: [29, 30]", at) && a("|day: 6", at) && a("|week: 19", at));
    assert!(a("|month|lt: 6", at) && a("|year: 2024", at) && !a("|hour|gte: 0", "no date"));
}

#[test]
fn placeholders_take_their_values_from_a_document_of_the_set() {
    let given = "placeholders:\n  Servers: ['srv-*', db]\n---\n";
    let rule = rule("  s: {host|expand: '%Servers%.local'}\n  condition: s");
    let set = set(&format!("{given}{rule}"));
    let matches = |host: &str| !set.matches(&[], &json!({"host": host})).rules.is_empty();
    assert!(matches("srv-1.local") && matches("DB.local") && !matches("web.local"));
    let faults = build(&rule).expect_err("no value");
    assert!(
        faults[0].reason.contains("%Servers% has no value"),
        "{faults:?}"
    );
    assert!(
        a(": '%Servers%'", "%servers%"),
        "without `expand` it is a text"
    );
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    for (line, reason) in [
        ("a|contain: x", "the modifier \"contain\" is not known"),
        ("a|: x", "the modifier \"\" is not known"),
        ("a|i: x", "`i` is a flag of `re`"),
        ("a|re|cidr: x", "`re` and `cidr` exclude one another"),
        ("a|re: '(?=x)'", "a lookahead"),
        ("a|re: '('", "no regular expression"),
        ("a|cidr: 10.0.0.*", "is no network"),
        ("a|gt: x", "\"x\" is no number"),
        ("a|gt|contains: 1", "numbers take no modifier of texts"),
        ("a|hour: noon", "\"noon\" is no number"),
        ("a|exists: maybe", "`exists` is true or false"),
        ("a|exists|contains: true", "`exists` stands alone"),
        ("a|base64: 'x*'", "wildcards cannot be encoded"),
        ("a|windash|re: x", "windash does not go with `re`"),
        ("a|contains: null", "null takes no modifier"),
        ("a|fieldref: 5", "`fieldref` names a field"),
        ("a|fieldref: null", "`fieldref` names a field"),
        ("'|exists': true", "needs a field before it"),
        ("a|re: null", "stands where a value should"),
    ] {
        let told = reasons(&format!("  selection:\n    {line}\n  condition: selection"));
        assert!(told[0].contains(reason), "{line}: {told:?}");
    }
}

#[test]
fn a_hostile_text_costs_time_in_proportion() {
    // A backtracking matcher would never end.
    let text = "a".repeat(1 << 20);
    let event: Value = json!({"a": text});
    assert!(!selects("a: '*a*a*a*a*a*a*a*a*b'", &event));
    assert!(!selects("a|re: '(a*)*b'", &event));
    assert!(!selects("a: '*a?a?a?a?b*'", &event));
}
