//! Reports: what weeks, months and quarters came to, of one SLO or of all.

mod ask;
mod export;

use analyzers::calendar::{Calendar, date};
use analyzers::slo::catalogue::Entry;
use analyzers::slo::keep::{book, closed_minute};
use jiff::civil::Date;
use serde::Serialize;

use self::ask::{Periods, Report, Stated};
use super::{fine, left, one};
use crate::format;
use crate::range::BadParameter;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::{Context, Format, PageError, Reply};

/// Rows of the page; the JSON has all.
const ROWS_MAX: usize = 500;
/// Objectives of a report over all SLOs.
const OBJECTIVES_MAX: usize = 200;

#[derive(Serialize)]
struct RowView {
    name: String,
    href: String,
    group: String,
    period: String,
    tone: Tone,
    state: &'static str,
    target: String,
    sli: String,
    spent: String,
    bad: String,
    worst: String,
    alerts: String,
    corrected: String,
    note: String,
}

#[derive(Serialize)]
struct ReportView {
    rows: Vec<RowView>,
    /// Whether the rows are of one SLO, one below the other in time.
    of_one: bool,
    shown: String,
    tabs: Vec<Tab>,
    earlier: String,
    later: String,
    too_many: Vec<String>,
}

#[derive(Serialize)]
struct Tab {
    label: &'static str,
    href: String,
    active: bool,
}

/// What the address asks for.
struct Asked {
    by: Calendar,
    at: i64,
    minute: i64,
}

impl Asked {
    fn read(ctx: &Context) -> Result<Self, BadParameter> {
        let by = ctx.params.text("by");
        let by = match by.as_str() {
            "" => Calendar::Month,
            word => Calendar::parse(word)
                .ok_or_else(|| BadParameter::new("by", word, "write week, month or quarter"))?,
        };
        let minute = closed_minute(ctx.now.as_secs());
        let at = match ctx.params.get("at") {
            None => minute,
            Some(text) => noon(text)
                .ok_or_else(|| BadParameter::new("at", text, "write a date, as 2026-11-03"))?,
        };
        Ok(Self {
            by,
            at: at.min(minute),
            minute,
        })
    }

    fn periods(&self, count: usize) -> Periods {
        Periods {
            by: self.by,
            at: self.at,
            count,
            minute: self.minute,
        }
    }
}

/// Noon of a date in UTC, minutes since 1970, which is the same day nearly everywhere.
fn noon(text: &str) -> Option<i64> {
    let date: Date = text.parse().ok()?;
    let is_in_reach = (1971..=2105).contains(&date.year());
    let noon = date.at(12, 0, 0, 0).in_tz("UTC").ok()?;
    is_in_reach.then(|| noon.timestamp().as_second().div_euclid(60))
}

/// `/slos/report`: one period of all SLOs.
pub(crate) async fn all(ctx: &Context) -> Result<Reply, PageError> {
    let asked = Asked::read(ctx)?;
    let catalogue = super::ask::catalogue(ctx).await?;
    let measured = catalogue
        .entries
        .iter()
        .filter(|entry| entry.questions.is_ok());
    let all: Vec<&Entry> = measured.collect();
    let is_cut = all.len() > OBJECTIVES_MAX;
    let entries = &all[..all.len().min(OBJECTIVES_MAX)];
    let mut report = ask::report(ctx, entries, &[], asked.periods(1)).await?;
    // What missed its target by most comes first, and what has no data last.
    report.rows.sort_by(|a, b| {
        let spent = b.known.spent.cmp(&a.known.spent);
        spent.then_with(|| (a.entry.key(), &a.group).cmp(&(b.entry.key(), &b.group)))
    });
    if ctx.format != Format::Html {
        return Ok(Reply::Table(export::table(&report, asked.by, is_cut)));
    }
    let sentence = of_all(ctx, &report);
    let frame = Frame::new(ctx, "Report", sentence)
        .with_crumb("SLOs", ctx.link("/slos", &[]))
        .without_range();
    Reply::page(
        "slos/report.html",
        frame,
        &view(ctx, &asked, &report, false),
    )
}

