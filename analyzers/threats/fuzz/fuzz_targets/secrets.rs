//! Credentials in any text, and any text as a rule file.

#![no_main]

use std::sync::LazyLock;

use threats::secrets::{FOUND_MAX, Redactor, Secrets};
use libfuzzer_sys::fuzz_target;

static OURS: LazyLock<Secrets> = LazyLock::new(Secrets::built_in);
static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| Redactor::new(Secrets::built_in(), b"key"));

/// Longer inputs are cut: what is found depends on a few hundred bytes around it, and each costs two passes.
const INPUT_MAX: usize = 512;

fuzz_target!(|input: &[u8]| {
    let input = &input[..input.len().min(INPUT_MAX)];
    let text = String::from_utf8_lossy(input);
    let found = OURS.find(&text);
    assert!(found.len() <= FOUND_MAX);
    let mut last = 0;
    for one in &found {
        assert!(last <= one.begin && one.begin <= one.end);
        last = one.end;
    }
    let redacted = REDACTOR.redact(&text);
    assert_eq!(redacted.is_some(), !found.is_empty());
    REDACTOR.redact_named("db.password", &text);
    // A rule file that is none costs its reading; one that is, regular expressions.
    if input.first() == Some(&b'[')
        && let Ok(rules) = Secrets::parse(&text, "fuzz")
    {
        rules.find(&text);
    }
});
