//! Decoders and tokenisers: bounded, in order, and every byte of a view knows where it came from.

#![no_main]

use threats::payload::{decode, shell, sql};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let views = decode::views(text, true);
    assert!(views.len() <= decode::VIEWS_MAX);
    for view in &views {
        assert!(view.text.len() <= text.len().max(1));
        for at in 0..view.text.len() {
            assert!(view.origin(at) < text.len());
        }
        for inside in [None, Some(b'\''), Some(b'"'), Some(b'`')] {
            let mut last = 0;
            for token in sql::lex(&view.text, inside) {
                assert!(last <= token.begin && token.begin <= token.end);
                last = token.end;
            }
            assert!(last <= view.text.len());
        }
        for word in shell::lex(&view.text) {
            assert!(word.begin <= word.end && word.end <= view.text.len());
        }
    }
});
