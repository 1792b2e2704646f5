//! Each kind in a table, told once, adapted to, and never a panic whatever comes.

use proptest::prelude::*;

use super::{Judgement, Kind, Series, Shape};

const HOUR_S: i64 = 3600;
/// A Thursday.
const BEGIN_S: i64 = 19_723 * 86_400;
const WEEK: usize = 168;

/// Judges a series as its daily users do: a refit each lead, then row by row.
fn judge(values: &[f64], step_s: i64) -> Vec<Judgement> {
    let shape = Shape::of_step(step_s);
    let mut series = Series::new(shape);
    let mut history = Vec::new();
    let mut next = i64::MIN;
    let rows = values.iter().enumerate().map(|(row, value)| {
        let at_s = BEGIN_S + i64::try_from(row).expect("small") * step_s;
        if shape.slot(at_s) >= next {
            series.refit(&history);
            next = shape.slot(at_s) + i64::try_from(shape.lead).expect("small");
        }
        if value.is_finite() {
            history.push((at_s, *value));
        }
        series.push(at_s, *value)
    });
    rows.collect()
}

/// Noise in ±1 that is the same every time.
fn noise(row: usize) -> f64 {
    let mixed = (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995;
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed >> 40) as f64 / f64::from(1 << 23)) - 1.0
}

/// Spend of a shop: busy days, calm nights and weekends, five per cent of noise.
fn shop(rows: usize) -> Vec<f64> {
    (0..rows)
        .map(|row| {
            let day = (row as f64 / 24.0 * std::f64::consts::TAU).sin();
            let weekend = if row / 24 % 7 >= 5 { 0.6 } else { 1.0 };
            0.02 * (1.0 + 0.6 * day) * weekend * (1.0 + 0.05 * noise(row))
        })
        .collect()
}

fn told(judged: &[Judgement], from: usize) -> Vec<(usize, Kind)> {
    let rows = judged.iter().enumerate().skip(from);
    rows.filter_map(|(row, j)| j.kind.map(|kind| (row, kind)))
        .collect()
}

/// Eight weeks of the shop, with something done to the last ones from a row on.
fn shop_with(at: usize, rows: usize, factor: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut values = shop(8 * WEEK);
    for (k, value) in values[at..at + rows].iter_mut().enumerate() {
        *value *= factor(k);
    }
    values
}

/// On a Thursday evening, with six weeks known.
const AT: usize = 7 * WEEK + 34;

#[test]
fn ordinary_weeks_raise_nothing() {
    assert_eq!(told(&judge(&shop(10 * WEEK), HOUR_S), 2 * WEEK), []);
}

#[test]
fn each_kind_is_told_soon_and_by_its_name() {
    type Factor = fn(usize) -> f64;
    let cases: [(&str, usize, Factor, usize, &[Kind]); 5] = [
        ("a spike", 3, |_| 2.0, 1, &[Kind::Spike]),
        ("a step", 60, |_| 1.3, 6, &[Kind::Spike, Kind::Step]),
        (
            "a leak",
            60,
            |k| 1.015_f64.powi(k as i32 + 1),
            14,
            &[Kind::Leak, Kind::Step],
        ),
        ("half of it missing", 12, |_| 0.5, 1, &[Kind::Drop]),
        ("silence", 6, |_| 0.0, 1, &[Kind::Zero]),
    ];
    for (name, rows, factor, within, kinds) in cases {
        let judged = judge(&shop_with(AT, rows, factor), HOUR_S);
        let told = told(&judged, 2 * WEEK);
        let (row, kind) = *told.first().unwrap_or_else(|| panic!("{name} is not told"));
        assert!((AT..AT + within).contains(&row), "{name}: {told:?}");
        assert!(kinds.contains(&kind), "{name}: {told:?}");
        assert!(!judged[row].reasons.is_empty(), "{name} has no reason");
        assert!(judged[row].score >= 0.5, "{name}: {}", judged[row].score);
    }
}

#[test]
fn a_leak_is_a_leak_once_it_has_grown_for_a_while() {
    let judged = judge(&shop_with(AT, 60, |k| 1.03_f64.powi(k as i32 + 1)), HOUR_S);
    let kinds: Vec<Kind> = told(&judged, AT)
        .into_iter()
        .map(|(_, kind)| kind)
        .collect();
    assert!(kinds.contains(&Kind::Leak), "{kinds:?}");
}

