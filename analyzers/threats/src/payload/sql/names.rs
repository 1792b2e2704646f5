//! Functions, tables and variables that only a database knows.

use super::super::text::is_name;
use super::super::verdict::{Class, Hits};
use super::Inside;
use super::expression::Reader;
use super::lex::Kind;
use super::words::{self, Key};

/// Ordinary functions counted: more say no more.
const HINTS_MAX: usize = 4;

/// Looks at every name.
pub fn judge(reader: &Reader<'_>, inside: Inside, hits: &mut Hits) {
    let mut hinted = 0;
    let mut first = None;
    for at in 0..reader.tokens.len() {
        let called = reader.is(at + 1, Kind::Open);
        let name = match reader.kind(at) {
            Some(Kind::Word | Kind::Variable | Kind::Compare) => reader.word(at),
            Some(Kind::Key(_)) if called => reader.word(at),
            _ => continue,
        };
        let here = reader.range(at, at + 2);
        let glued = reader.tokens[at]
            .begin
            .checked_sub(1)
            .is_some_and(|b| is_name(reader.text[b]));
        if words::describes(&name) && !glued {
            let weight = if name.contains(['.', '$', '@']) {
                0.7
            } else {
                0.5
            };
            hits.add(Class::Sqli, "sqli.catalogue", weight, reader.range(at, at));
        }
        let plain = name.split('.').next_back().unwrap_or_default();
        let owner = name.split('.').next().unwrap_or_default();
        if words::strikes(plain) || words::strikes(owner) {
            hits.add(
                Class::Sqli,
                "sqli.function",
                strike(reader, at, &name, called),
                here,
            );
        } else if called && words::hints(&name) && has_arguments(reader, at) {
            hinted += 1;
            first.get_or_insert(at);
        }
    }
    let Some(at) = first else { return };
    let least = if inside == Inside::Quotes { 0 } else { 1 };
    if hinted > least {
        let nested = hinted > 1 && nests(reader, at);
        let weight = 0.2 * hinted.min(HINTS_MAX) as f32 + if nested { 0.15 } else { 0.0 };
        hits.add(
            Class::Sqli,
            "sqli.functions",
            weight,
            reader.range(at, at + 3),
        );
    }
}

/// Whether the call at `at` has one of its kind for its first argument: `ascii(substring(`.
fn nests(reader: &Reader<'_>, at: usize) -> bool {
    reader.is(at + 3, Kind::Open) && words::hints(&reader.word(at + 2))
}

/// A striking name: called with something, it is one; mentioned, hardly.
fn strike(reader: &Reader<'_>, at: usize, name: &str, called: bool) -> f32 {
    let before = at.checked_sub(1).and_then(|before| reader.kind(before));
    let run = matches!(before, Some(Kind::Key(Key::Head(_))));
    match () {
        () if called && has_arguments(reader, at) => 0.8,
        () if run => 0.9,
        () if name.starts_with("xp_") || name.starts_with("sp_oa") => 0.6,
        // Cut off: `benchmark(5000000`.
        () if called
            && reader.tokens[at].end == reader.tokens[at + 1].begin
            && reader.expression(at + 2).is_some() =>
        {
            0.6
        }
        () if called && !reader.is(at + 2, Kind::Close) => 0.45,
        () => 0.1,
    }
}

/// Whether what stands in a call's brackets reads as arguments do.
fn has_arguments(reader: &Reader<'_>, at: usize) -> bool {
    if reader.is(at + 2, Kind::Close) {
        return matches!(
            reader.word(at).as_str(),
            "version"
                | "database"
                | "user"
                | "current_user"
                | "now"
                | "sysdate"
                | "rand"
                | "row_count"
                | "session_user"
                | "system_user"
                | "schema"
        );
    }
    reader.is_key(at + 2, Key::Select)
        || reader.is_key(at + 2, Key::Quantity)
        || (reader.is(at + 2, Kind::Compute) && reader.is(at + 3, Kind::Close))
        || reader.expression(at + 2).is_some_and(|(_, end)| {
            matches!(
                reader.kind(end),
                Some(Kind::Close | Kind::Comma | Kind::Compare | Kind::Join | Kind::Key(_))
            )
        })
}
