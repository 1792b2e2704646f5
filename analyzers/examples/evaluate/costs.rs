//! The detector of costs as the product runs it: a fleet whose functions have the made-up hourly series, what
//! it tells of them untouched, and what it tells when one goes wrong.

use std::collections::BTreeMap;

use analyzers::detectors::costs::{Costs, Settings};
use analyzers::detectors::news::{Hour, Step};
use analyzers::detectors::{Detector, FunctionNo, Names, News, Signal};
use store::model::UnixNano;

use crate::anomalies::TROUBLES;
use crate::series::hourly::{FAMILIES, HOURS};
use crate::series::random::Random;

/// Fleets of one function of each family.
const FLEETS: u64 = 3;
/// Not those that constants of the detector of anomalies were chosen on.
const SEED: u64 = 17_000_000;
/// What each function costs an hour on average, dollars: a fleet costs about $400 a day.
const USD_PER_HOUR: f64 = 1.0;
/// Findings count, and trouble begins, after three weeks.
const FROM: usize = 504;
/// Hours in which a step or a leak may be found.
const LASTING: usize = 48;
const HOUR_S: u32 = 3_600;
/// A Monday.
const BEGIN_S: u32 = 1_761_523_200;
const USD_EACH: f64 = 4.4e-6;

/// What was told: the hour, the kind, the function or what is wider, and the excess, dollars.
type Told = BTreeMap<(String, String), (usize, f64)>;

struct Fleet {
    names: Names,
    functions: Vec<FunctionNo>,
    values: Vec<Vec<f64>>,
}

impl Fleet {
    fn new(seed: u64) -> Self {
        let mut names = Names::default();
        let (mut functions, mut values) = (Vec::new(), Vec::new());
        for (number, family) in FAMILIES.iter().enumerate() {
            let mut random = Random::new(SEED + 1_000 * seed + number as u64);
            let made: Vec<f64> = (family.make)(&mut random)
                .iter()
                .map(|v| v.max(0.0))
                .collect();
            let known: Vec<f64> = made.iter().copied().filter(|v| v.is_finite()).collect();
            let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
            // A gap of telemetry is an hour without rows: nobody can tell it from silence.
            let scaled = made.iter().map(|v| {
                if v.is_finite() {
                    v / mean * USD_PER_HOUR
                } else {
                    0.0
                }
            });
            values.push(scaled.collect());
            let id = format!(
                "aws:{}:eu-central-1:{}",
                number % 3,
                family.name.replace(' ', "-")
            );
            functions.extend(names.function(&id));
        }
        Self {
            names,
            functions,
            values,
        }
    }

    /// Plays all hours, with a factor on each function's spend; what was told, when first.
    fn play(&mut self, factor: impl Fn(usize, usize) -> f64) -> Told {
        let mut costs = Costs::new(Settings::default());
        let word = self.names.version("1");
        let mut told = Told::new();
        for h in 0..HOURS {
            let hour_s = BEGIN_S + h as u32 * HOUR_S;
            let rows: Vec<Hour> = (0..self.functions.len())
                .filter_map(|i| {
                    let usd = self.values[i][h] * factor(i, h);
                    (usd > 0.0).then(|| row(self.functions[i], word, hour_s, usd))
                })
                .collect();
            let news = News {
                now: UnixNano::from_secs((hour_s + HOUR_S).into()),
                step: Step::Hour,
                until_s: hour_s + HOUR_S,
                minutes: &[],
                hour_s: Some(hour_s),
                hours: &rows,
                cold_starts: &[],
                deploys: &[],
                gauges: &[],
                verdicts: &[],
                disk: None,
                only: None,
                names: &self.names,
            };
            for signal in costs.look(&news) {
                let key = (
                    self.subject(&signal),
                    format!("{}", signal.began_at.as_secs()),
                );
                let excess: f64 = signal.evidence.parts.iter().map(|part| part.value).sum();
                told.entry(key).or_insert((h, excess)).1 = excess;
            }
        }
        told
    }

    fn subject(&self, signal: &Signal) -> String {
        use analyzers::detectors::signal::Subject;
        match &signal.key.subject {
            Subject::Function(function) => self.names.of(*function).id.clone(),
            Subject::Wide(scope, text) => format!("{} {text}", scope.as_str()),
        }
    }
}

