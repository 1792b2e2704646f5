//! Which alerts and silences a request wants to see.

use regex::Regex;
use store::model::UnixNano;

use super::Refusal;
use super::query::Query;
use super::shapes::{AlertStatus, GettableAlert, ReceiverName};
use crate::dispatch::Machine;
use crate::matchers::{Matcher, Operator};
use crate::model::Alert;

/// The common part of `/alerts` and `/alerts/groups`.
#[derive(Debug)]
pub(super) struct Filter {
    matchers: Vec<Matcher>,
    receiver: Option<Regex>,
    active: bool,
    silenced: bool,
    inhibited: bool,
    /// Whether groups that a time interval mutes are wanted.
    pub muted: bool,
}

impl Filter {
    pub fn read(query: &Query) -> Result<Self, Refusal> {
        // Whatever is asked for is processed here, so none is left out for it; but it must be a flag.
        query.flag("unprocessed")?;
        Ok(Self {
            matchers: query.filters()?,
            receiver: query.receiver()?,
            active: query.flag("active")?,
            silenced: query.flag("silenced")?,
            inhibited: query.flag("inhibited")?,
            muted: query.flag("muted")?,
        })
    }

    pub fn wants_receiver(&self, name: &str) -> bool {
        let receiver = self.receiver.as_ref();
        receiver.is_none_or(|receiver| receiver.is_match(name))
    }

    /// The alert as it is shown, if it is wanted. `muted_by` are time intervals.
    pub fn shown(
        &self,
        machine: &Machine,
        alert: &Alert,
        muted_by: &[String],
        now: UnixNano,
    ) -> Option<GettableAlert> {
        if alert.ends_at < now || !satisfied(&self.matchers, |name| alert.labels.get(name)) {
            return None;
        }
        let status = status(machine, alert, muted_by, now);
        let unwanted = (!self.active && status.state == "active")
            || (!self.silenced && !status.silenced_by.is_empty())
            || (!self.inhibited && !status.inhibited_by.is_empty());
        if unwanted {
            return None;
        }
        let tree = &machine.routing().tree;
        let routes = tree.routes(&alert.labels).into_iter();
        let receivers = routes.map(|id| tree.node(id).options.receiver.clone());
        let receivers: Vec<String> = receivers.collect();
        if !receivers.iter().any(|name| self.wants_receiver(name)) {
            return None;
        }
        let names = receivers.into_iter().map(|name| ReceiverName { name });
        Some(GettableAlert::new(alert, status, names.collect()))
    }
}

fn status(machine: &Machine, alert: &Alert, muted_by: &[String], now: UnixNano) -> AlertStatus {
    let state = machine.state();
    let find = |fingerprint| state.alert(fingerprint);
    let inhibited = state.inhibitor().inhibits(&alert.labels, now, find);
    let silences = state.silences().muting(&alert.labels, now);
    let silenced_by: Vec<String> = silences.map(|silence| silence.id.clone()).collect();
    let suppressed = inhibited.is_some() || !silenced_by.is_empty() || !muted_by.is_empty();
    AlertStatus {
        inhibited_by: inhibited
            .map(|by| by.source.to_string())
            .into_iter()
            .collect(),
        muted_by: muted_by.to_vec(),
        silenced_by,
        state: if suppressed { "suppressed" } else { "active" },
    }
}

/// Whether texts by name satisfy the matchers of a filter. That a name is absent and that it is empty are
/// two things to a filter whose value is empty.
pub(super) fn satisfied<'a>(matchers: &[Matcher], value: impl Fn(&str) -> Option<&'a str>) -> bool {
    matchers.iter().all(|matcher| {
        let found = value(&matcher.name);
        let matches = matcher.matches(found.unwrap_or_default());
        match matcher.op {
            Operator::NotEqual | Operator::NotMatches => {
                (matcher.value.is_empty() && found.is_some()) || matches
            }
            Operator::Equal | Operator::Matches => {
                (matcher.value.is_empty() && found.is_none()) || matches
            }
        }
    })
}
