//! Clauses, conditions and statements, and how a text leaves its quotes.

use super::super::verdict::{Class, Hits};
use super::Inside;
use super::expression::{Condition, Operand, Reader};
use super::fragments;
use super::lex::Kind;
use super::quotes;
use super::words::{self, Head, Key};

const SQLI: Class = Class::Sqli;

/// Looks at every token that begins something.
pub fn judge(reader: &Reader<'_>, inside: Inside, hits: &mut Hits) {
    if inside == Inside::Bare {
        fragments::judge(reader, hits);
    }
    for at in 0..reader.tokens.len() {
        match reader.kind(at) {
            Some(Kind::Key(Key::Union)) => union(reader, at, hits),
            Some(Kind::Key(Key::Select)) => select(reader, at, inside, hits),
            Some(Kind::Key(Key::Head(head))) => statement(reader, at, head, inside, hits),
            Some(Kind::Key(Key::Case)) => case(reader, at, hits),
            Some(Kind::Key(
                Key::Order
                | Key::Having
                | Key::Limit
                | Key::Procedure
                | Key::Where
                | Key::Into
                | Key::Collate,
            )) => clause(reader, at, inside, hits),
            Some(Kind::Join) => join(reader, at, inside, hits),
            _ => {}
        }
    }
    match inside {
        Inside::Quotes => quotes::leave(reader, hits),
        Inside::Bare => ends_early(reader, hits),
    }
}

/// `union all select 1, …`
fn union(reader: &Reader<'_>, at: usize, hits: &mut Hits) {
    let next = reader.past(at + 1, |kind| {
        matches!(kind, Kind::Open | Kind::Compute | Kind::Key(Key::Quantity))
    });
    if reader.is_key(next, Key::Values) && reader.is(next + 1, Kind::Open) {
        return hits.add(SQLI, "sqli.union", 0.9, reader.range(at, next + 1));
    }
    if !reader.is_key(next, Key::Select) {
        // `-1 union`: the rest is in another parameter, or cut off.
        let value =
            at > 0 && reader.past(0, |kind| matches!(kind, Kind::Number | Kind::Compute)) == at;
        if value && reader.is_over(next) {
            let weight = if reader.is(next, Kind::Tail) {
                0.7
            } else {
                0.5
            };
            hits.add(SQLI, "sqli.union", weight, reader.range(at - 1, at));
        }
        return;
    }
    let glued =
        reader.tokens[next].after_comment || reader.tokens[at].after_comment || next > at + 1;
    let weight = match list(reader, next + 1) {
        Some(weight) => 0.5 + weight / 2.0,
        None if glued => 0.7,
        None if reader.is_over(reader.past(next + 1, |k| k == Kind::Compute)) && at > 0 => 0.5,
        None => 0.1,
    };
    hits.add(SQLI, "sqli.union", weight, reader.range(at, next + 1));
}

/// How surely a list of columns begins at `at`; `None` is prose.
fn list(reader: &Reader<'_>, at: usize) -> Option<f32> {
    let at = reader.past(at, |kind| kind == Kind::Key(Key::Quantity));
    if reader.word(at) == "top" && reader.is(at + 1, Kind::Number) {
        return Some(0.9);
    }
    if reader.is(at, Kind::Compute) && reader.is_key(at + 1, Key::From) {
        return Some(0.95);
    }
    let (what, end) = reader.expression(at)?;
    let follows = reader.kind(end);
    match (what, follows) {
        (Operand::Strong, _) => Some(0.9),
        (Operand::Literal, _) if reader.is(at, Kind::Number) => Some(0.9),
        (Operand::Literal, Some(Kind::Comma))
            if reader.is(reader.past(at, |k| k == Kind::Compute), Kind::Number) =>
        {
            Some(0.9)
        }
        (Operand::Literal, _) => Some(0.8),
        (Operand::Name, Some(Kind::Comma | Kind::Key(Key::Into))) => Some(0.7),
        (Operand::Name, None | Some(Kind::Tail | Kind::Close)) => Some(0.5),
        (Operand::Name, Some(Kind::Key(Key::From))) => Some(0.6),
        _ => None,
    }
}

