//! Operational detectors over a fleet of ordinary functions: how often they speak of nothing, and what they
//! find how soon. The figures of EVALUATION.md, "Operations":
//!
//!     cargo test -p nephoscope-analyzers --test operations -- --nocapture

#![allow(clippy::print_stdout, clippy::unwrap_used)] // the tables are the answer

mod ordinary;

use std::collections::{BTreeMap, HashMap};

use analyzers::detectors::news::Deployed;
use analyzers::detectors::operations::{self, Thresholds};
use analyzers::findings::Ledger;
use analyzers::watch::drive::Drive;
use analyzers::watch::rows::Rows;
use ordinary::{Fault, Function, Traffic, add_to_hours};
use store::model::{Finding, Severity, State, UnixNano};

/// Monday, day 20,003.
const BEGIN_S: u32 = 20_003 * 86_400;
const DAY_S: u32 = 86_400;
/// Shown by the hour, as at the first start.
const HISTORY_DAYS: u32 = 21;
/// Shown by the minute before a fault.
const MINUTE_DAYS: u32 = 3;

struct Play {
    drive: Drive,
    functions: Vec<Function>,
    deploys: Vec<Deployed>,
    now_s: u32,
    /// The first word on each finding that was told.
    told: BTreeMap<String, Finding>,
}

impl Play {
    fn new(make: impl Fn(&mut Drive) -> Vec<Function>) -> Self {
        let detectors = operations::all(&Thresholds::default());
        let mut drive = Drive::new(detectors, Ledger::default());
        let functions = make(&mut drive);
        drive.begin_at(BEGIN_S, BEGIN_S);
        Self {
            drive,
            functions,
            deploys: Vec::new(),
            now_s: BEGIN_S,
            told: BTreeMap::new(),
        }
    }

    fn hear(&mut self, findings: Vec<Finding>) {
        for finding in findings.into_iter().filter(|f| f.state != State::Held) {
            self.told.entry(finding.id.clone()).or_insert(finding);
        }
    }

    /// Plays days of history by the hour, or by the minute.
    fn days(&mut self, days: u32, by_minutes: bool) {
        let trigger = self.drive.names.version("http");
        let mut hours = Rows::default();
        for _ in 0..days * 24 {
            let (from_s, to_s) = (self.now_s, self.now_s + 3600);
            let mut rows = Rows {
                hours: std::mem::take(&mut hours.hours),
                ..Rows::default()
            };
            let to = UnixNano::from_secs(to_s.into());
            let count = self.deploys.partition_point(|deployed| deployed.at < to);
            rows.deploys = self.deploys.drain(..count).collect();
            let mut closed = Vec::new();
            for minute_s in (from_s..to_s).step_by(60) {
                for function in &mut self.functions {
                    if let Some(row) = function.minute(minute_s) {
                        add_to_hours(&mut closed, &row, trigger);
                        rows.minutes.push(row);
                    }
                }
            }
            self.now_s = to_s;
            match by_minutes {
                true => {
                    let said = self.drive.show_minutes(&mut rows, to_s);
                    hours.hours = closed;
                    self.hear(said);
                }
                false => {
                    rows.hours = closed;
                    let said = self.drive.show_hours(&mut rows, to_s);
                    self.hear(said);
                }
            }
        }
    }

    /// Every function gets a new version every so many days.
    fn deploy(&mut self, every_days: u32, days: u32) {
        for (i, function) in self.functions.iter_mut().enumerate() {
            for day in (i as u32 % every_days..days).step_by(every_days as usize) {
                let at_s = BEGIN_S + day * DAY_S + 36_000 + 60 * i as u32;
                function.deploy_at(at_s);
                let version = self.drive.names.version(&format!("deploy {day}"));
                let at = UnixNano::from_secs(at_s.into());
                let function = function.number;
                self.deploys.push(Deployed {
                    function,
                    version,
                    at,
                    is_baseline: false,
                });
            }
        }
        self.deploys.sort_by_key(|deployed| deployed.at);
    }
}

