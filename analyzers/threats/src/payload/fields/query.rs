//! URLs, queries, forms and cookies.

use super::{Part, Place, add};

/// A query or a form: names and values.
pub fn query<'a>(field: &'a str, text: &'a [u8], parts: &mut Vec<Part<'a>>) {
    for pair in text.split(|b| *b == b'&') {
        match pair.iter().position(|b| *b == b'=') {
            // `?<svg onload=…`: what stands before the sign is no name.
            Some(at) if is_name(&pair[..at]) => {
                add(parts, field, &pair[..at], Place::Name);
                add(parts, field, &pair[at + 1..], Place::Value);
                if names_a_file(&pair[..at]) {
                    add(parts, field, &pair[at + 1..], Place::Included);
                }
            }
            _ => add(parts, field, pair, Place::Value),
        }
    }
    // What was sent without the encoding that every client does is read as a whole, too.
    if text.contains(&b'&')
        && text
            .iter()
            .any(|b| matches!(b, b' ' | b'<' | b'>' | b'`' | b'|' | b'"' | b'\n'))
    {
        add(parts, field, text, Place::Body);
    }
}

/// Whether a parameter of this name holds what the server reads or runs.
fn names_a_file(name: &[u8]) -> bool {
    const NAMES: &[&[u8]] = &[
        b"file",
        b"filename",
        b"path",
        b"include",
        b"inc",
        b"require",
        b"page",
        b"template",
        b"tpl",
        b"document",
        b"doc",
        b"dir",
        b"folder",
        b"root",
        b"module",
        b"mod",
        b"plugin",
        b"load",
        b"view",
        b"layout",
        b"content",
        b"lang",
        b"locale",
        b"style",
        b"pg",
        b"conf",
        b"config",
        b"basedir",
    ];
    let name = name.split(|b| *b == b'[').next().unwrap_or_default();
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether it may name a parameter, in any encoding.
pub fn is_name(text: &[u8]) -> bool {
    !text.is_empty()
        && text.len() <= 256
        && !text.iter().any(|b| {
            matches!(
                b,
                b'<' | b'>' | b'(' | b')' | b';' | b'\'' | b'"' | b' ' | b'`' | b'|' | b','
            )
        })
}

/// A whole URL.
pub fn url<'a>(field: &'a str, text: &'a [u8], parts: &mut Vec<Part<'a>>) {
    let after_host = match text.windows(3).take(16).position(|three| three == b"://") {
        Some(scheme) => {
            let host = scheme + 3;
            text[host..]
                .iter()
                .position(|b| matches!(b, b'/' | b'?' | b'#'))
                .map_or(text.len(), |at| host + at)
        }
        None => 0,
    };
    let rest = &text[after_host..];
    let (rest, fragment) = split(rest, b'#');
    let (path, asked) = split(rest, b'?');
    add(parts, field, path, Place::Path);
    query(field, asked, parts);
    add(parts, field, fragment, Place::Value);
}

/// The page a client came from: its address holds what other sites put there, so its parts are read more
/// mildly than our own.
pub fn referer<'a>(field: &'a str, text: &'a [u8], parts: &mut Vec<Part<'a>>) {
    let (rest, fragment) = split(text, b'#');
    let (page, asked) = split(rest, b'?');
    add(parts, field, page, Place::Referer);
    for pair in asked.split(|b| *b == b'&').chain([fragment]) {
        let value = pair
            .iter()
            .position(|b| *b == b'=')
            .map_or(pair, |at| &pair[at + 1..]);
        add(parts, field, value, Place::Referer);
    }
}

/// `name=value; name=value`.
pub fn cookies<'a>(field: &'a str, text: &'a [u8], parts: &mut Vec<Part<'a>>) {
    for pair in text.split(|b| *b == b';') {
        let pair = pair.trim_ascii();
        match pair.iter().position(|b| *b == b'=') {
            Some(at) => {
                add(parts, field, &pair[..at], Place::Name);
                add(parts, field, &pair[at + 1..], Place::Value);
            }
            None => add(parts, field, pair, Place::Value),
        }
    }
}

fn split(text: &[u8], sign: u8) -> (&[u8], &[u8]) {
    match text.iter().position(|b| *b == sign) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, b""),
    }
}
