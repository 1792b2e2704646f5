//! Who calls a function: what a mix of clients says of a busy minute.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::super::address;
use super::super::detector::hash;
use super::super::event::Event;
use super::super::finding::Mark;
use super::super::recent::Recent;

/// Where nothing says how long a call took, and how much memory a function has.
const DURATION_MS_DEFAULT: f32 = 100.0;
const GB_DEFAULT: f64 = 0.5;
/// Clients that make a minute between them.
const FEW: usize = 5;
/// Share of calls that these make when a few clients attack.
const FEW_SHARE: f64 = 0.5;
/// Different people or programs behind one address that make it a network's, not a client's.
const SHARED_MIN: usize = 6;
/// Calls a minute that no person makes.
const RESTLESS_PER_MINUTE: f64 = 40.0;
/// Clients and agents remembered as usual.
const KNOWN_MAX: usize = 20_000;

/// Programs that test load, as they call themselves.
const LOAD_TESTS: &[&str] = &[
    "k6/",
    "locust",
    "jmeter",
    "gatling",
    "artillery",
    "vegeta",
    "wrk",
    "apachebench",
    "hey/",
    "loadrunner",
    "blazemeter",
    "tsung",
    "siege",
    "autocannon",
    "bombardier",
    "loadtest",
    "load-test",
    "oha/",
    "drill",
];

/// A call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Call {
    client: String,
    user: u64,
    agent: u64,
    path: u64,
    /// Path and query.
    target: u64,
    refers: bool,
    pub duration_ms: f32,
    pub gb: f64,
    /// Refused or failed on the server's side: what a client that tries again is told.
    turned_away: bool,
    test: bool,
    mark: Mark,
}

impl Call {
    /// Of an invocation.
    pub fn of(event: &Event) -> Self {
        let http = event.http.clone().unwrap_or_default();
        let template = http.template();
        let memory = event.number(&[
            "faas.max_memory",
            "aws.lambda.memory_limit_mb",
            "faas.memory_mb",
            "memory_mb",
        ]);
        let gb = memory
            .filter(|memory| *memory > 0.0)
            .map(|memory| match memory {
                mb if mb < 100_000.0 => mb / 1_024.0,
                bytes => bytes / (1 << 30) as f64,
            });
        let person = event
            .text(&["session.id", "device.id", "http.request.header.cookie"])
            .unwrap_or(&event.user);
        let agent = http.agent.to_ascii_lowercase();
        let synthetic = event.yes(&["synthetic", "load_test", "http.request.header.x-load-test"])
            || event.text(&["user_agent.synthetic.type"]) == Some("test");
        #[allow(clippy::cast_possible_truncation)] // a duration
        let duration_ms = event
            .raw
            .duration_ms
            .map_or(DURATION_MS_DEFAULT, |ms| ms as f32);
        Self {
            client: event.client.clone(),
            user: hash(person),
            agent: hash(&http.agent),
            path: hash(&template),
            target: hash(&format!("{}?{}", http.path, http.query)),
            refers: !http.referer.is_empty(),
            duration_ms,
            gb: gb.unwrap_or(GB_DEFAULT),
            turned_away: http.status == 429 || http.status >= 500,
            test: synthetic || LOAD_TESTS.iter().any(|name| agent.contains(name)),
            mark: Mark::of(event),
        }
    }
}

/// Calls of ten seconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Slice {
    calls: u32,
    duration_ms: f64,
    refer: u32,
    clients: HashMap<String, u32>,
    agents: HashSet<u64>,
    paths: HashMap<u64, u32>,
}

impl Slice {
    /// Adds one.
    pub fn add(&mut self, call: &Call) {
        self.calls += 1;
        self.duration_ms += f64::from(call.duration_ms);
        self.refer += u32::from(call.refers);
        if self.clients.len() < KNOWN_MAX {
            *self.clients.entry(call.client.clone()).or_default() += 1;
            self.agents.insert(call.agent);
            *self.paths.entry(call.path).or_default() += 1;
        }
    }
}

