//! What is wrong with a rule, and where.

use std::fmt;

use serde_saphyr::Location;

/// A place in a rule file; 0 where the file has no such place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// From 1.
    pub line: u64,
    /// From 1.
    pub column: u64,
}

/// `:line:column`, nothing where the file as a whole is meant.
impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => Ok(()),
            line => write!(f, ":{line}:{}", self.column),
        }
    }
}

impl From<Location> for At {
    fn from(location: Location) -> Self {
        Self {
            line: location.line(),
            column: location.column(),
        }
    }
}

/// A file, or a part of it, that cannot be used: where and why.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("{file}{at}: {reason}")]
pub struct Fault {
    /// The file, as it was named.
    pub file: String,
    /// Where in it.
    pub at: At,
    /// What is wrong and what to write instead.
    pub reason: String,
}

/// A reason with its place, in a file that the caller knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub at: At,
    pub reason: String,
}

impl Refusal {
    pub fn in_file(self, file: &str) -> Fault {
        Fault {
            file: file.to_owned(),
            at: self.at,
            reason: self.reason,
        }
    }
}

/// A refusal as an error.
pub(super) fn refuse<T>(at: At, reason: impl Into<String>) -> Result<T, Refusal> {
    let reason = reason.into();
    Err(Refusal { at, reason })
}

/// A stranger's text for a message: short, quoted, without control characters.
pub(super) fn quoted(text: &str) -> String {
    format!("{:?}", text.chars().take(80).collect::<String>())
}
