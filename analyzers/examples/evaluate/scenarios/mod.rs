//! The fleet's labelled scenarios, through all detectors at the shipped settings.

mod cases;
mod judge;
mod round;
mod rows;

use self::judge::Tally;
use self::round::{FUNCTIONS, HISTORY_DAYS, WATCHED_DAYS};

/// Seeds that detectors may be tuned on,
const EARLY: std::ops::Range<u64> = 0..3;
/// and those that are reported.
const LATE: std::ops::Range<u64> = 1_000..1_005;

/// Days of a month.
const MONTH_DAYS: f64 = 30.0;

pub fn evaluate() {
    for (part, seeds) in [("early seeds", EARLY), ("late seeds", LATE)] {
        let mut tally = Tally::default();
        for seed in seeds {
            tally.add(&round::play(seed, false));
            tally.add(&round::play(seed, true));
        }
        report(part, tally);
    }
}

#[allow(clippy::print_stdout, clippy::cast_precision_loss)]
fn report(part: &str, mut tally: Tally) {
    let days = HISTORY_DAYS + WATCHED_DAYS;
    println!(
        "\nThe fleet's scenarios, {part}: {} rounds of {FUNCTIONS} functions over {days} days",
        tally.rounds
    );
    for (case, outcome) in &mut tally.outcomes {
        outcome.delays_min.sort_by(f64::total_cmp);
        outcome.relative.sort_by(f64::total_cmp);
        let also: Vec<String> = outcome
            .also
            .iter()
            .map(|(kind, n)| format!("{kind} {n}"))
            .collect();
        let found = match case.told_by {
            [] => "must stay silent".to_owned(),
            _ => format!(
                "found {} of {}, after {} min, told as {}",
                outcome.delays_min.len(),
                outcome.played,
                median(&outcome.delays_min, 0),
                median(&outcome.relative, 2),
            ),
        };
        println!("  {}: {found}; also {}", case.name, also.join(", "));
    }
    let months = tally.rounds as f64 * FUNCTIONS as f64 * days as f64 / MONTH_DAYS;
    let all: usize = tally.false_alarms.values().sum();
    println!(
        "  unexplained: {all}, {:.4} a function and month",
        all as f64 / months
    );
    for (kind, n) in &tally.false_alarms {
        println!("    {kind}: {n}, {:.4}", *n as f64 / months);
    }
}

fn median(sorted: &[f64], digits: usize) -> String {
    match sorted.get(sorted.len() / 2) {
        Some(value) => format!("{value:.digits$}"),
        None => "-".to_owned(),
    }
}
