//! What is told to a receiver about a group of alerts.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};
use store::model::UnixNano;

use super::{Alert, Fingerprint, Labels, Status};

/// Why a group is told of, or is not; the words are Alertmanager's `notification_reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// Nothing new since the last notification, and it is not time to repeat it.
    #[serde(rename = "none")]
    NothingNew,
    /// The receiver has not heard of the group, or only that it was resolved.
    #[serde(rename = "first notification")]
    First,
    /// An alert fires that the last notification did not name.
    #[serde(rename = "new alerts added")]
    NewAlerts,
    /// An alert was resolved since, and the receiver wants to know.
    #[serde(rename = "some alerts resolved")]
    SomeResolved,
    /// No alert fires any more.
    #[serde(rename = "all alerts resolved")]
    AllResolved,
    /// The last notification is as old as the repeat interval.
    #[serde(rename = "repeat interval elapsed")]
    Repeat,
}

impl Reason {
    /// Whether it is a reason to notify.
    #[must_use]
    pub fn notifies(self) -> bool {
        self != Self::NothingNew
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingNew => "none",
            Self::First => "first notification",
            Self::NewAlerts => "new alerts added",
            Self::SomeResolved => "some alerts resolved",
            Self::AllResolved => "all alerts resolved",
            Self::Repeat => "repeat interval elapsed",
        })
    }
}

/// One way out of a receiver: the `index`-th entry of its `{kind}_configs`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Integration {
    /// The receiver's name.
    pub receiver: String,
    /// `webhook`, `slack`, `email` …
    pub kind: String,
    /// From 0.
    pub index: usize,
}

impl fmt::Display for Integration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}[{}]", self.receiver, self.kind, self.index)
    }
}

/// An alert as it stood when the notification was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifiedAlert {
    /// Firing or resolved at that moment; it does not change while the message waits.
    pub status: Status,
    /// Who it is.
    pub labels: Labels,
    /// What is said about it.
    pub annotations: Labels,
    /// Since when.
    pub starts_at: UnixNano,
    /// When it ended; none while it fires.
    pub ends_at: Option<UnixNano>,
    /// A link to what raised it; may be empty.
    pub generator_url: String,
    /// Made of the labels.
    pub fingerprint: Fingerprint,
}

impl NotifiedAlert {
    /// `alert` as it stands at `now`.
    #[must_use]
    pub fn at(alert: &Alert, now: UnixNano) -> Self {
        let resolved = alert.resolved_at(now);
        Self {
            status: alert.status_at(now),
            labels: alert.labels.clone(),
            annotations: alert.annotations.clone(),
            starts_at: alert.starts_at,
            ends_at: resolved.then_some(alert.ends_at),
            generator_url: alert.generator_url.clone(),
            fingerprint: alert.fingerprint,
        }
    }

    /// The order in a message: by job, then by instance, those without one last; then by labels.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        let by_label = |name: &str| match (self.labels.get(name), other.labels.get(name)) {
            (Some(a), Some(b)) => a.cmp(b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        by_label("job")
            .then_with(|| by_label("instance"))
            .then_with(|| self.labels.order(&other.labels))
    }
}

/// A message for one integration, decided once and then tried until it arrives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// The same in every attempt, after a restart too: receivers tell duplicates by it.
    pub id: String,
    /// Where it goes.
    pub integration: Integration,
    /// When it was decided.
    pub at: UnixNano,
    /// Why.
    pub reason: Reason,
    /// Resolved when no alert in it fires.
    pub status: Status,
    /// Which group, as `{}/{team="x"}:{alertname="y"}`.
    pub group_key: String,
    /// What the group is grouped by.
    pub group_labels: Labels,
    /// Labels that all its alerts share.
    pub common_labels: Labels,
    /// Annotations that all its alerts share.
    pub common_annotations: Labels,
    /// The route's own labels; values may be templates.
    pub route_labels: Labels,
    /// The alerts that are not muted, in the order of a message; never empty.
    pub alerts: Vec<NotifiedAlert>,
}
