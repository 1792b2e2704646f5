//! What values become as text.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use prost::Message;

use super::*;

fn text(value: &AnyValue) -> String {
    let bytes = value.encode_to_vec();
    let mut read = Any::None;
    read.merge(&bytes, Some(Depth::TOP)).unwrap();
    read.into_text().as_str().to_owned()
}

fn any(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(any(value)),
        key_strindex: 0,
    }
}

#[test]
fn scalars_become_plain_text_as_the_exporter_writes_them() {
    let cases = [
        (Value::StringValue("a\0b".into()), "a\0b"),
        (Value::BoolValue(true), "true"),
        (Value::IntValue(-9_007_199_254_740_993), "-9007199254740993"),
        (Value::DoubleValue(637.704), "637.704"),
        (Value::DoubleValue(1.0), "1"),
        (Value::DoubleValue(-0.0), "-0"),
        (Value::DoubleValue(1e20), "100000000000000000000"),
        (Value::DoubleValue(1e21), "1e+21"),
        (Value::DoubleValue(1.5e-7), "1.5e-7"),
        (Value::DoubleValue(f64::NAN), "NaN"),
        (Value::DoubleValue(f64::NEG_INFINITY), "-Inf"),
        (Value::BytesValue(vec![0xff, 0, 1]), "/wAB"),
    ];
    for (value, expected) in cases {
        assert_eq!(text(&any(value)), expected);
    }
    assert_eq!(text(&AnyValue { value: None }), "");
}

#[test]
fn maps_become_json_with_sorted_unique_keys_and_safe_strings() {
    let inner = ArrayValue {
        values: vec![any(Value::IntValue(1)), AnyValue { value: None }],
    };
    let map = KeyValueList {
        values: vec![
            pair("z", Value::StringValue("<\"\u{1}\u{2028}>".into())),
            pair("a", Value::BoolValue(false)),
            pair("a", Value::ArrayValue(inner)),
            pair("n", Value::DoubleValue(f64::INFINITY)),
        ],
    };
    assert_eq!(
        text(&any(Value::KvlistValue(map))),
        r#"{"a":[1,null],"n":"+Inf","z":"<\"\u0001\u2028>"}"#
    );
}

#[test]
fn nesting_deeper_than_32_is_cut_and_stays_json() {
    let mut value = Value::IntValue(7);
    for _ in 0..45 {
        value = Value::ArrayValue(ArrayValue {
            values: vec![any(value)],
        });
    }
    let text = text(&any(value));
    assert_eq!(text.matches('[').count(), 32);
    assert!(text.contains(CUT));
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
}
