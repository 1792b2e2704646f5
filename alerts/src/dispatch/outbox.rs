//! Messages that are not known to have arrived.
//!
//! Of one group to one integration at most one is on its way at a time, so that what is told last is
//! the latest; at most one more waits behind it, which says all that any before it would have said.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};
use store::model::UnixNano;

use super::{Change, Entry, Machine};
use crate::model::{Integration, Notification};

/// Most dead messages that are kept to be looked at and sent again; the oldest go first.
pub const DEAD_MAX: usize = 1_000;

/// Messages that a newer one stands behind are tried at once while they have been tried less often; the
/// attempts that remain last for three days still.
const HURRIED_ATTEMPTS_MAX: u32 = 5;

/// A group and an integration: who knows what of whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The group's key.
    pub group_key: String,
    /// The integration.
    pub integration: Integration,
}

/// A message that waits or is on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    /// What is told.
    pub notification: Notification,
    /// What the receiver knows once it has arrived.
    pub entry: Entry,
    /// The group, which keeps its resolved alerts until then.
    pub group: u64,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// When it is tried next.
    pub try_at: UnixNano,
    /// Whether the receiver named that time.
    #[serde(default)]
    pub named: bool,
}

impl Outgoing {
    pub(super) fn place(&self) -> Place {
        Place {
            group_key: self.notification.group_key.clone(),
            integration: self.notification.integration.clone(),
        }
    }
}

/// A message that will not arrive unless somebody sends it again.
#[derive(Clone, Debug, PartialEq)]
pub struct Dead {
    /// The message.
    pub outgoing: Outgoing,
    /// Why.
    pub reason: String,
    /// When it was given up.
    pub at: UnixNano,
}

/// What waits for one place.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub head: Outgoing,
    pub next: Option<Outgoing>,
}

impl Slot {
    /// What the receiver will know when all has arrived.
    pub fn last(&self) -> &Outgoing {
        self.next.as_ref().unwrap_or(&self.head)
    }

    fn last_mut(&mut self) -> &mut Outgoing {
        self.next.as_mut().unwrap_or(&mut self.head)
    }
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    slots: HashMap<Place, Slot>,
    by_id: HashMap<String, Place>,
    /// How many there are for each group's key.
    by_group: HashMap<String, usize>,
    /// Heads that are not on their way, by when they are to be tried.
    ready: BTreeSet<(UnixNano, String)>,
    on_the_way: HashSet<String>,
    /// Heads that failed and wait for a time that nobody named.
    waiting: HashMap<Integration, HashSet<String>>,
    dead: VecDeque<Dead>,
}

impl Outbox {
    /// How many messages wait or are on their way.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether everything has arrived or died.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Those that wait or are on their way.
    pub fn iter(&self) -> impl Iterator<Item = &Outgoing> {
        self.slots
            .values()
            .flat_map(|slot| [Some(&slot.head), slot.next.as_ref()])
            .flatten()
    }

    /// Those that were given up, the oldest first.
    pub fn dead(&self) -> impl ExactSizeIterator<Item = &Dead> + DoubleEndedIterator {
        self.dead.iter()
    }

    /// When the next one is to be tried.
    #[must_use]
    pub fn next_at(&self) -> Option<UnixNano> {
        self.ready.first().map(|(at, _)| *at)
    }