/// What is usual at a function: slices that were not busy.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Usual {
    slices: u32,
    calls: f64,
    calls_max: f64,
    duration_ms: f64,
    refer: f64,
    clients: HashMap<String, u32>,
    agents: HashSet<u64>,
    paths: HashSet<u64>,
    /// The share of the path that is asked for most, on average.
    path_share: f64,
    /// Slices that were busy in a row: what goes on for an hour is the new usual.
    busy: u32,
}

/// Busy slices in a row after which busy is usual: an hour.
const BUSY_SLICES_MAX: u32 = 360;
/// Slices that weigh: an hour, so that usual follows the day.
const SLICES_MAX: u32 = 360;

impl Usual {
    /// Whether enough was seen.
    pub fn is_known(&self) -> bool {
        self.slices >= super::SLICES_MIN
    }

    /// Slices that were learnt.
    pub fn slices(&self) -> u32 {
        self.slices
    }

    /// Calls a second; the busiest usual slice counts too, or bursts would look busy.
    pub fn rate_per_s(&self) -> f64 {
        self.calls.max(self.calls_max / 2.0) / 10.0
    }

    /// Learns a slice, unless it was busy.
    pub fn learn(&mut self, slice: &Slice, busy_factor: f64) {
        let calls = f64::from(slice.calls);
        let busy = self.is_known() && calls >= busy_factor * (self.rate_per_s() * 10.0).max(2.0);
        if busy && self.busy < BUSY_SLICES_MAX {
            self.busy += 1;
            return;
        }
        self.busy = 0;
        self.slices = (self.slices + 1).min(SLICES_MAX);
        let weight = 1.0 / f64::from(self.slices);
        self.calls += (calls - self.calls) * weight;
        self.calls_max = (self.calls_max * 0.998).max(calls);
        if slice.calls == 0 {
            return;
        }
        self.duration_ms += (slice.duration_ms / calls - self.duration_ms) * weight;
        self.refer += (f64::from(slice.refer) / calls - self.refer) * weight;
        let top = slice.paths.values().max().copied().unwrap_or_default();
        self.path_share += (f64::from(top) / calls - self.path_share) * weight;
        for (client, calls) in &slice.clients {
            if self.clients.len() < KNOWN_MAX || self.clients.contains_key(client) {
                *self.clients.entry(client.clone()).or_default() += calls;
            }
        }
        if self.agents.len() < KNOWN_MAX {
            self.agents.extend(&slice.agents);
            self.paths.extend(slice.paths.keys());
        }
    }
}

/// What the mix says.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Evidence, in points.
    pub score: u32,
    /// Whether the clients themselves speak against it.
    pub speaks: bool,
    /// In words.
    pub reasons: Vec<String>,
}

impl Verdict {
    fn say(&mut self, points: u32, speaks: bool, reason: String) {
        self.score += points;
        self.speaks |= speaks;
        self.reasons.push(reason);
    }
}

fn percent(share: f64) -> f64 {
    (share * 100.0).round()
}

/// Whether most calls of these clients come from those that called before.
fn are_known(few: &[(String, usize)], usual: &Usual) -> bool {
    let known = few
        .iter()
        .filter(|(client, _)| usual.clients.contains_key(client));
    let of_known: usize = known.map(|(_, count)| count).sum();
    of_known * 5 >= few.iter().map(|(_, count)| count).sum::<usize>() * 4
}

/// Whether many people stand behind each of so many clients: a proxy, or a network's one address.
fn are_shared(calls: &[&Call], clients: usize) -> bool {
    let behind = |key: fn(&Call) -> u64| {
        let all: HashSet<u64> = calls.iter().map(|call| key(call)).collect();
        all.len()
    };
    let most = behind(|call| call.user).max(behind(|call| call.agent));
    most >= SHARED_MIN * clients.max(1)
}

