//! The groups and the bill as a table for programs.

use analyzers::cost::decimal::text;
use serde_json::{Value, json};

use super::by::By;
use super::group::Group;
use super::ledger::Ledger;
use super::month::Month;
use crate::web::Table;

/// Rows of an export: as many functions as there may be.
const EXPORT_ROWS: usize = store::read::functions::MAX_FUNCTIONS as usize;

/// The groups; in JSON with the bill's lines beside them. Money is exact text.
pub(super) fn table(month: Month, by: &By, groups: &[Group], ledger: &Ledger) -> Table {
    let mut table = Table::new(
        "costs",
        &[
            "key",
            "name",
            "cost_before_grants",
            "invocations",
            "cost_per_thousand",
            "of_it_rounding",
            "of_it_init",
            "co2e_g",
            "billed_measured",
            "billed_derived",
            "billed_assumed",
            "unpriced",
        ],
    );
    for group in groups.iter().take(EXPORT_ROWS) {
        table.row(vec![
            group.key.clone().into(),
            by.name(&group.key).0.into(),
            group.cost.exact().into(),
            group.invocations.into(),
            group.per_thousand().map(|each| each.exact()).into(),
            group.waste.exact().into(),
            group.init.exact().into(),
            group.emits.then_some(group.grams).into(),
            group.measured.into(),
            group.derived.into(),
            group.assumed.into(),
            group.unpriced.into(),
        ]);
    }
    let bill = &ledger.bill;
    table
        .truncated(groups.len() > EXPORT_ROWS)
        .with("month", json!(month.value()))
        .with("by", json!(by.value()))
        .with("currency", json!(ledger.currency()))
        .with("to_pay", json!(text(&bill.cents())))
        .with("before_grants", json!(text(&bill.gross())))
        .with("granted", json!(text(&bill.granted())))
        .with("standing", json!(text(&bill.standing())))
        .with("rounding_to_cents", json!(text(&bill.rounding())))
        .with("lines", lines(ledger))
}

fn lines(ledger: &Ledger) -> Value {
    let payers = ledger.bill.payers.iter();
    let lines = payers.flat_map(|payer| payer.lines.iter().map(move |line| (payer, line)));
    let object = lines.map(|(payer, line)| {
        json!({
            "provider": payer.provider, "payer": payer.payer, "book": payer.book,
            "month": payer.month.to_string(), "region": line.region, "function_id": line.function_id,
            "dimension": line.price.dimension.as_str(), "entry": line.price.entry,
            "quantity": text(&line.quantity), "unit": line.price.dimension.counted_in(),
            "unit_price": text(&line.price.list_price()), "free_quantity": text(&line.free_quantity),
            "gross": text(&line.gross), "granted": text(&line.free_amount), "amount": text(&line.amount),
            "cents": text(&line.cents), "standing": line.standing,
            "source": line.price.source.title, "source_url": line.price.source.url,
            "read": line.price.source.read, "provenance": line.provenance.as_str(),
            "billed_measured": line.counts.measured, "billed_derived": line.counts.derived,
            "billed_assumed": line.counts.assumed, "assumptions": line.assumptions,
        })
    });
    Value::Array(object.collect())
}
