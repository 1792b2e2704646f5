//! The bill as a FOCUS 1.2 data set: one row for each function, dimension and day, and below them what
//! belongs to the month as a whole: free grants, cheaper tiers, standing charges, rounding to cents.
//! The billed costs of all rows add up to the bill.

mod columns;

use std::collections::BTreeMap;

use analyzers::cost::decimal::{Decimal, text};
use analyzers::cost::{Books, LineItem, PayerBill, bill};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use store::model::{FunctionId, Usage};
use store::read::usage::{self, MAX_ROWS};

use self::columns::{COLUMNS, Row};
use super::month::Month;
use crate::range::BadParameter;
use crate::web::{Context, PageError, Reply, Table};

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let month = Month::read(ctx)?;
    let days = month.days();
    let mut usage = Vec::new();
    for day in days.first..=days.last {
        let of_day = usage::Days {
            first: day,
            last: day,
        };
        usage.extend(usage::by_day(ctx.store(), of_day, &[]).await?);
        if usage.len() > MAX_ROWS {
            let reason =
                format!("more than {MAX_ROWS} rows of use; take the table of /costs.csv instead");
            return Err(BadParameter::new("month", &month.value(), reason).into());
        }
    }
    let rows = rows(&ctx.app.books, &usage, month, ctx.now.as_secs());
    let mut table = Table::new("focus", &COLUMNS);
    rows.into_iter().for_each(|row| table.row(row.cells()));
    Ok(Reply::Table(table))
}

/// All rows of a month.
fn rows(books: &Books, usage: &[Usage], month: Month, now_s: i64) -> Vec<Row> {
    let mut by_day: BTreeMap<(&str, u32), Vec<Usage>> = BTreeMap::new();
    for row in usage {
        by_day
            .entry((&row.function_id, row.from_s))
            .or_default()
            .push(row.clone());
    }
    let ungranted = books.clone().with_free_tier(false);
    let mut out = Vec::new();
    let mut charged: BTreeMap<(String, String), Decimal> = BTreeMap::new();
    for ((id, day_s), rows) in by_day {
        let day = bill(&ungranted, &rows, month.period(now_s));
        for payer in &day.payers {
            let lines = payer.lines.iter().filter(|line| !line.standing);
            for line in lines {
                let list = line.price.list_price() * &line.quantity;
                *charged.entry(payer_key(payer)).or_default() += &list;
                out.push(of_day(books, payer, line, id, day_s, list));
            }
        }
    }
    let whole = bill(books, usage, month.period(now_s));
    for payer in &whole.payers {
        let rest = of_month(books, payer, charged.get(&payer_key(payer)));
        out.extend(rest);
    }
    out
}

fn payer_key(payer: &PayerBill) -> (String, String) {
    (payer.provider.clone(), payer.payer.clone())
}

/// What one function used of one dimension on one day, at list price.
fn of_day(
    books: &Books,
    payer: &PayerBill,
    line: &LineItem,
    id: &str,
    day_s: u32,
    list: Decimal,
) -> Row {
    let function: FunctionId = id.parse().unwrap_or_default();
    let calendar = calendar(books, &payer.provider);
    let (start, end) = day(day_s, &calendar);
    let unit = line.price.dimension.counted_in();
    Row {
        category: "Usage",
        frequency: "Usage-Based",
        description: format!(
            "{} at ${} each",
            line.price.entry,
            text(&line.price.list_price())
        ),
        charge: (start, end),
        list: Some(list.clone()),
        cost: list,
        quantity: Some(line.quantity.clone()),
        unit,
        unit_price: Some(line.price.list_price()),
        sku: line.price.entry.clone(),
        resource: id.to_owned(),
        resource_name: function.name,
        account: function.account,
        provenance: line.provenance.as_str(),
        ..Row::of(payer, &line.region, &calendar)
    }
}