/// The mix of a window.
pub struct Mix {
    calls: usize,
    minutes: f64,
    clients: usize,
    /// The busiest clients, with their calls.
    few: Vec<(String, usize)>,
    few_share: f64,
    /// Whether the busiest addresses have many people behind them.
    shared: bool,
    /// The busiest called before, calmly.
    few_known: bool,
    restless_share: f64,
    agent_share: f64,
    agent_new: bool,
    path_share: f64,
    path_share_usual: f64,
    targets_share: f64,
    refer_share: f64,
    refer_usual: f64,
    turned_away: f64,
    slower: f64,
    duration_ms: f64,
    /// Share of calls from clients that called before.
    known_share: f64,
    network_share: f64,
    /// Most calls say that they are a test of load.
    pub declared_test: bool,
}

impl Mix {
    /// Of a window.
    pub fn of(calls: &Recent<Call>, usual: &Usual) -> Self {
        let all = calls.len().max(1);
        let share = |count: usize| count as f64 / all as f64;
        let minutes = ((calls.newest_ns() - calls.oldest_ns()) as f64 / 6e10).clamp(1.0 / 6.0, 1.0);
        let clients = counts(calls.iter().map(|call| call.client.as_str()));
        // Nobody outside has an address of the network's own: those are checks, proxies and tests.
        let known_clients = clients
            .iter()
            .filter(|(client, _)| !client.is_empty() && !address::is_inner(client));
        let mut few: Vec<(String, usize)> = known_clients
            .clone()
            .map(|(c, n)| ((*c).to_owned(), *n))
            .collect();
        few.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let restless: usize = known_clients
            .clone()
            .map(|(_, count)| *count)
            .filter(|count| *count as f64 / minutes >= RESTLESS_PER_MINUTE)
            .sum();
        let networks: Vec<String> = calls
            .iter()
            .filter_map(|call| address::network(&call.client))
            .collect();
        let network = top(&counts(networks.iter().map(String::as_str)));
        let known = calls
            .iter()
            .filter(|call| usual.clients.contains_key(&call.client))
            .count();
        few.truncate(FEW);
        let few_known = are_known(&few, usual);
        let named: HashSet<&str> = few.iter().map(|(client, _)| client.as_str()).collect();
        let of_few: Vec<&Call> = calls
            .iter()
            .filter(|call| named.contains(call.client.as_str()))
            .collect();
        let shared = are_shared(&of_few, few.len());
        let agents = counts(calls.iter().map(|call| call.agent));
        let (agent, agent_count) = agents
            .iter()
            .max_by_key(|(_, count)| **count)
            .map_or((0, 0), |(a, n)| (*a, *n));
        let duration_ms = calls
            .iter()
            .map(|call| f64::from(call.duration_ms))
            .sum::<f64>()
            / all as f64;
        Self {
            calls: calls.len(),
            minutes,
            clients: clients.len(),
            few_share: share(of_few.len()),
            few_known,
            few,
            shared,
            restless_share: share(restless),
            agent_share: share(agent_count),
            agent_new: !usual.agents.contains(&agent) && agent != hash(""),
            path_share: share(top(&counts(calls.iter().map(|call| call.path)))),
            path_share_usual: usual.path_share,
            targets_share: share(calls.distinct(|call| Some(call.target))),
            refer_share: share(calls.iter().filter(|call| call.refers).count()),
            refer_usual: usual.refer,
            turned_away: share(calls.iter().filter(|call| call.turned_away).count()),
            slower: duration_ms / usual.duration_ms.max(1.0),
            duration_ms,
            known_share: share(known),
            network_share: share(network),
            declared_test: share(calls.iter().filter(|call| call.test).count()) >= 0.5,
        }
    }

