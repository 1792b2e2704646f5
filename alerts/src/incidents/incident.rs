//! An incident: what its events come to.

use std::collections::{BTreeMap, BTreeSet};

use store::incidents::Head;
use store::model::{Severity, UnixNano};

use super::MEMBERS_MAX;
use super::event::{Event, Member, What};

/// Where an incident stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Nobody takes care yet.
    Open,
    /// Somebody does.
    Acknowledged,
    /// It is over.
    Resolved,
    /// It is part of another.
    Merged,
}

impl State {
    /// The word of the table and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
            Self::Merged => "merged",
        }
    }

    /// Whether it may still need somebody.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Acknowledged)
    }
}

/// The sum of an incident's events.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// `inc_` and 16 hexadecimal digits, for life.
    pub id: String,
    /// Where it stands.
    pub state: State,
    /// Where its cause is.
    pub place: String,
    /// Its findings, by id.
    pub members: BTreeMap<String, Member>,
    /// Findings that a person put here.
    pub pinned: BTreeSet<String>,
    /// Incidents that a person keeps apart from this one.
    pub apart: BTreeSet<String>,
    /// Incidents that became part of it.
    pub absorbed: BTreeSet<String>,
    /// What it became part of.
    pub merged_into: Option<String>,
    /// Whose it is; may be empty.
    pub assignee: String,
    /// When it began to be known.
    pub opened_at: UnixNano,
    /// When somebody took it, first.
    pub acknowledged_at: Option<UnixNano>,
    /// How bad it was when somebody took it, last.
    pub acknowledged_severity: Option<Severity>,
    /// When nothing of it held any more, last.
    pub restored_at: Option<UnixNano>,
    /// When it was closed.
    pub resolved_at: Option<UnixNano>,
    /// Whether a person closed it.
    pub resolved_by_hand: bool,
    /// Until when nobody is told.
    pub snoozed_until: Option<UnixNano>,
    /// The worst that any member ever was.
    pub severity: Severity,
    /// Its last event.
    pub changed_at: UnixNano,
    /// How many events these are.
    pub revision: u64,
}

impl Incident {
    pub(super) fn new(id: &str, at: UnixNano) -> Self {
        Self {
            id: id.to_owned(),
            state: State::Open,
            place: String::new(),
            members: BTreeMap::new(),
            pinned: BTreeSet::new(),
            apart: BTreeSet::new(),
            absorbed: BTreeSet::new(),
            merged_into: None,
            assignee: String::new(),
            opened_at: at,
            acknowledged_at: None,
            acknowledged_severity: None,
            restored_at: None,
            resolved_at: None,
            resolved_by_hand: false,
            snoozed_until: None,
            severity: Severity::Info,
            changed_at: at,
            revision: 0,
        }
    }

    /// The sum of events in their order, all of one incident; nothing of none.
    #[must_use]
    pub fn of(events: &[Event]) -> Option<Self> {
        let first = events.first()?;
        let mut incident = Self::new(&first.incident, first.at);
        events.iter().for_each(|event| incident.add(event));
        Some(incident)
    }

    pub(super) fn add(&mut self, event: &Event) {
        self.revision += 1;
        self.changed_at = self.changed_at.max(event.at);
        match &event.what {
            What::Opened { place } | What::Blamed { place } => self.place.clone_from(place),
            What::Joined(member) | What::Updated(member) => {
                self.severity = self.severity.max(member.severity);
                self.members.insert(member.finding.clone(), member.clone());
                if member.ended_at.is_none() && matches!(event.what, What::Joined(_)) {
                    self.restored_at = None;
                }
            }
            What::Left { findings, .. } => findings.iter().for_each(|finding| {
                self.members.remove(finding);
                self.pinned.remove(finding);
            }),
            What::Pinned { findings } => self.pinned.extend(findings.iter().cloned()),
            What::Apart { incident } => {
                self.apart.insert(incident.clone());
            }
            What::Absorbed { incident, .. } => {
                self.absorbed.insert(incident.clone());
            }
            What::Merged { into, .. } => {
                self.merged_into = Some(into.clone());
                self.state = State::Merged;
            }
            What::Assigned { to } => self.assignee.clone_from(to),
            What::Snoozed { until } => self.snoozed_until = Some(*until),
            What::Woken => self.snoozed_until = None,
            What::Restored => self.restored_at = Some(event.at),
            What::Acknowledged | What::Resolved | What::Reopened { .. } => self.step(event),
            What::Commented { .. } | What::Told(_) | What::Runbook(_) => {}
        }
    }

