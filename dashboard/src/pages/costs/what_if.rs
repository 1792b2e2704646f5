//! The same use under other terms: another book, no billed initialisations, no free grants.

use analyzers::cost::{Books, init_change};
use store::model::Usage;

use super::ledger::{Ledger, usd};
use super::month::Month;
use crate::format;
use crate::range::BadParameter;
use crate::web::Context;
use crate::web::form::Choice;

/// Terms to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WhatIf {
    AsItIs,
    NoFreeTier,
    NoInit,
    Book(String),
}

impl WhatIf {
    /// `if=book:seed-2025`, `if=no-init`, `if=no-free-tier`.
    pub(super) fn read(ctx: &Context) -> Result<Self, BadParameter> {
        let books = &ctx.app.books;
        match ctx.params.get("if") {
            None => Ok(Self::AsItIs),
            Some("no-free-tier") => Ok(Self::NoFreeTier),
            Some("no-init") => Ok(Self::NoInit),
            Some(text) => match text.strip_prefix("book:") {
                Some(id) if books.all().any(|book| book.id == id) => Ok(Self::Book(id.to_owned())),
                _ => {
                    let reason = "no-free-tier, no-init, or book: and the name of a price book";
                    Err(BadParameter::new("if", text, reason))
                }
            },
        }
    }

    /// All that can be tried.
    pub(super) fn choices(&self, books: &Books) -> Vec<Choice> {
        let choice = |what: Self, value: &str, label: String| Choice {
            value: value.to_owned(),
            label,
            selected: *self == what,
        };
        let mut out = vec![
            choice(Self::AsItIs, "", "as it is".to_owned()),
            choice(
                Self::NoInit,
                "no-init",
                "what if start-ups were free".to_owned(),
            ),
        ];
        if books.free_tier() {
            let label = "what if nothing were free".to_owned();
            out.push(choice(Self::NoFreeTier, "no-free-tier", label));
        }
        for book in books.all() {
            let used = books
                .providers()
                .any(|p| books.of(p).is_some_and(|(b, _)| b.id == book.id));
            if !used {
                let label = format!("what if by {}", format::bounded(&book.id, 40));
                let value = format!("book:{}", book.id);
                out.push(choice(Self::Book(book.id.clone()), &value, label));
            }
        }
        out
    }

    /// The books to price with.
    pub(super) fn books(&self, books: &Books) -> Result<Books, BadParameter> {
        match self {
            Self::NoFreeTier => Ok(books.clone().with_free_tier(false)),
            Self::Book(id) => {
                let using = books.using(id);
                using.map_err(|error| BadParameter::new("if", id, error.to_string()))
            }
            Self::AsItIs | Self::NoInit => Ok(books.clone()),
        }
    }

    /// The use to price.
    pub(super) fn usage(&self, mut usage: Vec<Usage>) -> Vec<Usage> {
        if *self == Self::NoInit {
            for row in &mut usage {
                let init_ms = row.billed_init_ms.min(row.billed_ms);
                row.billed_ms -= init_ms;
                let init_mb_ms = init_ms.saturating_mul(u64::from(row.memory_mb));
                row.billed_mb_ms = row.billed_mb_ms.saturating_sub(init_mb_ms);
                row.billed_init_ms = 0;
            }
        }
        usage
    }

    /// What it would have come to; nothing for what is.
    pub(super) fn sentence(
        &self,
        books: &Books,
        usage: &[Usage],
        changed: &Ledger,
        month: Month,
        now_s: i64,
    ) -> String {
        let what = match self {
            Self::AsItIs => return String::new(),
            Self::NoFreeTier => "Without free grants".to_owned(),
            Self::NoInit => "If no start-up were billed".to_owned(),
            Self::Book(id) => format!("By the book {}", format::bounded(id, 40)),
        };
        let period = month.period(now_s);
        let real = usd(&analyzers::cost::bill(books, usage, period).cents());
        let other = changed.total();
        let (difference, way) = match other >= real {
            true => (other - real, "more"),
            false => (real - other, "less"),
        };
        let mut text = format!(
            "{what} it would be {} instead of {}: {} {way}.",
            format::money(other),
            format::money(real),
            format::money(difference)
        );
        match self {
            Self::NoInit => {
                text.push(' ');
                text.push_str(&init_change(books, usage, period).explanation);
            }
            Self::Book(_) => text.push_str(" Times are rounded as the books in use round them."),
            _ => {}
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, books, context, lambda_usage};

    #[test]
    fn other_terms_are_read_and_what_is_unknown_is_refused() {
        for (text, want) in [
            ("", WhatIf::AsItIs),
            ("if=no-init", WhatIf::NoInit),
            ("if=no-free-tier", WhatIf::NoFreeTier),
            ("if=book:seed-2025", WhatIf::Book("seed-2025".to_owned())),
        ] {
            assert_eq!(WhatIf::read(&context("/costs", text)).ok(), Some(want));
        }
        for bad in ["if=book:none", "if=everything"] {
            assert!(WhatIf::read(&context("/costs", bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_seed_book_prices_the_same_use_without_grants() {
        let (books, now_s) = (books(), NOW.as_secs());
        let month = Month::running(NOW.as_millis());
        let usage = vec![lambda_usage("checkout", 3_000_000, 120, 512)];
        let what = WhatIf::Book("seed-2025".to_owned());
        let changed = Ledger::of(
            &what.books(&books).expect("a book"),
            what.usage(usage.clone()),
            month,
            now_s,
        );
        let text = what.sentence(&books, &usage, &changed, month, now_s);
        assert!(
            text.starts_with("By the book seed-2025 it would be $3.60 instead of "),
            "{text}"
        );
    }
}