fn quiet_fleet(drive: &mut Drive, each: u32) -> Vec<Function> {
    let kinds = [
        ("busy", Traffic::People(60.0)),
        ("middle", Traffic::People(3.0)),
        ("low", Traffic::People(0.1)),
        ("rare", Traffic::Bursts(0.5)),
        ("bursts", Traffic::Bursts(6.0)),
        ("five", Traffic::Every(5)),
        ("hourly", Traffic::Every(60)),
        ("nightly", Traffic::Nightly),
        ("office", Traffic::Office(1.0)),
    ];
    let mut functions = Vec::new();
    for (kind, traffic) in kinds {
        for i in 0..each {
            let failing = [0.0005, 0.002, 0.008, 0.03][i as usize % 4];
            let seed = u64::from(i) + 1_000 * functions.len() as u64;
            let name = format!("{kind}-{i}");
            functions.push(Function::new(
                &mut drive.names,
                &name,
                traffic,
                failing,
                seed,
            ));
        }
    }
    functions
}

#[test]
fn a_month_of_ordinary_traffic_hardly_raises_anything() {
    const DAYS: u32 = 30;
    let each = std::env::var("NEPHOSCOPE_EACH").ok();
    let each = each.and_then(|n| n.parse().ok()).unwrap_or(8);
    let mut play = Play::new(|drive| quiet_fleet(drive, each));
    play.deploy(7, HISTORY_DAYS + DAYS);
    play.days(HISTORY_DAYS, false);
    play.told.clear();
    play.days(DAYS, true);
    let functions = play.functions.len() as f64;
    let months = f64::from(DAYS) / 30.0;
    let mut by_kind: BTreeMap<(&str, Severity), u32> = BTreeMap::new();
    for finding in play.told.values() {
        *by_kind
            .entry((&finding.kind, finding.severity))
            .or_default() += 1;
        if std::env::var_os("NEPHOSCOPE_TELL").is_some() {
            println!(
                "{:?} {} {}",
                finding.severity, finding.kind, finding.sentence
            );
        }
    }
    println!("findings by function and month on quiet data:");
    for ((kind, severity), n) in &by_kind {
        println!(
            "| {kind} | {severity:?} | {:.4} |",
            f64::from(*n) / functions / months
        );
    }
    let loud = by_kind
        .iter()
        .filter(|((_, severity), _)| *severity >= Severity::Medium);
    let loud = f64::from(loud.map(|(_, n)| *n).sum::<u32>()) / functions / months;
    println!("medium or worse, by function and month: {loud:.4}");
    assert!(loud <= 0.05, "{loud} findings of medium severity or worse");
}

/// Kinds that tell of a fault.
fn tells(fault: Fault) -> &'static [&'static str] {
    match fault {
        Fault::Fails(_) => &["error_rate"],
        Fault::Stops => &["silent", "missed_run"],
        Fault::Slow(_) => &["slow"],
        Fault::Leaks(_) => &["memory_growth"],
        Fault::Hangs => &["timeouts", "stuck"],
    }
}