    /// Its way through life.
    fn step(&mut self, event: &Event) {
        if self.state == State::Merged {
            return;
        }
        match event.what {
            What::Acknowledged => {
                self.acknowledged_at.get_or_insert(event.at);
                self.acknowledged_severity = Some(self.severity);
                if self.state == State::Open {
                    self.state = State::Acknowledged;
                }
                if self.assignee.is_empty() {
                    self.assignee.clone_from(&event.by);
                }
            }
            What::Resolved => {
                self.state = State::Resolved;
                self.resolved_at = Some(event.at);
                self.resolved_by_hand = !event.by.is_empty();
                self.restored_at.get_or_insert(event.at);
            }
            _ => {
                self.state = State::Open;
                self.resolved_at = None;
                self.restored_at = None;
                self.resolved_by_hand = false;
            }
        }
    }

    /// Who takes care of it as bad as it is: whoever acknowledged it when it was less bad may not know.
    #[must_use]
    pub fn cared_for_by(&self) -> Option<&str> {
        let knows = self.acknowledged_severity >= Some(self.severity);
        let who = match self.assignee.as_str() {
            "" => "somebody",
            name => name,
        };
        (self.state == State::Acknowledged && knows).then_some(who)
    }

    /// The finding that says what is the matter: at the place of the cause, the worst, then the earliest.
    #[must_use]
    pub fn root(&self) -> Option<&Member> {
        let key = |member: &Member| {
            (
                member.place != self.place,
                std::cmp::Reverse(member.severity),
                member.began_at,
                member.finding.clone(),
            )
        };
        self.members.values().min_by_key(|member| key(member))
    }

    /// What it is called: its cause's own words, or the place that calls fail at.
    #[must_use]
    pub fn title(&self) -> String {
        match self.root() {
            None => format!("trouble at {}", self.place),
            Some(root) if root.place == self.place || root.way.is_empty() => root.title.clone(),
            Some(root) => format!("{} ({})", name_of(&self.place), root.title),
        }
    }

    /// What messages call it: short, and without figures that change every minute.
    #[must_use]
    pub fn headline(&self) -> String {
        let kind = self.root().map_or("trouble", |root| root.kind.as_str());
        format!("{kind} at {}", name_of(&self.place))
    }

    /// Members that still hold.
    pub fn open_members(&self) -> impl Iterator<Item = &Member> {
        self.members
            .values()
            .filter(|member| member.ended_at.is_none())
    }

    /// Whether it takes no more findings.
    pub(super) fn is_full(&self) -> bool {
        self.members.len() >= MEMBERS_MAX
    }

    /// Ids of functions that suffer.
    #[must_use]
    pub fn functions(&self) -> BTreeSet<&str> {
        let places = self.members.values().map(|member| member.place.as_str());
        places
            .filter(|place| place.splitn(4, ':').count() == 4)
            .collect()
    }

    /// As it is listed.
    #[must_use]
    pub fn head(&self) -> Head {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Head {
            id: self.id.clone(),
            revision: self.revision,
            state: self.state.as_str().to_owned(),
            severity: self.severity.as_str().to_owned(),
            title: self.title(),
            place: self.place.clone(),
            assignee: self.assignee.clone(),
            members: count(self.members.len()),
            members_open: count(self.open_members().count()),
            functions: self.functions().into_iter().map(str::to_owned).collect(),
            merged_into: self.merged_into.clone().unwrap_or_default(),
            opened_ms: self.opened_at.as_millis(),
            acknowledged_ms: self.acknowledged_at.map(UnixNano::as_millis),
            restored_ms: self.restored_at.map(UnixNano::as_millis),
            resolved_ms: self.resolved_at.map(UnixNano::as_millis),
            snoozed_ms: self.snoozed_until.map(UnixNano::as_millis),
            changed_ms: self.changed_at.as_millis(),
        }
    }
}

/// A place as people call it: the function's own name, the peer's host.
#[must_use]
pub fn name_of(place: &str) -> &str {
    match place.splitn(4, ':').nth(3) {
        Some(name) => name,
        None => place.split_once(':').map_or(place, |(_, name)| name),
    }
}
