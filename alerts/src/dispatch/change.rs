//! What can happen to the state.

use serde::{Deserialize, Serialize};
use store::model::UnixNano;

use super::{Entry, Note, Outgoing, Place};
use crate::model::{Alert, Fingerprint, Integration, Labels};
use crate::silences::Silence;

/// A fact, not a wish: applied again it gives the same state, whatever the configuration says by then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// An alert is now known like this.
    AlertPut(Alert),
    /// An alert is forgotten: it is over and everybody was told.
    AlertRemoved(Fingerprint),
    /// A group began.
    GroupOpened {
        /// Never used before.
        group: u64,
        /// The route's path.
        path: String,
        /// The group's key, as receivers know it.
        key: String,
        /// What its alerts share.
        labels: Labels,
        /// Its first flush.
        next_at: UnixNano,
    },
    /// Groups were numbered up to this one; those that have ended too.
    Numbered(u64),
    /// An alert joined a group.
    Joined {
        /// The group.
        group: u64,
        /// The alert.
        alert: Fingerprint,
    },
    /// Alerts left a group; when none is left, the group ends.
    Left {
        /// The group.
        group: u64,
        /// The alerts.
        alerts: Vec<Fingerprint>,
    },
    /// A group was looked at.
    Flushed {
        /// The group.
        group: u64,
        /// When.
        at: UnixNano,
        /// When it will be next.
        next_at: UnixNano,
        /// The time intervals that mute it.
        muted_by: Vec<String>,
    },
    /// A look at a group was noted; those that say the same are not.
    Looked {
        /// The group.
        group: u64,
        /// What tells the look from others.
        hash: u64,
    },
    /// A message waits to be sent, behind or instead of the one that waits already.
    Queued {
        /// The message.
        outgoing: Outgoing,
        /// Whether the one that waits is dropped: this one says all it would say.
        replaces: bool,
    },
    /// A receiver is taken to know this, without a message.
    Logged {
        /// Which receiver, of which group.
        place: Place,
        /// What it knows.
        entry: Entry,
    },
    /// What a receiver knows is forgotten: its group ended long ago.
    LogRemoved(Place),
    /// A message arrived.
    Sent {
        /// The message.
        id: String,
        /// When.
        at: UnixNano,
    },
    /// A message did not arrive and will be tried again.
    Failed {
        /// The message.
        id: String,
        /// Why; no secret and nothing of the answer's text.
        reason: String,
        /// When it will be tried.
        retry_at: UnixNano,
        /// Whether the receiver named that time, so that nothing may bring it forward.
        #[serde(default)]
        named: bool,
    },
    /// A message will never arrive.
    Died {
        /// The message.
        id: String,
        /// Why.
        reason: String,
        /// When.
        at: UnixNano,
    },
    /// A message that waits for another attempt is tried at once, by somebody's will.
    Hurried {
        /// The message.
        id: String,
        /// When.
        at: UnixNano,
    },
    /// A receiver said that it is gone for good: nothing goes there any more.
    Disabled {
        /// Which way of which receiver.
        integration: Integration,
        /// What tells its settings from others; when they change, it is asked again.
        settings: String,
        /// When.
        at: UnixNano,
    },
    /// It is asked again, by somebody's will or for new settings.
    Enabled(Integration),
    /// Something that people may want to look up was seen.
    Noted(Note),
    /// Notes up to this number are kept elsewhere.
    Kept(u64),
    /// A dead message is tried again, as a new one is, by somebody's will.
    Revived {
        /// The message.
        id: String,
        /// When.
        at: UnixNano,
    },
    /// A message that arrived is sent once more, by somebody's will.
    Replayed {
        /// The message.
        id: String,
        /// When.
        at: UnixNano,
        /// What its receiver knows, and will know after it as well.
        knows: Entry,
    },
    /// A message arrived before what is written here.
    Arrived {
        /// The message.
        outgoing: Box<Outgoing>,
        /// When.
        at: UnixNano,
    },
    /// A silence is now like this.
    SilencePut(Silence),
    /// A silence is forgotten: it has been over for long.
    SilenceRemoved(String),
}
