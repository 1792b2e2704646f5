//! Whatever comes in: nothing panics, and what both JSON readers read they read alike.

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use store::model::UnixNano;
use store::write::Batch;

use super::{span, traces};
use crate::decode::{Encoding, decode, json};
use crate::normalise::Normaliser;
use crate::signal::Signal;

/// Bytes to rows, the whole pure part of the way.
fn swallow(encoding: Encoding, body: &[u8]) {
    let now = UnixNano::from_secs(1_800_000_000);
    for signal in Signal::ALL {
        let Ok(request) = decode(signal, encoding, Bytes::copy_from_slice(body)) else {
            continue;
        };
        let (mut normaliser, mut batch) = (Normaliser::default(), Batch::default());
        match signal {
            Signal::Traces => normaliser.traces(&request, now, &mut batch),
            Signal::Logs => normaliser.logs(&request, now, &mut batch),
            Signal::Metrics => normaliser.metrics(&request, now, &mut batch),
        }
        .expect("it was found to be sound");
    }
}

fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        Just(None),
        any::<String>().prop_map(|text| Some(Value::StringValue(text))),
        any::<i64>().prop_map(|number| Some(Value::IntValue(number))),
        any::<f64>().prop_map(|number| Some(Value::DoubleValue(number))),
        any::<bool>().prop_map(|truth| Some(Value::BoolValue(truth))),
        any::<Vec<u8>>().prop_map(|bytes| Some(Value::BytesValue(bytes))),
    ];
    let leaf = leaf.prop_map(|value| AnyValue { value });
    leaf.prop_recursive(4, 32, 4, |inner| {
        let array = vec(inner.clone(), 0..4).prop_map(|values| ArrayValue { values });
        let list = vec(("[a-z.]{0,12}", inner), 0..4).prop_map(|pairs| KeyValueList {
            values: pairs
                .into_iter()
                .map(|(key, value)| pair(key, value))
                .collect(),
        });
        prop_oneof![
            array.prop_map(|array| AnyValue {
                value: Some(Value::ArrayValue(array))
            }),
            list.prop_map(|list| AnyValue {
                value: Some(Value::KvlistValue(list))
            }),
        ]
    })
}

fn pair(key: String, value: AnyValue) -> KeyValue {
    KeyValue {
        key,
        value: Some(value),
        ..Default::default()
    }
}

fn request() -> impl Strategy<Value = ExportTraceServiceRequest> {
    let attributes = vec(("[a-z.]{0,12}", any_value()), 0..4);
    let parts = (
        any::<String>(),
        vec(any::<u8>(), 0..20),
        any::<u64>(),
        attributes,
    );
    vec(parts, 0..6).prop_map(|spans| {
        let spans = spans.into_iter().map(|(name, id, time, attributes)| {
            let mut span = span(&name);
            span.span_id = id;
            span.end_time_unix_nano = time;
            span.attributes = attributes
                .into_iter()
                .map(|(key, value)| pair(key, value))
                .collect();
            span
        });
        traces(spans.collect())
    })
}

/// Where a byte is changed, and to what.
fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
}

fn edited(mut body: Vec<u8>, edits: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    for (place, byte) in edits {
        if !body.is_empty() {
            let place = place.index(body.len());
            body[place] = *byte;
        }
    }
    body
}

const OTLP_JSON: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"faas.name",
    "value":{"stringValue":"f"}}]},"scopeSpans":[{"scope":{"name":"n"},"spans":[{
    "traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","kind":2,
    "startTimeUnixNano":"1600000000000000000","attributes":[{"key":"a","value":{"kvlistValue":
    {"values":[{"key":"b","value":{"intValue":"1"}},{"value":{"doubleValue":-1.5e3}}]}}}],
    "events":[{"name":"\u00e9\ud83d\ude00","timeUnixNano":1}],"status":{"code":2}}]}]}]}"#;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise_never_panics(body in vec(any::<u8>(), 0..600)) {
        swallow(Encoding::Protobuf, &body);
        swallow(Encoding::Json, &body);
    }

    #[test]
    fn a_request_survives_protobuf_and_damage_never_panics(
        request in request(),
        edits in edits(),
    ) {
        let body = request.encode_to_vec();
        let plain = Bytes::copy_from_slice(&body);
        prop_assert_eq!(&decode(Signal::Traces, Encoding::Protobuf, plain).expect("sound"), &body);
        swallow(Encoding::Protobuf, &body);
        swallow(Encoding::Protobuf, &edited(body, &edits));
    }

    #[test]
    fn damaged_json_never_panics(edits in edits(), cut in any::<prop::sample::Index>()) {
        let body = edited(OTLP_JSON.into(), &edits);
        swallow(Encoding::Json, &body);
        swallow(Encoding::Json, &body[..cut.index(body.len())]);
    }

    /// A second opinion on what JSON is. Left out: half surrogates, floats too big and deep
    /// nesting, where we differ on purpose.
    #[test]
    fn json_is_what_serde_json_says_it_is(
        text in r#"([\[\]{}:,. \n"]|\\[n"/x]|[01-]|e5|"a":|null|true|"é"|[a-z]){0,24}"#,
    ) {
        let document = format!(r#"{{"unknown":{text}}}"#);
        let theirs = serde_json::from_str::<serde_json::Value>(&document);
        let ours = json::traces(document.as_bytes());
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{}: {:?}", document, ours);
    }

    #[test]
    fn texts_are_read_as_serde_json_wrote_them(name in any::<String>()) {
        let body = serde_json::json!({ "resourceSpans": [{ "schemaUrl": name }] }).to_string();
        let request = json::traces(body.as_bytes()).expect("read");
        prop_assert_eq!(&request.resource_spans[0].schema_url, &name);
    }
}
