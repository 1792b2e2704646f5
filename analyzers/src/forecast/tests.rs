//! Promises that hold for any input, and what forecasts of plain series are.

use proptest::prelude::*;

use super::*;

fn check(values: &[f64], seasons: &[usize], horizon: usize) -> Result<(), TestCaseError> {
    let Ok(forecast) = forecast(values, seasons, horizon, None) else {
        prop_assert!(!values.iter().any(|v| history::is_known(*v)), "{values:?}");
        return Ok(());
    };
    prop_assert_eq!(forecast.mean.len(), horizon);
    let sum = forecast.total(0..horizon, LEVEL);
    let steps = (0..horizon).map(|h| forecast.at(h, LEVEL));
    for e in steps.chain([sum]) {
        let finite = e.low.is_finite() && e.mean.is_finite() && e.high.is_finite();
        prop_assert!(
            finite && e.low <= e.mean && e.mean <= e.high,
            "{:?} of {:?}",
            e,
            values
        );
    }
    if values.iter().all(|v| *v >= 0.0) {
        prop_assert!(forecast.low.iter().all(|v| *v >= 0.0));
    }
    let chance = forecast.chance_above(0..horizon, sum.mean);
    prop_assert!((0.0..=1.0).contains(&chance), "{}", chance);
    Ok(())
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        5 => -10.0..10.0,
        2 => Just(0.0),
        1 => Just(f64::NAN),
        1 => Just(1e15),
        1 => any::<f64>(),
    ]
}

proptest! {
    #[test]
    fn any_series_is_forecast_with_finite_ordered_intervals(
        values in prop::collection::vec(any_value(), 0..160),
        seasons in prop_oneof![Just(vec![]), Just(vec![7]), Just(vec![6, 42]), Just(vec![500])],
        horizon in 1_usize..60,
    ) {
        check(&values, &seasons, horizon)?;
    }

    #[test]
    fn counts_are_never_forecast_below_zero(
        values in prop::collection::vec((0_u32..40).prop_map(f64::from), 1..200),
        horizon in 1_usize..40,
    ) {
        check(&values, &[7], horizon)?;
    }
}

/// `n` hours with a day and a week in them, and noise.
fn hours(n: usize) -> Vec<f64> {
    (0..n)
        .map(|t| {
            let day = (t as f64 * std::f64::consts::TAU / 24.0).sin();
            let weekend = if t / 24 % 7 >= 5 { 0.5 } else { 1.0 };
            let noise = (t * t * 31 + t * 7_919) % 1_009;
            weekend * (100.0 + 60.0 * day) * (0.95 + noise as f64 / 10_090.0)
        })
        .collect()
}

#[test]
fn days_and_weeks_go_on_and_a_week_comes_to_what_weeks_come_to() {
    let all = hours(1_008);
    let (known, came) = all.split_at(840);
    let forecast = forecast(known, &[24, 168], 168, None).expect("a forecast");
    let missed: f64 = forecast
        .mean
        .iter()
        .zip(came)
        .map(|(m, c)| (m - c).abs())
        .sum();
    let week: f64 = came.iter().sum();
    assert!(missed < 0.05 * week, "{missed} of {week}");
    let total = forecast.total(0..168, LEVEL);
    assert!((total.mean - week).abs() < 0.01 * week, "{total:?}, {week}");
    assert!(total.low < week && week < total.high, "{total:?}, {week}");
    let single = forecast.high[0] - forecast.low[0];
    assert!(
        total.high - total.low < 168.0 * single,
        "errors cancel out in part"
    );
    assert!(
        forecast
            .basis
            .to_string()
            .starts_with("combined, as tried at")
    );
}

#[test]
fn plain_series_are_forecast_as_anybody_would() {
    let cases: [(&str, Vec<f64>, Vec<usize>, f64, f64); 8] = [
        ("constant", vec![7.0; 50], vec![7], 7.0, 1e-9),
        ("zeros", vec![0.0; 50], vec![7], 0.0, 1e-9),
        ("one value", vec![3.0], vec![], 3.0, 1e-9),
        ("two values", vec![3.0, 5.0], vec![], 5.0, 1e-9),
        (
            "a gap at the end",
            [vec![4.0; 30], vec![f64::NAN; 5]].concat(),
            vec![7],
            4.0,
            1e-9,
        ),
        ("huge", vec![1e15; 40], vec![], 1e15, 1.0),
        (
            "falling",
            (0..60).map(|t| 600.0 - 5.0 * f64::from(t)).collect(),
            vec![],
            290.0,
            25.0,
        ),
        (
            "doubling each ten",
            (0..60).map(|t| (f64::from(t) / 10.0).exp2()).collect(),
            vec![],
            72.0,
            12.0,
        ),
    ];
    for (name, values, seasons, expected, within) in cases {
        let forecast = forecast(&values, &seasons, 3, None).expect(name);
        let got = forecast.mean[2];
        assert!(
            (got - expected).abs() <= within,
            "{name}: {got}, not {expected}"
        );
    }
    let few = forecast(&[3.0, 5.0], &[], 2, None).expect("a forecast");
    assert!(few.high[0] - few.low[0] > 2.0 * 2.0 * 1.96, "wide: {few:?}");
    assert!(
        few.high[1] - few.low[1] > few.high[0] - few.low[0],
        "wider later: {few:?}"
    );
    assert!(few.basis.to_string().contains("too few"), "{}", few.basis);
}

#[test]
fn where_nothing_is_known_nothing_is_said() {
    assert_eq!(forecast(&[], &[24], 3, None).err(), Some(Nothing::NoValue));
    assert_eq!(
        forecast(&[f64::NAN; 9], &[24], 3, None).err(),
        Some(Nothing::NoValue)
    );
    assert_eq!(
        forecast(&[1.0], &[], 0, None).err(),
        Some(Nothing::Horizon(0))
    );
}

#[test]
fn one_bad_night_is_not_continued() {
    let mut values = hours(840);
    let good = forecast(&values, &[24, 168], 24, None).expect("a forecast");
    for v in values.iter_mut().rev().take(10) {
        *v = 0.0;
    }
    let after = forecast(&values, &[24, 168], 24, None).expect("a forecast");
    let sum = |f: &Forecast| f.mean.iter().sum::<f64>();
    assert!(
        sum(&after) > 0.75 * sum(&good),
        "{} of {}",
        sum(&after),
        sum(&good)
    );
}

#[test]
fn intervals_widen_with_the_horizon_of_a_walk() {
    let mut level = 100.0;
    let values: Vec<f64> = (0..400_usize)
        .map(|t| {
            level += ((t * t * 31 + t * 7_919) % 1_009) as f64 / 1_009.0 - 0.4995;
            level
        })
        .collect();
    let forecast = forecast(&values, &[], 200, None).expect("a forecast");
    let width = |h: usize| forecast.high[h] - forecast.low[h];
    assert!(width(0) < width(20) && width(20) < width(90) && width(90) < width(199));
}
