//! Columns of texts of which there are few: each is kept once, rows keep its number.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::{Encode, Number, Order, Out, Text, between};

/// `LowCardinality(String)`: a dictionary and an index per value.
#[derive(Default)]
pub(in crate::write) struct LowCardinality {
    hasher: DefaultHashBuilder,
    known: HashTable<u32>,
    dictionary: Text,
    /// Where each text lies in the dictionary without its length.
    texts: Vec<(usize, usize)>,
    /// What followed each text when it was pushed last: rows repeat themselves, so mostly it does
    /// again, and comparing one text is cheaper than hashing it.
    next: Vec<u32>,
    last: u32,
    indexes: Vec<u32>,
}

/// Version of the LowCardinality serialisation: one dictionary per block.
const SHARED_DICTIONARIES: u64 = 1;
/// Flags of a block's dictionary: it carries its own keys, and replaces what was there.
const OWN_KEYS: u64 = 0x600;

impl LowCardinality {
    pub(in crate::write) fn push(&mut self, value: &str) {
        let guess = self.next.get(self.last as usize).copied();
        let index = match guess {
            Some(guess) if self.text(guess) == value.as_bytes() => guess,
            _ => {
                let index = self.index_of(value);
                if let Some(next) = self.next.get_mut(self.last as usize) {
                    *next = index;
                }
                index
            }
        };
        self.last = index;
        self.indexes.push(index);
    }

    fn index_of(&mut self, value: &str) -> u32 {
        let hash = self.hasher.hash_one(value.as_bytes());
        let is_it = |index: &u32| text(&self.dictionary, &self.texts, *index) == value.as_bytes();
        if let Some(index) = self.known.find(hash, is_it) {
            return *index;
        }
        // A batch is bounded far below 2^32 rows.
        let index = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.dictionary.push(value);
        let end = self.dictionary.bytes.len();
        self.texts.push((end - value.len(), end));
        self.next.push(index);
        let Self {
            hasher,
            known,
            dictionary,
            texts,
            ..
        } = self;
        known.insert_unique(hash, index, |index| {
            hasher.hash_one(text(dictionary, texts, *index))
        });
        index
    }

    fn text(&self, index: u32) -> &[u8] {
        text(&self.dictionary, &self.texts, index)
    }

    /// The index of each value pushed.
    pub(in crate::write) fn indexes(&self) -> &[u32] {
        &self.indexes
    }

    /// For each index its place among all texts in order.
    #[allow(clippy::cast_possible_truncation)] // as many as indexes
    pub(in crate::write) fn ranks(&self) -> Vec<u32> {
        let mut sorted: Vec<u32> = (0..self.texts.len() as u32).collect();
        sorted.sort_unstable_by_key(|index| self.text(*index));
        let mut ranks = vec![0; sorted.len()];
        for (rank, index) in sorted.into_iter().enumerate() {
            ranks[index as usize] = rank as u32;
        }
        ranks
    }

    /// The data of so many values, whose indexes come in pieces.
    pub(super) fn pieces<'a>(
        &self,
        count: usize,
        pieces: impl Iterator<Item = &'a [u32]>,
        out: &mut Out<'_>,
    ) {
        if count == 0 {
            return; // the format writes nothing at all for no rows
        }
        let known = self.texts.len();
        let width = match known {
            0..=0x100 => 0_u64,
            0x101..=0x1_0000 => 1,
            _ => 2,
        };
        (OWN_KEYS | width).put(out);
        (known as u64).put(out);
        out.put(&self.dictionary.bytes);
        (count as u64).put(out);
        // The width was chosen so that nothing is cut off.
        #[allow(clippy::cast_possible_truncation)]
        for piece in pieces {
            match width {
                0 => piece.iter().for_each(|index| (*index as u8).put(out)),
                1 => piece.iter().for_each(|index| (*index as u16).put(out)),
                _ => piece.iter().for_each(|index| index.put(out)),
            }
        }
    }
}

fn text<'a>(dictionary: &'a Text, texts: &[(usize, usize)], index: u32) -> &'a [u8] {
    let (start, end) = texts[index as usize];
    &dictionary.bytes[start..end]
}

