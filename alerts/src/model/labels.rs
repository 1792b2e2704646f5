//! Sets of labels and annotations.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Fingerprint, quoted};

/// Names and values, sorted by name, each name once. A name that is absent has the empty value.
///
/// A sorted list rather than a tree: sets are small, read often and hardly ever changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels(Vec<(String, String)>);

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;
/// Cannot occur in UTF-8, so no two sets run together.
const SEPARATOR: u8 = 0xff;

impl Labels {
    /// The value of `name`; empty when it is absent.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// The value of `name`, if it is there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(n, _)| n.as_str().cmp(name));
        at.ok().map(|at| self.0[at].1.as_str())
    }

    /// Names and values in the order of names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no name at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets `name` to `value`.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        match self.0.binary_search_by(|(n, _)| n.cmp(&name)) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (name, value)),
        }
    }

    /// Takes out every name whose value is empty: the same as absent.
    pub fn drop_empty(&mut self) {
        self.0.retain(|(_, value)| !value.is_empty());
    }

    /// What both sets say alike.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        let same = |(name, value): &&(String, String)| other.get(name) == Some(value);
        Self(self.0.iter().filter(same).cloned().collect())
    }

    /// Prometheus' fingerprint: FNV-1a over names and values in order.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let add = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
        let words = self.0.iter().flat_map(|(name, value)| [name, value]);
        Fingerprint(words.fold(FNV_OFFSET, |sum, word| {
            let sum = word.bytes().fold(sum, add);
            add(sum, SEPARATOR)
        }))
    }

    /// Prometheus' order of label sets: the shorter first, then name by name; of two sets that differ in
    /// a name, the one without the smaller name comes first.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(&other.0);
        let by_pair = |((n, v), (m, w)): (&(String, String), &(String, String))| {
            m.cmp(n).then_with(|| v.cmp(w))
        };
        self.len().cmp(&other.len()).then_with(|| {
            pairs
                .map(by_pair)
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        })
    }
}

/// `{a="b", c="d"}`: the text of Prometheus, which group keys are made of.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (i, (name, value)) in self.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(f, "{comma}{name}={}", quoted(value))?;
        }
        f.write_str("}")
    }
}

/// Of a name given twice, the last value stays.
impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let sorted: BTreeMap<String, String> = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        Self(sorted.into_iter().collect())
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sorted = BTreeMap::<String, String>::deserialize(deserializer)?;
        Ok(Self(sorted.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_prometheus_own() {
        let empty = Labels::default().fingerprint();
        assert_eq!(empty.to_string(), "cbf29ce484222325");
        let one: Labels = [("name", "garland, briggs"), ("fear", "love is not enough")]
            .into_iter()
            .collect();
        // FNV-1a over "fear\xfflove is not enough\xffname\xffgarland, briggs\xff", by another program.
        assert_eq!(one.fingerprint().to_string(), "507a62d79ee76c9a");
    }

    #[test]
    fn a_set_prints_as_prometheus_prints_it() {
        let set: Labels = [
            ("b", "x\"y\\"),
            ("a", "two\nlines"),
            ("ü", "ä🙂\u{7f}\u{a0}"),
        ]
        .into_iter()
        .collect();
        assert_eq!(
            set.to_string(),
            r#"{a="two\nlines", b="x\"y\\", ü="ä🙂\x7f\u00a0"}"#
        );
        assert_eq!(Labels::default().to_string(), "{}");
    }

    #[test]
    fn sets_are_ordered_by_length_then_by_who_lacks_the_smaller_name() {
        let set = |text: &[(&str, &str)]| text.iter().copied().collect::<Labels>();
        let short = set(&[("z", "9")]);
        let long = set(&[("a", "1"), ("b", "1")]);
        assert_eq!(short.order(&long), Ordering::Less);
        assert_eq!(
            set(&[("b", "1")]).order(&set(&[("a", "1")])),
            Ordering::Less
        );
        assert_eq!(
            set(&[("a", "1")]).order(&set(&[("a", "2")])),
            Ordering::Less
        );
        assert_eq!(long.order(&long.clone()), Ordering::Equal);
    }
}
