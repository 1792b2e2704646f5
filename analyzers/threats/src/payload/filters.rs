//! Operators of document databases and of object mappers, and filters of directories.

use super::Place;
use super::text::{find, has, is_name, is_white, skip};
use super::verdict::{Class, Hits};

/// Operators of MongoDB's query language that change what a value means.
const OPERATORS: &[&str] = &[
    "ne",
    "eq",
    "gt",
    "gte",
    "lt",
    "lte",
    "in",
    "nin",
    "not",
    "or",
    "and",
    "nor",
    "regex",
    "where",
    "exists",
    "type",
    "mod",
    "all",
    "size",
    "elemmatch",
    "expr",
    "function",
    "accumulator",
    "jsonschema",
    "text",
    "options",
    "lookup",
    "match",
    "comment",
    "func",
    "ne]",
];

/// Lookups of object mappers that a client may append to a field's name.
const LOOKUPS: &[&str] = &[
    "startswith",
    "istartswith",
    "endswith",
    "iendswith",
    "contains",
    "icontains",
    "regex",
    "iregex",
    "gt",
    "gte",
    "lt",
    "lte",
    "isnull",
    "in",
    "exact",
    "iexact",
    "range",
    "has_key",
    "has_keys",
    "has_any_keys",
];

/// Looks at one view.
pub fn judge(text: &[u8], place: Place, hits: &mut Hits) {
    operators(text, place, hits);
    script(text, hits);
    mapper(text, hits);
    directory(text, hits);
}

/// `[$ne]`, `{"$gt":""}`, `$where`.
fn operators(text: &[u8], place: Place, hits: &mut Hits) {
    let mut at = 0;
    for _ in 0..32 {
        let Some(found) = text[at..].iter().position(|b| *b == b'$') else {
            return;
        };
        let begin = at + found;
        at = begin + 1;
        let end = skip(text, at, |b| b.is_ascii_alphabetic());
        let name = String::from_utf8_lossy(&text[at..end.min(at + 16)]).to_ascii_lowercase();
        if !OPERATORS.contains(&name.as_str()) {
            continue;
        }
        let before = text[..begin]
            .iter()
            .rposition(|b| !is_white(*b) && !matches!(b, b'"' | b'\''))
            .map(|i| text[i]);
        let quote = begin > 0 && matches!(text[begin - 1], b'"' | b'\'');
        let after = skip(text, end, |b| is_white(b) || matches!(b, b'"' | b'\''));
        let follows = text.get(after).copied();
        let weight = match (before, follows) {
            (Some(b'['), Some(b']')) => 0.85,
            (Some(b'{' | b','), Some(b':')) => 0.8,
            (None, None) if place == Place::Name => 0.85,
            (None, Some(b':')) | (Some(b'&' | b'.' | b';'), Some(b':' | b'=' | b']')) => 0.6,
            (None, None) if quote || name == "where" => 0.55,
            _ if name == "where" && follows == Some(b':') => 0.7,
            _ => continue,
        };
        hits.add(
            Class::Nosql,
            "nosql.operator",
            weight,
            (begin.saturating_sub(1), (after + 1).min(text.len())),
        );
    }
}

/// JavaScript in a `$where`: `'; return true; var a='`, `this.password.match(/.*/)`, `db.users.insert(`.
fn script(text: &[u8], hits: &mut Hits) {
    let quote = text
        .iter()
        .take(256)
        .position(|b| matches!(b, b'\'' | b'"'));
    let rest = quote.map_or(&text[..0], |at| &text[at + 1..]);
    let weight = match () {
        () if has(rest, b"return ")
            && (has(rest, b"||") || has(rest, b"var ") || has(rest, b"true")) =>
        {
            0.6
        }
        () if has(text, b"this.") && has(text, b".match(") => 0.7,
        () if quote.is_some()
            && (has(rest, b"'1'=='1") || has(rest, b"1==1") || has(rest, b"\"1\"==\"1")) =>
        {
            0.75
        }
        () if has(text, b"db.")
            && (has(text, b".insert(")
                || has(text, b".find(")
                || has(text, b".drop(")
                || has(text, b"getcollectionnames")
                || has(text, b".injection.")) =>
        {
            0.6
        }
        () if (has(text, b"while(") || has(text, b"do{")) && has(text, b"new date(") => 0.6,
        () => return,
    };
    hits.add(
        Class::Nosql,
        "nosql.script",
        weight,
        (0, text.len().min(64)),
    );
}

/// `user__profile__startswith`: a path over relations that ends in a lookup.
fn mapper(text: &[u8], hits: &mut Hits) {
    let mut at = 0;
    for _ in 0..16 {
        let Some(found) = find(text, b"__", at) else {
            return;
        };
        let begin = text[..found]
            .iter()
            .rposition(|b| !is_name(*b))
            .map_or(0, |i| i + 1);
        let end = skip(text, found, is_name);
        at = end;
        let name = String::from_utf8_lossy(&text[begin..end.min(begin + 256)]).to_ascii_lowercase();
        let parts: Vec<&str> = name.split("__").collect();
        let (Some(last), false) = (parts.last(), parts.iter().any(|part| part.is_empty())) else {
            continue;
        };
        if parts.len() >= 3 && LOOKUPS.contains(last) {
            hits.add(Class::Nosql, "nosql.lookup", 0.6, (begin, end));
        }
    }
}

/// `*)(uid=*))(|(uid=*`: a filter closed, and another begun.
fn directory(text: &[u8], hits: &mut Hits) {
    let mut at = 0;
    for _ in 0..32 {
        let Some(found) = text[at..].iter().position(|b| *b == b'(') else {
            break;
        };
        let open = at + found;
        at = open + 1;
        let mut name = open + 1;
        let operator = matches!(text.get(name), Some(b'&' | b'|' | b'!'));
        if operator {
            name += 1;
            name += usize::from(text.get(name) == Some(&b'('));
        }
        let end = skip(text, name, |b| {
            is_name(b) || b == b'-' || b == b':' || b == b'.'
        });
        let equals = skip(text, end, |b| matches!(b, b'~' | b'<' | b'>'));
        let compares =
            end > name && text.get(equals) == Some(&b'=') && text.get(equals + 1) != Some(&b'=');
        let closed = open > 0 && text[..open].iter().rev().take(3).any(|b| *b == b')');
        let star = text.get(equals + 1) == Some(&b'*');
        let weight = match (operator, compares, closed) {
            (true, true, true) => 0.9,
            (false, true, true) => {
                if star {
                    0.85
                } else {
                    0.7
                }
            }
            (true, true, false) => 0.7,
            (false, true, false) if star => 0.5,
            (true, false, true) if end == name => 0.6,
            _ => continue,
        };
        hits.add(
            Class::Ldap,
            "ldap.filter",
            weight,
            (open.saturating_sub(1), (equals + 2).min(text.len())),
        );
    }
    if text.starts_with(b"*)")
        || text.ends_with(b")(&)")
        || text.starts_with(b"*))")
        || text.starts_with(b"*(|(")
    {
        hits.add(Class::Ldap, "ldap.filter", 0.7, (0, text.len().min(32)));
    }
}
