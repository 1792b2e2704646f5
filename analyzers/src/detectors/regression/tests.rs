//! The detector as a whole, on made-up functions with known truths.

use proptest::prelude::*;
use store::model::UnixNano;

use super::change::{Cause, Direction, Kind};
use super::changes::{Subject, of_fleet};
use super::{Outcome, Panel, Reason, Row, Verdict, deploy};

const PER_DAY: usize = 10;

/// Even and repeatable: -0.5..0.5.
fn jitter(series: usize, day: usize, i: usize) -> f64 {
    let mixed = (series * 7_919 + day * 104_729 + i * 1_299_709 + 17) as u64;
    let mixed = mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 40) as f64 / (1u64 << 24) as f64 - 0.5
}

/// A series of `days` whose cold starts take about `ms(day)` under `version(day)`, ± 8 %, and whose days
/// differ by ± 2 %.
fn rows(
    series: usize,
    days: usize,
    version: impl Fn(usize) -> u32,
    ms: impl Fn(usize) -> f64,
) -> Vec<Row> {
    (0..days)
        .flat_map(|day| (0..PER_DAY).map(move |i| (day, i)))
        .map(|(day, i)| Row {
            series: u32::try_from(series).expect("few"),
            version: version(day),
            at: UnixNano::from_secs((day * 86_400 + i * 600) as i64),
            duration_ms: ms(day)
                * (0.16 * jitter(series, day, i) + 0.04 * jitter(series, day, 999)).exp(),
        })
        .collect()
}

fn last_verdict(panel: &Panel, series: usize) -> Verdict {
    let begin = deploy::begins(panel.days(series));
    deploy::judge(panel, series, begin[begin.len() - 1])
}

fn deployed(day: usize) -> u32 {
    u32::from(day >= 30)
}

fn one(rows: Vec<Row>) -> Panel {
    Panel::new(rows, &[None])
}

#[test]
fn a_version_that_starts_in_260_instead_of_180_ms_is_named_within_eight_cold_starts() {
    let ms = |day| if day < 30 { 180.0 } else { 260.0 };
    let verdict = last_verdict(&one(rows(0, 33, deployed, ms)), 0);
    assert_eq!(verdict.outcome, Outcome::Regressed);
    assert!(verdict.n_after <= 8, "{verdict:?}");
    let (low, high) = verdict.interval.expect("an interval");
    assert!(low < 0.444 && 0.444 < high, "{verdict:?}");
    assert_eq!(verdict.n_before, 100);
}

#[test]
fn a_version_that_changed_nothing_is_unchanged_and_a_faster_one_improved() {
    let verdict = last_verdict(&one(rows(0, 40, deployed, |_| 180.0)), 0);
    assert_eq!(verdict.outcome, Outcome::Unchanged, "{verdict:?}");
    assert!(verdict.detected_at.is_none());
    let ms = |day| if day < 30 { 180.0 } else { 120.0 };
    let verdict = last_verdict(&one(rows(0, 40, deployed, ms)), 0);
    assert_eq!(verdict.outcome, Outcome::Improved, "{verdict:?}");
}

/// One series that is deployed on day 30, beside three siblings.
fn fleet(own: impl Fn(usize) -> f64, siblings: impl Fn(usize) -> f64 + Copy, theirs: u32) -> Panel {
    let mut all = rows(0, 36, deployed, own);
    for sibling in 1..4 {
        all.extend(rows(sibling, 36, |day| deployed(day) * theirs, siblings));
    }
    Panel::new(all, &[Some(0); 4])
}

#[test]
fn what_all_siblings_share_is_not_the_versions() {
    let slower = |day| if day < 30 { 180.0 } else { 210.0 };
    let shared = last_verdict(&fleet(slower, slower, 0), 0);
    assert_ne!(shared.outcome, Outcome::Regressed, "{shared:?}");
    let moved = shared
        .reasons
        .iter()
        .any(|r| matches!(r, Reason::SiblingsMoved { .. }));
    assert!(moved, "{shared:?}");
    let alone = last_verdict(&fleet(slower, |_| 180.0, 0), 0);
    assert_eq!(alone.outcome, Outcome::Regressed);
}

#[test]
fn a_sibling_that_was_deployed_too_is_no_control() {
    let slower = |day| if day < 30 { 180.0 } else { 240.0 };
    let verdict = last_verdict(&fleet(slower, slower, 1), 0);
    assert_eq!(verdict.outcome, Outcome::Regressed);
    assert!(verdict.reasons.contains(&Reason::NoSiblings), "{verdict:?}");
}

