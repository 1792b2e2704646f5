//! Invocations as JSON Lines: each line comes back with its price, and all of them with a total. What
//! `nephoscope bill` reads and writes; see there for the keys.

mod line;
mod object;
mod total;

use std::fmt::Write as _;

use super::Provenance;
use super::books::Books;
use super::decimal::{Decimal, text};
use super::one::{Priced, price_one};
use object::Object;
use total::Total;

/// A longer line is refused, bytes.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// Prices lines one by one; memory grows only with the number of payers, months and prices.
pub struct Pricer<'a> {
    books: &'a Books,
    total: Total,
}

impl<'a> Pricer<'a> {
    /// With these books and their terms.
    #[must_use]
    pub fn new(books: &'a Books) -> Self {
        Self {
            books,
            total: Total::default(),
        }
    }

    /// The line's object, unchanged, with its price behind; without a newline.
    ///
    /// # Errors
    /// When the line cannot be priced: why, and what to do.
    pub fn price(&mut self, line: &str) -> Result<String, String> {
        let priced = self.try_price(line);
        if priced.is_err() {
            self.total.refused += 1;
        }
        priced
    }

    /// Counts a line that cannot even be read as refused.
    ///
    /// # Errors
    /// Always: the reason.
    pub fn refuse(&mut self, reason: &str) -> Result<String, String> {
        self.total.refused += 1;
        Err(reason.to_owned())
    }

    fn try_price(&mut self, line: &str) -> Result<String, String> {
        if line.len() > LINE_BYTES_MAX {
            return Err(format!("the line is longer than {LINE_BYTES_MAX} bytes"));
        }
        let object: Object<'_> = serde_json::from_str(line)
            .map_err(|error| format!("it is no JSON object of an invocation: {error}"))?;
        let read = line::read(self.books, &object)?;
        let mut priced = price_one(self.books, &read.one).map_err(|error| error.to_string())?;
        if !read.assumptions.is_empty() {
            priced
                .assumptions
                .splice(0..0, read.assumptions.iter().cloned());
            priced.provenance = Provenance::Assumed;
        }
        self.total.add(self.books, &read, &priced)?;
        Ok(answer(&object, &priced, read.one.billed_ms.is_some()))
    }

    /// Lines that were refused so far.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.total.refused
    }

    /// `{"total":{…}}`, without a newline.
    #[must_use]
    pub fn total(self) -> String {
        self.total.write(self.books)
    }
}

/// Keys of ours: they are written anew if they were there.
const ANSWERS: [&str; 5] = ["gb_s", "cost_usd", "book", "provenance", "assumptions"];

fn answer(object: &Object<'_>, priced: &Priced, billed_told: bool) -> String {
    let cost = cost_key(&priced.currency);
    let mut out = String::from("{");
    for (key, value) in &object.0 {
        let ours = ANSWERS.contains(&key.as_str()) || *key == cost;
        if ours || (key == "billed_ms" && !billed_told) {
            continue;
        }
        let _ = write!(out, "{}:{},", quoted(key), value.get());
    }
    if !billed_told {
        let _ = write!(out, "\"billed_ms\":{},", text(&priced.billed_ms));
    }
    let _ = write!(
        out,
        "\"gb_s\":\"{}\",{}:\"{}\",\"book\":{},\"provenance\":\"{}\"",
        text(&priced.gb_s),
        quoted(&cost),
        text(&priced.cost),
        quoted(&priced.book),
        priced.provenance.as_str(),
    );
    if !priced.assumptions.is_empty() {
        let list: Vec<String> = priced.assumptions.iter().map(|text| quoted(text)).collect();
        let _ = write!(out, ",\"assumptions\":[{}]", list.join(","));
    }
    out.push('}');
    out
}

/// `cost_usd`, or the same in another currency.
fn cost_key(currency: &str) -> String {
    format!("cost_{}", currency.to_ascii_lowercase())
}

/// As a JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Two digits behind the point, as money is written.
fn money(amount: &Decimal) -> String {
    amount.with_scale(2).to_plain_string()
}

#[cfg(test)]
mod tests;
