//! What whole command lines have that single commands do not: several in a row, a variable that is set and
//! then run, a file written before anything, words of the history.

use super::super::Place;
use super::super::text::skip;
use super::super::verdict::Hits;
use super::commands::command;
use super::lex::{Before, Word};
use super::{COMMAND, is_sure, plausible};

/// Words in which assignments are looked for.
const WORDS_READ_MAX: usize = 64;
/// Assignments that are remembered.
const NAMES_MAX: usize = 8;

/// Looks at the words of a text together.
pub fn judge(text: &[u8], words: &[Word], place: Place, hits: &mut Hits) {
    if matches!(place, Place::Log | Place::UserAgent | Place::Referer) {
        return;
    }
    if let Some(end) = sequence(words) {
        hits.add(COMMAND, "command.sequence", 0.6, (0, end));
    }
    if let Some(range) = assigned_then_run(text, words) {
        hits.add(COMMAND, "command.variable", 0.7, range);
    }
    if !matches!(place, Place::Value | Place::Name) {
        return;
    }
    if let Some(range) = wildcards(words) {
        hits.add(COMMAND, "command.wildcards", 0.6, range);
    }
    if let Some(range) = batch(words) {
        hits.add(COMMAND, "command.batch", 0.65, range);
    }
    if matches!(text, [b'~', b'+' | b'-', rest @ ..] if rest.first().is_none_or(|b| *b == b'/')) {
        hits.add(COMMAND, "command.tilde", 0.5, (0, 2));
    }
    if is_history(text) {
        hits.add(COMMAND, "command.history", 0.6, (0, text.len()));
    }
    if writes(text) {
        hits.add(
            COMMAND,
            "command.redirection",
            0.55,
            (0, text.len().min(64)),
        );
    }
    if is_quoted_builtin(text, words) {
        hits.add(COMMAND, "command.substitution", 0.55, (0, text.len()));
    }
}

/// `cd /;cd etc;fold passwd`: every part between operators begins with a command, and one goes on as only
/// commands do. Where it ends.
fn sequence(words: &[Word]) -> Option<usize> {
    let begins = |word: &&Word| !matches!(word.before, Before::Space | Before::Other);
    let heads: Vec<usize> = (0..words.len())
        .filter(|at| begins(&&words[*at]))
        .take(8)
        .collect();
    let chained = |at: &usize| {
        matches!(
            words[*at].before,
            Before::Semicolon | Before::Pipe | Before::And | Before::Line
        )
    };
    let (first, rest) = heads.split_first()?;
    if rest.is_empty() || *first != 0 || !rest.iter().all(chained) {
        return None;
    }
    let commands = heads
        .iter()
        .filter(|at| command(&words[**at].text).is_some())
        .count();
    let argued = heads.iter().any(|at| {
        let next = words.get(at + 1);
        next.is_some_and(|word| word.before == Before::Space && plausible(&word.text))
    });
    let sure = heads.iter().any(|at| is_sure(&words[*at].text));
    (commands == heads.len() && argued && (sure || heads.len() > 2))
        .then(|| words[words.len() - 1].end)
}

/// `a=whoam;$a`, `x=adduse[r];$x`: what was set is run.
fn assigned_then_run(text: &[u8], words: &[Word]) -> Option<(usize, usize)> {
    let named = |word: &'_ Word| {
        let (name, value) = word.text.rsplit_once('=')?;
        let name = name.rsplit('=').next()?;
        let sound = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        (sound && !name.is_empty() && !value.is_empty()).then(|| name.to_owned())
    };
    let mut assigned = words.iter().take(WORDS_READ_MAX).filter_map(named);
    // Of several the last counts: the others were pieces of it.
    let name = assigned.by_ref().take(NAMES_MAX).last()?;
    let mut at = 0;
    while let Some(found) = text[at..].iter().position(|b| *b == b'$') {
        let begin = at + found;
        at = begin + 1;
        let before = text[..begin].trim_ascii_end().last();
        let after = skip(text, at, |b| b.is_ascii_alphanumeric() || b == b'_');
        let operator = matches!(before, Some(b';' | b'|' | b'&' | b'\n'));
        if operator && text[at..after] == *name.as_bytes() {
            return Some((begin.saturating_sub(1), after));
        }
    }
    None
}

