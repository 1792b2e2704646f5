//! A fleet in which many functions call few shared ones, and a day on which things break: shared functions,
//! several at once, others beside them, and the platform.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use alerts::incidents::Topology;
use analyzers::detectors::{self, Settings};
use analyzers::findings::Ledger;
use analyzers::watch::drive::Drive;
use analyzers::watch::rows::Rows;
use fleet::catalogue;
use fleet::function::{Deed, Function, Platform, Report, Step, Trigger};
use fleet::history::{self, Event, Fact};
use fleet::random::Random;
use fleet::scenario::{self, Scenario};
use fleet::sim::Plan;
use fleet::time::{DAY, HOUR, MINUTE, Ns};
use store::model::{Finding, UnixNano};
use store::read::calls::CallRow;

use super::rows::{Collector, number, seconds};
use super::told::{Home, Telling};

/// Monday 2026-01-05.
const ORIGIN: Ns = 20_458 * DAY;
/// Shown hour by hour before.
const HISTORY_DAYS: u64 = 1;
/// Generated functions follow the named ones, which have troubles of their own.
const NAMED: usize = 16;
/// Functions that others call,
const SHARED: usize = 4;
/// callers of each,
const CALLERS: usize = 12;
/// and functions that call nobody.
const LONE: usize = 4;
/// All of them.
pub const FUNCTIONS: usize = SHARED + SHARED * CALLERS + LONE;
/// Arrivals at each caller and lone function, per second.
const RATE: f64 = 0.03;
/// How long trouble is watched.
const WATCHED: Ns = 15 * HOUR;

/// Something that was broken, with whom it must harm.
pub struct Cause {
    pub name: String,
    pub from_s: u32,
    pub until_s: u32,
    /// Functions that it hits itself,
    pub hit: BTreeSet<String>,
    /// those that fail with them,
    pub callers: BTreeSet<String>,
    /// and those that call them now and then, and wait for them.
    pub waiting: BTreeSet<String>,
}

/// A day, as it was told.
pub struct Played {
    pub causes: Vec<Cause>,
    /// Findings in their last state, with their incident.
    pub told: Vec<(Finding, Home)>,
    pub messages_alone: usize,
    pub messages: usize,
    /// Of these, for each reason.
    pub reasons: BTreeMap<String, usize>,
    /// Each in a line.
    pub lines: Vec<String>,
}

/// What breaks: the hour of the day, whom, and the incident's keys. `s3` is the fourth shared function, `l2`
/// a lone one, `c1.4` the fifth caller of the second shared one.
const DAY_OF_TROUBLE: &[(f64, &str, &str)] = &[
    (0.5, "s0", "kind: errors, for: 40m, rate: 0.9"),
    // Two that have nothing to do with each other in the same minute, and a third beside them.
    (3.0, "s1", "kind: errors, for: 40m, rate: 0.8"),
    (3.0, "s2", "kind: timeouts, for: 40m, rate: 0.7"),
    (3.0, "l0", "kind: errors, for: 40m, rate: 0.6"),
    (5.5, "s3", "kind: stop, for: 40m"),
    // Callers break by themselves while something else is slow.
    (8.0, "s0", "kind: slow, for: 60m, factor: 40"),
    (8.0, "c1.3", "kind: errors, for: 40m, rate: 0.7"),
    (8.0, "c2.5", "kind: errors, for: 40m, rate: 0.7"),
    (10.5, "s1", "kind: throttles, for: 40m, rate: 0.9"),
    (10.5, "l1", "kind: out_of_memory, for: 40m, rate: 0.4"),
    (13.0, "runtime:python", "kind: platform_shift, factor: 2.2"),
];

const fn watched_from() -> Ns {
    ORIGIN + HISTORY_DAYS * DAY
}

/// The functions: first the shared ones, then the callers of each, then the lone ones.
fn town(seed: u64) -> Vec<Function> {
    let all = catalogue::fleet(seed, Some(NAMED + FUNCTIONS)).expect("a fleet of this size");
    let mut all: Vec<Function> = all.into_iter().skip(NAMED).map(lambda).collect();
    let names: Vec<String> = all.iter().map(|f| f.name.clone()).collect();
    for (n, f) in all.iter_mut().enumerate() {
        let caller = (SHARED..SHARED + SHARED * CALLERS).contains(&n);
        f.rate = if n < SHARED { 0.002 } else { RATE };
        if caller {
            let mut r = Random::named(seed, n as u64, "town", 0);
            let shared = (n - SHARED) / CALLERS;
            // Every second one calls another shared function now and then, too.
            let other = (shared + 1 + r.below(SHARED as u64 - 1) as usize) % SHARED;
            let call = |to: usize, chance: f64, fatal: f64| Step {
                deed: Deed::Call,
                what: String::new(),
                on: names[to].clone(),
                ms: 8.0,
                chance,
                times: 1,
                error_rate: 0.0,
                fatal,
            };
            f.steps.push(call(shared, 0.9, 0.9));
            if n % 2 == 0 {
                f.steps.push(call(other, 0.1, 0.0));
            }
        }
    }
    all
}