#[test]
fn one_event_is_told_once_and_again_only_when_it_has_grown() {
    let steady = told(&judge(&shop_with(AT, 40, |_| 1.6), HOUR_S), AT);
    assert!(steady.len() <= 2, "{steady:?}");
    let growing = shop_with(AT, 40, |k| if k < 20 { 1.3 } else { 6.0 });
    let growing = told(&judge(&growing, HOUR_S), AT);
    assert!(
        growing.iter().any(|(row, _)| *row == AT + 20),
        "{growing:?}"
    );
}

#[test]
fn a_lasting_step_becomes_the_usual_and_the_way_back_is_told() {
    let mut values = shop(12 * WEEK);
    for value in &mut values[AT..AT + 3 * WEEK] {
        *value *= 2.0;
    }
    let judged = judge(&values, HOUR_S);
    let told = told(&judged, 2 * WEEK);
    assert!(told[0].0 == AT, "{told:?}");
    // A week later, when the week's level has caught up, it may wonder once.
    let wonders = (AT + 1..AT + 3 * WEEK).filter(|row| judged[*row].anomaly);
    assert!(wonders.count() <= 1, "{told:?}");
    let later = AT + 9 * 24..AT + 3 * WEEK;
    assert!(told.iter().all(|(row, _)| !later.contains(row)), "{told:?}");
    let usual = judged[AT + 6 * 24].expected.expect("known") / values[AT + 6 * 24];
    assert!((0.8..1.25).contains(&usual), "{usual}");
    assert!(
        told.iter()
            .any(|(row, kind)| *row >= AT + 3 * WEEK && *kind == Kind::Drop),
        "{told:?}"
    );
}

#[test]
fn a_spike_yesterday_does_not_change_what_is_expected_today() {
    let (calm, struck) = (shop(8 * WEEK), shop_with(AT, 3, |_| 5.0));
    let (calm, struck) = (judge(&calm, HOUR_S), judge(&struck, HOUR_S));
    for row in AT + 20..AT + 30 {
        let (a, b) = (
            calm[row].expected.expect("known"),
            struck[row].expected.expect("known"),
        );
        assert!((a / b - 1.0).abs() < 0.05, "{row}: {a} {b}");
    }
}

#[test]
fn the_excess_is_what_the_event_cost() {
    let values = shop_with(AT, 24, |_| 1.5);
    let judged = judge(&values, HOUR_S);
    let cost: f64 = (AT..AT + 24).map(|row| values[row] / 3.0).sum();
    let last = &judged[AT + 23];
    let early_s = BEGIN_S + AT as i64 * HOUR_S - last.since_s.expect("it goes on");
    assert!((0..=2 * HOUR_S).contains(&early_s), "{early_s}");
    assert!(
        (last.excess / cost - 1.0).abs() < 0.15,
        "{} of {cost}",
        last.excess
    );
}

#[test]
fn an_event_is_told_when_it_is_worth_enough() {
    let values = shop_with(AT, 24, |_| 1.5);
    let at_s = |row: usize| BEGIN_S + row as i64 * HOUR_S;
    let history: Vec<(i64, f64)> = (0..AT).map(|row| (at_s(row), values[row])).collect();
    let mut series = Series::new(Shape::of_step(HOUR_S)).telling_from(0.05);
    series.refit(&history);
    let judged: Vec<Judgement> = (AT..AT + 14)
        .map(|row| series.push(at_s(row), values[row]))
        .collect();
    let first = judged.iter().position(|j| j.anomaly).expect("it is told");
    assert!(
        first >= 4 && judged[first].excess >= 0.05,
        "{first}: {judged:?}"
    );
    assert_eq!(judged[0].reasons.len(), 1, "{:?}", judged[0]);
    let later = told(&judged, first + 1);
    assert!(later.is_empty(), "{later:?}");
}

#[test]
fn whoever_spends_for_the_first_time_is_new() {
    let mut values = vec![0.0; 3 * WEEK];
    values[2 * WEEK..].fill(0.004);
    let told = told(&judge(&values, HOUR_S), 0);
    assert_eq!(told.first(), Some(&(2 * WEEK, Kind::New)), "{told:?}");
    assert!(told.len() <= 2, "{told:?}");
}

#[test]
fn a_constant_is_expected_and_any_change_that_matters_is_told() {
    let mut values = vec![100.0; 3 * WEEK];
    values[2 * WEEK + 5] = 100.2;
    values[2 * WEEK + 50] = 110.0;
    let told = told(&judge(&values, HOUR_S), 0);
    assert_eq!(
        told.first(),
        Some(&(2 * WEEK + 50, Kind::Spike)),
        "{told:?}"
    );
}

