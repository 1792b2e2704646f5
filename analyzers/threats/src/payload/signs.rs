//! Lists of signs, each with what it says alone, found in one pass.

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// A list, ready to be looked for.
pub struct Signs {
    automaton: AhoCorasick,
    list: &'static [(&'static str, f32)],
}

/// A sign in a text.
#[derive(Clone, Copy, Debug)]
pub struct Sign {
    /// What the list says of it.
    pub weight: f32,
    /// Its first byte.
    pub begin: usize,
    /// The byte after its last.
    pub end: usize,
}

impl Signs {
    /// Of a list in lower case; texts match in any.
    pub fn new(list: &'static [(&'static str, f32)]) -> Self {
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(list.iter().map(|(sign, _)| sign))
            .unwrap_or_else(|error| unreachable!("a constant list: {error}"));
        Self { automaton, list }
    }

    /// All of them in a text, overlapping ones too.
    pub fn find<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Sign> + 'a {
        self.automaton
            .find_overlapping_iter(text)
            .map(|found| Sign {
                weight: self.list[found.pattern().as_usize()].1,
                begin: found.start(),
                end: found.end(),
            })
    }
}
