//! Anomalies in machines and streets every five minutes, as streaming benchmarks score them: a window
//! found earns one, a window missed costs one, each row told outside of all windows costs 0.11.

use crate::anomalies::judge;
use crate::series::machine::{FAMILIES, ROWS, labelled};
use crate::series::random::Random;

/// Series of each family.
const SERIES: u64 = 16;
/// Constants were chosen on smaller seeds.
const SEED: u64 = 9_000_000;
const STEP_S: i64 = 300;
const OUTSIDE_COSTS: f64 = 0.11;

#[derive(Default)]
struct Tally {
    series: f64,
    windows: f64,
    found: f64,
    inside: f64,
    outside: f64,
}

/// Prints both tables.
#[allow(clippy::print_stdout)]
pub fn evaluate() {
    for (title, tuned_on) in [("chosen on", true), ("held out", false)] {
        println!("\nAnomalies, five-minute families {title}");
        println!(
            "{:14} {:>8} {:>16} {:>17} {:>7}",
            "", "windows", "told in a window", "outside a series", "score"
        );
        let mut all = Tally::default();
        for (number, (name, tuned, make)) in FAMILIES.iter().enumerate() {
            if *tuned != tuned_on {
                continue;
            }
            let mut tally = Tally::default();
            for seed in 0..SERIES {
                let mut random = Random::new(SEED + 1000 * seed + number as u64);
                let series = labelled(*make, &mut random);
                tally.add(&series.values, &series.windows);
            }
            print(name, &tally);
            all.series += tally.series;
            all.windows += tally.windows;
            all.found += tally.found;
            all.inside += tally.inside;
            all.outside += tally.outside;
        }
        print("all", &all);
    }
}

impl Tally {
    fn add(&mut self, values: &[f64], windows: &[std::ops::Range<usize>]) {
        let judged = judge(values, STEP_S);
        let mut found = vec![false; windows.len()];
        for row in (ROWS * 15 / 100..ROWS).filter(|row| judged[*row].anomaly) {
            match windows.iter().position(|window| window.contains(&row)) {
                Some(window) => {
                    found[window] = true;
                    self.inside += 1.0;
                }
                None => self.outside += 1.0,
            }
        }
        self.series += 1.0;
        self.windows += windows.len() as f64;
        self.found += found.iter().filter(|found| **found).count() as f64;
    }
}

#[allow(clippy::print_stdout)]
fn print(name: &str, tally: &Tally) {
    let earned = tally.found - (tally.windows - tally.found) - OUTSIDE_COSTS * tally.outside;
    println!(
        "{name:14} {:8.2} {:16.2} {:17.2} {:7.2}",
        tally.found / tally.windows,
        tally.inside / tally.found.max(1.0),
        tally.outside / tally.series,
        // 0 for silence, 1 for every window and nothing else.
        (earned + tally.windows) / (2.0 * tally.windows),
    );
}
