//! `GET /api/v2/alerts/groups`.

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::filter::Filter;
use super::query::Query;
use super::shapes::{GettableAlert, Group, ReceiverName};
use super::{Refusal, answer};
use crate::dispatch::{self, Machine};
use crate::run::Handle;

pub(super) async fn list(State(handle): State<Handle>, RawQuery(query): RawQuery) -> Response {
    answer(wanted(handle, query.as_deref()).await)
}

async fn wanted(handle: Handle, query: Option<&str>) -> Result<Vec<Group>, Refusal> {
    let filter = Filter::read(&Query::read(query)?)?;
    let groups = handle.look(move |desk, now| {
        let machine = &desk.machine;
        let groups = machine.state().groups().filter_map(|(_, group)| {
            let receiver = receiver(machine, group).filter(|name| filter.wants_receiver(name))?;
            if !filter.muted && !group.muted_by.is_empty() {
                return None;
            }
            let alerts = group.alerts.iter();
            let alerts = alerts.filter_map(|fingerprint| machine.state().alert(*fingerprint));
            let shown =
                alerts.filter_map(|alert| filter.shown(machine, alert, &group.muted_by, now));
            let alerts: Vec<GettableAlert> = shown.collect();
            (!alerts.is_empty()).then_some(Group {
                alerts,
                labels: group.labels.clone(),
                receiver: ReceiverName { name: receiver },
            })
        });
        let mut groups: Vec<Group> = groups.collect();
        groups.sort_by(|a, b| {
            let by_labels = a.labels.order(&b.labels);
            by_labels.then_with(|| a.receiver.name.cmp(&b.receiver.name))
        });
        groups
    });
    Ok(groups.await?)
}

fn receiver(machine: &Machine, group: &dispatch::Group) -> Option<String> {
    let routing = machine.routing();
    let route = routing.by_path.get(&group.path)?;
    Some(routing.tree.node(*route).options.receiver.clone())
}
