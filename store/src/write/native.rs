//! ClickHouse's Native format, the writing half: a block is its columns, one after another.
//!
//! Layout (protocol revision 0, as HTTP speaks it): varuint columns, varuint rows, then per column its
//! name, its type and its data. See ClickHouse's "Native format" specification.

use std::collections::HashMap;

use crate::model::Attributes;

/// A column that can write itself.
pub(super) trait Encode {
    /// What precedes the data of all nested streams: the version of each LowCardinality inside.
    fn prefix(&self, _out: &mut Vec<u8>) {}
    /// The values themselves.
    fn data(&self, out: &mut Vec<u8>);
    /// Values held.
    fn len(&self) -> usize;
}

/// A number written as its little-endian bytes.
pub(super) trait Number: Copy + Default {
    fn put(self, out: &mut Vec<u8>);
}

macro_rules! number {
    ($($t:ty),*) => {$(impl Number for $t {
        fn put(self, out: &mut Vec<u8>) {
            out.extend_from_slice(&self.to_le_bytes());
        }
    })*};
}
number!(u8, u16, u32, u64, i32, i64, f64);

/// Numbers, dates and times.
#[derive(Default)]
pub(super) struct Fixed<T>(Vec<T>);

impl<T: Number> Fixed<T> {
    pub(super) fn push(&mut self, value: T) {
        self.0.push(value);
    }
}

impl<T: Number> Encode for Fixed<T> {
    fn data(&self, out: &mut Vec<u8>) {
        out.reserve(size_of_val(self.0.as_slice()));
        for value in &self.0 {
            value.put(out);
        }
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// Numbers that may be absent: a mask, then the values.
#[derive(Default)]
pub(super) struct Nullable<T> {
    mask: Vec<u8>,
    values: Fixed<T>,
}

impl<T: Number> Nullable<T> {
    pub(super) fn push(&mut self, value: Option<T>) {
        self.mask.push(u8::from(value.is_none()));
        self.values.push(value.unwrap_or_default());
    }
}

impl<T: Number> Encode for Nullable<T> {
    fn data(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.mask);
        self.values.data(out);
    }

    fn len(&self) -> usize {
        self.mask.len()
    }
}

/// Strings, kept as they will be sent: length and bytes.
#[derive(Default)]
pub(super) struct Text {
    bytes: Vec<u8>,
    len: usize,
}

impl Text {
    pub(super) fn push(&mut self, value: &str) {
        put_string(value, &mut self.bytes);
        self.len += 1;
    }
}

impl Encode for Text {
    fn data(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes);
    }

    fn len(&self) -> usize {
        self.len
    }
}

/// Strings of which there are few: a dictionary and an index per value.
#[derive(Default)]
pub(super) struct LowCardinality {
    known: HashMap<Box<str>, u32>,
    dictionary: Text,
    indexes: Vec<u32>,
}

/// Version of the LowCardinality serialisation: one dictionary per block.
const SHARED_DICTIONARIES: u64 = 1;
/// Flags of a block's dictionary: it carries its own keys, and replaces what was there.
const OWN_KEYS: u64 = 0x600;
/// Index width of 32 bits.
const INDEX_U32: u64 = 2;

impl LowCardinality {
    pub(super) fn push(&mut self, value: &str) {
        let index = match self.known.get(value) {
            Some(index) => *index,
            None => {
                // A batch is bounded far below 2^32 rows.
                let index = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
                self.known.insert(value.into(), index);
                self.dictionary.push(value);
                index
            }
        };
        self.indexes.push(index);
    }
}

impl Encode for LowCardinality {
    fn prefix(&self, out: &mut Vec<u8>) {
        SHARED_DICTIONARIES.put(out);
    }

    fn data(&self, out: &mut Vec<u8>) {
        if self.indexes.is_empty() {
            return; // the format writes nothing at all for no rows
        }
        (OWN_KEYS | INDEX_U32).put(out);
        (self.dictionary.len() as u64).put(out);
        self.dictionary.data(out);
        (self.indexes.len() as u64).put(out);
        for index in &self.indexes {
            index.put(out);
        }
    }

    fn len(&self) -> usize {
        self.indexes.len()
    }
}

/// Arrays: where each one ends, then all elements.
#[derive(Default)]
pub(super) struct Array<C> {
    ends: Vec<u64>,
    pub(super) items: C,
}

