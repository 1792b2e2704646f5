//! Credentials in any text, and any text as a rule file.

#![no_main]

use std::sync::LazyLock;

use threats::secrets::{FOUND_MAX, Secrets};
use libfuzzer_sys::fuzz_target;

static OURS: LazyLock<Secrets> = LazyLock::new(Secrets::built_in);

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let found = OURS.find(&text);
    assert!(found.len() <= FOUND_MAX);
    let mut last = 0;
    for one in &found {
        assert!(last <= one.begin && one.begin <= one.end);
        last = one.end;
    }
    assert_eq!(OURS.redact(&text).is_some(), !found.is_empty());
    if let Ok(rules) = Secrets::parse(&text, "fuzz") {
        rules.find(&text);
    }
});