/// `/slos/{name}/report`: the last periods of a group of one SLO.
pub(crate) async fn of_one(ctx: &Context) -> Result<Reply, PageError> {
    let asked = Asked::read(ctx)?;
    let name = one::name_in(&ctx.path)?;
    let known = super::ask::known(ctx, Some(&name)).await?;
    one::exists(&known, &name)?;
    let row = one::chosen(ctx, &known);
    let entry = row.map_or(&known.catalogue.entries[0], |row| known.entry(row));
    let group = row.map_or("", |row| row.group.as_str());
    let count = match asked.by {
        Calendar::Week => 13,
        Calendar::Month => 6,
        Calendar::Quarter => 4,
    };
    let report = ask::report(ctx, &[entry], &[group], asked.periods(count)).await?;
    if ctx.format != Format::Html {
        return Ok(Reply::Table(export::table(&report, asked.by, false)));
    }
    let title = format::bounded(&entry.title, 100);
    let sentence = match report.rows.first() {
        Some(newest) => Sentence::new(tone(newest)).say(said(newest)),
        None => Sentence::new(Tone::Quiet).say(too_many(entry)),
    };
    let frame = Frame::new(ctx, format!("Report of {title}"), sentence)
        .with_crumb("SLOs", ctx.link("/slos", &[]))
        .with_crumb(title, ctx.link(&super::path(&name), &[("group", group)]))
        .without_range();
    Reply::page("slos/report.html", frame, &view(ctx, &asked, &report, true))
}

fn too_many(entry: &Entry) -> String {
    format!(
        "{} has too many groups for the slices of each to be judged; ask for one with ?group=.",
        format::bounded(&entry.key(), 80)
    )
}

/// A period of a group in a sentence.
fn said(row: &Stated<'_>) -> String {
    let whom = match book::spelled(&row.group) {
        group if group.is_empty() => row.entry.title.clone(),
        group => format!("{} of {group}", row.entry.title),
    };
    let whom = format::bounded(&whom, 100);
    let (Some(sli), Some(spent)) = (&row.known.sli, &row.known.spent) else {
        return format!("There is no data of {whom} in {}.", row.period);
    };
    let so_far = if row.known.is_over() { "" } else { " so far" };
    let verb = match row.known.is_met() {
        Some(true) => "met",
        _ => "missed",
    };
    format!(
        "{whom} {verb} its target in {}{so_far}: {} were good, and {} of the budget is spent.",
        row.period,
        fine(sli.to_f64()),
        left(spent.to_f64())
    )
}

fn of_all(ctx: &Context, report: &Report<'_>) -> Sentence {
    let with_data = report.rows.iter().filter(|row| row.known.sli.is_some());
    let total = with_data.count();
    let missed = report
        .rows
        .iter()
        .filter(|row| row.known.is_met() == Some(false));
    let missed = missed.count();
    let Some(first) = report.rows.first() else {
        return Sentence::new(Tone::Quiet).say("No service level objective is set yet.");
    };
    let so_far = if first.known.is_over() { "" } else { " so far" };
    let period = format!("{}{so_far}", first.period);
    match (missed, total) {
        (_, 0) => Sentence::new(Tone::Quiet).say(format!("There is no data of {period}.")),
        (0, 1) => Sentence::new(Tone::Good).say(format!("The target was met in {period}.")),
        (0, n) => Sentence::new(Tone::Good).say(format!("All {n} targets were met in {period}.")),
        (m, n) => Sentence::new(Tone::Bad)
            .say(format!(
                "{m} of {n} targets were missed in {period}, first of all "
            ))
            .link(subject(first), href(ctx, first))
            .say("."),
    }
}

fn subject(row: &Stated<'_>) -> String {
    match book::spelled(&row.group) {
        group if group.is_empty() => format::bounded(&row.entry.title, 100),
        group => format::bounded(&format!("{} of {group}", row.entry.title), 100),
    }
}

/// The report of the row's SLO over time.
fn href(ctx: &Context, row: &Stated<'_>) -> String {
    let plan = &row.entry.plan;
    let path = format!("{}/report", super::path(&plan.name));
    let objective = plan.objective.as_deref().unwrap_or_default();
    ctx.link(&path, &[("objective", objective), ("group", &row.group)])
}

