//! SQL: does a text continue a statement, or form one?
//!
//! The text is read as it may stand in a statement: bare, and inside of each kind of quotes that it has.
//! What follows the place where it leaves its quotes must go on as SQL does: an operator after an operand,
//! a clause, a comment, another statement. Prose has quotes and words of SQL too, but not in that order.

mod clauses;
mod expression;
mod fragments;
mod lex;
mod names;
mod quotes;
mod words;

pub use lex::lex;

use super::verdict::Hits;
use expression::Reader;

/// How the text was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// Where a number or a name would stand.
    Bare,
    /// In a string that began before.
    Quotes,
}

/// Looks at one view.
pub fn judge(text: &[u8], hits: &mut Hits) {
    look(text, None, hits);
    for quote in [b'\'', b'"', b'`'] {
        if text.contains(&quote) {
            look(text, Some(quote), hits);
        }
    }
}

fn look(text: &[u8], quote: Option<u8>, hits: &mut Hits) {
    let tokens = lex(text, quote);
    if tokens.is_empty() {
        return;
    }
    let inside = match quote {
        Some(_) => Inside::Quotes,
        None => Inside::Bare,
    };
    let reader = Reader::new(text, &tokens);
    clauses::judge(&reader, inside, hits);
    names::judge(&reader, inside, hits);
}
