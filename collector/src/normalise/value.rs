//! OTLP values to text, as the ClickHouse exporter of the collector writes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use store::model::Attributes;

/// Levels of arrays and maps written out; what lies deeper becomes [`CUT`].
const DEPTH_MAX: usize = 32;

/// Stands for what lies deeper than [`DEPTH_MAX`].
const CUT: &str = "(nested too deep)";

/// Attributes as a map of text to text; the last of a repeated key wins.
pub(super) fn attributes(pairs: &[KeyValue]) -> Attributes {
    Attributes::new(
        pairs
            .iter()
            .map(|pair| (pair.key.clone(), optional_text(pair.value.as_ref())))
            .collect(),
    )
}

/// [`text`], where no value is the empty text.
pub(super) fn optional_text(value: Option<&AnyValue>) -> String {
    value.map(text).unwrap_or_default()
}

/// A value as one text: plain for scalars, base64 for bytes, JSON for arrays and maps.
pub(super) fn text(value: &AnyValue) -> String {
    let Some(value) = &value.value else {
        return String::new();
    };
    match value {
        Value::StringValue(text) => text.clone(),
        Value::BoolValue(flag) => flag.to_string(),
        Value::IntValue(number) => number.to_string(),
        Value::DoubleValue(number) => float(*number),
        Value::BytesValue(bytes) => STANDARD.encode(bytes),
        // An index into a dictionary that only profiles carry.
        Value::StringValueStrindex(_) => String::new(),
        Value::ArrayValue(_) | Value::KvlistValue(_) => {
            let mut out = String::new();
            json(value, 0, &mut out);
            out
        }
    }
}

/// Shortest decimal that reads back the same, with exponents where the exporter (ES6 rules) has
/// them.
///
/// For NaN and infinities the exporter writes `json: unsupported value: NaN`; we write the number's
/// own name, which ClickHouse can read back.
fn float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{number:e}");
        return match text.split_once('e') {
            Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power}"),
            _ => text,
        };
    }
    number.to_string()
}

fn json(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::StringValue(text) => json_string(text, out),
        Value::BoolValue(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::IntValue(number) => out.push_str(&number.to_string()),
        Value::DoubleValue(number) if number.is_finite() => out.push_str(&float(*number)),
        Value::DoubleValue(number) => json_string(&float(*number), out),
        Value::BytesValue(bytes) => json_string(&STANDARD.encode(bytes), out),
        Value::StringValueStrindex(_) => out.push_str("null"),
        Value::ArrayValue(_) | Value::KvlistValue(_) if depth >= DEPTH_MAX => json_string(CUT, out),
        Value::ArrayValue(array) => json_array(array, depth, out),
        Value::KvlistValue(list) => json_object(list, depth, out),
    }
}

fn json_optional(value: Option<&AnyValue>, depth: usize, out: &mut String) {
    match value.and_then(|v| v.value.as_ref()) {
        Some(value) => json(value, depth, out),
        None => out.push_str("null"),
    }
}

fn json_array(array: &ArrayValue, depth: usize, out: &mut String) {
    out.push('[');
    for (i, value) in array.values.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        json_optional(Some(value), depth + 1, out);
    }
    out.push(']');
}

/// Keys are sorted and unique, so that equal maps are equal texts.
fn json_object(list: &KeyValueList, depth: usize, out: &mut String) {
    let mut pairs: Vec<&KeyValue> = list.values.iter().rev().collect();
    pairs.sort_by(|a, b| a.key.cmp(&b.key));
    pairs.dedup_by(|later, kept| later.key == kept.key);
    out.push('{');
    for (i, pair) in pairs.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        json_string(&pair.key, out);
        out.push(':');
        json_optional(pair.value.as_ref(), depth + 1, out);
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
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for _ in 0..90 {
            value = Value::ArrayValue(ArrayValue {
                values: vec![any(value)],
            });
        }
        let text = text(&any(value));
        assert_eq!(text.matches('[').count(), 32);
        assert!(text.contains(CUT));
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }
}
