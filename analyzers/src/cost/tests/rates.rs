//! Binary rates against exact bills.

use std::sync::Arc;

use bigdecimal::ToPrimitive;

use super::*;
use crate::cost::Rates;

/// Relative difference between a row's rate and what the exact bill says of it.
fn difference(rates: &mut Rates, books: &Books, usage: &Usage) -> f64 {
    let exact = november_of(books, std::slice::from_ref(usage)).rows[0]
        .amount
        .to_f64()
        .expect("a number");
    assert!(exact > 0.0, "{usage:?} costs something");
    (rates.usd(usage) - exact).abs() / exact
}

fn rows() -> Vec<Usage> {
    let gcp = |name: &str| used(name, "gcp_cloud_functions", 70_000, 300, 256);
    let flex = used(
        "azure:s:westeurope:a/f",
        "azure_functions",
        900,
        1_200,
        2_048,
    );
    vec![
        lambda(12_345, 217, 512),
        arm(lambda(99_999, 31, 1_769)),
        plan(lambda(5_000, 90, 1_024), "provisioned-concurrency"),
        used("aws:1:nowhere-7:f", "aws_lambda", 1_000, 100, 128),
        used(
            "azure:s:westeurope:a/f",
            "azure_functions",
            44_000,
            250,
            256,
        ),
        plan(flex, "flex"),
        gcp("gcp:p:us-central1:f"),
        gcp("gcp:p:asia-east2:f"),
        plan(gcp("gcp:p:europe-west2:f"), "gen2"),
        used(
            "gcp:p:us-central1:shared",
            "gcp_cloud_run",
            10_000,
            400,
            512,
        ),
        used("cloudflare:a::w", "cloudflare_workers", 2_000_000, 7, 0),
        Usage {
            billed_mb_ms: 0,
            ..lambda(1_000, 80, 0)
        },
    ]
}

#[test]
fn a_rate_says_what_the_exact_bill_says() {
    let books = configured(
        "{free_tier: false, functions: [{function: 'gcp:*:*:shared', concurrency: 7, vcpu: 0.583}, {function: 'aws:*:nowhere-7:*', ephemeral_storage_mb: 10240}]}",
    );
    let mut rates = Rates::new(Arc::new(books.clone()));
    for usage in rows() {
        let off = difference(&mut rates, &books, &usage);
        assert!(off < 1e-9, "{off} off for {usage:?}");
        // Kept now; asked again it is the same.
        assert!(difference(&mut rates, &books, &usage) < 1e-9);
    }
}

#[test]
fn a_rate_follows_a_change_of_price_and_what_nobody_prices_costs_nothing() {
    let books = Arc::new(gross_books());
    let mut rates = Rates::new(Arc::clone(&books));
    let changes = books.price_changes("aws", i64::MIN + 1, i64::MAX);
    let at = u32::try_from(*changes.last().expect("a change")).expect("this era");
    let before = Usage {
        from_s: at - 1,
        ..lambda(1_000, 100, 128)
    };
    let after = Usage {
        from_s: at,
        ..before.clone()
    };
    for usage in [&before, &after] {
        let month = Month::of(usage.from_s.into(), &jiff::tz::TimeZone::UTC);
        let exact = bill(&books, std::slice::from_ref(usage), month.into());
        if exact.unpriced.is_empty() {
            let exact = exact.rows[0].amount.to_f64().expect("a number");
            assert!((rates.usd(usage) - exact).abs() <= 1e-9 * exact);
        } else {
            assert!(rates.usd(usage).abs() < f64::MIN_POSITIVE);
        }
    }
    let nobody = used("vercel:::f", "vercel", 1_000, 100, 128);
    assert!(rates.usd(&nobody).abs() < f64::MIN_POSITIVE);
}
