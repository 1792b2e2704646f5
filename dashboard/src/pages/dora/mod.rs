//! Delivery: how often functions are changed, how many changes fail, and how long it takes to be well again.

mod ask;
mod export;

use analyzers::calendar::Calendar;
use analyzers::dora::{CHANGES_MIN, Change, Figures, RESTORED_MIN};
use analyzers::slo::period::Stretch;
use serde::Serialize;
use store::model::FunctionId;

use self::ask::Known;
use crate::format;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::function_path;
use crate::web::{Context, Format, PageError, Reply};

/// Functions on the page; the JSON has all.
const FUNCTIONS_MAX: usize = 100;
/// Failed changes on the page.
const FAILED_MAX: usize = 50;

#[derive(Serialize)]
struct RowView {
    name: String,
    href: String,
    note: String,
    deploys: String,
    per_day: String,
    functions: String,
    failed: String,
    rate: String,
    restored: String,
}

#[derive(Serialize)]
struct FailedView {
    when: String,
    what: String,
    href: String,
    why: &'static str,
    finding: String,
    restored: String,
}

#[derive(Serialize)]
struct Tab {
    label: &'static str,
    href: String,
    active: bool,
}

#[derive(Serialize)]
struct DoraView {
    tabs: Vec<Tab>,
    clear: String,
    periods: Vec<RowView>,
    functions: Vec<RowView>,
    functions_note: String,
    failed: Vec<FailedView>,
    failed_note: String,
    connect: String,
    deploys_min: usize,
    restored_min: usize,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let known = ask::known(ctx).await?;
    match ctx.format {
        Format::Html => reply(ctx, &known),
        _ => Ok(Reply::Table(export::table(ctx, &known))),
    }
}

fn reply(ctx: &Context, known: &Known) -> Result<Reply, PageError> {
    let whole = known.whole();
    let ids = known.functions(whole);
    let mut functions: Vec<(Figures, &str)> = ids
        .into_iter()
        .map(|id| (known.of(whole, id), id))
        .collect();
    functions
        .sort_by_key(|(figures, id)| (std::cmp::Reverse((figures.failed, figures.changes)), *id));
    let failed = known.failed();
    let view = DoraView {
        tabs: Calendar::ALL.map(|by| tab(ctx, by, known.by)).into(),
        clear: match known.function.is_empty() {
            true => String::new(),
            false => ctx.here(&[("function", "")]),
        },
        periods: match functions.is_empty() {
            true => Vec::new(),
            false => known
                .periods
                .iter()
                .map(|one| period(ctx, known, *one))
                .collect(),
        },
        functions_note: match functions.len() {
            n if n > FUNCTIONS_MAX => format!("the first {FUNCTIONS_MAX} of {n}; the JSON has all"),
            _ => "most failures first, over all periods shown".to_owned(),
        },
        functions: functions
            .iter()
            .take(FUNCTIONS_MAX)
            .map(|(figures, id)| function(ctx, known, figures, id))
            .collect(),
        failed_note: match failed.len() {
            n if n > FAILED_MAX => format!("the newest {FAILED_MAX} of {n}; the JSON has more"),
            n => format::counted(n as u64, "change", "changes"),
        },
        failed: failed
            .into_iter()
            .take(FAILED_MAX)
            .map(|change| failed_view(ctx, change))
            .collect(),
        connect: ctx.link("/connect", &[]),
        deploys_min: CHANGES_MIN,
        restored_min: RESTORED_MIN,
    };
    let frame = Frame::new(ctx, "Delivery", sentence(known, &known.of(whole, ""))).without_range();
    Reply::page("dora/page.html", frame, &view)
}

fn tab(ctx: &Context, by: Calendar, active: Calendar) -> Tab {
    Tab {
        label: match by {
            Calendar::Week => "Weeks",
            Calendar::Month => "Months",
            Calendar::Quarter => "Quarters",
        },
        href: ctx.here(&[("by", by.as_str())]),
        active: by == active,
    }
}

fn sentence(known: &Known, whole: &Figures) -> Sentence {
    let whom = match known.function.parse::<FunctionId>() {
        Ok(id) => format!(" of {}", format::bounded(&id.name, 80)),
        Err(_) => String::new(),
    };
    if whole.changes == 0 {
        return Sentence::new(Tone::Quiet).say(format!("No deploy{whom} is known of this time."));
    }
    let deploys = format::counted(whole.changes as u64, "deploy", "deploys");
    let often = format::number(whole.changes as f64 / known.days(known.whole()) * 7.0);
    let failed = match (whole.failed, whole.failure_rate()) {
        (0, _) => "none failed".to_owned(),
        (n, None) => format!("{n} failed, of too few to say how often that happens"),
        (n, Some(rate)) => format!("{n} failed, {}", format::ratio(rate)),
    };
    let restored = match whole.restored_after_ms {
        Some(ms) => format!("; half of these were well again within {}", long(ms)),
        None => String::new(),
    };
    let tone = if whole.failed == 0 {
        Tone::Good
    } else {
        Tone::Quiet
    };
    let text = format!("{deploys}{whom}, {often} a week: {failed}{restored}.");
    Sentence::new(tone).say(text)
}