impl<C: Encode> Array<C> {
    /// Ends the current row's array at whatever was pushed into `items` so far.
    pub(super) fn end_row(&mut self) {
        self.ends.push(self.items.len() as u64);
    }
}

impl<C: Encode> Encode for Array<C> {
    fn prefix(&self, out: &mut Vec<u8>) {
        self.items.prefix(out);
    }

    fn data(&self, out: &mut Vec<u8>) {
        for end in &self.ends {
            end.put(out);
        }
        self.items.data(out);
    }

    fn len(&self) -> usize {
        self.ends.len()
    }
}

/// `Map(LowCardinality(String), String)`: an array of keys and one of values that end together.
#[derive(Default)]
pub(super) struct Map {
    ends: Vec<u64>,
    keys: LowCardinality,
    values: Text,
}

impl Map {
    pub(super) fn push(&mut self, attributes: &Attributes) {
        for (key, value) in attributes.iter() {
            self.keys.push(key);
            self.values.push(value);
        }
        self.ends.push(self.keys.len() as u64);
    }
}

impl Encode for Map {
    fn prefix(&self, out: &mut Vec<u8>) {
        self.keys.prefix(out);
    }

    fn data(&self, out: &mut Vec<u8>) {
        for end in &self.ends {
            end.put(out);
        }
        self.keys.data(out);
        self.values.data(out);
    }

    fn len(&self) -> usize {
        self.ends.len()
    }
}

/// A column with its name and ClickHouse type.
pub(super) type Named<'a> = (&'static str, &'static str, &'a dyn Encode);

/// One whole block. All columns must hold `rows` values.
pub(super) fn block(columns: &[Named<'_>], rows: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows * 64 + 4096);
    put_varuint(columns.len() as u64, &mut out);
    put_varuint(rows as u64, &mut out);
    for (name, kind, column) in columns {
        debug_assert_eq!(
            column.len(),
            rows,
            "column {name} has another length than its block"
        );
        put_string(name, &mut out);
        put_string(kind, &mut out);
        column.prefix(&mut out);
        column.data(&mut out);
    }
    out
}

fn put_string(value: &str, out: &mut Vec<u8>) {
    put_varuint(value.len() as u64, out);
    out.extend_from_slice(value.as_bytes());
}

#[allow(clippy::cast_possible_truncation)] // seven bits at a time is the point
fn put_varuint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Declares a table's columns once: the builder's fields, their names and types in ClickHouse.
macro_rules! table {
    ($(#[$doc:meta])* $name:ident = $table:literal {
        $($field:ident : $column:ty = $column_name:literal $kind:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(Default)]
        pub(super) struct $name {
            $(pub(super) $field: $column,)*
            pub(super) rows: usize,
        }

        impl $name {
            /// The columns with their names and types, in the order they are sent.
            fn columns(&self) -> Vec<$crate::write::native::Named<'_>> {
                vec![$(($column_name, $kind, &self.$field as &dyn $crate::write::native::Encode),)*]
            }
        }

        impl $crate::write::batch::Table for $name {
            const NAME: &'static str = $table;

            fn rows(&self) -> usize {
                self.rows
            }

            fn block(&self) -> Vec<u8> {
                $crate::write::native::block(&self.columns(), self.rows)
            }

            fn column_names() -> Vec<&'static str> {
                vec![$($column_name,)*]
            }
        }
    };
}
pub(super) use table;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_one_string_column_is_written_as_the_specification_says() {
        let mut column = Text::default();
        column.push("ab");
        let bytes = block(&[("s", "String", &column)], 1);
        assert_eq!(bytes, b"\x01\x01\x01s\x06String\x02ab");
    }

    #[test]
    fn a_low_cardinality_column_keeps_each_value_once() {
        let mut column = LowCardinality::default();
        ["x", "y", "x"].into_iter().for_each(|v| column.push(v));
        let mut out = Vec::new();
        column.prefix(&mut out);
        column.data(&mut out);
        let numbers = |n: u64| n.to_le_bytes();
        let want = [
            &numbers(1)[..],
            &numbers(0x602),
            &numbers(2),
            b"\x01x\x01y",
            &numbers(3),
            &[0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
        ];
        assert_eq!(out, want.concat());
    }
}
