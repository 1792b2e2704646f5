//! Attempted or executed: the suspicious input of a request, followed into its trace.
//!
//! What no firewall sees: whether the text came out at the other end. The same text in a query, a query of a
//! shape that the function never used, an exception of the right kind, a call to an address out of the input.
//! Spans of a trace come children first, so what may prove something is kept until its request comes.

use serde::{Deserialize, Serialize};

use super::address;
use super::detector::{self, Context, Detector, S, Seen};
use super::event::{Event, Signal};
use super::finding::{Claim, Mark, Subject};
use super::first_seen::FirstSeen;
use super::rules;
use super::table::{Ranked, Table};
use crate::payload::Class;

mod proof;

/// Traces remembered; those with a suspicious input last.
const TRACES_MAX: usize = 10_000;
const TRACE_NS: i64 = 600 * S;
/// Inputs and results of one trace.
const INPUTS_MAX: usize = 8;
const RESULTS_MAX: usize = 16;
/// Bytes of each.
const TEXT_BYTES_MAX: usize = 2_000;
/// Functions whose queries' shapes are remembered.
const FUNCTIONS_MAX: usize = 5_000;

/// A suspicious input.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Input {
    /// Names of its classes; none for an address that nobody would suspect by itself.
    classes: Vec<String>,
    /// What was sent, decoded, in small letters.
    texts: Vec<String>,
    /// Hosts of addresses in it.
    hosts: Vec<String>,
    subject: Subject,
    mark: Mark,
}

/// What a request led to.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Result {
    /// A query's text in small letters, and whether its shape is new.
    Query(String, bool),
    /// A call to a host.
    Call(String),
    /// An exception or a log line, in small letters.
    Words(String),
    /// A command line, in small letters.
    Command(String),
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Trace {
    inputs: Vec<Input>,
    results: Vec<(Result, Mark)>,
    newest_ns: i64,
}

