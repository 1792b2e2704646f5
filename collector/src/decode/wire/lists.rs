//! Attributes of spans, records and points: sorted, each key once, all in one place.
//!
//! Items of one kind mostly bring the same keys in the same order. A list that does is compared
//! with the one before, key by key; it need not be sorted, and its keys are known to be UTF-8.

use store::model::{AttributeValue, Attributes, Digest, Pair};

use super::reader::{Depth, Malformed, Reader};
use super::value::Any;

/// Different lists remembered; a request rarely brings more.
const SHAPES_MAX: usize = 8;

/// Longer lists are not remembered.
const SHAPE_KEYS_MAX: usize = 256;

/// What a list belongs to: lists of one kind resemble each other.
#[derive(Clone, Copy)]
pub(super) enum Of {
    /// A span, a record, a point.
    Item,
    /// An event, a link, an exemplar.
    Part,
}

/// How much of a request is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All of it.
    #[default]
    Whole,
    /// Without the attributes of its items, which are most of its bytes: enough to judge ids and times.
    Skim,
}

/// All lists of a request.
#[derive(Default)]
pub(crate) struct Lists<'a> {
    extent: Extent,
    pairs: Vec<Pair<'a>>,
    /// Pairs of lists that are still being read.
    pending: Vec<Pair<'a>>,
    shapes: Vec<Shape<'a>>,
    /// The shape of the last list of each kind.
    recent: [usize; 2],
    oldest: usize,
}

/// Which pairs are a list.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct List {
    start: usize,
    end: usize,
    digest: Digest,
}

/// The keys of a list as they came.
struct Shape<'a> {
    keys: Vec<&'a str>,
    /// Which of them make the list, sorted by key.
    order: Vec<usize>,
}

/// A list that is being read.
pub(super) struct Open {
    of: Of,
    from: usize,
    /// Whether all keys so far are those of the recent shape.
    resembles: bool,
}

impl<'a> Lists<'a> {
    pub(super) fn new(extent: Extent) -> Self {
        Self {
            extent,
            ..Self::default()
        }
    }

    /// The pairs of a list, for a row.
    pub(crate) fn get(&self, list: List) -> Attributes<'_> {
        Attributes::sorted(&self.pairs[list.start..list.end], list.digest)
    }

    /// Adds a list of pairs read by other means.
    #[cfg(test)]
    pub(crate) fn add(&mut self, pairs: Vec<Pair<'a>>) -> List {
        let open = self.open(Of::Item);
        self.pending.extend(pairs);
        self.close(&Open {
            resembles: false,
            ..open
        })
    }

    pub(super) const fn open(&self, of: Of) -> Open {
        Open {
            of,
            from: self.pending.len(),
            resembles: true,
        }
    }

    /// Reads one `KeyValue` of the list.
    #[inline]
    pub(super) fn read(
        &mut self,
        open: &mut Open,
        bytes: &'a [u8],
        depth: Depth,
    ) -> Result<(), Malformed> {
        if self.extent == Extent::Skim {
            return Ok(());
        }
        let place = self.pending.len() - open.from;
        let expected = open
            .resembles
            .then(|| {
                self.shapes
                    .get(self.recent[open.of as usize])?
                    .keys
                    .get(place)
            })
            .flatten();
        if let Some((told, text)) = plain_pair(bytes) {
            let known = expected.filter(|key| key.as_bytes() == told);
            open.resembles = known.is_some();
            let key = match known {
                Some(known) => *known,
                None => std::str::from_utf8(told).map_err(|_| Malformed)?,
            };
            let text = std::str::from_utf8(text).map_err(|_| Malformed)?;
            depth.enter()?;
            self.pending.push((key, AttributeValue::Borrowed(text)));
            return Ok(());
        }
        let (mut key, mut value) = ("", Any::None);
        open.resembles = false;
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => {
                    let told = reader.bytes(wire)?;
                    match expected.filter(|key| key.as_bytes() == told) {
                        Some(known) => (key, open.resembles) = (*known, true),
                        None => {
                            key = std::str::from_utf8(told).map_err(|_| Malformed)?;
                            open.resembles = false;
                        }
                    }
                }
                2 => value.merge(reader.bytes(wire)?, Some(depth.enter()?))?,
                3 => drop(reader.int32(wire)?),
                _ => reader.skip(number, wire, depth)?,
            }
        }
        self.pending.push((key, value.into_text()));
        Ok(())
    }

    /// Puts the list in order; where a key repeats, the last value wins, as OTLP receivers do.
    pub(super) fn close(&mut self, open: &Open) -> List {
        let start = self.pairs.len();
        let mut digest = Digest::default();
        if self.pending.len() > open.from {
            let shape = self.shape(open);
            let Self {
                pairs,
                pending,
                shapes,
                ..
            } = self;
            let list = &mut pending[open.from..];
            let sorted;
            let order = match shape {
                Some(shape) => &shapes[shape].order,
                None => {
                    sorted = sort(list);
                    &sorted
                }
            };
            for place in order {
                let (key, value) = &mut list[*place];
                let pair = (*key, std::mem::take(value));
                digest.add(&pair);
                pairs.push(pair);
            }
            pending.truncate(open.from);
        }
        List {
            start,
            end: self.pairs.len(),
            digest,
        }
    }

    /// The shape of a list, new if it is; `None` for one too long to be remembered.
    fn shape(&mut self, open: &Open) -> Option<usize> {
        let list = &self.pending[open.from..];
        let recent = &mut self.recent[open.of as usize];
        let is_long_enough = |shape: &Shape<'_>| shape.keys.len() == list.len();
        if open.resembles && self.shapes.get(*recent).is_some_and(is_long_enough) {
            return Some(*recent);
        }
        if list.len() > SHAPE_KEYS_MAX {
            return None;
        }
        let is_it = |shape: &Shape<'_>| {
            shape.keys.len() == list.len()
                && shape
                    .keys
                    .iter()
                    .zip(list)
                    .all(|(key, pair)| *key == pair.0)
        };
        let known = self.shapes.iter().position(is_it);
        *recent = known.unwrap_or_else(|| {
            let shape = Shape {
                keys: list.iter().map(|pair| pair.0).collect(),
                order: sort(list),
            };
            if self.shapes.len() < SHAPES_MAX {
                self.shapes.push(shape);
                return self.shapes.len() - 1;
            }
            self.oldest = (self.oldest + 1) % SHAPES_MAX;
            self.shapes[self.oldest] = shape;
            self.oldest
        });
        Some(*recent)
    }
}

