//! From a book's text to a [`Book`], or to the place and the reason why not.

use std::collections::BTreeMap;

use serde_saphyr::{Location, Spanned};

use super::shape::{BookFile, PayerScope, ProviderFile};
use super::{Book, ProviderBook, resolve};
use crate::cost::decimal::Decimal;
use crate::cost::pattern::Pattern;

/// More text is no price list: 100,000 prices of 40 bytes.
const BYTES_MAX: usize = 4 << 20;

/// A book that cannot be used: where and why.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}:{line}:{column}: {reason}")]
pub struct BookError {
    /// The file, as it was named.
    pub file: String,
    /// From 1; 0 where the file has no such place.
    pub line: u64,
    /// From 1.
    pub column: u64,
    /// What is wrong and what to write instead.
    pub reason: String,
}

/// A fault at a place of the file that is being read.
pub(super) struct Fault(pub Location, pub String);

/// The fault at the place where `spanned` stands.
pub(super) fn at<T>(spanned: &Spanned<T>, reason: impl Into<String>) -> Fault {
    Fault(spanned.referenced, reason.into())
}

/// Reads one book. `known` are the books it may extend.
///
/// # Errors
/// With the place of the first fault.
pub(in crate::cost) fn load(
    file: &str,
    text: &str,
    known: &BTreeMap<String, Book>,
) -> Result<Book, BookError> {
    let fault = |location: Option<Location>, reason: String| BookError {
        file: file.to_owned(),
        line: location.map_or(0, |at| at.line()),
        column: location.map_or(0, |at| at.column()),
        reason,
    };
    if text.len() > BYTES_MAX {
        return Err(fault(
            None,
            format!("a price book has at most {BYTES_MAX} bytes"),
        ));
    }
    let parsed: BookFile = serde_saphyr::from_str(text).map_err(|error| {
        let told = error.without_snippet().to_string();
        let line = told.lines().next().unwrap_or_default();
        // The place stands before the reason already.
        let line = line.split(" at line ").next().unwrap_or_default();
        fault(error.location(), line.chars().take(300).collect())
    })?;
    book(&parsed, known).map_err(|Fault(at, reason)| fault(Some(at), reason))
}

fn book(file: &BookFile, known: &BTreeMap<String, Book>) -> Result<Book, Fault> {
    let id = &file.id.value;
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if id.is_empty() || id.len() > 64 || !id.chars().all(fine) {
        return Err(at(
            &file.id,
            format!("`{id}` is no id of a book: up to 64 of a-z, 0-9, `-` and `_`"),
        ));
    }
    if known.contains_key(id) {
        return Err(at(
            &file.id,
            format!(
                "there is a book `{id}` already; give this one a name of its own and write `extends: {id}`"
            ),
        ));
    }
    let mut book = match &file.extends {
        None => fresh(file)?,
        Some(base) => extended(file, base, known)?,
    };
    for (name, provider) in &file.providers {
        let own = match book.providers.remove(name) {
            Some(base) => merged(file, provider, base)?,
            None => merged(file, provider, empty(file, name, provider)?)?,
        };
        book.providers.insert(name.clone(), own);
    }
    if book.providers.is_empty() {
        return Err(at(
            &file.id,
            "a book needs `providers:` with plans and prices",
        ));
    }
    Ok(book)
}

fn fresh(file: &BookFile) -> Result<Book, Fault> {
    for (key, given) in [
        ("exchange_rate", &file.exchange_rate),
        ("discount_percent", &file.discount_percent),
    ] {
        if let Some(given) = given {
            return Err(at(
                given,
                format!("`{key}` needs `extends:`, the book it is applied to"),
            ));
        }
    }
    let Some(currency) = &file.currency else {
        return Err(at(&file.id, "`currency` is missing: three letters, as USD"));
    };
    Ok(Book {
        id: file.id.value.clone(),
        currency: currency_of(currency)?,
        note: file.note.clone(),
        providers: BTreeMap::new(),
    })
}