impl Ranked for Trace {
    fn suspicion(&self) -> u32 {
        u32::try_from(
            self.inputs
                .iter()
                .filter(|input| !input.classes.is_empty())
                .count(),
        )
        .unwrap_or(u32::MAX)
    }
    fn newest_ns(&self) -> i64 {
        self.newest_ns
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Shapes {
    shapes: FirstSeen,
    newest_ns: i64,
}

impl Ranked for Shapes {
    fn suspicion(&self) -> u32 {
        u32::try_from(self.shapes.seen()).unwrap_or(u32::MAX)
    }
    fn newest_ns(&self) -> i64 {
        self.newest_ns
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct State {
    traces: Table<Trace>,
    functions: Table<Shapes>,
}

/// See the module.
#[derive(Debug)]
pub struct Executed(State);

impl Default for Executed {
    fn default() -> Self {
        Self(State {
            traces: Table::new(TRACES_MAX),
            functions: Table::new(FUNCTIONS_MAX),
        })
    }
}

impl Detector for Executed {
    fn name(&self) -> &'static str {
        "executed"
    }

    fn see(&mut self, seen: Seen<'_>, context: &mut Context<'_>) {
        let event = seen.event;
        if event.raw.trace.is_empty() || event.audit.is_some() {
            return;
        }
        let input = input(seen);
        let mut results = results(event);
        if let Some(Result::Query(query, new)) = results.first_mut() {
            let known = self.0.functions.entry(&event.function);
            known.newest_ns = event.raw.time_ns;
            let shape = proof::shape(query);
            // Much less is asked than of a finding by itself: here something suspicious was sent already.
            *new = known.shapes.seen() >= 20 && !known.shapes.knows(&shape);
            let learn = context.is_fresh(&event.function) || !*new;
            known
                .shapes
                .see(&shape, event.raw.time_ns, context.warm_up_ns, learn);
        }
        if input.is_none() && results.is_empty() {
            return;
        }
        let trace = self.0.traces.entry(&event.raw.trace);
        trace.newest_ns = trace.newest_ns.max(event.raw.time_ns);
        let (old_inputs, old_results) = (trace.inputs.len(), trace.results.len());
        trace
            .inputs
            .extend(input.filter(|_| old_inputs < INPUTS_MAX));
        let mark = Mark::of(event);
        let room = RESULTS_MAX.saturating_sub(old_results);
        trace.results.extend(
            results
                .into_iter()
                .take(room)
                .map(|result| (result, mark.clone())),
        );
        for (i, input) in trace.inputs.iter().enumerate() {
            for (r, (result, mark)) in trace.results.iter().enumerate() {
                if i < old_inputs && r < old_results {
                    continue; // seen together before
                }
                context.claims.extend(prove(input, result, mark));
            }
        }
    }

    fn tick(&mut self, context: &mut Context<'_>) {
        self.0.traces.expire(context.forgotten_before_ns(TRACE_NS));
    }

    fn save(&self) -> Vec<u8> {
        detector::save(&self.0)
    }

    fn load(&mut self, state: &[u8]) -> bool {
        detector::load(&mut self.0, state)
    }
}

/// What of an event is a suspicious input.
fn input(seen: Seen<'_>) -> Option<Input> {
    let event = seen.event;
    if !event.is_inbound() || event.raw.signal == Signal::Log {
        return None;
    }
    let flagged = seen.verdict.filter(|verdict| verdict.flagged);
    let mut classes = Vec::new();
    let mut texts = Vec::new();
    if let Some(verdict) = flagged {
        classes.extend(verdict.classes.iter().map(|class| class.name().to_owned()));
        for found in &verdict.seen {
            texts.push(proof::decoded(&found.evidence.matched));
        }
    }
    let http = event.http.as_ref();
    let sent = [
        http.map(|http| http.query.as_str()).unwrap_or_default(),
        event.raw.body.as_str(),
    ];
    let mut hosts = Vec::new();
    for text in sent.iter().filter(|text| !text.is_empty()) {
        let text: String = text.chars().take(TEXT_BYTES_MAX).collect();
        for value in text.split(['&', '"', '\n']) {
            let value = proof::decoded(value.split_once('=').map_or(value, |(_, value)| value));
            if value.contains("://") || value.contains("%3a%2f%2f") {
                hosts.extend(proof::host(&value));
            }
            if flagged.is_some() && value.len() >= 4 {
                texts.push(value);
            }
        }
    }
    texts.truncate(32);
    hosts.truncate(8);
    (!classes.is_empty() || !hosts.is_empty()).then(|| Input {
        classes,
        texts,
        hosts,
        subject: Subject::function(&event.function).client(&event.client),
        mark: Mark::of(event),
    })
}

/// What of an event shows what a request led to.
fn results(event: &Event) -> Vec<Result> {
    let cut = |text: &str| {
        text.chars()
            .take(TEXT_BYTES_MAX)
            .collect::<String>()
            .to_lowercase()
    };
    let mut results = Vec::new();
    if let Some(to) = &event.outbound {
        if !to.query.is_empty() {
            results.push(Result::Query(cut(&to.query), false));
        } else if !to.host.is_empty() {
            results.push(Result::Call(to.host.clone()));
        }
    }
    results.extend(
        event
            .raw
            .exceptions
            .iter()
            .map(|words| Result::Words(cut(words))),
    );
    if event.raw.signal == Signal::Log && !event.raw.body.is_empty() {
        results.push(Result::Words(cut(&event.raw.body)));
    }
    let command = event.text(&[
        "process.command_line",
        "process.command_args",
        "process.command",
    ]);
    if let Some(command) = command.filter(|_| event.kind != super::event::Kind::Server) {
        results.push(Result::Command(cut(command)));
    }
    results
}

/// What a result proves of an input.
fn prove(input: &Input, result: &Result, mark: &Mark) -> Option<Claim> {
    let has = |class: Class| input.classes.iter().any(|name| name == class.name());
    let any = |classes: &[Class]| classes.iter().copied().find(|class| has(*class));
    let same = |text: &str| {
        input
            .texts
            .iter()
            .find(|sent| sent.len() >= 4 && text.contains(sent.as_str()))
    };
    let (class, confidence, reason, shown) = match result {
        Result::Query(query, new) => {
            let class = any(&[Class::Sqli, Class::Nosql])?;
            match (same(query), new) {
                (Some(sent), _) => (
                    class,
                    0.95,
                    "what was sent stands in the query".to_owned(),
                    sent.clone(),
                ),
                (None, true) => (
                    class,
                    0.75,
                    "the function never sent a query of this shape".to_owned(),
                    query.clone(),
                ),
                (None, false) => return None,
            }
        }
        Result::Call(host) => {
            let inner = address::is_inner(host) || proof::is_secret_place(host);
            let named = input.hosts.contains(host) || same_host(input, host);
            let class = match (input.classes.is_empty(), named, inner) {
                // An address that the function is asked to fetch is what such functions are for, outside.
                (true, true, true) => Class::Ssrf,
                (false, true, _) => any(&[
                    Class::Ssrf,
                    Class::Xxe,
                    Class::Log4shell,
                    Class::Command,
                    Class::Code,
                    Class::Ssti,
                ])
                .or_else(|| inner.then_some(Class::Ssrf))?,
                (false, false, true) => any(&[Class::Ssrf, Class::Xxe])?,
                _ => return None,
            };
            (
                class,
                0.9,
                format!("the function called {host}, an address out of what was sent"),
                host.clone(),
            )
        }
        Result::Words(words) => {
            let class = rules::CLASSES
                .iter()
                .copied()
                .find(|class| has(*class) && proof::fits(*class, words))?;
            (
                class,
                0.75,
                "the function failed, or answered, as one does in which this is run".to_owned(),
                words.clone(),
            )
        }
        Result::Command(command) => {
            let sent = same(command)?;
            let class = any(&[Class::Command, Class::Shellshock, Class::Code, Class::Ssti])?;
            (
                class,
                0.95,
                "what was sent stands in a command line".to_owned(),
                sent.clone(),
            )
        }
    };
    Some(
        Claim::new(&rules::executed(class), input.subject.clone(), confidence)
            .marks([input.mark.clone(), mark.clone()])
            .because(reason)
            .shows("result", &shown),
    )
}

/// Whether a host stands in a text that was sent.
fn same_host(input: &Input, host: &str) -> bool {
    host.len() >= 4 && input.texts.iter().any(|text| text.contains(host))
}
