//! Whom a finding blames: from where it was seen along the calls that explain it, to where they end.
//!
//! A step is taken only where it explains at least half of what departs from the hour before: of failed
//! invocations, those that had a failed call to one and the same place; of longer invocations, the time
//! they waited for it longer; of more or fewer invocations, those of one caller.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::signal::{Family, Signal};
use super::topology::{Flow, Stretch, Topology};

/// Steps of a walk at most: chains of functions are short, and each step weakens what is said.
const STEPS_MAX: usize = 4;
/// A step explains at least this part.
const EXPLAINS: f64 = 0.5;
/// And rests on at least so many failed calls.
const FAILED_MIN: f64 = 3.0;
/// Least departure that is followed: times, of durations and of invocations.
const DEPARTS: f64 = 1.3;
/// What is looked at begins so long before the onset, s: its minute may have begun well.
const EARLIER_S: i64 = 60;
/// And ends so long after it, s,
const LATER_S: i64 = 600;
/// or so long after the finding was certain: a detector may say too early when it began, never when it
/// saw it.
const CERTAIN_S: i64 = 180;
/// What is looked at is at most so long, s: of what grew for hours, the end.
const LOOKED_AT_S: i64 = 3_600;
/// What is usual is so long before, s.
const USUAL_S: i64 = 3_600;

/// A step from one place to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hop {
    /// From where.
    pub from: String,
    /// To where.
    pub to: String,
    /// Why, in words: a part of a sentence that begins with `from`.
    pub why: String,
}

/// Whom a finding blames.
#[derive(Clone, Debug, PartialEq)]
pub struct Blame {
    /// The place at the end.
    pub place: String,
    /// The way there.
    pub way: Vec<Hop>,
}

#[derive(Clone, Copy)]
enum Follows {
    Failures,
    Delays,
    Load,
}

/// Whom a finding blames; its own place where no call explains it.
#[must_use]
pub fn blame(signal: &Signal, topology: &Topology) -> Blame {
    let ways: &[Follows] = match signal.family() {
        Family::Failure => &[Follows::Failures, Follows::Delays],
        Family::Delay => &[Follows::Delays, Follows::Failures],
        Family::Load => &[Follows::Load],
        Family::Money => &[Follows::Delays, Follows::Failures, Follows::Load],
        Family::Own => &[],
    };
    let walk = Walk::new(topology, signal);
    let mut walks = ways
        .iter()
        .map(|follows| walk.from(&signal.place, *follows));
    walks.find(|way| !way.is_empty()).map_or_else(
        || Blame {
            place: signal.place.clone(),
            way: Vec::new(),
        },
        |way| Blame {
            place: way.last().map_or_else(String::new, |hop| hop.to.clone()),
            way,
        },
    )
}

struct Walk<'a> {
    topology: &'a Topology,
    now: Stretch,
    usual: Stretch,
}

impl<'a> Walk<'a> {
    fn new(topology: &'a Topology, signal: &Signal) -> Self {
        let onset_s = signal.began_at.as_secs();
        let end = (onset_s + LATER_S).max(signal.detected_at.as_secs() + CERTAIN_S);
        let begin = (onset_s - EARLIER_S).max(end - LOOKED_AT_S);
        Self {
            topology,
            now: begin..end,
            usual: begin - USUAL_S..begin,
        }
    }

    fn from(&self, place: &str, follows: Follows) -> Vec<Hop> {
        let mut way: Vec<Hop> = Vec::new();
        let mut at = place.to_owned();
        while way.len() < STEPS_MAX {
            let step = match follows {
                Follows::Failures => self.failures(&at),
                Follows::Delays => self.delays(&at),
                Follows::Load => self.load(&at),
            };
            let Some(hop) = step else { break };
            let seen = hop.to == place || way.iter().any(|before| before.to == hop.to);
            if seen {
                break; // a circle has no end to blame
            }
            at.clone_from(&hop.to);
            way.push(hop);
        }
        way
    }

    fn usual_of(&self, all: &[(String, Flow)], name: &str) -> Flow {
        let known = all.iter().find(|(other, _)| other == name);
        known.map(|(_, flow)| *flow).unwrap_or_default()
    }

