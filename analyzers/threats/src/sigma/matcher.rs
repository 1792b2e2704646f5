//! What a field's value is compared with.

use std::collections::HashSet;

use regex::Regex;
use serde_json::Value;

use super::event::{Leaf, View};
use super::modifier::Order;
use super::moment::Part;
use super::network::Network;
use super::pattern::Pattern;

/// One value of a rule, or several texts at once.
#[derive(Debug, Clone)]
pub(super) enum Matcher {
    /// Any of these texts, folded, as a whole.
    OneOf(HashSet<String>),
    Pattern(Pattern),
    Number(Number),
    Bool(bool),
    Null,
    Regex(Regex),
    Network(Network),
    Order(Order, f64),
    /// A part of a date, compared; None is equality.
    Date(Part, Option<Order>, f64),
    Other(Reference),
}

/// A number of a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Int(i128),
    Float(f64),
}

/// Another field of the same event that must have the same text, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub field: usize,
    pub cased: bool,
    /// The compared field may go on before the other's text.
    pub open_start: bool,
    /// And after it.
    pub open_end: bool,
}

/// What an item asks of its field.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    Exists(bool),
    Any(Vec<Matcher>),
    /// Of each list any.
    All(Vec<Vec<Matcher>>),
    /// None of these matches.
    None(Vec<Matcher>),
}

/// A field, or the whole event, and what is asked of it.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// None searches every value of the event.
    pub field: Option<usize>,
    pub ask: Ask,
}

impl Item {
    pub fn holds(&self, view: &View<'_>) -> bool {
        let found = |matcher: &Matcher| self.found(matcher, view);
        match &self.ask {
            Ask::Exists(wanted) => self
                .field
                .is_some_and(|field| view.field(field).present == *wanted),
            Ask::Any(matchers) => matchers.iter().any(found),
            Ask::All(values) => values.iter().all(|forms| forms.iter().any(found)),
            Ask::None(matchers) => !matchers.iter().any(found),
        }
    }

    fn found(&self, matcher: &Matcher, view: &View<'_>) -> bool {
        let Some(field) = self.field else {
            return view.leaves().iter().any(|leaf| matcher.matches(leaf, view));
        };
        let found = view.field(field);
        // A field that is not there is null.
        if matches!(matcher, Matcher::Null) && !found.present {
            return true;
        }
        found.leaves.iter().any(|leaf| matcher.matches(leaf, view))
    }
}

impl Matcher {
    fn matches(&self, leaf: &Leaf<'_>, view: &View<'_>) -> bool {
        if leaf.value.is_null() {
            return matches!(self, Self::Null);
        }
        match self {
            Self::Null => false,
            Self::OneOf(texts) => texts.contains(leaf.folded()),
            Self::Pattern(pattern) => {
                let fits = |leaf: &Leaf<'_>| pattern.matches(leaf.text(), leaf.folded());
                // A text that may stand anywhere may stand anywhere in an object.
                fits(leaf) || pattern.is_loose() && leaf.inner().iter().any(fits)
            }
            Self::Number(number) => number.equals(leaf),
            Self::Bool(truth) => leaf.folded() == if *truth { "true" } else { "false" },
            Self::Regex(regex) => {
                regex.is_match(leaf.text())
                    || leaf
                        .inner()
                        .iter()
                        .any(|inner| regex.is_match(inner.text()))
            }
            Self::Network(network) => leaf.value.as_str().is_some_and(|text| network.holds(text)),
            Self::Order(order, limit) => leaf
                .number()
                .is_some_and(|number| order.holds(number, *limit)),
            Self::Date(part, order, number) => part.of(leaf.value).is_some_and(|own| match order {
                Some(order) => order.holds(own, *number),
                None => same(own, *number),
            }),
            Self::Other(reference) => {
                let others = &view.field(reference.field).leaves;
                others.iter().any(|other| reference.holds(leaf, other))
            }
        }
    }
}

impl Number {
    fn equals(self, leaf: &Leaf<'_>) -> bool {
        let whole = match leaf.value {
            Value::Number(number) => number.as_i128(),
            Value::String(text) => text.parse().ok(),
            _ => return false,
        };
        match (self, whole) {
            (Self::Int(own), Some(whole)) => own == whole,
            (own, _) => leaf
                .number()
                .is_some_and(|number| same(number, own.float())),
        }
    }

    pub fn float(self) -> f64 {
        match self {
            // a number too large is compared as near as may be
            Self::Int(number) => number as f64,
            Self::Float(number) => number,
        }
    }
}

/// Two numbers as they were written; no arithmetic came before.
fn same(left: f64, right: f64) -> bool {
    left == right
}

impl Reference {
    fn holds(&self, leaf: &Leaf<'_>, other: &Leaf<'_>) -> bool {
        if other.value.is_null() {
            return false;
        }
        let (text, other) = match self.cased {
            true => (leaf.text(), other.text()),
            false => (leaf.folded(), other.folded()),
        };
        match (self.open_start, self.open_end) {
            (false, false) => text == other,
            (false, true) => text.starts_with(other),
            (true, false) => text.ends_with(other),
            (true, true) => text.contains(other),
        }
    }
}

/// Puts texts that stand for themselves into one set, so that a long list costs one look.
pub(super) fn gathered(matchers: Vec<Matcher>) -> Vec<Matcher> {
    let mut texts = HashSet::new();
    let mut others = Vec::new();
    for matcher in matchers {
        match &matcher {
            Matcher::Pattern(pattern) if pattern.manner == super::pattern::Manner::default() => {
                match pattern.exact() {
                    Some(text) => drop(texts.insert(text.to_owned())),
                    None => others.push(matcher),
                }
            }
            _ => others.push(matcher),
        }
    }
    if !texts.is_empty() {
        others.insert(0, Matcher::OneOf(texts));
    }
    others
}
