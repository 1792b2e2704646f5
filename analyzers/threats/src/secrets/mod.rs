//! Credentials in telemetry: found, named, and taken out.
//!
//! Rules are read in the format of gitleaks' configuration, our own too. One automaton over the keywords of
//! all rules picks those that are tried; patterns run in linear time whatever the text.

mod check;
mod load;
mod redact;
mod rule;
mod words;

use std::cmp::Reverse;
use std::path::Path;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

pub use load::RuleError;
pub use redact::{LengthClass, Redacted, Redactor};
use rule::{Allowlist, Rule, Spot};

/// Our own rules.
const BUILT_IN: &str = include_str!("../../data/secrets/builtin.toml");
/// Bytes looked at of one text when credentials are told of: its beginning and its end, half each. Where they
/// are taken out all of it is looked at.
pub const TEXT_BYTES_MAX: usize = 256 << 10;
/// Credentials told of in one text.
pub const FOUND_MAX: usize = 64;
/// Keywords up to which the automaton is of the fastest kind: it takes some kilobytes for each.
const FAST_KEYWORDS_MAX: usize = 1_500;
/// Bytes of an attribute's name that are read.
const NAME_BYTES_MAX: usize = 128;

/// A credential in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// Where the credential itself begins.
    pub begin: usize,
    /// The byte after its last.
    pub end: usize,
    /// It vouches for itself: its checksum holds, its header decodes.
    pub verified: bool,
}

/// Rules, ready to be used.
pub struct Secrets {
    rules: Vec<Rule>,
    allowed: Vec<Allowlist>,
    keywords: AhoCorasick,
    /// The rule of each keyword.
    owners: Vec<usize>,
    /// Rules without keywords are always tried.
    always: Vec<usize>,
}

impl Secrets {
    /// With our own rules.
    ///
    /// # Panics
    /// Never: a test loads them.
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN, "built in")
            .unwrap_or_else(|error| unreachable!("our own rules: {error}"))
    }

    /// With the rules of a file in gitleaks' format, and our own where it says `[extend] useDefault = true`.
    ///
    /// # Errors
    /// The file cannot be read, is no TOML of that form, is larger than a limit, or holds a pattern that
    /// cannot be compiled within one: named with its rule.
    pub fn load(path: &Path) -> Result<Self, RuleError> {
        Self::parse(&load::read(path)?, &path.display().to_string())
    }

    /// The same, from text; `name` is for errors.
    ///
    /// # Errors
    /// See [`Self::load`].
    pub fn parse(text: &str, name: &str) -> Result<Self, RuleError> {
        let mut file = load::parse(text, name)?;
        if file.extends_default {
            let ours = load::parse(BUILT_IN, "built in")?;
            file.rules.extend(ours.rules);
            file.allowed.extend(ours.allowed);
        }
        let (mut keywords, mut owners, mut always) = (Vec::new(), Vec::new(), Vec::new());
        for (at, rule) in file.rules.iter().enumerate() {
            if rule.keywords.is_empty() {
                always.push(at);
            }
            for keyword in &rule.keywords {
                keywords.push(keyword.as_str());
                owners.push(at);
            }
        }
        let fast = (keywords.len() <= FAST_KEYWORDS_MAX).then_some(AhoCorasickKind::DFA);
        let keywords = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(fast)
            .build(keywords)
            .map_err(|error| RuleError::Keywords {
                name: name.to_owned(),
                why: error.to_string(),
            })?;
        Ok(Self {
            rules: file.rules,
            allowed: file.allowed,
            keywords,
            owners,
            always,
        })
    }

    /// Credentials in a text, in its order; where rules overlap, the first of them.
    pub fn find(&self, text: &str) -> Vec<Found<'_>> {
        let mut found = Vec::new();
        for (offset, part) in parts(text) {
            self.scan(part, FOUND_MAX, |rule, spot| {
                found.push((rule, at_offset(spot, offset)));
            });
        }
        let mut found = merge(found);
        found.truncate(FOUND_MAX);
        let told = |(rule, spot): (usize, Spot)| Found {
            rule: &self.rules[rule].id,
            begin: spot.begin,
            end: spot.end,
            verified: spot.verified,
        };
        found.into_iter().map(told).collect()
    }

    /// The same in the value of an attribute, whose name may say what the value is.
    pub fn find_named(&self, name: &str, text: &str) -> Vec<Found<'_>> {
        let Some((spelled, offset)) = spelled(name, text) else {
            return self.find(text);
        };
        let mut found = self.find(&spelled);
        found.retain_mut(|one| {
            one.begin = one.begin.saturating_sub(offset);
            one.end = one.end.saturating_sub(offset).min(text.len());
            one.begin < one.end
        });
        found
    }

    /// Tells of what the rules find, at most `most` of each, in no order.
    fn scan(&self, text: &str, most: usize, mut tell: impl FnMut(usize, Spot)) {
        let mut matches = self.keywords.find_overlapping_iter(text).peekable();
        if matches.peek().is_none() && self.always.is_empty() {
            return;
        }
        let run = longest_run(text.as_bytes());
        let mut tried = vec![false; self.rules.len()];
        self.always.iter().for_each(|at| tried[*at] = true);
        for keyword in matches {
            tried[self.owners[keyword.pattern().as_usize()]] = true;
        }
        for (at, rule) in self.rules.iter().enumerate() {
            if tried[at] && rule.token_run <= run {
                for spot in rule.find(text, &self.allowed, most) {
                    tell(at, spot);
                }
            }
        }
    }
}

