//! Entities of HTML and XML: `&lt;`, `&#60`, `&#x3c;`.

use super::View;

/// Digits of a number; more only pad it.
const DIGITS_MAX: usize = 16;

const NAMES: &[(&[u8], u8)] = &[
    (b"lt", b'<'),
    (b"gt", b'>'),
    (b"amp", b'&'),
    (b"quot", b'"'),
    (b"apos", b'\''),
    (b"nbsp", b' '),
    (b"colon", b':'),
    (b"semi", b';'),
    (b"lpar", b'('),
    (b"rpar", b')'),
    (b"lbrace", b'{'),
    (b"lcub", b'{'),
    (b"rcub", b'}'),
    (b"rbrace", b'}'),
    (b"lsqb", b'['),
    (b"lbrack", b'['),
    (b"rsqb", b']'),
    (b"rbrack", b']'),
    (b"period", b'.'),
    (b"comma", b','),
    (b"sol", b'/'),
    (b"bsol", b'\\'),
    (b"equals", b'='),
    (b"plus", b'+'),
    (b"num", b'#'),
    (b"dollar", b'$'),
    (b"percnt", b'%'),
    (b"ast", b'*'),
    (b"excl", b'!'),
    (b"quest", b'?'),
    (b"grave", b'`'),
    (b"tab", b'\t'),
    (b"newline", b'\n'),
    (b"lowbar", b'_'),
    (b"verbar", b'|'),
    (b"vert", b'|'),
    (b"commat", b'@'),
    (b"hat", b'^'),
    (b"Tab", b'\t'),
];

/// Decodes; `None` if there is nothing to decode.
pub fn decode(view: &View) -> Option<View> {
    view.spelled(b'&', entity)
}

/// The character at the beginning of the text, and its length. Browsers do not ask for the semicolon of
/// numbers, nor for that of old names.
fn entity(text: &[u8]) -> Option<(u32, usize)> {
    let end = |length: usize| length + usize::from(text.get(length) == Some(&b';'));
    if text.get(1) == Some(&b'#') {
        let hex = matches!(text.get(2), Some(b'x' | b'X'));
        let begin = if hex { 3 } else { 2 };
        let radix = if hex { 16 } else { 10 };
        let rest = text.get(begin..)?;
        let digits = rest
            .iter()
            .take(DIGITS_MAX)
            .take_while(|b| (**b as char).is_digit(radix));
        let (code, length) = digits.fold((0u32, 0), |(code, length), byte| {
            let digit = (*byte as char).to_digit(radix).unwrap_or(0);
            (code.saturating_mul(radix).saturating_add(digit), length + 1)
        });
        return (length > 0 && code < 0x11_0000).then(|| (code, end(begin + length)));
    }
    let name = text.get(1..)?;
    let length = name
        .iter()
        .take(8)
        .take_while(|b| b.is_ascii_alphabetic())
        .count();
    let closed = name.get(length) == Some(&b';');
    let known = NAMES.iter().find(|(known, _)| {
        (closed && name[..length].eq_ignore_ascii_case(known))
            || (known.len() <= 4
                && matches!(*known, b"lt" | b"gt" | b"quot")
                && name.starts_with(known)
                && !closed
                && length == known.len())
    });
    known.map(|(known, byte)| (u32::from(*byte), end(1 + known.len())))
}
