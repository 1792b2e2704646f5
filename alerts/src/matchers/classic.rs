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
    let mut parts = split(inner)?;
    if parts.last().is_some_and(|part| part.trim().is_empty()) {
        parts.pop(); // one trailing comma
    }
    parts.into_iter().map(matcher).collect()
}

fn error(reason: &str) -> ParseError {
    ParseError {
        reason: reason.to_owned(),
        at: 0,
    }
}

/// Splits at commas that are outside quotes.
fn split(text: &str) -> Result<Vec<&str>, ParseError> {
    let (mut parts, mut begin, mut inside, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => inside = !inside,
            ',' if !inside => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    if inside {
        return Err(error("the closing quote is missing"));
    }
    parts.push(&text[begin..]);
    Ok(parts)
}

fn matcher(text: &str) -> Result<Matcher, ParseError> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(error("expected a label name"));
    }
    let rest = rest.trim_start();
    let operators = [
        ("=~", Operator::Matches),
        ("!=", Operator::NotEqual),
        ("!~", Operator::NotMatches),
        ("=", Operator::Equal),
    ];
    let (op, raw) = operators
        .iter()
        .find_map(|(token, op)| rest.strip_prefix(token).map(|raw| (*op, raw.trim())))
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
