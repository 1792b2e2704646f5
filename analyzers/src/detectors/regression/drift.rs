//! Changes that nobody announced: each day's end asks whether the level is another one since one, two,
//! three … days, against the ten days before and what siblings did. Lengths grow geometrically, so a slow
//! drift is found by the long ones as a step by the short ones.

use store::model::UnixNano;

use super::baseline::{self, Baseline, PER_DAY_MAX};
use super::boundary;
use super::change::{Cause, Change, Direction, Kind, Side};
use super::cohort::{self, Controls};
use super::evidence::{self, Evidence, Sample};
use super::interval;
use super::panel::{Day, Panel};
use super::quantile::median;

/// (days that a change has lasted, how much more than a deploy's boundary it must show): no deploy is
/// there as a suspect, every day is a chance for chance, and incidents of a day or two are common.
const LENGTHS: [(usize, f64); 7] = [
    (1, 2.8),
    (2, 1.7),
    (3, 0.81),
    (4, 0.89),
    (6, 1.2),
    (9, 1.35),
    (13, 1.5),
];
/// Without siblings every day is a chance for the platform too: this much more than a deploy needs then.
const ALONE: f64 = 1.17;
/// What became faster needs this much more.
const DOWN: f64 = 2.5;
/// Days before a change that are needed to compare with.
const BEFORE_DAYS_MIN: usize = 5;
/// Levels that differ by less than this part of the least effect that could cross the boundary are not
/// looked at; siblings and quartiles add to an effect, but never that much.
const WORTH_A_LOOK: f64 = 0.55;
/// A change that goes back within so many days was an incident.
pub const TRANSIENT_DAYS: i64 = 7;
/// It is back when the last two days lie within this part of the change from the old level.
const BACK: f64 = 0.4;
/// Each change of the last two months makes the next one this much harder to tell.
const RESTLESS: f64 = 0.3;
/// Without a deploy as a suspect, noise beyond this (logarithm) counts in full.
const WILD: f64 = 0.05;
const RESTLESS_DAYS: i64 = 60;
/// Days before a change that a baseline may be taken from.
const HISTORY_DAYS: usize = 40;

/// Finds the changes of `days`, which may be those of series `series` of the panel or a variant of
/// them; siblings are the panel's. Days before position `first` are history alone. Each change uses only
/// what was known at its `detected_at`.
#[must_use]
pub fn scan(panel: &Panel, series: usize, days: &[Day], first: usize) -> Vec<Change> {
    let mut scan = Scan {
        panel,
        series,
        days,
        noise: noise_by_day(panel, series, days),
        begin: 0,
        open: None,
        changes: Vec::new(),
    };
    for today in first..days.len() {
        scan.day(today);
    }
    scan.changes
}

fn noise_by_day(panel: &Panel, series: usize, days: &[Day]) -> Vec<f64> {
    let siblings: Vec<Option<f64>> = days
        .iter()
        .map(|d| cohort::past_shift(panel, series, d.day))
        .collect();
    let by_day = |day: i64| siblings[days.partition_point(|d| d.day < day)];
    let all: Vec<&Day> = days.iter().collect();
    (0..days.len())
        .map(|i| baseline::noise(&all[..i], &by_day))
        .collect()
}

struct Scan<'a> {
    panel: &'a Panel,
    series: usize,
    days: &'a [Day],
    /// The noise of the days before each of `days`.
    noise: Vec<f64>,
    /// Where the present level begins.
    begin: usize,
    /// The last change while it may still pass: (its level before, its effect).
    open: Option<(f64, f64)>,
    changes: Vec<Change>,
}

