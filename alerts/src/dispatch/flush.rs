//! A group's turn: mute, decide for each integration, queue.

use sha2::{Digest, Sha256};
use store::model::UnixNano;

use super::dedup::within;
use super::{
    Change, Entry, Flush, Machine, Muted, Outcome, Outgoing, Place, SEEN_MAX, Seen, Told, Way,
    gathered, needs_update,
};
use crate::model::{Fingerprint, Integration, Labels, Notification, NotifiedAlert, Reason, Status};
use crate::route::RouteId;

/// What a receiver knows of a group that has ended is kept for this long at most.
const RETENTION_NANOS: i64 = 120 * 3_600 * 1_000_000_000;

/// What all integrations of a flush have in common.
struct Turn {
    id: u64,
    route: RouteId,
    group_key: String,
    labels: Labels,
    /// Those that nothing mutes, in the order of a message.
    alerts: Vec<NotifiedAlert>,
    /// What is known by who was told of each alert,
    entry: Entry,
    /// and by who was told of the incident that they are, if they are one.
    incident: Option<Entry>,
    /// Who takes care of all that fires.
    acknowledged_by: Option<String>,
}

impl Turn {
    /// What this way knows once it was told.
    fn entry(&self, way: &Way) -> &Entry {
        let incident = self.incident.as_ref();
        let incident = incident.filter(|_| gathered::hears_of_incidents(way.kind));
        incident.unwrap_or(&self.entry)
    }
}

impl Machine {
    /// Flushes all groups that are due and says what was seen and decided.
    pub fn tick(&mut self, now: UnixNano) -> Vec<Flush> {
        let mut flushes = Vec::new();
        if now >= self.not_before {
            while let Some(group) = self.state.due_group(now) {
                flushes.extend(self.flush(group, now));
            }
        }
        self.collect(now);
        flushes
    }

    fn flush(&mut self, id: u64, now: UnixNano) -> Option<Flush> {
        let group = self.state.group(id)?;
        let route = *self.routing.by_path.get(&group.path)?;
        let options = &self.routing.tree.node(route).options;
        let members = group.alerts.iter();
        let members = members.filter_map(|fingerprint| self.state.alert(*fingerprint));
        let mut alerts: Vec<NotifiedAlert> =
            members.map(|alert| NotifiedAlert::at(alert, now)).collect();
        alerts.sort_by(NotifiedAlert::order);
        let (muted_by, muted) = self.muted_times(route, now);
        let mut seen: Vec<Seen> = alerts
            .iter()
            .map(|alert| Seen {
                alert: alert.fingerprint,
                status: alert.status,
                muted: self.muted(&alert.labels, muted.as_ref(), now),
            })
            .collect();
        let mut open = seen.iter().map(|seen| seen.muted.is_none());
        alerts.retain(|_| open.next().unwrap_or_default());
        let entry = entry(&alerts, options.repeat_interval.nanos(), now);
        let is_incident = self.routing.by_incident && gathered::is_incident(&group.labels, &alerts);
        let turn = Turn {
            id,
            route,
            group_key: group.key.clone(),
            labels: group.labels.clone(),
            incident: is_incident.then(|| gathered::entry(&alerts, &entry)),
            acknowledged_by: gathered::acknowledged_by(&alerts),
            entry,
            alerts,
        };
        let receiver = options.receiver.clone();
        let interval = options.group_interval.nanos();
        let path = group.path.clone();
        let next_at = UnixNano(now.0.saturating_add(interval));
        self.change(Change::Flushed {
            group: id,
            at: now,
            next_at,
            muted_by,
        });
        let told = self.tell(&turn, &receiver, now);
        self.leave_resolved(id);
        let more = seen.len().saturating_sub(SEEN_MAX);
        seen.truncate(SEEN_MAX);
        let flush = Flush {
            at: now,
            next_at,
            path,
            receiver,
            group_key: turn.group_key,
            seen,
            more,
            told,
        };
        let (group, hash) = (id, flush.hash());
        if self.state.group(id).and_then(|group| group.looked) != Some(hash) {
            self.change(Change::Looked { group, hash });
            for note in self.state.news(&flush) {
                self.note(note);
            }
        }
        Some(flush)
    }

