//! What an event must have if a rule is ever to match it: values, texts or fields, of which any will do.

use std::collections::HashSet;

use super::condition::Expression;
use super::detection::{Detection, Test};
use super::matcher::{Ask, Item, Matcher};
use super::pattern::Manner;

/// One thing that an event may have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Atom {
    /// The field has this value, folded.
    Value(usize, String),
    /// The field's value holds this text, folded.
    Text(usize, String),
    /// The field is there.
    Field(usize),
    /// Some value of the event holds this text, folded.
    Anywhere(String),
}

/// What the rule's detection cannot do without: any of these. None: it may match whatever the event has.
pub(super) fn needed(detection: &Detection) -> Option<HashSet<Atom>> {
    of_condition(&detection.condition, &detection.selections).map(|need| need.atoms)
}

/// Atoms of which any will do, and how often an event has one, as a guess: the rarer, the better.
#[derive(Debug, Default)]
struct Need {
    atoms: HashSet<Atom>,
    often: f64,
}

impl Need {
    fn one(atom: Atom) -> Self {
        let often = atom.often();
        Self {
            atoms: HashSet::from([atom]),
            often,
        }
    }
}

impl Atom {
    fn often(&self) -> f64 {
        let of_text = |text: &str| match text.len() {
            0..=1 => 60.0,
            2 => 20.0,
            3 => 3.0,
            4..=5 => 0.5,
            _ => 0.2,
        };
        match self {
            Self::Value(..) => 0.1,
            Self::Text(_, text) => of_text(text),
            // It stands in any of many values.
            Self::Anywhere(text) => 10.0 * of_text(text),
            Self::Field(_) => 50.0,
        }
    }
}

fn of_condition(condition: &Expression, selections: &[Test]) -> Option<Need> {
    match condition {
        Expression::One(number) => of_test(&selections[*number]),
        Expression::Not(_) => None,
        Expression::All(parts) => rarest(parts.iter().map(|part| of_condition(part, selections))),
        // At least one of them holds.
        Expression::Any(parts) | Expression::AtLeast(_, parts) => {
            either(parts.iter().map(|part| of_condition(part, selections)))
        }
    }
}

fn of_test(test: &Test) -> Option<Need> {
    match test {
        Test::Item(item) => of_item(item),
        Test::All(tests) => rarest(tests.iter().map(of_test)),
        Test::Any(tests) => either(tests.iter().map(of_test)),
    }
}

fn of_item(item: &Item) -> Option<Need> {
    let any = |matchers: &[Matcher]| either(matchers.iter().map(|one| of_matcher(item.field, one)));
    match &item.ask {
        Ask::Exists(true) => item.field.map(|field| Need::one(Atom::Field(field))),
        Ask::Exists(false) | Ask::None(_) => None,
        Ask::Any(matchers) => any(matchers),
        Ask::All(values) => rarest(values.iter().map(|forms| any(forms))),
    }
}

fn of_matcher(field: Option<usize>, matcher: &Matcher) -> Option<Need> {
    let value = |text: &str| match field {
        Some(field) => Some(Atom::Value(field, text.to_owned())),
        None => held(None, text),
    };
    match matcher {
        Matcher::OneOf(texts) => either(texts.iter().map(|text| value(text).map(Need::one))),
        Matcher::Pattern(pattern) => {
            let plain = pattern.manner == Manner::default();
            let exact = pattern.exact().filter(|_| plain).and_then(value);
            exact
                .or_else(|| held(field, &pattern.longest_text()))
                .map(Need::one)
        }
        // A field that is not there is null.
        Matcher::Null => None,
        _ => field.map(|field| Need::one(Atom::Field(field))),
    }
}

/// The atom of a text; an empty one says no more than that the field is there.
fn held(field: Option<usize>, text: &str) -> Option<Atom> {
    match (field, text.is_empty()) {
        (Some(field), true) => Some(Atom::Field(field)),
        (Some(field), false) => Some(Atom::Text(field, text.to_owned())),
        (None, true) => None,
        (None, false) => Some(Atom::Anywhere(text.to_owned())),
    }
}

/// Of several needs, all of which stand, the one to look for.
fn rarest(needs: impl Iterator<Item = Option<Need>>) -> Option<Need> {
    needs
        .flatten()
        .min_by(|one, other| one.often.total_cmp(&other.often))
}

/// What any of several needs, if each needs something.
fn either(needs: impl Iterator<Item = Option<Need>>) -> Option<Need> {
    let mut all = Need::default();
    for need in needs {
        let need = need?;
        all.often += need.often;
        all.atoms.extend(need.atoms);
    }
    Some(all)
}
