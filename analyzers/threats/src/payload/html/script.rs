//! Script: the text stands inside of one, or is evaluated.

use std::sync::LazyLock;

use super::super::signs::Signs;
use super::super::text::{find, is_name, is_white, name_before, skip};
use super::super::verdict::Hits;
use super::XSS;

/// Functions that show that script runs, or run more of it.
const CALLS: &[&str] = &[
    "alert",
    "confirm",
    "prompt",
    "eval",
    "settimeout",
    "setinterval",
    "fromcharcode",
    "atob",
    "fetch",
    "import",
    "execscript",
    "globaleval",
    "write",
    "writeln",
    "queryselector",
    "createelement",
    "getelementbyid",
    "getelementsbytagname",
    "appendchild",
    "open",
    "print",
    "function",
    "msgbox",
    "xmlhttprequest",
    "sendbeacon",
    "unescape",
];

/// What pages keep, and scripts steal or change.
static OBJECTS: LazyLock<Signs> = LazyLock::new(|| Signs::new(OBJECT_LIST));

const OBJECT_LIST: &[(&str, f32)] = &[
    ("document.cookie", 0.5),
    ("document.domain", 0.5),
    ("document.location", 0.5),
    ("document.write", 0.5),
    ("document.body", 0.5),
    ("document.url", 0.5),
    ("document.documentelement", 0.5),
    ("document.queryselector", 0.4),
    ("document.createelement", 0.5),
    ("document.getelement", 0.5),
    ("window.location", 0.5),
    ("window.name", 0.5),
    ("location.href", 0.5),
    ("location.hash", 0.5),
    ("localstorage", 0.4),
    ("sessionstorage", 0.4),
    ("document.title", 0.5),
    (".innerhtml", 0.5),
    (".outerhtml", 0.5),
    ("string.fromcharcode", 0.5),
    (".parentnode", 0.5),
    ("top.location", 0.5),
    ("self.location", 0.5),
    ("location=", 0.5),
    ("navigator.", 0.4),
    ("document.forms", 0.5),
    ("constructor.constructor", 0.5),
    ("[].map(", 0.6),
    ("[].find(", 0.6),
    ("[].filter(", 0.6),
    ("[].sort", 0.6),
    ("[].some(", 0.6),
    ("[].every(", 0.6),
    ("[].foreach(", 0.6),
    ("[].flatmap(", 0.6),
    ("[].reduce(", 0.6),
    ("[].constructor", 0.8),
    ("reflect.apply(", 0.7),
    ("reflect.construct(", 0.7),
    (".call`", 0.6),
    (".apply`", 0.6),
    ("throw onerror", 0.7),
    ("onerror=alert", 0.8),
    ("+adw-", 0.6),
    ("document.implementation", 0.5),
    ("document.stylesheets", 0.5),
    ("window.open(", 0.5),
    ("window.atob", 0.6),
    ("top[", 0.4),
];

/// Objects whose members are reached by brackets.
const ROOTS: &[&str] = &[
    "window",
    "self",
    "top",
    "this",
    "document",
    "parent",
    "frames",
    "globalthis",
    "location",
];

/// Whether a value reads as script: a call, an assignment, a template.
pub fn runs(value: &[u8]) -> bool {
    let call = value.iter().position(|b| matches!(b, b'(' | b'`'));
    let called = call.is_some_and(|at| {
        at > 0 && (is_name(value[at - 1]) || matches!(value[at - 1], b']' | b')' | b' ' | b'/'))
    });
    called || OBJECTS.find(value).next().is_some() || find(value, b"javascript:", 0).is_some()
}

/// Looks at a text as script.
pub fn judge(text: &[u8], hits: &mut Hits) {
    let leaves = leaves(text);
    if let Some((weight, range)) = call(text) {
        hits.add(
            XSS,
            "xss.call",
            if leaves { weight + 0.3 } else { weight },
            range,
        );
    }
    for sign in OBJECTS.find(text) {
        hits.add(XSS, "xss.object", sign.weight, (sign.begin, sign.end));
    }
    if let Some(range) = assigns(text) {
        hits.add(XSS, "xss.assignment", 0.55, range);
    }
    if let Some(range) = signs_alone(text) {
        hits.add(XSS, "xss.signs", 0.75, range);
    }
    if let Some((weight, range)) = member(text) {
        hits.add(XSS, "xss.member", weight, range);
    }
}

