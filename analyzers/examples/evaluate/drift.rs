//! Changes without a marker: alarms on untouched series, and steps put onto real days.

use analyzers::detectors::regression::change::{Change, Direction, Kind};
use analyzers::detectors::regression::drift::scan;
use analyzers::detectors::regression::panel::Day;
use analyzers::detectors::regression::quantile::median;

use crate::data::{Fleet, LATE, day_start};

const EFFECTS: [f64; 2] = [0.10, 0.20];
/// Days before a step that the detector sees.
const HISTORY_DAYS: usize = 120;
/// Days before it that the detector judges too: what it says there is not counted as found.
const LEAD_DAYS: usize = 60;
const WITHIN_DAYS: usize = 3;
/// One step in so many days of a series.
const STRIDE: usize = 97;

#[derive(Default)]
struct Quiet {
    years: f64,
    up: usize,
    down: usize,
    transient: usize,
}

#[allow(clippy::print_stdout)]
pub fn evaluate(fleet: &Fleet) {
    let late = day_start(LATE).map_or(0, |at| at.day());
    println!("\nChanges without a marker");
    for (part, from, to) in [
        ("before 2024-03", 0, late),
        ("from 2024-03", late, i64::MAX),
    ] {
        let (mut quiet, mut steps) = (Quiet::default(), [(0, 0); EFFECTS.len()]);
        for series in 0..fleet.panel.len() {
            let days = fleet.panel.days(series);
            untouched(fleet, series, from..to, &mut quiet);
            for begin in (HISTORY_DAYS * 2 / 3..days.len().saturating_sub(WITHIN_DAYS))
                .filter(|i| (from..to).contains(&days[*i].day))
                .filter(|i| (i + series * 7).is_multiple_of(STRIDE))
            {
                for (effect, (found, all)) in EFFECTS.iter().zip(&mut steps) {
                    *all += 1;
                    *found += usize::from(step_found(fleet, series, begin, *effect));
                }
            }
        }
        report(part, &quiet, &steps);
    }
}

#[allow(clippy::cast_precision_loss)]
fn untouched(fleet: &Fleet, series: usize, part: std::ops::Range<i64>, quiet: &mut Quiet) {
    let days = fleet.panel.days(series);
    quiet.years += days.iter().filter(|d| part.contains(&d.day)).count() as f64 / 365.25;
    let mut changes: Vec<Change> = scan(&fleet.panel, series, days, 0);
    changes.retain(|c| part.contains(&c.at.day()));
    for change in changes {
        match change.direction {
            Direction::Up => quiet.up += 1,
            Direction::Down => quiet.down += 1,
        }
        quiet.transient += usize::from(change.kind == Kind::Transient);
    }
}

fn step_found(fleet: &Fleet, series: usize, begin: usize, effect: f64) -> bool {
    let days = fleet.panel.days(series);
    let first = begin.saturating_sub(HISTORY_DAYS);
    let mut played: Vec<Day> = days[first..begin + WITHIN_DAYS].to_vec();
    for day in &mut played[begin - first..] {
        for start in &mut day.starts {
            start.ln += effect.ln_1p();
        }
        day.level = median(&mut day.starts.iter().map(|s| s.ln).collect::<Vec<_>>());
    }
    scan(&fleet.panel, series, &played, begin - first - LEAD_DAYS)
        .iter()
        .any(|c| {
            c.direction == Direction::Up && c.detected_at >= played[begin - first].starts[0].at
        })
}

#[allow(clippy::print_stdout, clippy::cast_precision_loss)]
fn report(part: &str, quiet: &Quiet, steps: &[(usize, usize)]) {
    let yearly = |n: usize| n as f64 / quiet.years;
    println!(
        "{part}: {:.0} series and years, alarms a year {:.2} (up {:.2}, down {:.2}; {:.2} passed)",
        quiet.years,
        yearly(quiet.up + quiet.down),
        yearly(quiet.up),
        yearly(quiet.down),
        yearly(quiet.transient)
    );
    for (effect, (found, all)) in EFFECTS.iter().zip(steps) {
        let share = *found as f64 / *all as f64;
        println!(
            "  +{:2.0} %: {share:.3} of {all} within {WITHIN_DAYS} days",
            100.0 * effect
        );
    }
}
