//! What the protobuf decoder says about good and bad bytes.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

use super::*;

fn request(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans {
        spans,
        ..Default::default()
    }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans,
            ..Default::default()
        }],
    }
}

fn attribute(key: &str, value: Value) -> KeyValue {
    let value = Some(AnyValue { value: Some(value) });
    KeyValue {
        key: key.into(),
        value,
        ..Default::default()
    }
}

fn refusal(body: &[u8]) -> String {
    check(Signal::Traces, body)
        .expect_err("refused")
        .to_string()
}

/// A length-delimited field.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    prost::encoding::encode_varint(value.len() as u64, &mut out);
    out.extend(value);
    out
}

#[test]
fn an_empty_body_is_an_empty_request_of_every_signal() {
    for signal in Signal::ALL {
        assert_eq!(check(signal, b""), Ok(()));
    }
}

#[test]
fn a_request_that_was_encoded_is_sound() {
    let span = Span {
        name: "checkout".into(),
        attributes: vec![attribute("a", Value::IntValue(1))],
        ..Default::default()
    };
    let sent = request(vec![span; 10]).encode_to_vec();
    assert_eq!(check(Signal::Traces, &sent), Ok(()));
}

#[test]
fn truncated_bytes_name_the_field_that_is_cut() {
    let span = Span {
        name: "checkout".into(),
        ..Default::default()
    };
    let body = request(vec![span.clone(), span]).encode_to_vec();
    // Outermost lengths are checked first: a cut shows in the first field that announces too much.
    assert_eq!(
        refusal(&body[..body.len() - 3]),
        "resourceSpans[0]: is cut short: 26 bytes announced, 23 left"
    );
    let inner = field(
        1,
        &field(
            2,
            &[field(2, &[]), vec![2 << 3 | 2, 9, 5 << 3 | 2]].concat(),
        ),
    );
    assert_eq!(
        refusal(&inner),
        "resourceSpans[0].scopeSpans[0].spans[1]: is cut short: 9 bytes announced, 1 left"
    );
    for end in 1..body.len() {
        assert!(check(Signal::Traces, &body[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn text_that_is_not_utf8_names_the_field_even_in_a_small_attribute() {
    let key_value = field(1, b"ab\xff");
    let span = [field(9, &[]), field(9, &key_value)].concat();
    let body = field(1, &field(2, &field(2, &span)));
    assert_eq!(
        refusal(&body),
        "resourceSpans[0].scopeSpans[0].spans[0].attributes[1].key: \
         is not UTF-8: byte 2 begins no character"
    );
}

#[test]
fn a_field_of_the_wrong_type_names_the_field() {
    // Span.kind as a text.
    let body = field(1, &field(2, &field(2, &field(6, b"server"))));
    assert_eq!(
        refusal(&body),
        "resourceSpans.scopeSpans.spans.kind: \
         invalid wire type: LengthDelimited (expected Varint)"
    );
}

#[test]
fn text_and_json_sent_as_protobuf_are_refused() {
    for body in [
        &b"hello, collector"[..],
        b"{\"resourceSpans\":[]}",
        &[0xff; 64],
        &[0; 8],
    ] {
        assert!(check(Signal::Traces, body).is_err(), "{body:?}");
    }
    assert_eq!(
        refusal(&[3 << 3 | 3]),
        "field 3 has wire type 3, which OTLP never uses"
    );
}

#[test]
fn a_body_of_empty_messages_is_refused_before_it_takes_the_memory() {
    let spans = [2 << 3 | 2, 0].repeat(1024 * 1024);
    let error = check(Signal::Traces, &field(1, &field(2, &spans))).expect_err("refused");
    assert!(error.too_big, "{error}");
    let values = [1 << 3 | 2, 0].repeat(1024 * 1024);
    let any = field(5, &values);
    let span = field(9, &[field(1, b"k"), field(2, &any)].concat());
    let error = check(Signal::Traces, &field(1, &field(2, &field(2, &span))));
    assert!(error.expect_err("refused").too_big);
}

#[test]
fn small_requests_are_never_refused_for_their_density() {
    let body = request(vec![Span::default(); 10_000]).encode_to_vec();
    assert_eq!(check(Signal::Traces, &body), Ok(()));
}

#[test]
fn nesting_is_bounded() {
    let mut any = Vec::new();
    for _ in 0..2_000 {
        any = field(5, &field(1, &any));
    }
    let span = field(9, &[field(1, b"k"), field(2, &any)].concat());
    let error = refusal(&field(1, &field(2, &field(2, &span))));
    assert!(
        error.ends_with("nested deeper than 100 messages"),
        "{error}"
    );
}