/// `select …`, at the beginning, after a semicolon or in brackets.
fn select(reader: &Reader<'_>, at: usize, inside: Inside, hits: &mut Hits) {
    let Some(listed) = list(reader, at + 1) else {
        return;
    };
    let near = reader.tokens.len().min(at + 512);
    let from = (at + 1..near).find(|&i| reader.is_key(i, Key::From));
    let from = from.filter(|&i| source(reader, i + 1));
    let before = at.checked_sub(1).and_then(|before| reader.kind(before));
    let ends = reader
        .tokens
        .last()
        .is_some_and(|token| token.kind == Kind::Tail);
    let weight = match before {
        Some(Kind::Open) => 0.3 + listed / 2.0,
        Some(Kind::Semicolon) => 0.1 + listed * 0.9,
        Some(Kind::Text { .. }) if at == 1 && inside == Inside::Quotes => listed * 0.7,
        // `select shoes from italy`: two words of prose around a `from` are no statement yet.
        None if from.is_some_and(|from| is_prose(reader, at, from)) => listed * 0.5,
        None if from.is_some() => listed,
        None if listed > 0.85 => 0.55,
        // `select(user(`: a call of what only statements call.
        None if reader.is(at + 1, Kind::Open)
            && words::is_function(&reader.word(at + 2))
            && reader.is(at + 3, Kind::Open) =>
        {
            0.6
        }
        _ if from.is_some() => listed * 0.7,
        Some(Kind::Number | Kind::Key(_)) if ends => listed * 0.6,
        _ => listed * 0.3,
    };
    hits.add(
        SQLI,
        "sqli.select",
        weight,
        reader.range(at, from.unwrap_or(at) + 1),
    );
}

/// Whether one plain word is selected from another, and nothing follows: people say so, too. Names that only
/// databases have are no plain words.
fn is_prose(reader: &Reader<'_>, select: usize, from: usize) -> bool {
    let is_plain = |at: usize| {
        let word = reader.word(at);
        reader.is(at, Kind::Word)
            && word.chars().all(char::is_alphabetic)
            && ![
                "user",
                "users",
                "password",
                "passwords",
                "passwd",
                "version",
                "dual",
            ]
            .contains(&word.as_str())
    };
    from == select + 2
        && is_plain(select + 1)
        && is_plain(from + 1)
        && reader.kind(from + 2).is_none()
}

/// Whether a table, or what stands for one, is at `at`, and goes on as statements do.
fn source(reader: &Reader<'_>, at: usize) -> bool {
    match reader.kind(at) {
        Some(Kind::Open | Kind::Variable) => true,
        Some(Kind::Word) => {
            let alias = reader.past(at + 1, |kind| kind == Kind::Key(Key::As));
            let after = if reader.is(alias, Kind::Word) {
                alias + 1
            } else {
                alias
            };
            matches!(
                reader.kind(after),
                None | Some(
                    Kind::Tail
                        | Kind::Semicolon
                        | Kind::Comma
                        | Kind::Open
                        | Kind::Close
                        | Kind::Key(_)
                        | Kind::Join
                )
            )
        }
        _ => false,
    }
}

