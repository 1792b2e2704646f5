//! Silences: who mutes what, from when to when, and what may be changed of it afterwards.

mod all;

use std::collections::BTreeMap;

use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use store::model::UnixNano;

use crate::matchers::{Matcher, Matchers, Operator, valid_name};
use crate::model::Labels;

pub use all::{Silences, Stored};

/// Most silences, expired ones too; with at most [`TEXT_BYTES_MAX`] each they take up to 640 MB, and in
/// practice some MB.
pub const COUNT_MAX: usize = 10_000;
/// Longest texts and matchers of one silence together, bytes.
pub const TEXT_BYTES_MAX: usize = 65_536;
/// How long an expired silence is kept.
pub const RETENTION_NANOS: i64 = 120 * 3_600 * 1_000_000_000;

/// Mutes the alerts that satisfy one of its sets of matchers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// A UUID; empty in one that is new.
    pub id: String,
    /// One of them must match wholly.
    pub matcher_sets: Vec<Matchers>,
    /// From then.
    pub starts_at: UnixNano,
    /// Until then.
    pub ends_at: UnixNano,
    /// When it was last changed.
    pub updated_at: UnixNano,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// Whatever else its maker wants to remember.
    pub annotations: BTreeMap<String, String>,
}

/// Where a silence stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It mutes.
    Active,
    /// It will.
    Pending,
    /// It no longer does.
    Expired,
}

/// Why a silence cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It names one that is not there.
    #[error("silence not found")]
    NotFound,
    /// It is not well formed.
    #[error("invalid silence: {0}")]
    Invalid(String),
    /// There are as many as there may be.
    #[error(
        "exceeded maximum number of silences: {COUNT_MAX}; expire and wait, or use fewer, wider ones"
    )]
    TooMany,
}

impl Silence {
    /// Where it stands at `now`.
    #[must_use]
    pub fn state(&self, now: UnixNano) -> State {
        if now < self.starts_at {
            State::Pending
        } else if now < self.ends_at {
            State::Active
        } else {
            State::Expired
        }
    }

    /// Whether alerts of these labels are what it speaks of, at whatever time.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matcher_sets.iter().any(|set| set.matches(labels))
    }

    /// Checks what every silence must have.
    ///
    /// # Errors
    /// [`Fault::Invalid`].
    pub fn validate(&self) -> Result<(), Fault> {
        let invalid = |reason: &str| Err(Fault::Invalid(reason.to_owned()));
        if self.matcher_sets.is_empty() {
            return invalid("at least one matcher set required");
        }
        for (nth, set) in self.matcher_sets.iter().enumerate() {
            if set.is_empty() {
                return invalid(&format!("matcher set {nth} is empty"));
            }
            if set.iter().any(|matcher| !valid_name(&matcher.name)) {
                return invalid(&format!("invalid label name \"\" in set {nth}"));
            }
            if set.iter().all(matches_nothing_said) {
                return invalid(&format!(
                    "matcher set {nth}: at least one matcher must not match the empty string"
                ));
            }
        }
        if self.ends_at < self.starts_at {
            return invalid("end time must not be before start time");
        }
        let matchers = self.matcher_sets.iter().map(|set| set.to_string().len());
        let annotations = self.annotations.iter().map(|(k, v)| k.len() + v.len());
        let texts = self.created_by.len() + self.comment.len();
        if matchers.chain(annotations).sum::<usize>() + texts > TEXT_BYTES_MAX {
            return invalid(&format!("its texts are longer than {TEXT_BYTES_MAX} bytes"));
        }
        Ok(())
    }
}

/// Such a matcher alone would silence alerts that have nothing to do with it.
fn matches_nothing_said(matcher: &Matcher) -> bool {
    match matcher.op {
        Operator::Equal | Operator::Matches => matcher.matches(""),
        Operator::NotEqual | Operator::NotMatches => false,
    }
}

/// The id of a new silence, a random UUID; none where the machine gives no random numbers.
#[must_use]
pub fn new_id() -> Option<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).ok()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    Some(parts.join("-"))
}

#[cfg(test)]
mod tests;
