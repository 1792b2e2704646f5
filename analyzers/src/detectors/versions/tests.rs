//! Versions of made-up functions with known truths.

use proptest::prelude::*;

use super::verdict::{Control, Reason};
use super::{Cell, Measure, Need, Verdict, judge};
use crate::detectors::regression::Outcome;

pub(super) const DAY_S: i64 = 86_400;
const FIVE_MINUTES: u32 = 300;
/// When the second version begins: the eleventh day at noon.
pub(super) const BEGIN_S: i64 = 10 * DAY_S + 43_200;

/// Even and repeatable, 0..1.
fn chance(seed: i64) -> f64 {
    let mixed = (seed as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// A stretch with a day's and an hour's own mood of some per cent, and a busy noon.
fn cell(at_s: i64, length_s: u32, version: u32, ms: f64, errors: f64) -> Cell {
    let hour = at_s.div_euclid(3_600);
    let mood = 0.04 * (chance(at_s.div_euclid(DAY_S)) - 0.5) + 0.06 * (chance(hour + 77) - 0.5);
    let noon = 1.0 - (hour.rem_euclid(24) - 12).abs() as f64 / 15.0;
    let invocations = (600.0 * noon * f64::from(length_s) / 3_600.0)
        .round()
        .max(1.0);
    let few = (chance(at_s + 5) - 0.5) / invocations.sqrt();
    // The busier, the slower: what a comparison with any hour would take for a change.
    let p50_ms = ms * (mood + 0.3 * noon + few).exp();
    let failed = (invocations * errors + chance(at_s + 9)).floor();
    let cold = (invocations * 0.05 + chance(at_s + 11)).floor();
    Cell {
        at_s,
        length_s,
        version,
        invocations: invocations as u64,
        errors: failed as u64,
        timeouts: 0,
        cold_starts: cold as u64,
        cold_start_known: invocations as u64,
        durations: invocations as u64,
        p50_ms,
        p95_ms: p50_ms * 1.93,
        memory_mb: 100.0,
    }
}

fn before(ms: f64, errors: f64) -> Vec<Cell> {
    let hours = BEGIN_S / 3_600;
    (0..hours)
        .map(|hour| cell(hour * 3_600, 3_600, 0, ms, errors))
        .collect()
}

fn after(version: u32, hours: i64, ms: f64, errors: f64) -> Vec<Cell> {
    (0..12 * hours)
        .map(|i| {
            let at_s = BEGIN_S + i * i64::from(FIVE_MINUTES);
            cell(at_s, FIVE_MINUTES, version, ms, errors)
        })
        .collect()
}

fn verdict(cells: &[Cell], measure: Measure) -> Verdict {
    judge(cells, 1, &[measure]).remove(0)
}

pub(super) fn deployed(hours: i64, ms: f64, errors: f64) -> Vec<Cell> {
    [before(100.0, 0.01), after(1, hours, ms, errors)].concat()
}

#[test]
fn a_version_that_takes_a_third_longer_is_named_within_the_hour_and_one_that_does_not_is_no_worse()
{
    let slower = verdict(&deployed(24, 133.0, 0.01), Measure::Duration);
    assert_eq!(slower.outcome, Outcome::Regressed, "{slower:?}");
    let at = slower.detected_at.expect("a time");
    assert!(at.as_secs() <= BEGIN_S + 3_600, "{slower:?}");
    let (low, high) = slower.interval.expect("an interval");
    assert!(low < 0.33 && 0.33 < high, "{slower:?}");
    assert!(slower.reasons.contains(&Reason::Against(Control::Past)));
    for measure in Measure::ALL {
        let same = verdict(&deployed(26, 100.0, 0.01), measure);
        assert_eq!(same.outcome, Outcome::Unchanged, "{same:?}");
        assert_eq!(same.need, None);
    }
}

#[test]
fn more_errors_are_found_and_so_is_a_version_that_is_quicker() {
    let failing = verdict(&deployed(24, 100.0, 0.05), Measure::Errors);
    assert_eq!(failing.outcome, Outcome::Regressed, "{failing:?}");
    assert!(failing.n_after < 600, "{failing:?}");
    let quicker = verdict(&deployed(24, 60.0, 0.01), Measure::Duration);
    assert_eq!(quicker.outcome, Outcome::Improved, "{quicker:?}");
}

#[test]
fn side_by_side_the_other_version_is_the_control_and_takes_a_shared_incident_off() {
    // Everything became slower at that very time, for both.
    let shared = [
        before(100.0, 0.01),
        after(0, 6, 150.0, 0.06),
        after(1, 6, 150.0, 0.06),
    ]
    .concat();
    for measure in [Measure::Duration, Measure::DurationP95, Measure::Errors] {
        let verdict = verdict(&shared, measure);
        assert_ne!(verdict.outcome, Outcome::Regressed, "{verdict:?}");
        assert!(
            verdict.reasons.contains(&Reason::Against(Control::Beside)),
            "{verdict:?}"
        );
    }
    let alone = [
        before(100.0, 0.01),
        after(0, 6, 100.0, 0.01),
        after(1, 6, 130.0, 0.06),
    ]
    .concat();
    for measure in [Measure::Duration, Measure::Errors] {
        let verdict = verdict(&alone, measure);
        assert_eq!(verdict.outcome, Outcome::Regressed, "{verdict:?}");
    }
}

#[test]
fn nothing_is_said_of_a_first_version_of_what_nobody_tells_and_of_a_moment() {
    let first = verdict(&after(1, 5, 100.0, 0.01), Measure::Errors);
    assert_eq!(first.reasons, [Reason::FirstVersion]);
    let untold: Vec<Cell> = deployed(5, 100.0, 0.01)
        .into_iter()
        .map(|cell| Cell {
            memory_mb: f64::NAN,
            ..cell
        })
        .collect();
    assert_eq!(verdict(&untold, Measure::Memory).reasons, [Reason::NotTold]);
    let mut moment = deployed(1, 100.0, 0.01);
    moment.truncate(before(1.0, 0.0).len() + 1);
    let settling = verdict(&moment, Measure::Duration);
    assert_eq!(settling.outcome, Outcome::Undecided);
    assert_eq!(settling.need, Some(Need::Minutes(5)), "{settling:?}");
    let absent = judge(&before(100.0, 0.0), 1, &[Measure::Errors]).remove(0);
    assert_eq!(absent.outcome, Outcome::Undecided);
}

#[test]
fn what_has_been_as_bad_without_a_deploy_needs_more() {
    // A day in the past failed in the same way.
    let mut cells = deployed(6, 100.0, 0.04);
    for cell in cells
        .iter_mut()
        .filter(|c| (7..8).contains(&(c.at_s / DAY_S)))
    {
        cell.errors = cell.invocations / 25;
    }
    let verdict = verdict(&cells, Measure::Errors);
    assert_ne!(verdict.outcome, Outcome::Regressed, "{verdict:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_rows_give_finite_answers(
        rows in prop::collection::vec(
            (0i64..5_000_000, 1u32..4_000, 0u32..3, 0u64..1_000, 0u64..2_000,
             prop_oneof![Just(f64::NAN), Just(0.0), Just(1e300), -1.0f64..1e5]),
            0..300,
        ),
        new in 0u32..4,
    ) {
        let cells: Vec<Cell> = rows.into_iter().map(|(at_s, length_s, version, n, of, ms)| Cell {
            at_s, length_s, version,
            invocations: n, errors: of, timeouts: of / 2, cold_starts: of, cold_start_known: n / 2,
            durations: n, p50_ms: ms, p95_ms: ms * 2.0, memory_mb: ms,
        }).collect();
        for verdict in judge(&cells, new, &Measure::ALL) {
            let finite = |x: Option<f64>| x.is_none_or(f64::is_finite);
            prop_assert!(finite(verdict.relative) && finite(verdict.before) && finite(verdict.after), "{verdict:?}");
            prop_assert!(verdict.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)), "{verdict:?}");
            prop_assert!(verdict.interval.is_none_or(|(low, high)| low <= high), "{verdict:?}");
        }
    }

    #[test]
    fn what_comes_later_does_not_change_what_was_decided(slower in 1.3f64..2.0, later in 0.2f64..5.0) {
        let short = deployed(8, 100.0 * slower, 0.01);
        let mut long = deployed(24, 100.0 * later, 0.01);
        long.retain(|c| c.at_s >= BEGIN_S + 8 * 3_600);
        let long = [short.clone(), long].concat();
        prop_assert_eq!(verdict(&short, Measure::Duration), verdict(&long, Measure::Duration));
    }
}