/// Key and text of a `KeyValue` that is what most are: a key and a text, both shorter than 128 bytes, in
/// this order and nothing else.
#[inline]
pub(in crate::decode) fn plain_pair(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let [0x0a, key_bytes @ ..0x80, rest @ ..] = bytes else {
        return None;
    };
    let (key, value) = rest.split_at_checked(usize::from(*key_bytes))?;
    let [
        0x12,
        value_bytes @ ..0x80,
        0x0a,
        text_bytes @ ..0x80,
        text @ ..,
    ] = value
    else {
        return None;
    };
    let is_all =
        usize::from(*value_bytes) == text.len() + 2 && usize::from(*text_bytes) == text.len();
    is_all.then_some((key, text))
}

/// The places of the pairs that make the list, sorted by key; of equal keys the last.
fn sort(list: &[Pair<'_>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..list.len()).collect();
    order.sort_unstable_by(|a, b| list[*a].0.cmp(list[*b].0).then(b.cmp(a)));
    order.dedup_by(|later, kept| list[*later].0 == list[*kept].0);
    order
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
    use prost::Message;

    use super::*;

    fn encoded(list: &[(&str, &str)]) -> Vec<Vec<u8>> {
        let pairs = list.iter().map(|(key, value)| KeyValue {
            key: (*key).into(),
            value: Some(AnyValue {
                value: Some(Value::StringValue((*value).into())),
            }),
            key_strindex: 0,
        });
        pairs.map(|pair| pair.encode_to_vec()).collect()
    }

    fn add<'a>(lists: &mut Lists<'a>, of: Of, encoded: &'a [Vec<u8>]) -> List {
        let mut open = lists.open(of);
        for bytes in encoded {
            lists.read(&mut open, bytes, Depth::TOP).unwrap();
        }
        lists.close(&open)
    }

    #[test]
    fn lists_are_sorted_with_unique_keys_whatever_came_before() {
        let told: [&[(&str, &str)]; 6] = [
            &[("b", "1"), ("a", "2"), ("b", "3")],
            &[("b", "4"), ("a", "5"), ("b", "6")],
            &[("b", "7"), ("a", "8")],
            &[("b", "7"), ("c", "8"), ("a", "9")],
            &[],
            &[("b", "1"), ("a", "2"), ("b", "3"), ("a", "4")],
        ];
        let encoded = told.map(encoded);
        let mut lists = Lists::default();
        let made = [0, 1, 2, 3, 4, 5].map(|i| add(&mut lists, Of::Item, &encoded[i]));
        let got = made.map(|list| lists.get(list).iter().collect::<Vec<_>>());
        assert_eq!(got[0], [("a", "2"), ("b", "3")]);
        assert_eq!(got[1], [("a", "5"), ("b", "6")]);
        assert_eq!(got[2], [("a", "8"), ("b", "7")]);
        assert_eq!(got[3], [("a", "9"), ("b", "7"), ("c", "8")]);
        assert_eq!(got[4], []);
        assert_eq!(got[5], [("a", "4"), ("b", "3")]);
    }

    #[test]
    fn a_list_within_another_leaves_it_whole() {
        let (outer, inner) = (encoded(&[("x", "1"), ("b", "2")]), encoded(&[("a", "3")]));
        let mut lists = Lists::default();
        let mut open = lists.open(Of::Item);
        lists.read(&mut open, &outer[0], Depth::TOP).unwrap();
        let within = add(&mut lists, Of::Part, &inner);
        lists.read(&mut open, &outer[1], Depth::TOP).unwrap();
        let around = lists.close(&open);
        let got = [within, around].map(|list| lists.get(list).iter().collect::<Vec<_>>());
        assert_eq!(got[0], [("a", "3")]);
        assert_eq!(got[1], [("b", "2"), ("x", "1")]);
    }

    #[test]
    fn more_shapes_than_are_remembered_are_still_sorted() {
        let keys: Vec<String> = (0..40).map(|i| format!("{:02}", (i * 7) % 40)).collect();
        let mut lists = Lists::default();
        let encoded: Vec<Vec<Vec<u8>>> = (1..40)
            .map(|n| {
                encoded(
                    &keys[..n]
                        .iter()
                        .map(|k| (k.as_str(), ""))
                        .collect::<Vec<_>>(),
                )
            })
            .collect();
        for list in &encoded {
            let made = add(&mut lists, Of::Item, list);
            let keys: Vec<&str> = lists.get(made).iter().map(|(key, _)| key).collect();
            assert_eq!(keys.len(), list.len());
            assert!(keys.is_sorted());
        }
        assert_eq!(lists.shapes.len(), SHAPES_MAX);
    }
}
