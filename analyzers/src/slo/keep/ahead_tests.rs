use super::*;
use crate::slo::Meter;
use crate::slo::catalogue::{Entry, QueriesOf, check};
use crate::slo::evaluate::Line;
use crate::slo::units::{Counts, Events};

const DAY: i64 = 1_440;
/// Monday, 2 November 2026, minutes since 1970; a calendar's month began a day before.
const NOW: i64 = 29_892_960;

fn entry(window: &str) -> Entry {
    let text = format!(
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: shop}}\nspec:\n  service: s\n  \
         timeWindow: [{window}]\n  budgetingMethod: Occurrences\n  objectives: [{{target: 0.99}}]\n  \
         indicator:\n    metadata: {{name: i}}\n    spec: {{ratioMetric: {{rawType: success, raw: \
         {{metricSource: {{type: nephoscope, spec: {{indicator: availability}}}}}}}}}}\n"
    );
    check("shop", &text, QueriesOf::Nobody)
        .expect("an SLO")
        .remove(0)
}

fn rolling() -> Entry {
    entry("{duration: 30d, isRolling: true}")
}

/// A thousand events a minute for so many days up to the end, of which so many are bad, by the day from
/// the end.
fn known(plan: &Plan, days: i64, end: i64, bad: impl Fn(i64) -> u64, of: u64) -> Known {
    let minutes = (0..days * DAY).map(|minute| {
        let day = (days * DAY - 1 - minute) / DAY;
        Events {
            good: of - bad(day),
            total: of,
        }
    });
    let counts = Counts {
        first: end - days * DAY,
        minutes: minutes.collect(),
    };
    Known::Minutes(Meter::new(plan, vec![counts]))
}

fn outlook(entry: &Entry, days: i64, bad: impl Fn(i64) -> u64, of: u64) -> Option<Outlook> {
    let so_far = Stretch {
        begin: NOW - days * DAY,
        end: NOW,
    };
    look(
        &entry.plan,
        &known(&entry.plan, days, NOW, bad, of),
        so_far,
        30 * DAY,
    )
}

/// 2 % since three days, 0.8 % before: of 1 % a month.
fn worse(day: i64) -> u64 {
    if day < 3 { 20 } else { 8 }
}

#[test]
fn of_a_rolling_window_what_falls_out_is_reckoned_with() {
    let entry = rolling();
    // 0.72 + 0.20 are spent; three days more spend 0.20, and 0.08 fall out: 0.08 / 0.12 of three days.
    let found = outlook(&entry, 30, worse, 1_000).expect("an end");
    assert!((found.minutes - 2_880.0).abs() < 1e-6, "{found:?}");
    assert!((found.left - 0.08).abs() < 1e-12);
    assert!(found.low < found.minutes && found.minutes < found.high && found.high < 2_950.0);
    // As ever: as much comes as falls out, and it lasts for ever, however little is left.
    assert_eq!(outlook(&entry, 30, |_| 9, 1_000), None);
    // It was bad, and a day ago it ended.
    assert_eq!(
        outlook(
            &entry,
            30,
            |day| if day < 1 { 0 } else { worse(day) },
            1_000
        ),
        None
    );
    // It is spent already: that is no forecast.
    assert_eq!(outlook(&entry, 30, |_| 11, 1_000), None);
}

#[test]
fn of_a_calendar_s_period_the_budget_grows_with_the_events_and_ends_with_it() {
    let month = "{duration: 1M, isRolling: false, calendar: {startTime: '2026-01-01 00:00:00', timeZone: UTC}}";
    let entry = entry(month);
    // Of twenty days 0.68 + 0.30 are spent; three days more spend 0.30 and bring 0.15: 0.02 / 0.15 of
    // three days.
    let found = outlook(&entry, 20, worse, 1_000).expect("an end");
    assert!((found.minutes - 576.0).abs() < 1e-6, "{found:?}");
    assert_eq!(found.ends, Some(10.0 * 1_440.0));
    let so_far = Stretch {
        begin: NOW - 20 * DAY,
        end: NOW,
    };
    let known = known(&entry.plan, 20, NOW, worse, 1_000);
    let ends_before = look(&entry.plan, &known, so_far, 20 * DAY + 60);
    assert_eq!(ends_before, None, "the budget is new before it is spent");
}

fn said(entry: &Entry, outlook: Option<Outlook>, was_told: bool) -> Option<Saying> {
    let line = Line {
        minute: NOW - 1,
        sli: None,
        budget_remaining: None,
        burn: std::array::from_fn(|_| None),
        alerts: Vec::new(),
    };
    let stepped = Stepped {
        entry,
        group: "",
        line: &line,
        period_minutes: 30 * DAY,
        outlook,
    };
    say(&stepped, was_told)
}

#[test]
fn it_is_told_when_it_is_sure_and_goes_on_until_it_lasts_much_longer() {
    let entry = rolling();
    let saying = said(&entry, outlook(&entry, 30, worse, 1_000), false).expect("told");
    assert_eq!(
        saying.title,
        "The error budget of shop will be spent Wed 4 Nov 00:00 UTC"
    );
    assert!(
        saying.sentence.starts_with(
            "At the pace of the last 3 days the error budget of shop is spent in 48.0 hours"
        ),
        "{}",
        saying.sentence
    );
    // The same pace of few events may be chance.
    let few = outlook(&entry, 30, worse, 1_000).map(|sure| Outlook {
        high: f64::INFINITY,
        ..sure
    });
    assert!(said(&entry, few, false).is_none());
    let slower = |minutes| {
        Some(Outlook {
            minutes,
            low: minutes,
            high: minutes,
            left: 0.1,
            ends: None,
        })
    };
    assert!(said(&entry, slower(5_000.0), false).is_none());
    assert!(said(&entry, slower(5_000.0), true).is_some());
    assert!(said(&entry, slower(7_000.0), true).is_none());
}