    /// Weighs the mix of a function that is so many times busier than usual (0: not known).
    pub fn judge(&self, times: f64, others_busy: bool, fresh: bool) -> Verdict {
        let mut verdict = Verdict::default();
        // Somebody who was here before and is told to come again does so: that is a storm of retries.
        let retries = self.few_known && self.turned_away >= 0.3;
        if self.few_share >= FEW_SHARE && self.clients > 0 && !self.shared && !retries {
            let (n, share) = (self.few.len(), percent(self.few_share));
            verdict.say(2, true, format!("{n} clients make {share} % of the calls"));
        }
        if self.restless_share >= 0.5 && !self.shared && !retries {
            let share = percent(self.restless_share);
            verdict.say(
                1,
                true,
                format!(
                    "{share} % of the calls come from clients that call more often than people can"
                ),
            );
        }
        if times != 0.0 {
            self.judge_against_usual(&mut verdict, fresh);
            if times >= 10.0 && !others_busy {
                let reason = "no other function is busier than usual".to_owned();
                verdict.say(1, false, reason);
            }
        }
        verdict
    }

    /// The same where it is known what is usual.
    fn judge_against_usual(&self, verdict: &mut Verdict, fresh: bool) {
        if self.agent_share >= 0.7 && self.agent_new {
            let share = percent(self.agent_share);
            verdict.say(
                2,
                true,
                format!("{share} % of the calls come from one program that never called before"),
            );
        }
        if self.network_share >= 0.6 && self.clients >= 3 && !self.shared && !self.few_known {
            let share = percent(self.network_share);
            verdict.say(
                1,
                true,
                format!("{share} % of the calls come out of one network"),
            );
        }
        let one_path = self.path_share >= 0.85;
        if one_path && self.targets_share >= 0.8 && self.refer_share < 0.05 {
            verdict.say(
                1,
                true,
                "each call asks the same page for something else, past every cache".to_owned(),
            );
        }
        // Where the usual people are answered slowly, the function is slow: it starts, or waits for another.
        let chosen = !fresh && self.turned_away < 0.3 && self.known_share < 0.5;
        if self.slower >= 5.0 && self.duration_ms >= 1_000.0 && chosen {
            let seconds = self.duration_ms / 1e3;
            verdict.say(
                1,
                true,
                format!(
                    "calls were chosen to be dear: {seconds:.1} s each, {:.0} times the usual",
                    self.slower
                ),
            );
        }
        if one_path && self.path_share_usual < 0.6 {
            verdict.say(
                1,
                false,
                format!(
                    "{} % of the calls ask for one page",
                    percent(self.path_share)
                ),
            );
        }
        if self.refer_usual >= 0.2 && self.refer_share < self.refer_usual / 4.0 {
            verdict.say(
                1,
                false,
                "hardly any call comes from a page, as usual ones do".to_owned(),
            );
        }
    }

    /// The client that makes it, if one does, or what many are called.
    pub fn client(&self) -> String {
        match self.few.first() {
            Some((client, count)) if *count * 2 >= self.calls && !client.is_empty() => {
                client.clone()
            }
            _ => super::super::book::MANY.to_owned(),
        }
    }

    /// The newest calls of those that make it.
    pub fn marks(&self, calls: &Recent<Call>) -> Vec<Mark> {
        let concentrated = self.few_share >= FEW_SHARE;
        let named: HashSet<&str> = self.few.iter().map(|(client, _)| client.as_str()).collect();
        calls
            .iter()
            .rev()
            .filter(|call| !concentrated || named.contains(call.client.as_str()))
            .take((20.0 * self.minutes.max(1.0)) as usize)
            .map(|call| call.mark.clone())
            .collect()
    }
}

fn counts<K: std::hash::Hash + Eq>(keys: impl Iterator<Item = K>) -> HashMap<K, usize> {
    let mut counts = HashMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

fn top<K>(counts: &HashMap<K, usize>) -> usize {
    counts.values().max().copied().unwrap_or_default()
}