    /// The names of the times that mute a route now, and what that means for its alerts.
    fn muted_times(&self, route: RouteId, now: UnixNano) -> (Vec<String>, Option<Muted>) {
        let options = &self.routing.tree.node(route).options;
        let active = &options.active_time_intervals;
        if !active.is_empty() && self.routing.holding(active, now).is_empty() {
            return (
                active.clone(),
                Some(Muted::OutsideActiveTimes(active.clone())),
            );
        }
        let holding = self.routing.holding(&options.mute_time_intervals, now);
        let muted = (!holding.is_empty()).then(|| Muted::InMuteTimes(holding.clone()));
        (holding, muted)
    }

    /// What mutes alerts of these labels now, wherever they go: inhibition, silences, or the times of all
    /// their routes.
    #[must_use]
    pub fn muted_now(&self, labels: &Labels, now: UnixNano) -> Option<Muted> {
        let routes = self.routing.tree.routes(labels).into_iter();
        let by_time = routes.map(|id| self.muted_times(id, now).1);
        let by_time = by_time.reduce(|a, b| a.and(b)).flatten();
        self.muted(labels, by_time.as_ref(), now)
    }

    /// What mutes an alert: inhibition, then the route's times, then silences.
    fn muted(&self, labels: &Labels, by_time: Option<&Muted>, now: UnixNano) -> Option<Muted> {
        let find = |fingerprint: Fingerprint| self.state.alert(fingerprint);
        if let Some(inhibited) = self.state.inhibitor().inhibits(labels, now, find) {
            return Some(Muted::Inhibited {
                rule: inhibited.rule,
                source: inhibited.source,
            });
        }
        if let Some(muted) = by_time {
            return Some(muted.clone());
        }
        let silences = self.state.silences().muting(labels, now);
        let ids: Vec<String> = silences.map(|silence| silence.id.clone()).collect();
        (!ids.is_empty()).then_some(Muted::Silenced(ids))
    }

    fn tell(&mut self, turn: &Turn, receiver: &str, now: UnixNano) -> Vec<Told> {
        if turn.alerts.is_empty() {
            return Vec::new();
        }
        let ways = self.routing.ways.get(receiver).cloned().unwrap_or_default();
        let told = ways.iter().map(|way| {
            let place = Place {
                group_key: turn.group_key.clone(),
                integration: Integration {
                    receiver: receiver.to_owned(),
                    kind: way.kind.to_owned(),
                    index: way.index,
                },
            };
            let known_at = self.state.known(&place).map(|known| known.at);
            let (reason, outcome) = self.decide(turn, way, &place, now);
            Told {
                integration: place.integration,
                reason,
                outcome,
                known_at,
            }
        });
        told.collect()
    }

    fn decide(
        &mut self,
        turn: &Turn,
        way: &Way,
        place: &Place,
        now: UnixNano,
    ) -> (Reason, Outcome) {
        let repeat = self.routing.tree.node(turn.route).options.repeat_interval;
        let entry = turn.entry(way);
        let needs = |known: Option<&Entry>| needs_update(known, entry, way.send_resolved, repeat);
        // What waits will arrive, so the receiver is as good as told of it.
        let outbox = self.state.outbox();
        let waiting = outbox.slot(place).map(|slot| {
            let last = slot.last();
            let id = last.notification.id.clone();
            let taken = slot.next.is_none() && outbox.is_on_the_way(&id);
            let says_all = slot.next.is_some() || within(&last.entry.firing, &entry.firing);
            (id, needs(Some(&last.entry)), !taken && says_all)
        });
        let mut reason = needs(self.state.known(place));
        let mut replaces = false;
        if let Some((id, after_it, may_replace)) = waiting {
            if !after_it.notifies() || after_it == Reason::Repeat {
                return (reason, Outcome::OnItsWay(id));
            }
            replaces = may_replace;
            if !(may_replace && reason.notifies()) {
                reason = after_it;
            }
        }
        if !reason.notifies() {
            return match turn.incident.is_some() && gathered::hears_of_incidents(way.kind) {
                true => (reason, Outcome::OnItsPage),
                false => (reason, Outcome::NothingNew),
            };
        }
        if let (Reason::Repeat, Some(who)) = (reason, &turn.acknowledged_by)
            && gathered::hears_of_incidents(way.kind)
        {
            return (reason, Outcome::Acknowledged(who.clone()));
        }
        if self.state.disabled().contains_key(&place.integration) {
            return (reason, Outcome::Disabled);
        }
        let wanted = |alert: &&NotifiedAlert| way.send_resolved || alert.status == Status::Firing;
        let alerts: Vec<NotifiedAlert> = turn.alerts.iter().filter(wanted).cloned().collect();
        if alerts.is_empty() {
            self.change(Change::Logged {
                place: place.clone(),
                entry: entry.clone(),
            });
            return (reason, Outcome::ResolvedUnwanted);
        }
        let route_labels = &self.routing.tree.node(turn.route).options.labels;
        let notification = message(turn, place, alerts, route_labels, reason, now);
        let id = notification.id.clone();
        self.change(Change::Queued {
            outgoing: Outgoing {
                notification,
                entry: entry.clone(),
                group: turn.id,
                attempts: 0,
                try_at: now,
                named: false,
            },
            replaces,
        });
        (reason, Outcome::Queued(id))
    }

