//! Threats as they happen: spans, logs and values in, in about the order of time; findings out.
//!
//! One owner: an [`Event`] in, what is to be told out ([`Told`]). Each detector is a file behind
//! [`detector::Detector`]; the [`book`] makes findings of what they claim. Pure: no clock but the events',
//! no input, no output. What it remembers is bounded (see [`table`] for how nobody pushes anybody out) and
//! can be saved and restored.

mod address;
mod attempt;
pub mod audit;
pub mod book;
mod bytes;
mod detector;
pub mod event;
mod executed;
pub mod finding;
mod first_seen;
mod flood;
mod functions;
pub mod http;
pub mod json;
mod lanes;
mod logins;
mod loops;
mod mining;
mod novelty;
pub mod outbound;
mod payloads;
mod recent;
pub mod rules;
mod scans;
pub mod sight;
mod sigma;
mod silence;
mod stolen;
mod sweeps;
mod table;
mod tampering;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use book::Book;
use detector::{Context, Detector, S, Seen};
pub use event::{Event, Kind, Raw, Signal};
pub use finding::{Claim, Finding, Mark, Rule, Severity, Subject, Told};
use functions::Functions;
use sight::Sights;

use crate::inspect::{Input, Lens, Verdict};
use crate::sigma::RuleSet;

/// How often detectors look at what does not come, in the stream's own time.
const TICK_NS: i64 = 5 * S;
/// A leap so far ahead is none: a clock that is wrong must not empty windows. What is late, however late,
/// keeps its time ([`lanes`]): a queue of an hour, taken for now, would look like a flood.
const AHEAD_NS: i64 = 366 * 86_400 * S;

/// What can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long nothing new must have come before something new is news, nanoseconds: a day in production,
    /// minutes for a short file.
    pub warm_up_ns: i64,
}

/// The stream.
pub struct Stream {
    lens: Arc<Lens>,
    settings: Settings,
    detectors: Vec<Box<dyn Detector>>,
    functions: Functions,
    sights: Sights,
    book: Book,
    now_ns: i64,
    /// See [`Self::arrive`].
    arrived_ns: Option<i64>,
    ticked_ns: i64,
}

/// What a stream remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Saved {
    functions: Vec<u8>,
    sights: Vec<u8>,
    book: Vec<u8>,
    now_ns: i64,
    detectors: Vec<(String, Vec<u8>)>,
}

impl Stream {
    /// Without memory.
    pub fn new(lens: Arc<Lens>, rules: Arc<RuleSet>, settings: Settings) -> Self {
        Self {
            lens,
            settings,
            detectors: all(rules),
            functions: Functions::default(),
            sights: Sights::default(),
            book: Book::default(),
            now_ns: 0,
            arrived_ns: None,
            ticked_ns: 0,
        }
    }

    /// Takes other rules of Sigma. Correlations that stay what they were go on from what they remember.
    pub fn set_rules(&mut self, rules: Arc<RuleSet>) {
        let mut new = sigma::Sigma::new(rules);
        let name = new.name();
        for old in self.detectors.extract_if(.., |own| own.name() == name) {
            new.load(&old.save());
        }
        self.detectors.push(Box::new(new));
    }

    /// What is pushed from now on arrived at this time.
    pub fn arrive(&mut self, now_ns: i64) {
        self.arrived_ns = Some(now_ns);
    }

    /// Takes an event; what is to be told.
    pub fn push(&mut self, mut event: Event) -> Vec<Told> {
        let time_ns = event.raw.time_ns;
        if self.now_ns != 0 && time_ns > self.now_ns + AHEAD_NS {
            event.raw.time_ns = self.now_ns;
        }
        self.now_ns = self.now_ns.max(event.raw.time_ns);
        let mut told = Vec::new();
        if self.now_ns - self.ticked_ns >= TICK_NS {
            told.extend(self.tick());
        }
        self.functions.see(&event);
        self.sights.see(&event);
        let verdict = look(&self.lens, &event);
        let seen = Seen {
            event: &event,
            verdict: verdict.as_ref(),
        };
        let claims = self.ask(|detector, context| detector.see(seen, context));
        told.extend(self.take(claims));
        told
    }

