//! ClickHouse's Native format, the writing half: a block is its columns, one after another.
//!
//! Layout (protocol revision 0, as HTTP speaks it): varuint columns, varuint rows, then per column its
//! name, its type and its data. See ClickHouse's "Native format" specification.

use std::ops::Range;

mod dictionary;
mod maps;
pub(super) mod order;
mod out;

pub(super) use dictionary::{LowCardinality, Repeated};
pub(super) use maps::{Map, SharedMap};
pub(super) use out::Out;

/// In which order the values of a column are written.
#[derive(Clone, Copy)]
pub(super) enum Order<'a> {
    /// As they were pushed.
    AsPushed,
    /// Those with these numbers, one after another.
    Of(&'a [u32]),
}

/// A column that can write itself.
pub(super) trait Encode: Sync {
    /// What precedes the data of all nested streams: the version of each LowCardinality inside.
    fn prefix(&self, _out: &mut Out<'_>) {}
    /// The values themselves.
    fn data(&self, order: Order<'_>, out: &mut Out<'_>);
    /// Values held.
    fn len(&self) -> usize;
    /// Forgets all values and keeps the memory they were in.
    fn clear(&mut self);
}

/// A number written as its little-endian bytes.
pub(super) trait Number: Copy + Default + Sync {
    fn put(self, out: &mut Out<'_>);
}

macro_rules! number {
    ($($t:ty),*) => {$(impl Number for $t {
        fn put(self, out: &mut Out<'_>) {
            out.put(&self.to_le_bytes());
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

    pub(super) fn values(&self) -> &[T] {
        &self.0
    }

    pub(super) fn update_last(&mut self, update: impl FnOnce(T) -> T) {
        if let Some(last) = self.0.last_mut() {
            *last = update(*last);
        }
    }
}

impl<T: Number> Encode for Fixed<T> {
    fn data(&self, order: Order<'_>, out: &mut Out<'_>) {
        match order {
            Order::AsPushed => self.0.iter().for_each(|value| value.put(out)),
            Order::Of(rows) => rows.iter().for_each(|row| self.0[*row as usize].put(out)),
        }
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

/// One number in every row.
pub(super) struct Same<T> {
    pub(super) value: T,
    pub(super) rows: usize,
}

impl<T: Number> Encode for Same<T> {
    fn data(&self, _: Order<'_>, out: &mut Out<'_>) {
        (0..self.rows).for_each(|_| self.value.put(out));
    }

    fn len(&self) -> usize {
        self.rows
    }

    fn clear(&mut self) {
        self.rows = 0;
    }
}

/// Numbers that may be absent: a mask, then the values.
#[derive(Default)]
pub(super) struct Nullable<T> {
    mask: Fixed<u8>,
    values: Fixed<T>,
}

impl<T: Number> Nullable<T> {
    pub(super) fn push(&mut self, value: Option<T>) {
        self.mask.push(u8::from(value.is_none()));
        self.values.push(value.unwrap_or_default());
    }
}

impl<T: Number> Encode for Nullable<T> {
    fn data(&self, order: Order<'_>, out: &mut Out<'_>) {
        self.mask.data(order, out);
        self.values.data(order, out);
    }

    fn len(&self) -> usize {
        self.mask.len()
    }

    fn clear(&mut self) {
        self.mask.clear();
        self.values.clear();
    }
}

/// Strings, kept as they will be sent: length and bytes.
#[derive(Default)]
pub(super) struct Text {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Text {
    pub(super) fn push(&mut self, value: &str) {
        push_string(value, &mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    /// Whether the text pushed last is this short one.
    pub(super) fn is_last(&self, value: &str) -> bool {
        let before = self.ends.len().checked_sub(2);
        let start = before.map_or(0, |row| self.ends[row]);
        match self.bytes.get(start..).and_then(<[u8]>::split_first) {
            // Below 128 a length takes one byte.
            Some((length, text)) => *length < 0x80 && text == value.as_bytes(),
            None => false,
        }
    }
}

impl Encode for Text {
    fn data(&self, order: Order<'_>, out: &mut Out<'_>) {
        match order {
            Order::AsPushed => out.put(&self.bytes),
            Order::Of(rows) => {
                for row in rows {
                    out.put(&self.bytes[between(&self.ends, *row as usize)]);
                }
            }
        }
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

/// Where the part of a list lies that belongs to a row, by the ends of all rows' parts.
fn between(ends: &[usize], row: usize) -> Range<usize> {
    let start = if row == 0 { 0 } else { ends[row - 1] };
    start..ends[row]
}

/// Arrays: where each one ends, then all elements.
#[derive(Default)]
pub(super) struct Array<C> {
    ends: Vec<usize>,
    pub(super) items: C,
}

impl<C: Encode> Array<C> {
    /// Ends the current row's array at whatever was pushed into `items` so far.
    pub(super) fn end_row(&mut self) {
        self.ends.push(self.items.len());
    }
}

impl<C: Encode> Encode for Array<C> {
    fn prefix(&self, out: &mut Out<'_>) {
        self.items.prefix(out);
    }

    #[allow(clippy::cast_possible_truncation)] // a batch is bounded far below 2^32 elements
    fn data(&self, order: Order<'_>, out: &mut Out<'_>) {
        match order {
            Order::AsPushed => {
                self.ends.iter().for_each(|end| (*end as u64).put(out));
                self.items.data(Order::AsPushed, out);
            }
            Order::Of(rows) => {
                put_ends(
                    rows.iter().map(|row| between(&self.ends, *row as usize)),
                    out,
                );
                let ranges = rows.iter().map(|row| between(&self.ends, *row as usize));
                let items: Vec<u32> = ranges
                    .flat_map(|range| range.start as u32..range.end as u32)
                    .collect();
                self.items.data(Order::Of(&items), out);
            }
        }
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn clear(&mut self) {
        self.ends.clear();
        self.items.clear();
    }
}

/// Where each part ends once all are written one after another.
fn put_ends(parts: impl ExactSizeIterator<Item = Range<usize>>, out: &mut Out<'_>) {
    let mut end = 0_u64;
    for part in parts {
        end += part.len() as u64;
        end.put(out);
    }
}

/// A column with its name and ClickHouse type.
pub(super) type Named<'a> = (&'static str, &'static str, &'a dyn Encode);

/// What a block begins with.
pub(super) fn put_head(columns: usize, rows: usize, out: &mut Out<'_>) {
    let mut head = Vec::new();
    push_varuint(columns as u64, &mut head);
    push_varuint(rows as u64, &mut head);
    out.put(&head);
}

/// One column of a block.
pub(super) fn put_column((name, kind, column): &Named<'_>, order: Order<'_>, out: &mut Out<'_>) {
    let mut head = Vec::new();
    push_string(name, &mut head);
    push_string(kind, &mut head);
    out.put(&head);
    column.prefix(out);
    column.data(order, out);
}

/// A string as the format has it: its length, then its bytes.
fn push_string(value: &str, bytes: &mut Vec<u8>) {
    push_varuint(value.len() as u64, bytes);
    bytes.extend_from_slice(value.as_bytes());
}

#[allow(clippy::cast_possible_truncation)] // seven bits at a time is the point
fn push_varuint(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
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

        impl $crate::write::batch::Table for $name {
            const NAME: &'static str = $table;
        }

        impl $crate::write::batch::Columns for $name {
            fn rows(&self) -> usize {
                self.rows
            }

            fn columns(&self) -> Vec<$crate::write::native::Named<'_>> {
                vec![$(($column_name, $kind, &self.$field as &dyn $crate::write::native::Encode),)*]
            }

            fn order(&self) -> Option<Vec<u32>> {
                self.sorted()
            }

            fn clear(&mut self) {
                use $crate::write::native::Encode;
                $(self.$field.clear();)*
                self.rows = 0;
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
        let out = out::collect(|out| {
            put_head(1, 1, out);
            put_column(&("s", "String", &column), Order::AsPushed, out);
        });
        assert_eq!(out, b"\x01\x01\x01s\x06String\x02ab");
    }

    #[test]
    fn arrays_take_their_elements_along_when_rows_are_put_in_order() {
        let mut column = Array::<Text>::default();
        for row in [&["a"][..], &[], &["b", "c"]] {
            row.iter().for_each(|item| column.items.push(item));
            column.end_row();
        }
        let out = out::collect(|out| column.data(Order::Of(&[2, 1, 0]), out));
        let ends = [2_u64, 2, 3].map(u64::to_le_bytes).concat();
        assert_eq!(out, [&ends[..], b"\x01b\x01c\x01a"].concat());
    }
}
