//! Everything that is known, and the one place where it changes.

mod snapshot;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use store::model::UnixNano;

use super::outbox::Outbox;
use super::{AlertNote, Change, Dead, Delivered, Entry, Flush, Note, Notes, Place, Stand};
use crate::inhibit::Inhibitor;
use crate::model::{Alert, Fingerprint, Integration, Labels};
use crate::silences::Silences;

/// How long an alert that is over is remembered, so that late words of it find its start.
const REMEMBERED_NANOS: i64 = 30 * 60 * 1_000_000_000;

/// An alert and where it belongs.
#[derive(Clone, Debug)]
pub struct Held {
    /// The alert.
    pub alert: Alert,
    /// The groups it is in.
    pub groups: Vec<u64>,
    /// Whether these are all that its routes give it.
    pub(super) settled: bool,
    /// What was noted of it last, in this process.
    pub(super) noted: Option<(UnixNano, Stand)>,
}

/// A way of a receiver that said that it is gone for good (410).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disabled {
    /// What tells its settings from others.
    pub settings: String,
    /// Since when.
    pub at: UnixNano,
}

/// Alerts that are told of together.
#[derive(Clone, Debug)]
pub struct Group {
    /// The route's path.
    pub path: String,
    /// How receivers know it.
    pub key: String,
    /// What its alerts share.
    pub labels: Labels,
    /// Its alerts; never empty.
    pub alerts: BTreeSet<Fingerprint>,
    /// Its next flush.
    pub next_at: UnixNano,
    /// Its last flush.
    pub flushed_at: Option<UnixNano>,
    /// The time intervals that muted it then.
    pub muted_by: Vec<String>,
    /// What tells the last look that was noted from others.
    pub(super) looked: Option<u64>,
}

/// What is known. It changes by [`Change`]s alone, but for what can be derived from them and from the
/// configuration.
#[derive(Clone, Debug, Default)]
pub struct State {
    alerts: HashMap<Fingerprint, Held>,
    groups: BTreeMap<u64, Group>,
    places: HashMap<String, HashMap<Labels, u64>>,
    schedule: BTreeSet<(UnixNano, u64)>,
    last_group: u64,
    log: HashMap<Place, Entry>,
    outbox: Outbox,
    delivered: Delivered,
    silences: Silences,
    inhibitor: Inhibitor,
    /// Texts of all alerts, bytes.
    alert_bytes: usize,
    disabled: BTreeMap<Integration, Disabled>,
    notes: Notes,
}

