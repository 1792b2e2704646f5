//! Books of one's own.

use std::collections::BTreeMap;

use super::super::book::{Book, BookError, LISTS, load};
use super::*;

fn known() -> BTreeMap<String, Book> {
    let mut all = BTreeMap::new();
    for (file, text) in LISTS {
        let book = load(file, text, &all).expect("a valid list");
        all.insert(book.id.clone(), book);
    }
    all
}

/// A configuration that uses `yaml` for a provider, in a file of its own.
fn with_book(provider: &str, id: &str, yaml: &str) -> Result<Books, String> {
    let folder = std::env::temp_dir().join(format!("nephoscope-{id}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("book.yaml");
    std::fs::write(&path, yaml).expect("written");
    let config = Config {
        books: vec![path],
        use_books: [(provider.to_owned(), id.to_owned())].into(),
        free_tier: false,
        ..Config::default()
    };
    let books = Books::load(&config).map_err(|error| error.to_string());
    std::fs::remove_dir_all(&folder).expect("removed");
    books
}

#[test]
fn a_discount_is_taken_off_every_price_exactly() {
    let yaml = "{id: ours, extends: aws, discount_percent: 12.5}";
    let books = with_book("aws", "ours", yaml).expect("valid");
    let rows = [lambda(1_000_000, 1000, 1024)];
    let list = november_of(&gross_books(), &rows).amount();
    assert_eq!(november_of(&books, &rows).amount(), list * d("0.875"));
    assert_eq!(november_of(&books, &rows).payers[0].book, "ours");
}

#[test]
fn a_negotiated_price_holds_from_its_day_on_and_the_others_stay() {
    let yaml = "
id: deal
extends: aws
sources: {contract: {title: contract 17, read: 2025-10-01}}
providers:
  aws:
    plans:
      - platform: aws_lambda
        prices:
          - {dimension: requests, unit: 1M requests, price: 0.10, valid_from: 2025-11-01, source: contract}
";
    let books = with_book("aws", "deal", yaml).expect("valid");
    let row = lambda(1_000_000, 0, 128);
    assert_eq!(
        november_of(&books, std::slice::from_ref(&row)).amount(),
        d("0.1")
    );
    let october = Usage {
        from_s: NOVEMBER_S - 1,
        ..row
    };
    assert_eq!(november_of(&books, &[october]).amount(), d("0.2"));
}

#[test]
fn another_currency_needs_its_rate_and_all_used_books_in_it() {
    let rate = |id: &str, base: &str| {
        format!("{{id: {id}, extends: {base}, currency: EUR, exchange_rate: 0.9}}")
    };
    let error = with_book("aws", "euro", &rate("euro", "aws")).expect_err("mixed");
    assert!(error.contains("cannot be added up"), "{error}");
    let book = load("euro.yaml", &rate("euro", "aws"), &known()).expect("valid");
    assert_eq!(book.currency, "EUR");
    let missing = "{id: euro, extends: aws, currency: EUR}";
    let BookError { line, reason, .. } = load("euro.yaml", missing, &known()).expect_err("no rate");
    assert!(line == 1 && reason.contains("exchange_rate"), "{reason}");
}

#[test]
fn every_price_of_the_lists_has_a_source_and_every_grant_is_used() {
    for book in known().values() {
        for (name, provider) in &book.providers {
            let plans = provider.plans.iter().flat_map(|plan| &plan.prices);
            let all: Vec<_> = plans
                .chain(provider.standing.iter().flat_map(|s| &s.prices))
                .collect();
            assert!(
                all.iter().all(|price| !price.source.title.is_empty()),
                "{name}"
            );
            for grant in provider.grants.keys() {
                let used = all.iter().any(|price| price.grant.as_ref() == Some(grant));
                assert!(used, "{}: {name}: {grant} is no price's", book.id);
            }
        }
    }
}
