//! A month's use with what each piece of it cost.

use analyzers::carbon::{self, Carbon};
use analyzers::cost::book::Dimension;
use analyzers::cost::decimal::Decimal;
use analyzers::cost::{Bill, Books, bill};
use analyzers::money::Usd;
use store::model::{FunctionId, Usage};

use super::month::Month;

/// Some use and what it cost before free grants.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Spent {
    pub(super) usage: Usage,
    pub(super) id: FunctionId,
    pub(super) cost: Usd,
    /// Of the cost: only because of steps and minimums.
    pub(super) waste: Usd,
    /// Of the cost: for initialisations.
    pub(super) init: Usd,
    pub(super) carbon: Option<Carbon>,
    /// Why it has no price, or not the whole of it.
    pub(super) no_price: Option<String>,
}

/// A month's bill and what it is made of.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) bill: Bill,
    pub(super) spent: Vec<Spent>,
}

impl Ledger {
    /// The bill for the usage of `month`, or of what there is of it at `now_s`.
    pub(super) fn of(books: &Books, usage: Vec<Usage>, month: Month, now_s: i64) -> Self {
        let bill = bill(books, &usage, month.period(now_s));
        let mut spent: Vec<Spent> = (usage.into_iter().zip(&bill.rows))
            .map(|(usage, cost)| Spent {
                id: usage.function_id.parse().unwrap_or_default(),
                cost: usd(&cost.amount),
                waste: usd(&cost.rounding),
                init: usd(&cost.init),
                carbon: carbon::of(&usage),
                no_price: None,
                usage,
            })
            .collect();
        for (spent, cost) in spent.iter_mut().zip(&bill.rows) {
            let by_time = cost
                .parts
                .iter()
                .any(|(what, _)| *what != Dimension::Requests);
            if spent.usage.memory_mb == 0 && spent.usage.billed_ms > 0 && !by_time {
                let reason = "nobody told their memory, so only their requests are priced: set memory_mb \
                              under costs.functions";
                spent.no_price = Some(reason.to_owned());
            }
        }
        for unpriced in &bill.unpriced {
            if let Some(row) = spent.get_mut(unpriced.row) {
                row.no_price = Some(unpriced.reason.to_string());
            }
        }
        Self { bill, spent }
    }

    /// The one currency of all books in use.
    pub(super) fn currency(&self) -> String {
        let first = self.bill.payers.first();
        first.map_or_else(|| "USD".to_owned(), |payer| payer.currency.clone())
    }

    /// What is to be paid, whole cents.
    pub(super) fn total(&self) -> Usd {
        usd(&self.bill.cents())
    }

    /// Why some use has no price, and of how many invocations: the most first.
    pub(super) fn unpriced(&self) -> Vec<(String, u64)> {
        let mut reasons: Vec<(String, u64)> = Vec::new();
        for spent in &self.spent {
            let reason = match &spent.no_price {
                Some(reason) => reason.as_str(),
                None if spent.usage.unpriced > 0 => "nobody told how long they ran",
                None => continue,
            };
            let n = match spent.no_price {
                Some(_) => spent.usage.invocations,
                None => spent.usage.unpriced,
            };
            match reasons.iter_mut().find(|(known, _)| known == reason) {
                Some((_, sum)) => *sum += n,
                None => reasons.push((reason.to_owned(), n)),
            }
        }
        reasons.retain(|(_, n)| *n > 0);
        reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        reasons
    }
}

/// An exact amount, to the picodollar.
pub(super) fn usd(amount: &Decimal) -> Usd {
    Usd::from(amount)
}
