//! Reports of SLOs by calendar period against what the test counts itself.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::{Product, get, request, wait_for};
use crate::slos::{AFTER, BROKEN, CALM, EACH, History, SLO, function, history};

const DAY: i64 = 1_440;

/// The first minute of the week that holds `minute`: 1970 began on a Thursday.
fn monday(minute: i64) -> i64 {
    ((minute.div_euclid(DAY) + 3).div_euclid(7) * 7 - 3) * DAY
}

/// Bad and all of `checkout`, by week and by day, as the test knows them.
#[derive(Default)]
struct Counts {
    weeks: BTreeMap<i64, (i64, i64)>,
    days: BTreeMap<i64, (i64, i64)>,
}

impl Counts {
    fn of(history: &History, from: i64) -> Self {
        let mut counts = Self::default();
        for minute in from..history.begin + CALM + BROKEN + AFTER {
            let (bad, total) = history.of("checkout", minute);
            let day = minute.div_euclid(DAY) * DAY;
            for (sums, key) in [(&mut counts.weeks, monday(minute)), (&mut counts.days, day)] {
                let sum = sums.entry(key).or_default();
                sum.0 += bad;
                sum.1 += total;
            }
        }
        counts
    }

    /// The day of a week with most bad events, the first of equals.
    fn worst(&self, week: i64) -> Option<i64> {
        let days = self.days.iter();
        let bad = days.filter(|(day, (bad, _))| monday(**day) == week && *bad > 0);
        bad.max_by_key(|(day, (bad, _))| (*bad, -**day))
            .map(|(day, _)| *day)
    }
}

#[tokio::test]
async fn a_report_counts_each_week_as_the_test_does_and_says_its_worst_day() {
    let product = Product::start(&[]).await;
    let history = history();
    let minutes = history.begin..history.begin + CALM + BROKEN + AFTER;
    history.write(&product.store(), minutes).await;
    let url = format!("{}/api/v1/slos/shop", product.dashboard);
    // The first hour of the history is taken off.
    let hour = (history.begin, history.begin + 60);
    let at = |minute: i64| jiff::Timestamp::from_second(minute * 60).expect("a time");
    let correction = format!(
        "metadata:\n  name: shop\n  annotations:\n    nephoscope.dev/corrections: |\n      \
         - {{category: Deployment, start: \"{}\", end: \"{}\"}}\n",
        at(hour.0),
        at(hour.1)
    );
    let text = SLO.replace("metadata: {name: shop}\n", &correction);
    let taken = request("PUT", &url, &[], text.as_bytes().to_vec()).await;
    assert_eq!(taken.status, 200, "{}", taken.text());

    let known = Counts::of(&history, hour.1);
    let group = function("checkout").to_string();
    let report = format!(
        "{}/slos/shop/report.json?by=week&group={group}",
        product.dashboard
    );
    let all = (CALM + BROKEN + AFTER - 60) * EACH;
    let rows = wait_for("the whole past to be measured", async || {
        let answer = get(&report).await;
        let rows = answer.json()["reports"].as_array()?.clone();
        let total: i64 = rows.iter().filter_map(|row| row["total"].as_i64()).sum();
        (total == all).then_some(rows)
    })
    .await;
    let mut taken_off = 0;
    for row in &rows {
        let begin = row["from_ms"].as_i64().expect("a time") / 60_000;
        is_told(row, known.weeks.get(&begin).copied().unwrap_or((0, 0)));
        taken_off += row["corrected_total"].as_i64().expect("a number");
        let told = known.worst(begin);
        let told = told.map(|day| at(day).strftime("%Y-%m-%d").to_string());
        assert_eq!(row["worst_day"].as_str(), told.as_deref(), "{row}");
    }
    assert_eq!(taken_off, 60 * EACH);
    assert_eq!(rows.len(), 13);

    pages_answer(&product).await;
}

async fn pages_answer(product: &Product) {
    let all = get(&format!(
        "{}/slos/report.json?by=quarter",
        product.dashboard
    ))
    .await;
    let groups = all.json()["reports"].as_array().expect("rows").len();
    assert_eq!(groups, 2, "checkout and cart: {}", all.text());
    for path in [
        "/slos/report",
        "/slos/report.csv?by=week",
        "/slos/report?at=2026-01-15&tz=Europe%2FBerlin",
        "/slos/shop/report?by=quarter",
        "/slos/shop/report.csv",
    ] {
        let answer = get(&format!("{}{path}", product.dashboard)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    let bad = get(&format!("{}/slos/report?by=year", product.dashboard)).await;
    assert_eq!(bad.status, 400, "{}", bad.text());
}

fn is_told(row: &Value, (bad, total): (i64, i64)) {
    assert_eq!(
        (row["bad"].as_i64(), row["total"].as_i64()),
        (Some(bad), Some(total)),
        "{row}"
    );
    if total == 0 {
        assert_eq!(row["state"], "no data");
        assert!(
            row["sli"].is_null() && row["budget_spent"].is_null(),
            "{row}"
        );
        return;
    }
    let share = bad as f64 / total as f64;
    let near = |key: &str, expected: f64| {
        let value = row[key].as_f64().expect(key);
        assert!(
            (value - expected).abs() < 1e-12,
            "{key}: {value} {expected}"
        );
    };
    near("sli", 1.0 - share);
    near("budget_spent", share / 0.01);
    near("budget_remaining", 1.0 - share / 0.01);
    assert_eq!(row["state"], if share > 0.01 { "missed" } else { "met" });
}
