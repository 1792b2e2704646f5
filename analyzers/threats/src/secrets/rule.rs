//! One rule: a pattern, how random what it captures must be, and what is allowed all the same.

use regex::bytes::{Match, Regex};

use super::check::{Check, Outcome};
use super::words;

/// What an allowlist is held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The credential.
    #[default]
    Secret,
    /// All that the pattern matched.
    Match,
    /// The line that it stands in.
    Line,
}

/// What is no credential though it looks like one.
#[derive(Debug)]
pub struct Allowlist {
    pub target: Target,
    pub regexes: Vec<Regex>,
    /// In lower case; looked for in the credential.
    pub stopwords: Vec<String>,
    /// Both kinds must agree, where both are given.
    pub all: bool,
}

impl Allowlist {
    fn allows(&self, text: &str, whole: (usize, usize), secret: &str) -> bool {
        let target = match self.target {
            Target::Secret => secret,
            Target::Match => &text[whole.0..whole.1],
            Target::Line => line(text, whole),
        };
        let by_pattern = self
            .regexes
            .iter()
            .any(|regex| regex.is_match(target.as_bytes()));
        let lower = secret.to_lowercase();
        let by_word = self
            .stopwords
            .iter()
            .any(|word| lower.contains(word.as_str()));
        match self.all && !self.regexes.is_empty() && !self.stopwords.is_empty() {
            true => by_pattern && by_word,
            false => by_pattern || by_word,
        }
    }
}

fn line(text: &str, (begin, end): (usize, usize)) -> &str {
    let from = text[..begin].rfind('\n').map_or(0, |at| at + 1);
    let to = text[end..].find('\n').map_or(text.len(), |at| end + at);
    &text[from..to]
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    pub id: String,
    pub regex: Regex,
    /// In lower case; one must stand in the text. None: always tried.
    pub keywords: Vec<String>,
    /// Bits per character that a credential must have at least.
    pub entropy: Option<f64>,
    /// The group that holds the credential; 0: the first that matched, else everything.
    pub group: usize,
    /// Bytes of a token in a row that any text has which the pattern matches in; 0: not known.
    pub token_run: usize,
    /// Refuses what is made of words, or of letters as they lie on a keyboard.
    pub random: bool,
    /// What a credential of this kind says of itself.
    pub check: Check,
    pub allowed: Vec<Allowlist>,
}

/// Where a credential stands, and whether it vouches for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    pub begin: usize,
    pub end: usize,
    pub verified: bool,
}

impl Rule {
    /// Where its credentials stand, at most so many.
    pub fn find(&self, text: &str, everywhere: &[Allowlist], most: usize) -> Vec<Spot> {
        let mut found = Vec::new();
        for captures in self.regex.captures_iter(text.as_bytes()) {
            if found.len() == most {
                break;
            }
            let Some(whole) = captures.get(0) else {
                continue;
            };
            let secret = match self.group {
                0 => captures.iter().skip(1).flatten().next().unwrap_or(whole),
                group => match captures.get(group) {
                    Some(secret) => secret,
                    None => continue,
                },
            };
            let (range, (begin, end)) = (bounds(text, whole), bounds(text, secret));
            let secret = &text[begin..end];
            let random = self.entropy.is_none_or(|least| entropy(secret) >= least);
            let allowed = || {
                self.allowed
                    .iter()
                    .chain(everywhere)
                    .any(|list| list.allows(text, range, secret))
            };
            let sound = random && !secret.is_empty() && !is_inside_of_base64(text, begin);
            if !sound || self.random && words::is_written(secret) || allowed() {
                continue;
            }
            let verified = match self.check.of_secret(secret) {
                Outcome::Refused => continue,
                outcome => outcome == Outcome::Verified,
            };
            found.push(Spot {
                begin,
                end,
                verified,
            });
        }
        found
    }
}

/// Whether what looks like a token is a stretch of something longer in base64: one of its two letters that
/// are none stands before, and letters of both cases before that.
fn is_inside_of_base64(text: &str, begin: usize) -> bool {
    /// Letters that are looked at; so many are no folder of a path.
    const LETTERS: usize = 24;
    let before = &text.as_bytes()[..begin];
    let run = before
        .iter()
        .rev()
        .take(LETTERS)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    let run: Vec<u8> = run.copied().collect();
    let has = |what: fn(&u8) -> bool| run.iter().filter(|b| what(b)).count() > 3;
    matches!(run.first(), Some(b'+' | b'/'))
        && run.len() >= LETTERS / 2
        && (has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase))
}

/// Where a match stands, widened to whole characters: patterns are of bytes, as in Go `\w` is ASCII.
fn bounds(text: &str, found: Match<'_>) -> (usize, usize) {
    let is_between = |at: &usize| text.is_char_boundary(*at);
    (
        (0..=found.start()).rfind(is_between).unwrap_or(0),
        (found.end()..=text.len())
            .find(is_between)
            .unwrap_or(text.len()),
    )
}

/// Shannon's entropy of the text's bytes, bits per byte, 0..8.
pub fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let all = text.len() as f64;
    let bits = counts.iter().filter(|count| **count > 0).map(|count| {
        let share = f64::from(*count) / all;
        -share * share.log2()
    });
    bits.sum()
}
