//! How a text leaves the string it stands in, and whether it goes on as a statement does.

use super::super::verdict::{Class, Hits};
use super::expression::{Operand, Reader};
use super::lex::Kind;
use super::words::Key;

/// How the text goes on after the quote that closes the string it stands in.
pub fn leave(reader: &Reader<'_>, hits: &mut Hits) {
    let plain = is_value(reader);
    let after = reader.past(1, |kind| kind == Kind::Close);
    let closed = after > 1;
    let weight = match reader.kind(after) {
        Some(Kind::Tail) => comment_weight(reader, after),
        Some(Kind::Semicolon) if reader.is(after + 1, Kind::Tail) => 0.7,
        Some(Kind::Semicolon) if reader.is(reader.tokens.len() - 1, Kind::Tail) => 0.6,
        Some(Kind::Semicolon) if reader.kind(after + 1).is_none() => {
            if closed {
                0.4
            } else {
                0.3
            }
        }
        Some(
            Kind::Compute
            | Kind::Compare
            | Kind::Join
            | Kind::Key(Key::Not | Key::In | Key::Is | Key::Between),
        ) => goes_on(reader, after),
        Some(Kind::Comma) => list_goes_on(reader, after),
        Some(Kind::Word) if matches!(reader.word(after).as_str(), "notnull" | "isnull") => {
            if reader.is(after + 1, Kind::Tail) {
                0.65
            } else {
                0.2
            }
        }
        _ => return,
    };
    let weight = if plain { weight } else { weight * 0.5 };
    hits.add(
        Class::Sqli,
        "sqli.quote",
        weight,
        reader.range(0, after + 1),
    );
}

/// Whether what stands before the quote is a value as a field may hold it, and no source code or sentence.
fn is_value(reader: &Reader<'_>) -> bool {
    let value = &reader.text[..reader.tokens[0].end.saturating_sub(1)];
    let words = value
        .split(|b| *b == b' ')
        .filter(|word| !word.is_empty())
        .count();
    words <= 4
        && !value.iter().any(|b| {
            matches!(
                b,
                b'=' | b'(' | b'{' | b'<' | b',' | b':' | b'[' | b'|' | b'`' | b'*'
            )
        })
}

/// A comment right after the quote: `admin'--`.
pub fn comment_weight(reader: &Reader<'_>, at: usize) -> f32 {
    let comment = &reader.text[reader.tokens[at].begin..];
    let body = comment.get(2..).unwrap_or_default();
    let words = body
        .split(|b| *b == b' ')
        .filter(|word| word.len() > 1)
        .count();
    match (comment[0], words) {
        (_, 0) => 0.7,
        (b'-' | b'/', 1) => 0.6,
        (b'#', 1) if body.first().is_some_and(|b| *b == b' ') || body.len() < 2 => 0.55,
        _ => 0.25,
    }
}

/// An operator follows, so operands must: to the text's end, a comment, or a string that the statement's
/// own quote closes.
fn goes_on(reader: &Reader<'_>, operator: usize) -> f32 {
    let (mut at, mut operators, mut strongest) = (operator, 0, Operand::Name);
    loop {
        let is_operator = matches!(
            reader.kind(at),
            Some(
                Kind::Compute
                    | Kind::Compare
                    | Kind::Join
                    | Kind::Key(Key::Not | Key::In | Key::Is | Key::Between)
            )
        );
        if !is_operator {
            break;
        }
        operators += 1;
        let operand = reader.past(at + 1, |kind| {
            matches!(
                kind,
                Kind::Compute | Kind::Compare | Kind::Key(Key::Not | Key::In)
            )
        });
        match reader.expression(operand) {
            Some((what, end)) => (strongest, at) = (strongest.max(what), end),
            None => return 0.15,
        }
    }
    let reopens = matches!(
        reader.tokens.last().map(|t| t.kind),
        Some(Kind::Text { open: true })
    ) && at >= reader.tokens.len();
    match (reader.kind(at), strongest) {
        (None, _) if reopens && !sentence(reader) => 0.75,
        (Some(Kind::Tail), _) => 0.75,
        (None, Operand::Strong) => 0.5,
        (None, Operand::Literal) => 0.25 + 0.1 * f32::from(operators > 1),
        (Some(Kind::Semicolon | Kind::Close), Operand::Strong | Operand::Literal) => 0.5,
        (_, Operand::Strong) => 0.4,
        _ => 0.1,
    }
}

/// Whether the text ends in a string of many words: what a statement's own quote closes is short.
fn sentence(reader: &Reader<'_>) -> bool {
    let last = reader.tokens.last().map_or(0, |token| token.begin);
    reader.text[last..].iter().filter(|b| **b == b' ').count() > 3
}

/// `x', 1, 2)--`: a value of a list, and those after it.
fn list_goes_on(reader: &Reader<'_>, comma: usize) -> f32 {
    let (mut at, mut strong) = (comma, false);
    while reader.is(at, Kind::Comma) {
        match reader.expression(at + 1) {
            Some((what, end)) if what > Operand::Name => {
                (at, strong) = (end, what == Operand::Strong);
            }
            _ => return 0.1,
        }
    }
    let closes = reader.past(at, |kind| kind == Kind::Close);
    match reader.kind(closes) {
        Some(Kind::Tail) => 0.75,
        Some(Kind::Semicolon) if closes > at => 0.5,
        None if strong => 0.5,
        _ => 0.2,
    }
}