/// Other statements, by what must follow their first word.
fn statement(reader: &Reader<'_>, at: usize, head: Head, inside: Inside, hits: &mut Hits) {
    let next = |what: Key| reader.is_key(at + 1, what);
    let word = reader.word(at + 1);
    let shaped = match head {
        Head::Insert => {
            next(Key::Into) && matches!(reader.kind(at + 2), Some(Kind::Word | Kind::Variable))
        }
        Head::Update => {
            reader.is(at + 1, Kind::Word)
                && reader.is_key(at + 2, Key::Set)
                && reader.is(at + 4, Kind::Compare)
        }
        Head::Delete => {
            next(Key::From)
                && reader.is(at + 2, Kind::Word)
                && (reader.is_key(at + 3, Key::Where)
                    || matches!(reader.kind(at + 3), Some(Kind::Tail | Kind::Semicolon))
                    || at > 0 && reader.is_over(at + 3))
        }
        Head::Define => {
            (words::is_object(&word) || next(Key::Procedure))
                && matches!(
                    reader.kind(at + 2),
                    Some(Kind::Word | Kind::Key(_) | Kind::Variable)
                )
        }
        Head::Run => runs(reader, at, &word),
        Head::Declare => reader.is(at + 1, Kind::Variable),
        Head::Wait => word == "delay" || word == "time",
        Head::Grant => (at + 1..at + 6).any(|i| reader.word(i) == "to") && reader.is_over(at + 4),
        Head::Move => moves(reader, at, &word),
        Head::Stop => false,
    };
    let before = at.checked_sub(1).and_then(|before| reader.kind(before));
    let stacked = before == Some(Kind::Semicolon);
    let leaves =
        before.is_some_and(|kind| kind == Kind::Text { open: false }) && inside == Inside::Quotes;
    let weight = match (head, shaped) {
        (Head::Wait, true) => 0.85,
        (Head::Declare, true) => 0.7,
        (_, true) if stacked => 0.9,
        (_, true) if leaves || before.is_none() => 0.65,
        (_, true) => 0.3,
        (Head::Stop, _) if stacked && reader.is_over(at + 1) => 0.8,
        _ if stacked && at > 1 && reader.is(at + 1, Kind::Word) && reader.is_over(at + 2) => 0.35,
        _ => return,
    };
    hits.add(SQLI, "sqli.statement", weight, reader.range(at, at + 3));
}

fn runs(reader: &Reader<'_>, at: usize, word: &str) -> bool {
    let plain = word.split('.').next_back().unwrap_or_default();
    plain.starts_with("xp_")
        || plain.starts_with("sp_")
        || word == "immediate"
        || matches!(word, "master" | "msdb")
        || (reader.word(at) == "do" && reader.is(at + 1, Kind::Open))
        || reader.is(at + 1, Kind::Variable)
        || (reader.is(at + 1, Kind::Open)
            && matches!(
                reader.kind(at + 2),
                Some(Kind::Variable | Kind::Text { .. })
            ))
}

fn moves(reader: &Reader<'_>, at: usize, word: &str) -> bool {
    match reader.word(at).as_str() {
        "load" => word == "data" || word == "xml",
        "backup" | "restore" | "attach" => word == "database" || word == "log",
        "handler" => {
            reader.is(at + 1, Kind::Word) && matches!(reader.word(at + 2).as_str(), "open" | "read")
        }
        _ => {
            let file = (at + 2..at + 5).any(|i| matches!(reader.word(i).as_str(), "to" | "from"));
            file && (at + 3..at + 6)
                .any(|i| matches!(reader.kind(i), Some(Kind::Text { .. } | Kind::Compute)))
        }
    }
}

/// `case when 1=1 then …`
fn case(reader: &Reader<'_>, at: usize, hits: &mut Hits) {
    let when = (at + 1..at + 12).find(|&i| reader.is_key(i, Key::When));
    let Some(when) = when else { return };
    let then =
        (when + 1..reader.tokens.len().min(when + 64)).find(|&i| reader.is_key(i, Key::Then));
    let weight = match (then, reader.condition(when + 1)) {
        (Some(_), Some(_)) => 0.85,
        (Some(then), None)
            if reader
                .expression(then + 1)
                .is_some_and(|(what, _)| what > Operand::Name) =>
        {
            0.7
        }
        (None, Some(condition)) if condition.left > Operand::Name => 0.6,
        _ => return,
    };
    hits.add(
        SQLI,
        "sqli.case",
        weight,
        reader.range(at, then.unwrap_or(when)),
    );
}

