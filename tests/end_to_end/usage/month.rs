//! Two months on three clouds, delivered late, twice and in any order: what the tables add up to is what the
//! simulator's own bills say, to the last millisecond and the last digit of a cent.

use std::collections::BTreeMap;
use std::slice;
use std::str::FromStr;

use analyzers::cost::decimal::{Decimal, cents};
use analyzers::cost::{Books, Month, bill};
use analyzers::forecast::refit::{Figure, frame_of};
use clap::Parser;
use fleet::cli::Args;
use serde_json::Value;
use store::Store;
use store::model::UnixNano;
use store::model::Usage;
use store::read::Window;
use store::read::usage::{Days, GroupDay, Grouping, by_day, group_days, hours, in_months, week};

use crate::harness::{Product, new_folder, number, stored, wait_for};

/// What telemetry does not tell of these functions, as their owner would write it down.
const COSTS: &str = "\
costs:
  free_tier: false
  functions:
    - {function: 'azure:*:*:shop-identity/auth-token', memory_mb: 512}
    - {function: 'azure:*:*:shop-logistics/stock-sync', memory_mb: 1536}
    - {function: 'gcp:*:*:search-api', memory_mb: 512}
    - {function: 'aws:*:*:payment-webhook', architecture: arm64}
    - {function: 'gcp:*:*:recommendations', memory_mb: 2048}
    - {function: 'gcp:*:*:invoice-pdf', memory_mb: 1024}
";

/// Functions whose invocations are all told of: others leave no trace of some that are billed.
const PLAYED: [&str; 10] = [
    "checkout",
    "order-events",
    "payment-webhook",
    "image-resize",
    "warehouse-export",
    "auth-token",
    "stock-sync",
    "search-api",
    "recommendations",
    "invoice-pdf",
];

/// Plays 31 days that hold the ends of February in UTC and in California and the begin of summer time there.
async fn play(product: &Product, truth: &str) {
    let mut words = vec![
        "fleet",
        "--endpoint",
        &product.grpc,
        "--http-endpoint",
        &product.http,
        "--start",
        "2026-03-16T12:00:00Z",
        "--backfill",
        "31d",
        "--duration",
        "1s",
        "--speed",
        "10",
        "--rate",
        "0.004",
        "--seed",
        "11",
        "--late",
        "0.3",
        "--twice",
        "0.2",
        "--truth",
        truth,
        "--truth-bills",
    ];
    words.extend(PLAYED.iter().flat_map(|name| ["--only", name]));
    let args = Args::try_parse_from(words).expect("valid");
    let start = args.start.expect("given");
    let summary = fleet::run::run(&args, start, std::future::pending())
        .await
        .expect("it ran");
    assert!(summary.report.lossless(), "{}", summary.lines().join("\n"));
}

/// A bill of the truth.
#[derive(Debug, PartialEq)]
struct Due {
    invocations: u64,
    billed_ms: u64,
    billed_mb_ms: u64,
    usd: Decimal,
}

/// By month and function id.
type Dues = BTreeMap<(String, String), Due>;

fn due(line: &Value) -> ((String, String), Due) {
    let text = |key: &str| line[key].as_str().expect("text").to_owned();
    let whole = |key: &str| line[key].as_u64().expect("a number");
    let name = match line["app"].as_str() {
        Some(app) => format!("{app}/{}", text("name")),
        None => text("name"),
    };
    let id = format!(
        "{}:{}:{}:{name}",
        text("provider"),
        text("account"),
        text("region")
    );
    let due = Due {
        invocations: whole("invocations"),
        billed_ms: whole("billed_ms"),
        billed_mb_ms: whole("billed_mb_ms"),
        usd: Decimal::from_str(&text("usd")).expect("a decimal"),
    };
    assert_eq!(
        cents(&due.usd) * Decimal::from(100),
        Decimal::from(whole("cents")),
        "{line}"
    );
    ((text("month"), id), due)
}

async fn used(store: &Store, first: &str) -> Vec<Usage> {
    let day = |sql: String| async move { number(store, &sql).await };
    let first_day = day(format!("SELECT toUInt64(toUInt16(toDate('{first}')))")).await;
    let last_day = day(format!(
        "SELECT toUInt64(toUInt16(toLastDayOfMonth(toDate('{first}'))))"
    ))
    .await;
    let days = Days {
        first: u16::try_from(first_day).expect("small"),
        last: u16::try_from(last_day).expect("small"),
    };
    in_months(store, days, &[]).await.expect("read")
}

