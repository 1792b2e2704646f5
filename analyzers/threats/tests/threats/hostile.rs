//! Hostile input to the inspection itself: it neither panics nor takes more than linear time.

use base64::Engine;
use proptest::prelude::*;
use threats::inspect::{Input, Lens};
use threats::payload::{Inspector, Place, TEXT_BYTES_MAX, decode, shell, sql, work};
use threats::secrets::Secrets;

use super::inspect;

/// Bytes walked over for each byte that is read, over all its views and all judges: measured up to some 600.
const STEPS_PER_BYTE_MAX: usize = 1_500;

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

/// Bytes that judges walked over.
fn steps(inspector: &Inspector, text: &str) -> u64 {
    work::taken();
    std::hint::black_box(inspect(inspector, text));
    work::taken()
}

/// Quadratic would be 64 times. What is compared lies within one window, and is more than its fixed cost.
#[test]
fn eight_times_the_text_costs_about_eight_times_the_steps() {
    let inspector = Inspector::new();
    for piece in REPEATED {
        let (small, large) = (2 << 10, 16 << 10);
        let text = piece.repeat(large / piece.len());
        let short = text.get(..small).unwrap_or(&text);
        let (one, eight) = (steps(&inspector, short), steps(&inspector, &text));
        assert!(
            eight <= one * 14 + 100_000,
            "{piece:?}: {one} steps, then {eight}"
        );
    }
}

/// Ten megabytes cost what the part costs that is looked at.
#[test]
fn a_huge_text_costs_no_more_than_what_is_read_of_it() {
    let inspector = Inspector::new();
    for piece in REPEATED {
        let text = piece.repeat((10 << 20) / piece.len());
        let counted = steps(&inspector, &text);
        let most = (STEPS_PER_BYTE_MAX * TEXT_BYTES_MAX) as u64;
        assert!(counted <= most, "{piece:?}: {counted} steps");
    }
}

#[test]
fn nested_a_hundred_thousand_deep_is_read_as_text() {
    let inspector = Inspector::new();
    let lens = Lens::new(Secrets::built_in());
    for (open, close) in [
        ("[", "]"),
        ("{\"a\":", "}"),
        ("(", ")"),
        ("<a>", "</a>"),
        ("${", "}"),
        ("$(", ")"),
    ] {
        let text = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let counted = steps(&inspector, &text);
        assert!(
            counted <= (STEPS_PER_BYTE_MAX * TEXT_BYTES_MAX) as u64,
            "{open}: {counted} steps"
        );
        lens.look(Input::Span {
            attributes: &[],
            body: Some(&text),
        });
    }
}

/// Percent signs of percent signs, base64 of base64, escapes of entities: views stay few, and none is
/// larger than what it was made from.
#[test]
fn what_was_encoded_again_and_again_is_unwrapped_a_bounded_number_of_times() {
    let mut percent = "<script>".to_owned();
    let mut base64 = "<script>alert(1)</script>".to_owned();
    for _ in 0..12 {
        percent = percent.replace('%', "%25").replace('<', "%3c");
        base64 = base64::engine::general_purpose::STANDARD.encode(base64);
    }
    for text in [
        &percent,
        &base64,
        &"&amp;".repeat(50_000),
        &"\\u005c".repeat(50_000),
    ] {
        let views = decode::views(text.as_bytes(), true);
        assert!(views.len() <= decode::VIEWS_MAX);
        assert!(views.iter().all(|view| view.text.len() <= text.len()));
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
