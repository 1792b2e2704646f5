//! Characters that are not what they look like: overlong UTF-8, full-width letters, look-alikes of slashes,
//! and dots spelled as numbers.

use super::View;

/// Stands for a byte that only an evasion sends, and whose meaning depends on the server.
pub const UNKNOWN: u8 = 0xff;

/// Whether a text spells bytes as `0x2e`.
pub fn spells(text: &[u8]) -> bool {
    text.windows(4).any(|four| spelled(four).is_some())
}

/// Folds; `None` if there is nothing to fold.
pub fn decode(view: &View) -> Option<View> {
    let text = &view.text;
    if text.iter().all(u8::is_ascii) && !spells(text) {
        return None;
    }
    let mut draft = view.start();
    let mut at = 0;
    while at < text.len() {
        let (byte, length) = match text[at] {
            b'0' => spelled(&text[at..]).map_or((None, 1), |byte| (Some(byte), 4)),
            byte if byte < 0x80 => (None, 1),
            _ => overlong(&text[at..])
                .or_else(|| look_alike(&text[at..]))
                .unwrap_or((None, 1)),
        };
        match byte {
            Some(byte) => draft.put(byte, at),
            None => draft.push(text[at], at),
        }
        at += length;
    }
    draft.done()
}

/// `0x2e`, `0x2f`, `0x5c`: what paths are made of.
fn spelled(text: &[u8]) -> Option<u8> {
    let (b"0x" | b"0X") = text.get(..2)? else {
        return None;
    };
    match text.get(2..4)? {
        b"2e" | b"2E" => Some(b'.'),
        b"2f" | b"2F" => Some(b'/'),
        b"5c" | b"5C" => Some(b'\\'),
        _ => None,
    }
}

/// A character of ASCII in more bytes than it needs, which UTF-8 forbids, and bytes that never occur in it.
fn overlong(text: &[u8]) -> Option<(Option<u8>, usize)> {
    let lead = text[0];
    let padding = match lead {
        0xc0 | 0xc1 => 0,
        0xe0 => 1,
        0xf0 => 2,
        0xf8 => 3,
        0xfc => 4,
        _ => return None,
    };
    let middle = text.get(1..1 + padding)?;
    let last = *text.get(1 + padding)?;
    if !middle.iter().all(|b| *b == 0x80) {
        return None;
    }
    let high = if padding == 0 { (lead & 1) << 6 } else { 0 };
    let length = padding + 2;
    // Servers that do not check the second byte take its low bits.
    match last {
        // Some count the low bits of the last byte alone.
        0x80..=0xbf if high > 0 && matches!(last & 0x3f, b'.' | b'/') => {
            Some((Some(last & 0x3f), length))
        }
        0x80..=0xbf => Some((Some(high | (last & 0x3f)), length)),
        0xc0..=0xff if padding == 0 => {
            let byte = high | (last & 0x3f);
            let known = matches!(byte, b'.' | b'/' | b'\\' | b'<' | b'>' | b'\'' | b'"');
            Some((
                Some(if known && last != 0xfe { byte } else { UNKNOWN }),
                length,
            ))
        }
        b'/' | b'\\' | b'.' if padding == 0 => Some((Some(last), length)),
        0x20..=0x7f if padding == 0 && !last.is_ascii_alphanumeric() && last != b' ' => {
            Some((Some(UNKNOWN), length))
        }
        0x1c if padding == 0 => Some((Some(b'\\'), length)),
        _ => None,
    }
}

/// Letters at full width, fractions and set operators for slashes, dots of leaders.
fn look_alike(text: &[u8]) -> Option<(Option<u8>, usize)> {
    let length = match text[0] {
        0xe2 | 0xe3 | 0xee | 0xef => 3,
        0xc2 => 2,
        _ => return None,
    };
    let what = std::str::from_utf8(text.get(..length)?)
        .ok()?
        .chars()
        .next()?;
    let byte = match what {
        '\u{ff01}'..='\u{ff5e}' => (u32::from(what) - 0xff00 + 0x20) as u8,
        '\u{2215}' | '\u{2044}' => b'/',
        '\u{2216}' | '\u{efc8}' | '\u{f025}' | '\u{f05c}' => b'\\',
        '\u{2024}' | '\u{fe52}' => b'.',
        // What is left of them in seven bits.
        '\u{bc}' => b'<',
        '\u{be}' => b'>',
        '\u{a0}' => b' ',
        '\u{2460}'..='\u{2468}' => b'1' + (u32::from(what) - 0x2460) as u8,
        '\u{24ea}' => b'0',
        '\u{3002}' => b'.',
        _ => return None,
    };
    Some((Some(byte), length))
}
