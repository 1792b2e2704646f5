//! Pieces of a statement that are the whole text: `is null`, `in (1,2)`, `) when 2 then`, `cast(`, `1 -
//! ord('a')`, `'x'!='y`. What a client sends by itself where a statement is put together.

use super::super::verdict::{Class, Hits};
use super::expression::{Operand, Reader};
use super::lex::Kind;
use super::words::{self, Key};

/// Looks at a text that stands where a number or a name would.
pub fn judge(reader: &Reader<'_>, hits: &mut Hits) {
    let first = reader.past(0, |kind| matches!(kind, Kind::Close | Kind::Key(Key::Not)));
    let sound = match reader.kind(first) {
        Some(Kind::Key(Key::Is)) => {
            let null = reader.past(first + 1, |kind| kind == Kind::Key(Key::Not));
            reader.is_key(null, Key::Null) && reader.is_over(null + 1)
        }
        Some(Kind::Compare) if reader.tokens.len() > 1 => {
            reader.is_key(first + 1, Key::Null) && reader.is_over(first + 2)
        }
        Some(Kind::Key(Key::In)) => is_list(reader, first) || first == 0 && call_cut_off(reader),
        Some(Kind::Key(Key::When)) => {
            reader.is(first + 1, Kind::Number) && reader.is_key(first + 2, Key::Then)
        }
        Some(Kind::Word | Kind::Key(_)) if first == 0 => call_cut_off(reader),
        _ if reader.tokens.len() == 1 => is_probe(&reader.word(0)),
        Some(Kind::Number) if first == 0 => computed(reader),
        Some(Kind::Text { open: false }) if first == 0 => strings_compared(reader),
        _ => false,
    };
    if sound {
        hits.add(
            Class::Sqli,
            "sqli.fragment",
            0.55,
            reader.range(0, first + 2),
        );
    }
}

/// An operator of databases, and nothing else: somebody tries what comes of it. Those that people filter
/// lists by are none.
fn is_probe(word: &str) -> bool {
    matches!(word, "||" | "&&" | "<<" | ">>" | "xor" | "rlike" | "regexp")
}

/// `in (1,2)`.
fn is_list(reader: &Reader<'_>, first: usize) -> bool {
    let end = reader.past(first + 1, |kind| {
        matches!(
            kind,
            Kind::Open
                | Kind::Close
                | Kind::Number
                | Kind::Text { .. }
                | Kind::Comma
                | Kind::Compute
        )
    });
    let listed = (first..end).any(|at| reader.is(at, Kind::Comma));
    reader.is(first + 1, Kind::Open) && listed && reader.is_over(end)
}

/// `replace(`, `month=(`, `left')?$(`: a function of databases, signs, and a bracket at the text's end.
fn call_cut_off(reader: &Reader<'_>) -> bool {
    /// Signs between the name and the bracket.
    const SIGNS_MAX: usize = 6;
    let name = reader.word(0);
    let rest = reader.text[reader.tokens[0].end..].trim_ascii_end();
    let signs = rest.strip_suffix(b"(").unwrap_or(b":");
    let only_signs = signs
        .iter()
        .all(|b| b.is_ascii_punctuation() && *b != b':' || *b == b' ');
    (words::is_function(&name) || matches!(name.as_str(), "replace" | "date" | "ln" | "insert"))
        && signs.len() <= SIGNS_MAX
        && only_signs
}

/// `1 - ord('a')`: a number and a function of databases, and nothing else.
fn computed(reader: &Reader<'_>) -> bool {
    let call = (1..reader.tokens.len().min(16))
        .find(|&at| reader.is(at, Kind::Word) && reader.is(at + 1, Kind::Open));
    let Some(call) = call else { return false };
    let calls = words::hints(&reader.word(call)) && !reader.is(call + 2, Kind::Close);
    let whole =
        matches!(reader.expression(0), Some((Operand::Strong, end)) if end == reader.tokens.len());
    calls && whole && reader.is(1, Kind::Compute)
}

/// `'x'!='y`: two strings compared, the second one closed by the statement's own quote.
fn strings_compared(reader: &Reader<'_>) -> bool {
    reader.tokens.len() == 3
        && reader.is(1, Kind::Compare)
        && matches!(reader.kind(2), Some(Kind::Text { .. }))
        && !reader.text[reader.tokens[1].begin].is_ascii_alphabetic()
}
