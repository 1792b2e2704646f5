//! Maps: arrays of keys and of values that end together.

use std::num::NonZeroU64;
use std::ops::Range;

use super::{Encode, LowCardinality, Order, Out, between, push_string, put_ends};
use crate::model::Attributes;

/// `Map(LowCardinality(String), String)`: maps that differ from row to row.
#[derive(Default)]
pub(in crate::write) struct Map {
    /// Where each row's keys end, and its values, in bytes.
    ends: Vec<usize>,
    value_ends: Vec<usize>,
    keys: LowCardinality,
    values: Vec<u8>,
}

impl Map {
    pub(in crate::write) fn push(&mut self, attributes: Attributes<'_>) {
        // A length takes up to ten bytes, but values that long come rarely.
        self.values.reserve(attributes.bytes() + attributes.len());
        for (key, value) in attributes.iter() {
            self.keys.push(key);
            push_string(value, &mut self.values);
        }
        self.ends.push(self.keys.len());
        self.value_ends.push(self.values.len());
    }
}

impl Encode for Map {
    fn prefix(&self, out: &mut Out<'_>) {
        self.keys.prefix(out);
    }

    fn data(&self, order: Order<'_>, out: &mut Out<'_>) {
        let Order::Of(rows) = order else {
            put_ends((0..self.len()).map(|row| between(&self.ends, row)), out);
            self.keys.data(order, out);
            out.put(&self.values);
            return;
        };
        let rows = rows.iter().map(|row| *row as usize);
        put_picked(&self.ends, rows.clone(), out);
        pick(&self.keys, &self.ends, rows.clone(), out);
        rows.for_each(|row| out.put(&self.values[between(&self.value_ends, row)]));
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn clear(&mut self) {
        self.ends.clear();
        self.value_ends.clear();
        self.keys.clear();
        self.values.clear();
    }
}

/// `Map(LowCardinality(String), LowCardinality(String))`: maps that many rows share, such as a
/// resource's. Each is kept once, and each of its values is written once for a whole block.
#[derive(Default)]
pub(in crate::write) struct SharedMap {
    /// Where the keys and values of each map end.
    ends: Vec<usize>,
    keys: LowCardinality,
    values: LowCardinality,
    last: Option<NonZeroU64>,
    /// The map of each row.
    rows: Vec<u32>,
}

impl SharedMap {
    #[allow(clippy::cast_possible_truncation)] // a batch is bounded far below 2^32 rows
    pub(in crate::write) fn push(&mut self, attributes: Attributes<'_>) {
        // Rows with one resource come one after another, so the last one is enough to know.
        if self.last.is_none() || self.last != attributes.shared() {
            for (key, value) in attributes.iter() {
                self.keys.push(key);
                self.values.push(value);
            }
            self.ends.push(self.keys.len());
            self.last = attributes.shared();
        }
        self.rows.push(self.ends.len() as u32 - 1);
    }

    fn write(&self, maps: impl ExactSizeIterator<Item = usize> + Clone, out: &mut Out<'_>) {
        put_picked(&self.ends, maps.clone(), out);
        pick(&self.keys, &self.ends, maps.clone(), out);
        pick(&self.values, &self.ends, maps, out);
    }
}

impl Encode for SharedMap {
    fn prefix(&self, out: &mut Out<'_>) {
        self.keys.prefix(out);
        self.values.prefix(out);
    }

