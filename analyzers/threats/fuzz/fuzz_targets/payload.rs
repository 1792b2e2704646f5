//! A text in any place: a score in range, evidence out of the text, no panic.

#![no_main]

use std::sync::LazyLock;

use threats::payload::{Inspector, Place};
use libfuzzer_sys::fuzz_target;

static INSPECTOR: LazyLock<Inspector> = LazyLock::new(Inspector::new);

const PLACES: [Place; 10] = [
    Place::Value,
    Place::Name,
    Place::Path,
    Place::Header,
    Place::UserAgent,
    Place::Referer,
    Place::Body,
    Place::Markup,
    Place::FileName,
    Place::Log,
];

fuzz_target!(|input: &[u8]| {
    let Some((&choice, text)) = input.split_first() else {
        return;
    };
    let said = INSPECTOR.inspect(text, PLACES[usize::from(choice) % PLACES.len()]);
    assert!((0.0..=1.0).contains(&said.score));
    assert_eq!(said.flagged(), !said.classes.is_empty());
    let whole = String::from_utf8_lossy(text);
    for evidence in &said.evidence {
        // What is cut in the middle of a character shows a sign for it that the text does not have.
        let shown = evidence.matched.trim_matches('\u{fffd}');
        assert!(whole.contains(shown) || shown.contains('\u{fffd}'));
    }
});
