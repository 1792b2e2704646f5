//! OTLP in protobuf: whether a body is sound, before it is kept, and where the fault lies if not.
//! What it says is read elsewhere, straight into rows (`wire`).

use opentelemetry_proto::tonic::collector::{logs, metrics, trace};
use prost::Message;

use super::shape::{self, Field, Holds, Shape};
use super::wire::{Depth, Malformed, Reader, plain_pair};
use super::{DecodeError, decoded_limit};
use crate::signal::Signal;

/// `prost` gives up at the same depth.
const MAX_DEPTH: usize = 100;

/// No shape has more fields than this.
const MAX_FIELDS: usize = 16;

pub(super) fn shape_of(signal: Signal) -> &'static Shape {
    match signal {
        Signal::Traces => &shape::TRACES,
        Signal::Logs => &shape::LOGS,
        Signal::Metrics => &shape::METRICS,
    }
}

/// Whether a body is a request of this signal: `prost` would take it, and it would not become
/// much bigger than itself. A few megabytes of empty messages are gigabytes once they are rows.
///
/// # Errors
/// [`DecodeError`] naming the field where the bytes stop making sense.
pub fn check(signal: Signal, body: &[u8]) -> Result<(), DecodeError> {
    let limit = decoded_limit(body.len());
    let mut check = Check { left: limit };
    match check.message(shape_of(signal), body, Depth::TOP) {
        Ok(()) => Ok(()),
        Err(Unsound::TooBig) => Err(DecodeError::too_big(limit)),
        Err(Unsound::Malformed) => Err(explain(signal, body)),
    }
}

/// What is wrong with a body that could not be read, and where: it is walked again, slowly.
pub(crate) fn explain(signal: Signal, body: &[u8]) -> DecodeError {
    if let Err(fault) = (Walk {
        looks_into_texts: false,
    })
    .message(shape_of(signal), body, 0)
    {
        return fault.into_error();
    }
    if let Err(fault) = (Walk {
        looks_into_texts: true,
    })
    .message(shape_of(signal), body, 0)
    {
        return fault.into_error();
    }
    // What is left are fields of the wrong type, which `prost` has words for.
    let error = match signal {
        Signal::Traces => trace::v1::ExportTraceServiceRequest::decode(body).err(),
        Signal::Logs => logs::v1::ExportLogsServiceRequest::decode(body).err(),
        Signal::Metrics => metrics::v1::ExportMetricsServiceRequest::decode(body).err(),
    };
    match error {
        Some(error) => from_prost(&error),
        None => DecodeError::new("", "the body is no such request"),
    }
}

/// What a body is instead of sound.
enum Unsound {
    Malformed,
    TooBig,
}

impl From<Malformed> for Unsound {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// The quick walk of every body.
struct Check {
    /// Bytes of memory the rest of the messages may take.
    left: usize,
}

impl Check {
    fn message(&mut self, shape: &Shape, bytes: &[u8], depth: Depth) -> Result<(), Unsound> {
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            let Some((_, field)) = shape.field(number) else {
                reader.skip(number, wire, depth)?;
                continue;
            };
            match &field.2 {
                Holds::Varint => drop(reader.number(wire)?),
                Holds::Fixed32 => drop(reader.fixed32(wire)?),
                Holds::Fixed64 => drop(reader.fixed64(wire)?),
                Holds::Bytes => drop(reader.bytes(wire)?),
                Holds::Text => drop(reader.text(wire)?),
                Holds::Texts => {
                    reader.text(wire)?;
                    self.charge(size_of::<String>())?;
                }
                Holds::One(shape) => self.message(shape, reader.bytes(wire)?, depth.enter()?)?,
                Holds::Many(shape, size) => {
                    let (bytes, depth) = (reader.bytes(wire)?, depth.enter()?);
                    self.charge(*size)?;
                    let is_pair = std::ptr::eq(*shape, &raw const shape::KEY_VALUE);
                    if !(is_pair && is_plain_pair(bytes, depth)) {
                        self.message(shape, bytes, depth)?;
                    }
                }
                Holds::Varints => {
                    let mut count = 0;
                    reader.numbers(wire, |_| count += 1)?;
                    self.charge(count * size_of::<u64>())?;
                }
                Holds::Fixed64s => reader.fixed64s(wire, drop)?,
            }
        }
        Ok(())
    }

    fn charge(&mut self, bytes: usize) -> Result<(), Unsound> {
        self.left = self.left.checked_sub(bytes).ok_or(Unsound::TooBig)?;
        Ok(())
    }
}

