//! `nephoscope backtest anomalies`: a file in, a line for each of its rows out.

use std::fmt::Write;
use std::process::Output;

use serde_json::Value;

use crate::harness::{backtest, lines};

fn run(name: &str, csv: &str) -> Output {
    backtest("anomalies", name, csv, &[]).0
}

fn hour(i: usize) -> String {
    format!("2024-05-{:02} {:02}:00:00", 1 + i / 24, i % 24)
}

/// Four weeks of hours with busy days and some noise; of the last week, three hours cost twice as much.
fn spend(i: usize) -> f64 {
    let day = 1.0 + 0.5 * (i as f64 / 24.0 * std::f64::consts::TAU).sin();
    let noise = 1.0 + 0.02 * ((i * 7919 % 31) as f64 / 15.0 - 1.0);
    let factor = if (600..603).contains(&i) { 2.0 } else { 1.0 };
    100.0 * day * noise * factor
}

#[test]
fn a_spike_is_told_once_and_every_row_comes_back_in_time_order_as_it_was_spelled() {
    // Out of order, with a gap, a repeated row and two series.
    let mut csv = "timestamp,value,series\n".to_owned();
    for i in (0..672).rev() {
        let value = if i == 630 {
            "NaN".to_owned()
        } else {
            spend(i).to_string()
        };
        let _ = writeln!(csv, "{},{value},checkout", hour(i));
        let _ = writeln!(csv, "{},-7.5,constant", hour(i));
    }
    let _ = writeln!(csv, "{},999999,checkout", hour(500));
    let output = run("spike", &csv);
    let lines = lines(&output);
    assert_eq!(lines.len(), 2 * 672 + 1);
    let times: Vec<&str> = lines
        .iter()
        .filter_map(|l| l["timestamp"].as_str())
        .collect();
    assert!(times.is_sorted() && times[0] == hour(0), "{}", times[0]);
    let told: Vec<&Value> = lines.iter().filter(|l| l["anomaly"] == true).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    let spike = told[0];
    assert_eq!(
        (&spike["timestamp"], &spike["series"], &spike["kind"]),
        (&hour(600).into(), &"checkout".into(), &"spike".into())
    );
    let number = |key: &str| spike[key].as_f64().expect(key);
    assert!(number("low") < number("expected") && number("expected") < number("high"));
    assert!(
        number("high") < number("value") && number("score") >= 0.5,
        "{spike}"
    );
    assert!(
        (number("value") / number("expected") - 2.0).abs() < 0.2,
        "{spike}"
    );
    let gap = lines
        .iter()
        .find(|l| l["value"].is_null())
        .expect("the gap");
    assert_eq!(
        (&gap["score"], &gap["timestamp"]),
        (&Value::Null, &hour(630).into())
    );
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.contains("1 rows repeat the time of a row before"),
        "{told}"
    );
}

#[test]
fn what_is_said_of_a_row_does_not_depend_on_later_rows() {
    let csv = |rows: usize| {
        let mut csv = "value,timestamp\n".to_owned();
        for i in 0..rows {
            let _ = writeln!(csv, "{},{}", spend(i), 1_714_521_600 + 3600 * i);
        }
        csv
    };
    let (all, some) = (
        lines(&run("all", &csv(672))),
        lines(&run("some", &csv(601))),
    );
    assert_eq!(all[..601], some[..]);
    assert_eq!(some[600]["anomaly"], true);
    assert_eq!(some[600]["timestamp"], 1_714_521_600 + 3600 * 600);
}

#[test]
fn a_series_of_which_nothing_can_be_said_is_named_and_its_rows_come_back() {
    let output = run(
        "short",
        "timestamp,value,series\n2024-05-01,3,new\n2024-05-02,4,new\n",
    );
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.contains("series \"new\": nothing can be said of its 2 rows"),
        "{told}"
    );
    let lines = lines(&output);
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (&lines[1]["expected"], &lines[1]["anomaly"]),
        (&Value::Null, &false.into())
    );
}
