//! Attribute values and bodies, and their texts as the ClickHouse exporter of the collector writes
//! them.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use store::model::AttributeValue;

use super::reader::{Depth, Malformed, Reader};

/// Levels of arrays and maps written out; what lies deeper becomes [`CUT`].
const DEPTH_MAX: usize = 32;

/// Stands for what lies deeper than [`DEPTH_MAX`].
const CUT: &str = "(nested too deep)";

/// An `AnyValue`. Arrays and maps are checked when they are read and walked again when written.
#[derive(Default)]
pub(super) enum Any<'a> {
    #[default]
    None,
    Text(&'a str),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(&'a [u8]),
    Array(Parts<'a>),
    Map(Parts<'a>),
    /// An index into a dictionary that only profiles carry.
    Index,
}

/// The bytes of a message, which may come in parts: they count as one.
pub(super) struct Parts<'a> {
    first: &'a [u8],
    more: Vec<&'a [u8]>,
}

impl<'a> Parts<'a> {
    const fn new(first: &'a [u8]) -> Self {
        Self {
            first,
            more: Vec::new(),
        }
    }

    /// The elements of an array or the pairs of a map: field 1 of both.
    fn items(&self) -> impl Iterator<Item = &'a [u8]> {
        std::iter::once(&self.first)
            .chain(&self.more)
            .flat_map(|part| {
                let mut reader = Reader::new(part);
                std::iter::from_fn(move || next_item(&mut reader))
            })
    }
}

/// The next element of a part that was checked before.
fn next_item<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    loop {
        match reader.key().ok()?? {
            (1, wire) => return reader.bytes(wire).ok(),
            (number, wire) => reader.skip(number, wire, Depth::TOP).ok()?,
        }
    }
}

impl<'a> Any<'a> {
    /// Takes in one message; what is told twice is told by the last one, lists go on. With a depth
    /// lists are looked through for faults, without one that was done before.
    #[inline]
    pub(super) fn merge(&mut self, bytes: &'a [u8], depth: Option<Depth>) -> Result<(), Malformed> {
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => *self = Self::Text(reader.text(wire)?),
                2 => *self = Self::Bool(reader.number(wire)? != 0),
                #[allow(clippy::cast_possible_wrap)] // so says protobuf
                3 => *self = Self::Int(reader.number(wire)? as i64),
                4 => *self = Self::Double(reader.double(wire)?),
                5 => {
                    let part = reader.bytes(wire)?;
                    if let Some(depth) = depth {
                        check_array(part, depth.enter()?)?;
                    }
                    self.array(part);
                }
                6 => {
                    let part = reader.bytes(wire)?;
                    if let Some(depth) = depth {
                        check_map(part, depth.enter()?)?;
                    }
                    self.map(part);
                }
                7 => *self = Self::Bytes(reader.bytes(wire)?),
                8 => {
                    reader.int32(wire)?;
                    *self = Self::Index;
                }
                _ => reader.skip(number, wire, depth.unwrap_or(Depth::TOP))?,
            }
        }
        Ok(())
    }

    fn array(&mut self, part: &'a [u8]) {
        match self {
            Self::Array(parts) => parts.more.push(part),
            _ => *self = Self::Array(Parts::new(part)),
        }
    }

    fn map(&mut self, part: &'a [u8]) {
        match self {
            Self::Map(parts) => parts.more.push(part),
            _ => *self = Self::Map(Parts::new(part)),
        }
    }

    /// The value as one text: plain for scalars, base64 for bytes, JSON for arrays and maps.
    pub(super) fn into_text(self) -> AttributeValue<'a> {
        match self {
            Self::None | Self::Index => AttributeValue::default(),
            Self::Text(text) => AttributeValue::Borrowed(text),
            Self::Bool(true) => AttributeValue::Borrowed("true"),
            Self::Bool(false) => AttributeValue::Borrowed("false"),
            Self::Int(number) => AttributeValue::of(format_args!("{number}")),
            Self::Double(number) => float(number),
            Self::Bytes(bytes) => AttributeValue::Owned(STANDARD.encode(bytes).into()),
            Self::Array(_) | Self::Map(_) => {
                let mut out = String::new();
                json(&self, 0, &mut out);
                AttributeValue::Owned(out.into())
            }
        }
    }
}

