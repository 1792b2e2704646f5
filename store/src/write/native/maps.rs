//! `Map(LowCardinality(String), String)`: arrays of keys and of values that end together.

use std::num::NonZeroU64;
use std::ops::Range;

use super::{Encode, LowCardinality, Order, between, put_ends, put_string};
use crate::model::Attributes;

/// Maps that differ from row to row.
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
            put_string(value, &mut self.values);
        }
        self.ends.push(self.keys.len());
        self.value_ends.push(self.values.len());
    }

    /// Writes the maps with these numbers.
    fn pick(&self, rows: impl ExactSizeIterator<Item = usize> + Clone, out: &mut Vec<u8>) {
        let entries = rows.clone().map(|row| between(&self.ends, row));
        put_ends(entries.clone(), out);
        let indexes = self.keys.indexes();
        let count = entries.clone().map(|range| range.len()).sum();
        self.keys
            .pieces(count, entries.map(|range| &indexes[range]), out);
        let values = rows.map(|row| between(&self.value_ends, row));
        out.reserve(values.clone().map(|range: Range<usize>| range.len()).sum());
        values.for_each(|range| out.extend_from_slice(&self.values[range]));
    }
}

impl Encode for Map {
    fn prefix(&self, out: &mut Vec<u8>) {
        self.keys.prefix(out);
    }

    fn data(&self, order: Order<'_>, out: &mut Vec<u8>) {
        match order {
            Order::AsPushed => {
                put_ends((0..self.len()).map(|row| between(&self.ends, row)), out);
                self.keys.data(order, out);
                out.extend_from_slice(&self.values);
            }
            Order::Of(rows) => self.pick(rows.iter().map(|row| *row as usize), out),
        }
    }

    fn len(&self) -> usize {
        self.ends.len()
    }
}

/// Maps that many rows share, such as a resource's: each is kept once.
#[derive(Default)]
pub(in crate::write) struct SharedMap {
    maps: Map,
    last: Option<NonZeroU64>,
    rows: Vec<u32>,
}

impl SharedMap {
    #[allow(clippy::cast_possible_truncation)] // a batch is bounded far below 2^32 rows
    pub(in crate::write) fn push(&mut self, attributes: Attributes<'_>) {
        // Rows with one resource come one after another, so the last one is enough to know.
        if self.last.is_none() || self.last != attributes.shared() {
            self.maps.push(attributes);
            self.last = attributes.shared();
        }
        self.rows.push(self.maps.len() as u32 - 1);
    }
}

impl Encode for SharedMap {
    fn prefix(&self, out: &mut Vec<u8>) {
        self.maps.prefix(out);
    }

    fn data(&self, order: Order<'_>, out: &mut Vec<u8>) {
        let map = |row: usize| self.rows[row] as usize;
        match order {
            Order::AsPushed => self.maps.pick((0..self.len()).map(map), out),
            Order::Of(rows) => self
                .maps
                .pick(rows.iter().map(|row| map(*row as usize)), out),
        }
    }

    fn len(&self) -> usize {
        self.rows.len()
    }
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
        let mut out = Vec::new();
        column.data(order, &mut out);
        out
    }

    #[test]
    fn a_shared_map_is_written_as_one_that_is_not() {
        let lists = [
            list(&[("a", "1"), ("b", "22")]),
            list(&[]),
            list(&[("c", ""), ("a", "x")]),
        ];
        let (mut shared, mut plain) = (SharedMap::default(), Map::default());
        for number in [0, 0, 1, 2, 2, 2, 0] {
            shared.push(lists[number].view());
            plain.push(lists[number].view());
        }
        assert_eq!(shared.maps.len(), 4);
        for order in [Order::AsPushed, Order::Of(&[6, 2, 3, 0, 1, 5, 4])] {
            assert_eq!(bytes(&shared, order), bytes(&plain, order));
        }
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
        assert_eq!(shared.maps.len(), 2);
    }
}
