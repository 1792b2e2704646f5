//! Who called whom, minute by minute, and what came of it.

use std::collections::{BTreeMap, HashMap};

use store::read::calls::CallRow;

/// Minutes that are remembered: what is usual is an hour before what is looked at, and findings are
/// certain within the hour after.
pub const MINUTES_MAX: usize = 180;
/// Places that are known at most; calls to and from further ones are not seen. Names of 100 bytes are 20 MB.
const PLACES_MAX: usize = 100_000;
/// Share of an address's answered calls that must reach one function, for the address to be that function.
const ONE_BEHIND: f64 = 0.95;

/// Calls from one to another, or runs of one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flow {
    /// How many, a minute.
    pub calls: f64,
    /// Of these, failed.
    pub failed: f64,
    /// Of the failed, those whose caller failed in the same trace.
    pub both: f64,
    /// Their durations together, ms a minute.
    pub duration_ms: f64,
}

impl Flow {
    fn add(&mut self, row: &Edge, minutes: f64) {
        self.calls += row.calls / minutes;
        self.failed += row.failed / minutes;
        self.both += row.both / minutes;
        self.duration_ms += row.duration_ms / minutes;
    }
}

#[derive(Clone, Copy, Debug)]
struct Edge {
    from: u32,
    to: u32,
    calls: f64,
    failed: f64,
    both: f64,
    duration_ms: f64,
}

/// A stretch of time, `begin_s` ≤ t < `end_s`, s since the epoch.
pub type Stretch = std::ops::Range<i64>;

/// What is known of calls. A place is a function's id, `queue:` and a name, or `peer:` and a host.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    minutes: BTreeMap<i64, Vec<Edge>>,
    /// How many calls to an address each function answered.
    behind: HashMap<u32, HashMap<u32, f64>>,
    cohorts: HashMap<String, String>,
}

/// Runs of a place are calls by nobody.
const NOBODY: u32 = 0;

impl Topology {
    /// Takes the rows of a minute that begins at `minute_s`; rows of the same minute are replaced.
    pub fn see(&mut self, minute_s: i64, rows: &[CallRow]) {
        let mut edges = Vec::with_capacity(rows.len());
        for row in rows {
            let (Some(from), Some(address), Some(callee)) = (
                self.number(&row.caller),
                self.number(&row.address),
                self.number(&row.callee),
            ) else {
                continue;
            };
            let to = if callee == NOBODY { address } else { callee };
            if callee != NOBODY && row.address.starts_with("peer:") {
                let answered = self.behind.entry(address).or_default();
                *answered.entry(callee).or_default() += row.calls as f64;
            }
            edges.push(Edge {
                from,
                to,
                calls: row.calls as f64,
                failed: row.failed_calls as f64,
                both: row.failed_both as f64,
                duration_ms: row.duration_sum_ns as f64 / 1e6,
            });
        }
        self.minutes.insert(minute_s, edges);
        while self.minutes.len() > MINUTES_MAX {
            self.minutes.pop_first();
        }
    }

    /// Says what functions share what the platform does to them: by id, the cohort.
    pub fn set_cohorts(&mut self, cohorts: HashMap<String, String>) {
        self.cohorts = cohorts;
    }

    /// The cohort of a function.
    #[must_use]
    pub fn cohort(&self, function: &str) -> Option<&str> {
        self.cohorts.get(function).map(String::as_str)
    }

    /// The last minute that was seen, s since the epoch.
    #[must_use]
    pub fn seen_until_s(&self) -> Option<i64> {
        self.minutes.last_key_value().map(|(minute, _)| *minute)
    }

    /// The number of a place; none beyond the limit. Nobody has no name.
    fn number(&mut self, name: &str) -> Option<u32> {
        if self.names.is_empty() {
            self.names.push(String::new());
            self.numbers.insert(String::new(), NOBODY);
        }
        if let Some(number) = self.numbers.get(name) {
            return Some(*number);
        }
        let number = u32::try_from(self.names.len()).ok()?;
        if self.names.len() >= PLACES_MAX {
            return None;
        }
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        Some(number)
    }

    /// The function that stands behind an address, or the address itself: what never answered any more
    /// is known by who answered before.
    fn resolved(&self, place: u32) -> u32 {
        let Some(answered) = self.behind.get(&place) else {
            return place;
        };
        let all: f64 = answered.values().sum();
        let most = answered.iter().max_by(|a, b| a.1.total_cmp(b.1));
        most.filter(|(_, calls)| **calls >= ONE_BEHIND * all)
            .map_or(place, |(function, _)| *function)
    }

    fn sums(&self, window: &Stretch, takes: impl Fn(&Edge) -> Option<u32>) -> Vec<(String, Flow)> {
        let inside = self.minutes.range(window.clone());
        // Minutes without a row of theirs are minutes without calls; those not seen yet are none.
        let minutes = inside.clone().count().max(1) as f64;
        let mut sums: BTreeMap<u32, Flow> = BTreeMap::new();
        for edge in inside.flat_map(|(_, edges)| edges) {
            if let Some(other) = takes(edge) {
                sums.entry(other).or_default().add(edge, minutes);
            }
        }
        sums.into_iter()
            .map(|(number, flow)| (self.names[number as usize].clone(), flow))
            .collect()
    }

    /// Whom a place called, by name.
    #[must_use]
    pub fn called_by(&self, place: &str, window: &Stretch) -> Vec<(String, Flow)> {
        let Some(from) = self.numbers.get(place).copied().filter(|n| *n != NOBODY) else {
            return Vec::new();
        };
        self.sums(window, |edge| {
            (edge.from == from).then(|| self.resolved(edge.to))
        })
    }

    /// Who called a place, by name.
    #[must_use]
    pub fn callers_of(&self, place: &str, window: &Stretch) -> Vec<(String, Flow)> {
        let Some(to) = self.numbers.get(place).copied() else {
            return Vec::new();
        };
        self.sums(window, |edge| {
            (edge.from != NOBODY && self.resolved(edge.to) == to).then_some(edge.from)
        })
    }

    /// The runs of a function.
    #[must_use]
    pub fn runs(&self, place: &str, window: &Stretch) -> Flow {
        let Some(to) = self.numbers.get(place).copied() else {
            return Flow::default();
        };
        let own = self.sums(window, |edge| {
            (edge.from == NOBODY && edge.to == to).then_some(to)
        });
        own.first().map(|(_, flow)| *flow).unwrap_or_default()
    }
}