fn row(
    function: FunctionNo,
    word: analyzers::detectors::names::VersionNo,
    hour_s: u32,
    usd: f64,
) -> Hour {
    let invocations = usd / USD_EACH;
    let billed_ms = invocations * 250.0;
    Hour {
        function,
        version: word,
        trigger: word,
        hour_s,
        invocations: invocations as u32,
        errors: 0,
        timeouts: 0,
        out_of_memory: 0,
        throttles: 0,
        cold_starts: 0,
        duration_ms: billed_ms,
        init_ms: 0.0,
        billed_ms,
        billed_init_ms: 0.0,
        billed_mb_ms: billed_ms * 1_024.0,
        usd,
        usd_requests: invocations * 2e-7,
        memory_mb: 1_024,
        memory_used_mb_max: 0,
        duration_ms_max: 0,
    }
}

/// What came of all fleets.
#[derive(Default)]
struct Tally {
    calm_functions: usize,
    calm_wide: usize,
    /// Found, found only as something wider, all.
    found: [(usize, usize, usize); TROUBLES.len()],
    delays_h: [Vec<usize>; TROUBLES.len()],
    errors: Vec<f64>,
}

impl Tally {
    fn calm(&mut self, calm: &Told) {
        for ((subject, _), _) in calm.iter().filter(|(_, (h, _))| *h >= FROM) {
            match subject.contains(' ') {
                true => self.calm_wide += 1,
                false => self.calm_functions += 1,
            }
        }
    }

    /// Lets one trouble happen to one function.
    fn strike(&mut self, fleet: &mut Fleet, calm: &Told, number: usize, i: usize, at: usize) {
        let trouble = &TROUBLES[number];
        let during = at..at + trouble.hours;
        let told = fleet.play(|j, h| match j == i && during.contains(&h) {
            true => (trouble.factor)((h - at) as i32),
            false => 1.0,
        });
        let id = fleet.names.of(fleet.functions[i]).id.clone();
        let is_new = |key: &(String, String), h: usize| {
            (at..=at + trouble.hours).contains(&h) && !calm.contains_key(key)
        };
        let new = || told.iter().filter(|(key, (h, _))| is_new(key, *h));
        let mine = new()
            .filter(|(key, _)| key.0 == id)
            .map(|(_, v)| *v)
            .min_by_key(|v| v.0);
        let is_wide = new().any(|(key, _)| key.0.contains(' '));
        let found = &mut self.found[number];
        found.2 += 1;
        let Some((h, excess)) = mine else {
            found.1 += usize::from(is_wide);
            return;
        };
        found.0 += 1;
        self.delays_h[number].push(h - at + 1);
        let more = |h: usize| fleet.values[i][h] * ((trouble.factor)((h - at) as i32) - 1.0);
        let put_on: f64 = during.map(more).sum();
        if trouble.hours < LASTING && put_on.abs() > 0.1 {
            self.errors.push((excess / put_on - 1.0).abs());
        }
    }

    #[allow(clippy::print_stdout)]
    fn print(&mut self) {
        let months = FLEETS as f64 * (HOURS - FROM) as f64 / 720.0;
        println!(
            "\nCosts, as the product tells them: {} findings of functions untouched ({:.3} a function and month), {} \
             of what holds them ({:.2} a fleet and month)",
            self.calm_functions,
            self.calm_functions as f64 / (months * FAMILIES.len() as f64),
            self.calm_wide,
            self.calm_wide as f64 / months
        );
        println!(
            "{:10} {:>9} {:>14} {:>8}",
            "", "found", "only as wider", "delay h"
        );
        for ((trouble, found), delays) in TROUBLES.iter().zip(self.found).zip(&mut self.delays_h) {
            let (mine, wide, all) = found;
            delays.sort_unstable();
            let median = delays.get(delays.len() / 2).copied().unwrap_or(0);
            println!(
                "{:10} {:>9.3} {:>14.3} {median:>8}",
                trouble.name,
                mine as f64 / all as f64,
                wide as f64 / all as f64
            );
        }
        self.errors.sort_by(f64::total_cmp);
        if let Some(median) = self.errors.get(self.errors.len() / 2) {
            let of = self.errors.len();
            println!(
                "excess money of what is over within {:.1} % (median of {of})",
                100.0 * median
            );
        }
    }
}

/// Prints the table.
pub fn evaluate() {
    let mut tally = Tally::default();
    for seed in 0..FLEETS {
        let mut fleet = Fleet::new(seed);
        let calm = fleet.play(|_, _| 1.0);
        tally.calm(&calm);
        for number in 0..TROUBLES.len() {
            for i in 0..fleet.functions.len() {
                let mut random = Random::new(SEED + seed * 777 + (number * 100 + i) as u64);
                let at = FROM + random.below(HOURS - FROM - LASTING);
                tally.strike(&mut fleet, &calm, number, i, at);
            }
        }
    }
    tally.print();
}