fn currency_of(currency: &Spanned<String>) -> Result<String, Fault> {
    let text = &currency.value;
    match text.len() == 3 && text.chars().all(|c| c.is_ascii_uppercase()) {
        true => Ok(text.clone()),
        false => Err(at(
            currency,
            format!("`{text}` is no currency: three capital letters, as USD"),
        )),
    }
}

/// A copy of the extended book at the discount and in the currency of this one.
fn extended(
    file: &BookFile,
    base: &Spanned<String>,
    known: &BTreeMap<String, Book>,
) -> Result<Book, Fault> {
    let Some(found) = known.get(&base.value) else {
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        return Err(at(
            base,
            format!(
                "there is no book `{}` to extend; there are {}",
                base.value,
                names.join(", ")
            ),
        ));
    };
    let mut book = found.clone();
    book.id.clone_from(&file.id.value);
    book.note.clone_from(&file.note);
    let mut factor = Decimal::from(1);
    if let Some(discount) = &file.discount_percent {
        let percent = &discount.value.0;
        if discount.value.is_negative() || *percent > 100 {
            return Err(at(discount, "`discount_percent` must be 0 to 100"));
        }
        factor = (Decimal::from(100) - percent) * Decimal::new(1.into(), 2);
    }
    let currency = match &file.currency {
        Some(currency) => currency_of(currency)?,
        None => book.currency.clone(),
    };
    match &file.exchange_rate {
        Some(rate) if rate.value.0 <= 0 => {
            return Err(at(rate, "`exchange_rate` must be more than 0"));
        }
        Some(rate) => factor *= &rate.value.0,
        None if currency != book.currency => {
            let place = file
                .currency
                .as_ref()
                .map_or(base.referenced, |c| c.referenced);
            return Err(Fault(
                place,
                format!(
                    "prices of `{}` are in {} and this book is in {currency}: say `exchange_rate`, \
                     the {currency} for one {}",
                    base.value, book.currency, book.currency
                ),
            ));
        }
        None => {}
    }
    book.currency = currency;
    for provider in book.providers.values_mut() {
        resolve::scale(provider, &factor, &book.id);
    }
    Ok(book)
}

fn empty(file: &BookFile, name: &str, provider: &ProviderFile) -> Result<ProviderBook, Fault> {
    let Some(calendar) = &provider.calendar else {
        return Err(at(
            &file.id,
            format!("`providers.{name}` needs `calendar`, the zone of its billing months, as UTC"),
        ));
    };
    if provider.platforms.is_empty() {
        return Err(at(
            &file.id,
            format!("`providers.{name}` needs `platforms`"),
        ));
    }
    Ok(ProviderBook {
        calendar: resolve::zone(calendar)?,
        payer: PayerScope::AllAccounts,
        base_regions: Vec::new(),
        platforms: Vec::new(),
        grants: BTreeMap::new(),
        plans: Vec::new(),
        standing: Vec::new(),
    })
}

/// `base` with what `file` says laid over it.
fn merged(
    file: &BookFile,
    provider: &ProviderFile,
    mut base: ProviderBook,
) -> Result<ProviderBook, Fault> {
    if let Some(calendar) = &provider.calendar {
        base.calendar = resolve::zone(calendar)?;
    }
    base.payer = provider.payer.unwrap_or(base.payer);
    let regions = provider.base_regions.iter().map(|r| Pattern::new(r));
    base.base_regions.extend(regions);
    for platform in &provider.platforms {
        let (name, aliases) = (platform.name.clone(), platform.aliases.clone());
        base.platforms.retain(|(known, _)| *known != name);
        base.platforms.push((name, aliases));
    }
    for (name, grant) in &provider.grants {
        base.grants.insert(name.clone(), resolve::grant(grant)?);
    }
    let book = resolve::Context::new(file)?;
    for plan in &provider.plans {
        resolve::plan(&book, plan, &mut base)?;
    }
    for standing in &provider.standing {
        resolve::standing(&book, standing, &mut base)?;
    }
    Ok(base)
}
