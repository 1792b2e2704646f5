//! What people would be told of findings, through the real machine: each by itself, and by incident.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use alerts::config::Config;
use alerts::dispatch::{Machine, Routing, State as Alerting};
use alerts::findings::news;
use alerts::incidents::{Book, Homes, Member, Signal, Topology};
use alerts::model::{Labels, Notification, NotifiedAlert};
use store::model::finding::State;
use store::model::{Finding, UnixNano};

/// One receiver that wants to hear of everything, at the documented default times.
const FILE: &str = "
receivers: [{name: team, webhook_configs: [{url: 'http://127.0.0.1:9/'}]}]
route: {receiver: team, group_by: [alertname, function]}
";
/// The machine is asked so often, s.
const TICK_S: i64 = 5;
const HOUR_MS: i64 = 3_600_000;

/// Where a finding was put, last.
#[derive(Clone)]
pub struct Home {
    pub incident: String,
    pub member: Member,
}

/// Both ways of telling.
pub struct Telling {
    book: Book,
    homes: HashMap<String, Home>,
    alone: Line,
    gathered: Line,
    at_s: i64,
}

struct Line {
    machine: Machine,
    /// How many messages for each reason.
    messages: BTreeMap<String, usize>,
    /// Each in a line.
    lines: Vec<String>,
}

impl Line {
    fn new(by_incident: bool) -> Self {
        let mut routing = Routing::new(&Config::parse(FILE).expect("sound"));
        routing.by_incident = by_incident;
        let now = UnixNano(0);
        Self {
            machine: Machine::new(routing, Alerting::default(), now, now),
            messages: BTreeMap::new(),
            lines: Vec::new(),
        }
    }

    fn tell(&mut self, found: &[Finding], homes: &Homes, now: UnixNano) {
        let alerts = news(found, homes, &self.machine, "http://here", now);
        self.machine.post(alerts, now).expect("room");
    }

    fn tick(&mut self, now: UnixNano) {
        self.machine.tick(now);
        for message in self.machine.due(now) {
            *self.messages.entry(message.reason.to_string()).or_default() += 1;
            self.lines.push(line(&message));
            self.machine.sent(&message.id, now);
        }
    }
}

/// When, which incident, why, and what the receiver sees.
fn line(message: &Notification) -> String {
    let values = |of: fn(&NotifiedAlert) -> &Labels, name: &str| {
        let firing = message.alerts.iter().filter(|a| a.ends_at.is_none());
        let values: BTreeSet<&str> = firing.map(|alert| of(alert).value(name)).collect();
        values.into_iter().collect::<Vec<_>>().join(" ")
    };
    format!(
        "{:>5} {} {}: {} of {}",
        message.at.as_secs() / 60 % 1_440,
        message.group_labels.value("incident"),
        message.reason,
        values(|alert| &alert.labels, "severity"),
        values(|alert| &alert.annotations, "cause"),
    )
}

impl Telling {
    pub fn new() -> Self {
        Self {
            book: Book::default(),
            homes: HashMap::new(),
            alone: Line::new(false),
            gathered: Line::new(true),
            at_s: 0,
        }
    }

    /// A turn at `now`, with findings as they are.
    pub fn turn(&mut self, all: &BTreeMap<String, Finding>, topology: &Topology, now: UnixNano) {
        let recent = |finding: &&Finding| match finding.state {
            State::Open => true,
            State::Closed => {
                let closed = finding.closed_at.unwrap_or(finding.updated_at);
                now.as_millis() - closed.as_millis() < HOUR_MS
            }
            _ => false,
        };
        let found: Vec<Finding> = all.values().filter(recent).cloned().collect();
        let signals: Vec<Signal> = found.iter().map(Signal::of).collect();
        for event in self.book.step(&signals, topology, now) {
            self.book.add(&event);
        }
        for incident in self.book.incidents() {
            for (finding, member) in &incident.members {
                let home = Home {
                    incident: incident.id.clone(),
                    member: member.clone(),
                };
                self.homes.insert(finding.clone(), home);
            }
        }
        let homes = self.book.homes();
        self.alone.tell(&found, &Homes::new(), now);
        self.gathered.tell(&found, &homes, now);
        self.book.forget(now);
        let from_s = self.at_s.max(now.as_secs() - 60);
        for at_s in (from_s..now.as_secs() + 60).step_by(TICK_S as usize) {
            self.alone.tick(UnixNano::from_secs(at_s));
            self.gathered.tick(UnixNano::from_secs(at_s));
        }
        self.at_s = now.as_secs() + 60;
    }

    /// The incident of each finding, and the messages of both ways.
    pub fn ended(
        self,
    ) -> (
        HashMap<String, Home>,
        usize,
        BTreeMap<String, usize>,
        Vec<String>,
    ) {
        let alone = self.alone.messages.values().sum();
        let Line {
            messages, lines, ..
        } = self.gathered;
        (self.homes, alone, messages, lines)
    }
}
