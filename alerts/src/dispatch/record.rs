//! Why somebody was told, and why not: what was seen at a flush and what came of it.

use serde::{Deserialize, Serialize};
use store::model::UnixNano;
use xxhash_rust::xxh3::xxh3_64;

use crate::model::{Fingerprint, Integration, Reason, Status};

/// Alerts that one look names at most; of more, it says how many there were.
pub const SEEN_MAX: usize = 10_000;

/// A look at a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flush {
    /// When.
    pub at: UnixNano,
    /// When the group is looked at next.
    pub next_at: UnixNano,
    /// The route's path in the tree.
    pub path: String,
    /// Who would be told.
    pub receiver: String,
    /// Which group.
    pub group_key: String,
    /// Its alerts, and what muted them; at most [`SEEN_MAX`].
    pub seen: Vec<Seen>,
    /// How many more there were.
    #[serde(default)]
    pub more: usize,
    /// What was decided for each integration; empty when nothing was left to tell.
    pub told: Vec<Told>,
}

/// An alert at a flush.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Which.
    pub alert: Fingerprint,
    /// Whether it fired.
    pub status: Status,
    /// What muted it.
    pub muted: Option<Muted>,
}

/// What keeps an alert from being told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Muted {
    /// Another alert, by a rule of the file, counted from 0.
    Inhibited {
        /// The rule's place.
        rule: usize,
        /// The alert that fires.
        source: Fingerprint,
    },
    /// It is none of the route's active times.
    OutsideActiveTimes(Vec<String>),
    /// It is one of the route's mute times.
    InMuteTimes(Vec<String>),
    /// Silences, by id.
    Silenced(Vec<String>),
}

/// What was decided for an integration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Which.
    pub integration: Integration,
    /// Why it needs to hear of the group, or that it does not.
    pub reason: Reason,
    /// What came of it.
    pub outcome: Outcome,
    /// As of when the receiver knew what it knew; repeats are counted from there.
    #[serde(default)]
    pub known_at: Option<UnixNano>,
}

/// What came of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The receiver knows it all.
    NothingNew,
    /// The receiver knows of the incident, its severity and its cause; what joined it or ended since is on
    /// its page.
    OnItsPage,
    /// It would be repeated, but somebody takes care.
    Acknowledged(String),
    /// Only resolved alerts, which the receiver does not want; it is taken to know.
    ResolvedUnwanted,
    /// A message that says so waits or is on its way already.
    OnItsWay(String),
    /// A message was queued, with this id.
    Queued(String),
    /// The receiver said that it is gone for good, and nobody has mended it yet.
    Disabled,
}

impl Flush {
    /// The same for looks that say the same, but for the time; also after a restart.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let said = serde_json::to_vec(&(&self.seen, self.more, &self.told));
        xxh3_64(&said.unwrap_or_default())
    }
}
