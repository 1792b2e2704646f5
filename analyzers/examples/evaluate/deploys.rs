//! Deploys put onto real days: those that changed nothing count false alarms, those whose cold starts
//! were made slower count what is found.

use analyzers::detectors::regression::deploy::Watch;
use analyzers::detectors::regression::{Outcome, Panel, Verdict};

use crate::data::{Fleet, LATE, day_start};

const EFFECTS: [f64; 5] = [0.0, 0.05, 0.10, 0.20, 0.44];
/// One in so many days of a series becomes a deploy.
const STRIDE: u64 = 8;
const DAYS: usize = 3;
const PER_DAY: usize = 10;
const HISTORY_DAYS: usize = 20;

#[derive(Default)]
struct Tally {
    deploys: usize,
    /// Per effect: the number of cold starts after which it was found.
    found: [Vec<usize>; EFFECTS.len()],
    improved: usize,
    covered: usize,
    /// Of deploys that changed nothing.
    p_values: Vec<f64>,
}

#[allow(clippy::print_stdout)]
pub fn evaluate(fleet: &Fleet) {
    let late = day_start(LATE).map_or(0, |at| at.day());
    let [mut early_part, mut late_part, mut alone] = [(); 3].map(|()| Tally::default());
    for series in 0..fleet.panel.len() {
        let days = fleet.panel.days(series);
        for begin in HISTORY_DAYS..days.len().saturating_sub(DAYS - 1) {
            let full = days[begin..begin + DAYS]
                .iter()
                .all(|d| d.starts.len() >= PER_DAY);
            if full && chosen(series, begin) {
                let part = if days[begin].day < late {
                    &mut early_part
                } else {
                    &mut late_part
                };
                play(&fleet.panel, series, begin, part);
                if days[begin].day >= late && series.is_multiple_of(3) {
                    play(&fleet.alone, series, begin, &mut alone);
                }
            }
        }
    }
    println!("\nDeploys with a marker, looking after every cold start");
    report("before 2024-03", early_part);
    report("from 2024-03", late_part);
    report(
        "from 2024-03, a third of the series, without siblings",
        alone,
    );
}

fn chosen(series: usize, begin: usize) -> bool {
    let mixed = (series as u64 * 1_000_003 + begin as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 33).is_multiple_of(STRIDE)
}

fn play(panel: &Panel, series: usize, begin: usize, tally: &mut Tally) {
    tally.deploys += 1;
    for (effect, found) in EFFECTS.iter().zip(&mut tally.found) {
        let verdict = judge(panel, series, begin, *effect);
        match verdict.outcome {
            Outcome::Regressed => found.push(verdict.n_after),
            Outcome::Improved if *effect == 0.0 => tally.improved += 1,
            _ => {}
        }
        if *effect == 0.0 {
            let (low, high) = verdict.interval.unwrap_or_default();
            tally.covered += usize::from(low <= 0.0 && 0.0 <= high);
            tally.p_values.push(verdict.p_value.unwrap_or(1.0));
        }
    }
}

fn judge(panel: &Panel, series: usize, begin: usize, effect: f64) -> Verdict {
    let days = panel.days(series);
    let mut watch = Watch::begin(panel, series, begin).expect("history");
    for day in &days[begin..begin + DAYS] {
        for start in &day.starts[..PER_DAY] {
            if watch.see(day.day, start.at, start.ln + effect.ln_1p()) {
                return watch.verdict();
            }
        }
    }
    watch.verdict()
}

#[allow(clippy::print_stdout, clippy::cast_precision_loss)]
fn report(part: &str, mut tally: Tally) {
    let share = |n: usize| n as f64 / tally.deploys as f64;
    println!("{part}: {} deploys", tally.deploys);
    print!(
        "  false alarms {:.2} %",
        100.0 * share(tally.found[0].len())
    );
    print!(", improved {:.2} %", 100.0 * share(tally.improved));
    println!(", intervals that cover {:.3}", share(tally.covered));
    print!("  placebo p-values at most");
    for nominal in [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001] {
        let count = tally.p_values.iter().filter(|p| **p <= nominal).count();
        print!("  {nominal}: {:.4}", share(count));
    }
    println!();
    for (effect, found) in EFFECTS.iter().zip(&mut tally.found) {
        found.sort_unstable();
        let by = |m: usize| found.partition_point(|n| *n <= m) as f64 / tally.deploys as f64;
        let median = match found.get(tally.deploys / 2) {
            Some(n) => n.to_string(),
            None => "-".into(),
        };
        println!(
            "  +{:2.0} %: by 8 {:.3}  10 {:.4}  20 {:.4}  30 {:.4}   median {median}",
            100.0 * effect,
            by(8),
            by(10),
            by(20),
            by(30)
        );
    }
}
