//! An event as rules see it: fields found by name, each looked up and made ready once.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::Value;

use super::field::{Fields, Root};
use super::fold::fold;

/// Texts of one event that keyword searches look at.
const LEAVES_MAX: usize = 100_000;

/// An event with the fields that some rules ask for.
pub(super) struct View<'a> {
    event: &'a Value,
    /// The event, and what lies in it where that is asked.
    roots: Vec<Root<'a>>,
    fields: &'a Fields,
    /// By field: whether it may be there.
    possible: Vec<bool>,
    found: Vec<OnceCell<Found<'a>>>,
    leaves: OnceCell<Vec<Leaf<'a>>>,
}

/// What stands in a field.
#[derive(Default)]
pub(super) struct Found<'a> {
    /// Whether the field is there, whatever its value.
    pub present: bool,
    /// Its value, or each of a list's.
    pub leaves: Vec<Leaf<'a>>,
}

/// A value within an event that is no list.
pub(super) struct Leaf<'a> {
    pub value: &'a Value,
    text: OnceCell<Cow<'a, str>>,
    folded: OnceCell<String>,
    inner: OnceCell<Vec<Leaf<'a>>>,
}

impl<'a> View<'a> {
    pub fn new(event: &'a Value, roots: Vec<&'a Value>, fields: &'a Fields) -> Self {
        let roots: Vec<Root<'_>> = roots.into_iter().map(Root::new).collect();
        Self {
            event,
            possible: fields.possible(&roots),
            roots,
            fields,
            found: fields.list.iter().map(|_| OnceCell::new()).collect(),
            leaves: OnceCell::new(),
        }
    }

    /// Whether the field of this number may be there; false if it surely is not.
    pub fn may_have(&self, number: usize) -> bool {
        self.possible[number]
    }

    /// The field of this number.
    pub fn field(&self, number: usize) -> &Found<'a> {
        self.found[number].get_or_init(|| {
            if !self.possible[number] {
                return Found::default();
            }
            let mut leaves = Vec::new();
            let values = self.fields.list[number].values(&self.roots);
            for value in &values {
                flatten(value, &mut leaves);
            }
            Found {
                present: !values.is_empty(),
                leaves,
            }
        })
    }

    /// Every value of the event that is a text, a number or a boolean, for keywords.
    pub fn leaves(&self) -> &[Leaf<'a>] {
        self.leaves.get_or_init(|| {
            let mut leaves = Vec::new();
            scalars(self.event, &mut leaves);
            leaves
        })
    }
}

fn flatten<'a>(value: &'a Value, leaves: &mut Vec<Leaf<'a>>) {
    match value {
        Value::Array(list) => list.iter().for_each(|item| flatten(item, leaves)),
        value => leaves.push(Leaf::new(value)),
    }
}

fn scalars<'a>(value: &'a Value, leaves: &mut Vec<Leaf<'a>>) {
    match value {
        _ if leaves.len() >= LEAVES_MAX => {}
        Value::Null => {}
        Value::Array(list) => list.iter().for_each(|item| scalars(item, leaves)),
        Value::Object(map) => map.values().for_each(|item| scalars(item, leaves)),
        value => leaves.push(Leaf::new(value)),
    }
}

impl<'a> Leaf<'a> {
    fn new(value: &'a Value) -> Self {
        Self {
            value,
            text: OnceCell::new(),
            folded: OnceCell::new(),
            inner: OnceCell::new(),
        }
    }

    /// As text; an object is its JSON.
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| match self.value {
            Value::String(text) => Cow::Borrowed(text.as_str()),
            value => Cow::Owned(value.to_string()),
        })
    }

    /// The text in the form in which texts are compared.
    pub fn folded(&self) -> &str {
        if let Some(folded) = self.folded.get() {
            return folded;
        }
        match fold(self.text()) {
            Cow::Borrowed(text) => text,
            Cow::Owned(folded) => self.folded.get_or_init(|| folded),
        }
    }

    /// The values within an object.
    pub fn inner(&self) -> &[Leaf<'a>] {
        self.inner.get_or_init(|| {
            let mut leaves = Vec::new();
            if self.value.is_object() {
                scalars(self.value, &mut leaves);
            }
            leaves
        })
    }

    /// As a number, if it is one or spells one.
    pub fn number(&self) -> Option<f64> {
        let number = match self.value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|number| number.is_finite())
    }
}
