//! Usage by hour and by day of the bill: what is rounded, what late facts correct, what new terms recount.

mod rounding;

use store::Store;
use store::model::{BilledInit, BilledMemory, BilledTime, RoundingRule, Size};
use store::usage::{Roller, Terms, Tick};

use crate::harness::{end_engine, migrated_engine, rows};

/// AWS as it has billed since August 2025.
fn aws() -> RoundingRule {
    RoundingRule {
        platform: "aws_lambda".into(),
        plan: String::new(),
        from_s: 0,
        until_s: u32::MAX,
        time_step_ms: 1,
        time_min_ms: 0,
        memory_step_mb: 1,
        memory_min_mb: 0,
        memory_max_mb: 0,
        memory: BilledMemory::Configured,
        time: BilledTime::Wall,
        init: BilledInit::Always,
        believes_reported: true,
    }
}

/// Inserts facts; each is `column = value` pairs beside what every fact has.
async fn tell(store: &Store, facts: &[&[(&str, &str)]]) {
    for fact in facts {
        let list = |pair: fn(&(&str, &str)) -> String| {
            fact.iter().map(pair).collect::<Vec<_>>().join(", ")
        };
        let sql = format!(
            "INSERT INTO invocation_facts ({}, day, start_max) \
             SELECT {}, toDate(start_min, 'UTC'), start_min",
            list(|(name, _)| (*name).to_owned()),
            list(|(name, value)| format!("{value} AS {name}")),
        );
        store.execute("telling", &sql).await.expect("inserted");
    }
}

/// Ticks until nothing is left to do.
async fn roll(roller: &mut Roller, store: &Store) {
    while roller.tick(store).await.expect("ticked") != Tick::Idle {}
}

/// Rows with anything in them, as `table` has them.
async fn used(store: &Store, table: &str, columns: &str) -> Vec<serde_json::Value> {
    let sql = format!(
        "SELECT {columns} FROM {table} FINAL WHERE invocations + throttles > 0 ORDER BY ALL \
         SETTINGS output_format_json_quote_64bit_integers = 0"
    );
    rows(store, &sql).await
}

#[tokio::test]
async fn late_doubled_and_disordered_facts_end_in_the_hour_and_day_where_they_belong() {
    let (data, engine, store) = migrated_engine().await;
    let mut roller = Roller::new(Terms::new(vec![aws()], "", |_| Size::default()));
    roll(&mut roller, &store).await;
    let key = [
        ("function_key", "'aws::eu-central-1:checkout'"),
        ("invocation_id", "'1'"),
    ];

    // The REPORT line comes first, twice, places the invocation after midnight and knows no account.
    let report: &[_] = &[
        key[0],
        key[1],
        ("platform", "'aws_lambda'"),
        (
            "start_min",
            "toDateTime64('2026-03-01 00:00:00.004', 9, 'UTC')",
        ),
        ("told_by", "2"),
        ("platform_duration_ms", "15.74"),
        ("billed_duration_ms", "147"),
        ("init_duration_ms", "130.49"),
        ("platform_memory_size_mb", "128"),
    ];
    tell(&store, &[report, report]).await;
    roll(&mut roller, &store).await;
    let columns = "function_id, version, day, invocations, billed_ms, billed_init_ms, billed_mb_ms, with_span";
    let want = |id: &str, version: &str, day: &str, with_span: u32| {
        serde_json::json!({"function_id": id, "version": version, "day": day, "invocations": 1,
            "billed_ms": 147, "billed_init_ms": 131, "billed_mb_ms": 147 * 128, "with_span": with_span})
    };
    let early = want("aws::eu-central-1:checkout", "", "2026-03-01", 0);
    assert_eq!(
        used(&store, "usage_1h", columns).await,
        std::slice::from_ref(&early)
    );
    assert_eq!(used(&store, "usage_1d", columns).await, [early]);

    // Then the span: it began the day, and the month, before, and knows account and version.
    let span: &[_] = &[
        key[0],
        key[1],
        ("account", "'123456789012'"),
        ("version", "'42'"),
        (
            "start_min",
            "toDateTime64('2026-02-28 23:59:59.990', 9, 'UTC')",
        ),
        ("span_start", "start_min"),
        ("told_by", "1"),
        ("span_duration_ms", "15.1"),
    ];
    tell(&store, &[span]).await;
    roll(&mut roller, &store).await;
    let late = want(
        "aws:123456789012:eu-central-1:checkout",
        "42",
        "2026-02-28",
        1,
    );
    assert_eq!(
        used(&store, "usage_1h", columns).await,
        std::slice::from_ref(&late)
    );
    assert_eq!(used(&store, "usage_1d", columns).await, [late]);
    assert_eq!(roller.tick(&store).await.expect("ticked"), Tick::Idle);
    end_engine(data, engine).await;
}

