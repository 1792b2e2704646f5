//! Alertmanager's time and words, played with a simulated clock. Times are seconds.

use std::collections::{BTreeMap, VecDeque};

use store::model::UnixNano;

use super::*;
use crate::config::Config;
use crate::model::{Alert, Labels, Notification, Reason, Status};

mod durable;
mod gathered;
mod muting;
mod receivers;
mod timing;

/// A machine, a clock, and receivers that answer as told.
struct World {
    machine: Machine,
    now: UnixNano,
    /// What arrived, and when.
    arrived: Vec<(i64, Notification)>,
    /// What receivers answer, by receiver; those who are not told to answer anything take it.
    answers: BTreeMap<&'static str, VecDeque<Answer>>,
    /// Everything that was written down.
    journal: Vec<Change>,
    flushes: Vec<Flush>,
}

#[derive(Clone, Copy)]
enum Answer {
    /// Not now: try again after some seconds.
    Later(i64),
    /// Never.
    Never,
    /// Nothing: the message stays on its way.
    Nothing,
}

fn at(secs: i64) -> UnixNano {
    UnixNano::from_secs(secs)
}

fn routing(yaml: &str) -> Routing {
    Routing::new(&Config::parse(yaml).unwrap_or_else(|fault| panic!("{fault}")))
}

impl World {
    fn new(yaml: &str) -> Self {
        let machine = Machine::new(routing(yaml), State::default(), at(0), at(0));
        Self::of(machine, 0)
    }

    fn of(machine: Machine, now: i64) -> Self {
        Self {
            machine,
            now: at(now),
            arrived: Vec::new(),
            answers: BTreeMap::new(),
            journal: Vec::new(),
            flushes: Vec::new(),
        }
    }

    /// A machine that knows only what was written down, and that written anew.
    fn after_a_crash(&mut self, yaml: &str) -> Self {
        self.journal.extend(self.machine.take_changes());
        let mut state = State::default();
        self.journal.iter().for_each(|change| state.apply(change));
        let mut anew = State::default();
        state.changes().for_each(|change| anew.apply(&change));
        let state = anew;
        let mut world = Self::of(
            Machine::new(routing(yaml), state, self.now, self.now),
            self.now.as_secs(),
        );
        world.journal = self.journal.clone();
        world
    }

    /// Lets time pass; everything happens in its order.
    fn run(&mut self, until: i64) {
        loop {
            self.flushes.extend(self.machine.tick(self.now));
            for message in self.machine.due(self.now) {
                self.send(message);
            }
            self.journal.extend(self.machine.take_changes());
            match self.machine.next_at() {
                Some(next) if next <= at(until) => self.now = self.now.max(next),
                _ => break,
            }
        }
        self.now = at(until);
    }

    fn send(&mut self, message: Notification) {
        let receiver = message.integration.receiver.as_str();
        let answers = self.answers.get_mut(receiver);
        let (id, now) = (message.id.clone(), self.now);
        match answers.and_then(VecDeque::pop_front) {
            None => {
                self.arrived.push((now.as_secs(), message));
                self.machine.sent(&id, now);
            }
            Some(Answer::Later(secs)) => {
                let retry_at = at(now.as_secs() + secs);
                self.machine.failed(&id, "503", retry_at, false);
            }
            Some(Answer::Never) => self.machine.died(&id, "404", now),
            Some(Answer::Nothing) => {}
        }
    }

    /// An alert at this instant, by `name=value` words; it fires for an hour unless told otherwise.
    fn fire(&mut self, now: i64, words: &str) {
        self.post(now, words, now, now + 3_600);
    }

    fn resolve(&mut self, now: i64, words: &str) {
        self.post(now, words, now - 1, now);
    }

    fn post(&mut self, now: i64, words: &str, starts: i64, ends: i64) {
        self.run(now);
        let labels: Labels = words
            .split_whitespace()
            .filter_map(|w| w.split_once('='))
            .collect();
        let alert = Alert {
            fingerprint: labels.fingerprint(),
            labels,
            annotations: Labels::default(),
            starts_at: at(starts),
            ends_at: at(ends),
            generator_url: String::new(),
            updated_at: at(now),
            timeout: false,
        };
        self.machine.post(vec![alert], at(now)).expect("taken");
    }

    /// `time receiver reason: firing… / resolved…` of what arrived, by the label `n`.
    fn told(&self) -> Vec<String> {
        let line = |(at, message): &(i64, Notification)| {
            let names = |status: Status| {
                let alerts = message.alerts.iter().filter(|alert| alert.status == status);
                alerts
                    .map(|alert| alert.labels.value("n"))
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            format!(
                "{at} {} {}: {} / {}",
                message.integration.receiver,
                message.reason,
                names(Status::Firing),
                names(Status::Resolved)
            )
        };
        self.arrived.iter().map(line).collect()
    }
}

/// One receiver, quick.
const ONE: &str = "
receivers: [{name: a, webhook_configs: [{url: 'http://x/'}]}]
route: {receiver: a, group_wait: 10s, group_interval: 60s, repeat_interval: 3m}
";
