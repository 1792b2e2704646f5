use proptest::prelude::*;
use serde_json::json;

use super::super::condition::{self, Expression};
use super::super::fault::At;
use super::super::fold::fold;
use super::super::pattern::{Manner, Pattern, Token, tokens};
use super::super::{pcre, placeholder};
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
    fn rules_match_the_same_with_others_around_them(
        values in prop::collection::vec(("[xyz]", "[abc]", "[abc]"), 1..6),
        event in ("[xyz]", "[abc]"),
    ) {
        let one = |number: usize, (field, value, other): &(String, String, String)| format!(
            "title: r{number}\nlogsource: {{product: p}}\ndetection:\n  s: {{{field}: [{value}, {other}]}}\n  \
             t: {{x|contains: {value}}}\n  condition: {}\n---\n",
            ["s", "s and t", "s or t", "not s"][number % 4]
        );
        let event = json!({event.0: event.1});
        let rules: Vec<String> = values.iter().enumerate().map(|(n, v)| one(n, v)).collect();
        let together = set(&rules.concat());
        let found: Vec<&str> =
            together.matches(&[], &event).rules.iter().map(|rule| rule.header.title.as_str()).collect();
        for (number, rule) in rules.iter().enumerate() {
            let rule = set(rule);
            let view = super::super::event::View::new(&event, vec![&event], rule.fields());
            let alone = rule.rules()[0].holds(&view);
            prop_assert_eq!(found.contains(&format!("r{number}").as_str()), alone, "{}", rules[number]);
        }
    }
}