/// An attribute as source code would assign it, where its name says that its value is a credential, and where
/// the value begins in that.
fn spelled(name: &str, text: &str) -> Option<(String, usize)> {
    const WORDS: &[&str] = &[
        "password",
        "passwd",
        "secret",
        "token",
        "credential",
        "authorization",
        "api_key",
        "api-key",
        "apikey",
        "access_key",
        "access-key",
        "private_key",
        "private-key",
    ];
    if name.len() > NAME_BYTES_MAX || !name.is_ascii() || text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let named = WORDS.iter().any(|word| lower.contains(word));
    named.then(|| (format!("{lower}=\"{text}\""), name.len() + 2))
}

/// The longest run of bytes that tokens are made of.
fn longest_run(text: &[u8]) -> usize {
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'=' | b'~' | b'-');
    text.split(|b| !part(b)).map(<[u8]>::len).max().unwrap_or(0)
}

fn at_offset(spot: Spot, offset: usize) -> Spot {
    Spot {
        begin: spot.begin + offset,
        end: spot.end + offset,
        ..spot
    }
}

/// In the text's order; what overlaps becomes one, named by the rule that begins first and reaches furthest.
fn merge(mut found: Vec<(usize, Spot)>) -> Vec<(usize, Spot)> {
    found.sort_by_key(|(rule, spot)| (spot.begin, Reverse(spot.end), *rule));
    let mut merged: Vec<(usize, Spot)> = Vec::with_capacity(found.len());
    for (rule, spot) in found {
        match merged.last_mut() {
            Some((_, last)) if spot.begin < last.end => {
                last.end = last.end.max(spot.end);
                last.verified |= spot.verified;
            }
            _ => merged.push((rule, spot)),
        }
    }
    merged
}

/// The last boundary of a character at or before `at`.
fn boundary_before(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// What is looked at of a text, and where each part begins.
fn parts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let boundary = |at: usize| boundary_before(text, at);
    let (head, tail) = match text.len() {
        length if length <= TEXT_BYTES_MAX => (length, length),
        length => (
            boundary(TEXT_BYTES_MAX / 2),
            boundary(length - TEXT_BYTES_MAX / 2),
        ),
    };
    [
        (0, &text[..head]),
        (tail.max(head), &text[tail.max(head)..]),
    ]
    .into_iter()
    .filter(|(_, part)| !part.is_empty())
}

#[cfg(test)]
mod tests;
