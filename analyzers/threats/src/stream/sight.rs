//! What a function's telemetry lets be seen: which attributes come, and so which attacks could show.
//!
//! A detector sees what an instrumentation keeps. One that leaves headers and bodies out hides what is in
//! them, and nobody would know: so it is counted what came, and laid against a catalogue of attacks.

mod advice;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::event::{Event, Kind, Signal};
use advice::advice;

/// Functions that are counted.
const FUNCTIONS_MAX: usize = 20_000;
/// Events of a kind after which counts are halved, so that what is turned on shows within hours.
const COUNT_MAX: u32 = 10_000;
/// Events of a kind before anything is said.
const COUNT_MIN: u32 = 20;
/// A share of events with an attribute from which on it is captured: many requests have no query, and most
/// no user.
const SHARE_MIN: f64 = 0.02;

/// Something that telemetry may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Aspect {
    /// The path of a request.
    Path,
    /// Its query.
    Query,
    /// Headers of a request beyond the user agent.
    Headers,
    /// Bodies of requests, or of messages.
    Bodies,
    /// The answer's status.
    Status,
    /// The client's address.
    Client,
    /// The client's program.
    Agent,
    /// Who is logged in.
    User,
    /// The text of queries to databases.
    DbText,
    /// Whom the function asks.
    Outbound,
    /// How much it sends.
    Bytes,
    /// Exceptions with their type.
    Exceptions,
}

impl Aspect {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Path,
        Self::Query,
        Self::Headers,
        Self::Bodies,
        Self::Status,
        Self::Client,
        Self::Agent,
        Self::User,
        Self::DbText,
        Self::Outbound,
        Self::Bytes,
        Self::Exceptions,
    ];

    /// As words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Path => "paths",
            Self::Query => "queries",
            Self::Headers => "headers",
            Self::Bodies => "bodies",
            Self::Status => "status codes",
            Self::Client => "client addresses",
            Self::Agent => "user agents",
            Self::User => "user ids",
            Self::DbText => "database queries",
            Self::Outbound => "outbound calls",
            Self::Bytes => "sizes sent",
            Self::Exceptions => "exceptions",
        }
    }

    const fn index(self) -> usize {
        self as usize
    }
}

/// An attack of the catalogue, and what must be seen of it.
struct Attack {
    name: &'static str,
    /// Whether only requests bring it; else messages do too.
    by_request: bool,
    needs: &'static [Aspect],
}

const fn by_request(name: &'static str, needs: &'static [Aspect]) -> Attack {
    Attack {
        name,
        by_request: true,
        needs,
    }
}

const fn anyhow(name: &'static str, needs: &'static [Aspect]) -> Attack {
    Attack {
        name,
        by_request: false,
        needs,
    }
}

/// Attacks by the way they come in and by what shows them: those that the stream looks for in what a function
/// itself tells. Of the cloud's audit log and of counts by the platform no function's telemetry speaks.
const CATALOGUE: &[Attack] = &[
    by_request("injection in a query", &[Aspect::Query]),
    by_request("injection in a path, traversal", &[Aspect::Path]),
    by_request(
        "injection in a header, Log4Shell, Shellshock",
        &[Aspect::Headers],
    ),
    by_request("injection in a user agent", &[Aspect::Agent]),
    anyhow(
        "injection in a body, XXE, deserialisation",
        &[Aspect::Bodies],
    ),
    anyhow(
        "NoSQL operators and prototype pollution in a body",
        &[Aspect::Bodies],
    ),
    anyhow("an injection that reached the database", &[Aspect::DbText]),
    anyhow("an injection that failed inside", &[Aspect::Exceptions]),
    anyhow("a request forged by the server", &[Aspect::Outbound]),
    by_request("scanners by name", &[Aspect::Agent]),
    by_request(
        "scans for pages",
        &[Aspect::Path, Aspect::Status, Aspect::Client],
    ),
    by_request(
        "ids tried one after another",
        &[Aspect::Path, Aspect::Status, Aspect::Client],
    ),
    by_request(
        "guessed passwords from one client",
        &[Aspect::Status, Aspect::Client],
    ),
    by_request(
        "guessed passwords of one account",
        &[Aspect::Status, Aspect::User],
    ),
    by_request(
        "stuffing out of everywhere",
        &[Aspect::Status, Aspect::Client, Aspect::User],
    ),
    by_request("denial of wallet", &[Aspect::Client]),
    anyhow("data to a new host", &[Aspect::Outbound]),
    anyhow("much data out", &[Aspect::Outbound, Aspect::Bytes]),
    anyhow("mining", &[Aspect::Outbound]),
    anyhow("secrets read one after another", &[Aspect::Outbound]),
];

