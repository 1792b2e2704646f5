//! What all lines come to: at list price, and after tiers and free grants by month and payer.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::line::Read;
use super::{cost_key, money, quoted};
use crate::cost::Provenance;
use crate::cost::bill::{Counts, LineItem, PayerBill};
use crate::cost::book::PayerScope;
use crate::cost::books::Books;
use crate::cost::decimal::{Decimal, cents, text};
use crate::cost::ledger::{Ledger, Whose};
use crate::cost::month::Month;
use crate::cost::one::Priced;

/// Lines of bills that a run may gather: payers × months × prices. 100,000 of them take about 50 MB.
const LINES_MAX: usize = 100_000;

#[derive(Default)]
pub(super) struct Total {
    pub refused: u64,
    invocations: u64,
    billed_ms: Decimal,
    gb_s: Decimal,
    cost: Decimal,
    currency: String,
    counts: Counts,
    months: BTreeMap<Month, Ledger>,
    /// List price by month, provider and payer.
    lists: BTreeMap<(Month, String, String), Decimal>,
}

impl Total {
    pub(super) fn add(
        &mut self,
        books: &Books,
        read: &Read,
        priced: &Priced,
    ) -> Result<(), String> {
        if self.months.values().map(Ledger::lines).sum::<usize>() >= LINES_MAX {
            return Err(format!(
                "more than {LINES_MAX} payers, months and prices in one run: split the file by account or month"
            ));
        }
        if !self.currency.is_empty() && self.currency != priced.currency {
            return Err(format!(
                "its price is in {} and others are in {}: choose books of one currency in costs.use",
                priced.currency, self.currency
            ));
        }
        let Some((_, prices)) = books.of(&read.one.provider) else {
            return Ok(());
        };
        let count = read.one.requests.max(1);
        let month = Month::of(read.one.start_s, &prices.calendar);
        let payer = books.payer(&read.one.provider, &read.account);
        let counts = match priced.provenance {
            Provenance::Measured => Counts {
                measured: count,
                ..Counts::default()
            },
            Provenance::Derived => Counts {
                derived: count,
                ..Counts::default()
            },
            Provenance::Assumed => Counts {
                assumed: count,
                ..Counts::default()
            },
        };
        let ledger = self.months.entry(month).or_default();
        let whose = Whose {
            provider: &read.one.provider,
            payer: &payer,
            region: &read.one.region,
            function_id: "",
        };
        for charge in &priced.charges {
            ledger.add(&whose, charge.clone(), None, counts, None);
        }
        let list = self
            .lists
            .entry((month, read.one.provider.clone(), payer))
            .or_default();
        *list += &priced.cost;
        self.currency.clone_from(&priced.currency);
        self.invocations = self.invocations.saturating_add(count);
        self.billed_ms += &priced.billed_ms * Decimal::from(count);
        self.gb_s += &priced.gb_s;
        self.cost += &priced.cost;
        self.counts.add(&counts);
        Ok(())
    }

    /// `{"total":{…}}`.
    pub(super) fn write(self, books: &Books) -> String {
        let currency = match self.currency.as_str() {
            "" => "USD",
            told => told,
        };
        let cost = cost_key(currency);
        let net = cost.replacen("cost", "net", 1);
        let closed = self
            .months
            .into_iter()
            .map(|(month, ledger)| ledger.close(books, month).0);
        let bills: Vec<PayerBill> = closed.flatten().collect();
        let amount: Decimal = bills.iter().map(PayerBill::amount).sum();
        let due: Decimal = bills.iter().map(PayerBill::cents).sum();
        let months = bills.iter().map(|bill| {
            let key = (bill.month, bill.provider.clone(), bill.payer.clone());
            let prices = books.of(&bill.provider);
            let by_account = prices.is_some_and(|(_, prices)| prices.payer == PayerScope::Account);
            month(bill, by_account, self.lists.get(&key), &cost, &net)
        });
        let Counts {
            measured,
            derived,
            assumed,
            ..
        } = self.counts;
        format!(
            "{{\"total\":{{\"invocations\":{},\"refused\":{},\"billed_ms\":{},\"gb_s\":\"{}\",\"{cost}\":\"{}\",\
             \"{cost}_rounded\":\"{}\",\"{net}\":\"{}\",\"{net}_rounded\":\"{}\",\"free_tier\":{},\
             \"provenance\":{{\"measured\":{measured},\"derived\":{derived},\"assumed\":{assumed}}},\
             \"months\":[{}]}}}}",
            self.invocations,
            self.refused,
            text(&self.billed_ms),
            text(&self.gb_s),
            text(&self.cost),
            money(&cents(&self.cost)),
            text(&amount),
            money(&due),
            books.free_tier(),
            months.collect::<Vec<_>>().join(",")
        )
    }
}

fn month(
    bill: &PayerBill,
    by_account: bool,
    list: Option<&Decimal>,
    cost: &str,
    net: &str,
) -> String {
    let list = list.cloned().unwrap_or_default();
    let payer = match (bill.payer.as_str(), by_account) {
        ("", true) => "account not told",
        ("", false) => "all accounts",
        (told, _) => told,
    };
    let lines: Vec<String> = bill
        .lines
        .iter()
        .map(|item| line(item, cost, net))
        .collect();
    format!(
        "{{\"month\":\"{}\",\"provider\":{},\"payer\":{},\"book\":{},\"{cost}\":\"{}\",\"{cost}_rounded\":\"{}\",\
         \"{net}\":\"{}\",\"{net}_rounded\":\"{}\",\"lines\":[{}]}}",
        bill.month,
        quoted(&bill.provider),
        quoted(payer),
        quoted(&bill.book),
        text(&list),
        money(&cents(&list)),
        text(&bill.amount()),
        money(&bill.cents()),
        lines.join(",")
    )
}

fn line(item: &LineItem, cost: &str, net: &str) -> String {
    let price = &item.price;
    let mut out = String::new();
    let _ = write!(
        out,
        "{{\"entry\":{},\"region\":{},\"quantity\":\"{}\",\"counted_in\":\"{}\",\"free_quantity\":\"{}\",\
         \"{cost}\":\"{}\",\"free\":\"{}\",\"{net}\":\"{}\",\"{net}_rounded\":\"{}\",\"source\":{}}}",
        quoted(&price.entry),
        quoted(&item.region),
        text(&item.quantity),
        price.dimension.counted_in(),
        text(&item.free_quantity),
        text(&item.gross),
        text(&item.free_amount),
        text(&item.amount),
        money(&item.cents),
        quoted(&format!("{}, {}", price.source.title, price.source.read)),
    );
    out
}
