//! Matchers that must all be satisfied.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Matcher;
use crate::model::Labels;

/// Matchers in their canonical order: by name, value and operator. No matchers match everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Matchers(Vec<Matcher>);

impl Matchers {
    /// Whether the labels satisfy all of them.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|m| m.matches(labels.value(&m.name)))
    }

    /// One by one, in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Matcher> {
        self.0.iter()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Matcher> for Matchers {
    fn from_iter<I: IntoIterator<Item = Matcher>>(matchers: I) -> Self {
        let mut all: Vec<Matcher> = matchers.into_iter().collect();
        all.sort_by(|a, b| (&a.name, &a.value, a.op).cmp(&(&b.name, &b.value, b.op)));
        Self(all)
    }
}

/// `{a="b",c=~"d.*"}`: the text that group keys are made of.
impl fmt::Display for Matchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (i, matcher) in self.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            write!(f, "{comma}{matcher}")?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use crate::matchers::{Matchers, parse};

    #[test]
    fn a_list_prints_sorted_and_as_alertmanager_prints_it() {
        for (text, want) in [
            ("b=2,a=~1,a=0", r#"{a="0",a=~"1",b="2"}"#),
            (r#"a="x\"y\\z\n""#, r#"{a="x\"y\\z\n"}"#),
            ("fö🙂=bär", r#"{fö🙂="bär"}"#),
            (r#""a b"="c\td""#, r#"{"a b"="c\td"}"#),
            ("", "{}"),
        ] {
            let list: Matchers = parse(text).expect(text).into_iter().collect();
            assert_eq!(list.to_string(), want);
        }
    }
}
