//! Tags in a text.

use super::super::text::{find, has, is_name, skip, starts};
use super::super::verdict::Hits;
use super::{XSS, attributes, uri};

/// Tags read of one view.
const TAGS_MAX: usize = 256;

/// What a tag says by its mere presence in an input.
fn weight(name: &str) -> f32 {
    match name {
        "script" | "noscript" | "applet" | "vmlframe" | "marquee" | "plaintext" | "bgsound"
        | "handler" | "listener" => 0.8,
        "iframe" | "frame" | "frameset" | "object" | "embed" | "base" | "svg" | "xml" | "layer"
        | "ilayer" | "isindex" | "animation" | "animate" | "set" | "math" | "xss" => 0.55,
        "form" | "input" | "button" | "textarea" | "select" | "keygen" | "blink" | "body"
        | "html" | "head" | "template" | "portal" | "dialog" | "noembed" | "noframes" | "image"
        | "comment" => 0.35,
        "style" => 0.5,
        "meta" | "link" => 0.4,
        "a" | "img" | "video" | "audio" | "div" | "table" | "td" | "br" | "span" | "p" => 0.15,
        _ => 0.1,
    }
}

/// Looks at every tag.
pub fn judge(text: &[u8], hits: &mut Hits) {
    let (mut at, mut read) = (0, 0);
    while let Some(found) = text[at..].iter().position(|b| *b == b'<') {
        let begin = at + found;
        at = begin + 1;
        read += 1;
        if read > TAGS_MAX {
            return;
        }
        if declaration(text, begin, hits) {
            continue;
        }
        // `<` twice, a quote or a control before the name: parsers that repair do not mind.
        let mut open = skip(text, at, |b| {
            matches!(b, b'<' | b'/' | b'%' | b'"' | b'\'') || (b < b' ' && b != b'\n')
        });
        if text.get(open) == Some(&b' ') && spaced(text, open).is_some() {
            let name = spaced(text, open).unwrap_or("tag");
            hits.add(
                XSS,
                "xss.tag",
                0.6,
                (begin, (open + 2 * name.len()).min(text.len())),
            );
            continue;
        }
        if open > at + 8 {
            open = at;
        }
        at = at.max(tag(text, begin, open, hits));
    }
}

/// A tag whose name begins at `open`: looks at it, and says where it ends.
fn tag(text: &[u8], begin: usize, open: usize, hits: &mut Hits) -> usize {
    let closing = text.get(begin + 1) == Some(&b'/');
    let end_of_name = skip(text, open, |b| is_name(b) || b == b'-' || b == b':');
    if end_of_name == open || !text[open].is_ascii_alphabetic() {
        if spaced(text, open).is_some() {
            hits.add(XSS, "xss.tag", 0.6, (begin, text.len().min(begin + 24)));
        }
        return begin + 1;
    }
    let name =
        String::from_utf8_lossy(&text[open..end_of_name.min(open + 32)]).to_ascii_lowercase();
    let local = name.rsplit(':').next().unwrap_or_default();
    let letters = spaced(text, open);
    if letters.is_some() {
        hits.add(XSS, "xss.tag", 0.6, (begin, text.len().min(begin + 24)));
    }
    let (list, end) = attributes::read(text, end_of_name);
    let range = (begin, end.min(text.len()));
    let ended = text
        .get(end_of_name)
        .is_none_or(|b| !b.is_ascii_alphabetic());
    let mut known = if ended { weight(local) } else { 0.1 };
    if name.starts_with("svg:") {
        known = known.max(0.5);
    }
    if closing {
        known = if local == "script" { 0.6 } else { known * 0.5 };
    }
    if known >= 0.3
        && list.is_empty()
        && !closing
        && !text[end_of_name..].contains(&b'>')
        && local != "script"
    {
        // `<form` at the end of a text, or before prose.
        known = known.max(0.4) - 0.05;
    }
    hits.add(XSS, tag_rule(local), known, range);
    for attribute in &list {
        attributes::judge(text, local, attribute, range, hits);
    }
    if local == "style" || local == "xml" {
        styles(text, end, hits);
    }
    begin + 1
}

fn tag_rule(name: &str) -> &'static str {
    match name {
        "script" | "noscript" => "xss.script",
        _ => "xss.tag",
    }
}

/// `f o r m`: names with a space after each letter, which some parsers join.
fn spaced(text: &[u8], at: usize) -> Option<&'static str> {
    const NAMES: &[&str] = &[
        "script", "form", "iframe", "object", "embed", "dialog", "style", "svg", "meta", "base",
        "link",
    ];
    let at = skip(text, at, |b| b == b' ');
    // `< x: script`: a namespace, and a space after it.
    let prefix = skip(text, at, |b| b.is_ascii_alphanumeric());
    if text.get(prefix..prefix + 2) == Some(b": ") && starts(text, prefix + 2, b"script") {
        return Some("script");
    }
    let matches = |name: &&&str| {
        name.bytes().enumerate().all(|(i, byte)| {
            text.get(at + 2 * i)
                .is_some_and(|b| b.eq_ignore_ascii_case(&byte))
        }) && (1..name.len()).all(|i| {
            text.get(at + 2 * i - 1)
                .is_some_and(|b| matches!(b, b' ' | b'\t' | b'/' | 0))
        })
    };
    NAMES.iter().find(matches).copied()
}

/// `<!ENTITY`, `<?xml-stylesheet`, `<![CDATA[`, `<!--[if`: what is no element.
fn declaration(text: &[u8], begin: usize, hits: &mut Hits) -> bool {
    let rest = &text[begin..text.len().min(begin + 512)];
    let weight = match () {
        () if starts(rest, 0, b"<?xml-stylesheet") => 0.7,
        () if starts(rest, 0, b"<!attlist") => 0.7,
        () if starts(rest, 0, b"<![cdata[") && (has(rest, b"<img") || has(rest, b"script")) => 0.6,
        () if starts(rest, 0, b"<!--[if") => 0.6,
        () if starts(rest, 0, b"<?import") => 0.7,
        () if starts(rest, 0, b"<!entity") && has(rest, b"html") => 0.6,
        () => return false,
    };
    hits.add(
        XSS,
        "xss.declaration",
        weight,
        (begin, begin + rest.len().min(32)),
    );
    true
}

/// What stands in a style sheet.
fn styles(text: &[u8], from: usize, hits: &mut Hits) {
    let end = find(text, b"</style", from)
        .unwrap_or(text.len())
        .min(from + 4_096);
    let body = text.get(from..end).unwrap_or_default();
    if body.iter().any(|b| matches!(b, b'@' | b'(' | b'\\')) {
        uri::style(body, from, hits);
    }
}
