//! Messages that arrived, kept for a while for whoever wants one sent once more.
//!
//! A message is what is told, never how: addresses, headers and keys are the configuration's and are added
//! when it is sent.

use std::collections::VecDeque;

use store::model::UnixNano;

use super::{Change, Entry, Machine, Outgoing};
use crate::model::Labels;

/// So many bytes of messages are kept, 16 MiB: some thousand ordinary ones; the oldest go first.
pub const DELIVERED_BYTES_MAX: usize = 16 << 20;
/// For so long, nanoseconds: three days, as long as one that fails is tried.
pub const DELIVERED_NANOS: i64 = 3 * 86_400 * 1_000_000_000;
/// What a message takes beside its alerts' texts, bytes.
const MESSAGE_BYTES: usize = 500;
const ALERT_BYTES: usize = 200;

/// A message that arrived, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrived {
    /// The message.
    pub outgoing: Outgoing,
    /// When.
    pub at: UnixNano,
}

/// The newest of them.
#[derive(Clone, Debug, Default)]
pub struct Delivered {
    kept: VecDeque<Arrived>,
    bytes: usize,
}

impl Delivered {
    /// The oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arrived> {
        self.kept.iter()
    }

    pub(super) fn keep(&mut self, outgoing: Outgoing, at: UnixNano) {
        self.bytes += bytes(&outgoing);
        self.kept.push_back(Arrived { outgoing, at });
        let old = UnixNano(at.0.saturating_sub(DELIVERED_NANOS));
        while let Some(first) = self.kept.front()
            && (self.bytes > DELIVERED_BYTES_MAX || first.at < old)
        {
            self.bytes -= bytes(&first.outgoing);
            self.kept.pop_front();
        }
    }

    fn find(&self, id: &str) -> Option<usize> {
        let is = |arrived: &Arrived| arrived.outgoing.notification.id == id;
        self.kept.iter().rposition(is)
    }

    pub(super) fn take(&mut self, id: &str) -> Option<Outgoing> {
        let arrived = self.kept.remove(self.find(id)?)?;
        self.bytes -= bytes(&arrived.outgoing);
        Some(arrived.outgoing)
    }

    /// Changes that make this out of nothing.
    pub(super) fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        self.kept.iter().map(|arrived| Change::Arrived {
            outgoing: Box::new(arrived.outgoing.clone()),
            at: arrived.at,
        })
    }
}

fn bytes(outgoing: &Outgoing) -> usize {
    let text = |labels: &Labels| labels.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>();
    let alerts = outgoing.notification.alerts.iter();
    let alerts = alerts.map(|alert| text(&alert.labels) + text(&alert.annotations) + ALERT_BYTES);
    MESSAGE_BYTES + alerts.sum::<usize>()
}

/// Why a message that arrived is not sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotReplayed {
    /// It is not there, or no longer.
    Unknown,
    /// Something newer of its group waits for the same receiver.
    Newer,
}

impl Machine {
    /// Sends a message that arrived once more, under its id. What its receiver is taken to know does not
    /// change by it.
    ///
    /// # Errors
    /// [`NotReplayed`].
    pub fn replay(&mut self, id: &str, now: UnixNano) -> Result<(), NotReplayed> {
        let delivered = self.state.delivered();
        let at = delivered.find(id).ok_or(NotReplayed::Unknown)?;
        let place = delivered.kept[at].outgoing.place();
        if self.state.outbox().slot(&place).is_some() {
            return Err(NotReplayed::Newer);
        }
        let nothing = Entry {
            firing: Vec::new(),
            resolved: Vec::new(),
            at: now,
            expires_at: now,
        };
        self.change(Change::Replayed {
            id: id.to_owned(),
            at: now,
            knows: self.state.known(&place).cloned().unwrap_or(nothing),
        });
        Ok(())
    }
}