fn long(ms: i64) -> String {
    format::long_duration(ms.unsigned_abs() / 1_000)
}

fn period(ctx: &Context, known: &Known, period: Stretch) -> RowView {
    let figures = known.of(period, "");
    let is_over = period.end * 60_000 <= known.now_ms;
    RowView {
        note: if is_over {
            String::new()
        } else {
            "so far".to_owned()
        },
        ..row(
            &figures,
            known.by.name(period.begin, ctx.range.clock.zone()),
            known.days(period),
        )
    }
}

fn function(ctx: &Context, known: &Known, figures: &Figures, id: &str) -> RowView {
    let parts = id.parse::<FunctionId>();
    let name = parts.as_ref().map_or(id, |parts| parts.name.as_str());
    let place = parts.as_ref().map_or_else(
        |_| String::new(),
        |parts| format!("{} {}", parts.provider, parts.region),
    );
    RowView {
        href: match known.function.is_empty() {
            true => ctx.here(&[("function", id)]),
            false => ctx.link(&function_path(id), &[]),
        },
        note: format::bounded(place.trim(), 60),
        ..row(
            figures,
            format::bounded(name, 60),
            known.days(known.whole()),
        )
    }
}

fn row(figures: &Figures, name: String, days: f64) -> RowView {
    let unknown = || format::UNKNOWN.to_owned();
    let few = || "too few to say".to_owned();
    RowView {
        name,
        href: String::new(),
        note: String::new(),
        deploys: format::grouped(figures.changes as u64),
        per_day: match figures.changes {
            0 => unknown(),
            n => format::number(n as f64 / days),
        },
        functions: format::grouped(figures.functions as u64),
        failed: match figures.rollbacks {
            0 => format::grouped(figures.failed as u64),
            1 => format!("{}, 1 rollback", figures.failed),
            n => format!("{}, {n} rollbacks", figures.failed),
        },
        rate: match (figures.changes, figures.failure_rate()) {
            (0, _) => unknown(),
            (_, Some(rate)) => format::ratio(rate),
            (_, None) => few(),
        },
        restored: match (figures.failed, figures.restored_after_ms) {
            (0, _) => unknown(),
            (failed, Some(ms)) => format!("{} ({} of {failed})", long(ms), figures.restored),
            (failed, None) => format!("{} ({} of {failed})", few(), figures.restored),
        },
    }
}

fn failed_view(ctx: &Context, change: &Change) -> FailedView {
    let id = change.function_id.parse::<FunctionId>();
    let name = id
        .as_ref()
        .map_or(change.function_id.as_str(), |id| id.name.as_str());
    let version = match change.version.as_str() {
        "" => String::new(),
        version => format!(" {version}"),
    };
    FailedView {
        when: ctx.range.clock.day_minute(change.at_ms),
        what: format::bounded(&format!("{name}{version}"), 100),
        href: ctx.link(&function_path(&change.function_id), &[]),
        why: export::why(change.failed),
        finding: match change.finding_id.as_str() {
            "" => String::new(),
            id => ctx.link(&format!("/findings/{id}"), &[]),
        },
        restored: change
            .restored_after_ms
            .map_or_else(|| "not yet".to_owned(), long),
    }
}

#[cfg(test)]
mod tests {
    use analyzers::dora::{Delivery, Failed};

    use super::*;
    use crate::testing::{NOW, context, html};

    const HOSTILE: &str = "\"'><script>x()</script>";

    fn known(changes: usize) -> Known {
        let now_ms = NOW.as_millis();
        let change = |number: usize| Change {
            function_id: format!("aws:1:eu:{HOSTILE}"),
            version: HOSTILE.to_owned(),
            at_ms: now_ms - 3_600_000,
            failed: (number == 0).then_some(Failed::RolledBack),
            finding_id: String::new(),
            restored_after_ms: (number == 0).then_some(7_200_000),
        };
        let zone = jiff::tz::TimeZone::UTC;
        Known {
            by: Calendar::Week,
            periods: Calendar::Week.back(now_ms / 60_000, &zone, 2),
            function: String::new(),
            delivery: Delivery {
                changes: (0..changes).map(change).collect(),
                rollbacks: Vec::new(),
            },
            is_cut: false,
            now_ms,
            since_ms: now_ms - 86_400_000,
        }
    }

    #[test]
    fn every_figure_has_its_counts_and_few_say_so_and_hostile_names_are_text() {
        let ctx = context("/dora", "");
        let page = html(&ctx, reply(&ctx, &known(8))).replace('\u{a0}', " ");
        for words in [
            "8 deploys, 56 a week: 1 failed, 13 %",
            "2026-W48",
            "(1 of 1)",
            "&lt;script&gt;",
            "2 h",
        ] {
            assert!(page.contains(words), "{words}\n{page}");
        }
        let few = html(&ctx, reply(&ctx, &known(2)));
        assert!(
            few.contains("of too few to say how often that happens"),
            "{few}"
        );
        let none = html(&ctx, reply(&ctx, &known(0)));
        assert!(none.contains("No deploy is known yet"), "{none}");
    }
}