    /// Lets time pass without an event, for what shows by what does not come. Times before the newest do
    /// nothing.
    pub fn advance(&mut self, now_ns: i64) -> Vec<Told> {
        self.now_ns = self.now_ns.max(now_ns);
        self.tick()
    }

    /// What is open: rule, subject, events that showed it so far, and when it was said last (nanoseconds).
    pub fn open(&self) -> impl Iterator<Item = (&str, &Subject, u64, i64)> {
        self.book.counts()
    }

    /// What each function's telemetry lets be seen.
    pub fn sights(&self) -> &Sights {
        &self.sights
    }

    /// What it remembers, to be given to [`Self::restore`] after a restart.
    pub fn save(&self) -> Vec<u8> {
        detector::save(&Saved {
            functions: detector::save(&self.functions),
            sights: detector::save(&self.sights),
            book: detector::save(&self.book),
            now_ns: self.now_ns,
            detectors: self
                .detectors
                .iter()
                .map(|d| (d.name().to_owned(), d.save()))
                .collect(),
        })
    }

    /// Remembers what [`Self::save`] gave. A detector that another release wrote begins anew; false if
    /// nothing can be read at all.
    pub fn restore(&mut self, bytes: &[u8]) -> bool {
        let mut saved = Saved::default();
        if !detector::load(&mut saved, bytes) {
            return false;
        }
        self.now_ns = saved.now_ns;
        let functions = detector::load(&mut self.functions, &saved.functions);
        let sights = detector::load(&mut self.sights, &saved.sights);
        let book = detector::load(&mut self.book, &saved.book);
        for detector in &mut self.detectors {
            if let Some((_, state)) = saved
                .detectors
                .iter()
                .find(|(name, _)| name == detector.name())
            {
                detector.load(state);
            }
        }
        functions && sights && book
    }

    fn tick(&mut self) -> Vec<Told> {
        self.ticked_ns = self.now_ns;
        let claims = self.ask(|detector, context| detector.tick(context));
        self.book.forget(self.now_ns);
        self.take(claims)
    }

    /// What detectors claim when each is asked.
    fn ask(&mut self, mut question: impl FnMut(&mut dyn Detector, &mut Context<'_>)) -> Vec<Claim> {
        let mut context = Context {
            now_ns: self.now_ns,
            arrived_ns: self.arrived_ns.unwrap_or(self.now_ns),
            warm_up_ns: self.settings.warm_up_ns,
            functions: &self.functions,
            claims: Vec::new(),
        };
        for detector in &mut self.detectors {
            question(detector.as_mut(), &mut context);
        }
        context.claims
    }

    fn take(&mut self, claims: Vec<Claim>) -> Vec<Told> {
        let now_ns = self.now_ns;
        claims
            .into_iter()
            .filter_map(|claim| self.book.take(claim, now_ns))
            .collect()
    }
}

/// All detectors: the register.
fn all(rules: Arc<RuleSet>) -> Vec<Box<dyn Detector>> {
    vec![
        Box::<payloads::Payloads>::default(),
        Box::<executed::Executed>::default(),
        Box::<scans::Scans>::default(),
        Box::<logins::Logins>::default(),
        Box::<flood::Flood>::default(),
        Box::<loops::Loops>::default(),
        Box::<mining::Mining>::default(),
        Box::<novelty::Novelty>::default(),
        Box::<bytes::Bytes>::default(),
        Box::<sweeps::Sweeps>::default(),
        Box::<stolen::Stolen>::default(),
        Box::<tampering::Tampering>::default(),
        Box::<silence::Silence>::default(),
        Box::new(sigma::Sigma::new(rules)),
    ]
}

/// What payload inspection says of an event; nothing of what the cloud itself writes.
fn look(lens: &Lens, event: &Event) -> Option<Verdict> {
    if event.audit.is_some() {
        return None;
    }
    let (attributes, body) = (&event.raw.attributes, event.raw.body.as_str());
    let input = match event.raw.signal {
        Signal::Value => Input::Value(body),
        Signal::Log => Input::Log { body, attributes },
        Signal::Span => Input::Span {
            attributes,
            body: (!body.is_empty()).then_some(body),
        },
    };
    let verdict = lens.look(input);
    verdict.flagged.then_some(verdict)
}