    fn data(&self, order: Order<'_>, out: &mut Out<'_>) {
        match order {
            Order::AsPushed => self.write(self.rows.iter().map(|map| *map as usize), out),
            Order::Of(rows) => {
                let maps = rows.iter().map(|row| self.rows[*row as usize] as usize);
                self.write(maps, out);
            }
        }
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn clear(&mut self) {
        self.ends.clear();
        self.keys.clear();
        self.values.clear();
        self.rows.clear();
        self.last = None;
    }
}

fn put_picked(ends: &[usize], maps: impl ExactSizeIterator<Item = usize>, out: &mut Out<'_>) {
    put_ends(maps.map(|map| between(ends, map)), out);
}

/// The texts of the maps with these numbers.
fn pick(
    texts: &LowCardinality,
    ends: &[usize],
    maps: impl Iterator<Item = usize> + Clone,
    out: &mut Out<'_>,
) {
    let ranges = maps.map(|map| between(ends, map));
    let count = ranges.clone().map(|range: Range<usize>| range.len()).sum();
    let indexes = texts.indexes();
    texts.pieces(count, ranges.map(|range| &indexes[range]), out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AttributeList, AttributeValue};

    fn list(pairs: &[(&'static str, &'static str)]) -> AttributeList<'static> {
        let pairs = pairs.iter();
        AttributeList::new(
            pairs
                .map(|(key, value)| (*key, AttributeValue::Borrowed(value)))
                .collect(),
        )
    }

    fn bytes(column: &impl Encode, order: Order<'_>) -> Vec<u8> {
        super::super::out::collect(|out| column.data(order, out))
    }

    #[test]
    fn a_shared_map_is_written_for_every_row_and_its_texts_once() {
        let lists = [
            list(&[("a", "1"), ("b", "22")]),
            list(&[]),
            list(&[("a", "22")]),
        ];
        let mut shared = SharedMap::default();
        for number in [0, 0, 1, 2, 2] {
            shared.push(lists[number].view());
        }
        assert_eq!(shared.ends.len(), 3);
        let numbers = |of: &[u64]| of.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
        let texts = |texts: &[u8], indexes: &[u8]| {
            let head = numbers(&[0x600, 2]);
            [&head, texts, &numbers(&[indexes.len() as u64]), indexes].concat()
        };
        let keys = |indexes| texts(b"\x01a\x01b", indexes);
        let values = |indexes| texts(b"\x011\x0222", indexes);
        let pushed = [
            numbers(&[2, 4, 4, 5, 6]),
            keys(&[0, 1, 0, 1, 0, 0]),
            values(&[0, 1, 0, 1, 1, 1]),
        ];
        assert_eq!(bytes(&shared, Order::AsPushed), pushed.concat());
        let ordered = [numbers(&[1, 1, 3]), keys(&[0, 0, 1]), values(&[1, 0, 1])];
        assert_eq!(bytes(&shared, Order::Of(&[4, 2, 0])), ordered.concat());
    }

    #[test]
    fn an_ordered_map_is_what_pushing_in_that_order_gives() {
        let lists = [
            list(&[("a", "1")]),
            list(&[("a", "2"), ("b", "3")]),
            list(&[]),
        ];
        let order = [2_u32, 0, 1];
        let (mut pushed, mut ordered) = (Map::default(), Map::default());
        lists.iter().for_each(|list| pushed.push(list.view()));
        for row in order {
            ordered.push(lists[row as usize].view());
        }
        assert_eq!(
            bytes(&pushed, Order::Of(&order)),
            bytes(&ordered, Order::AsPushed)
        );
    }

    #[test]
    fn maps_without_a_number_are_never_taken_for_one_another() {
        let mut shared = SharedMap::default();
        shared.push(Attributes::default());
        shared.push(Attributes::default());
        assert_eq!(shared.ends.len(), 2);
    }

    #[test]
    fn a_cleared_column_is_as_good_as_a_new_one() {
        let (one, other) = (list(&[("x", "1"), ("y", "2")]), list(&[("y", "3")]));
        let (mut used, mut new) = (SharedMap::default(), SharedMap::default());
        used.push(one.view());
        used.clear();
        used.push(other.view());
        new.push(other.view());
        assert_eq!(bytes(&used, Order::AsPushed), bytes(&new, Order::AsPushed));
        let (mut used, mut new) = (Map::default(), Map::default());
        used.push(one.view());
        used.clear();
        used.push(other.view());
        new.push(other.view());
        assert_eq!(bytes(&used, Order::AsPushed), bytes(&new, Order::AsPushed));
    }
}
