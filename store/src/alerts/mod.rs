//! What people may want to look up of alerts: how they stood, why somebody was told or not, attempts to
//! tell. Alerting writes it here; what it decides by is in its own journal.

mod read;

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use crate::model::UnixNano;
use crate::{Store, StoreError};

pub use read::{
    ALERTS_MAX, ATTEMPTS_MAX, AttemptFilter, LOOKS_MAX, attempts, attempts_of, config_at, looks,
    occasions, seen,
};

/// Alerts of one row of `alerts_looks`.
pub const LOOK_ALERTS_MAX: usize = 1_000;

/// An occasion of an alert, as it stood last. Times are nanoseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct SeenRow {
    /// Hash of its labels.
    pub fingerprint: u64,
    /// Since when.
    pub starts_at: i64,
    /// When it was looked at.
    pub seen_at: i64,
    /// `firing`, `silenced`, `inhibited`, `muted`, `resolved`.
    pub stand: String,
    /// Until when.
    pub ends_at: i64,
    /// JSON object.
    pub labels: String,
    /// JSON object.
    pub annotations: String,
    /// Hostile text, perhaps a link.
    pub generator_url: String,
}

/// A look at a group, or a part of it. Times are nanoseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct LookRow {
    /// When.
    pub at: i64,
    /// Which group.
    pub group_key: String,
    /// From 0.
    pub part: u16,
    /// The route's path.
    pub path: String,
    /// Who would be told.
    pub receiver: String,
    /// When the group is looked at next.
    pub next_at: i64,
    /// Hashes of the alerts' labels; at most [`LOOK_ALERTS_MAX`].
    pub alerts: Vec<u64>,
    /// JSON list, one for each of `alerts`.
    pub seen: String,
    /// Alerts of the group that no part names.
    pub more: u64,
    /// JSON list of what was decided.
    pub told: String,
}

/// An attempt to deliver. Times are nanoseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct AttemptRow {
    /// When it began.
    pub at: i64,
    /// The message's id.
    pub message: String,
    /// From 1.
    pub attempt: u32,
    /// Whom.
    pub receiver: String,
    /// `webhook`, `slack` …
    pub kind: String,
    /// From 0, among those of the kind.
    pub nth: u32,
    /// Which group.
    pub group_key: String,
    /// How long it took, ms.
    pub took_ms: u64,
    /// Where it went and how long it was.
    pub request: String,
    /// HTTP status or SMTP code.
    pub status: Option<u16>,
    /// In a word; empty when it arrived.
    pub failure: String,
    /// In words.
    pub reason: String,
    /// When it is tried again; none when it has arrived or is dead.
    pub retry_at: Option<i64>,
}

/// From when on a configuration decides, ns since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct ConfigRow {
    /// From then on.
    pub at: i64,
    /// What it says, without secrets.
    pub text: String,
}

/// Rows of all tables, of one while.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Occasions of alerts.
    pub seen: Vec<SeenRow>,
    /// Looks at groups.
    pub looks: Vec<LookRow>,
    /// Attempts.
    pub attempts: Vec<AttemptRow>,
    /// Configurations.
    pub configs: Vec<ConfigRow>,
}

/// Writes a batch; on return it is on the disk. Writing it again changes nothing.
///
/// # Errors
/// [`StoreError::Query`]; some of it may be written.
pub async fn write(store: &Store, batch: &Batch) -> Result<(), StoreError> {
    crate::findings::insert(store, "alerts_seen", &batch.seen).await?;
    crate::findings::insert(store, "alerts_looks", &batch.looks).await?;
    crate::findings::insert(store, "alerts_attempts", &batch.attempts).await?;
    for config in &batch.configs {
        let known = config_at(store, UnixNano(i64::MAX)).await?;
        if known.is_none_or(|known| known.text != config.text) {
            crate::findings::insert(store, "alerts_configs", std::slice::from_ref(config)).await?;
        }
    }
    Ok(())
}
