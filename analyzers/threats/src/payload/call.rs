//! A text that is one call of PHP and nothing else: `checkdate()`, `system ( 'id' )`, `range/**/(1)`,
//! `$f(1)`, `('sys'.'tem')('ls')`; or one of its settings: `allow_url_include=1`.
//!
//! Prose mentions functions too, but a parameter whose whole value is a call was not written by a user.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Place;
use super::text::{find, is_name, is_white, skip};
use super::verdict::{Class, Hits};

/// What comments between a name and its bracket cost at most to read.
const GAP_BYTES_MAX: usize = 256;
/// Letters of the longest name known.
const NAME_BYTES_MAX: usize = 40;

/// What a name is in PHP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    /// A function whose name is hardly anything else.
    Sure,
    /// One with a name of mathematics, or an everyday word.
    Plain,
    /// A setting.
    Setting,
}

static NAMES: LazyLock<HashMap<&'static str, Name>> = LazyLock::new(|| {
    let mut kind = Name::Sure;
    let mut known = HashMap::new();
    for line in include_str!("../../data/words/php.txt").lines() {
        match line {
            ":sure" => kind = Name::Sure,
            ":plain" => kind = Name::Plain,
            ":setting" => kind = Name::Setting,
            line if line.starts_with('#') => {}
            line => known.extend(line.split_whitespace().map(|name| (name, kind))),
        }
    }
    known
});

fn known(name: &[u8]) -> Option<Name> {
    let fits = !name.is_empty() && name.len() <= NAME_BYTES_MAX;
    let name = fits.then(|| String::from_utf8_lossy(name).to_ascii_lowercase())?;
    NAMES.get(name.as_str()).copied()
}

/// Looks at one view.
pub fn judge(text: &[u8], place: Place, hits: &mut Hits) {
    if matches!(place, Place::Log | Place::UserAgent | Place::Referer) {
        return;
    }
    setting(text, hits);
    if place == Place::Body {
        return;
    }
    let begin = skip(text, 0, |b| {
        is_white(b) || matches!(b, b'@' | b'\\' | b'!' | b';')
    });
    if let Some(weight) = hidden(&text[begin..]) {
        let end = text.len().min(begin + 40);
        hits.add(Class::Code, "code.hidden_call", weight, (begin, end));
    }
    let end = skip(text, begin, is_name);
    let sure = match known(&text[begin..end]) {
        Some(Name::Sure) => true,
        Some(Name::Plain) => false,
        _ => return,
    };
    let Some((open, odd)) = gap(text, end) else {
        return;
    };
    let rest = text[open + 1..].trim_ascii_end();
    let rest = rest.strip_suffix(b";").unwrap_or(rest).trim_ascii_end();
    let closed = rest.ends_with(b")");
    let empty = rest.is_empty();
    let weight = match (sure, odd, closed, empty) {
        (_, true, true, _) => 0.6,
        // `copy (2)`: a file's second copy, not a call.
        (true, false, true, _)
            if open > end && rest.first().is_some_and(u8::is_ascii_alphanumeric) =>
        {
            0.3
        }
        (true, false, true, _) => 0.55,
        (true, _, false, true) => 0.5,
        _ => return,
    };
    hits.add(
        Class::Code,
        "code.whole",
        weight,
        (begin, text.len().min(open + 24)),
    );
}

/// `auto_prepend_file=…`, as the name or the value of a parameter, or between others.
fn setting(text: &[u8], hits: &mut Hits) {
    /// Signs of equality looked at.
    const SIGNS_MAX: usize = 16;
    let mut at = 0;
    for _ in 0..SIGNS_MAX {
        let Some(found) = text[at..].iter().position(|b| *b == b'=') else {
            return;
        };
        let equals = at + found;
        at = equals + 1;
        let part = |b: &u8| is_name(*b) || *b == b'.';
        let name = text[..equals].trim_ascii_end();
        let begin = name.iter().rposition(|b| !part(b)).map_or(0, |i| i + 1);
        if known(&name[begin..]) == Some(Name::Setting) {
            hits.add(Class::Code, "code.setting", 0.65, (begin, equals + 1));
        }
    }
}

/// A call whose function's name is not written as one: `$f(1)`, `$a['b']($c)`, `(system)(ls)`,
/// `"system"('ls')`, `['sys','tem'][0]('ls')`, `{system}(ls)`.
fn hidden(text: &[u8]) -> Option<f32> {
    let rest = match text.first()? {
        b'$' => {
            let name = skip(text, 1, |b| is_name(b) || matches!(b, b'{' | b'}' | b'$'));
            let mut end = name;
            while text.get(end) == Some(&b'[') {
                let near = &text[..text.len().min(end + GAP_BYTES_MAX)];
                end = find(near, b"]", end)? + 1;
            }
            (name > 1).then(|| &text[end..])?
        }
        open @ (b'(' | b'[' | b'{' | b'"' | b'\'') => {
            let close = match open {
                b'(' => b')',
                b'[' => b']',
                b'{' => b'}',
                quote => *quote,
            };
            let near = &text[..text.len().min(GAP_BYTES_MAX)];
            let end = near.iter().skip(1).position(|b| *b == close)? + 1;
            let inner = text[1..end].trim_ascii();
            let bare = inner.trim_ascii().strip_prefix(b"\\").unwrap_or(inner);
            let joined = (inner.contains(&b'.') || inner.contains(&b',') || inner.contains(&b'^'))
                && inner.iter().any(|b| matches!(b, b'"' | b'\''));
            // `[link](…)` is a link of Markdown.
            let named = *open != b'[' && matches!(known(bare.trim_ascii()), Some(Name::Sure));
            if !joined && !named {
                return None;
            }
            let mut end = end + 1;
            while text.get(end) == Some(&b'[') {
                end = find(near, b"]", end)? + 1;
            }
            &text[end..]
        }
        _ => return None,
    };
    let (open, _) = gap(rest, 0)?;
    let spaced = rest[..open].iter().all(|b| *b == b' ') && open > 0;
    let closed = rest.trim_ascii_end().ends_with(b")") || rest.trim_ascii_end().ends_with(b");");
    (closed && !spaced).then_some(0.6)
}

/// The bracket after white space and comments, and whether they are such as nobody writes.
fn gap(text: &[u8], from: usize) -> Option<(usize, bool)> {
    let near = &text[..text.len().min(from + GAP_BYTES_MAX)];
    let (mut at, mut odd) = (from, false);
    loop {
        match near.get(at)? {
            b'(' => return Some((at, odd)),
            b' ' => at += 1,
            b'/' if near.get(at + 1) == Some(&b'*') => {
                (at, odd) = (find(near, b"*/", at + 2)? + 2, true);
            }
            b'#' => (at, odd) = (find(near, b"\n", at)? + 1, true),
            b'/' if near.get(at + 1) == Some(&b'/') => {
                (at, odd) = (find(near, b"\n", at)? + 1, true);
            }
            byte if is_white(*byte) => (at, odd) = (at + 1, true),
            _ => return None,
        }
    }
}