impl Scan<'_> {
    fn day(&mut self, today: usize) {
        if self.open.is_some() {
            self.close_if_back(today);
        }
        let best = LENGTHS
            .iter()
            .filter(|(length, _)| today + 1 >= self.begin + BEFORE_DAYS_MIN + length)
            .filter_map(|(length, factor)| self.weigh(today + 1 - length, today, *factor))
            .max_by(|a, b| a.multiple.total_cmp(&b.multiple));
        if let Some(found) = best
            && found.multiple >= 1.0
        {
            self.report(found, today);
        }
    }

    fn weigh(&self, from: usize, today: usize, factor: f64) -> Option<Found> {
        let before = &self.days[self.begin.max(from.saturating_sub(10))..from];
        let level = |days: &[Day]| median(&mut days.iter().map(|d| d.level).collect::<Vec<_>>());
        let shift = level(&self.days[from..=today]) - level(before);
        let replicates = ((today + 1 - from) * PER_DAY_MAX).min(boundary::LAST_LOOK);
        let bar = factor * boundary::regressed(replicates) * self.restlessness(from, today);
        #[allow(clippy::cast_precision_loss)] // at most 30
        let least = evidence::least_effect(bar, self.noise[from], replicates as f64, 100.0);
        if shift.abs() < WORTH_A_LOOK * least {
            return None;
        }
        let first = self.begin.max(from.saturating_sub(HISTORY_DAYS));
        let history: Vec<&Day> = self.days[first..from].iter().collect();
        let baseline = Baseline::of(&history, self.noise[from])?;
        let mut sample = Sample::default();
        for day in &self.days[from..=today] {
            for start in &day.starts {
                sample.push(day.day, start.ln);
            }
        }
        let now = self.days[today].end();
        let before = (baseline.first_day, self.days[from].day);
        let controls = Controls::since(self.panel, self.series, before, None);
        let control = sample.control(&mut |day| controls.on(day, now));
        let evidence = evidence::weigh(&sample, &baseline, control);
        let replicates = sample.replicates().min(boundary::LAST_LOOK);
        let bar = factor * boundary::regressed(replicates) * self.restlessness(from, today);
        let bar = if control.is_some() { bar } else { bar * ALONE };
        let multiple = match evidence.score > 0.0 {
            true => evidence.score / bar,
            false => -evidence.score / (bar * DOWN),
        };
        Some(Found {
            from,
            multiple,
            evidence,
            baseline,
            sample,
        })
    }

    /// A series that changes all the time has to show more: the budget of alarms is the series'.
    #[allow(clippy::cast_precision_loss)] // a handful
    fn restlessness(&self, from: usize, today: usize) -> f64 {
        let since = self.days[today].day - RESTLESS_DAYS;
        let recent = self
            .changes
            .iter()
            .rev()
            .take_while(|c| c.at.day() >= since);
        let wild = (self.noise[from] / WILD).max(1.0).powf(0.4);
        wild * (1.0 + RESTLESS * recent.count() as f64)
    }

    fn report(&mut self, found: Found, today: usize) {
        let Found {
            evidence, baseline, ..
        } = &found;
        // The length that was surest may reach back into the old level: it began with the first day that
        // lies nearer to the new one.
        let middle = baseline.quantiles[2] + evidence.raw_shift / 2.0;
        let new = |i: &usize| (self.days[*i].level - middle) * evidence.raw_shift > 0.0;
        let from = (found.from..=today).find(new).unwrap_or(found.from);
        self.open = Some((baseline.quantiles[2], evidence.raw_shift));
        self.changes.push(Change {
            at: self.days[from].starts[0].at,
            detected_at: self.days[today].end(),
            direction: match evidence.score > 0.0 {
                true => Direction::Up,
                false => Direction::Down,
            },
            kind: Kind::Step,
            until: None,
            before: Side::of(&baseline.sorted, baseline.starts),
            after: Side::of(found.sample.sorted(), found.sample.len()),
            relative: interval::relative(evidence.effect),
            p_value: boundary::p_value(found.multiple),
            cause: Cause::Unknown,
        });
        self.begin = from;
    }

    fn close_if_back(&mut self, today: usize) {
        let (Some((before, effect)), Some(change)) = (self.open, self.changes.last_mut()) else {
            return;
        };
        if self.days[today].day > change.at.day() + TRANSIENT_DAYS {
            self.open = None;
            return;
        }
        let back = |day: &Day| (day.level - before).abs() < BACK * effect.abs();
        let yesterday = &self.days[today - 1];
        if yesterday.end() >= change.detected_at && back(yesterday) && back(&self.days[today]) {
            change.kind = Kind::Transient;
            change.until = Some(until(yesterday));
            self.open = None;
            self.begin = today - 1;
        }
    }
}

fn until(day: &Day) -> UnixNano {
    day.starts[0].at
}

struct Found {
    from: usize,
    multiple: f64,
    evidence: Evidence,
    baseline: Baseline,
    sample: Sample,
}
