//! Texts of a request exchanged for others, where they lie in its bytes: everything else stays as it was
//! sent, fields that nobody knows too.

use prost::encoding::{WireType, encode_key, encode_varint};

use super::protobuf::shape_of;
use super::shape::{self, Holds, Shape};
use super::wire::{Depth, Malformed, Reader};
use crate::signal::Signal;

/// Texts that people and programs fill: values, bodies, names of spans and events, messages of a status.
const TEXTS: &[&str] = &[
    "stringValue",
    "name",
    "message",
    "eventName",
    "severityText",
];

/// A request with other texts. `change` is asked for each, with the name of the attribute whose value it
/// is, or an empty one; it gives what is to stand in its place. `None`: nothing was changed.
///
/// # Errors
/// [`Malformed`], which no request is that was checked.
pub(crate) fn texts(
    signal: Signal,
    body: &[u8],
    change: &mut impl FnMut(&str, &str) -> Option<String>,
) -> Result<Option<Vec<u8>>, Malformed> {
    message(shape_of(signal), body, "", Depth::TOP, change)
}

fn message(
    shape: &Shape,
    bytes: &[u8],
    name: &str,
    depth: Depth,
    change: &mut impl FnMut(&str, &str) -> Option<String>,
) -> Result<Option<Vec<u8>>, Malformed> {
    let name = match std::ptr::eq(shape, &raw const shape::KEY_VALUE) {
        true => key(bytes, depth)?,
        false => name,
    };
    let mut reader = Reader::new(bytes);
    // Made at the first change; what came before it is taken over in one piece.
    let mut out: Option<Vec<u8>> = None;
    let mut copied = 0;
    loop {
        let begin = bytes.len() - reader.left();
        let Some((number, wire)) = reader.key()? else {
            break;
        };
        let changed = match shape.field(number).map(|(_, field)| (field.1, &field.2)) {
            Some((field, Holds::Text)) if TEXTS.contains(&field) => {
                change(name, reader.text(wire)?).map(String::into_bytes)
            }
            Some((_, Holds::One(inner) | Holds::Many(inner, _))) => {
                message(inner, reader.bytes(wire)?, name, depth.enter()?, change)?
            }
            // A body in bytes is most often a text.
            Some(("bytesValue", _)) => std::str::from_utf8(reader.bytes(wire)?)
                .ok()
                .and_then(|text| change(name, text))
                .map(String::into_bytes),
            _ => {
                reader.skip(number, wire, depth)?;
                None
            }
        };
        if let Some(new) = changed {
            let out = out.get_or_insert_with(|| Vec::with_capacity(bytes.len()));
            out.extend_from_slice(&bytes[copied..begin]);
            encode_key(number, WireType::LengthDelimited, out);
            encode_varint(new.len() as u64, out);
            out.extend_from_slice(&new);
            copied = bytes.len() - reader.left();
        }
    }
    if let Some(out) = &mut out {
        out.extend_from_slice(&bytes[copied..]);
    }
    Ok(out)
}

/// The name of a pair: told twice, the last one counts.
fn key(bytes: &[u8], depth: Depth) -> Result<&str, Malformed> {
    let (mut reader, mut key) = (Reader::new(bytes), "");
    while let Some((number, wire)) = reader.key()? {
        match number {
            1 => key = reader.text(wire)?,
            _ => reader.skip(number, wire, depth)?,
        }
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, KeyValueList};
    use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
    use prost::Message;

    use super::*;

    fn value(value: Value) -> AnyValue {
        AnyValue { value: Some(value) }
    }

    fn pair(key: &str, content: AnyValue) -> KeyValue {
        KeyValue {
            key: key.to_owned(),
            value: Some(content),
            ..KeyValue::default()
        }
    }

    /// A record whose inner field has this value, with a body and a number around it.
    fn request(inner: &str) -> Vec<u8> {
        let text = value(Value::StringValue(inner.to_owned()));
        let list = KeyValueList {
            values: vec![
                pair("inner", text.clone()),
                pair("n", value(Value::IntValue(7))),
            ],
        };
        let record = LogRecord {
            time_unix_nano: 5,
            body: Some(text),
            attributes: vec![pair("outer", value(Value::KvlistValue(list)))],
            trace_id: vec![1; 16],
            ..LogRecord::default()
        };
        ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                scope_logs: vec![ScopeLogs {
                    log_records: vec![
                        record.clone(),
                        LogRecord {
                            body: None,
                            ..record
                        },
                    ],
                    ..ScopeLogs::default()
                }],
                ..ResourceLogs::default()
            }],
        }
        .encode_to_vec()
    }

    #[test]
    fn texts_are_exchanged_wherever_they_lie_and_nothing_else_moves() {
        let mut seen = Vec::new();
        let changed = texts(Signal::Logs, &request("old"), &mut |name, text| {
            seen.push(name.to_owned());
            (text == "old").then(|| "a much longer one than before".to_owned())
        });
        assert_eq!(changed, Ok(Some(request("a much longer one than before"))));
        assert!(
            seen.contains(&"inner".to_owned()),
            "the pair's own name: {seen:?}"
        );
        assert!(seen.contains(&String::new()), "a body has none: {seen:?}");
    }

    #[test]
    fn what_is_not_changed_is_not_written_anew() {
        assert_eq!(
            texts(Signal::Logs, &request("old"), &mut |_, _| None),
            Ok(None)
        );
    }

    #[test]
    fn fields_that_nobody_knows_stay() {
        let mut body = request("old");
        // Field 900, a number; field 901, bytes.
        let unknown = [0xa0, 0x38, 0x07, 0xaa, 0x38, 0x02, 0xff, 0xfe];
        body.extend_from_slice(&unknown);
        let changed = texts(Signal::Logs, &body, &mut |_, text| {
            (text == "old").then(|| "new".to_owned())
        });
        let changed = changed.expect("sound").expect("changed");
        assert!(changed.ends_with(&unknown));
    }
}
