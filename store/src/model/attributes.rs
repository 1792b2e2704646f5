//! Attributes as ClickHouse maps keep them: text to text, sorted, each key once.

/// Key-value pairs sorted by key without duplicates, so that equal sets compress and group alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// Sorts by key; where a key repeats, the last value wins, as OTLP receivers do.
    #[must_use]
    pub fn new(mut pairs: Vec<(String, String)>) -> Self {
        pairs.reverse();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|later, kept| later.0 == kept.0);
        Self(pairs)
    }

    /// The value of `key`, if present.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0
            .binary_search_by(|(k, _)| k.as_str().cmp(key))
            .ok()
            .map(|i| self.0[i].1.as_str())
    }

    /// The value of the first of `keys` that is present and not empty.
    #[must_use]
    pub fn first<'a>(&'a self, keys: &[&str]) -> Option<&'a str> {
        keys.iter()
            .find_map(|key| self.get(key).filter(|value| !value.is_empty()))
    }

    /// All pairs in key order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// How many pairs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no pair at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_the_last_value_of_a_repeated_key_wins() {
        let pairs = [("b", "1"), ("a", "2"), ("b", "3")];
        let got = Attributes::new(pairs.map(|(k, v)| (k.into(), v.into())).to_vec());
        assert_eq!(got.iter().collect::<Vec<_>>(), [("a", "2"), ("b", "3")]);
        assert_eq!(got.get("b"), Some("3"));
    }
}
