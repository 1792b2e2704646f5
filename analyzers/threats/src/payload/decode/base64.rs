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

/// Letters in a row, counted as they come.
#[derive(Default)]
pub struct Run {
    letters: usize,
    upper: usize,
    lower: usize,
}

impl Run {
    /// Takes the next byte; whether a run that could be one ends before it: long, and in both cases. Random
    /// letters are in both; those of names and paths hardly.
    pub fn ends(&mut self, byte: u8) -> bool {
        match byte {
            b'a'..=b'z' => self.lower += 1,
            b'A'..=b'Z' => self.upper += 1,
            b'0'..=b'9' | b'+' | b'-' | b'/' | b'_' => {}
            _ => {
                let found =
                    self.letters >= LETTERS_MIN && self.upper * 8 >= self.letters && self.lower > 0;
                *self = Self::default();
                return found;
            }
        }
        self.letters += 1;
        false
    }
}

fn runs(text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut run = Run::default();
    let (mut at, mut begin) = (0, 0);
    std::iter::from_fn(move || {
        while at <= text.len() {
            let byte = text.get(at).copied().unwrap_or(b' ');
            let (end, found) = (at, run.ends(byte));
            at += 1;
            if value(byte).is_none() {
                let from = std::mem::replace(&mut begin, at);
                if found {
                    return Some((from, end));
                }
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