impl Encode for LowCardinality {
    fn prefix(&self, out: &mut Out<'_>) {
        SHARED_DICTIONARIES.put(out);
    }

    fn data(&self, order: Order<'_>, out: &mut Out<'_>) {
        let all = &self.indexes;
        match order {
            Order::AsPushed => self.pieces(all.len(), std::iter::once(all.as_slice()), out),
            Order::Of(rows) => {
                let picked: Vec<u32> = rows.iter().map(|row| all[*row as usize]).collect();
                self.pieces(picked.len(), std::iter::once(picked.as_slice()), out);
            }
        }
    }

    fn len(&self) -> usize {
        self.indexes.len()
    }

    fn clear(&mut self) {
        self.known.clear();
        self.dictionary.clear();
        self.texts.clear();
        self.next.clear();
        self.indexes.clear();
        self.last = 0;
    }
}

/// `String` of which there are few, such as the name of a scope.
#[derive(Default)]
pub(in crate::write) struct Repeated(LowCardinality);

impl Repeated {
    pub(in crate::write) fn push(&mut self, value: &str) {
        self.0.push(value);
    }

    fn put(&self, index: u32, out: &mut Out<'_>) {
        let dictionary = &self.0.dictionary;
        out.put(&dictionary.bytes[between(&dictionary.ends, index as usize)]);
    }
}

impl Encode for Repeated {
    fn data(&self, order: Order<'_>, out: &mut Out<'_>) {
        let all = &self.0.indexes;
        match order {
            Order::AsPushed => all.iter().for_each(|index| self.put(*index, out)),
            Order::Of(rows) => {
                let picked = rows.iter().map(|row| all[*row as usize]);
                picked.for_each(|index| self.put(index, out));
            }
        }
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[&str]) -> LowCardinality {
        let mut column = LowCardinality::default();
        values.iter().for_each(|value| column.push(value));
        column
    }

    fn bytes(column: &impl Encode, order: Order<'_>) -> Vec<u8> {
        super::super::out::collect(|out| {
            column.prefix(out);
            column.data(order, out);
        })
    }

    #[test]
    fn a_low_cardinality_column_keeps_each_value_once_with_indexes_as_short_as_can_be() {
        let column = column(&["x", "y", "x"]);
        let numbers = |n: u64| n.to_le_bytes();
        let head = [
            &numbers(1)[..],
            &numbers(0x600),
            &numbers(2),
            b"\x01x\x01y",
            &numbers(3),
        ]
        .concat();
        let want = |indexes: [u8; 3]| [&head[..], &indexes].concat();
        assert_eq!(bytes(&column, Order::AsPushed), want([0, 1, 0]));
        assert_eq!(bytes(&column, Order::Of(&[1, 2, 0])), want([1, 0, 0]));
    }

    #[test]
    fn more_than_256_values_take_two_bytes_each_and_all_are_found_again() {
        let names: Vec<String> = (0..300).map(|i| format!("name {}", i % 280)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let column = column(&names);
        assert_eq!(column.texts.len(), 280);
        let out = bytes(&column, Order::AsPushed);
        assert_eq!(out[8..16], 0x601_u64.to_le_bytes());
        assert_eq!(out[out.len() - 2..], 19_u16.to_le_bytes());
        for (name, index) in names.iter().zip(column.indexes()) {
            assert_eq!(column.text(*index), name.as_bytes());
        }
    }

    #[test]
    fn ranks_are_the_places_in_the_order_of_texts() {
        assert_eq!(column(&["m", "z", "a", "z"]).ranks(), [1, 2, 0]);
    }

    #[test]
    fn a_repeated_text_is_written_for_every_row() {
        let mut column = Repeated::default();
        ["ab", "", "ab"].into_iter().for_each(|v| column.push(v));
        assert_eq!(bytes(&column, Order::AsPushed), b"\x02ab\x00\x02ab");
        assert_eq!(bytes(&column, Order::Of(&[1, 0])), b"\x00\x02ab");
    }
}
