//! What periods of the calendar came to, SLO by SLO and group by group.

use std::collections::BTreeMap;

use analyzers::calendar::{Calendar, days};
use analyzers::slo::catalogue::Entry;
use analyzers::slo::keep::book;
use analyzers::slo::keep::burn::KIND;
use analyzers::slo::keep::course::{Asked, courses};
use analyzers::slo::period::Stretch;
use analyzers::slo::statement::{Statement, union};
use jiff::tz::TimeZone;
use store::slos;

use crate::web::{Context, PageError};

const MINUTE_MS: i64 = 60_000;

/// Which periods are asked for.
#[derive(Clone, Copy)]
pub(super) struct Periods {
    pub(super) by: Calendar,
    /// The newest of them holds this minute,
    pub(super) at: i64,
    /// and there are so many.
    pub(super) count: usize,
    /// The minute that closed last.
    pub(super) minute: i64,
}

/// A period of a group.
pub(super) struct Stated<'a> {
    pub(super) entry: &'a Entry,
    pub(super) group: String,
    /// `2026-11`, …
    pub(super) period: String,
    pub(super) zone: TimeZone,
    pub(super) known: Statement,
    /// Minutes in which a finding was open of it.
    pub(super) alert_minutes: i64,
    /// From when on it is measured, where that is after the period's begin; minutes since 1970.
    pub(super) measured_from: Option<i64>,
}

/// All rows, and which SLOs have too many groups for their slices to be judged.
pub(super) struct Report<'a> {
    pub(super) rows: Vec<Stated<'a>>,
    pub(super) too_many: Vec<&'a Entry>,
}

/// A period with its zone, as an SLO sees it.
struct Plan {
    zone: TimeZone,
    periods: Vec<Stretch>,
    days: Vec<i64>,
    within: Stretch,
}

impl Plan {
    /// A rolling SLO has no zone of its own, and takes the page's.
    fn of(ctx: &Context, entry: &Entry, asked: Periods) -> Self {
        let zone = entry.plan.period.zone();
        let zone = zone.unwrap_or_else(|| ctx.range.clock.zone()).clone();
        let periods = asked.by.back(asked.at, &zone, asked.count);
        let begin = periods.last().map_or(asked.at, |oldest| oldest.begin);
        let end = periods.first().map_or(asked.at, |newest| newest.end);
        let within = Stretch {
            begin,
            end: end.min(asked.minute + 1).max(begin),
        };
        Self {
            days: days(within, &zone),
            zone,
            periods,
            within,
        }
    }
}

/// States `asked` of each of `entries`, for all groups or those named in `groups`.
pub(super) async fn report<'a>(
    ctx: &Context,
    entries: &[&'a Entry],
    groups: &[&str],
    asked: Periods,
) -> Result<Report<'a>, PageError> {
    let plans: Vec<Plan> = entries
        .iter()
        .map(|entry| Plan::of(ctx, entry, asked))
        .collect();
    let cut = |(entry, plan): (&&'a Entry, &Plan)| Asked {
        entry,
        within: plan.within,
        cuts: plan.days.clone(),
    };
    let questions: Vec<Asked<'_>> = entries.iter().zip(&plans).map(cut).collect();
    let begin = plans.iter().map(|plan| plan.within.begin).min();
    let end = plans.iter().map(|plan| plan.within.end).max();
    let span_ms = (begin.unwrap_or(0) * MINUTE_MS, end.unwrap_or(0) * MINUTE_MS);
    let (found, told, marked) = tokio::try_join!(
        courses(ctx.store(), &questions, groups),
        slos::told(ctx.store(), KIND, span_ms),
        slos::marked(ctx.store())
    )?;
    let (courses, too_many) = found;
    let marks: BTreeMap<String, i64> = marked.into_iter().collect();
    let mut open: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
    for row in &told {
        let spans = open.entry(row.detail.as_str()).or_default();
        spans.push((row.from_ms, row.to_ms));
    }
    let mut rows = Vec::new();
    for course in &courses {
        let (entry, plan) = (entries[course.asked], &plans[course.asked]);
        let spans = open.get(book::detail(entry, &course.group).as_str());
        for period in &plan.periods {
            let until = period.end.min(asked.minute + 1);
            let days = within(&plan.days, *period);
            let known = course
                .known
                .state(&entry.plan, &course.corrected, (*period, until), days);
            rows.push(Stated {
                entry,
                group: course.group.clone(),
                period: asked.by.name(period.begin, &plan.zone),
                zone: plan.zone.clone(),
                alert_minutes: minutes_open(spans, &known),
                measured_from: measured_from(entry, &marks, &known),
                known,
            });
        }
    }
    for (number, entry) in entries.iter().enumerate() {
        let has_rows = courses.iter().any(|course| course.asked == number);
        if !has_rows && !too_many.contains(&number) {
            rows.extend(silent(entry, &plans[number], &marks, asked));
        }
    }
    Ok(Report {
        rows,
        too_many: too_many.into_iter().map(|number| entries[number]).collect(),
    })
}

/// The days of `period` among all.
fn within(days: &[i64], period: Stretch) -> &[i64] {
    let from = days.partition_point(|day| *day < period.begin);
    let to = days.partition_point(|day| *day < period.end);
    &days[from..to]
}

fn minutes_open(spans: Option<&Vec<(i64, i64)>>, known: &Statement) -> i64 {
    let within = (known.period.begin * MINUTE_MS, known.until * MINUTE_MS);
    let spans = spans.into_iter().flatten().copied();
    (union(spans, within) + MINUTE_MS / 2) / MINUTE_MS
}

/// The latest begin of what is read of an SLO's measures, if it is after the period's.
fn measured_from(entry: &Entry, marks: &BTreeMap<String, i64>, known: &Statement) -> Option<i64> {
    let questions = entry.questions.iter().flatten();
    let read_s = questions.map(|one| marks.get(&one.measure).copied().unwrap_or(i64::MAX));
    let from = read_s.max().unwrap_or(i64::MAX).div_euclid(60);
    (from > known.period.begin).then_some(from.min(known.until))
}

/// Periods of an SLO without any event.
fn silent<'a>(
    entry: &'a Entry,
    plan: &Plan,
    marks: &BTreeMap<String, i64>,
    asked: Periods,
) -> Vec<Stated<'a>> {
    let stated = |period: &Stretch| {
        let known = Statement::silent(*period, asked.minute + 1);
        Stated {
            entry,
            group: String::new(),
            period: asked.by.name(period.begin, &plan.zone),
            zone: plan.zone.clone(),
            alert_minutes: 0,
            measured_from: measured_from(entry, marks, &known),
            known,
        }
    };
    plan.periods.iter().map(stated).collect()
}