fn check_array(bytes: &[u8], depth: Depth) -> Result<(), Malformed> {
    let mut reader = Reader::new(bytes);
    while let Some((number, wire)) = reader.key()? {
        match number {
            1 => Any::None.merge(reader.bytes(wire)?, Some(depth.enter()?))?,
            _ => reader.skip(number, wire, depth)?,
        }
    }
    Ok(())
}

fn check_map(bytes: &[u8], depth: Depth) -> Result<(), Malformed> {
    let mut reader = Reader::new(bytes);
    while let Some((number, wire)) = reader.key()? {
        match number {
            1 => drop(key_value(reader.bytes(wire)?, Some(depth.enter()?))?),
            _ => reader.skip(number, wire, depth)?,
        }
    }
    Ok(())
}

/// A `KeyValue`; the depth is as for [`Any::merge`].
pub(super) fn key_value(bytes: &[u8], depth: Option<Depth>) -> Result<(&str, Any<'_>), Malformed> {
    let (mut key, mut value) = ("", Any::None);
    let mut reader = Reader::new(bytes);
    while let Some((number, wire)) = reader.key()? {
        match number {
            1 => key = reader.text(wire)?,
            2 => value.merge(reader.bytes(wire)?, depth.map(Depth::enter).transpose()?)?,
            3 => drop(reader.int32(wire)?),
            _ => reader.skip(number, wire, depth.unwrap_or(Depth::TOP))?,
        }
    }
    Ok((key, value))
}

/// Shortest decimal that reads back the same, with exponents where the exporter (ES6 rules) has
/// them.
///
/// For NaN and infinities the exporter writes `json: unsupported value: NaN`; we write the number's
/// own name, which ClickHouse can read back.
fn float<'a>(number: f64) -> AttributeValue<'a> {
    if number.is_nan() {
        return AttributeValue::Borrowed("NaN");
    }
    if number.is_infinite() {
        return AttributeValue::Borrowed(if number > 0.0 { "+Inf" } else { "-Inf" });
    }
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{number:e}");
        return AttributeValue::Owned(match text.split_once('e') {
            Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power}").into(),
            _ => text.into(),
        });
    }
    AttributeValue::of(format_args!("{number}"))
}

fn json(value: &Any<'_>, depth: usize, out: &mut String) {
    match value {
        Any::None | Any::Index => out.push_str("null"),
        Any::Text(text) => json_string(text, out),
        Any::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Any::Int(number) => {
            let _ = write!(out, "{number}"); // a String takes everything
        }
        Any::Double(number) if number.is_finite() => out.push_str(float(*number).as_str()),
        Any::Double(number) => json_string(float(*number).as_str(), out),
        Any::Bytes(bytes) => json_string(&STANDARD.encode(bytes), out),
        Any::Array(_) | Any::Map(_) if depth >= DEPTH_MAX => json_string(CUT, out),
        Any::Array(parts) => json_array(parts, depth, out),
        Any::Map(parts) => json_object(parts, depth, out),
    }
}

fn json_array(parts: &Parts<'_>, depth: usize, out: &mut String) {
    out.push('[');
    for (i, bytes) in parts.items().enumerate() {
        if i > 0 {
            out.push(',');
        }
        let mut value = Any::None;
        // Checked when it was read, so it never fails.
        if value.merge(bytes, None).is_ok() {
            json(&value, depth + 1, out);
        }
    }
    out.push(']');
}

/// Keys are sorted and unique, so that equal maps are equal texts.
fn json_object(parts: &Parts<'_>, depth: usize, out: &mut String) {
    let items = parts
        .items()
        .filter_map(|bytes| key_value(bytes, None).ok());
    let mut pairs: Vec<(&str, Any<'_>)> = items.collect();
    pairs.reverse();
    pairs.sort_by(|a, b| a.0.cmp(b.0));
    pairs.dedup_by(|later, kept| later.0 == kept.0);
    out.push('{');
    for (i, (key, value)) in pairs.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        json_string(key, out);
        out.push(':');
        json(value, depth + 1, out);
    }
    out.push('}');
}

fn json_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Line separators are legal JSON but break JavaScript readers; the exporter escapes
            // them.
            '\u{0}'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c)); // a String takes everything
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests;