/// However use is grouped and the time is cut, the parts add up: to months, to days, to groups by day, to
/// hours of the week.
async fn reads_agree(store: &Store, rows: &[Usage], all: (u64, u64)) {
    let sum = |rows: &[Usage]| {
        let sums = rows.iter().map(|row| (row.invocations, row.billed_ms));
        sums.fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    };
    // 2026-02-10 to 2026-03-20.
    let days = Days {
        first: 20_494,
        last: 20_532,
    };
    assert_eq!(sum(&in_months(store, days, &[]).await.expect("read")), all);
    assert_eq!(sum(&by_day(store, days, &[]).await.expect("read")), all);
    for by in [
        "", "function", "version", "provider", "account", "region", "trigger",
    ] {
        let grouping = Grouping {
            by,
            tagged: &[],
            values: &[],
            keys: &[],
        };
        let groups = group_days(store, days, grouping).await.expect("read");
        let usage: Vec<Usage> = groups.iter().map(GroupDay::usage).collect();
        assert_eq!(sum(&usage), all, "by {by}");
    }
    let ids = [rows[0].function_id.clone()];
    let window = Window {
        from: UnixNano::from_secs(1_770_681_600),
        to: UnixNano::from_secs(1_774_051_200),
    };
    let single = hours(store, window, &ids).await.expect("read");
    let [single] = &single[..] else {
        panic!("one function: {single:?}");
    };
    let of_single: (u64, u64) = (
        single.invocations.iter().sum(),
        single.billed_ms.iter().sum(),
    );
    assert!(single.hours_s.iter().all(|s| s % 3_600 == 0));
    let frame = frame_of(slice::from_ref(single), Figure::Invocations).expect("a frame");
    assert_eq!(frame.height(), single.hours_s.len());
    let hours = week(store, window, &ids).await.expect("read");
    let of_hours = hours.iter().map(|hour| (hour.invocations, hour.billed_ms));
    let of_hours = of_hours.fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    let of_days = by_day(store, days, &ids).await.expect("read");
    assert_eq!(of_hours, sum(&of_days));
    assert_eq!(of_single, of_hours);
}

/// What the product makes of a month: by function, and exactly in all.
fn priced(books: &Books, rows: &[Usage], month: Month) -> (Dues, Decimal) {
    let bill = bill(books, rows, month.into());
    assert_eq!(bill.unpriced, []);
    let mut dues = Dues::new();
    for (row, cost) in rows.iter().zip(&bill.rows) {
        let due = dues
            .entry((month.to_string(), row.function_id.clone()))
            .or_insert(Due {
                invocations: 0,
                billed_ms: 0,
                billed_mb_ms: 0,
                usd: Decimal::from(0),
            });
        due.invocations += row.invocations;
        due.billed_ms += row.billed_ms;
        due.billed_mb_ms += row.billed_mb_ms;
        due.usd += &cost.amount;
    }
    (dues, bill.amount())
}

#[tokio::test]
async fn two_months_on_three_clouds_agree_with_the_true_bills_to_the_cent() {
    let data = new_folder();
    std::fs::create_dir_all(&data).expect("created");
    let config = data.join("costs.yaml");
    std::fs::write(&config, COSTS).expect("written");
    let product = Product::start_on(data, &["--config", &config.display().to_string()]).await;
    let truth = product.data.join("truth.jsonl");
    play(&product, &truth.display().to_string()).await;

    let text = std::fs::read_to_string(&truth).expect("the truth");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let dues: Dues = lines
        .filter(|line| line["kind"] == "bill")
        .map(|line| due(&line))
        .collect();
    assert_eq!(dues.len(), 2 * PLAYED.len(), "each function in each month");
    let all: u64 = dues.values().map(|due| due.invocations).sum();
    assert!(all > 10_000, "{all} invocations");

    let store = product.store();
    let billed: u64 = dues.values().map(|due| due.billed_ms).sum();
    stored(&store, "SELECT count() FROM invocations", all).await;
    wait_for("the months to be rolled up", async || {
        let sum = |what| format!("SELECT sum({what}) FROM usage_1mo FINAL");
        let invocations = number(&store, &sum("invocations")).await;
        (invocations == all && number(&store, &sum("billed_ms")).await == billed).then_some(())
    })
    .await;

    #[derive(serde::Deserialize)]
    struct Section {
        costs: analyzers::cost::Config,
    }
    let section: Section = serde_saphyr::from_str(COSTS).expect("valid");
    let books = Books::load(&section.costs).expect("loaded");
    let (mut got, mut total) = (Dues::new(), Decimal::from(0));
    for month in [2, 3] {
        let rows = used(&store, &format!("2026-{month:02}-01")).await;
        reads_agree(&store, &rows, (all, billed)).await;
        let (of_month, amount) = priced(&books, &rows, Month { year: 2026, month });
        got.extend(of_month);
        total += amount;
    }
    for (whose, due) in &dues {
        let got = got
            .get(whose)
            .unwrap_or_else(|| panic!("{whose:?} is not billed: {got:?}"));
        let counts = |due: &Due| (due.invocations, due.billed_ms, due.billed_mb_ms);
        assert_eq!(counts(got), counts(due), "{whose:?}");
        assert_eq!(cents(&got.usd), cents(&due.usd), "{whose:?}");
        // A function's share of a line is exact to the 15th digit.
        let apart = (&got.usd - &due.usd).abs();
        assert!(
            apart < Decimal::new(1.into(), 12),
            "{whose:?}: {got:?} for {due:?}"
        );
    }
    assert_eq!(got.len(), dues.len(), "nobody else is billed");
    assert_eq!(
        total,
        dues.values().map(|due| &due.usd).sum::<Decimal>(),
        "to the last digit"
    );
}
