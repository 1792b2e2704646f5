//! URIs and styles that run script.

use super::super::text::{has, is_white, skip};
use super::super::verdict::Hits;
use super::XSS;

/// The beginning of a value without what browsers skip in a scheme: controls, white space, bytes that
/// were nothing.
fn squeezed(value: &[u8]) -> Vec<u8> {
    let seen = value
        .iter()
        .take(256)
        .filter(|b| !is_white(**b) && **b > b' ' && b.is_ascii());
    seen.map(u8::to_ascii_lowercase).take(64).collect()
}

/// Whether a value's scheme runs script.
fn runs(value: &[u8]) -> Option<f32> {
    let seen = squeezed(value);
    let begins = |scheme: &[u8]| seen.starts_with(scheme);
    match () {
        () if begins(b"javascript:") || begins(b"vbscript:") || begins(b"livescript:") => Some(0.9),
        () if begins(b"mocha:")
            || begins(b"jscript:")
            || begins(b"jar:")
            || begins(b"view-source:")
            || begins(b"feed:javascript") =>
        {
            Some(0.8)
        }
        () if begins(b"data:") && has(&seen, b"html") || begins(b"data:") && has(&seen, b"svg") => {
            Some(0.8)
        }
        () if begins(b"data:")
            && (has(&seen, b"script") || has(&seen, b"xml") || has(&seen, b"<")) =>
        {
            Some(0.8)
        }
        () if begins(b"data:") && !begins(b"data:image/") => Some(0.6),
        () if begins(b"data:image/svg") => Some(0.7),
        () => None,
    }
}

/// Looks at a value of an attribute.
pub fn judge(value: &[u8], tag: &str, range: (usize, usize), hits: &mut Hits) {
    let refresh = tag == "meta" && has(value, b"url");
    let target = match value.iter().position(|b| *b == b'=') {
        Some(at) if refresh => &value[at + 1..],
        _ => value,
    };
    if let Some(weight) =
        runs(target).or_else(|| (refresh && has(value, b"javascript:")).then_some(0.9))
    {
        hits.add(XSS, "xss.uri", weight, range);
    }
}

/// A text that begins with such a scheme, or has one after an operator.
pub fn leading(text: &[u8], hits: &mut Hits) {
    let begin = skip(text, 0, |b| {
        is_white(b) || b < b' ' || matches!(b, b'"' | b'\'' | b'>' | b'{')
    });
    if let Some(weight) = runs(&text[begin..]) {
        let calls = text.iter().any(|b| matches!(b, b'(' | b'`' | b'=' | b'<'));
        let data = squeezed(&text[begin..]).starts_with(b"data:");
        let weight = if calls || !data { weight } else { weight * 0.6 };
        hits.add(XSS, "xss.uri", weight, (begin, text.len().min(begin + 40)));
        return;
    }
    for scheme in [&b"javascript:"[..], b"vbscript:"] {
        if let Some(at) = super::super::text::find(text, scheme, 0) {
            let rest = &text[at + scheme.len()..text.len().min(at + 200)];
            let runs = rest.iter().any(|b| matches!(b, b'(' | b'`' | b'='));
            hits.add(
                XSS,
                "xss.uri",
                if runs { 0.75 } else { 0.3 },
                (at, at + scheme.len()),
            );
        }
    }
}

/// Styles that run script, or fetch what does.
pub fn style(value: &[u8], at: usize, hits: &mut Hits) {
    let bytes = value.iter().take(4_096);
    // Comments, escapes and white space between letters are skipped by the browsers that run these.
    let mut seen = Vec::new();
    let mut comment = false;
    let mut joined = false;

    let bytes: Vec<u8> = bytes.copied().collect();
    let mut i = 0;
    while i < bytes.len() {
        match (&bytes[i..], comment) {
            ([b'/', b'*', ..], false) => (comment, i) = (true, i + 2),
            ([b'*', b'/', next, ..], true) => {
                // A comment in the middle of a word hides the word.
                joined |=
                    next.is_ascii_alphabetic() && seen.last().is_some_and(u8::is_ascii_alphabetic);
                (comment, i) = (false, i + 2);
            }
            ([byte, ..], false)
                if !is_white(*byte) && byte.is_ascii_graphic() && *byte != b'\\' =>
            {
                seen.push(byte.to_ascii_lowercase());
                i += 1;
            }
            _ => i += 1,
        }
    }
    let has = |what: &[u8]| seen.windows(what.len()).any(|window| window == what);
    let escapes = bytes.iter().filter(|b| **b == b'\\').count();
    let weight = match () {
        () if has(b"expression(") || has(b"javascript:") || has(b"vbscript:") => 0.85,
        () if has(b"-moz-binding") || has(b"behavior:") || has(b"behaviour:") => 0.8,
        () if has(b"@import") || has(b"@charset") => 0.7,
        () if has(b"url(data:")
            || has(b"-o-link")
            || has(b"url(http")
            || has(b"url(//")
            || has(b"url(%") =>
        {
            0.55
        }
        () if escapes > 2 || joined || has(b"(((") => 0.6,
        () if has(b"=\\\\") || has(b"@\\\\") || (escapes > 0 && bytes.len() < 16) => 0.5,
        () if has(b"url(") || has(b"{") && has(b"[") => 0.45,
        () if has(b"pointer-events") || has(b"position:absolute") => 0.3,
        () => return,
    };
    hits.add(XSS, "xss.style", weight, (at, at + value.len().min(64)));
}