/// What came of one function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sight {
    /// Requests and messages taken, calls to databases, calls to others, and all spans.
    requests: u32,
    messages: u32,
    queries: u32,
    spans: u32,
    /// By aspect: events that had it.
    seen: [u32; Aspect::ALL.len()],
    /// `java`, `nodejs`, …, or empty.
    pub language: String,
}

/// All functions, by their names in the stream.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sights(HashMap<String, Sight>);

impl Sights {
    /// Takes an event.
    pub fn see(&mut self, event: &Event) {
        if event.raw.signal != Signal::Span || event.function.is_empty() || event.audit.is_some() {
            return;
        }
        if !self.0.contains_key(&event.function) {
            if self.0.len() >= FUNCTIONS_MAX {
                return;
            }
            self.0.insert(event.function.clone(), Sight::default());
        }
        if let Some(sight) = self.0.get_mut(&event.function) {
            sight.add(event);
        }
    }

    /// By function, those of which enough came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Sight)> {
        let enough = |sight: &Sight| sight.spans >= COUNT_MIN;
        self.0
            .iter()
            .filter(move |(_, sight)| enough(sight))
            .map(|(name, sight)| (name.as_str(), sight))
    }
}

impl Sight {
    fn add(&mut self, event: &Event) {
        if self.spans >= COUNT_MAX {
            let counts = [
                &mut self.requests,
                &mut self.messages,
                &mut self.queries,
                &mut self.spans,
            ];
            counts
                .into_iter()
                .chain(&mut self.seen)
                .for_each(|count| *count /= 2);
        }
        self.spans += 1;
        let request = event.http.is_some() && event.kind == Kind::Server;
        self.requests += u32::from(request);
        self.messages += u32::from(event.kind == Kind::Consumer);
        let names = || event.raw.attributes.iter().map(|(key, _)| key.as_str());
        self.queries += u32::from(names().any(|key| key.starts_with("db.")));
        if self.language.is_empty() {
            let language = event.text(&["telemetry.sdk.language"]).unwrap_or_default();
            self.language = language.chars().take(20).collect();
        }
        if let Some(http) = event.http.as_ref().filter(|_| request) {
            self.note(Aspect::Path, !http.path.is_empty());
            self.note(Aspect::Query, tells(&http.query));
            self.note(Aspect::Status, http.status != 0);
            self.note(Aspect::Agent, !http.agent.is_empty());
            self.note(Aspect::Client, !event.client.is_empty());
            self.note(Aspect::User, !event.user.is_empty());
            self.note(Aspect::Headers, names().any(is_header));
        }
        if event.is_entry() {
            let body = !event.raw.body.is_empty() || names().any(is_body);
            self.note(Aspect::Bodies, body);
        }
        let text = event.text(&["db.query.text", "db.statement"]).is_some();
        self.note(Aspect::DbText, text);
        self.note(Aspect::Outbound, event.outbound.is_some());
        let bytes = event.outbound.as_ref().is_some_and(|to| to.bytes.is_some());
        self.note(Aspect::Bytes, bytes);
        self.note(Aspect::Exceptions, !event.raw.exceptions.is_empty());
    }

    fn note(&mut self, aspect: Aspect, there: bool) {
        self.seen[aspect.index()] += u32::from(there);
    }

    /// Whether it takes requests.
    pub fn takes_requests(&self) -> bool {
        self.requests >= COUNT_MIN
    }

    /// What of this shows.
    pub fn shows(&self, aspect: Aspect) -> bool {
        let of = match aspect {
            Aspect::Path | Aspect::Query | Aspect::Headers | Aspect::Status => self.requests,
            Aspect::Client | Aspect::Agent | Aspect::User => self.requests,
            Aspect::Bodies => self.requests + self.messages,
            Aspect::DbText => self.queries,
            // These come when something is called or fails: once is enough.
            Aspect::Outbound | Aspect::Bytes | Aspect::Exceptions => 1,
        };
        let seen = self.seen[aspect.index()];
        seen > 0 && f64::from(seen) >= SHARE_MIN * f64::from(of)
    }

    /// What ought to show and does not: of requests, if it takes any; of databases, if it asks one.
    pub fn hidden(&self) -> Vec<Aspect> {
        let expected = |aspect: &Aspect| match aspect {
            Aspect::DbText => self.queries > 0,
            Aspect::Bodies => self.requests + self.messages > 0,
            Aspect::Outbound | Aspect::Bytes | Aspect::Exceptions => false,
            _ => self.takes_requests(),
        };
        let aspects = Aspect::ALL.into_iter();
        aspects
            .filter(|aspect| expected(aspect) && !self.shows(*aspect))
            .collect()
    }

