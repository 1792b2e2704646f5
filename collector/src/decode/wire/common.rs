//! What all signals have: resources, scopes and the lists of both.

use store::model::Pair;

use super::reader::{Depth, Malformed, Reader};
use super::value::{self, Any};

/// A `Resource`; one without attributes is as good as none.
#[derive(Default)]
pub(crate) struct Resource<'a> {
    pub(crate) attributes: Vec<Pair<'a>>,
}

impl<'a> Resource<'a> {
    pub(super) fn merge(&mut self, bytes: &'a [u8], depth: Depth) -> Result<(), Malformed> {
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => {
                    let pair = pair(reader.bytes(wire)?, depth.enter()?)?;
                    self.attributes.push(pair);
                }
                2 => drop(reader.uint32(wire)?),
                3 => entity_ref(reader.bytes(wire)?, depth.enter()?)?,
                _ => reader.skip(number, wire, depth)?,
            }
        }
        Ok(())
    }
}

/// An `InstrumentationScope`; none is as good as an empty one.
#[derive(Default)]
pub(crate) struct Scope<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) attributes: Vec<Pair<'a>>,
    pub(crate) dropped_attributes_count: u32,
}

impl<'a> Scope<'a> {
    pub(super) fn merge(&mut self, bytes: &'a [u8], depth: Depth) -> Result<(), Malformed> {
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => self.name = reader.text(wire)?,
                2 => self.version = reader.text(wire)?,
                3 => {
                    let pair = pair(reader.bytes(wire)?, depth.enter()?)?;
                    self.attributes.push(pair);
                }
                4 => self.dropped_attributes_count = reader.uint32(wire)?,
                _ => reader.skip(number, wire, depth)?,
            }
        }
        Ok(())
    }
}

fn pair(bytes: &[u8], depth: Depth) -> Result<Pair<'_>, Malformed> {
    let (key, value): (&str, Any<'_>) = value::key_value(bytes, Some(depth))?;
    Ok((key, value.into_text()))
}

/// Nobody asks for these, but they must be sound.
fn entity_ref(bytes: &[u8], depth: Depth) -> Result<(), Malformed> {
    let mut reader = Reader::new(bytes);
    while let Some((number, wire)) = reader.key()? {
        match number {
            1..=4 => drop(reader.text(wire)?),
            _ => reader.skip(number, wire, depth)?,
        }
    }
    Ok(())
}