fn tone(row: &Stated<'_>) -> Tone {
    match row.known.is_met() {
        Some(true) => Tone::Good,
        Some(false) => Tone::Bad,
        None => Tone::Quiet,
    }
}

fn view(ctx: &Context, asked: &Asked, report: &Report<'_>, of_one: bool) -> ReportView {
    let tab = |by: Calendar| Tab {
        label: match by {
            Calendar::Week => "Weeks",
            Calendar::Month => "Months",
            Calendar::Quarter => "Quarters",
        },
        href: ctx.here(&[("by", by.as_str()), ("at", "")]),
        active: by == asked.by,
    };
    let zone = ctx.range.clock.zone();
    let (mut earlier, mut later) = (String::new(), String::new());
    if !of_one {
        let shown = asked.by.around(asked.at, zone);
        // The middle of a period is in the same one in every zone.
        let middle = |minute: i64| {
            let period = asked.by.around(minute, zone);
            date(period.begin + period.minutes() / 2, zone)
        };
        earlier = ctx.here(&[("at", &middle(shown.begin - 1))]);
        if shown.end <= asked.minute {
            later = ctx.here(&[("at", &middle(shown.end))]);
        }
    }
    ReportView {
        rows: report
            .rows
            .iter()
            .take(ROWS_MAX)
            .map(|row| row_view(ctx, row))
            .collect(),
        of_one,
        shown: match report.rows.len() {
            n if n > ROWS_MAX => format!("the first {ROWS_MAX} of {n}; the JSON has all"),
            n if of_one => format::counted(n as u64, "period", "periods"),
            n => format::counted(n as u64, "budget", "budgets"),
        },
        tabs: Calendar::ALL.map(tab).into(),
        earlier,
        later,
        too_many: report
            .too_many
            .iter()
            .map(|entry| too_many(entry))
            .collect(),
    }
}

fn row_view(ctx: &Context, row: &Stated<'_>) -> RowView {
    let known = &row.known;
    let unknown = || format::UNKNOWN.to_owned();
    let count = |n: i128| format::grouped(u64::try_from(n).unwrap_or(u64::MAX));
    let minutes = |minutes: i64| match minutes {
        0 => unknown(),
        minutes => format::long_duration(minutes.unsigned_abs() * 60),
    };
    RowView {
        name: format::bounded(&row.entry.title, 80),
        href: href(ctx, row),
        group: format::bounded(&book::spelled(&row.group), 80),
        period: row.period.clone(),
        tone: tone(row),
        state: export::word(known.is_met()),
        target: fine(row.entry.plan.budget().complement().to_f64()),
        sli: known
            .sli
            .as_ref()
            .map_or_else(unknown, |sli| fine(sli.to_f64())),
        spent: known
            .spent
            .as_ref()
            .map_or_else(unknown, |spent| left(spent.to_f64())),
        bad: match known.events.total {
            0 => unknown(),
            total => format!("{} of {}", count(known.events.bad), count(total)),
        },
        worst: known.worst.as_ref().map_or_else(unknown, |day| {
            let spent = left(day.spent.to_f64());
            format!("{}, {spent} of the budget", date(day.begin, &row.zone))
        }),
        alerts: minutes(row.alert_minutes),
        corrected: minutes(known.corrected_minutes),
        note: note(row),
    }
}

fn note(row: &Stated<'_>) -> String {
    let mut notes = Vec::new();
    if !row.known.is_over() {
        notes.push("so far".to_owned());
    }
    if let Some(from) = row.measured_from {
        notes.push(match from >= row.known.until {
            true => "not measured then".to_owned(),
            false => format!("measured since {}", date(from, &row.zone)),
        });
    }
    notes.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_moment_of_its_day_and_nothing_else_is() {
        assert_eq!(noon("1971-01-01"), Some(365 * 1_440 + 720));
        for text in [
            "",
            "2026-13-01",
            "now",
            "9999-01-01",
            "0001-01-01",
            "2026-11",
        ] {
            assert_eq!(noon(text), None, "{text}");
        }
    }
}