/// Clauses that follow a value: `1 order by 3`, `1 having 1=1`, `x' group by y--`.
fn clause(reader: &Reader<'_>, at: usize, inside: Inside, hits: &mut Hits) {
    let word = reader.word(at);
    let number = |at: usize| reader.is(at, Kind::Number);
    let sound = match reader.kind(at) {
        Some(Kind::Key(Key::Order)) => {
            reader.is_key(at + 1, Key::By) && reader.expression(at + 2).is_some()
        }
        Some(Kind::Key(Key::Having | Key::Where)) => {
            reader
                .condition(at + 1)
                .is_some_and(|c| c.left.max(c.right) > Operand::Name)
                || (reader.is(at + 1, Kind::Open) && reader.is(at + 2, Kind::Number))
        }
        Some(Kind::Key(Key::Limit)) => {
            number(at + 1) || (word == "fetch" && reader.word(at + 1) == "first")
        }
        Some(Kind::Key(Key::Procedure)) => reader.word(at + 1) == "analyse",
        Some(Kind::Key(Key::Into)) => {
            matches!(reader.word(at + 1).as_str(), "outfile" | "dumpfile")
                || reader.is(at + 1, Kind::Variable)
        }
        Some(Kind::Key(Key::Collate)) => matches!(reader.kind(at + 1), Some(Kind::Word)),
        _ => false,
    };
    if !sound {
        return;
    }
    let before = at.checked_sub(1).and_then(|before| reader.kind(before));
    let first = reader.past(0, |kind| {
        matches!(
            kind,
            Kind::Close | Kind::Number | Kind::Text { open: false } | Kind::Compute
        )
    });
    // `1 order by 2`: the value itself, and nothing else, stands before.
    let leads = first == at || (at == 1 && reader.is(0, Kind::Word));
    let certain = matches!(word.as_str(), "procedure" | "into") || reader.tokens[at].after_comment;
    let ends = matches!(reader.tokens.last().map(|t| t.kind), Some(Kind::Tail));
    let weight = match before {
        _ if certain => 0.8,
        _ if constant(reader, at) => 0.65,
        Some(Kind::Text { .. } | Kind::Close) if inside == Inside::Quotes && leads => 0.75,
        Some(Kind::Number | Kind::Close) if leads => 0.7,
        None if word == "limit" || word == "where" => 0.3,
        None | Some(Kind::Close | Kind::Number) => 0.45 + if ends { 0.2 } else { 0.0 },
        _ => 0.3,
    };
    hits.add(SQLI, "sqli.clause", weight, reader.range(at, at + 3));
}

/// `where 1=1`: a condition that asks nothing.
fn constant(reader: &Reader<'_>, at: usize) -> bool {
    matches!(reader.kind(at), Some(Kind::Key(Key::Where | Key::Having)))
        && reader
            .condition(at + 1)
            .is_some_and(|c| c.left.min(c.right) > Operand::Name)
}

/// `or 1=1` and its kind.
fn join(reader: &Reader<'_>, at: usize, inside: Inside, hits: &mut Hits) {
    let leaves = inside == Inside::Quotes && reader.past(1, |kind| kind == Kind::Close) == at;
    let before = at.checked_sub(1).and_then(|before| reader.kind(before));
    // A sign of C, not of SQL, unless it follows a value.
    let sign = !reader.text[reader.tokens[at].begin].is_ascii_alphabetic();
    if let Some(condition) = reader.condition(at + 1) {
        let mut weight = tautology(&condition, leaves, before, sign);
        let value = reader.past(0, |k| {
            matches!(
                k,
                Kind::Number | Kind::Close | Kind::Text { .. } | Kind::Compute
            )
        }) == at;
        if !value && !leaves && condition.left.min(condition.right) == Operand::Name {
            weight = weight.min(0.45);
        }
        if at == 0 && !sign && reader.is(condition.end, Kind::Tail) {
            weight = weight.max(0.55);
        }
        if same(reader, at + 1) {
            weight = weight.max(0.6);
        }
        hits.add(
            SQLI,
            "sqli.tautology",
            weight,
            reader.range(at, condition.end - 1),
        );
        return;
    }
    let Some((what, end)) = reader.expression(at + 1) else {
        return;
    };
    if what > Operand::Name && reader.is(end, Kind::Compare) && (at == 0 || leaves) {
        // Cut off, or compared with what the statement goes on with.
        return hits.add(SQLI, "sqli.tautology", 0.65, reader.range(at, end));
    }
    let over = reader.is_over(end) || reader.is(end, Kind::Close) || reader.is(end, Kind::Join);
    let weight = match what {
        Operand::Strong
            if reader.is(at + 1, Kind::Open) || leaves || reader.is(end, Kind::Tail) =>
        {
            0.6
        }
        Operand::Strong if at == 0 && over => 0.5,
        Operand::Strong => 0.35,
        Operand::Literal if leaves && over => 0.8,
        Operand::Literal if reader.is(at + 1, Kind::Open) && reader.tokens[at].after_comment => 0.6,
        Operand::Literal if reader.word(at) == "xor" && at == 0 => 0.55,
        // `or 88`: nothing else, and no prose.
        Operand::Literal if at == 0 && !sign && end == reader.tokens.len() => 0.5,
        Operand::Literal if over && matches!(before, Some(Kind::Number | Kind::Close)) => 0.3,
        Operand::Name if reader.is(end, Kind::Tail) && matches!(before, Some(Kind::Number)) => 0.5,
        Operand::Name if leaves && reader.is_over(end) && reader.kind(end).is_some() => 0.5,
        // `' or abc!`: the comparison is cut off.
        Operand::Name
            if leaves
                && matches!(reader.kind(end), Some(Kind::Compare | Kind::Compute))
                && reader.is_over(end + 1) =>
        {
            0.55
        }
        Operand::Name if leaves && over => 0.3,
        _ => return,
    };
    hits.add(SQLI, "sqli.condition", weight, reader.range(at, end - 1));
}