#[test]
fn faults_are_found_and_how_soon() {
    const EACH: u32 = 5;
    const FAULT_DAYS: u32 = 2;
    let levels = [
        ("60 a minute", Traffic::People(60.0)),
        ("3 a minute", Traffic::People(3.0)),
        ("6 an hour", Traffic::People(0.1)),
        ("every 5 minutes", Traffic::Every(5)),
        ("nightly", Traffic::Nightly),
    ];
    let faults = [
        ("3 % failing instead of 1.5 %", Fault::Fails(0.03), 0.015),
        ("10 % failing", Fault::Fails(0.1), 0.002),
        ("50 % failing", Fault::Fails(0.5), 0.002),
        ("stops", Fault::Stops, 0.002),
        ("slower ×2", Fault::Slow(2.0), 0.002),
        ("slower ×4", Fault::Slow(4.0), 0.002),
        ("leaks 1.5 % an hour", Fault::Leaks(0.015), 0.002),
        ("every invocation hangs", Fault::Hangs, 0.002),
    ];
    // On a Friday at 10:00.
    let fault_s = BEGIN_S + (HISTORY_DAYS + MINUTE_DAYS + 1) * DAY_S + 36_000;
    let mut cases: HashMap<String, (usize, usize)> = HashMap::new();
    let mut play = Play::new(|drive| {
        let mut functions = quiet_fleet(drive, 6);
        let mut seed = 77_000;
        for (f, (_, fault, failing)) in faults.iter().enumerate() {
            for (l, (_, traffic)) in levels.iter().enumerate() {
                for i in 0..EACH {
                    seed += 1;
                    let name = format!("f{f}-l{l}-{i}");
                    let mut function =
                        Function::new(&mut drive.names, &name, *traffic, *failing, seed);
                    function.fault = Some((*fault, fault_s));
                    functions.push(function);
                }
            }
        }
        functions
    });
    for function in &play.functions {
        let id = play.drive.names.of(function.number).id.clone();
        let name = id.rsplit(':').next().unwrap().to_owned();
        if let Some((f, l)) = name.strip_prefix('f').and_then(|rest| {
            let mut parts = rest.split("-l");
            let f = parts.next()?.parse().ok()?;
            Some((f, parts.next()?.split('-').next()?.parse().ok()?))
        }) {
            cases.insert(id, (f, l));
        }
    }
    play.days(HISTORY_DAYS, false);
    play.days(MINUTE_DAYS + 1, true);
    play.told.clear();
    play.days(FAULT_DAYS, true);
    let mut delays: BTreeMap<(usize, usize), BTreeMap<&str, i64>> = BTreeMap::new();
    for finding in play.told.values() {
        let Some((f, l)) = cases.get(&finding.function_id) else {
            continue;
        };
        let delay_s = finding.detected_at.as_secs() - i64::from(fault_s);
        if !tells(faults[*f].1).contains(&finding.kind.as_str()) || delay_s < 0 {
            continue;
        }
        let first = delays
            .entry((*f, *l))
            .or_default()
            .entry(&finding.function_id)
            .or_insert(delay_s);
        *first = (*first).min(delay_s);
    }
    println!("found of {EACH} within two days, and the median delay:");
    let mut found = BTreeMap::new();
    for (f, (fault, ..)) in faults.iter().enumerate() {
        for (l, (level, _)) in levels.iter().enumerate() {
            let mut all: Vec<i64> = delays
                .get(&(f, l))
                .map(|d| d.values().copied().collect())
                .unwrap_or_default();
            all.sort_unstable();
            let median = all
                .get(all.len() / 2)
                .map_or("–".to_owned(), |s| format!("{} min", s / 60));
            println!("| {fault} | {level} | {}/{EACH} | {median} |", all.len());
            found.insert(
                (f, l),
                (
                    all.len(),
                    all.get(all.len() / 2).copied().unwrap_or(i64::MAX),
                ),
            );
        }
    }
    let within = |f: usize, l: usize, minutes: i64| {
        let (n, median_s) = found[&(f, l)];
        n >= 4 && median_s <= minutes * 60
    };
    assert!(
        within(1, 0, 3) && within(2, 0, 3),
        "bursts in busy functions within three minutes"
    );
    assert!(
        within(2, 1, 5) && within(2, 2, 120),
        "half failing, in quieter ones"
    );
    assert!(
        within(3, 0, 10) && within(3, 1, 15) && within(3, 3, 60),
        "stops"
    );
    assert!(within(3, 4, 26 * 60), "a nightly run that was missed");
    assert!(within(4, 0, 30) && within(5, 1, 30), "slower");
    assert!(within(6, 0, 26 * 60), "a leak before memory is full");
    assert!(within(7, 0, 5) && within(7, 1, 5), "hanging");
}
