use store::model::observation as names;
use store::read::ingest::{IngestGauge, IngestSum, InstanceRow};

use super::*;
use crate::live::{LiveKey, LiveOverflow, LiveSignal};
use crate::testing::{NOW, context, html};

const HOSTILE: &str = "\"><script>alert(1)</script>";

fn history(ctx: &Context, hosts: &[&str]) -> History {
    let step_s = ctx.range.step_s(BUCKETS);
    let buckets = ctx.range.buckets(step_s);
    let at = buckets[buckets.len() - 2];
    let (mut sums, mut gauges, mut instances) = (Vec::new(), Vec::new(), Vec::new());
    for (number, host) in hosts.iter().enumerate() {
        let instance = format!("{HOSTILE}{number}");
        let sum = |name: &str, signal: &str, reason: &str, last| IngestSum {
            instance: instance.clone(),
            name: name.to_owned(),
            signal: signal.to_owned(),
            reason: reason.to_owned(),
            start_ns: NOW.0 - 600_000_000_000,
            bucket_s: at,
            first: 0.0,
            last,
        };
        sums.extend([
            sum(names::ITEMS_ACCEPTED, "traces", "", 12_000.0),
            sum(names::DECOMPRESSED, "traces", "", 4_800_000.0),
            sum(names::ITEMS_REJECTED, "logs", "", 3.0),
            sum(names::REQUESTS_REFUSED, "traces", "too_large", 7.0),
            sum(names::REQUESTS_REFUSED, HOSTILE, HOSTILE, 2.0),
            sum(names::ITEMS_ACCEPTED, "metrics", "", f64::NAN),
        ]);
        let gauge = |name: &str, last| IngestGauge {
            instance: instance.clone(),
            name: name.to_owned(),
            signal: "traces".to_owned(),
            bucket_s: at,
            high: last,
            last,
        };
        gauges.extend([
            gauge(names::LAG, 850.0),
            gauge(names::DELAY, 1_300.0),
            gauge(names::SPOOL_USAGE, 5e6),
            gauge(names::SPOOL_LIMIT, 1e9),
            gauge(names::WAITING_SIZE, f64::INFINITY),
        ]);
        instances.push(InstanceRow {
            instance,
            host: (*host).to_owned(),
            version: HOSTILE.to_owned(),
            observations: 40,
            first_ms: ctx.now_ms() - 600_000,
            last_ms: ctx.now_ms() - 5_000,
            ended: false,
        });
    }
    History::new(
        sums,
        gauges,
        instances,
        (step_s, buckets, ctx.window().from.0),
    )
}

fn live() -> Live {
    let signal = LiveSignal {
        items_accepted: 900,
        waiting_requests: 4,
        waiting_bytes: 3_000_000,
        lag_ms: 120_000,
        spool_bytes: 3_000_000,
        spool_limit_bytes: 100_000_000,
        ..LiveSignal::default()
    };
    Live {
        instance: "here".to_owned(),
        started_ms: NOW.as_millis() - 900_000,
        batch_delay_ms: 1_000,
        interval_ms: 15_000,
        signals: [signal, LiveSignal::default(), LiveSignal::default()],
        refused: vec![("traces".to_owned(), "malformed".to_owned(), 2)],
        keys: Vec::new(),
    }
}

fn plain(html: &str) -> String {
    html.replace('\u{a0}', " ")
}

#[test]
fn the_page_tells_what_arrives_and_what_is_refused_with_what_to_do() {
    let ctx = context("/ingest", "");
    let history = history(&ctx, &["host-1"]);
    let page = plain(&html(&ctx, reply(&ctx, Some(&history), None)));
    assert!(page.contains("Bigger than a request may be"), "{page}");
    assert!(page.contains("raise collector.max_request_bytes"));
    assert!(page.contains("7 requests") && page.contains("3 items"));
    assert!(page.contains("12,000") && page.contains("400 B"));
    assert!(page.contains("stored within 1.3 s"));
    assert!(page.contains("No collector runs in this process"));
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert!(
        !page.contains("id=\"instances\""),
        "one collector is the page itself"
    );
}

#[test]
fn several_collectors_have_a_row_each() {
    let ctx = context("/ingest", "");
    let history = history(&ctx, &["host-1", HOSTILE]);
    let page = html(&ctx, reply(&ctx, Some(&history), None));
    assert!(page.contains("id=\"instances\""), "{page}");
    assert_eq!(page.matches("running").count(), 2);
    assert_eq!(
        page.matches("/ingest?instance=").count(),
        2,
        "each leads to its own figures"
    );
}

#[test]
fn without_the_store_the_collector_here_tells_how_things_stand() {
    let ctx = context("/ingest", "");
    let page = plain(&html(&ctx, reply(&ctx, None, Some(&live()))));
    assert!(
        page.contains("ClickHouse has stored nothing since 12:23:09"),
        "{page}"
    );
    assert!(page.contains("2.86 MiB wait in the spool"));
    assert!(page.contains("2 requests were refused"));
    assert!(page.contains("No charts while ClickHouse does not answer"));
}