#[test]
fn where_everybody_deploys_all_the_time_a_shift_of_the_platform_is_hardly_anybodys() {
    const SERIES: usize = 20;
    let ms = |day| if day < 40 { 180.0 } else { 225.0 };
    let version = |series: usize| move |day: usize| u32::try_from((day + series) / 4).expect("few");
    let all: Vec<Row> = (0..SERIES)
        .flat_map(|series| rows(series, 50, version(series), ms))
        .collect();
    let panel = Panel::new(all, &[Some(0); SERIES]);
    let blamed: usize = (0..SERIES)
        .map(|series| {
            let begins = deploy::begins(panel.days(series)).into_iter();
            let verdicts = begins.map(|begin| deploy::judge(&panel, series, begin));
            verdicts.filter(|v| v.outcome == Outcome::Regressed).count()
        })
        .sum();
    // Of some forty that were deployed while it showed; without siblings nearly all of them are.
    assert!(blamed <= 2, "{blamed}");
}

#[test]
fn nothing_is_said_of_a_first_version_a_short_history_or_two_cold_starts() {
    let first = last_verdict(&one(rows(0, 5, |_| 0, |_| 180.0)), 0);
    assert_eq!(first.reasons, [Reason::FirstVersion]);
    let short = one(rows(
        0,
        3,
        |day| u32::from(day == 2),
        |day| 100.0 + 900.0 * day as f64,
    ));
    let short = last_verdict(&short, 0);
    assert_eq!(short.outcome, Outcome::Undecided);
    assert!(matches!(
        short.reasons[0],
        Reason::ShortHistory { days: 2, .. }
    ));
    let mut few = rows(0, 31, deployed, |_| 180.0);
    few.truncate(302);
    assert_eq!(
        last_verdict(&one(few), 0).reasons,
        [Reason::FewStarts { starts: 2 }]
    );
}

#[test]
fn constant_zero_and_enormous_series_are_unchanged_and_finite() {
    for value in [0.0, 5.0, 1e15] {
        let same: Vec<Row> = rows(0, 40, deployed, |_| 1.0)
            .into_iter()
            .map(|row| Row {
                duration_ms: value,
                ..row
            })
            .collect();
        let verdict = last_verdict(&one(same), 0);
        assert_eq!(verdict.outcome, Outcome::Unchanged, "{value}: {verdict:?}");
        assert_eq!(verdict.relative, Some(0.0));
    }
    let wild = rows(0, 40, deployed, |day| if day < 30 { 0.0 } else { 1e15 });
    let verdict = last_verdict(&one(wild), 0);
    assert_eq!(verdict.outcome, Outcome::Regressed);
    assert!(verdict.relative.is_some_and(f64::is_finite));
}

#[test]
fn a_busy_function_is_judged_and_a_thousand_starts_of_one_day_are_one_day() {
    let busy = |n: usize, slower: f64| {
        let of_day = |day: usize| (0..n).map(move |i| (day, i));
        let all = (0..32).flat_map(of_day).map(|(day, i)| Row {
            series: 0,
            version: deployed(day),
            at: UnixNano::from_secs((day * 86_400 + i * 60) as i64),
            duration_ms: (0.16 * jitter(0, day, i)).exp() * if day < 30 { 100.0 } else { slower },
        });
        last_verdict(&one(all.collect()), 0)
    };
    assert_eq!(busy(1000, 150.0).outcome, Outcome::Regressed);
    // Two per cent on one day is what days do, however often it is seen.
    assert_ne!(busy(1000, 102.0).outcome, Outcome::Regressed);
}

#[test]
fn a_step_without_a_marker_is_found_and_an_incident_opens_and_closes() {
    let step = one(rows(
        0,
        80,
        |_| 0,
        |day| if day < 50 { 100.0 } else { 125.0 },
    ));
    let found = of_fleet(&step, &step);
    assert_eq!(found.len(), 1, "{found:?}");
    let change = &found[0].1;
    assert_eq!(
        (change.at.day(), change.direction, change.kind),
        (50, Direction::Up, Kind::Step)
    );
    assert!(change.detected_at.day() <= 52);
    let incident = |day| {
        if (50..54).contains(&day) {
            150.0
        } else {
            100.0
        }
    };
    let incident = one(rows(0, 80, |_| 0, incident));
    let found = of_fleet(&incident, &incident);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].1.kind, Kind::Transient);
    assert_eq!(found[0].1.until.map(UnixNano::day), Some(54));
}

#[test]
fn a_slow_drift_is_found_and_a_quiet_series_is_silent() {
    let drift = |day: usize| 100.0 * 1.02f64.powi(day.saturating_sub(60).min(25) as i32);
    let drifting = one(rows(0, 100, |_| 0, drift));
    let found = of_fleet(&drifting, &drifting);
    assert!(!found.is_empty());
    assert!(
        found.iter().all(|(_, c)| c.direction == Direction::Up),
        "{found:?}"
    );
    let quiet = one(rows(0, 300, |_| 0, |_| 100.0));
    assert_eq!(of_fleet(&quiet, &quiet), []);
}

