//! Versions of made-up functions, of many kinds of restlessness: placebo deploys that changed nothing count
//! false alarms, deploys that changed one measure count what is found.

use analyzers::detectors::regression::Outcome;
use analyzers::detectors::versions::{Cell, Measure, Verdict, judge};

const FUNCTIONS: u64 = 1_500;
const DAYS_BEFORE: i64 = 12;
const HOURS_AFTER: i64 = 26;
const DAY_S: i64 = 86_400;

/// A stream of chance (xorshift64*).
struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn even(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.even().max(1e-300).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.even()).cos()
    }

    /// Heavy-tailed: one in ten is three times as wild.
    fn mood(&mut self) -> f64 {
        let wild = if self.even() < 0.1 { 3.0 } else { 1.0 };
        wild * self.normal() / 1.34
    }

    fn poisson(&mut self, mean: f64) -> f64 {
        if mean > 40.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0);
        }
        let (limit, mut product, mut count) = ((-mean).exp(), self.even(), 0.0);
        while product > limit {
            product *= self.even();
            count += 1.0;
        }
        count
    }
}

/// What changes with the version.
#[derive(Clone, Copy)]
struct Change {
    duration: f64,
    memory: f64,
    errors: f64,
    timeouts: f64,
    cold: f64,
}

const NOTHING: Change = Change {
    duration: 1.0,
    memory: 1.0,
    errors: 1.0,
    timeouts: 1.0,
    cold: 1.0,
};

struct Function {
    chance: Chance,
    hourly: f64,
    season: f64,
    sigma: f64,
    day_mood: f64,
    hour_mood: f64,
    share_mood: f64,
    errors: f64,
    timeouts: f64,
    cold: f64,
    /// The part of traffic that the new version takes from its first moment on; 1 replaces the old one.
    canary: f64,
}

impl Function {
    fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed + 1);
        let between = |chance: &mut Chance, low: f64, high: f64| {
            (low.ln() + (high / low).ln() * chance.even()).exp()
        };
        Self {
            hourly: between(&mut chance, 30.0, 20_000.0),
            season: 0.8 * chance.even(),
            sigma: between(&mut chance, 0.15, 0.9),
            day_mood: between(&mut chance, 0.005, 0.08),
            hour_mood: between(&mut chance, 0.01, 0.12),
            share_mood: between(&mut chance, 0.1, 0.6),
            errors: between(&mut chance, 0.0002, 0.05),
            timeouts: between(&mut chance, 0.00002, 0.005),
            cold: between(&mut chance, 0.003, 0.2),
            canary: if chance.even() < 0.3 { 0.1 } else { 1.0 },
            chance,
        }
    }

    fn cells(&mut self, change: Change) -> Vec<Cell> {
        let begin_s = DAYS_BEFORE * DAY_S + (self.chance.even() * 86_400.0) as i64 / 300 * 300;
        let (mut cells, mut day, mut moods) = (Vec::new(), (0, 0.0, 0.0), (0.0, 0.0));
        for hour in 0..=begin_s / 3_600 + HOURS_AFTER {
            if day.0 != hour / 24 + 1 {
                day = (
                    hour / 24 + 1,
                    self.day_mood * self.chance.mood(),
                    self.share_mood * self.chance.mood() / 2.0,
                );
            }
            // Hours remember the one before.
            moods.0 = 0.6 * moods.0 + 0.8 * self.hour_mood * self.chance.mood();
            moods.1 = 0.6 * moods.1 + 0.8 * self.share_mood * self.chance.mood();
            let fine = (hour + 1) * 3_600 > begin_s;
            let length_s = if fine { 300 } else { 3_600 };
            for at_s in (hour * 3_600..(hour + 1) * 3_600).step_by(length_s) {
                let new = at_s >= begin_s;
                let level = (day.1 + moods.0, day.2 + moods.1);
                if new {
                    cells.push(self.cell(at_s, length_s, 1, self.canary, level, change));
                }
                if !new || self.canary < 1.0 {
                    let part = if new { 1.0 - self.canary } else { 1.0 };
                    cells.push(self.cell(at_s, length_s, 0, part, level, NOTHING));
                }
            }
        }
        cells
    }

    fn cell(
        &mut self,
        at_s: i64,
        length_s: usize,
        version: u32,
        part: f64,
        mood: (f64, f64),
        change: Change,
    ) -> Cell {
        let of_day = (at_s % DAY_S) as f64 / DAY_S as f64;
        let season = 1.0 + self.season * (std::f64::consts::TAU * of_day).sin();
        let hourly = part * self.hourly * season;
        let n = self.chance.poisson(hourly * length_s as f64 / 3_600.0);
        let of = |chance: &mut Chance, rate: f64| chance.poisson(n * rate.min(0.9)).min(n);
        let busy = 0.15 * season;
        let noise = |chance: &mut Chance, factor: f64| factor * chance.normal() / n.max(1.0).sqrt();
        let p50 = mood.0 + busy + noise(&mut self.chance, 1.25 * self.sigma);
        let p95 = mood.0 + busy + 1.645 * self.sigma + noise(&mut self.chance, 2.1 * self.sigma);
        let errors = of(&mut self.chance, self.errors * change.errors * mood.1.exp());
        // Less traffic means fewer sandboxes, which start cold more often.
        let cold =
            self.cold * change.cold * (hourly / self.hourly).powf(-0.5) * (0.3 * mood.1).exp();
        Cell {
            at_s,
            length_s: length_s as u32,
            version,
            invocations: n as u64,
            errors: errors as u64,
            timeouts: of(
                &mut self.chance,
                self.timeouts * change.timeouts * mood.1.exp(),
            ) as u64,
            cold_starts: of(&mut self.chance, cold) as u64,
            cold_start_known: n as u64,
            durations: n as u64,
            p50_ms: 120.0 * change.duration * p50.exp(),
            p95_ms: 120.0 * change.duration * p95.exp(),
            memory_mb: 90.0 * change.memory * (0.2 * mood.0 + 0.01 * self.chance.normal()).exp(),
        }
    }
}