/// On Lambda, which tells most of itself, called from outside at an even rate, and on a good day.
fn lambda(mut f: Function) -> Function {
    f.platform = Platform::AwsLambda;
    "314159265358".clone_into(&mut f.account);
    "eu-central-1".clone_into(&mut f.region);
    f.concurrency = 1;
    f.report = Report::Flat;
    f.trigger = Trigger::Http;
    (f.every, f.burst, f.churn) = (None, None, 0.0);
    f.swing = 0.2;
    f.calm()
}

fn placed(word: &str, functions: &[Function]) -> String {
    let name = |n: usize| functions[n].name.clone();
    let number = |text: &str| text.parse::<usize>().expect("a number");
    match (word.split_at(1), word.contains(':')) {
        (_, true) => format!("'{word}'"),
        (("s", n), _) => name(number(n)),
        (("l", n), _) => name(SHARED + SHARED * CALLERS + number(n)),
        ((_, pair), _) => {
            let (shared, nth) = pair.split_once('.').expect("a pair");
            name(SHARED + number(shared) * CALLERS + number(nth))
        }
    }
}

fn scenario(functions: &[Function]) -> Scenario {
    let mut text = String::from("incidents:\n");
    for (hour, who, keys) in DAY_OF_TROUBLE {
        let at_m = (hour * 60.0) as i64;
        let who = placed(who, functions);
        text += &format!("  - {{ at: {at_m}m, function: {who}, {keys} }}\n");
    }
    scenario::parse(&text, watched_from(), functions).expect("sound incidents")
}

fn causes(scenario: &Scenario, functions: &[Function], ids: &[String]) -> Vec<Cause> {
    let end = watched_from() + WATCHED;
    let incidents = scenario.incidents.iter();
    let causes = incidents.map(|incident| {
        let hit: Vec<&str> = incident
            .functions
            .iter()
            .map(|n| functions[*n].name.as_str())
            .collect();
        let calls = |f: &Function, fatal: bool| {
            let mut steps = f.steps.iter().filter(|s| s.deed == Deed::Call);
            steps.any(|s| (s.fatal > 0.0) == fatal && hit.contains(&s.on.as_str()))
        };
        let who = |fatal: bool| {
            let found = functions.iter().zip(ids).filter(|(f, _)| calls(f, fatal));
            let spreads = incident.kind != "platform_shift";
            found
                .filter(|_| spreads)
                .map(|(_, id)| id.clone())
                .collect()
        };
        Cause {
            name: format!("{} of {}", incident.kind, hit.len()),
            from_s: seconds(incident.from),
            until_s: seconds(incident.until.unwrap_or(end)),
            hit: incident.functions.iter().map(|n| ids[*n].clone()).collect(),
            callers: who(true),
            waiting: who(false),
        }
    });
    causes.collect()
}

/// Plays a day.
pub fn play(seed: u64) -> Played {
    let functions = town(seed);
    let scenario = scenario(&functions);
    let mut watched = Watched::new(&functions);
    let causes = causes(&scenario, &functions, &watched.ids);
    let plan = Plan {
        seed,
        functions,
        scenario,
        origin: ORIGIN,
        backfill: HISTORY_DAYS * DAY,
        rate: 1.0,
        truth_invocations: false,
        bills: None,
        quiet: true,
    };
    history::play(plan, watched_from() + WATCHED, |event| watched.see(event));
    watched.ended(causes)
}

/// Detectors, calls and correlation at work.
struct Watched {
    drive: Drive,
    collector: Collector,
    rows: Rows,
    findings: BTreeMap<String, Finding>,
    ids: Vec<String>,
    calls: BTreeMap<i64, HashMap<(String, String), CallRow>>,
    topology: Topology,
    telling: Telling,
}

