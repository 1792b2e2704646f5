//! Anomalies: spikes, steps, leaks and silence put onto made-up hourly series, and alerts of the same
//! series untouched.

use analyzers::detectors::anomaly::{Judgement, Series, Shape};

use crate::series::hourly::{FAMILIES, Family, HOURS};
use crate::series::random::Random;

/// Series of each family.
const SERIES: u64 = 16;
/// Constants were chosen on smaller seeds.
const SEED: u64 = 9_000_000;
/// Alerts count, and anomalies begin, after a fortnight.
const FROM: usize = 336;
/// Hours in which a step or a leak may be found.
const LASTING: usize = 48;
const HOUR_S: i64 = 3600;
/// A Thursday.
const BEGIN_S: i64 = 19_723 * 86_400;

/// Something that goes wrong.
struct Trouble {
    name: &'static str,
    hours: usize,
    factor: fn(i32) -> f64,
}

const TROUBLES: [Trouble; 7] = [
    Trouble {
        name: "×2, 3 h",
        hours: 3,
        factor: |_| 2.0,
    },
    Trouble {
        name: "×1.5, 3 h",
        hours: 3,
        factor: |_| 1.5,
    },
    Trouble {
        name: "+15 %",
        hours: LASTING,
        factor: |_| 1.15,
    },
    Trouble {
        name: "+30 %",
        hours: LASTING,
        factor: |_| 1.3,
    },
    Trouble {
        name: "+60 %",
        hours: LASTING,
        factor: |_| 1.6,
    },
    Trouble {
        name: "1.5 %/h",
        hours: LASTING,
        factor: |k| 1.015_f64.powi(k + 1),
    },
    Trouble {
        name: "zero, 6 h",
        hours: 6,
        factor: |_| 0.0,
    },
];
const LEAK: usize = 5;

/// What came of one family, or of several.
#[derive(Default)]
struct Tally {
    alerts: usize,
    weeks: f64,
    found: [(usize, usize); TROUBLES.len()],
    leak_delays_h: Vec<usize>,
    excess_errors: Vec<f64>,
}

/// Judges a series causally, with a refit a day.
pub fn judge(values: &[f64], step_s: i64) -> Vec<Judgement> {
    let shape = Shape::of_step(step_s);
    let mut series = Series::new(shape);
    let mut history = Vec::with_capacity(values.len());
    let mut next = i64::MIN;
    let rows = values.iter().zip(0..).map(|(value, row)| {
        let at_s = BEGIN_S + row * step_s;
        if shape.slot(at_s) >= next {
            series.refit(&history);
            next = shape.slot(at_s) + shape.lead as i64;
        }
        if value.is_finite() {
            history.push((at_s, *value));
        }
        series.push(at_s, *value)
    });
    rows.collect()
}

/// Prints both tables.
#[allow(clippy::print_stdout)]
pub fn evaluate() {
    for (title, tuned_on) in [("chosen on", true), ("held out", false)] {
        let names = TROUBLES
            .map(|trouble| format!("{:>9}", trouble.name))
            .join(" ");
        println!("\nAnomalies, hourly families {title}: alerts per series and week; found");
        println!(
            "{:14} {:>7} {names} {:>7} {:>7}",
            "", "alerts", "leak h", "excess"
        );
        let mut all = Tally::default();
        for (number, family) in FAMILIES.iter().enumerate() {
            if family.tuned_on == tuned_on {
                let tally = family_tally(number, family);
                print(family.name, &tally);
                all.add(tally);
            }
        }
        print("all", &all);
    }
}

fn family_tally(number: usize, family: &Family) -> Tally {
    let mut tally = Tally::default();
    for seed in 0..SERIES {
        let mut random = Random::new(SEED + 1000 * seed + number as u64);
        let values = (family.make)(&mut random);
        let calm = judge(&values, HOUR_S);
        tally.alerts += calm[FROM..].iter().filter(|j| j.anomaly).count();
        tally.weeks += (HOURS - FROM) as f64 / 168.0;
        for trouble in 0..TROUBLES.len() {
            let at = FROM + random.below(HOURS - FROM - LASTING);
            tally.strike(trouble, &values, &calm, at);
        }
    }
    tally
}

impl Tally {
    /// Lets one trouble happen. It is found by an alert that the untouched series has not.
    fn strike(&mut self, trouble: usize, values: &[f64], calm: &[Judgement], at: usize) {
        let Trouble { hours, factor, .. } = TROUBLES[trouble];
        let hit = at..at + hours;
        let mut struck = values[..hit.end].to_vec();
        for (value, k) in struck[at..].iter_mut().zip(0..) {
            *value *= factor(k);
        }
        // Nobody misses traffic in an hour that has none anyway, and nothing can be found in a gap.
        if values[hit.clone()]
            .iter()
            .any(|value| value.is_nan() || *value == 0.0)
        {
            return;
        }
        let judged = judge(&struck, HOUR_S);
        let found = hit
            .clone()
            .find(|row| judged[*row].anomaly && !calm[*row].anomaly);
        self.found[trouble].0 += usize::from(found.is_some());
        self.found[trouble].1 += 1;
        if trouble == LEAK {
            self.leak_delays_h.extend(found.map(|row| row - at));
        }
        let costs = |usual: &dyn Fn(usize) -> Option<f64>| -> f64 {
            hit.clone()
                .filter_map(|row| Some(struck[row] - usual(row)?))
                .sum()
        };
        let truth = costs(&|row| Some(values[row]));
        let estimate = costs(&|row| judged[row].expected);
        if found.is_some() {
            self.excess_errors.push((estimate / truth - 1.0).abs());
        }
    }

    fn add(&mut self, other: Self) {
        self.alerts += other.alerts;
        self.weeks += other.weeks;
        for (found, more) in self.found.iter_mut().zip(other.found) {
            *found = (found.0 + more.0, found.1 + more.1);
        }
        self.leak_delays_h.extend(other.leak_delays_h);
        self.excess_errors.extend(other.excess_errors);
    }
}

#[allow(clippy::print_stdout)]
fn print(name: &str, tally: &Tally) {
    let found = tally.found.map(|(found, of)| match of {
        0 => format!("{:>9}", "–"),
        _ => format!("{:9.2}", found as f64 / of as f64),
    });
    let mut delays = tally.leak_delays_h.clone();
    delays.sort_unstable();
    let delay = delays
        .get(delays.len() / 2)
        .map_or("–".to_owned(), usize::to_string);
    let mut errors = tally.excess_errors.clone();
    errors.sort_unstable_by(f64::total_cmp);
    let error = errors
        .get(errors.len() / 2)
        .map_or("–".to_owned(), |e| format!("{:.1} %", 100.0 * e));
    println!(
        "{name:14} {:7.2} {} {delay:>7} {error:>7}",
        tally.alerts as f64 / tally.weeks,
        found.join(" "),
    );
}