    /// Attacks of the catalogue that could show, those that could not, and all that may come in here.
    pub fn attacks(&self) -> (usize, Vec<&'static str>, usize) {
        let may_come = |attack: &&Attack| {
            let asks = attack.needs.contains(&Aspect::DbText);
            (!attack.by_request || self.takes_requests()) && (!asks || self.queries > 0)
        };
        let hidden = |attack: &&Attack| {
            attack.needs.iter().any(|aspect| match aspect {
                // Nothing called and nothing failed yet: it would show.
                Aspect::Outbound | Aspect::Exceptions => false,
                Aspect::Bytes => self.shows(Aspect::Outbound) && !self.shows(Aspect::Bytes),
                aspect => !self.shows(*aspect),
            })
        };
        let all: Vec<&Attack> = CATALOGUE.iter().filter(may_come).collect();
        let missed: Vec<&'static str> = all
            .iter()
            .copied()
            .filter(hidden)
            .map(|attack| attack.name)
            .collect();
        (all.len() - missed.len(), missed, all.len())
    }

    /// How to have more shown, in the words of the function's language; empty where nothing is hidden.
    pub fn advice(&self) -> Vec<String> {
        let advice = self
            .hidden()
            .into_iter()
            .filter_map(|aspect| advice(aspect, &self.language));
        let mut lines: Vec<String> = Vec::new();
        for line in advice.map(str::to_owned) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }
}

/// Whether a query has a value that no instrumentation has taken out.
fn tells(query: &str) -> bool {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').map_or(part, |(_, value)| value))
        .any(|value| !value.eq_ignore_ascii_case("redacted"))
}

/// A header beyond those that have an attribute of their own.
fn is_header(key: &str) -> bool {
    key.strip_prefix("http.request.header.")
        .is_some_and(|name| !matches!(name, "user-agent" | "user_agent"))
}

fn is_body(key: &str) -> bool {
    key == "body"
        || key == "faas.event"
        || key.ends_with(".body")
        || key.ends_with(".payload")
        || key.starts_with("graphql.variables")
}

#[cfg(test)]
mod tests {
    use super::super::event::Raw;
    use super::*;

    fn span(attributes: &[(&str, &str)]) -> Event {
        let usual = [
            ("faas.name", "f"),
            ("http.request.method", "GET"),
            ("url.path", "/a"),
            ("http.response.status_code", "200"),
        ];
        let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Event::new(Raw {
            kind: Kind::Server,
            attributes: usual.iter().chain(attributes).map(pair).collect(),
            ..Raw::default()
        })
    }

    fn sight(attributes: &[(&str, &str)]) -> Sight {
        let mut sights = Sights::default();
        for _ in 0..100 {
            sights.see(&span(attributes));
        }
        let (_, sight) = sights.iter().next().expect("enough came");
        sight.clone()
    }

    #[test]
    fn what_is_not_captured_hides_attacks_and_what_is_turned_on_shows_them() {
        let little = sight(&[("telemetry.sdk.language", "python")]);
        let hidden = little.hidden();
        assert!(hidden.contains(&Aspect::Headers) && hidden.contains(&Aspect::Bodies));
        assert!(!hidden.contains(&Aspect::Path) && !hidden.contains(&Aspect::DbText));
        let (visible, missed, all) = little.attacks();
        assert_eq!(visible + missed.len(), all);
        assert!(missed.contains(&"stuffing out of everywhere"));
        assert!(
            little
                .advice()
                .iter()
                .any(|line| line.contains("CAPTURE_HEADERS"))
        );
        let more = sight(&[
            ("url.query", "a=1"),
            ("client.address", "192.0.2.1"),
            ("user_agent.original", "x"),
            ("enduser.id", "u"),
            ("http.request.header.referer", "x"),
            ("http.request.body", "{}"),
        ]);
        assert!(more.hidden().is_empty() && more.advice().is_empty());
        assert_eq!(more.attacks().0, more.attacks().2);
        assert!(more.attacks().0 > visible);
    }

    #[test]
    fn what_takes_no_requests_is_not_asked_for_theirs() {
        let mut sights = Sights::default();
        for _ in 0..100 {
            sights.see(&Event::new(Raw {
                kind: Kind::Consumer,
                attributes: vec![("faas.name".to_owned(), "worker".to_owned())],
                ..Raw::default()
            }));
        }
        let (_, worker) = sights.iter().next().expect("enough came");
        assert_eq!(worker.hidden(), [Aspect::Bodies]);
        assert!(worker.attacks().2 < CATALOGUE.len());
    }
}
