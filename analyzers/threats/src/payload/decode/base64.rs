//! Texts in base64, where they plausibly are.

use super::View;

/// Shorter runs of letters are words. Sixteen hold twelve bytes.
const LETTERS_MIN: usize = 16;
/// Longer ones are files: what they begin with tells enough.
const LETTERS_MAX: usize = 16_384;

fn value(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

/// Whether a run of letters could be one: long, and in both cases.
pub fn may_hold(text: &[u8]) -> bool {
    runs(text).next().is_some()
}

fn runs(text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let begin = at;
            while at < text.len() && value(text[at]).is_some() {
                at += 1;
            }
            let run = &text[begin..at];
            at += 1;
            // Random letters are in both cases; those of names and paths hardly.
            let upper = run.iter().filter(|b| b.is_ascii_uppercase()).count();
            let mixed = upper * 8 >= run.len() && run.iter().any(u8::is_ascii_lowercase);
            if run.len() >= LETTERS_MIN && mixed {
                return Some((begin, begin + run.len()));
            }
        }
        None
    })
}

/// At most `most` texts that stand in the view.
pub fn decode(view: &View, most: usize) -> Vec<View> {
    let inner = |(begin, end): (usize, usize)| {
        let bytes = bytes(&view.text[begin..end.min(begin + LETTERS_MAX)]);
        let origin = (0..bytes.len())
            .map(|i| view.origin(begin + i * 4 / 3) as u32)
            .collect();
        reads(&bytes).then_some(View {
            text: bytes,
            origin,
            inner: true,
        })
    };
    runs(&view.text)
        .take(most * 4)
        .filter_map(inner)
        .take(most)
        .collect()
}

fn bytes(letters: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(letters.len() * 3 / 4);
    for four in letters.chunks(4) {
        let bits = four
            .iter()
            .fold(0, |bits, b| bits << 6 | value(*b).unwrap_or(0));
        let bits = bits << (6 * (4 - four.len()));
        let whole = four.len() * 6 / 8;
        out.extend_from_slice(&bits.to_be_bytes()[1..1 + whole]);
    }
    out
}

/// Whether it is a text, or begins as serialised objects do.
fn reads(bytes: &[u8]) -> bool {
    let printable = |b: &u8| matches!(b, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    let text = bytes.iter().filter(|b| printable(b)).count();
    (bytes.len() >= 8 && text * 20 >= bytes.len() * 19)
        || bytes.starts_with(&[0xac, 0xed, 0x00, 0x05])
        || bytes.starts_with(&[0x00, 0x01, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff])
        || (bytes.starts_with(&[0x80])
            && bytes.get(1).is_some_and(|b| (2..=5).contains(b))
            && bytes.ends_with(b"."))
}