#[derive(Default)]
struct Tally {
    all: usize,
    regressed: usize,
    improved: usize,
    passed: usize,
    within_an_hour: usize,
    covered: usize,
    intervals: usize,
}

impl Tally {
    fn take(&mut self, verdict: &Verdict, begin_s: i64) {
        self.all += 1;
        let (low, high) = verdict.interval.unwrap_or_default();
        self.intervals += usize::from(verdict.interval.is_some());
        self.covered += usize::from(low <= 0.0 && 0.0 <= high && verdict.interval.is_some());
        let soon = verdict
            .detected_at
            .is_some_and(|at| at.as_secs() <= begin_s + 3_600);
        match verdict.outcome {
            Outcome::Regressed => {
                self.regressed += 1;
                self.within_an_hour += usize::from(soon);
            }
            Outcome::Improved => self.improved += 1,
            Outcome::Unchanged => self.passed += 1,
            Outcome::Undecided => {}
        }
    }

    #[allow(clippy::print_stdout)]
    fn print(&self, what: &str) {
        let share = |n: usize| 100.0 * n as f64 / self.all as f64;
        println!(
            "  {what:32} regressed {:5.2} % (within an hour {:5.2} %), improved {:5.2} %, no worse {:5.1} %, \
             intervals that cover no change {:5.1} %",
            share(self.regressed),
            share(self.within_an_hour),
            share(self.improved),
            share(self.passed),
            100.0 * self.covered as f64 / self.intervals.max(1) as f64
        );
    }
}

fn play(measure: Measure, change: Change) -> Tally {
    let mut tally = Tally::default();
    for seed in 0..FUNCTIONS {
        let cells = Function::new(seed).cells(change);
        let begin_s = cells.iter().find(|c| c.version == 1).map_or(0, |c| c.at_s);
        tally.take(&judge(&cells, 1, &[measure])[0], begin_s);
    }
    tally
}

#[allow(clippy::print_stdout)]
pub fn evaluate() {
    println!(
        "\nVersions by other measures, {FUNCTIONS} made-up functions, looking every five minutes for a day"
    );
    for measure in Measure::ALL {
        play(measure, NOTHING).print(&format!("{}: nothing changed", measure.as_str()));
        for factor in effects(measure) {
            let change = changed(measure, *factor);
            play(measure, change).print(&format!("{}: x {factor}", measure.as_str()));
        }
    }
}

fn effects(measure: Measure) -> &'static [f64] {
    match measure {
        Measure::Duration | Measure::DurationP95 | Measure::Memory => &[1.1, 1.2, 1.5],
        Measure::ColdShare => &[1.5, 2.0, 4.0],
        Measure::Errors | Measure::Timeouts => &[2.0, 5.0, 20.0],
    }
}

fn changed(measure: Measure, factor: f64) -> Change {
    match measure {
        Measure::Duration | Measure::DurationP95 => Change {
            duration: factor,
            ..NOTHING
        },
        Measure::Memory => Change {
            memory: factor,
            ..NOTHING
        },
        Measure::Errors => Change {
            errors: factor,
            ..NOTHING
        },
        Measure::Timeouts => Change {
            timeouts: factor,
            ..NOTHING
        },
        Measure::ColdShare => Change {
            cold: factor,
            ..NOTHING
        },
    }
}