    /// Changes that make this outbox out of an empty one.
    pub(super) fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        let queued = |outgoing: Outgoing| Change::Queued {
            outgoing,
            replaces: false,
        };
        // The dead go first, for what is queued stands behind what waits already.
        let dead = self.dead.iter().flat_map(move |dead| {
            let mut outgoing = dead.outgoing.clone();
            outgoing.attempts = outgoing.attempts.saturating_sub(1);
            let died = Change::Died {
                id: outgoing.notification.id.clone(),
                reason: dead.reason.clone(),
                at: dead.at,
            };
            [queued(outgoing), died]
        });
        let waiting = self.slots.values().flat_map(|slot| {
            // Its own time begins when it becomes the head; an earlier one would hurry the head.
            let next = slot.next.clone().map(|mut next| {
                next.try_at = slot.head.try_at;
                next
            });
            [Some(slot.head.clone()), next].into_iter().flatten()
        });
        dead.chain(waiting.map(queued))
    }

    /// How often a message was tried in vain.
    #[must_use]
    pub fn attempts(&self, id: &str) -> u32 {
        self.head(id).map_or(0, |outgoing| outgoing.attempts)
    }

    pub(super) fn slot(&self, place: &Place) -> Option<&Slot> {
        self.slots.get(place)
    }

    pub(super) fn is_on_the_way(&self, id: &str) -> bool {
        self.on_the_way.contains(id)
    }

    pub(super) fn holds_for(&self, group_key: &str) -> bool {
        self.by_group.contains_key(group_key)
    }

    fn enter(&mut self, id: &str, place: &Place) {
        self.by_id.insert(id.to_owned(), place.clone());
        *self.by_group.entry(place.group_key.clone()).or_default() += 1;
    }

    fn remove(&mut self, id: &str) -> Option<Place> {
        let place = self.by_id.remove(id)?;
        if let Some(count) = self.by_group.get_mut(&place.group_key) {
            *count -= 1;
            if *count == 0 {
                self.by_group.remove(&place.group_key);
            }
        }
        Some(place)
    }

    fn head(&self, id: &str) -> Option<&Outgoing> {
        let slot = self.slots.get(self.by_id.get(id)?)?;
        (slot.head.notification.id == id).then_some(&slot.head)
    }

    fn take_due(&mut self, now: UnixNano) -> Vec<Notification> {
        let mut due = Vec::new();
        while let Some((at, id)) = self.ready.pop_first() {
            if at > now {
                self.ready.insert((at, id));
                break;
            }
            due.extend(self.head(&id).map(|outgoing| outgoing.notification.clone()));
            self.on_the_way.insert(id);
        }
        due
    }

    pub(super) fn queue(&mut self, outgoing: Outgoing, replaces: bool) {
        let place = outgoing.place();
        self.enter(&outgoing.notification.id, &place);
        match self.slots.get_mut(&place) {
            None => {
                self.ready
                    .insert((outgoing.try_at, outgoing.notification.id.clone()));
                self.slots.insert(
                    place,
                    Slot {
                        head: outgoing,
                        next: None,
                    },
                );
            }
            Some(slot) if replaces => {
                let old = std::mem::replace(slot.last_mut(), outgoing);
                let is_head = slot.next.is_none();
                let head = (slot.head.try_at, slot.head.notification.id.clone());
                if let Some(place) = self.remove(&old.notification.id) {
                    self.waits_no_more(&place.integration, &old.notification.id);
                }
                if is_head {
                    self.ready.remove(&(old.try_at, old.notification.id));
                    self.ready.insert(head);
                }
            }
            Some(slot) => {
                let (at, head) = (outgoing.try_at, &slot.head);
                let hurries = head.attempts < HURRIED_ATTEMPTS_MAX && !head.named;
                let id = head.notification.id.clone();
                slot.next = Some(outgoing);
                if hurries {
                    self.hurry(&id, at);
                }
            }
        }
    }

    /// Lets a head that waits be tried at `at`, unless it is to be tried before.
    pub(super) fn hurry(&mut self, id: &str, at: UnixNano) {
        let place = self.by_id.get(id);
        let slot = place.and_then(|place| self.slots.get_mut(place));
        let Some(head) = slot.map(|slot| &mut slot.head) else {
            return;
        };
        if head.notification.id == id
            && head.try_at > at
            && self.ready.remove(&(head.try_at, id.to_owned()))
        {
            head.try_at = at;
            self.ready.insert((at, id.to_owned()));
        }
    }

    /// The same for all that wait for one integration.
    pub(super) fn hurry_all(&mut self, integration: &Integration, at: UnixNano) {
        let mut waiting: Vec<String> = match self.waiting.remove(integration) {
            Some(waiting) => waiting.into_iter().collect(),
            None => return,
        };
        waiting.sort_unstable();
        waiting.iter().for_each(|id| self.hurry(id, at));
    }

    /// A head that fails no longer waits where it did.
    fn waits_no_more(&mut self, integration: &Integration, id: &str) {
        if let Some(waiting) = self.waiting.get_mut(integration) {
            waiting.remove(id);
            if waiting.is_empty() {
                self.waiting.remove(integration);
            }
        }
    }

    /// Corrects what the receiver will know when all has arrived; false when nothing waits.
    pub(super) fn amend(&mut self, place: &Place, entry: &Entry) -> bool {
        let slot = self.slots.get_mut(place);
        slot.map(|slot| slot.last_mut().entry = entry.clone())
            .is_some()
    }

    /// Takes a head out; what waited behind it is to be tried at once.
    pub(super) fn take(&mut self, id: &str, now: UnixNano) -> Option<Outgoing> {
        self.head(id)?;
        let place = self.remove(id)?;
        let slot = self.slots.remove(&place)?;
        self.waits_no_more(&place.integration, id);
        self.on_the_way.remove(id);
        self.ready.remove(&(slot.head.try_at, id.to_owned()));
        if let Some(mut next) = slot.next {
            next.try_at = now;
            self.ready.insert((now, next.notification.id.clone()));
            self.slots.insert(
                place,
                Slot {
                    head: next,
                    next: None,
                },
            );
        }
        Some(slot.head)
    }

    pub(super) fn retry(&mut self, id: &str, retry_at: UnixNano, named: bool) {
        let Some(slot) = self
            .by_id
            .get(id)
            .and_then(|place| self.slots.get_mut(place))
        else {
            return;
        };
        if slot.head.notification.id == id {
            self.ready.remove(&(slot.head.try_at, id.to_owned()));
            slot.head.attempts += 1;
            slot.head.try_at = retry_at;
            slot.head.named = named;
            let integration = slot.head.notification.integration.clone();
            self.on_the_way.remove(id);
            self.ready.insert((retry_at, id.to_owned()));
            if !named {
                let waiting = self.waiting.entry(integration).or_default();
                waiting.insert(id.to_owned());
            }
        }
    }

    pub(super) fn bury(&mut self, dead: Dead) {
        self.dead.push_back(dead);
        if self.dead.len() > DEAD_MAX {
            self.dead.pop_front();
        }
    }

    pub(super) fn unbury(&mut self, id: &str) -> Option<Outgoing> {
        let at = self
            .dead
            .iter()
            .position(|d| d.outgoing.notification.id == id)?;
        self.dead.remove(at).map(|dead| dead.outgoing)
    }
}

