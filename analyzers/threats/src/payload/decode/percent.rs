//! `%41`, `%u0041`, and what lenient servers take for them.

use super::View;

/// Decodes once; `None` if there is nothing to decode.
pub fn decode(view: &View) -> Option<View> {
    let text = &view.text;
    if !text.contains(&b'%') {
        return None;
    }
    let mut draft = view.start();
    let mut at = 0;
    while at < text.len() {
        if text[at] != b'%' {
            draft.push(text[at], at);
            at += 1;
        } else if let Some(code) = wide(text, at) {
            draft.put_char(code, at);
            at += 6;
        } else if let Some(byte) = strict(text, at) {
            draft.put(byte, at);
            at += 3;
        } else if let Some(byte) = lenient(text, at, draft.text.last().copied()) {
            draft.put(byte, at);
            at += 3;
        } else {
            draft.push(b'%', at);
            at += 1;
        }
    }
    draft.done()
}

/// Pluses as spaces.
pub fn pluses(view: &View) -> Option<View> {
    if !view.text.contains(&b'+') {
        return None;
    }
    let mut draft = view.start();
    for (at, byte) in view.text.iter().enumerate() {
        match byte {
            b'+' => draft.put(b' ', at),
            byte => draft.push(*byte, at),
        }
    }
    draft.done()
}

fn digit(byte: u8) -> Option<u32> {
    (byte as char).to_digit(16)
}

fn strict(text: &[u8], at: usize) -> Option<u8> {
    let (high, low) = (digit(*text.get(at + 1)?)?, digit(*text.get(at + 2)?)?);
    Some((high * 16 + low) as u8)
}

/// `%u002e`, of Microsoft's servers.
fn wide(text: &[u8], at: usize) -> Option<u32> {
    if !matches!(text.get(at + 1)?, b'u' | b'U') {
        return None;
    }
    let digits = text.get(at + 2..at + 6)?;
    digits
        .iter()
        .try_fold(0, |code, byte| Some(code * 16 + digit(*byte)?))
}

/// Servers that take any letter for a hexadecimal digit read `%qf` as `%af`. Only where it completes a byte
/// that begins an overlong character, or begins one: elsewhere a percent sign before letters is just that.
fn lenient(text: &[u8], at: usize, before: Option<u8>) -> Option<u8> {
    let value = |byte: u8| match byte.to_ascii_lowercase() {
        letter @ b'a'..=b'z' => Some(u32::from(letter - b'a') + 10),
        number @ b'0'..=b'9' => Some(u32::from(number - b'0')),
        _ => None,
    };
    let byte = |at: usize| {
        let digits = (value(*text.get(at + 1)?)?, value(*text.get(at + 2)?)?);
        (text.get(at) == Some(&b'%')).then_some((digits.0 * 16 + digits.1) as u8)
    };
    let here = byte(at)?;
    let completes = matches!(before, Some(0xc0 | 0xc1));
    let begins = matches!(here, 0xc0 | 0xc1) && byte(at + 3).is_some();
    (completes || begins).then_some(here)
}