    /// Once everybody knows, the alerts that were over at the last flush leave the group, unless they
    /// were heard of since.
    pub(super) fn leave_resolved(&mut self, id: u64) {
        let Some(group) = self.state.group(id) else {
            return;
        };
        let Some(at) = group
            .flushed_at
            .filter(|_| !self.state.outbox().holds_for(&group.key))
        else {
            return;
        };
        let over = |fingerprint: &&Fingerprint| {
            let alert = self.state.alert(**fingerprint);
            alert.is_none_or(|alert| alert.resolved_at(at) && alert.updated_at < at)
        };
        let alerts: Vec<Fingerprint> = group.alerts.iter().filter(over).copied().collect();
        if !alerts.is_empty() {
            self.change(Change::Left { group: id, alerts });
        }
    }
}

/// What a receiver knows once it has heard of these alerts.
fn entry(alerts: &[NotifiedAlert], repeat_nanos: i64, now: UnixNano) -> Entry {
    let of = |status: Status| {
        let alerts = alerts.iter().filter(|alert| alert.status == status);
        let mut all: Vec<Fingerprint> = alerts.map(|alert| alert.fingerprint).collect();
        all.sort_unstable();
        all
    };
    let kept = repeat_nanos.saturating_mul(2).min(RETENTION_NANOS);
    Entry {
        firing: of(Status::Firing),
        resolved: of(Status::Resolved),
        at: now,
        expires_at: UnixNano(now.0.saturating_add(kept)),
    }
}

fn message(
    turn: &Turn,
    place: &Place,
    alerts: Vec<NotifiedAlert>,
    route_labels: &Labels,
    reason: Reason,
    now: UnixNano,
) -> Notification {
    let common = |of: fn(&NotifiedAlert) -> &Labels| {
        let sets = alerts.iter().map(of);
        sets.cloned()
            .reduce(|a, b| a.common(&b))
            .unwrap_or_default()
    };
    let firing = alerts.iter().any(|alert| alert.status == Status::Firing);
    Notification {
        id: id(place, now),
        integration: place.integration.clone(),
        at: now,
        reason,
        status: if firing {
            Status::Firing
        } else {
            Status::Resolved
        },
        group_key: turn.group_key.clone(),
        group_labels: turn.labels.clone(),
        common_labels: common(|alert| &alert.labels),
        common_annotations: common(|alert| &alert.annotations),
        route_labels: route_labels.clone(),
        alerts,
    }
}

/// Made of what the message is about, so that deciding it once more gives the same: `ntf_` and 128 bits.
fn id(place: &Place, now: UnixNano) -> String {
    let text = format!("{}\0{}\0{}", place.group_key, place.integration, now.0);
    let hash = Sha256::digest(text.as_bytes());
    format!("ntf_{}", hex::encode(&hash[..16]))
}
