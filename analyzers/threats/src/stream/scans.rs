//! Clients that look for what is not theirs: scanners, guessed names of pages, ids tried one after another.
//!
//! Judged by itself, without history: one client asks for many different things that are not there, and finds
//! little else. What was there before and is gone for everybody is a broken deploy, and counts for nobody.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::book::MANY;
use super::detector::{self, Context, Detector, S, Seen, hash};
use super::finding::{Claim, Mark, Rule, Subject};
use super::http::Http;
use super::lanes::{Lane, Lanes, Window};
use super::recent::Recent;
use super::rules;
use super::table::{Ranked, Table};

mod words;

/// What is looked at together.
const WINDOW_NS: i64 = 300 * S;
/// Guesses in quick succession.
const QUICK_NS: i64 = 30 * S;
/// The same of all clients of a function together.
const ALL_WINDOW_NS: i64 = 60 * S;
/// Requests remembered of one client, and of all clients of a function together.
const REQUESTS_MAX: usize = 300;
const ALL_REQUESTS_MAX: usize = 2_000;
const CLIENTS_MAX: usize = 20_000;
const FUNCTIONS_MAX: usize = 2_000;
/// Paths of a function that were answered, remembered.
const PATHS_MAX: usize = 4_000;
/// Different private places asked for, by one client.
const PRIVATE_MIN: usize = 3;
/// Different missing pages, in quick succession and within the window.
const QUICK_MIN: usize = 10;
const SLOW_MIN: usize = 20;
/// A crawler that says what it is follows old links: so many times more.
const CRAWLER_FACTOR: usize = 6;
/// Share of a client's requests that find nothing.
const MISSING_MIN: f64 = 0.7;
/// Ids of one kind that were refused or are missing.
const IDS_MIN: usize = 50;
/// The same for all clients of a function together.
const SPREAD_MIN: usize = 30;
const SPREAD_CLIENTS_MIN: usize = 5;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Request {
    template: u64,
    /// Of what was asked for by id: which.
    id: Option<u64>,
    client: u64,
    missing: bool,
    private: bool,
    mark: Mark,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Requests {
    recent: Recent<Request>,
    missing: u32,
}

impl Ranked for Requests {
    fn suspicion(&self) -> u32 {
        self.missing
    }
    fn newest_ns(&self) -> i64 {
        self.recent.newest_ns()
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct AtFunction {
    /// Paths that were answered.
    good: HashSet<u64>,
    /// Of all clients, what was missing.
    missing: Lanes<Requests>,
}

impl Window for Requests {
    fn newest_ns(&self) -> i64 {
        self.recent.newest_ns()
    }
}

impl Ranked for AtFunction {
    fn suspicion(&self) -> u32 {
        self.missing.get(Lane::Timely).missing
    }
    fn newest_ns(&self) -> i64 {
        self.missing.newest_ns()
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct State {
    clients: Table<Requests>,
    functions: Table<AtFunction>,
}

/// See the module.
#[derive(Debug)]
pub struct Scans(State);

impl Default for Scans {
    fn default() -> Self {
        Self(State {
            clients: Table::new(CLIENTS_MAX),
            functions: Table::new(FUNCTIONS_MAX),
        })
    }
}

impl Detector for Scans {
    fn name(&self) -> &'static str {
        "scans"
    }

    fn see(&mut self, seen: Seen<'_>, context: &mut Context<'_>) {
        let event = seen.event;
        let Some(http) = &event.http else { return };
        let subject = Subject::function(&event.function).client(&event.client);
        if let Some(name) = words::scanner(&http.agent) {
            let claim = Claim::new(&rules::SCANNER, subject.clone(), 0.95)
                .event(event)
                .because(format!("the client calls itself {name}"))
                .shows("user_agent.original", &http.agent);
            context.claim(claim);
        }
        let template = http.template().to_ascii_lowercase();
        let at = self.0.functions.entry(&event.function);
        let found = (200..400).contains(&http.status);
        if found && at.good.len() < PATHS_MAX {
            at.good.insert(hash(&template));
        }
        let request = Request {
            template: hash(&template),
            id: http.id().map(hash),
            client: hash(&event.client),
            missing: is_missing(http)
                && (http.id().is_some() || !at.good.contains(&hash(&template))),
            private: !found && words::is_private(&http.path),
            mark: Mark::of(event),
        };
        let time_ns = event.raw.time_ns;
        let lane = at.missing.of(time_ns, ALL_WINDOW_NS);
        let missing = at.missing.get_mut(lane);
        if request.missing || request.private {
            missing.add(time_ns, request.clone(), ALL_REQUESTS_MAX);
        }
        if !event.client.is_empty() {
            let key = format!("{} {}", event.function, event.client);
            let requests = self.0.clients.entry(&key);
            requests.add(time_ns, request, REQUESTS_MAX);
            if let Some(claim) = requests.judge(http, &subject) {
                context.claim(claim.shows("url.path", &http.path));
                return;
            }
        }
        if let Some(claim) = missing.spread(&event.function) {
            context.claim(claim.shows("url.path", &http.path));
        }
    }

    fn tick(&mut self, context: &mut Context<'_>) {
        self.0
            .clients
            .expire(context.forgotten_before_ns(WINDOW_NS));
    }

    fn save(&self) -> Vec<u8> {
        detector::save(&self.0)
    }

    fn load(&mut self, state: &[u8]) -> bool {
        detector::load(&mut self.0, state)
    }
}

/// Whether the answer says that this is not there, or not for the client.
fn is_missing(http: &Http) -> bool {
    matches!(http.status, 400 | 401 | 403 | 404 | 405 | 406 | 410 | 501)
}

impl Requests {
    fn add(&mut self, time_ns: i64, request: Request, max: usize) {
        self.recent.add(time_ns, request, WINDOW_NS, max);
        let missing = self.bad().count();
        self.missing = u32::try_from(missing).unwrap_or(u32::MAX);
    }

    fn bad(&self) -> impl DoubleEndedIterator<Item = &Request> {
        self.recent
            .iter()
            .filter(|request| request.missing || request.private)
    }

    fn missing_share(&self) -> f64 {
        f64::from(self.missing) / self.recent.len().max(1) as f64
    }

    fn judge(&self, http: &Http, subject: &Subject) -> Option<Claim> {
        let (missing, all) = (self.missing, self.recent.len());
        let private = self
            .recent
            .distinct(|request| request.private.then_some(request.template));
        let claim = |rule: &Rule, confidence: f32, words: String| {
            Claim::new(rule, subject.clone(), confidence)
                .marks(self.bad().map(|request| request.mark.clone()))
                .because(words)
                .because(format!(
                    "{missing} of its {all} requests within five minutes found nothing"
                ))
        };
        if private >= PRIVATE_MIN {
            let words =
                format!("{private} private places were asked for that software leaves behind");
            return Some(claim(&rules::SCAN, 0.95, words));
        }
        if self.missing_share() < MISSING_MIN {
            return None;
        }
        let factor = if words::is_crawler(&http.agent) {
            CRAWLER_FACTOR
        } else {
            1
        };
        let pages = |from_ns: i64| -> usize {
            let recent = self.recent.since(from_ns);
            let missing = recent.filter(|(_, request)| request.missing);
            missing
                .map(|(_, request)| request.template)
                .collect::<HashSet<_>>()
                .len()
        };
        let quick = pages(self.recent.newest_ns() - QUICK_NS);
        let slow = pages(i64::MIN);
        if quick >= QUICK_MIN * factor || slow >= SLOW_MIN * factor {
            let words = format!("{slow} different pages were asked for that are not there");
            return Some(claim(&rules::SCAN, 0.85, words));
        }
        let template = self.recent.iter().next_back()?.template;
        let of_template = |request: &Request| match request.template == template && request.missing
        {
            true => request.id,
            false => None,
        };
        let ids = self.recent.distinct(of_template);
        let words = format!("{ids} different ids were tried at {}", http.template());
        (ids >= IDS_MIN * factor).then(|| claim(&rules::ENUMERATION, 0.7, words))
    }

    /// Many clients share the work of one scan.
    fn spread(&self, function: &str) -> Option<Claim> {
        if self.recent.len() < SPREAD_MIN {
            return None;
        }
        let from_ns = self.recent.newest_ns() - ALL_WINDOW_NS;
        let recent: Vec<&Request> = self
            .recent
            .since(from_ns)
            .map(|(_, request)| request)
            .collect();
        let distinct = |key: fn(&Request) -> Option<u64>| -> usize {
            recent
                .iter()
                .filter_map(|request| key(request))
                .collect::<HashSet<_>>()
                .len()
        };
        let clients = distinct(|request| Some(request.client));
        let pages = distinct(|request| request.id.is_none().then_some(request.template));
        let private = distinct(|request| request.private.then_some(request.template));
        let many = pages >= SPREAD_MIN || private >= 2 * PRIVATE_MIN;
        (many && clients >= SPREAD_CLIENTS_MIN).then(|| {
            Claim::new(&rules::SCAN, Subject::function(function).client(MANY), 0.75)
                .marks(recent.iter().map(|request| request.mark.clone()))
                .because(format!(
                    "{clients} clients asked for {pages} different pages within a minute that were never there"
                ))
        })
    }
}
