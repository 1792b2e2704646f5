//! Escapes of programming languages: `\x3c`, `\u003c`, `\u{3c}`, `\074`, `\n`.

use super::View;

/// Decodes; `None` if there is nothing to decode.
pub fn decode(view: &View) -> Option<View> {
    view.spelled(b'\\', escape)
}

fn escape(text: &[u8]) -> Option<(u32, usize)> {
    let number = |begin: usize, digits: usize, radix: u32| {
        let digits = text.get(begin..begin + digits)?;
        digits.iter().try_fold(0, |code, b| {
            Some(code * radix + (*b as char).to_digit(radix)?)
        })
    };
    match *text.get(1)? {
        b'x' | b'X' => Some((number(2, 2, 16)?, 4)),
        b'u' | b'U' if text.get(2) == Some(&b'{') => {
            let length = text.iter().take(10).position(|b| *b == b'}')?;
            Some((
                number(3, length - 3, 16).filter(|_| length > 3)?,
                length + 1,
            ))
        }
        // Tests of browsers write six digits.
        b'u' | b'U' => match number(2, 6, 16) {
            Some(code) if code < 0x80 => Some((code, 8)),
            _ => Some((number(2, 4, 16)?, 6)),
        },
        b'n' => Some((u32::from(b'\n'), 2)),
        b'r' => Some((u32::from(b'\r'), 2)),
        b't' => Some((u32::from(b'\t'), 2)),
        b'0'..=b'3' => number(1, 3, 8)
            .filter(|code| *code >= 0x20)
            .map(|code| (code, 4)),
        quote @ (b'\'' | b'"' | b'/' | b'!') => Some((u32::from(quote), 2)),
        _ => None,
    }
}
