//! Functions that call each other round and round.
//!
//! A chain is followed upwards: from an invocation's span to the span above it, over links where messages
//! lie between, to the span above that. A function that stands on its own chain a third time is a loop.
//! Retries and fan-outs have one function many times in a trace, but beside each other, not below. Spans
//! come children first, so a chain may be broken for a while: whoever closes it looks at what hangs below.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::detector::{self, Context, Detector, S, Seen};
use super::event::Event;
use super::finding::{Claim, Mark, Subject};
use super::rules;

/// Rounds at which it is told.
const ROUNDS_MIN: usize = 3;
/// Spans remembered; the oldest go first. At a thousand a second these are three minutes, at 200 bytes 40 MB.
const SPANS_MAX: usize = 200_000;
/// Spans above one that are looked at.
const CHAIN_MAX: usize = 256;
/// Invocations remembered that hang below a span that has not come.
const BELOW_MAX: usize = 32;
/// Rounds in a trace whose spans name no parents.
const BLIND_ROUNDS_MIN: usize = 5;
/// Invocations remembered of such a trace, and such traces.
const BLIND_MAX: usize = 64;
const BLIND_TRACES_MAX: usize = 20_000;
/// A trace is over after so long.
const TRACE_NS: i64 = 900 * S;

/// Trace and span.
type Key = (String, String);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Node {
    above: Option<Key>,
    /// The function, if this is an invocation's own span.
    entry: String,
    mark: Mark,
}

/// Invocations of a trace whose spans name no parents, in the order of time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Blind {
    entries: Vec<(i64, String, bool, Mark)>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    nodes: HashMap<Key, Node>,
    order: VecDeque<Key>,
    /// By a span that has not come: invocations whose chain ends there.
    below: HashMap<Key, Vec<Key>>,
    blind: HashMap<String, Blind>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Loops(State);

impl Detector for Loops {
    fn name(&self) -> &'static str {
        "loops"
    }

    fn see(&mut self, seen: Seen<'_>, context: &mut Context<'_>) {
        let event = seen.event;
        if let Some(turns) = lineage(event).filter(|turns| *turns >= ROUNDS_MIN) {
            let claim = Claim::new(&rules::LOOP, Subject::function(&event.function), 0.9)
                .event(event)
                .because(format!(
                    "the platform counts {turns} rounds in the trace's header"
                ));
            context.claim(claim);
        }
        if event.raw.trace.is_empty() || event.audit.is_some() {
            return;
        }
        if event.raw.span.is_empty() || (event.raw.parent.is_empty() && event.raw.links.is_empty())
        {
            self.0.blind(event, context);
        }
        if event.raw.span.is_empty() {
            return;
        }
        let key = (event.raw.trace.clone(), event.raw.span.clone());
        self.0.remember(&key, event);
        let mut look = self.0.below.remove(&key).unwrap_or_default();
        if event.is_entry() {
            look.push(key);
        }
        for entry in look {
            self.0.follow(&entry, context);
        }
    }

    fn tick(&mut self, context: &mut Context<'_>) {
        let before_ns = context.forgotten_before_ns(TRACE_NS);
        let last = |blind: &Blind| blind.entries.last().map_or(0, |(time, ..)| *time);
        self.0.blind.retain(|_, blind| last(blind) >= before_ns);
    }

    fn save(&self) -> Vec<u8> {
        detector::save(&self.0)
    }

    fn load(&mut self, state: &[u8]) -> bool {
        detector::load(&mut self.0, state)
    }
}

