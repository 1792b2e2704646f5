//! The classic grammar: Prometheus label names; values with or without quotes, few escapes.

use super::{Matcher, Operator, ParseError};

pub(super) fn parse(text: &str) -> Result<Vec<Matcher>, ParseError> {
    let trimmed = text.trim();
    let inner = match (trimmed.strip_prefix('{'), trimmed.ends_with('}')) {
        (Some(inner), true) => &inner[..inner.len() - 1],
        (None, false) => trimmed,
        _ => return Err(error("an opening and a closing brace belong together")),
    };
    if inner.trim().is_empty() {
        return Ok(Vec::new());
    }
    split(inner).into_iter().map(matcher).collect()
}

fn error(reason: &str) -> ParseError {
    ParseError {
        reason: reason.to_owned(),
        at: 0,
    }
}

/// Splits at commas that are outside quotes; one trailing comma is no matter.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut begin, mut inside, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            ',' if !inside => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            // A comma in quotes leaves a backslash before it in force.
            ',' => {}
            '"' if escaped => escaped = false,
            '"' => inside = !inside,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    parts.extend(Some(text[begin..].trim()).filter(|last| !last.is_empty()));
    parts
}

/// What its regular expression calls space: ASCII alone.
const SPACE: [char; 5] = ['\t', '\n', '\u{c}', '\r', ' '];

/// One matcher; all after the operator is its value.
pub(super) fn matcher(text: &str) -> Result<Matcher, ParseError> {
    let text = text.trim_matches(SPACE);
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(error("expected a label name"));
    }
    let rest = rest.trim_start_matches(SPACE);
    let operators = [
        ("=~", Operator::Matches),
        ("!=", Operator::NotEqual),
        ("!~", Operator::NotMatches),
        ("=", Operator::Equal),
    ];
    let (op, raw) = operators
        .iter()
        .find_map(|(token, op)| {
            rest.strip_prefix(token)
                .map(|raw| (*op, raw.trim_start_matches(SPACE)))
        })
        .ok_or_else(|| error("expected one of `=`, `!=`, `=~`, `!~`"))?;
    Matcher::new(name.to_owned(), op, unescape(raw)?)
}

fn unescape(raw: &str) -> Result<String, ParseError> {
    let (raw, mut expect_quote) = match raw.strip_prefix('"') {
        Some(raw) => (raw, true),
        None => (raw, false),
    };
    let mut value = String::with_capacity(raw.len());
    let mut chars = raw.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                None => value.push('\\'), // the last character: taken as it is
                Some((_, 'n')) => value.push('\n'),
                Some((_, c @ ('"' | '\\'))) => value.push(c),
                Some((_, c)) => value.extend(['\\', c]), // no escape: both are meant
            },
            '"' if expect_quote && at == raw.len() - 1 => expect_quote = false,
            '"' => return Err(error("the value holds a double quote that is not escaped")),
            c => value.push(c),
        }
    }
    if expect_quote {
        Err(error("the closing quote is missing"))
    } else {
        Ok(value)
    }
}
