use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::condition::{self, Expression};
use super::super::fault::At;
use super::super::fold::fold;
use super::super::pattern::{Manner, Pattern, Token, tokens};
use super::super::{LogSource, pcre, placeholder};
use super::{build, rule, set};

/// Every way to match, tried one after another.
fn naive(pattern: &[Token], text: &[char]) -> bool {
    match (pattern, text) {
        ([], rest) => rest.is_empty(),
        ([Token::Many, after @ ..], rest) => (0..=rest.len()).any(|at| naive(after, &rest[at..])),
        ([Token::One, after @ ..], [_, rest @ ..]) => naive(after, rest),
        ([Token::Char(own), after @ ..], [c, rest @ ..]) => own == c && naive(after, rest),
        _ => false,
    }
}

/// Conditions over a, b, c.
fn conditions() -> impl Strategy<Value = Tree> {
    let leaf = (0..3_usize).prop_map(Tree::Name);
    leaf.prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|tree| Tree::Not(Box::new(tree))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Tree::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner).prop_map(|(a, b)| Tree::Or(Box::new(a), Box::new(b))),
        ]
    })
}

#[derive(Debug, Clone)]
enum Tree {
    Name(usize),
    Not(Box<Tree>),
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
}

impl Tree {
    /// With as few parentheses as the precedence of operators allows.
    fn text(&self, around: u8) -> String {
        let (own, text) = match self {
            Self::Name(number) => (3, ["a", "b", "c"][*number].to_owned()),
            Self::Not(inner) => (2, format!("not {}", inner.text(2))),
            Self::And(a, b) => (1, format!("{} and {}", a.text(1), b.text(2))),
            Self::Or(a, b) => (0, format!("{} or {}", a.text(0), b.text(1))),
        };
        if own < around {
            format!("({text})")
        } else {
            text
        }
    }

    fn holds(&self, truths: &[bool; 3]) -> bool {
        match self {
            Self::Name(number) => truths[*number],
            Self::Not(inner) => !inner.holds(truths),
            Self::And(a, b) => a.holds(truths) && b.holds(truths),
            Self::Or(a, b) => a.holds(truths) || b.holds(truths),
        }
    }
}

proptest! {
    #[test]
    fn wildcards_match_as_trying_everything_would(pattern in "[abé*?\\\\]{0,8}", text in "[abÉ*\\\\]{0,8}") {
        let tokens = tokens(&pattern);
        let folded: Vec<char> = fold(&text).chars().collect();
        let made = Pattern::new(&tokens, Manner::default());
        prop_assert_eq!(made.matches(&text, &fold(&text)), naive(&tokens, &folded));
        let cased = Pattern::new(&tokens, Manner { cased: true, dashes: false });
        let chars: Vec<char> = text.chars().collect();
        prop_assert_eq!(cased.matches(&text, &fold(&text)), naive(&tokens, &chars));
    }

    #[test]
    fn conditions_mean_what_their_tree_says(tree in conditions(), truths in any::<[bool; 3]>()) {
        let text = tree.text(0);
        let parsed = condition::parse(&text, &["a", "b", "c"], At::default()).expect("sound");
        prop_assert_eq!(parsed.holds(&mut |number| truths[number]), tree.holds(&truths), "{}", text);
    }

    #[test]
    fn quantities_count(count in 1..5_usize, truths in prop::collection::vec(any::<bool>(), 5)) {
        let names = ["s1", "s2", "s3", "s4", "s5"];
        let text = format!("{count} of s*");
        let parsed = condition::parse(&text, &names, At::default()).expect("sound");
        let held = truths.iter().filter(|truth| **truth).count();
        prop_assert_eq!(parsed.holds(&mut |number| truths[number]), held >= count);
    }

    #[test]
    fn no_text_breaks_the_parsers(text in "\\PC{0,200}", words in "[ab()|*1 ofandtm]{0,40}") {
        let _ = build(&text);
        let _ = build(&rule(&format!("  a: {{f: x}}\n  condition: {words:?}")));
        let parsed = condition::parse(&words, &["a", "b"], At::default());
        if let Ok(Expression::One(number)) = parsed {
            prop_assert!(number < 2);
        }
        let _ = pcre::compile(&text, &Default::default());
        let _ = placeholder::expand(&text, &Default::default());
        let _ = build(&rule(&format!("  a:\n    ? {text:?}\n    : x\n  condition: a")));
    }

    /// The index may only leave out rules that cannot match.
    #[test]
    fn the_index_finds_every_rule_that_matches(
        rules in prop::collection::vec(detection(), 1..12),
        events in prop::collection::vec(event(), 1..8),
    ) {
        let one = |(number, detection): (usize, &String)| format!(
            "title: r{number}\nlogsource: {{product: {}}}\ndetection:\n{detection}---\n",
            ["p", "q"][number % 2]
        );
        let set = set(&rules.iter().enumerate().map(one).collect::<String>());
        let source = LogSource::new(None, Some("p"), None);
        for event in &events {
            for sources in [&[][..], std::slice::from_ref(&source)] {
                let found = set.matches(sources, event).rules;
                prop_assert_eq!(found, set.matches_of_all(sources, event), "{}", event);
            }
        }
    }
}