impl State {
    fn remember(&mut self, key: &Key, event: &Event) {
        let above = match event.raw.parent.is_empty() {
            false => Some((key.0.clone(), event.raw.parent.clone())),
            true => event.raw.links.first().cloned(),
        };
        let entry = match event.is_entry() {
            true => event.function.clone(),
            false => String::new(),
        };
        let node = Node {
            above,
            entry,
            mark: Mark::of(event),
        };
        if self.nodes.insert(key.clone(), node).is_none() {
            self.order.push_back(key.clone());
        }
        while self.order.len() > SPANS_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.nodes.remove(&oldest);
                self.below.remove(&oldest);
            }
        }
    }

    /// Follows the chain above an invocation, and tells if its function stands there too often.
    fn follow(&mut self, entry: &Key, context: &mut Context<'_>) {
        let Some(function) = self.nodes.get(entry).map(|node| node.entry.clone()) else {
            return;
        };
        let (mut at, mut rounds, mut path) = (entry.clone(), Vec::new(), Vec::new());
        for _ in 0..CHAIN_MAX {
            let Some(node) = self.nodes.get(&at) else {
                // Broken here, until the span comes.
                let below = self.below.entry(at).or_default();
                if below.len() < BELOW_MAX {
                    below.push(entry.clone());
                }
                break;
            };
            if !node.entry.is_empty() {
                path.push(node.entry.clone());
            }
            if node.entry == function && !function.is_empty() {
                rounds.push(node.mark.clone());
            }
            match &node.above {
                Some(above) if *above != at => at = above.clone(),
                _ => break,
            }
        }
        if self.below.len() > SPANS_MAX {
            self.below.clear(); // only chains that are broken now are followed less far
        }
        if rounds.len() >= ROUNDS_MIN {
            context.claim(told(&path, rounds));
        }
    }

    /// Without parents, only strict turns are a loop: A, B, A, B, …, or one function again and again that
    /// never fails.
    fn blind(&mut self, event: &Event, context: &mut Context<'_>) {
        if !event.is_entry() || event.function.is_empty() {
            return;
        }
        if self.blind.len() >= BLIND_TRACES_MAX && !self.blind.contains_key(&event.raw.trace) {
            return;
        }
        let blind = self.blind.entry(event.raw.trace.clone()).or_default();
        if blind.entries.len() >= BLIND_MAX {
            return;
        }
        let new = (
            event.raw.time_ns,
            event.function.clone(),
            event.failed(),
            Mark::of(event),
        );
        let at = blind.entries.partition_point(|(time, ..)| *time <= new.0);
        blind.entries.insert(at, new);
        let names: Vec<&str> = blind
            .entries
            .iter()
            .map(|(_, name, ..)| name.as_str())
            .collect();
        let period = (1..=4).find(|period| names.len() > *period && names[0] == names[*period]);
        let Some(period) = period else { return };
        let turns = names
            .iter()
            .zip(names.iter().skip(period))
            .all(|(one, next)| one == next);
        let rounds = names.len() / period;
        let failed = blind.entries.iter().any(|(_, _, failed, _)| *failed);
        let spread = blind
            .entries
            .windows(2)
            .all(|pair| pair[1].0 - pair[0].0 >= 50_000_000);
        let least = if period == 1 {
            2 * BLIND_ROUNDS_MIN
        } else {
            BLIND_ROUNDS_MIN
        };
        if turns && !failed && (spread || period > 1) && rounds >= least {
            let path: Vec<String> = names.iter().rev().map(|name| (*name).to_owned()).collect();
            let marks = blind
                .entries
                .iter()
                .map(|(.., mark)| mark.clone())
                .collect();
            context.claim(told(&path, marks));
        }
    }
}

/// Names the loop by its functions in the order of their names, so that it is one finding wherever it was
/// looked at.
fn told(path: &[String], rounds: Vec<Mark>) -> Claim {
    let end = path
        .iter()
        .skip(1)
        .position(|name| *name == path[0])
        .map_or(1, |at| at + 1);
    let mut members: Vec<&str> = path[..end].iter().map(String::as_str).collect();
    let turns = members
        .iter()
        .rev()
        .copied()
        .collect::<Vec<_>>()
        .join(" → ");
    members.sort_unstable();
    members.dedup();
    let subject = Subject::function(members[0]).detail(&members.join(" → "));
    let count = rounds.len();
    Claim::new(&rules::LOOP, subject, 0.9)
        .marks(rounds)
        .because(format!(
            "{turns} → … has gone round {count} times in one chain"
        ))
}

/// How often the platform says that the trace went round: `Lineage=1:a87bd80c:3` of AWS.
fn lineage(event: &Event) -> Option<usize> {
    let header = event.text(&[
        "aws.xray.trace_header",
        "http.request.header.x-amzn-trace-id",
        "aws.trace_header",
        "messaging.message.header.awstraceheader",
    ])?;
    let list = header
        .split(';')
        .find_map(|part| part.trim().strip_prefix("Lineage="))?;
    list.split(',')
        .filter_map(|part| part.rsplit(':').next()?.parse().ok())
        .max()
}