/// What belongs to the month: standing charges, grants, cheaper tiers, rounding.
fn of_month(books: &Books, payer: &PayerBill, charged: Option<&Decimal>) -> Vec<Row> {
    let calendar = calendar(books, &payer.provider);
    let base = |region: &str| Row::of(payer, region, &calendar);
    let mut out = Vec::new();
    for line in payer.lines.iter().filter(|line| line.standing) {
        out.push(Row {
            category: "Purchase",
            frequency: "Recurring",
            description: format!("{}, standing", line.price.entry),
            list: Some(line.price.list_price() * &line.quantity),
            cost: line.gross.clone(),
            quantity: Some(line.quantity.clone()),
            unit: line.price.dimension.counted_in(),
            unit_price: Some(line.price.list_price()),
            sku: line.price.entry.clone(),
            resource: line.function_id.clone(),
            provenance: line.provenance.as_str(),
            ..base(&line.region)
        });
    }
    for line in payer
        .lines
        .iter()
        .filter(|line| line.free_amount != Decimal::default())
    {
        out.push(Row {
            category: "Credit",
            description: format!("{}: free each month", line.price.entry),
            cost: -line.free_amount.clone(),
            sku: line.price.entry.clone(),
            ..base(&line.region)
        });
    }
    let used: Decimal = payer
        .lines
        .iter()
        .filter(|line| !line.standing)
        .map(|line| &line.gross)
        .sum();
    let tiers = used - charged.cloned().unwrap_or_default();
    let rounding = payer.cents() - payer.amount();
    for (amount, what) in [
        (tiers, "cheaper tiers of the month"),
        (rounding, "rounding of lines to cents"),
    ] {
        if amount != Decimal::default() {
            out.push(Row {
                category: "Adjustment",
                description: what.to_owned(),
                cost: amount,
                ..base("")
            });
        }
    }
    out
}

fn calendar(books: &Books, provider: &str) -> TimeZone {
    books
        .of(provider)
        .map_or(TimeZone::UTC, |(_, prices)| prices.calendar.clone())
}

/// A day of a billing calendar, from its first second to the next one's.
fn day(day_s: u32, calendar: &TimeZone) -> (String, String) {
    let date = Timestamp::from_second(i64::from(day_s))
        .unwrap_or_default()
        .to_zoned_datetime(TimeZone::UTC)
        .date();
    let at = |date: Date| {
        let zoned = date.to_zoned_datetime(calendar.clone());
        zoned.map_or(String::new(), |zoned| {
            columns::instant(zoned.timestamp().as_second())
        })
    };
    (at(date), date.tomorrow().map_or(String::new(), at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, books, lambda_usage};

    fn sum(rows: &[Row]) -> Decimal {
        rows.iter().map(|row| &row.cost).sum()
    }

    #[test]
    fn the_billed_costs_of_all_rows_are_the_bill() {
        let (books, now_s) = (books(), NOW.as_secs());
        let month = Month::running(NOW.as_millis());
        let first_s = u32::try_from(month.first_s()).expect("a second");
        let usage: Vec<Usage> = (0..20)
            .map(|i| Usage {
                from_s: first_s + i % 10 * 86_400,
                ..lambda_usage(
                    if i < 10 { "checkout" } else { "resize" },
                    330_001,
                    733,
                    1_536,
                )
            })
            .collect();
        let rows = rows(&books, &usage, month, now_s);
        assert_eq!(
            sum(&rows),
            bill(&books, &usage, month.period(now_s)).cents()
        );
        assert!(rows.iter().any(|row| row.category == "Credit"));
        let usage_rows = rows.iter().filter(|row| row.category == "Usage").count();
        assert_eq!(usage_rows, 20 * 2, "a function, a dimension, a day");
    }

    #[test]
    fn quantity_times_list_price_is_the_list_cost_and_mandatory_cells_are_there() {
        let month = Month::running(NOW.as_millis());
        let usage = [lambda_usage("checkout", 1_000, 100, 512)];
        for row in rows(&books(), &usage, month, NOW.as_secs()) {
            if let (Some(quantity), Some(price), Some(list)) =
                (&row.quantity, &row.unit_price, &row.list)
            {
                assert_eq!(&(quantity * price), list);
            }
            let cells = row.cells();
            for (name, cell) in COLUMNS.iter().zip(&cells) {
                let may_be_null = columns::NULLABLE.contains(name);
                assert!(may_be_null || *cell != crate::web::Cell::None, "{name}");
            }
        }
    }

    #[test]
    fn days_of_google_begin_at_midnight_in_california() {
        let pacific = TimeZone::get("America/Los_Angeles").expect("a zone");
        let (start, end) = day(1_795_392_000, &pacific);
        assert_eq!(
            (start.as_str(), end.as_str()),
            ("2026-11-23T08:00:00Z", "2026-11-24T08:00:00Z")
        );
    }
}
