//! Label matchers in Alertmanager's syntax: `foo="bar",baz=~"x.*"`, braces optional.
//!
//! Alertmanager reads them in two ways, and so do we: the UTF-8 grammar first, the classic one for
//! texts only that one accepts. Where both accept but differ, the classic reading is the one that
//! existing files were written for.

mod classic;
mod list;
mod re2;
mod utf8;

use std::fmt;

use regex::Regex;
use serde::{Deserialize, Deserializer, Serialize};

use crate::model::quoted;

pub use list::Matchers;

/// Whether a label may be called so: any text but the empty one.
#[must_use]
pub fn valid_name(name: &str) -> bool {
    !name.is_empty()
}

/// How a label's value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Operator {
    /// The value is this text.
    #[serde(rename = "=")]
    Equal,
    /// The value is not this text.
    #[serde(rename = "!=")]
    NotEqual,
    /// The whole value matches this regular expression.
    #[serde(rename = "=~")]
    Matches,
    /// The whole value does not match this regular expression.
    #[serde(rename = "!~")]
    NotMatches,
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Matches => "=~",
            Self::NotMatches => "!~",
        })
    }
}

/// One condition on one label. A label that is absent has the empty value.
#[derive(Clone, Debug, Serialize)]
pub struct Matcher {
    /// Label name.
    pub name: String,
    /// Comparison.
    pub op: Operator,
    /// Text or regular expression.
    pub value: String,
    #[serde(skip)]
    regex: Option<Regex>,
}

/// Equality of meaning; the compiled expression follows from the value.
impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.op, &self.value) == (&other.name, other.op, &other.value)
    }
}

impl<'de> Deserialize<'de> for Matcher {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Written {
            name: String,
            op: Operator,
            value: String,
        }
        let Written { name, op, value } = Written::deserialize(deserializer)?;
        Self::new(name, op, value).map_err(|error| serde::de::Error::custom(error.reason))
    }
}

/// Characters that a name can only hold in quotes.
fn reserved(c: char) -> bool {
    c.is_whitespace() || "{}!=~,\\\"'`".contains(c)
}

/// As Alertmanager prints it: the name in quotes where it must be, and then the value with all of Go's
/// escapes; otherwise the value with the three escapes that the classic grammar knows.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name, op, value, ..
        } = self;
        if name.contains(reserved) {
            return write!(f, "{}{op}{}", quoted(name), quoted(value));
        }
        let value = value.replace('\\', r"\\").replace('\n', r"\n");
        write!(f, "{name}{op}\"{}\"", value.replace('"', "\\\""))
    }
}

/// Why a text is no list of matchers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at byte {at}")]
pub struct ParseError {
    /// What was expected, or what is wrong.
    pub reason: String,
    /// Byte offset in the text.
    pub at: usize,
}

/// Longest text of matchers, bytes: far beyond what a person writes.
pub const TEXT_BYTES_MAX: usize = 65_536;
/// Largest compiled regular expression, bytes.
const REGEX_BYTES_MAX: usize = 1 << 20;

impl Matcher {
    /// A matcher, its regular expression anchored at both ends and compiled.
    ///
    /// # Errors
    /// [`ParseError`] at byte 0 when the expression is invalid or too large.
    pub fn new(name: String, op: Operator, value: String) -> Result<Self, ParseError> {
        let regex = match op {
            Operator::Equal | Operator::NotEqual => None,
            Operator::Matches | Operator::NotMatches => Some(compile(&value)?),
        };
        Ok(Self {
            name,
            op,
            value,
            regex,
        })
    }

    /// Whether a label of this value (empty when absent) satisfies the matcher.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        let found = || {
            self.regex
                .as_ref()
                .is_some_and(|regex| regex.is_match(value))
        };
        match self.op {
            Operator::Equal => self.value == value,
            Operator::NotEqual => self.value != value,
            Operator::Matches => found(),
            Operator::NotMatches => !found(),
        }
    }
}

fn compile(value: &str) -> Result<Regex, ParseError> {
    let build = |translated: String| {
        regex::RegexBuilder::new(&format!("^(?:{translated})$"))
            .size_limit(REGEX_BYTES_MAX)
            .build()
            .map_err(|error| {
                let last = error.to_string();
                last.lines().last().unwrap_or_default().trim().to_owned()
            })
    };
    re2::translate(value)
        .and_then(build)
        .map_err(|reason| ParseError {
            reason: format!("invalid regular expression {value:?}: {reason}"),
            at: 0,
        })
}

/// Reads a list of matchers; an empty text or `{}` is the empty list.
///
/// # Errors
/// [`ParseError`] of the UTF-8 grammar when neither grammar accepts the text.
pub fn parse(text: &str) -> Result<Vec<Matcher>, ParseError> {
    bounded(text)?;
    match (utf8::parse(text), classic::parse(text)) {
        (Ok(new), Ok(old)) if new == old => Ok(new),
        (_, Ok(old)) if !old.is_empty() => Ok(old),
        (new, _) => new,
    }
}

/// Reads exactly one matcher, without braces, as arguments and filters are written: `foo=bar`. To the
/// classic grammar everything after the operator is the value, commas too.
///
/// # Errors
/// [`ParseError`] of the UTF-8 grammar when neither grammar accepts the text.
pub fn parse_one(text: &str) -> Result<Matcher, ParseError> {
    bounded(text)?;
    let error = |reason: &str| ParseError {
        reason: reason.to_owned(),
        at: 0,
    };
    if text.starts_with('{') || text.ends_with('}') {
        return Err(error("one matcher has no braces around it"));
    }
    let new = utf8::parse(text).and_then(|mut all| match (all.pop(), all.len()) {
        (Some(one), 0) => Ok(one),
        _ => Err(error("expected one matcher")),
    });
    classic::matcher(text).or(new)
}

fn bounded(text: &str) -> Result<(), ParseError> {
    if text.len() <= TEXT_BYTES_MAX {
        return Ok(());
    }
    Err(ParseError {
        reason: format!("the text is longer than {TEXT_BYTES_MAX} bytes"),
        at: TEXT_BYTES_MAX,
    })
}

#[cfg(test)]
mod tests;
