//! An alert, as sources report it and as it is kept.

use std::fmt;

use serde::{Deserialize, Serialize};
use store::model::UnixNano;

use super::Labels;
use crate::matchers::valid_name;

/// What tells alerts apart: a hash of their labels, as Prometheus makes it; 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint(pub u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Whether what an alert is about still goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It goes on.
    Firing,
    /// It is over.
    Resolved,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        })
    }
}

/// Something is wrong, with whom and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Who it is: alerts of equal labels are one alert.
    pub labels: Labels,
    /// What is said about it; the latest word counts.
    pub annotations: Labels,
    /// Since when.
    pub starts_at: UnixNano,
    /// Until when: the source's word, or else when we stop believing an alert nobody repeats.
    pub ends_at: UnixNano,
    /// A link to what raised it; may be empty. Hostile text: only http and https make a link.
    pub generator_url: String,
    /// When we heard of it last.
    pub updated_at: UnixNano,
    /// Whether `ends_at` is ours, since the source gave none.
    pub timeout: bool,
    /// Made of the labels.
    pub fingerprint: Fingerprint,
}

/// Longest labels, annotations and link of one alert together, bytes: far beyond what a message shows.
pub const ALERT_BYTES_MAX: usize = 256 << 10;

/// Why an alert cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It ends before it starts.
    #[error("start time must be before end time")]
    EndsBeforeStart,
    /// It has no labels, so nobody could tell it from another.
    #[error("at least one label pair required")]
    NoLabels,
    /// Its texts are too long.
    #[error("the alert's texts are longer than {ALERT_BYTES_MAX} bytes")]
    TooLong,
    /// A label or annotation without a name.
    #[error("invalid name {0:?}")]
    InvalidName(String),
}

impl Alert {
    /// Whether it is over at `now`.
    #[must_use]
    pub fn resolved_at(&self, now: UnixNano) -> bool {
        self.ends_at <= now
    }

    /// Firing or resolved at `now`.
    #[must_use]
    pub fn status_at(&self, now: UnixNano) -> Status {
        if self.resolved_at(now) {
            Status::Resolved
        } else {
            Status::Firing
        }
    }

    /// How long its texts are, bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let pairs = self.labels.iter().chain(self.annotations.iter());
        let texts = pairs.map(|(name, value)| name.len() + value.len());
        texts.sum::<usize>() + self.generator_url.len()
    }

    /// Checks what every alert must have.
    ///
    /// # Errors
    /// The first [`Fault`].
    pub fn validate(&self) -> Result<(), Fault> {
        if self.ends_at < self.starts_at {
            return Err(Fault::EndsBeforeStart);
        }
        if self.labels.is_empty() {
            return Err(Fault::NoLabels);
        }
        if self.bytes() > ALERT_BYTES_MAX {
            return Err(Fault::TooLong);
        }
        let names = self.labels.iter().chain(self.annotations.iter());
        match names.map(|(name, _)| name).find(|name| !valid_name(name)) {
            Some(name) => Err(Fault::InvalidName(name.to_owned())),
            None => Ok(()),
        }
    }
}