/// Detections over few fields and letters, so that they match now and then.
fn detection() -> impl Strategy<Value = String> {
    let conditions = [
        "s",
        "s and t",
        "s or t",
        "not s",
        "s and not t",
        "1 of them",
        "all of them",
        "2 of them",
    ];
    let condition = prop::sample::select(conditions.to_vec());
    (selection(), selection(), condition)
        .prop_map(|(s, t, condition)| format!("  s:\n{s}  t:\n{t}  condition: {condition}\n"))
}

fn selection() -> impl Strategy<Value = String> {
    let modifiers = [
        "",
        "|contains",
        "|startswith",
        "|endswith",
        "|cased",
        "|contains|cased",
        "|contains|all",
        "|contains|windash",
        "|re",
        "|neq",
        "|exists",
        "|lt",
        "|fieldref",
    ];
    let field = prop::sample::select(vec!["x", "y", "x.y", "z.a", ""]);
    let line = (
        field,
        prop::sample::select(modifiers.to_vec()),
        "[abB-]{1,3}",
        "[ab*?/]{1,3}",
        any::<bool>(),
    );
    let line = line.prop_map(
        |(field, modifier, one, other, two)| match (field, modifier) {
            ("", _) => format!("    '|all': ['{one}', '{other}']\n"),
            (field, "|exists") => format!("    {field}|exists: {two}\n"),
            (field, "|lt") => format!("    {field}|lt: 3\n"),
            (field, "|fieldref") => format!("    {field}|fieldref: y\n"),
            (field, "|re") => format!("    {field}|re: 'a{}'\n", one.trim_start_matches('-')),
            (field, "") if two => format!("    {field}: [null, '{one}', 3]\n"),
            (field, modifier) => format!("    {field}{modifier}: ['{one}', '{other}']\n"),
        },
    );
    prop::collection::vec(line, 1..3).prop_map(|mut lines| {
        // A key stands once in a map.
        lines.sort();
        lines.dedup_by(|one, other| one.split(':').next() == other.split(':').next());
        lines.concat()
    })
}

fn event() -> impl Strategy<Value = Value> {
    let text = "[aAbB/–-]{0,4}";
    let leaf = prop_oneof![
        text.prop_map(Value::from),
        (0..5_i64).prop_map(Value::from),
        Just(Value::Null),
        text.prop_map(|text| json!({"a": text, "y": [text.clone(), 1]})),
        (text, text).prop_map(|(one, other)| json!([one, other])),
    ];
    let key = prop::sample::select(vec!["x", "y", "z", "x.y", "X"]);
    prop::collection::vec((key, leaf), 0..4).prop_map(|pairs| {
        let pairs = pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value));
        Value::Object(pairs.collect())
    })
}
