use super::*;

/// `name op value` of every matcher, or the error's reason.
fn read(text: &str) -> Result<Vec<String>, String> {
    let show = |m: &Matcher| format!("{}{}{}", m.name, m.op, m.value);
    parse(text)
        .map(|all| all.iter().map(show).collect())
        .map_err(|e| e.to_string())
}

#[test]
fn lists_are_read_as_alertmanager_s_users_write_them() {
    for (text, want) in [
        ("", vec![]),
        ("{}", vec![]),
        ("foo=bar", vec!["foo=bar"]),
        (r#"foo="bar""#, vec!["foo=bar"]),
        (r#"{foo="bar",baz=~"x.*",}"#, vec!["foo=bar", "baz=~x.*"]),
        (r#" foo != "bar" , b !~ "y" "#, vec!["foo!=bar", "b!~y"]),
        (r#"{"foo bar"="baz"}"#, vec!["foo bar=baz"]),
        ("fö🙂=bär", vec!["fö🙂=bär"]),
        (r#"foo="a,b\"c""#, vec![r#"foo=a,b"c"#]),
        (r#"foo="\u00e4\x41\101\n""#, vec!["foo=u00e4x41101\n"]),
        (r#"foo=~"[a-z]\\d""#, vec![r"foo=~[a-z]\d"]),
        ("foo=", vec!["foo="]),
        ("foo=bar=baz", vec!["foo=bar=baz"]),
    ] {
        let got = read(text);
        let want: Vec<String> = match text {
            // Both grammars accept this and differ: the classic one keeps unknown escapes as they are.
            t if t.contains("u00e4") => vec!["foo=\\u00e4\\x41\\101\n".into()],
            _ => want.into_iter().map(str::to_owned).collect(),
        };
        assert_eq!(got, Ok(want), "{text}");
    }
}

#[test]
fn texts_that_neither_grammar_accepts_are_refused_with_the_place() {
    for (text, want) in [
        ("{foo=bar", "expected `,` or `}` at byte 8"),
        ("foo=bar}", "expected `,` or the end at byte 7"),
        ("foo", "expected one of `=`, `!=`, `=~`, `!~` at byte 3"),
        (",", "expected a label name at byte 0"),
        ("foo=bar,,", "expected a label name at byte 8"),
        (r#"foo="bar"#, "the closing quote is missing at byte 4"),
        (r#"foo=~"[""#, "invalid regular expression"),
        (r#""a\'b"=c"#, r"unknown escape `\'`"),
        (r#""\xff"=c"#, "not valid UTF-8"),
    ] {
        let error = read(text).expect_err(text);
        assert!(error.contains(want), "{text}: {error}");
    }
}

#[test]
fn a_regular_expression_must_match_the_whole_value_and_an_absent_label_is_empty() {
    let one = |text: &str| parse(text).expect("valid").remove(0);
    assert!(one("a=~b|c").matches("c"));
    assert!(!one("a=~b|c").matches("cc"));
    assert!(one("a!~b|c").matches("bc"));
    assert!(one(r#"a="""#).matches(""));
    assert!(one("a!=x").matches(""));
}

#[test]
fn a_single_matcher_takes_everything_after_its_operator_as_the_value() {
    let read = |text: &str| parse_one(text).map(|m| (m.name.clone(), m.op, m.value.clone()));
    for (text, name, value) in [
        ("team=a", "team", "a"),
        ("team=", "team", ""),
        ("team=a,b=c", "team", "a,b=c"),
        ("team=a,", "team", "a,"),
        (r#"team="a}""#, "team", "a}"),
        (r#""team x"=a"#, "team x", "a"),
        (" team = a b ", "team", "a b"),
    ] {
        assert_eq!(
            read(text),
            Ok((name.into(), Operator::Equal, value.into())),
            "{text}"
        );
    }
    for text in ["", "team", "{team=a}", "team=a}", r#""a b"=c,d=e"#] {
        assert!(read(text).is_err(), "{text}");
    }
}