/// `/???/c?t`, `/b[i]n/ls`: a path of the system that names nothing of it. Routes have wildcards of
/// their own:
/// `/products/[slug]`, `/docs/[[...page]]`, `/users/*/orders/*` stand for whole parts.
fn wildcards(words: &[Word]) -> Option<(usize, usize)> {
    let is_wild = |word: &&Word| {
        let Some(path) = word.text.strip_prefix('/') else {
            return false;
        };
        let wild =
            |part: &&str| part.contains(['?', '*', '[']) && part.len() <= 12 && !is_parameter(part);
        let parts = path.split('/').count();
        let wilds = path.split('/').filter(wild).count();
        let plain = path
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/?*[]._-".contains(&b));
        (2..=6).contains(&parts) && plain && (wilds > 1 || wilds == 1 && path.contains('['))
    };
    let word = words.iter().take(WORDS_READ_MAX).find(is_wild)?;
    Some((word.begin, word.end))
}

/// A part of a route that stands for any: `[slug]`, `[...path]`, `[[id]]`, `*`.
fn is_parameter(part: &str) -> bool {
    let inner = part.trim_start_matches('[').trim_end_matches(']');
    let name = inner.trim_start_matches("...");
    let is_name = name.len() > 1 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let opened = part.len() - part.trim_start_matches('[').len();
    let closed = part.len() - part.trim_end_matches(']').len();
    matches!(part, "*" | "**") || opened > 0 && opened == closed && is_name
}

/// `for /f %i in (…) do …`, `if exist c:\\x …`, `if /i "a"=="b" …`: statements of Windows' shell.
fn batch(words: &[Word]) -> Option<(usize, usize)> {
    for (at, word) in words.iter().enumerate().take(WORDS_READ_MAX) {
        if word.before == Before::Space {
            continue;
        }
        let next = |ahead: usize| words.get(at + ahead).map_or("", |word| word.text.as_str());
        let flag = |text: &str| text.len() == 2 && text.starts_with('/');
        let first = if flag(next(1)) { 2 } else { 1 };
        let statement = match word.text.to_ascii_lowercase().as_str() {
            "for" => next(first).starts_with('%') && next(first + 1).eq_ignore_ascii_case("in"),
            "if" => {
                let negated = usize::from(next(first).eq_ignore_ascii_case("not"));
                let asked = next(first + negated).to_ascii_lowercase();
                let defined = matches!(
                    asked.as_str(),
                    "exist" | "errorlevel" | "defined" | "cmdextversion"
                );
                defined || first == 2 && asked.contains("==")
            }
            _ => false,
        };
        if statement {
            return Some((word.begin, words[(at + first).min(words.len() - 1)].end));
        }
    }
    None
}

/// `!!`, `!-1`, `!1!2`: commands that were run before.
fn is_history(text: &[u8]) -> bool {
    let mut at = 0;
    while text.get(at) == Some(&b'!') {
        let sign = at + 1 + usize::from(text.get(at + 1) == Some(&b'-'));
        let end = skip(text, sign, |b| b.is_ascii_digit());
        let twice = text.get(at + 1) == Some(&b'!');
        if end == sign && !twice {
            return false;
        }
        at = if end == sign { at + 2 } else { end };
    }
    at > 1 && at == text.trim_ascii_end().len()
}

/// `>/tmp/x`: nothing but a file that is written.
fn writes(text: &[u8]) -> bool {
    let begin = skip(text, 0, |b| b == b'>');
    let path = skip(text, begin, |b| b == b' ');
    let end = skip(text, path, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_')
    });
    (1..=2).contains(&begin) && text.get(path) == Some(&b'/') && end == text.len() && end > path + 3
}

/// The whole text is a command of the shell in backticks.
fn is_quoted_builtin(text: &[u8], words: &[Word]) -> bool {
    let whole = text.len() > 3 && text.first() == Some(&b'`') && text.last() == Some(&b'`');
    whole && matches!(words, [word] if command(&word.text).is_some())
}
