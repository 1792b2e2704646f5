//! Credentials in telemetry: found, named, and taken out.
//!
//! Rules are read in the format of gitleaks' configuration, our own too. One automaton over the keywords of
//! all rules picks those that are tried; patterns run in linear time whatever the text.

mod load;
mod rule;

use std::path::Path;

use aho_corasick::AhoCorasick;

pub use load::RuleError;
use rule::{Allowlist, Rule};

/// Our own rules.
const BUILT_IN: &str = include_str!("../../data/secrets/builtin.toml");
/// Bytes looked at of one text: its beginning and its end, half each.
pub const TEXT_BYTES_MAX: usize = 256 << 10;
/// Credentials told of in one text.
pub const FOUND_MAX: usize = 64;
/// What stands in the place of a credential that was taken out.
const REDACTED: &str = "[redacted:";

/// A credential in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// Where the credential itself begins.
    pub begin: usize,
    /// The byte after its last.
    pub end: usize,
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
        let keywords = AhoCorasick::builder()
            .ascii_case_insensitive(true)
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
            let mut tried = vec![false; self.rules.len()];
            self.always.iter().for_each(|at| tried[*at] = true);
            for keyword in self.keywords.find_overlapping_iter(part) {
                tried[self.owners[keyword.pattern().as_usize()]] = true;
            }
            for (rule, _) in self.rules.iter().zip(&tried).filter(|(_, tried)| **tried) {
                for (begin, end) in rule.find(part, &self.allowed) {
                    found.push(Found {
                        rule: &rule.id,
                        begin: offset + begin,
                        end: offset + end,
                    });
                }
            }
        }
        found.sort_by_key(|found: &Found<'_>| (found.begin, found.end));
        let mut last = 0;
        found.retain(|one| {
            let keep = one.begin >= last;
            last = if keep { one.end } else { last };
            keep
        });
        found.truncate(FOUND_MAX);
        found
    }

    /// The text without its credentials; `None` if it has none.
    pub fn redact(&self, text: &str) -> Option<String> {
        let found = self.find(text);
        if found.is_empty() {
            return None;
        }
        let (mut out, mut at) = (String::with_capacity(text.len()), 0);
        for one in found {
            out.push_str(&text[at..one.begin]);
            out.push_str(REDACTED);
            out.push_str(one.rule);
            out.push(']');
            at = one.end;
        }
        out.push_str(&text[at..]);
        Some(out)
    }
}

/// What is looked at of a text, and where each part begins.
fn parts(text: &str) -> Vec<(usize, &str)> {
    if text.len() <= TEXT_BYTES_MAX {
        return vec![(0, text)];
    }
    let boundary = |at: usize| {
        (at..text.len())
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(text.len())
    };
    let (head, tail) = (
        boundary(TEXT_BYTES_MAX / 2),
        boundary(text.len() - TEXT_BYTES_MAX / 2),
    );
    vec![
        (0, &text[..head]),
        (tail.max(head), &text[tail.max(head)..]),
    ]
}

#[cfg(test)]
mod tests;
