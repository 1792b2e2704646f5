//! The texts of `prost`'s values, made in another way than the walker makes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};

/// Levels of arrays and maps written out; what lies deeper becomes [`CUT`].
const DEPTH_MAX: usize = 32;

/// Stands for what lies deeper than [`DEPTH_MAX`].
const CUT: &str = "(nested too deep)";

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
