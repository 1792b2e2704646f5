//! Hostile input to the inspection itself: it neither panics nor takes more than linear time.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use threats::payload::{Inspector, Place, decode, shell, sql};

use super::inspect;

/// What makes parsers that go back and forth quadratic.
const REPEATED: &[&str] = &[
    "'",
    "\"",
    "`",
    "(",
    ")",
    "<",
    "<a ",
    "{{",
    "${",
    "$(",
    "%25",
    "%u002e",
    "&#60;",
    "\\u003c",
    "../",
    "union ",
    "select ",
    "case ",
    "or (",
    "/*",
    "--\n",
    "document/*",
    "a:1:",
    "${lower:",
    "=on",
    "x=",
    ";id",
    "O:1:",
    "__a__",
    "\\",
    "%c0",
    "0x2e",
    "aB3",
    "//",
    "|",
    "\r\n a:",
    "!",
    "window[",
    "/*!",
    "alert (",
    "( (",
    "x'y",
    "$IFS",
    "<!ENTITY ",
    "constructor",
    "a.b.",
    "@@x ",
];

fn cost(inspector: &Inspector, text: &str) -> Duration {
    let once = || {
        let begin = Instant::now();
        std::hint::black_box(inspect(inspector, text));
        begin.elapsed()
    };
    (0..3).map(|_| once()).min().unwrap_or_default()
}

/// Growth, not time: machines differ, and other work disturbs. Quadratic would be 64 times.
#[test]
fn eight_times_the_text_costs_about_eight_times_as_much() {
    let inspector = Inspector::new();
    for piece in REPEATED {
        let (small, large) = (16 << 10, 128 << 10);
        let text = piece.repeat(large / piece.len());
        let short = text.get(..small).unwrap_or(&text);
        let (one, eight) = (cost(&inspector, short), cost(&inspector, &text));
        let most = one.saturating_mul(30) + Duration::from_millis(50);
        assert!(eight < most, "{piece:?}: {one:?}, then {eight:?}");
    }
}

#[test]
fn of_a_huge_text_beginning_and_end_are_read() {
    let inspector = Inspector::new();
    let filler = "lorem ipsum ".repeat(10 << 17);
    let attack = "<script>alert(1)</script>";
    assert!(inspect(&inspector, &format!("{attack}{filler}")).flagged());
    assert!(inspect(&inspector, &format!("{filler}{attack}")).flagged());
    assert!(!inspect(&inspector, &filler).flagged());
}

#[test]
fn an_attack_across_the_border_of_two_windows_is_seen_whole() {
    let inspector = Inspector::new();
    let attack = "<img src=x onerror=alert(1)>";
    for back in [0, 7, 14, 21] {
        let filler = "lorem ipsum ".repeat(2_000);
        let before = &filler[..threats::payload::WINDOW_BYTES - back];
        assert!(
            inspect(&inspector, &format!("{before}{attack}{filler}")).flagged(),
            "{back}"
        );
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(REPEATED).prop_map(str::to_owned),
        "[ -~]{0,12}",
        "\\PC{0,6}",
        "(%[0-9a-zA-Z]{2}){1,6}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_comes_is_inspected_without_a_panic(text in hostile()) {
        let inspector = Inspector::new();
        for place in [Place::Value, Place::Path, Place::UserAgent, Place::Log, Place::Body, Place::FileName] {
            let said = inspector.inspect(text.as_bytes(), place);
            prop_assert!((0.0..=1.0).contains(&said.score));
            prop_assert_eq!(said.flagged(), !said.classes.is_empty());
            for evidence in &said.evidence {
                prop_assert!(evidence.matched.len() <= 3 * 200);
            }
        }
    }

    #[test]
    fn views_are_few_and_no_larger_than_their_text(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let views = decode::views(&bytes, true);
        prop_assert!(views.len() <= decode::VIEWS_MAX);
        prop_assert_eq!(&views[0].text, &bytes);
        for view in &views {
            prop_assert!(view.text.len() <= bytes.len().max(1));
            for at in 0..view.text.len() {
                prop_assert!(view.origin(at) < bytes.len());
            }
        }
    }

    #[test]
    fn tokens_lie_in_the_text_and_in_order(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for inside in [None, Some(b'\''), Some(b'`')] {
            let tokens = sql::lex(&bytes, inside);
            let mut last = 0;
            for token in tokens {
                prop_assert!(token.begin >= last && token.begin <= token.end && token.end <= bytes.len());
                last = token.end;
            }
        }
        for word in shell::lex(&bytes) {
            prop_assert!(word.begin <= word.end && word.end <= bytes.len());
        }
    }
}
