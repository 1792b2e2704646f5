//! Why somebody was told, and why not: what was seen at a flush and what came of it.

use serde::Serialize;
use store::model::UnixNano;

use crate::model::{Fingerprint, Integration, Reason, Status};

/// A look at a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flush {
    /// When.
    pub at: UnixNano,
    /// The route's path in the tree.
    pub path: String,
    /// Who would be told.
    pub receiver: String,
    /// Which group.
    pub group_key: String,
    /// Its alerts, and what muted them.
    pub seen: Vec<Seen>,
    /// What was decided for each integration; empty when nothing was left to tell.
    pub told: Vec<Told>,
}

/// An alert at a flush.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Which.
    pub alert: Fingerprint,
    /// Whether it fired.
    pub status: Status,
    /// What muted it.
    pub muted: Option<Muted>,
}

/// What keeps an alert from being told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Which.
    pub integration: Integration,
    /// Why it needs to hear of the group, or that it does not.
    pub reason: Reason,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The receiver knows it all.
    NothingNew,
    /// Only resolved alerts, which the receiver does not want; it is taken to know.
    ResolvedUnwanted,
    /// A message that says so waits or is on its way already.
    OnItsWay(String),
    /// A message was queued, with this id.
    Queued(String),
}

impl Flush {
    /// Whether it says the same as an earlier one, but for the time.
    #[must_use]
    pub fn same_as(&self, earlier: &Self) -> bool {
        self.seen == earlier.seen && self.told == earlier.told
    }
}
