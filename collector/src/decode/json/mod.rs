//! OTLP/JSON. Ids are hex in any case, 64-bit integers numbers or strings, enums integers, names
//! lowerCamelCase; unknown fields are skipped, missing ones and `null` are the default.
//!
//! The text is read once, straight into the messages: a tree of JSON values between the two would
//! take some twenty times the body.

mod common;
mod logs;
mod metrics;
mod reader;
mod traces;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use prost::Message;

use super::{DecodeError, decoded_limit};
use crate::signal::Signal;
use reader::{Read, Reader};

/// What an id becomes that is not hex text, such as base64: bytes of a length no id has, so that
/// only the item holding it is refused and not the request around it.
pub const NOT_HEX: &[u8] = b"not hexadecimal";

/// Decodes the body of `POST /v1/traces`. An empty body is an empty request.
///
/// # Errors
/// [`DecodeError`] with the path of the field that is not what OTLP/JSON wants.
pub fn traces(body: &[u8]) -> Result<ExportTraceServiceRequest, DecodeError> {
    document(body, traces::request)
}

/// Decodes the body of `POST /v1/logs`. An empty body is an empty request.
///
/// # Errors
/// [`DecodeError`] with the path of the field that is not what OTLP/JSON wants.
pub fn logs(body: &[u8]) -> Result<ExportLogsServiceRequest, DecodeError> {
    document(body, logs::request)
}

/// Decodes the body of `POST /v1/metrics`. An empty body is an empty request.
///
/// # Errors
/// [`DecodeError`] with the path of the field that is not what OTLP/JSON wants.
pub fn metrics(body: &[u8]) -> Result<ExportMetricsServiceRequest, DecodeError> {
    document(body, metrics::request)
}

/// A body of any signal as protobuf.
pub(super) fn to_protobuf(signal: Signal, body: &[u8]) -> Result<Vec<u8>, DecodeError> {
    Ok(match signal {
        Signal::Traces => traces(body)?.encode_to_vec(),
        Signal::Logs => logs(body)?.encode_to_vec(),
        Signal::Metrics => metrics(body)?.encode_to_vec(),
    })
}

fn document<T: Default>(
    body: &[u8],
    request: fn(&mut Reader<'_>) -> Read<T>,
) -> Result<T, DecodeError> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let at = error.valid_up_to();
        DecodeError::new(
            "",
            format!("the body is not UTF-8: byte {at} begins no character"),
        )
    })?;
    // A byte order mark is no JSON, but editors and .NET write one.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::new(text, decoded_limit(body.len()));
    if reader.is_at_end() {
        return Ok(T::default());
    }
    let message = request(&mut reader)?;
    reader.end()?;
    Ok(message)
}

#[cfg(test)]
mod tests;