/// `a=a`: the same on both sides.
fn same(reader: &Reader<'_>, at: usize) -> bool {
    reader.is(at + 1, Kind::Compare)
        && reader.word(at) == reader.word(at + 2)
        && reader.tokens[at + 1].begin == reader.tokens[at].end
}

fn tautology(condition: &Condition, leaves: bool, before: Option<Kind>, sign: bool) -> f32 {
    let after_value = matches!(before, Some(Kind::Number | Kind::Close | Kind::Text { .. }));
    let both = condition.left.min(condition.right);
    let one = condition.left.max(condition.right);
    let weight = match (both, one) {
        (Operand::Literal | Operand::Strong, _) => 0.9,
        (Operand::Name, Operand::Strong) => 0.6,
        (Operand::Name, Operand::Literal) if leaves => 0.85,
        (Operand::Name, Operand::Literal) if after_value => 0.6,
        (Operand::Name, Operand::Literal) => 0.35,
        (Operand::Name, Operand::Name) if leaves => 0.7,
        (Operand::Name, Operand::Name) => 0.15,
    };
    let negates = if condition.negates { 0.05 } else { 0.0 };
    match sign
        && !leaves
        && (!after_value || both == Operand::Name || (condition.doubled && one == Operand::Strong))
    {
        true => weight * 0.5,
        false => weight + negates,
    }
}

/// `1)--`, `1/*`: a bare value, and a comment that hides the rest of the statement.
fn ends_early(reader: &Reader<'_>, hits: &mut Hits) {
    if reader.is(0, Kind::Open) {
        let end = reader.expression(0).map_or(0, |(_, end)| end);
        let end = match reader.kind(end) {
            Some(Kind::Key(Key::In)) if reader.is(end + 1, Kind::Open) => {
                reader.expression(end + 1).map_or(end, |(_, end)| end)
            }
            _ => end,
        };
        if end > 3 && reader.is(end, Kind::Tail) {
            hits.add(
                SQLI,
                "sqli.comment",
                0.85 * quotes::comment_weight(reader, end),
                reader.range(0, end),
            );
        }
    }
    let after = reader.past(0, |kind| {
        matches!(kind, Kind::Number | Kind::Close | Kind::Compute)
    });
    if after == 0
        || !reader.is(after, Kind::Tail)
        || !reader.is(0, Kind::Number) && !reader.is(0, Kind::Close)
    {
        return;
    }
    let glued = after == 1 && reader.tokens[0].end == reader.tokens[1].begin;
    let bare = glued && reader.text[reader.tokens[1].begin..] == *b"--";
    let closed = (0..after).any(|at| reader.is(at, Kind::Close));
    let weight = if closed {
        0.7
    } else if bare {
        0.5
    } else {
        0.3
    };
    hits.add(
        SQLI,
        "sqli.comment",
        weight * (quotes::comment_weight(reader, after) / 0.7),
        reader.range(0, after),
    );
}