impl State {
    /// Makes a change. The same change after the same changes has the same effect, always.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::AlertPut(alert) => self.put_alert(alert),
            Change::AlertRemoved(fingerprint) => {
                if let Some(held) = self.alerts.remove(fingerprint) {
                    self.alert_bytes -= held.alert.bytes();
                    self.inhibitor.remove(&held.alert);
                }
            }
            Change::GroupOpened {
                group: id,
                path,
                key,
                labels,
                next_at,
            } => self.open(
                *id,
                Group {
                    path: path.clone(),
                    key: key.clone(),
                    labels: labels.clone(),
                    alerts: BTreeSet::new(),
                    next_at: *next_at,
                    flushed_at: None,
                    muted_by: Vec::new(),
                    looked: None,
                },
            ),
            Change::Joined { group, alert } => self.join(*group, *alert),
            Change::Left { group, alerts } => self.leave(*group, alerts),
            Change::Flushed {
                group,
                at,
                next_at,
                muted_by,
            } => self.flushed(*group, *at, *next_at, muted_by),
            Change::Looked { group, hash } => {
                if let Some(group) = self.groups.get_mut(group) {
                    group.looked = Some(*hash);
                }
            }
            Change::Queued { outgoing, replaces } => self.outbox.queue(outgoing.clone(), *replaces),
            Change::Logged { place, entry } => {
                if !self.outbox.amend(place, entry) {
                    self.log.insert(place.clone(), entry.clone());
                }
            }
            Change::LogRemoved(place) => {
                self.log.remove(place);
            }
            other => self.apply_to_messages(other),
        }
    }

    /// The same for what concerns messages, their receivers, and what is only remembered.
    fn apply_to_messages(&mut self, change: &Change) {
        match change {
            Change::Sent { id, at } => self.sent(id, *at),
            Change::Failed {
                id,
                retry_at,
                named,
                ..
            } => self.outbox.retry(id, *retry_at, *named),
            Change::Hurried { id, at } => self.outbox.hurry(id, *at),
            Change::Died { id, reason, at } => {
                if let Some(mut outgoing) = self.outbox.take(id, *at) {
                    outgoing.attempts += 1;
                    let (reason, at) = (reason.clone(), *at);
                    self.outbox.bury(Dead {
                        outgoing,
                        reason,
                        at,
                    });
                }
            }
            Change::Revived { id, at } => {
                if let Some(mut outgoing) = self.outbox.unbury(id) {
                    (outgoing.attempts, outgoing.try_at, outgoing.named) = (0, *at, false);
                    outgoing.entry.at = *at; // repeats are counted from when it arrives
                    self.outbox.queue(outgoing, false);
                }
            }
            Change::Replayed { id, at, knows } => {
                if let Some(mut outgoing) = self.delivered.take(id) {
                    (outgoing.attempts, outgoing.try_at, outgoing.named) = (0, *at, false);
                    outgoing.entry = knows.clone();
                    self.outbox.queue(outgoing, false);
                }
            }
            Change::Arrived { outgoing, at } => self.delivered.keep(*outgoing.clone(), *at),
            Change::Disabled {
                integration,
                settings,
                at,
            } => {
                let (settings, at) = (settings.clone(), *at);
                let disabled = Disabled { settings, at };
                self.disabled.insert(integration.clone(), disabled);
            }
            Change::Enabled(integration) => {
                self.disabled.remove(integration);
            }
            Change::Noted(note) => self.notes.push(note.clone()),
            Change::Kept(number) => self.notes.kept(*number),
            Change::Numbered(last) => self.last_group = self.last_group.max(*last),
            Change::SilencePut(silence) => self.silences.put(silence.clone()),
            Change::SilenceRemoved(id) => self.silences.remove(id),
            // Those are made above; naming them lets the compiler ask for each new one.
            Change::AlertPut(_)
            | Change::AlertRemoved(_)
            | Change::GroupOpened { .. }
            | Change::Joined { .. }
            | Change::Left { .. }
            | Change::Flushed { .. }
            | Change::Looked { .. }
            | Change::Queued { .. }
            | Change::Logged { .. }
            | Change::LogRemoved(_) => {}
        }
    }

    fn put_alert(&mut self, alert: &Alert) {
        self.alert_bytes += alert.bytes();
        match self.alerts.get_mut(&alert.fingerprint) {
            Some(held) => {
                self.alert_bytes -= held.alert.bytes();
                held.alert = alert.clone();
            }
            None => {
                self.inhibitor.add(alert);
                let held = Held {
                    alert: alert.clone(),
                    groups: Vec::new(),
                    settled: false,
                    noted: None,
                };
                self.alerts.insert(alert.fingerprint, held);
            }
        }
    }

    fn open(&mut self, id: u64, group: Group) {
        self.schedule.insert((group.next_at, id));
        let here = self.places.entry(group.path.clone()).or_default();
        here.insert(group.labels.clone(), id);
        self.groups.insert(id, group);
        self.last_group = self.last_group.max(id);
    }

    fn join(&mut self, id: u64, alert: Fingerprint) {
        let (group, held) = (self.groups.get_mut(&id), self.alerts.get_mut(&alert));
        if let (Some(group), Some(held)) = (group, held)
            && group.alerts.insert(alert)
        {
            held.groups.push(id);
        }
    }

    fn leave(&mut self, id: u64, alerts: &[Fingerprint]) {
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        for fingerprint in alerts {
            group.alerts.remove(fingerprint);
            if let Some(held) = self.alerts.get_mut(fingerprint) {
                held.groups.retain(|group| *group != id);
                held.settled = false;
            }
        }
        if !group.alerts.is_empty() {
            return;
        }
        self.schedule.remove(&(group.next_at, id));
        if let Some(here) = self.places.get_mut(&group.path) {
            here.remove(&group.labels);
            if here.is_empty() {
                self.places.remove(&group.path);
            }
        }
        self.groups.remove(&id);
    }

    fn flushed(&mut self, id: u64, at: UnixNano, next_at: UnixNano, muted_by: &[String]) {
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        self.schedule.remove(&(group.next_at, id));
        self.schedule.insert((next_at, id));
        group.next_at = next_at;
        group.flushed_at = Some(at);
        group.muted_by = muted_by.to_vec();
    }

    /// A message that arrived at once is counted from when it was decided, so that repeats fall on the
    /// group's flushes; one that was late, from its arrival.
    fn sent(&mut self, id: &str, at: UnixNano) {
        let Some(mut outgoing) = self.outbox.take(id, at) else {
            return;
        };
        if outgoing.attempts > 0 {
            outgoing.entry.at = at;
        }
        // It is there again: what waits for it need not wait on.
        self.outbox
            .hurry_all(&outgoing.notification.integration, at);
        self.log.insert(outgoing.place(), outgoing.entry.clone());
        self.delivered.keep(outgoing, at);
    }

    /// What may be forgotten at `now`.
    pub(super) fn outdated(&self, now: UnixNano) -> Vec<Change> {
        let old = UnixNano(now.0.saturating_sub(REMEMBERED_NANOS));
        let alerts = self
            .alerts
            .values()
            .filter(|held| held.groups.is_empty() && held.alert.resolved_at(old));
        let alerts = alerts.map(|held| Change::AlertRemoved(held.alert.fingerprint));
        let live: HashSet<&str> = self
            .groups
            .values()
            .map(|group| group.key.as_str())
            .collect();
        let log = self.log.iter().filter(|(place, entry)| {
            // As long as the group is there, "resolved" may have to be told.
            entry.expires_at <= now && !live.contains(place.group_key.as_str())
        });
        let log = log.map(|(place, _)| Change::LogRemoved(place.clone()));
        let silences = self.silences.outdated(now);
        let silences = silences.map(|silence| Change::SilenceRemoved(silence.id.clone()));
        alerts.chain(log).chain(silences).collect()
    }
}

