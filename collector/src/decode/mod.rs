//! Bytes to OTLP. Never panics, and never takes a request that becomes much bigger than its bytes.
//! JSON becomes protobuf at the door, so that behind it there is one way.

pub mod json;
pub mod protobuf;
pub(crate) mod rewrite;
mod shape;
pub(crate) mod wire;

use std::fmt;

use bytes::Bytes;

use crate::signal::Signal;

/// Most characters of a path or problem that are repeated to a caller: enough to find the field,
/// too few to make the answer a mirror for hostile text.
const QUOTED_CHARS: usize = 200;

/// A small message may always decode to this many bytes: below it the ratio says nothing.
const DECODED_FLOOR_BYTES: usize = 16 * 1024 * 1024;

/// How much bigger than its bytes a message may become. The leanest honest one, log records with a
/// time and a one-letter body, is 15.6 times its 16 bytes; two bytes of empty span become 300.
const DECODED_RATIO: usize = 16;

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-protobuf`, and every gRPC message.
    Protobuf,
    /// `application/json`.
    Json,
}

/// Why a body is not the message it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct DecodeError {
    /// Path to the field, as `resourceSpans[0].scopeSpans[0].spans[3].kind`; empty when the body
    /// as a whole is at fault. At most 200 characters.
    pub field: String,
    /// What is wrong and what was expected. At most 200 characters, without control characters.
    pub problem: String,
    /// Whether the bytes are sound but the message would take too much memory.
    pub too_big: bool,
}

impl DecodeError {
    pub(crate) fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            field: printable(&field.into()),
            problem: printable(&problem.into()),
            too_big: false,
        }
    }

    fn too_big(limit: usize) -> Self {
        let problem = format!(
            "it would take more than {limit} bytes once decoded, for it consists of almost empty \
             items; send fewer of them at once"
        );
        Self {
            too_big: true,
            ..Self::new("", problem)
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            f.write_str(&self.problem)
        } else {
            write!(f, "{}: {}", self.field, self.problem)
        }
    }
}

/// A body as sound protobuf: checked, or made from JSON.
///
/// # Errors
/// [`DecodeError`] naming the field.
pub fn decode(signal: Signal, encoding: Encoding, body: Bytes) -> Result<Bytes, DecodeError> {
    let body = match encoding {
        Encoding::Protobuf => body,
        Encoding::Json => json::to_protobuf(signal, &body)?.into(),
    };
    protobuf::check(signal, &body)?;
    Ok(body)
}

/// The most bytes a message of `body_bytes` may take once decoded.
fn decoded_limit(body_bytes: usize) -> usize {
    body_bytes
        .saturating_mul(DECODED_RATIO)
        .max(DECODED_FLOOR_BYTES)
}

/// A caller's own text, fit to be shown: bounded and without control characters.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .take(QUOTED_CHARS)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}
