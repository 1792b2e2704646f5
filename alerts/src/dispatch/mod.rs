//! The heart of alerting, a pure state machine: events and `now` go in, messages and reasons come out.
//!
//! The way of an alert: [`Machine::post`] merges it with what is known of it, routes it and lets it join
//! its groups. [`Machine::tick`] flushes the groups that are due: mute, decide for each integration,
//! queue. [`Machine::due`] hands out what is to be sent; [`Machine::sent`], [`Machine::failed`] and
//! [`Machine::died`] tell what became of it.
//!
//! Every mutation is a [`Change`], made in one place and noted: whoever writes the changes down before
//! he acknowledges an alert or sends a message can rebuild the state from them after any crash.

mod change;
mod dedup;
mod delivered;
mod flush;
mod gathered;
mod merge;
mod note;
mod outbox;
mod post;
mod record;
mod routing;
mod state;

pub use change::Change;
pub use dedup::{Entry, needs_update};
pub use delivered::{Arrived, DELIVERED_BYTES_MAX, DELIVERED_NANOS, Delivered, NotReplayed};
pub use merge::merged;
pub use note::{AlertNote, Note, Notes, Stand};
pub use outbox::{Dead, Outgoing, Place};
pub use post::{ALERTS_BYTES_MAX, ALERTS_MAX, TooMany};
pub use record::{Flush, Muted, Outcome, SEEN_MAX, Seen, Told};
pub use routing::{Routing, Way};
pub use state::{Disabled, Group, Held, State};

use std::collections::BTreeMap;
use std::sync::Arc;

use store::model::UnixNano;

use crate::model::{Alert, Integration};
use crate::silences::{self, Silence};

/// The state, the configuration that decides, and the changes that are not written down yet.
#[derive(Debug)]
pub struct Machine {
    routing: Arc<Routing>,
    state: State,
    changes: Vec<Change>,
    /// No group is flushed before: sources need a while after a start to tell what still fires.
    not_before: UnixNano,
    collect_at: UnixNano,
}

/// How often what is outdated is thrown away.
const COLLECT_EVERY_NANOS: i64 = 15 * 60 * 1_000_000_000;

impl Machine {
    /// Goes on from `state` under a configuration that may be another than the one it was made under.
    #[must_use]
    pub fn new(routing: Routing, state: State, now: UnixNano, not_before: UnixNano) -> Self {
        let mut machine = Self {
            routing: Arc::default(),
            state,
            changes: Vec::new(),
            not_before,
            collect_at: now,
        };
        machine.reload(routing, now);
        machine
    }

    /// The configuration that decides.
    #[must_use]
    pub fn routing(&self) -> &Routing {
        &self.routing
    }

    /// The same, for whoever needs longer than a moment.
    #[must_use]
    pub fn shared_routing(&self) -> Arc<Routing> {
        Arc::clone(&self.routing)
    }

    /// Everything that is known.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The changes since the last call, in their order.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    fn change(&mut self, change: Change) {
        self.state.apply(&change);
        self.changes.push(change);
    }

    /// When there is something to do next, if nothing happens before.
    #[must_use]
    pub fn next_at(&self) -> Option<UnixNano> {
        let flush = self.state.next_flush().map(|at| at.max(self.not_before));
        let send = self.state.outbox().next_at();
        flush.into_iter().chain(send).min()
    }

    /// Creates or changes a silence, which gets `new_id` if it cannot keep its own; returns its id.
    ///
    /// # Errors
    /// [`silences::Fault`].
    pub fn silence(
        &mut self,
        silence: Silence,
        new_id: String,
        now: UnixNano,
    ) -> Result<String, silences::Fault> {
        let stored = self.state.silences().store(silence, new_id, now)?;
        for silence in stored.changes {
            self.change(Change::SilencePut(silence));
        }
        Ok(stored.id)
    }

    /// Ends a silence at once.
    ///
    /// # Errors
    /// [`silences::Fault::NotFound`].
    pub fn expire_silence(&mut self, id: &str, now: UnixNano) -> Result<(), silences::Fault> {
        if let Some(silence) = self.state.silences().expire(id, now)? {
            self.change(Change::SilencePut(silence));
        }
        Ok(())
    }

    /// Remembers something for people until it is kept elsewhere.
    pub fn note(&mut self, note: Note) {
        self.change(Change::Noted(note));
    }

    /// Forgets notes up to this number: they are kept elsewhere.
    pub fn kept(&mut self, number: u64) {
        self.change(Change::Kept(number));
    }

    /// Sends nothing to this way of a receiver until it is enabled or its settings are others.
    pub fn disable(&mut self, integration: Integration, settings: String, now: UnixNano) {
        self.change(Change::Disabled {
            integration,
            settings,
            at: now,
        });
    }

    /// Asks a disabled way of a receiver again; false when it was not disabled.
    pub fn enable(&mut self, integration: &Integration) -> bool {
        let was = self.state.disabled().contains_key(integration);
        if was {
            self.change(Change::Enabled(integration.clone()));
        }
        was
    }

    /// Enables those whose settings are not those that were refused. `settings` are those that hold now.
    pub fn enable_mended(&mut self, settings: &BTreeMap<Integration, String>) {
        let disabled = self.state.disabled().iter();
        let mended = disabled
            .filter(|(way, refused)| settings.get(way) != Some(&refused.settings))
            .map(|(way, _)| way.clone());
        for way in mended.collect::<Vec<_>>() {
            self.change(Change::Enabled(way));
        }
    }

    /// Believes until `until` the alerts that ended while nobody could tell us that they go on: those
    /// whose end lies after `silent_since`.
    pub fn believe(&mut self, silent_since: UnixNano, now: UnixNano, until: UnixNano) {
        let held = self.state.alerts().values().map(|held| &held.alert);
        let ended = held.filter(|alert| alert.ends_at > silent_since && alert.resolved_at(now));
        let mut believed: Vec<Alert> = ended.cloned().collect();
        believed.sort_by_key(|alert| alert.fingerprint);
        for mut alert in believed {
            alert.ends_at = until;
            self.change(Change::AlertPut(alert));
        }
    }

    fn collect(&mut self, now: UnixNano) {
        if now < self.collect_at {
            return;
        }
        self.collect_at = UnixNano(now.0.saturating_add(COLLECT_EVERY_NANOS));
        for change in self.state.outdated(now) {
            self.change(change);
        }
    }
}

#[cfg(test)]
mod tests;