/// Whether a `KeyValue` is what most are, and in ASCII. Then it is sound.
fn is_plain_pair(bytes: &[u8], depth: Depth) -> bool {
    depth.enter().is_ok() && plain_pair(bytes).is_some() && bytes.is_ascii()
}

/// `prost` says `failed to decode Protobuf message: Span.kind: reason`, innermost message first.
fn from_prost(error: &prost::DecodeError) -> DecodeError {
    let text = error.to_string();
    let text = text
        .strip_prefix("failed to decode Protobuf message: ")
        .unwrap_or(&text);
    let mut path = Vec::new();
    let mut rest = text;
    while let Some((step, tail)) = rest.split_once(": ") {
        let Some((message, field)) = step.split_once('.') else {
            break;
        };
        if !message.starts_with(|c: char| c.is_ascii_uppercase()) {
            break;
        }
        path.push(camel_case(field));
        rest = tail;
    }
    path.reverse();
    DecodeError::new(path.join("."), rest)
}

fn camel_case(name: &str) -> String {
    let mut upper = false;
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else {
            out.push(if upper { c.to_ascii_uppercase() } else { c });
            upper = false;
        }
    }
    out
}

/// What is wrong, and where: the steps are added while the walk returns, innermost first.
struct Fault {
    problem: String,
    steps: Vec<String>,
}

impl Fault {
    fn new(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            steps: Vec::new(),
        }
    }

    fn inside(mut self, field: &Field, index: u32) -> Self {
        self.steps.push(match field.2 {
            Holds::Many(..) | Holds::Texts => format!("{}[{index}]", field.1),
            _ => field.1.to_owned(),
        });
        self
    }

    fn into_error(mut self) -> DecodeError {
        self.steps.reverse();
        DecodeError::new(self.steps.join("."), self.problem)
    }
}

/// The walk through a body that is not sound, which knows where it is.
struct Walk {
    looks_into_texts: bool,
}

impl Walk {
    fn message(&self, shape: &Shape, mut bytes: &[u8], depth: usize) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err(Fault::new(format!(
                "nested deeper than {MAX_DEPTH} messages"
            )));
        }
        let mut seen = [0_u32; MAX_FIELDS];
        while !bytes.is_empty() {
            let key = varint(&mut bytes)?;
            let number = u32::try_from(key >> 3).unwrap_or(0);
            if number == 0 {
                return Err(Fault::new(format!(
                    "field number {} does not exist",
                    key >> 3
                )));
            }
            match key & 7 {
                0 => drop(varint(&mut bytes)?),
                1 => drop(take(&mut bytes, 8)?),
                5 => drop(take(&mut bytes, 4)?),
                2 => {
                    let announced = varint(&mut bytes)?;
                    let Some((position, field)) = shape.field(number) else {
                        take(&mut bytes, announced)?;
                        continue;
                    };
                    let index = seen[position];
                    seen[position] += 1;
                    take(&mut bytes, announced)
                        .and_then(|value| self.field(field, value, depth))
                        .map_err(|fault| fault.inside(field, index))?;
                }
                wire_type => {
                    return Err(Fault::new(format!(
                        "field {number} has wire type {wire_type}, which OTLP never uses"
                    )));
                }
            }
        }
        Ok(())
    }

    fn field(&self, field: &Field, value: &[u8], depth: usize) -> Result<(), Fault> {
        match &field.2 {
            Holds::Text | Holds::Texts => self.text(value),
            Holds::One(shape) | Holds::Many(shape, _) => self.message(shape, value, depth + 1),
            _ => Ok(()),
        }
    }

    fn text(&self, value: &[u8]) -> Result<(), Fault> {
        if !self.looks_into_texts {
            return Ok(());
        }
        std::str::from_utf8(value).map(drop).map_err(|error| {
            Fault::new(format!(
                "is not UTF-8: byte {} begins no character",
                error.valid_up_to()
            ))
        })
    }
}

/// Takes a base-128 number off the front.
fn varint(bytes: &mut &[u8]) -> Result<u64, Fault> {
    let mut value = 0_u64;
    for (i, &byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            *bytes = &bytes[i + 1..];
            return Ok(value);
        }
    }
    Err(Fault::new(if bytes.len() < 10 {
        "is cut short in the middle of a number"
    } else {
        "holds a number longer than ten bytes"
    }))
}

/// Takes so many bytes off the front.
fn take<'a>(bytes: &mut &'a [u8], wanted: u64) -> Result<&'a [u8], Fault> {
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    let Some((value, rest)) = bytes.split_at_checked(wanted) else {
        let left = bytes.len();
        return Err(Fault::new(format!(
            "is cut short: {wanted} bytes announced, {left} left"
        )));
    };
    *bytes = rest;
    Ok(value)
}

#[cfg(test)]
mod tests;
