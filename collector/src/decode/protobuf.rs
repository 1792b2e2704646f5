//! OTLP in protobuf. The body is walked once before `prost` builds anything: a few megabytes of
//! empty messages would otherwise become gigabytes. The walk also knows where a fault lies.

use prost::Message;

use super::shape::{self, Field, Holds, Shape};
use super::{DecodeError, Decoded, decoded_limit};
use crate::signal::Signal;

/// `prost` gives up at the same depth.
const MAX_DEPTH: usize = 100;

/// Attributes up to this size are counted but not entered: lists inside one this small add at most
/// some twenty times its bytes, and most attributes are this small.
const SMALL_ATTRIBUTE_BYTES: usize = 64;

/// No shape has more fields than this.
const MAX_FIELDS: usize = 12;

/// Decodes a body; the second value is about how many bytes the message takes in memory.
///
/// # Errors
/// [`DecodeError`] naming the field where the bytes stop making sense.
pub fn decode(signal: Signal, body: &[u8]) -> Result<(Decoded, usize), DecodeError> {
    let shape = match signal {
        Signal::Traces => &shape::TRACES,
        Signal::Logs => &shape::LOGS,
        Signal::Metrics => &shape::METRICS,
    };
    let decoded_bytes = measure(shape, body)?;
    let decoded = match signal {
        Signal::Traces => Message::decode(body).map(Decoded::Traces),
        Signal::Logs => Message::decode(body).map(Decoded::Logs),
        Signal::Metrics => Message::decode(body).map(Decoded::Metrics),
    };
    match decoded {
        Ok(decoded) => Ok((decoded, body.len() + decoded_bytes)),
        Err(error) => Err(locate(shape, body).unwrap_or_else(|| from_prost(&error))),
    }
}

/// How much memory the messages in `body` take beside their texts, bytes.
fn measure(shape: &Shape, body: &[u8]) -> Result<usize, DecodeError> {
    let limit = decoded_limit(body.len());
    let mut walk = Walk {
        decoded_bytes: 0,
        limit,
        thorough: false,
    };
    walk.message(shape, body, 0)
        .map_err(|fault| fault.into_error(limit))?;
    Ok(walk.decoded_bytes)
}

/// Walks again, now entering everything and looking into texts, after `prost` refused the body.
fn locate(shape: &Shape, body: &[u8]) -> Option<DecodeError> {
    let mut walk = Walk {
        decoded_bytes: 0,
        limit: usize::MAX,
        thorough: true,
    };
    walk.message(shape, body, 0)
        .err()
        .map(|fault| fault.into_error(usize::MAX))
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
    problem: Option<String>,
    steps: Vec<String>,
}

impl Fault {
    fn new(problem: impl Into<String>) -> Self {
        Self {
            problem: Some(problem.into()),
            steps: Vec::new(),
        }
    }

    const fn too_big() -> Self {
        Self {
            problem: None,
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

    fn into_error(mut self, limit: usize) -> DecodeError {
        let Some(problem) = self.problem else {
            return DecodeError::too_big(limit);
        };
        self.steps.reverse();
        DecodeError::new(self.steps.join("."), problem)
    }
}

struct Walk {
    decoded_bytes: usize,
    limit: usize,
    /// Enter small attributes and check texts too.
    thorough: bool,
}

impl Walk {
    fn message(&mut self, shape: &Shape, mut bytes: &[u8], depth: usize) -> Result<(), Fault> {
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
                    let Some(position) = shape.position(number) else {
                        take(&mut bytes, announced)?;
                        continue;
                    };
                    let field = &shape.0[position];
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

    fn field(&mut self, field: &Field, value: &[u8], depth: usize) -> Result<(), Fault> {
        match &field.2 {
            Holds::Text => self.text(value),
            Holds::Texts => {
                self.charge(size_of::<String>())?;
                self.text(value)
            }
            Holds::Varints => self.charge(value.len().saturating_mul(size_of::<u64>())),
            Holds::One(shape) => self.message(shape, value, depth + 1),
            Holds::Many(shape, bytes) => {
                self.charge(*bytes)?;
                let is_attribute = std::ptr::eq(*shape, &raw const shape::KEY_VALUE);
                if is_attribute && value.len() <= SMALL_ATTRIBUTE_BYTES && !self.thorough {
                    return Ok(());
                }
                self.message(shape, value, depth + 1)
            }
        }
    }

    fn text(&self, value: &[u8]) -> Result<(), Fault> {
        if !self.thorough {
            return Ok(());
        }
        std::str::from_utf8(value).map(drop).map_err(|error| {
            Fault::new(format!(
                "is not UTF-8: byte {} begins no character",
                error.valid_up_to()
            ))
        })
    }

    fn charge(&mut self, bytes: usize) -> Result<(), Fault> {
        self.decoded_bytes = self.decoded_bytes.saturating_add(bytes);
        if self.decoded_bytes > self.limit {
            Err(Fault::too_big())
        } else {
            Ok(())
        }
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