impl Machine {
    /// What is to be sent now. Each is handed out once until [`Machine::sent`], [`Machine::failed`] or
    /// [`Machine::died`] tells what became of it; after a crash it is handed out again, with the same id.
    pub fn due(&mut self, now: UnixNano) -> Vec<Notification> {
        self.state.outbox_mut().take_due(now)
    }

    /// A message arrived. An id that does not wait is ignored.
    pub fn sent(&mut self, id: &str, now: UnixNano) {
        let id = id.to_owned();
        self.ended(&id.clone(), Change::Sent { id, at: now });
    }

    /// A message did not arrive and is to be tried again, at a time that the receiver `named` or did not.
    pub fn failed(&mut self, id: &str, reason: &str, retry_at: UnixNano, named: bool) {
        if self.state.outbox().head(id).is_some() {
            self.change(Change::Failed {
                id: id.to_owned(),
                reason: reason.to_owned(),
                retry_at,
                named,
            });
        }
    }

    /// A message will not arrive. The receiver does not know what it said, so the group's next flush
    /// tells it again; this one is kept to be looked at.
    pub fn died(&mut self, id: &str, reason: &str, now: UnixNano) {
        let died = Change::Died {
            id: id.to_owned(),
            reason: reason.to_owned(),
            at: now,
        };
        self.ended(id, died);
    }

    /// Sends a dead message once more; false when it is not there, or something newer waits.
    pub fn revive(&mut self, id: &str, now: UnixNano) -> bool {
        let outbox = self.state.outbox();
        let dead = outbox
            .dead()
            .find(|dead| dead.outgoing.notification.id == id);
        let revives = dead.is_some_and(|dead| outbox.slot(&dead.outgoing.place()).is_none());
        if revives {
            let id = id.to_owned();
            self.change(Change::Revived { id, at: now });
        }
        revives
    }

    /// Tries a message that waits at once; false when it does not wait.
    pub fn hurry(&mut self, id: &str, now: UnixNano) -> bool {
        let outbox = self.state.outbox();
        let waits = outbox
            .head(id)
            .is_some_and(|head| head.try_at > now && !outbox.is_on_the_way(id));
        if waits {
            let id = id.to_owned();
            self.change(Change::Hurried { id, at: now });
        }
        waits
    }

    fn ended(&mut self, id: &str, change: Change) {
        let group = self.state.outbox().head(id).map(|outgoing| outgoing.group);
        if let Some(group) = group {
            self.change(change);
            self.leave_resolved(group);
        }
    }
}