#[tokio::test]
async fn a_day_ends_at_midnight_of_the_platform_s_billing_calendar() {
    let (data, engine, store) = migrated_engine().await;
    let mut roller = Roller::new(Terms::default());
    roll(&mut roller, &store).await;
    // California leaves summer time on 2026-11-01, which has 25 hours there: 07:00 to 08:00 the day after.
    let starts = [
        ("gcp::us-east1:f", "2026-11-01 06:59:59.999", "2026-10-31"),
        ("gcp::us-east1:f", "2026-11-01 07:00:00.000", "2026-11-01"),
        ("gcp::us-east1:f", "2026-11-02 07:59:59.999", "2026-11-01"),
        ("gcp::us-east1:f", "2026-11-02 08:00:00.000", "2026-11-02"),
        (
            "azure::westeurope:f",
            "2026-10-31 23:59:59.999",
            "2026-10-31",
        ),
        (
            "azure::westeurope:f",
            "2026-11-01 00:00:00.000",
            "2026-11-01",
        ),
    ];
    for (number, (key, start, _)) in starts.iter().enumerate() {
        let (key, id) = (format!("'{key}'"), format!("'{number}'"));
        let start = format!("toDateTime64('{start}', 9, 'UTC')");
        let fact = [
            ("function_key", key.as_str()),
            ("invocation_id", &id),
            ("start_min", &start),
            ("span_duration_ms", "1"),
        ];
        tell(&store, &[&fact]).await;
    }
    roll(&mut roller, &store).await;
    let mut want: Vec<(String, String)> = starts
        .iter()
        .map(|(key, _, day)| ((*key).to_owned(), (*day).to_owned()))
        .collect();
    want.sort();
    want.dedup();
    let days = used(&store, "usage_1d", "function_id, day, invocations").await;
    let got: Vec<_> = days
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().expect("text").to_owned();
            (text("function_id"), text("day"))
        })
        .collect();
    assert_eq!(got, want);
    assert_eq!(days[3]["invocations"], 2, "a day of 25 hours: {days:?}");
    assert_eq!(
        days.iter()
            .map(|row| row["invocations"].as_u64())
            .sum::<Option<u64>>(),
        Some(6)
    );
    end_engine(data, engine).await;
}

#[tokio::test]
async fn new_terms_count_what_is_kept_again() {
    let (data, engine, store) = migrated_engine().await;
    let starts = [
        "2026-01-05 10:00:00",
        "2026-01-05 11:00:00",
        "2026-02-07 12:00:00",
    ];
    for start in starts {
        let (id, start) = (
            format!("'{start}'"),
            format!("toDateTime64('{start}', 9, 'UTC')"),
        );
        let fact: &[_] = &[
            ("function_key", "'azure::westeurope:app/f'"),
            ("account", "'sub'"),
            ("invocation_id", id.as_str()),
            ("platform", "'azure.functions'"),
            ("start_min", start.as_str()),
            ("span_duration_ms", "40"),
        ];
        tell(&store, &[fact]).await;
    }
    let columns = "function_id, plan, memory_mb, vcpu_milli, architecture, billed_ms, billed_mb_ms, billed_assumed";
    // What was stored before the first tick ever is history, and counted all the same.
    let mut roller = Roller::new(Terms::default());
    roll(&mut roller, &store).await;
    let row = |plan: &str, memory_mb: u32, ms: u32, assumed: u32| {
        serde_json::json!({"function_id": "azure:sub:westeurope:app/f", "plan": plan, "memory_mb": memory_mb,
            "vcpu_milli": memory_mb / 2, "architecture": if memory_mb > 0 {"arm64"} else {""},
            "billed_ms": ms, "billed_mb_ms": ms * memory_mb, "billed_assumed": assumed})
    };
    let plain = row("", 0, 40, 1);
    assert_eq!(
        used(&store, "usage_1h", columns).await,
        vec![plain.clone(); 3]
    );

    // A rule, and an owner who says how large the function is and under which plan it runs.
    let rule = RoundingRule {
        platform: "azure.functions".into(),
        plan: "flex".into(),
        time_min_ms: 1_000,
        time_step_ms: 100,
        ..aws()
    };
    let flex = |id: &str| match id {
        "azure:sub:westeurope:app/f" => Size {
            plan: "flex".into(),
            memory_mb: 2_048,
            vcpu_milli: 1_024,
            architecture: "arm64".into(),
        },
        _ => Size::default(),
    };
    let mut roller = Roller::new(Terms::new(vec![rule], "f is flex", flex));
    roll(&mut roller, &store).await;
    let sized = row("flex", 2_048, 1_000, 0);
    assert_eq!(
        used(&store, "usage_1h", columns).await,
        vec![sized.clone(); 3]
    );
    let day = |n: u32| {
        let mut row = row("flex", 2_048, 1_000 * n, 0);
        row["billed_mb_ms"] = (1_000 * n * 2_048).into();
        row
    };
    assert_eq!(used(&store, "usage_1d", columns).await, [day(1), day(2)]);
    end_engine(data, engine).await;
}
