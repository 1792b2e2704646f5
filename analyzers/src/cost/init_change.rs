//! What the billing of initialisations costs that were free before: on AWS Lambda since 2025-08-01.

use store::model::{BilledInit, Usage};

use super::bill::bill;
use super::books::Books;
use super::charge::{day, find, plan_of};
use super::decimal::{Decimal, cents, text};
use super::month::Period;

/// What a month would have cost without a change of what is billed.
#[derive(Clone, Debug)]
pub struct InitChange {
    /// The month's bill as it is. Exact, before it is rounded.
    pub with: Decimal,
    /// The month's bill if initialisations were still free where they were. Exact, before it is rounded.
    pub without: Decimal,
    /// The difference.
    pub amount: Decimal,
    /// Milliseconds that are billed for initialisations alone.
    pub billed_init_ms: u64,
    /// How it was computed and what it does not know, in sentences.
    pub explanation: String,
}

/// What the change of INIT billing costs in a period: the same usage is billed once as it is and once
/// without what is billed only for initialisations, on plans that did not bill them before.
#[must_use]
pub fn init_change(books: &Books, rows: &[Usage], period: Period) -> InitChange {
    let mut before: Vec<Usage> = rows.to_vec();
    let mut billed_init_ms = 0;
    let mut since = None;
    for usage in &mut before {
        let Some(changed_s) = changed_s(books, usage) else {
            continue;
        };
        since = Some(changed_s);
        let init_ms = usage.billed_init_ms.min(usage.billed_ms);
        billed_init_ms += init_ms;
        usage.billed_ms -= init_ms;
        usage.billed_mb_ms = usage
            .billed_mb_ms
            .saturating_sub(init_ms.saturating_mul(usage.memory_mb.into()));
    }
    let with = bill(books, rows, period).amount();
    let without = bill(books, &before, period).amount();
    let amount = &with - &without;
    let explanation = match since {
        None => "Nothing here ran under a plan that has begun to bill initialisations.".to_owned(),
        Some(since_s) => format!(
            "Since {} initialisations are billed on all runtimes. Here {billed_init_ms} ms were billed only \
             for them; the bill with them is {}, without them {}, through the same tiers and free grants. \
             Functions on runtimes or images of one's own paid for them before as well: what is theirs of \
             this is no change.",
            day(since_s),
            text(&cents(&with)),
            text(&cents(&without)),
        ),
    };
    InitChange {
        with,
        without,
        amount,
        billed_init_ms,
        explanation,
    }
}

/// Since when a row's plan bills initialisations that it did not bill before, if it does at that time.
fn changed_s(books: &Books, usage: &Usage) -> Option<i64> {
    let provider = usage.function_id.split(':').next().unwrap_or_default();
    let (book, prices) = books.of(provider)?;
    let plan = plan_of(&usage.plan, &usage.init_kind);
    let plan = find(&book.id, prices, &usage.platform, plan).ok()?;
    let now = plan.rounding(usage.from_s.into())?;
    let earlier = plan
        .rounding
        .iter()
        .any(|other| other.valid.from_s < now.valid.from_s && other.init != BilledInit::Always);
    (now.init == BilledInit::Always && earlier).then_some(now.valid.from_s)
}