/// Reading.
impl State {
    /// All alerts, those too that are over and not yet forgotten.
    #[must_use]
    pub fn alerts(&self) -> &HashMap<Fingerprint, Held> {
        &self.alerts
    }

    /// An alert with its groups.
    #[must_use]
    pub fn held(&self, fingerprint: Fingerprint) -> Option<&Held> {
        self.alerts.get(&fingerprint)
    }

    /// An alert.
    #[must_use]
    pub fn alert(&self, fingerprint: Fingerprint) -> Option<&Alert> {
        self.held(fingerprint).map(|held| &held.alert)
    }

    /// All groups, the oldest first.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = (u64, &Group)> {
        self.groups.iter().map(|(id, group)| (*id, group))
    }

    /// A group.
    #[must_use]
    pub fn group(&self, id: u64) -> Option<&Group> {
        self.groups.get(&id)
    }

    pub(super) fn group_at(&self, path: &str, labels: &Labels) -> Option<u64> {
        self.places.get(path)?.get(labels).copied()
    }

    pub(super) fn next_group(&self) -> u64 {
        self.last_group + 1
    }

    pub(super) fn next_flush(&self) -> Option<UnixNano> {
        self.schedule.first().map(|(at, _)| *at)
    }

    pub(super) fn due_group(&self, now: UnixNano) -> Option<u64> {
        let first = self.schedule.first();
        first.filter(|(at, _)| *at <= now).map(|(_, group)| *group)
    }

    /// What a receiver knows of a group.
    #[must_use]
    pub fn known(&self, place: &Place) -> Option<&Entry> {
        self.log.get(place)
    }

    /// Messages that are not known to have arrived.
    #[must_use]
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Messages that arrived lately.
    #[must_use]
    pub fn delivered(&self) -> &Delivered {
        &self.delivered
    }

    /// All silences.
    #[must_use]
    pub fn silences(&self) -> &Silences {
        &self.silences
    }

    /// Who mutes whom.
    #[must_use]
    pub fn inhibitor(&self) -> &Inhibitor {
        &self.inhibitor
    }

    /// Texts of all alerts, bytes.
    #[must_use]
    pub fn alert_bytes(&self) -> usize {
        self.alert_bytes
    }

    /// What was seen and is kept nowhere else.
    #[must_use]
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Ways of receivers that nothing is sent to.
    #[must_use]
    pub fn disabled(&self) -> &BTreeMap<Integration, Disabled> {
        &self.disabled
    }
}

/// What is not a change: derived from the configuration, or only to be looked at.
impl State {
    pub(super) fn set_settled(&mut self, fingerprint: Fingerprint) {
        if let Some(held) = self.alerts.get_mut(&fingerprint) {
            held.settled = true;
        }
    }

    pub(super) fn set_inhibitor(&mut self, inhibitor: Inhibitor) {
        self.inhibitor = inhibitor;
    }

    pub(super) fn outbox_mut(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// What of a look at a group is new: the look, and alerts that stand otherwise than noted last.
    pub(super) fn news(&mut self, flush: &Flush) -> Vec<Note> {
        let mut notes = vec![Note::Look(flush.clone())];
        for seen in &flush.seen {
            let Some(held) = self.alerts.get_mut(&seen.alert) else {
                continue;
            };
            let stand = Stand::of(seen.status, seen.muted.as_ref());
            let stands = Some((held.alert.starts_at, stand));
            if held.noted != stands {
                held.noted = stands;
                notes.push(Note::Alert(Box::new(AlertNote {
                    at: flush.at,
                    stand,
                    alert: held.alert.clone(),
                })));
            }
        }
        notes
    }
}