#[test]
fn what_the_platform_does_is_told_once_for_a_cohort_and_once_for_all() {
    let slower = |day| if day < 60 { 100.0 } else { 125.0 };
    let cohort = |first: usize| (first..first + 4).flat_map(move |s| rows(s, 75, |_| 0, slower));
    let panel = Panel::new(cohort(0).collect(), &[Some(0); 4]);
    let found = of_fleet(&panel, &panel);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0].0, found[0].1.cause),
        (&Subject::Cohort(0), Cause::Platform)
    );
    let cohorts: Vec<Option<u32>> = (0..16).map(|s| Some(s / 4)).collect();
    let all = Panel::new((0..4).flat_map(|c| cohort(4 * c)).collect(), &cohorts);
    let found = of_fleet(&all, &all);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, Subject::Platform);
}

#[test]
fn a_change_with_a_deploy_is_the_deploys_and_told_once() {
    let ms = |day| if day < 30 { 100.0 } else { 140.0 };
    let by_version = one(rows(0, 60, deployed, ms));
    let plain = one(rows(0, 60, |_| 0, ms));
    let found = of_fleet(&by_version, &plain);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].1.cause, Cause::Deploy { version: 1 });
}

fn close(a: &Verdict, b: &Verdict) {
    assert_eq!(
        (a.outcome, a.n_after, a.detected_at),
        (b.outcome, b.n_after, b.detected_at)
    );
    let (x, y) = (a.relative.unwrap_or(0.0), b.relative.unwrap_or(0.0));
    assert!((x - y).abs() < 1e-9, "{x} {y}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_unit_of_time_does_not_matter(scale in 0.5f64..1000.0, slower in 0.8f64..1.6) {
        let ms = |day| if day < 30 { 100.0 } else { 100.0 * slower };
        let as_is = rows(0, 33, deployed, ms);
        let scaled = as_is.iter().map(|r| Row { duration_ms: r.duration_ms * scale, ..*r });
        close(&last_verdict(&one(scaled.collect()), 0), &last_verdict(&one(as_is), 0));
    }

    #[test]
    fn the_order_of_rows_does_not_matter(turn in 1usize..300, slower in 0.8f64..1.6) {
        let ms = |day| if day < 30 { 100.0 } else { 100.0 * slower };
        let as_is = rows(0, 33, deployed, ms);
        let mut turned = as_is.clone();
        turned.rotate_left(turn);
        turned.reverse();
        close(&last_verdict(&one(turned), 0), &last_verdict(&one(as_is), 0));
    }

    #[test]
    fn what_comes_later_does_not_change_what_was_found(slower in 1.15f64..2.0, later in 0.1f64..10.0) {
        let until = |days: usize| {
            rows(0, days, deployed, move |day| match day {
                0..30 => 100.0,
                30..33 => 100.0 * slower,
                _ => 100.0 * later,
            })
        };
        close(&last_verdict(&one(until(45)), 0), &last_verdict(&one(until(33)), 0));
        let (long, short) = (one(until(45)), one(until(33)));
        let (long, short) = (of_fleet(&long, &long), of_fleet(&short, &short));
        let end = UnixNano::start_of_day(33);
        let known: Vec<_> = long.iter().filter(|(_, c)| c.detected_at < end).map(|(_, c)| c.at).collect();
        prop_assert_eq!(known, short.iter().map(|(_, c)| c.at).collect::<Vec<_>>());
    }

    #[test]
    fn any_values_give_finite_answers(
        values in prop::collection::vec(prop_oneof![Just(0.0), Just(1e15), 0.0f64..1e4], 1..400),
        per_day in 1usize..40,
    ) {
        let all: Vec<Row> = values.iter().enumerate().map(|(i, &duration_ms)| Row {
            series: 0,
            version: u32::from(i > values.len() / 2),
            at: UnixNano::from_secs((i / per_day * 86_400) as i64),
            duration_ms,
        }).collect();
        let panel = one(all);
        for begin in deploy::begins(panel.days(0)) {
            let verdict = deploy::judge(&panel, 0, begin);
            prop_assert!(verdict.relative.is_none_or(f64::is_finite));
            prop_assert!(verdict.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)));
        }
        for (_, change) in of_fleet(&panel, &panel) {
            prop_assert!(change.relative.is_finite() && change.before.p90_ms.is_finite());
            prop_assert!(change.at <= change.detected_at);
        }
    }
}
