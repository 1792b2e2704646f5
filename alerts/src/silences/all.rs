//! All silences, and the rules by which they change: what was muted yesterday stays on record.

use std::collections::BTreeMap;

use store::model::UnixNano;

use super::{COUNT_MAX, Fault, RETENTION_NANOS, Silence, State};
use crate::model::Labels;

/// Silences by id. Only [`Silences::put`] and [`Silences::remove`] change it; what to put is decided
/// apart, so that a change can be written down before it is made.
#[derive(Clone, Debug, Default)]
pub struct Silences(BTreeMap<String, Silence>);

/// What comes of storing a silence.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The id it has now: a new one when it replaces another.
    pub id: String,
    /// What to put, in this order.
    pub changes: Vec<Silence>,
}

impl Silences {
    /// Creates a silence, or changes the one whose id it has. A change that would alter what was muted
    /// in the past expires the old one and makes a new one with the id `new_id`.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn store(&self, mut new: Silence, new_id: String, now: UnixNano) -> Result<Stored, Fault> {
        new.validate()?;
        let old = self.0.get(&new.id);
        if !new.id.is_empty() && old.is_none() {
            return Err(Fault::NotFound);
        }
        new.updated_at = now;
        if old.is_some_and(|old| may_become(old, &new, now)) {
            let id = new.id.clone();
            let changes = vec![new];
            return Ok(Stored { id, changes });
        }
        if self.0.len() >= COUNT_MAX {
            return Err(Fault::TooMany);
        }
        let expired = old.and_then(|old| expired(old, now));
        new.id.clone_from(&new_id);
        new.starts_at = new.starts_at.max(now);
        Ok(Stored {
            id: new_id,
            changes: expired.into_iter().chain([new]).collect(),
        })
    }

    /// Ends a silence at once; nothing to put when it has ended already.
    ///
    /// # Errors
    /// [`Fault::NotFound`].
    pub fn expire(&self, id: &str, now: UnixNano) -> Result<Option<Silence>, Fault> {
        let old = self.0.get(id).ok_or(Fault::NotFound)?;
        Ok(expired(old, now))
    }

    /// Puts one in its place.
    pub fn put(&mut self, silence: Silence) {
        self.0.insert(silence.id.clone(), silence);
    }

    /// Takes one out.
    pub fn remove(&mut self, id: &str) {
        self.0.remove(id);
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Silence> {
        self.0.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Silence> {
        self.0.values()
    }

    /// Those that have been over for longer than they are kept.
    pub fn outdated(&self, now: UnixNano) -> impl Iterator<Item = &Silence> {
        let over = move |s: &&Silence| s.ends_at.0.saturating_add(RETENTION_NANOS) <= now.0;
        self.iter().filter(over)
    }

    /// Those that mute alerts of these labels now.
    pub fn muting(&self, labels: &Labels, now: UnixNano) -> impl Iterator<Item = &Silence> {
        let active = move |silence: &&Silence| silence.state(now) == State::Active;
        self.iter().filter(active).filter(|s| s.matches(labels))
    }
}

/// Whether changing `old` into `new` leaves alone what was muted until now.
fn may_become(old: &Silence, new: &Silence, now: UnixNano) -> bool {
    old.matcher_sets == new.matcher_sets
        && match old.state(now) {
            State::Active => {
                old.starts_at.as_secs() == new.starts_at.as_secs() && new.ends_at >= now
            }
            State::Pending => new.starts_at >= now,
            State::Expired => false,
        }
}

/// `old`, over at `now`; none if it is over already.
fn expired(old: &Silence, now: UnixNano) -> Option<Silence> {
    (old.state(now) != State::Expired).then(|| Silence {
        starts_at: old.starts_at.min(now),
        ends_at: now,
        updated_at: now,
        ..old.clone()
    })
}
