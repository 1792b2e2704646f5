//! Alerts come in.

use std::sync::Arc;

use store::model::UnixNano;

use super::{Change, Machine, Routing, merged};
use crate::inhibit::Inhibitor;
use crate::model::{Alert, Fingerprint};
use crate::route::RouteId;

/// Most alerts that are kept at a time.
pub const ALERTS_MAX: usize = 200_000;
/// Longest texts of all of them together, bytes; [`ALERTS_MAX`] of 2 KB each, which is much, reach 400 MB.
/// A message that names all of them still fits a record of the journal, however it is escaped.
pub const ALERTS_BYTES_MAX: usize = 512 << 20;

/// More alerts than are kept; none of the batch was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "more than {ALERTS_MAX} alerts or {ALERTS_BYTES_MAX} bytes of them at a time; send them again when some are resolved, or group them at the source"
)]
pub struct TooMany;

impl Machine {
    /// Takes alerts that were validated: all of them or, beyond the limit, none.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn post(&mut self, alerts: Vec<Alert>, now: UnixNano) -> Result<(), TooMany> {
        let known = |alert: &&Alert| self.state.alert(alert.fingerprint).is_some();
        let room = ALERTS_MAX.saturating_sub(self.state.alerts().len());
        if alerts.len() > room && alerts.iter().filter(|alert| !known(alert)).count() > room {
            return Err(TooMany);
        }
        let bytes: usize = alerts.iter().map(Alert::bytes).sum();
        if self.state.alert_bytes().saturating_add(bytes) > ALERTS_BYTES_MAX {
            return Err(TooMany);
        }
        for alert in alerts {
            let known = self.state.alert(alert.fingerprint);
            let alert = merged(known, alert, now);
            let fingerprint = alert.fingerprint;
            self.change(Change::AlertPut(alert));
            self.settle_in(fingerprint, now);
        }
        self.collect(now);
        Ok(())
    }

    /// Lets an alert join the groups it belongs to, opening those that are not there.
    fn settle_in(&mut self, fingerprint: Fingerprint, now: UnixNano) {
        let Some(held) = self.state.held(fingerprint) else {
            return;
        };
        if held.settled {
            return; // its labels are the same, so are its routes
        }
        for route in self.routing.tree.routes(&held.alert.labels) {
            self.join(route, fingerprint, now);
        }
        self.state.set_settled(fingerprint);
    }

    fn join(&mut self, route: RouteId, fingerprint: Fingerprint, now: UnixNano) {
        let Some(held) = self.state.held(fingerprint) else {
            return;
        };
        let node = self.routing.tree.node(route);
        let labels = self.routing.group_labels(route, &held.alert.labels);
        let group = match self.state.group_at(&node.path, &labels) {
            Some(group) if held.groups.contains(&group) => return,
            Some(group) => group,
            None => {
                let group = self.state.next_group();
                let wait = node.options.group_wait.nanos();
                let old_enough = node.options.waited(held.alert.starts_at, now);
                let wait = if old_enough { 0 } else { wait };
                let opened = Change::GroupOpened {
                    group,
                    path: node.path.clone(),
                    key: self.routing.tree.group_key(route, &labels),
                    labels,
                    next_at: UnixNano(now.0.saturating_add(wait)),
                };
                self.change(opened);
                group
            }
        };
        self.change(Change::Joined {
            group,
            alert: fingerprint,
        });
    }

    /// A crash within a large batch may leave a group that nobody has joined yet.
    fn end_empty_groups(&mut self) {
        let groups = self.state.groups();
        let empty = groups.filter(|(_, group)| group.alerts.is_empty());
        for group in empty.map(|(id, _)| id).collect::<Vec<u64>>() {
            let alerts = Vec::new();
            self.change(Change::Left { group, alerts });
        }
    }

    /// Goes on under another configuration: alerts move to the groups it gives them. A group that is
    /// the same in both keeps its time, and what receivers know is kept, so nobody hears the same again.
    pub fn reload(&mut self, routing: Routing, now: UnixNano) {
        self.routing = Arc::new(routing);
        let mut inhibitor = Inhibitor::new(&self.routing.inhibit_rules);
        for held in self.state.alerts().values() {
            inhibitor.add(&held.alert);
        }
        self.state.set_inhibitor(inhibitor);
        // Those in no group are over and told of; one that fires is what a crash left of a large batch.
        let alerts = self.state.alerts().iter();
        let alerts =
            alerts.filter(|(_, held)| !held.groups.is_empty() || !held.alert.resolved_at(now));
        let mut moving: Vec<Fingerprint> = alerts.map(|(fingerprint, _)| *fingerprint).collect();
        moving.sort_unstable();
        self.end_empty_groups();
        for fingerprint in moving {
            let Some(held) = self.state.held(fingerprint) else {
                continue;
            };
            let labels = &held.alert.labels;
            let routes = self.routing.tree.routes(labels);
            let belongs = |group: &u64| {
                routes.iter().any(|route| {
                    let path = &self.routing.tree.node(*route).path;
                    let shared = self.routing.group_labels(*route, labels);
                    self.state.group_at(path, &shared) == Some(*group)
                })
            };
            let stale = held.groups.iter().copied().filter(|group| !belongs(group));
            let stale: Vec<u64> = stale.collect();
            for route in routes {
                self.join(route, fingerprint, now);
            }
            for group in stale {
                let alerts = vec![fingerprint];
                self.change(Change::Left { group, alerts });
            }
            self.state.set_settled(fingerprint);
        }
    }
}
