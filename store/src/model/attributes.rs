//! Attributes as ClickHouse maps keep them: text to text, sorted, each key once.

use std::fmt::{self, Write as _};
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

/// A key and its value.
pub type Pair<'a> = (&'a str, AttributeValue<'a>);

/// Key-value pairs sorted by key without duplicates, so that equal sets compress and group alike.
///
/// A view: the pairs lie elsewhere, most of their texts in the request they came with.
#[derive(Clone, Copy, Default)]
pub struct Attributes<'a> {
    pairs: &'a [Pair<'a>],
    digest: Digest,
    shared: Option<NonZeroU64>,
}

/// What is known of a set of pairs without looking through it.
#[derive(Clone, Copy, Default)]
pub struct Digest {
    /// A bit per key, so that most questions for a missing key end here: with a dozen keys nine of ten.
    mask: u128,
    bytes: usize,
}

impl Digest {
    /// Takes one more pair in.
    pub fn add(&mut self, (key, value): &Pair<'_>) {
        self.mask |= bit(key);
        self.bytes += key.len() + value.len();
    }
}

/// The bit of a key: cheap, and different for most keys that occur together.
fn bit(key: &str) -> u128 {
    let bytes = key.as_bytes();
    let (Some(last), Some(middle)) = (bytes.last(), bytes.get(bytes.len() / 2)) else {
        return 1;
    };
    let mixed = bytes.len() * 7 + usize::from(*last) * 29 + usize::from(*middle) * 5;
    1 << (mixed % 128)
}

impl<'a> Attributes<'a> {
    /// Of pairs that are sorted by key, each key once; `digest` must be theirs.
    #[must_use]
    pub const fn sorted(pairs: &'a [Pair<'a>], digest: Digest) -> Self {
        Self {
            pairs,
            digest,
            shared: None,
        }
    }

    /// The value of `key`, if present.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'a str> {
        if self.digest.mask & bit(key) == 0 {
            return None;
        }
        self.pairs
            .binary_search_by(|(k, _)| (*k).cmp(key))
            .ok()
            .map(|i| self.pairs[i].1.as_str())
    }

    /// The value of the first of `keys` that is present and not empty.
    #[must_use]
    pub fn first(&self, keys: &[&str]) -> Option<&'a str> {
        keys.iter()
            .find_map(|key| self.get(key).filter(|value| !value.is_empty()))
    }

    /// All pairs in key order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'a str, &'a str)> + use<'a> {
        self.pairs.iter().map(|(k, v)| (*k, v.as_str()))
    }

    /// How many pairs there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is no pair at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Bytes of all keys and values.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.digest.bytes
    }

    /// The number of a set that many rows have; sets with the same number are the same set.
    #[must_use]
    pub const fn shared(&self) -> Option<NonZeroU64> {
        self.shared
    }
}

impl PartialEq for Attributes<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Attributes<'_> {}

impl fmt::Debug for Attributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Attributes that lie here: those of a resource or scope, which many rows share.
#[derive(Clone, Debug, Default)]
pub struct AttributeList<'a> {
    pairs: Vec<Pair<'a>>,
    digest: Digest,
    shared: Option<NonZeroU64>,
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.bytes)
    }
}

/// Numbers given to shared sets so far.
static SHARED: AtomicU64 = AtomicU64::new(0);

impl<'a> AttributeList<'a> {
    /// Sorts by key; where a key repeats, the last value wins, as OTLP receivers do.
    #[must_use]
    pub fn new(mut pairs: Vec<Pair<'a>>) -> Self {
        pairs.reverse();
        pairs.sort_by(|a, b| a.0.cmp(b.0));
        pairs.dedup_by(|later, kept| later.0 == kept.0);
        let mut digest = Digest::default();
        pairs.iter().for_each(|pair| digest.add(pair));
        Self {
            pairs,
            digest,
            shared: NonZeroU64::new(SHARED.fetch_add(1, Ordering::Relaxed) + 1),
        }
    }

    /// The pairs, for a row.
    #[must_use]
    pub fn view(&self) -> Attributes<'_> {
        Attributes {
            pairs: &self.pairs,
            digest: self.digest,
            shared: self.shared,
        }
    }
}

/// A value's text: part of the request it came with, or written here.
#[derive(Clone)]
pub enum AttributeValue<'a> {
    /// A text as it came.
    Borrowed(&'a str),
    /// A number's text.
    Short(Short),
    /// Any other text made here.
    Owned(Box<str>),
}

impl AttributeValue<'_> {
    /// The text of `written`; no allocation if it is a number's.
    #[must_use]
    pub fn of(written: fmt::Arguments<'_>) -> Self {
        let mut short = Short::default();
        match short.write_fmt(written) {
            Ok(()) => Self::Short(short),
            Err(_) => Self::Owned(written.to_string().into()),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Short(short) => short.as_str(),
            Self::Owned(text) => text,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Borrowed(text) => text.len(),
            Self::Short(short) => usize::from(short.len),
            Self::Owned(text) => text.len(),
        }
    }
}

impl Default for AttributeValue<'_> {
    fn default() -> Self {
        Self::Borrowed("")
    }
}

impl PartialEq for AttributeValue<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl fmt::Debug for AttributeValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// The longest text of a 64-bit integer is 20 bytes, of most floats less.
const SHORT_BYTES: usize = 22;

/// A text so short that it is kept in place.
#[derive(Clone, Copy, Default)]
pub struct Short {
    bytes: [u8; SHORT_BYTES],
    len: u8,
}

impl Short {
    fn as_str(&self) -> &str {
        // Only whole texts are ever added, so the fallback is never taken.
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl fmt::Write for Short {
    #[allow(clippy::cast_possible_truncation)] // at most SHORT_BYTES
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let (from, to) = (usize::from(self.len), usize::from(self.len) + text.len());
        let room = self.bytes.get_mut(from..to).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = to as u8;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list<'a>(pairs: &[(&'a str, &'a str)]) -> AttributeList<'a> {
        let pairs = pairs.iter();
        AttributeList::new(
            pairs
                .map(|(key, value)| (*key, AttributeValue::Borrowed(value)))
                .collect(),
        )
    }

    #[test]
    fn keys_are_sorted_and_the_last_value_of_a_repeated_key_wins() {
        let list = list(&[("b", "1"), ("a", "2"), ("b", "3")]);
        let got = list.view();
        assert_eq!(got.iter().collect::<Vec<_>>(), [("a", "2"), ("b", "3")]);
        assert_eq!(got.get("b"), Some("3"));
        assert_eq!((got.get("c"), got.get("")), (None, None));
        assert_eq!(got.bytes(), 4);
    }

    #[test]
    fn numbers_are_kept_in_place_and_longer_texts_beside() {
        let number = AttributeValue::of(format_args!("{}", i64::MIN));
        assert!(matches!(number, AttributeValue::Short(_)));
        assert_eq!(number.as_str(), "-9223372036854775808");
        let long = AttributeValue::of(format_args!("{:>30}", "ä"));
        assert_eq!(long.as_str().chars().count(), 30);
    }

    #[test]
    fn every_list_has_a_number_of_its_own() {
        let (one, other) = (list(&[]), list(&[]));
        assert_ne!(one.view().shared(), other.view().shared());
        assert_eq!(one.view().shared(), one.view().shared());
    }
}