#[test]
fn silent_nights_are_no_silence() {
    let nights = |row: usize| if row % 24 < 8 { 0.0 } else { 5.0 + noise(row) };
    let values: Vec<f64> = (0..5 * WEEK).map(nights).collect();
    assert_eq!(told(&judge(&values, HOUR_S), 2 * WEEK), []);
}

#[test]
fn little_history_is_said() {
    let judged = judge(&shop(30), HOUR_S);
    assert!(
        judged
            .iter()
            .all(|j| j.expected.is_none() && j.score == 0.0)
    );
    let said = judged[29].reasons[0].to_string();
    assert_eq!(said, "too little history: 24 of 72 slots");
}

#[test]
fn days_and_five_minutes_work_as_hours_do() {
    let days: Vec<f64> = (0..120)
        .map(|day| if day % 7 >= 5 { 60.0 } else { 100.0 } * (1.0 + 0.05 * noise(day)))
        .map(|value| value * 3.0)
        .collect();
    let mut struck = days.clone();
    struck[100] *= 3.0;
    assert_eq!(told(&judge(&days, 86_400), 40), []);
    assert_eq!(
        told(&judge(&struck, 86_400), 40).first(),
        Some(&(100, Kind::Spike))
    );

    let calm = |row: usize| 20.0 * (1.0 + 0.1 * noise(row));
    let mut minutes: Vec<f64> = (0..10 * 288).map(calm).collect();
    for value in &mut minutes[8 * 288..8 * 288 + 12] {
        *value = 60.0;
    }
    let told = told(&judge(&minutes, 300), 3 * 288);
    assert_eq!(told.first(), Some(&(8 * 288, Kind::Spike)), "{told:?}");
    assert!(told.len() <= 2, "{told:?}");
}

#[test]
fn state_is_small_and_survives_being_stored() {
    let shape = Shape::of_step(HOUR_S);
    let mut series = Series::new(shape);
    let at = |row: usize| BEGIN_S + row as i64 * HOUR_S;
    let history: Vec<(i64, f64)> = shop(6 * WEEK)
        .into_iter()
        .enumerate()
        .map(|(r, v)| (at(r), v))
        .collect();
    series.refit(&history);
    series.push(at(6 * WEEK), 0.07);
    let stored = serde_json::to_string(&series).expect("it can be stored");
    let mut again: Series = serde_json::from_str(&stored).expect("it can be read");
    // JSON may round the last digit of a number.
    let (one, other) = (
        series.push(at(6 * WEEK + 1), 0.03),
        again.push(at(6 * WEEK + 1), 0.03),
    );
    assert_eq!((one.kind, one.since_s), (other.kind, other.since_s));
    assert!(
        (one.score - other.score).abs() < 1e-6 && one.score > 0.0,
        "{one:?} {other:?}"
    );
    // Beside the struct only the plan lies on the heap: 49 slots of four bytes.
    let bytes = size_of::<Series>() + 49 * 4;
    assert!(bytes <= 1024, "{bytes}");
}

fn anything() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -10.0..100.0_f64,
        1 => Just(0.0),
        1 => Just(1e15),
        1 => Just(f64::NAN),
        1 => proptest::num::f64::ANY,
    ]
}

/// From seconds to centuries.
const STEPS_S: [i64; 7] = [
    1,
    300,
    3600,
    7 * 3600,
    86_400,
    7 * 86_400,
    i64::MAX / 1_000_000,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_panics_everything_is_finite_and_the_future_changes_nothing(
        values in proptest::collection::vec(anything(), 0..400),
        step_s in proptest::sample::select(&STEPS_S),
        cut in 0.0..1.0_f64,
    ) {
        let judged = judge(&values, step_s);
        for (judgement, value) in judged.iter().zip(&values) {
            prop_assert!((0.0..=1.0).contains(&judgement.score));
            prop_assert_eq!(judgement.anomaly, judgement.score >= 0.5);
            prop_assert_eq!(judgement.anomaly, judgement.kind.is_some());
            let numbers = [judgement.expected, judgement.low, judgement.high];
            prop_assert!(numbers.iter().flatten().all(|n| n.is_finite()), "{:?} of {}", judgement, value);
            prop_assert!(judgement.low <= judgement.expected && judgement.expected <= judgement.high);
            prop_assert!(judgement.excess.is_finite());
            for reason in &judgement.reasons {
                prop_assert!(!reason.to_string().is_empty());
            }
        }
        let prefix = (values.len() as f64 * cut) as usize;
        let before = judge(&values[..prefix], step_s);
        prop_assert_eq!(&before[..], &judged[..prefix]);
    }
}
