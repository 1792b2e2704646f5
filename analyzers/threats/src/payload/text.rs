//! Bytes as the judges read them.

use super::work;

/// Whether the byte may stand in a name.
pub fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether the byte is white, as databases and browsers see it.
pub fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0 | 0xa0)
}

/// The first place at or after `from` whose byte does not satisfy `what`.
pub fn skip(text: &[u8], from: usize, what: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let length = rest.iter().position(|b| !what(*b)).unwrap_or(rest.len());
    work::count(length + 1);
    from + length
}

/// Whether `text` begins with `word` at `at`, in any case.
pub fn starts(text: &[u8], at: usize, word: &[u8]) -> bool {
    text.get(at..at + word.len())
        .is_some_and(|there| there.eq_ignore_ascii_case(word))
}

/// Begin and end of the name that stands before `at`, white space between them left out; equal where there is
/// none.
pub fn name_before(text: &[u8], at: usize) -> (usize, usize) {
    let back = |to: usize, what: fn(u8) -> bool| {
        let other = text[..to].iter().rposition(|b| !what(*b));
        other.map_or(0, |i| i + 1)
    };
    let end = back(at, is_white);
    let begin = back(end, is_name);
    work::count(at - begin + 1);
    (begin, end)
}

/// The first place of `word` at or after `from`, in any case. Linear for words without inner repetition.
pub fn find(text: &[u8], word: &[u8], from: usize) -> Option<usize> {
    let first = word.first()?;
    let (low, high) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let last = (text.len() + 1).saturating_sub(word.len());
    let found =
        (from..last).find(|&at| (text[at] == low || text[at] == high) && starts(text, at, word));
    work::count(found.unwrap_or(last).saturating_sub(from) + 1);
    found
}

/// Whether `word` stands in `text`, in any case.
pub fn has(text: &[u8], word: &[u8]) -> bool {
    find(text, word, 0).is_some()
}

/// The name that begins at `at`, in lower case, of at most 64 bytes.
pub fn name_at(text: &[u8], at: usize) -> (String, usize) {
    let end = skip(text, at, is_name);
    let name = text.get(at..end.min(at + 64)).unwrap_or_default();
    (String::from_utf8_lossy(name).to_ascii_lowercase(), end)
}