#[test]
fn a_store_without_collectors_says_what_that_may_mean() {
    let ctx = context("/ingest", "");
    let page = html(&ctx, reply(&ctx, Some(&history(&ctx, &[])), None));
    assert!(page.contains("No collector has told of itself"), "{page}");
}

#[test]
fn the_table_holds_the_exact_numbers() {
    let mut ctx = context("/ingest", "");
    ctx.format = Format::Json;
    let history = history(&ctx, &["host-1"]);
    let Ok(Reply::Table(table)) = reply(&ctx, Some(&history), None) else {
        panic!("a table")
    };
    let json: serde_json::Value = serde_json::from_str(&table.to_json(&ctx)).expect("JSON");
    assert_eq!(json["signals"][0]["accepted"], 12_000);
    assert_eq!(json["signals"][0]["requests_refused"], 7);
    assert_eq!(json["signals"][0]["lag_ms"], 850);
    assert_eq!(json["signals"][1]["rejected"], 3);
    assert_eq!(json["signals"][1]["bytes_per_item"], 0.0);
    assert_eq!(
        json["signals"][2]["bytes_per_item"],
        serde_json::Value::Null
    );
    assert_eq!(json["store_answers"], true);
}

#[test]
fn one_collector_can_be_looked_at_alone_and_a_foreign_id_is_only_text() {
    let chosen = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E0";
    let ctx = context("/ingest", &format!("instance={chosen}"));
    assert!(is_wanted("", "a") && is_wanted("a", "a") && !is_wanted("a", "b"));
    let page = html(&ctx, reply(&ctx, Some(&history(&ctx, &["host-1"])), None));
    assert!(page.contains("Only the collector <b>host-1 "), "{page}");
    assert!(
        page.contains("<a href=\"/ingest\">All collectors</a>"),
        "{page}"
    );
    let page = html(&ctx, reply(&ctx, Some(&history(&ctx, &[])), None));
    assert!(page.contains("No collector has told of itself"), "{page}");
}

/// A collector with these keys, of which each had as many series too many.
fn overflowing(keys: &[(&str, u64)]) -> Live {
    let key = |(name, items): &(&str, u64)| {
        let series = LiveOverflow {
            signal: "metrics".to_owned(),
            kind: "series".to_owned(),
            items: *items,
            example: HOSTILE.repeat(20),
            example_ms: Some(NOW.as_millis() - 60_000),
        };
        LiveKey {
            name: (*name).to_owned(),
            items_accepted: [0, 0, 20],
            requests_refused: 3,
            overflowed: Some(series).filter(|of| of.items > 0).into_iter().collect(),
        }
    };
    Live {
        keys: std::iter::once(LiveKey::default())
            .chain(keys.iter().map(key))
            .collect(),
        ..live()
    }
}

#[test]
fn a_limit_that_was_reached_is_told_with_what_to_do_and_its_example_is_only_text() {
    let ctx = context("/ingest", "");
    let history = history(&ctx, &["host-1"]);
    let live = overflowing(&[(HOSTILE, 15)]);
    let page = plain(&html(&ctx, reply(&ctx, Some(&history), Some(&live))));
    assert!(page.contains("id=\"limits\""), "{page}");
    assert!(page.contains("15 metric points"), "{page}");
    assert!(page.contains("raise collector.cardinality.max_series_per_key"));
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(page.contains("…</code>"), "the example is bounded: {page}");
    assert!(
        !page.contains("id=\"senders\""),
        "one key is the page itself"
    );
}

#[test]
fn several_keys_have_a_row_each_and_nothing_is_shown_of_nothing() {
    let ctx = context("/ingest", "");
    let history = history(&ctx, &["host-1"]);
    let live = overflowing(&[("shop", 0), ("bank", 7)]);
    let page = plain(&html(&ctx, reply(&ctx, Some(&history), Some(&live))));
    assert!(page.contains("id=\"senders\""), "{page}");
    assert!(page.contains("<code>shop</code>") && page.contains("<code>bank</code>"));
    assert!(!page.contains("no key"), "nobody came without: {page}");
    let calm = overflowing(&[("shop", 0)]);
    let page = html(&ctx, reply(&ctx, Some(&history), Some(&calm)));
    assert!(!page.contains("id=\"limits\"") && !page.contains("id=\"senders\""));
    assert!(!page.contains("too many"), "{page}");
}

#[test]
fn programs_are_told_of_limits_and_senders_too() {
    let mut ctx = context("/ingest", "");
    ctx.format = Format::Json;
    let live = overflowing(&[("shop", 0), ("bank", 7)]);
    let Ok(Reply::Table(table)) = reply(&ctx, None, Some(&live)) else {
        panic!("a table")
    };
    let json: serde_json::Value = serde_json::from_str(&table.to_json(&ctx)).expect("JSON");
    let limit = &json["limits_reached"][0];
    assert_eq!(
        (&limit["key"], &limit["kind"]),
        (&json!("bank"), &json!("series"))
    );
    assert_eq!(
        (&limit["items"], &limit["counts_since_start_ms"]),
        (&json!(7), &json!(live.started_ms))
    );
    assert_eq!(json["senders"][1]["overflowed"], 7);
    assert_eq!(json["senders"][0]["accepted"]["metrics"], 20);
}
