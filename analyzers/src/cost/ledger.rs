//! Charges gathered by payer and price until a month is closed: tiers, free grants, cents.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bigdecimal::Zero;

use super::Provenance;
use super::bill::{Counts, LineItem, PayerBill};
use super::book::{Asked, Price};
use super::books::Books;
use super::charge::Charge;
use super::decimal::{Decimal, cents};
use super::grants;
use super::month::Month;
use super::split::share;
use super::tiers;

/// Whose line a charge goes to.
pub(super) struct Whose<'a> {
    pub provider: &'a str,
    pub payer: &'a str,
    pub region: &'a str,
    /// Only of what stands ready.
    pub function_id: &'a str,
}

/// Lines by payer. Equal prices in a region make one line.
#[derive(Default)]
pub(super) struct Ledger {
    payers: BTreeMap<(String, String), BTreeMap<LineKey, Group>>,
    lines: usize,
}

/// Entry, region, function of what stands ready.
type LineKey = (String, String, String);

struct Group {
    price: Arc<Price>,
    quantity: Decimal,
    rows: Vec<(usize, Decimal)>,
    counts: Counts,
    assumptions: BTreeSet<String>,
    standing: bool,
}

/// A row's share of a line before grants.
pub(super) struct RowShare {
    pub row: usize,
    pub price: Arc<Price>,
    pub amount: Decimal,
}

impl Ledger {
    /// How many lines there are.
    pub(super) fn lines(&self) -> usize {
        self.lines
    }

    /// Adds a charge; `row` is whose share of the line it is.
    pub(super) fn add(
        &mut self,
        whose: &Whose<'_>,
        charge: Charge,
        row: Option<usize>,
        counts: Counts,
        assumption: Option<String>,
    ) {
        let payer = (whose.provider.to_owned(), whose.payer.to_owned());
        let key = (
            charge.price.entry.clone(),
            whose.region.to_owned(),
            whose.function_id.to_owned(),
        );
        let group = self
            .payers
            .entry(payer)
            .or_default()
            .entry(key)
            .or_insert_with(|| {
                self.lines += 1;
                Group {
                    price: charge.price.clone(),
                    quantity: Decimal::zero(),
                    rows: Vec::new(),
                    counts: Counts::default(),
                    assumptions: BTreeSet::new(),
                    standing: row.is_none() && counts == Counts::default(),
                }
            });
        if charge.region_assumed {
            let region = match whose.region {
                "" => "the region is not told".to_owned(),
                region => format!("the book does not know {region}"),
            };
            group
                .assumptions
                .insert(format!("{region}: priced as its base region"));
        }
        group.assumptions.extend(assumption);
        group.quantity += &charge.quantity;
        group.counts.add(&counts);
        if let Some(row) = row {
            group.rows.push((row, charge.quantity));
        }
    }

    /// Charges what is due in each month in which a payer uses a platform.
    fn add_fees(&mut self, books: &Books, month: Month) {
        let payers: Vec<(String, String)> = self.payers.keys().cloned().collect();
        for (provider, payer) in payers {
            let Some((_, prices)) = books.of(&provider) else {
                continue;
            };
            let (first_s, _) = month.range_s(&prices.calendar);
            let lines = &self.payers[&(provider.clone(), payer.clone())];
            let uses = |platform: &str| {
                let mut groups = lines.values().filter(|group| !group.standing);
                groups.any(|group| group.price.platform() == platform)
            };
            let due: Vec<Charge> = prices
                .standing
                .iter()
                .filter(|standing| standing.with_usage && uses(&standing.platform))
                .flat_map(|standing| &standing.prices)
                .filter_map(|price| {
                    let asked = Asked {
                        region: "",
                        arch: "",
                        at_s: first_s,
                    };
                    prices.price(std::slice::from_ref(price), price.dimension, asked)
                })
                .map(|found| Charge {
                    price: found.price,
                    quantity: Decimal::from(1),
                    region_assumed: false,
                })
                .collect();
            let whose = Whose {
                provider: &provider,
                payer: &payer,
                region: "",
                function_id: "",
            };
            for charge in due {
                self.add(&whose, charge, None, Counts::default(), None);
            }
        }
    }

    /// The bills of the month, and what each row costs before grants.
    pub(super) fn close(mut self, books: &Books, month: Month) -> (Vec<PayerBill>, Vec<RowShare>) {
        self.add_fees(books, month);
        let mut bills = Vec::new();
        let mut shares = Vec::new();
        for ((provider, payer), groups) in self.payers {
            let Some((book, prices)) = books.of(&provider) else {
                continue;
            };
            let before: Vec<grants::Line<'_>> = groups
                .values()
                .map(|group| grants::Line {
                    price: &group.price,
                    quantity: &group.quantity,
                    gross: tiers::amount(&group.price, &group.quantity),
                })
                .collect();
            let granted = match books.free_tier() {
                true => grants::apply(&prices.grants, &before),
                false => vec![grants::Granted::default(); before.len()],
            };
            let gross: Vec<Decimal> = before.into_iter().map(|line| line.gross).collect();
            let mut lines = Vec::new();
            for (((key, group), gross), granted) in groups.into_iter().zip(gross).zip(granted) {
                shares.extend(group.shares(&gross));
                lines.push(group.line(key, gross, granted));
            }
            bills.push(PayerBill {
                provider,
                payer,
                month,
                book: book.id.clone(),
                currency: book.currency.clone(),
                lines,
            });
        }
        (bills, shares)
    }
}

impl Group {
    fn shares(&self, gross: &Decimal) -> Vec<RowShare> {
        let weights: Vec<Decimal> = self
            .rows
            .iter()
            .map(|(_, quantity)| quantity.clone())
            .collect();
        let rows = self.rows.iter().zip(share(gross, &weights));
        rows.map(|((row, _), amount)| RowShare {
            row: *row,
            price: self.price.clone(),
            amount,
        })
        .collect()
    }

    fn line(self, key: LineKey, gross: Decimal, granted: grants::Granted) -> LineItem {
        let amount = &gross - &granted.amount;
        let (_, region, function_id) = key;
        LineItem {
            cents: cents(&amount),
            amount,
            gross,
            provenance: match (self.assumptions.is_empty(), self.standing) {
                (false, _) => Provenance::Assumed,
                (true, true) => Provenance::Derived,
                (true, false) => self.counts.provenance(),
            },
            tiers: tiers::parts(&self.price, &(&self.quantity - &granted.quantity)),
            free_quantity: granted.quantity,
            free_amount: granted.amount,
            quantity: self.quantity,
            counts: self.counts,
            assumptions: self.assumptions.into_iter().collect(),
            standing: self.standing,
            price: self.price,
            region,
            function_id,
        }
    }
}

impl Price {
    /// The platform it is for.
    #[must_use]
    pub fn platform(&self) -> &str {
        self.entry.split('/').next().unwrap_or_default()
    }
}