/// `" in x=`, `'  a.b=`: out of a string of a script, and into an assignment.
fn assigns(text: &[u8]) -> Option<(usize, usize)> {
    /// Bytes of the string that are passed over.
    const STRING_BYTES_MAX: usize = 16;
    let quote = text
        .iter()
        .take(STRING_BYTES_MAX)
        .position(|b| matches!(b, b'"' | b'\''))?;
    let begin = skip(text, quote + 1, is_white);
    let member = |b: u8| is_name(b) || matches!(b, b'.' | b'$');
    let (first, inside) = match text.get(begin..begin + 3) {
        Some([b'i' | b'I', b'n' | b'N', next]) if is_white(*next) => {
            (skip(text, begin + 3, is_white), true)
        }
        _ => (begin, false),
    };
    let end = skip(text, first, member);
    let equals = skip(text, end, is_white);
    let dotted = text[first..end].iter().skip(1).any(|b| *b == b'.') && begin > quote + 1;
    let sound = end > first && text[first].is_ascii_alphabetic() && (inside || dotted);
    (sound && text.get(equals) == Some(&b'=') && text.get(equals + 1) != Some(&b'='))
        .then_some((quote, equals + 1))
}

/// `[][(![]+[])[+[]]]`: a program made of brackets and signs.
fn signs_alone(text: &[u8]) -> Option<(usize, usize)> {
    /// Shorter ones are a face, or a list.
    const SIGNS_MIN: usize = 24;
    let sign = |b: u8| matches!(b, b'[' | b']' | b'(' | b')' | b'!' | b'+' | b'{' | b'}');
    let begin = text.iter().position(|b| *b == b'[' || *b == b'(')?;
    let end = skip(text, begin, sign);
    let run = &text[begin..end];
    let has = |two: &[u8]| run.windows(2).any(|window| window == two);
    (run.len() >= SIGNS_MIN && has(b"[]") && (has(b"+[") || has(b"+(")) && has(b"!["))
        .then_some((begin, end))
}

/// Whether it leaves a string of a script: a quote, then an operator or the end of a statement.
fn leaves(text: &[u8]) -> bool {
    let quote = text.iter().take(64).position(|b| matches!(b, b'"' | b'\''));
    quote.is_some_and(|at| {
        let next = skip(text, at + 1, |b| {
            is_white(b) || b == b')' || b == b']' || b == b'}'
        });
        matches!(
            text.get(next),
            Some(b';' | b'-' | b'+' | b'|' | b'&' | b'^' | b'*' | b'<' | b'=' | b',')
        )
    })
}

/// `alert(1)`, ``prompt`1` ``, `alert (document.domain)`.
fn call(text: &[u8]) -> Option<(f32, (usize, usize))> {
    let mut best: Option<(f32, (usize, usize))> = None;
    for (at, byte) in text.iter().enumerate() {
        if !matches!(byte, b'(' | b'`') || at == 0 {
            continue;
        }
        // `(alert)(1)`: brackets around the name hide it.
        let inner = match (text[at - 1], at > 2) {
            (b')', true) => at - 1,
            _ => at,
        };
        let (begin, end) = name_before(text, inner);
        if inner < at && (begin == 0 || text[begin - 1] != b'(') {
            continue;
        }
        let at = inner;
        if at - end > 4 || end - begin > 24 || end == begin {
            continue;
        }
        let name = String::from_utf8_lossy(&text[begin..end]).to_ascii_lowercase();
        let spaced = at > end;
        let weight = match CALLS.iter().position(|known| *known == name) {
            Some(0..=2) => {
                if spaced {
                    0.4
                } else {
                    0.55
                }
            }
            Some(3 | 6 | 10 | 11) => 0.55,
            Some(4 | 5 | 7 | 13..=17) => 0.35,
            _ => continue,
        };
        if best.is_none_or(|(known, _)| known < weight) {
            best = Some((weight, (begin, (at + 24).min(text.len()))));
        }
    }
    best
}

/// `window["alert"](…)`, `self /*x*/ ["document"]`, `(document)["cookie"]`, `document /**/ . cookie`.
fn member(text: &[u8]) -> Option<(f32, (usize, usize))> {
    for root in ROOTS {
        let mut from = 0;
        while let Some(at) = find(text, root.as_bytes(), from) {
            from = at + root.len();
            let begins = at == 0 || !is_name(text[at - 1]);
            let (mut next, mut comment) = (from, false);
            loop {
                let white = skip(text, next, |b| is_white(b) || b == b')');
                if !text[white.min(text.len())..].starts_with(b"/*") {
                    next = white;
                    break;
                }
                comment = true;
                let near = &text[..text.len().min(white + 256)];
                next = find(near, b"*/", white).map_or(near.len(), |end| end + 2);
            }
            let bracket = text.get(next) == Some(&b'[');
            let quoted = matches!(
                text.get(skip(text, next + 1, is_white)),
                Some(b'"' | b'\'' | b'`' | b'/' | b'+' | b'(' | b'\\')
            );
            if begins && bracket && quoted {
                return Some((0.75, (at, (next + 16).min(text.len()))));
            }
            if begins && comment && text.get(next) == Some(&b'.') {
                return Some((0.7, (at, next)));
            }
        }
    }
    None
}
