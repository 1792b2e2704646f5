//! The engine against worked examples: each figure computed by hand with exact decimals, compared exactly.

mod bad_books;
mod edges;
mod examples;
mod overrides;
mod rates;

use store::model::Usage;

use super::book::Dimension;
use super::decimal::{Decimal, parse, text};
use super::{Bill, Books, Config, Month, OneInvocation, Period, Priced, bill, price_one};

/// 2025-11-01 00:00 UTC.
const NOVEMBER_S: u32 = 1_761_955_200;

fn d(text: &str) -> Decimal {
    parse(text).expect("a decimal")
}

fn books() -> Books {
    configured("free_tier: true")
}

fn gross_books() -> Books {
    configured("free_tier: false")
}

fn configured(yaml: &str) -> Books {
    let config: Config = serde_saphyr::from_str(yaml).expect("a configuration");
    Books::load(&config).expect("valid books")
}

fn november() -> Period {
    Month {
        year: 2025,
        month: 11,
    }
    .into()
}

/// `count` equal invocations of a function, as the rollup sums them.
fn used(function_id: &str, platform: &str, count: u64, billed_ms: u64, memory_mb: u32) -> Usage {
    Usage {
        function_id: function_id.to_owned(),
        platform: platform.to_owned(),
        architecture: "x86_64".to_owned(),
        memory_mb,
        from_s: NOVEMBER_S,
        invocations: count,
        billed_derived: count,
        billed_ms: count * billed_ms,
        billed_mb_ms: count * billed_ms * u64::from(memory_mb),
        ..Usage::default()
    }
}

fn lambda(count: u64, billed_ms: u64, memory_mb: u32) -> Usage {
    used(
        "aws:1:us-east-1:f",
        "aws_lambda",
        count,
        billed_ms,
        memory_mb,
    )
}

fn arm(mut usage: Usage) -> Usage {
    "arm64".clone_into(&mut usage.architecture);
    usage
}

fn plan(mut usage: Usage, plan: &str) -> Usage {
    plan.clone_into(&mut usage.plan);
    usage
}

/// GB-seconds as the rollup has them, without requests.
fn gb_s(gb_s: u64) -> Usage {
    Usage {
        invocations: 0,
        billed_ms: gb_s * 1000,
        billed_mb_ms: gb_s * 1_024_000,
        ..lambda(0, 0, 1024)
    }
}

fn november_of(books: &Books, rows: &[Usage]) -> Bill {
    let bill = bill(books, rows, november());
    assert_eq!(bill.unpriced, []);
    bill
}

fn cents(books: &Books, rows: &[Usage]) -> String {
    money(&november_of(books, rows).cents())
}

fn money(amount: &Decimal) -> String {
    amount.with_scale(2).to_plain_string()
}

/// The amount of a dimension over all lines.
fn amount(bill: &Bill, dimension: Dimension) -> Decimal {
    let lines = bill.payers.iter().flat_map(|payer| &payer.lines);
    lines
        .filter(|line| line.price.dimension == dimension)
        .map(|line| &line.amount)
        .sum()
}

/// A Lambda invocation of 128 MiB on 2025-11-01.
fn invocation(duration_ms: &str) -> OneInvocation {
    OneInvocation {
        provider: "aws".to_owned(),
        platform: "aws_lambda".to_owned(),
        region: "us-east-1".to_owned(),
        architecture: "x86_64".to_owned(),
        memory_mb: Some(d("128")),
        duration_ms: Some(d(duration_ms)),
        start_s: NOVEMBER_S.into(),
        ..OneInvocation::default()
    }
}

fn on(provider: &str, platform: &str, one: OneInvocation) -> OneInvocation {
    OneInvocation {
        provider: provider.to_owned(),
        platform: platform.to_owned(),
        region: match provider {
            "gcp" => "us-central1",
            _ => "eastus",
        }
        .to_owned(),
        ..one
    }
}

fn priced(one: &OneInvocation) -> Priced {
    price_one(&books(), one).expect("a price")
}