    /// The callee whose failed calls the failed invocations had.
    fn failures(&self, at: &str) -> Option<Hop> {
        let (runs, usual) = (
            self.topology.runs(at, &self.now),
            self.topology.runs(at, &self.usual),
        );
        let expected = usual.failed / usual.calls.max(1e-9) * runs.calls;
        let more = runs.failed - expected;
        if more <= 0.0 {
            return None;
        }
        let before = self.topology.called_by(at, &self.usual);
        let minutes = (self.now.end - self.now.start) as f64 / 60.0;
        let explained = |(to, flow): &(String, Flow)| {
            let known = self.usual_of(&before, to);
            let expected = known.both / known.calls.max(1e-9) * flow.calls;
            ((flow.both - expected) / more, flow.failed * minutes)
        };
        let called = self.topology.called_by(at, &self.now);
        let (to, part) = called
            .iter()
            .map(|called| (&called.0, explained(called)))
            .filter(|(_, (part, failed))| *part >= EXPLAINS && *failed >= FAILED_MIN)
            .map(|(to, (part, _))| (to, part))
            .max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| b.0.cmp(a.0)))?;
        Some(Hop {
            from: at.to_owned(),
            to: to.clone(),
            why: format!("{} of its failures had a failed call to it", percent(part)),
        })
    }

    /// The callee that the longer invocations waited for.
    fn delays(&self, at: &str) -> Option<Hop> {
        let (runs, usual) = (
            self.topology.runs(at, &self.now),
            self.topology.runs(at, &self.usual),
        );
        let mean = |flow: &Flow, runs: &Flow| flow.duration_ms / runs.calls.max(1e-9);
        let (took, takes) = (mean(&runs, &runs), mean(&usual, &usual));
        if usual.calls <= 0.0 || took < takes * DEPARTS {
            return None;
        }
        let before = self.topology.called_by(at, &self.usual);
        let longer = |(to, flow): &(String, Flow)| {
            let waited = mean(flow, &runs) - mean(&self.usual_of(&before, to), &usual);
            waited / (took - takes)
        };
        let called = self.topology.called_by(at, &self.now);
        let (to, part) = called
            .iter()
            .map(|called| (&called.0, longer(called)))
            .filter(|(_, part)| *part >= EXPLAINS)
            .max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| b.0.cmp(a.0)))?;
        Some(Hop {
            from: at.to_owned(),
            to: to.clone(),
            why: format!("{} of its delay was spent waiting for it", percent(part)),
        })
    }

    /// The caller that calls more or less than usual.
    fn load(&self, at: &str) -> Option<Hop> {
        let before = self.topology.callers_of(at, &self.usual);
        let now = self.topology.callers_of(at, &self.now);
        let sum = |flows: &[(String, Flow)]| flows.iter().map(|(_, f)| f.calls).sum::<f64>();
        let runs = |window| match self.topology.runs(at, window).calls {
            // A queue runs nothing; what comes in is what there is of it.
            0.0 if at.starts_with("queue:") => sum(&self.topology.callers_of(at, window)),
            calls => calls,
        };
        let (is, was) = (runs(&self.now), runs(&self.usual));
        let change = is - was;
        if was <= 0.0 || (is < was * DEPARTS && is * DEPARTS > was) {
            return None;
        }
        let moved = |from: &str| {
            (self.usual_of(&now, from).calls - self.usual_of(&before, from).calls) / change
        };
        // Who never called before may be the one who calls too often.
        let callers: BTreeSet<&String> = before.iter().chain(&now).map(|(from, _)| from).collect();
        let (from, part) = callers
            .into_iter()
            .map(|from| (from, moved(from)))
            .filter(|(_, part)| *part >= EXPLAINS)
            .max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| b.0.cmp(a.0)))?;
        let word = if change < 0.0 { "fewer" } else { "more" };
        Some(Hop {
            from: at.to_owned(),
            to: from.clone(),
            why: format!("{} of the {word} invocations are its calls", percent(part)),
        })
    }
}

fn percent(part: f64) -> String {
    format!("{:.0} %", (part * 100.0).clamp(0.0, 100.0))
}
