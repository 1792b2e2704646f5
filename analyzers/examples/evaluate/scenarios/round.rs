//! One round: a seed's fleet, its incidents, and what the detectors said of them.

use std::collections::BTreeMap;

use analyzers::detectors::{self, Names, Settings};
use analyzers::findings::Ledger;
use analyzers::watch::drive::Drive;
use analyzers::watch::rows::Rows;
use fleet::catalogue;
use fleet::function::Function;
use fleet::history::{self, Event};
use fleet::scenario::{self, Scenario};
use fleet::sim::Plan;
use fleet::time::{DAY, HOUR, Ns};
use store::model::Finding;

use super::cases::{CASES, Case, PLATFORM};
use super::rows::{Collector, number, seconds};

/// Monday 2026-01-05.
const ORIGIN: Ns = 20_458 * DAY;
/// Shown hour by hour, as history is at the first start.
pub const HISTORY_DAYS: u64 = 28;
/// Shown minute by minute; incidents begin in its first three days.
pub const WATCHED_DAYS: u64 = 7;
/// Generated functions follow the named ones, which have troubles of their own and call each other.
const NAMED: usize = 16;
/// Functions of a round: those of the cases, and as many again to which nothing happens.
pub const FUNCTIONS: usize = 2 * CASES.len();
/// Of the fleet's usual traffic: 350 to 1,100 invocations a day.
const RATE: f64 = 0.25;

/// An incident that was played.
pub struct Played {
    pub case: &'static Case,
    /// Ids of the functions it hit.
    pub functions: Vec<String>,
    pub from_s: u32,
}

/// What a round gave.
pub struct Round {
    pub played: Vec<Played>,
    /// Every finding that was told, in its last state.
    pub told: Vec<Finding>,
}

/// Where the incidents' offsets count from.
const fn watched_from() -> Ns {
    ORIGIN + HISTORY_DAYS * DAY
}

/// Plays a round. With `platform`, all functions of a runtime start more slowly, and nothing else.
pub fn play(seed: u64, platform: bool) -> Round {
    let mut functions: Vec<Function> = catalogue::fleet(seed, Some(NAMED + FUNCTIONS))
        .expect("a fleet of this size")
        .split_off(NAMED);
    functions = functions.into_iter().map(lambda).collect();
    let (scenario, cases) = match platform {
        true => platform_shift(&functions),
        false => incidents(seed, &functions),
    };
    let played = labels(&scenario, cases, &functions);
    let until = watched_from() + WATCHED_DAYS * DAY;
    let plan = Plan {
        seed,
        functions,
        scenario,
        origin: ORIGIN,
        backfill: HISTORY_DAYS * DAY,
        rate: RATE,
        truth_invocations: false,
        bills: None,
        quiet: true,
    };
    let mut watched = Watched::new();
    history::play(plan, until, |event| watched.see(event));
    Round {
        played,
        told: watched.told.into_values().collect(),
    }
}

/// The function as one on Lambda, which tells most of itself, and on a good day.
fn lambda(mut f: Function) -> Function {
    use fleet::function::{Platform, Report};
    if f.platform != Platform::AwsLambda {
        f.platform = Platform::AwsLambda;
        "314159265358".clone_into(&mut f.account);
        "eu-central-1".clone_into(&mut f.region);
        f.concurrency = 1;
    }
    f.report = Report::Flat;
    f.calm()
}

/// Each case happens to one function, which one and when depending on the seed.
fn incidents(seed: u64, functions: &[Function]) -> (Scenario, Vec<&'static Case>) {
    let mut free: Vec<&Function> = functions.iter().filter(|f| f.every.is_none()).collect();
    let mut text = String::from("incidents:\n");
    let mut cases = Vec::new();
    for (n, case) in CASES.iter().enumerate() {
        let mut r = fleet::random::Random::named(seed, n as u64, "case", 0);
        if free.is_empty() {
            break;
        }
        let function = free.swap_remove(r.below(free.len() as u64) as usize);
        let at_h = match case.keys.starts_with("kind: campaign") {
            // Friday 12:00 or Sunday 22:00 of the first week.
            true if case.name.contains("Friday") => -(24 * 24 - 12),
            true => -(22 * 24 - 22),
            false => 3 + r.below(69) as i64,
        };
        let keys = case.keys;
        let name = &function.name;
        text += &format!("  - {{ at: {at_h}h, function: {name}, {keys} }}\n");
        cases.push(case);
    }
    let read = scenario::parse(&text, watched_from(), functions);
    (read.expect("sound incidents"), cases)
}

fn platform_shift(functions: &[Function]) -> (Scenario, Vec<&'static Case>) {
    let keys = PLATFORM.keys;
    let text = format!("incidents: [{{ at: 30h, function: 'runtime:python', {keys} }}]");
    let read = scenario::parse(&text, watched_from(), functions);
    (read.expect("a sound incident"), vec![&PLATFORM])
}

fn labels(scenario: &Scenario, cases: Vec<&'static Case>, functions: &[Function]) -> Vec<Played> {
    let mut names = Names::default();
    let mut id = |place: &usize| {
        let number = number(&functions[*place], &mut names).expect("few functions");
        names.of(number).id.clone()
    };
    let incidents = scenario.incidents.iter();
    incidents
        .zip(cases)
        .map(|(incident, case)| Played {
            case,
            functions: incident.functions.iter().map(&mut id).collect(),
            from_s: seconds(incident.from.max(watched_from())),
        })
        .collect()
}

/// The detectors at work.
struct Watched {
    drive: Drive,
    collector: Collector,
    rows: Rows,
    told: BTreeMap<String, Finding>,
}

impl Watched {
    fn new() -> Self {
        let mut drive = Drive::new(detectors::all(&Settings::default()), Ledger::default());
        drive.begin_at(seconds(ORIGIN), seconds(ORIGIN));
        Self {
            drive,
            collector: Collector::new(),
            rows: Rows::default(),
            told: BTreeMap::new(),
        }
    }

    fn see(&mut self, event: Event) {
        match event {
            Event::Invocation(fact) => {
                self.collector.take(&fact, &mut self.drive.names);
            }
            // Detectors see deploys as the store does: by versions that were not there before.
            Event::Deploy { .. } => {}
            Event::Until(now) => self.show(now),
        }
    }

    fn show(&mut self, now: Ns) {
        let until_s = seconds(now);
        self.collector
            .close(until_s, &self.drive.names, &mut self.rows);
        let changed = if now <= watched_from() {
            self.drive.show_hours(&mut self.rows, until_s)
        } else {
            self.drive.show_minutes(&mut self.rows, until_s)
        };
        for finding in changed {
            self.told.insert(finding.id.clone(), finding);
        }
        self.rows.minutes.clear();
        let hours_until_s = self.drive.hours_until_s();
        self.rows.hours.retain(|row| row.hour_s >= hours_until_s);
        debug_assert!(now.is_multiple_of(HOUR));
    }
}
