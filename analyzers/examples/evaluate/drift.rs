//! Changes without a marker: alarms on untouched series, and steps put onto real days.

use analyzers::detectors::regression::Panel;
use analyzers::detectors::regression::change::{Change, Direction, Kind};
use analyzers::detectors::regression::changes::{Subject, of_fleet};
use analyzers::detectors::regression::drift::scan;
use analyzers::detectors::regression::panel::Day;
use analyzers::detectors::regression::quantile::median;

use std::ops::Range;

use crate::data::{LATE, day_start};

const EFFECTS: [f64; 2] = [0.10, 0.20];
/// Days before a step that the detector sees.
const HISTORY_DAYS: usize = 120;
/// Days before it that the detector judges too: what it says there is not counted as found.
const LEAD_DAYS: usize = 60;
/// The step's own day is the first; on the last it is three days old.
const WITHIN_DAYS: usize = 4;
/// One step in so many days of a series.
const STRIDE: usize = 61;

#[derive(Default)]
struct Quiet {
    years: f64,
    up: usize,
    down: usize,
    transient: usize,
    platform: usize,
}

#[derive(Clone, Copy, Default)]
struct Steps {
    all: usize,
    /// Found on the step's first, second … day.
    by_day: [usize; WITHIN_DAYS],
}

#[allow(clippy::print_stdout)]
pub fn evaluate(title: &str, panel: &Panel) {
    let late = day_start(LATE).map_or(0, |at| at.day());
    let told = of_fleet(panel, panel);
    println!("\nChanges without a marker, {title}");
    for (part, from, to) in [
        ("before 2024-03", 0, late),
        ("from 2024-03", late, i64::MAX),
    ] {
        let mut steps = [Steps::default(); EFFECTS.len()];
        let quiet = untouched(panel, &told, &(from..to));
        for series in 0..panel.len() {
            let days = panel.days(series);
            for begin in (HISTORY_DAYS * 2 / 3..days.len().saturating_sub(WITHIN_DAYS))
                .filter(|i| (from..to).contains(&days[*i].day))
                .filter(|i| (i + series * 7).is_multiple_of(STRIDE))
            {
                for (effect, steps) in EFFECTS.iter().zip(&mut steps) {
                    steps.all += 1;
                    if let Some(days) = step_found(panel, series, begin, *effect) {
                        steps.by_day[days] += 1;
                    }
                }
            }
        }
        report(part, &quiet, &steps);
    }
}

#[allow(clippy::cast_precision_loss)]
fn untouched(panel: &Panel, told: &[(Subject, Change)], part: &Range<i64>) -> Quiet {
    let mut quiet = Quiet::default();
    for series in 0..panel.len() {
        let days = panel.days(series).iter();
        quiet.years += days.filter(|d| part.contains(&d.day)).count() as f64 / 365.25;
    }
    for (subject, change) in told.iter().filter(|(_, c)| part.contains(&c.at.day())) {
        match (subject, change.direction) {
            (Subject::Series(_), Direction::Up) => quiet.up += 1,
            (Subject::Series(_), Direction::Down) => quiet.down += 1,
            (Subject::Cohort(_) | Subject::Platform, _) => quiet.platform += 1,
        }
        quiet.transient += usize::from(change.kind == Kind::Transient);
    }
    quiet
}

/// On which of the step's days it is found.
fn step_found(panel: &Panel, series: usize, begin: usize, effect: f64) -> Option<usize> {
    let days = panel.days(series);
    let first = begin.saturating_sub(HISTORY_DAYS);
    let step = begin - first;
    let mut played: Vec<Day> = days[first..begin + WITHIN_DAYS].to_vec();
    for day in &mut played[step..] {
        for start in &mut day.starts {
            start.ln += effect.ln_1p();
        }
        day.level = median(&mut day.starts.iter().map(|s| s.ln).collect::<Vec<_>>());
    }
    let found = scan(panel, series, &played, step - LEAD_DAYS);
    let at = found
        .iter()
        .find(|c| c.direction == Direction::Up && c.detected_at >= played[step].starts[0].at)?;
    played[step..]
        .iter()
        .position(|d| d.end() >= at.detected_at)
}

#[allow(clippy::print_stdout, clippy::cast_precision_loss)]
fn report(part: &str, quiet: &Quiet, steps: &[Steps]) {
    let yearly = |n: usize| n as f64 / quiet.years;
    println!(
        "{part}: {:.0} series and years, alarms a year {:.2} (up {:.2}, down {:.2}; {:.2} passed); \
         {} of cohorts or the platform",
        quiet.years,
        yearly(quiet.up + quiet.down),
        yearly(quiet.up),
        yearly(quiet.down),
        yearly(quiet.transient),
        quiet.platform
    );
    for (effect, steps) in EFFECTS.iter().zip(steps) {
        let by = |days: usize| steps.by_day[..days].iter().sum::<usize>() as f64 / steps.all as f64;
        println!(
            "  +{:2.0} % of {}: found on the first day {:.3}, by the second {:.3}, third {:.3}, fourth {:.3}",
            100.0 * effect,
            steps.all,
            by(1),
            by(2),
            by(3),
            by(4)
        );
    }
}