impl Watched {
    fn new(functions: &[Function]) -> Self {
        let mut drive = Drive::new(detectors::all(&Settings::default()), Ledger::default());
        drive.begin_at(seconds(ORIGIN), seconds(ORIGIN));
        let mut cohorts = HashMap::new();
        let ids = functions.iter().map(|f| {
            let number = number(f, &mut drive.names).expect("few functions");
            let known = drive.names.of(number);
            cohorts.insert(known.id.clone(), known.cohort());
            known.id.clone()
        });
        let ids = ids.collect();
        let mut topology = Topology::default();
        topology.set_cohorts(cohorts);
        Self {
            drive,
            collector: Collector::new(),
            rows: Rows::default(),
            findings: BTreeMap::new(),
            ids,
            calls: BTreeMap::new(),
            topology,
            telling: Telling::new(),
        }
    }

    fn see(&mut self, event: Event) {
        match event {
            Event::Invocation(fact) => {
                self.collector.take(&fact, &mut self.drive.names);
                if fact.started + 3 * HOUR >= watched_from() {
                    self.called(&fact);
                }
            }
            Event::Deploy { .. } => {}
            Event::Until(now) if now <= watched_from() => {
                self.collector
                    .close(seconds(now), &self.drive.names, &mut self.rows);
                for finding in self.drive.show_hours(&mut self.rows, seconds(now)) {
                    self.findings.insert(finding.id.clone(), finding);
                }
                self.tidy();
            }
            Event::Until(now) => {
                let mut minute = now - HOUR;
                while minute < now {
                    minute += MINUTE;
                    self.minute(minute);
                }
                self.tidy();
            }
        }
    }

    /// A minute has closed: detectors look, and what they say is correlated and told a minute and a half
    /// later, as it is where it runs.
    fn minute(&mut self, end: Ns) {
        self.collector
            .close(seconds(end), &self.drive.names, &mut self.rows);
        for finding in self.drive.show_minutes(&mut self.rows, seconds(end)) {
            self.findings.insert(finding.id.clone(), finding);
        }
        let minute_s = i64::from(seconds(end)) - 60;
        let rows = self.calls.remove(&minute_s).unwrap_or_default();
        let rows: Vec<CallRow> = rows.into_values().collect();
        self.topology.see(minute_s, &rows);
        let now = UnixNano::from_secs(i64::from(seconds(end)) + 90);
        self.telling.turn(&self.findings, &self.topology, now);
    }

    /// What spans would tell of an invocation: those that time out or die leave none.
    fn called(&mut self, fact: &Fact) {
        let minute_s = i64::from(seconds(fact.started) / 60 * 60);
        let rows = self.calls.entry(minute_s).or_default();
        let failed = fact.status != "ok";
        let own = &self.ids[fact.function];
        if !matches!(fact.status, "ok" | "error") {
            return;
        }
        let row = rows
            .entry((String::new(), own.clone()))
            .or_insert_with(|| CallRow {
                callee: own.clone(),
                ..CallRow::default()
            });
        row.calls += 1;
        row.failed_calls += u64::from(failed);
        row.duration_sum_ns += fact.duration();
        for call in &fact.calls {
            let to = &self.ids[call.function];
            let key = (own.clone(), format!("{to}{}", call.ran));
            let row = rows.entry(key).or_insert_with(|| CallRow {
                caller: own.clone(),
                address: format!("peer:{to}.example"),
                callee: if call.ran { to.clone() } else { String::new() },
                ..CallRow::default()
            });
            row.calls += 1;
            row.failed_calls += u64::from(call.failed);
            row.failed_both += u64::from(call.failed && failed);
            row.duration_sum_ns += call.took;
        }
    }

    fn tidy(&mut self) {
        self.rows.minutes.clear();
        let hours_until_s = self.drive.hours_until_s();
        self.rows.hours.retain(|row| row.hour_s >= hours_until_s);
    }

    fn ended(self, causes: Vec<Cause>) -> Played {
        let (homes, messages_alone, reasons, lines) = self.telling.ended();
        let begin = UnixNano::from_secs(seconds(watched_from()).into());
        let told = self
            .findings
            .into_values()
            .filter(|f| f.detected_at >= begin);
        let told = told.filter_map(|f| homes.get(&f.id).cloned().map(|home| (f, home)));
        Played {
            causes,
            told: told.collect(),
            messages_alone,
            messages: reasons.values().sum(),
            reasons,
            lines,
        }
    }
}
