//! What can happen to an incident.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::incidents::EventRow;
use store::model::finding::plain;
use store::model::{Severity, UnixNano};

use super::incident::name_of;
use super::signal::Signal;
use super::walk::Hop;
use crate::runbooks::Step;

/// Longest words of a person, bytes.
pub const WORDS_BYTES_MAX: usize = 4_000;
/// Longest name of a person, bytes.
pub const NAME_BYTES_MAX: usize = 200;

/// Something that happened to an incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The incident.
    pub incident: String,
    /// When.
    pub at: UnixNano,
    /// Who says so; empty where it is Nephoscope itself.
    pub by: String,
    /// What.
    pub what: What,
}

/// A finding in an incident, with why it is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The finding.
    pub finding: String,
    /// Its kind.
    pub kind: String,
    /// Where it was seen.
    pub place: String,
    /// How bad.
    pub severity: Severity,
    /// What it says.
    pub title: String,
    /// Since when it holds.
    pub began_at: UnixNano,
    /// When it was certain.
    pub detected_at: UnixNano,
    /// Until when; none while it holds.
    #[serde(default)]
    pub ended_at: Option<UnixNano>,
    /// The version it is about, or empty.
    #[serde(default)]
    pub version: String,
    /// The place that it blames.
    pub blames: String,
    /// The way there; empty where it is its own.
    #[serde(default)]
    pub way: Vec<Hop>,
    /// Why it is in this incident, in words.
    pub why: String,
}

/// A message about an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The message's id.
    pub message: String,
    /// Where it went, as `receiver/kind[0]`.
    pub to: String,
    /// Why it was sent, or why it did not arrive.
    pub reason: String,
    /// Whether it arrived; none while nobody knows.
    pub arrived: Option<bool>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// It began; the cause is there.
    Opened {
        /// Where the cause is.
        place: String,
    },
    /// The cause was found to be elsewhere.
    Blamed {
        /// Where.
        place: String,
    },
    /// A finding joined.
    Joined(Member),
    /// A finding says something new, or has ended.
    Updated(Member),
    /// Findings left for another incident.
    Left {
        /// The findings.
        findings: Vec<String>,
        /// Where they went.
        to: String,
        /// Why.
        why: String,
    },
    /// It became part of another.
    Merged {
        /// Which.
        into: String,
        /// Why.
        why: String,
    },
    /// Another became part of it.
    Absorbed {
        /// Which.
        incident: String,
        /// Why.
        why: String,
    },
    /// Findings were put here by a person, and stay whatever calls say.
    Pinned {
        /// The findings.
        findings: Vec<String>,
    },
    /// These two stay apart whatever calls say.
    Apart {
        /// The other.
        incident: String,
    },
    /// Somebody takes care.
    Acknowledged,
    /// It is somebody's; nobody's when empty.
    Assigned {
        /// Whose.
        to: String,
    },
    /// Somebody said something.
    Commented {
        /// What.
        text: String,
    },
    /// Nobody is told of it for a while.
    Snoozed {
        /// Until then.
        until: UnixNano,
    },
    /// People are told again.
    Woken,
    /// Nothing of it holds any more.
    Restored,
    /// It is over.
    Resolved,
    /// It is not.
    Reopened {
        /// Why.
        why: String,
    },
    /// Somebody was told, or could not be.
    Told(Notice),
    /// A runbook did something.
    Runbook(Step),
}

impl Event {
    /// One of Nephoscope itself.
    #[must_use]
    pub fn own(incident: &str, at: UnixNano, what: What) -> Self {
        Self::said(incident, at, "", what)
    }

    /// One that a person wants.
    #[must_use]
    pub fn said(incident: &str, at: UnixNano, by: &str, what: What) -> Self {
        Self {
            incident: incident.to_owned(),
            at,
            by: plain(by.trim(), NAME_BYTES_MAX),
            what,
        }
    }

    /// As it is kept; the same event has the same id, always.
    #[must_use]
    pub fn row(&self) -> EventRow {
        // None of ours refuses to be JSON.
        let body = serde_json::to_string(&self.what).unwrap_or_default();
        let text = format!("{}\0{}\0{}\0{body}", self.incident, self.at.0, self.by);
        EventRow {
            incident_id: self.incident.clone(),
            at_ns: self.at.0,
            id: hex::encode(&Sha256::digest(text.as_bytes())[..12]),
            said_by: self.by.clone(),
            body,
        }
    }

    /// From a row; nothing where a newer version wrote what is unknown here.
    #[must_use]
    pub fn of(row: &EventRow) -> Option<Self> {
        Some(Self {
            incident: row.incident_id.clone(),
            at: UnixNano(row.at_ns),
            by: row.said_by.clone(),
            what: serde_json::from_str(&row.body).ok()?,
        })
    }
}

impl Member {
    /// A finding that blames a place.
    pub(super) fn new(signal: &Signal, blames: &str, way: &[Hop], why: &str) -> Self {
        let why = match (why, way) {
            ("", []) if signal.place == blames => "it is about the place of the cause".to_owned(),
            ("", []) => format!("it blames {}", name_of(blames)),
            ("", way) => way
                .iter()
                .map(|hop| format!("{} → {}: {}", name_of(&hop.from), name_of(&hop.to), hop.why))
                .collect::<Vec<_>>()
                .join("; "),
            (why, _) => why.to_owned(),
        };
        Self {
            finding: signal.id.clone(),
            kind: signal.kind.clone(),
            place: signal.place.clone(),
            severity: signal.severity,
            title: signal.title.clone(),
            began_at: signal.began_at,
            detected_at: signal.detected_at,
            ended_at: signal.ended_at,
            version: signal.version.clone(),
            blames: blames.to_owned(),
            way: way.to_vec(),
            why,
        }
    }

    /// As correlation looks at it.
    pub(super) fn signal(&self) -> Signal {
        Signal {
            id: self.finding.clone(),
            kind: self.kind.clone(),
            place: self.place.clone(),
            version: self.version.clone(),
            severity: self.severity,
            title: self.title.clone(),
            began_at: self.began_at,
            detected_at: self.detected_at,
            ended_at: self.ended_at,
        }
    }
}
