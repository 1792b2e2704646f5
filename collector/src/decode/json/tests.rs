//! What the JSON decoder takes and refuses, case by case.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point};
use opentelemetry_proto::tonic::trace::v1::Span;

use super::*;

fn span(fields: &str) -> Span {
    let body = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{fields}}}]}}]}}]}}"#);
    let mut request = traces(body.as_bytes()).expect("decoded");
    request
        .resource_spans
        .remove(0)
        .scope_spans
        .remove(0)
        .spans
        .remove(0)
}

fn value(json: &str) -> Option<Value> {
    let span = span(&format!(r#""attributes":[{{"key":"k","value":{json}}}]"#));
    span.attributes
        .into_iter()
        .next()
        .and_then(|pair| pair.value)
        .and_then(|any| any.value)
}

fn refusal(body: impl AsRef<[u8]>) -> String {
    traces(body.as_ref()).expect_err("refused").to_string()
}

/// The refusal of a span, without the path to it.
fn span_refusal(fields: &str) -> String {
    let body = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{fields}}}]}}]}}]}}"#);
    let error = refusal(body);
    let inside = error
        .strip_prefix("resourceSpans[0].scopeSpans[0].spans[0]")
        .unwrap_or(&error);
    inside.trim_start_matches('.').to_owned()
}

#[test]
fn ids_are_hex_in_any_case() {
    let span = span(
        r#""traceId":"5B8efff798038103d269b633813fc60C","spanId":"EEE19B7EC3C1B174",
           "parentSpanId":"""#,
    );
    assert_eq!(
        hex::encode(span.trace_id),
        "5b8efff798038103d269b633813fc60c"
    );
    assert_eq!(hex::encode(span.span_id), "eee19b7ec3c1b174");
    assert!(span.parent_span_id.is_empty());
}

#[test]
fn an_id_that_is_not_hex_spoils_its_item_only() {
    for id in [
        r#""W47/95gDgQPSabYzgT/GDA==""#,
        r#""abc""#,
        "[91,142]",
        "7",
        "{}",
        r#""é""#,
    ] {
        let span = span(&format!(r#""traceId":{id},"name":"kept""#));
        assert_eq!((&*span.trace_id, &*span.name), (NOT_HEX, "kept"), "{id}");
    }
    assert!(
        ![0, 8, 16].contains(&NOT_HEX.len()),
        "no id may have this length"
    );
}

#[test]
fn whole_numbers_may_be_numbers_or_texts() {
    for time in ["1544712660000000000", r#""1544712660000000000""#] {
        assert_eq!(
            span(&format!(r#""startTimeUnixNano":{time}"#)).start_time_unix_nano,
            1_544_712_660_000_000_000
        );
    }
    assert_eq!(
        span(r#""endTimeUnixNano":"18446744073709551615""#).end_time_unix_nano,
        u64::MAX
    );
    assert_eq!(span(r#""flags":256,"kind":2"#).flags, 256);
    assert_eq!(
        value(r#"{"intValue":"-9223372036854775808"}"#),
        Some(Value::IntValue(i64::MIN))
    );
    assert_eq!(value(r#"{"intValue":1e3}"#), Some(Value::IntValue(1000)));
    for bad in [
        "-1",
        "1.5",
        r#""18446744073709551616""#,
        r#""""#,
        r#""0x10""#,
        r#""NaN""#,
    ] {
        let error = span_refusal(&format!(r#""startTimeUnixNano":{bad}"#));
        assert!(error.starts_with("startTimeUnixNano: `"), "{bad}: {error}");
        assert!(
            error.ends_with("is not a whole number that fits 64 bits"),
            "{bad}: {error}"
        );
    }
}

#[test]
fn enums_are_numbers_and_their_names_are_refused_by_path() {
    assert_eq!(span(r#""kind":2,"status":{"code":2}"#).kind, 2);
    assert_eq!(
        refusal(
            r#"{"resourceSpans":[{},{"scopeSpans":[{"spans":[{"kind":"SPAN_KIND_SERVER"}]}]}]}"#
        ),
        "resourceSpans[1].scopeSpans[0].spans[0].kind: \
         expected the number of the enum value, found `SPAN_KIND_SERVER`"
    );
    assert_eq!(
        span_refusal(r#""status":{"code":"ERROR"}"#),
        "status.code: expected the number of the enum value, found `ERROR`"
    );
}

#[test]
fn attribute_values_of_every_kind() {
    assert_eq!(
        value(r#"{"stringValue":"x"}"#),
        Some(Value::StringValue("x".into()))
    );
    assert_eq!(value(r#"{"boolValue":true}"#), Some(Value::BoolValue(true)));
    assert_eq!(
        value(r#"{"doubleValue":-0.5}"#),
        Some(Value::DoubleValue(-0.5))
    );
    for base64 in ["+/8=", "-_8=", "-_8"] {
        let got = value(&format!(r#"{{"bytesValue":"{base64}"}}"#));
        assert_eq!(got, Some(Value::BytesValue(vec![0xfb, 0xff])), "{base64}");
    }
    let Some(Value::KvlistValue(list)) =
        value(r#"{"kvlistValue":{"values":[{"key":"a","value":{"arrayValue":{"values":[{}]}}}]}}"#)
    else {
        panic!("a list")
    };
    let Some(Value::ArrayValue(array)) = list.values[0].value.clone().and_then(|v| v.value) else {
        panic!("an array")
    };
    assert_eq!(array.values.len(), 1);
    assert_eq!(value("{}"), None);
    assert_eq!(
        value(r#"{"stringValue":null,"someday":[1,{"a":null}]}"#),
        None
    );
    assert_eq!(
        span_refusal(r#""attributes":[{"key":"k","value":"bare"}]"#),
        "attributes[0].value: expected an object, found a text"
    );
    assert_eq!(
        span_refusal(r#""attributes":[{"key":"k","value":{"bytesValue":"%%"}}]"#),
        "attributes[0].value.bytesValue: expected bytes as base64"
    );
}

#[test]
fn floats_may_say_that_they_are_not_numbers() {
    for (text, wanted) in [
        (r#""NaN""#, f64::NAN),
        (r#""Infinity""#, f64::INFINITY),
        (r#""-Infinity""#, f64::NEG_INFINITY),
        (r#""1.5""#, 1.5),
        ("2", 2.0),
        ("1e400", f64::INFINITY),
    ] {
        let Some(Value::DoubleValue(got)) = value(&format!(r#"{{"doubleValue":{text}}}"#)) else {
            panic!("a float")
        };
        assert_eq!(got.to_string(), wanted.to_string());
    }
    for bad in [r#""inf""#, r#""nan""#, r#""""#, r#""1,5""#] {
        let value = format!(r#""attributes":[{{"value":{{"doubleValue":{bad}}}}}]"#);
        assert!(span_refusal(&value).ends_with("is not a number"), "{bad}");
    }
}

#[test]
fn snake_case_and_other_unknown_fields_are_skipped_and_null_is_the_default() {
    let span = span(
        r#""trace_id":"5b8efff798038103d269b633813fc60c","name":null,"attributes":null,
           "status":null,"kind":null,"später":{"a":[true,false,null,-1.5e-3,"\u00e9"]}"#,
    );
    assert_eq!(span, Span::default());
    assert_eq!(
        traces(br#"{"resource_spans":[{}]}"#),
        Ok(Default::default())
    );
}

#[test]
fn an_empty_body_is_an_empty_request() {
    for body in ["", " \r\n\t", "{}", "\u{feff}{}", r#"{"resourceSpans":[]}"#] {
        assert_eq!(traces(body.as_bytes()), Ok(Default::default()), "{body:?}");
        assert_eq!(logs(body.as_bytes()), Ok(Default::default()), "{body:?}");
        assert_eq!(metrics(body.as_bytes()), Ok(Default::default()), "{body:?}");
    }
}

#[test]
fn text_is_unescaped_and_half_characters_are_replaced() {
    for (json, wanted) in [
        (r#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"),
        (r#""\u00e9\uD83D\ude00!""#, "é😀!"),
        (r#""\ud83d""#, "\u{fffd}"),
        (r#""\ud83dx""#, "\u{fffd}x"),
        (r#""\ud83d\u0041""#, "\u{fffd}A"),
        (r#""\ude00\ud83d\ude00""#, "\u{fffd}😀"),
        (r#""grüße 😀""#, "grüße 😀"),
    ] {
        assert_eq!(span(&format!(r#""name":{json}"#)).name, wanted, "{json}");
    }
    assert_eq!(span(r#""n\u0061me":"escaped name""#).name, "escaped name");
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    for (body, wanted) in [
        ("[]", "expected an object, found an array"),
        (
            "nul",
            "not valid JSON at byte 0: expected an object, found `n`",
        ),
        (
            "{",
            "the body ends at byte 1 where a field name in quotes should follow",
        ),
        (r#"{"a""#, "the body ends at byte 4 where `:` should follow"),
        (
            r#"{"a":1,}"#,
            "not valid JSON at byte 7: expected a field name in quotes, found `}`",
        ),
        (
            r#"{"a":01}"#,
            "a: not valid JSON at byte 5: expected a number without leading zeros, found `0`",
        ),
        (
            r#"{"a":1.}"#,
            "a: not valid JSON at byte 7: expected a digit, found `}`",
        ),
        (
            r#"{"a":tru}"#,
            "a: not valid JSON at byte 5: expected true, found `t`",
        ),
        (
            r#"{"a":'x'}"#,
            "a: not valid JSON at byte 5: expected a value, found `'`",
        ),
        (
            r#"{"a":"x"#,
            "a: the body ends at byte 7 where the closing quote should follow",
        ),
        (
            r#"{"a":"\x"}"#,
            "a: not valid JSON at byte 7: expected an escape such as \\n or \\u0041, found `x`",
        ),
        (
            r#"{"a":"\u00g0"}"#,
            "a: not valid JSON at byte 7: expected four hex digits after \\u, found `u`",
        ),
        (
            "{} {}",
            "not valid JSON at byte 3: expected the end of the document, found `{`",
        ),
        (
            r#"{"resourceSpans":[{} {}]}"#,
            "resourceSpans: not valid JSON at byte 21: expected `,` or `]`, found `{`",
        ),
        (
            r#"{"resourceSpans":{}}"#,
            "resourceSpans: expected an array, found an object",
        ),
        (
            r#"{"resourceSpans":[[]]}"#,
            "resourceSpans[0]: expected an object, found an array",
        ),
    ] {
        assert_eq!(refusal(body), wanted, "{body}");
    }
    assert_eq!(
        refusal(b"{\"\xff"),
        "the body is not UTF-8: byte 2 begins no character"
    );
}

#[test]
fn hostile_text_is_repeated_bounded_and_without_control_characters() {
    let name = format!("\\u0007{}", "x".repeat(100_000));
    let error = traces(format!(r#"{{"{name}":tru}}"#).as_bytes()).expect_err("refused");
    assert_eq!(error.field.chars().count(), 200);
    assert!(!error.to_string().contains('\u{7}'));
}

#[test]
fn nesting_is_bounded_in_known_and_unknown_fields() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let body = format!(
            r#"{{"x":{}1{}}}"#,
            open.repeat(10_000),
            close.repeat(10_000)
        );
        let error = refusal(body);
        assert!(
            error.ends_with("nested deeper than 132 objects and arrays"),
            "{error}"
        );
    }
    let (open, close) = (r#"{"arrayValue":{"values":["#, "]}}");
    let nested = |levels| {
        let value = format!("{}{{}}{}", open.repeat(levels), close.repeat(levels));
        format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{value}}}]}}]}}]}}"#)
    };
    assert!(logs(nested(30).as_bytes()).is_ok());
    assert!(logs(nested(1_000).as_bytes()).is_err());
}

#[test]
fn a_body_of_empty_items_is_refused_before_it_takes_the_memory() {
    let spans = "{},".repeat(1024 * 1024);
    let body = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}{{}}]}}]}}]}}"#);
    assert!(traces(body.as_bytes()).expect_err("refused").too_big);
}

#[test]
fn metrics_of_every_kind() {
    let body = br#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[
        {"name":"g","gauge":{"dataPoints":[{"asInt":"7","timeUnixNano":5},{"asDouble":"NaN"}]}},
        {"name":"s","sum":{"aggregationTemporality":2,"isMonotonic":true,
            "dataPoints":[{"asDouble":1.5,"exemplars":[{"asInt":3,"spanId":"eee19b7ec3c1b174"}]}]}},
        {"name":"h","histogram":{"aggregationTemporality":1,"dataPoints":[
            {"count":"2","sum":3,"bucketCounts":[1,"1"],"explicitBounds":[10],
             "min":0,"max":null}]}},
        {"name":"e","exponentialHistogram":{"dataPoints":[{"scale":-1,"zeroCount":1,
            "positive":{"offset":-2,"bucketCounts":["3"]},"zeroThreshold":0.1}]}},
        {"name":"q","summary":{"dataPoints":[
            {"count":1,"sum":2,"quantileValues":[{"quantile":0.5,"value":"Infinity"}]}]}},
        {"name":"none","unit":"By","description":"d","metadata":[{"key":"k"}]}
    ]}]}]}"#;
    let request = metrics(body).expect("decoded");
    let metrics = &request.resource_metrics[0].scope_metrics[0].metrics;
    let data: Vec<_> = metrics.iter().map(|metric| metric.data.as_ref()).collect();
    let Some(Data::Gauge(gauge)) = data[0] else {
        panic!("a gauge")
    };
    assert_eq!(
        gauge.data_points[0].value,
        Some(number_data_point::Value::AsInt(7))
    );
    let Some(Data::Sum(sum)) = data[1] else {
        panic!("a sum")
    };
    assert!(sum.is_monotonic && sum.aggregation_temporality == 2);
    assert_eq!(sum.data_points[0].exemplars[0].span_id.len(), 8);
    let Some(Data::Histogram(histogram)) = data[2] else {
        panic!("a histogram")
    };
    let point = &histogram.data_points[0];
    assert_eq!(
        (point.count, point.sum, &*point.bucket_counts),
        (2, Some(3.0), &[1, 1][..])
    );
    assert_eq!((point.min, point.max), (Some(0.0), None));
    let Some(Data::ExponentialHistogram(exponential)) = data[3] else {
        panic!("one")
    };
    let positive = exponential.data_points[0]
        .positive
        .as_ref()
        .expect("buckets");
    assert_eq!((positive.offset, &*positive.bucket_counts), (-2, &[3][..]));
    let Some(Data::Summary(summary)) = data[4] else {
        panic!("a summary")
    };
    assert!(
        summary.data_points[0].quantile_values[0]
            .value
            .is_infinite()
    );
    assert!(data[5].is_none() && metrics[5].metadata.len() == 1);
}

#[test]
fn a_log_record_of_every_field() {
    let body = br#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name"}],
        "droppedAttributesCount":1,"entityRefs":[{"type":"service","idKeys":["service.name"]}]},
        "schemaUrl":"u","scopeLogs":[{"scope":{"name":"n","version":"v","attributes":[]},
        "logRecords":[{"timeUnixNano":"1","observedTimeUnixNano":2,"severityNumber":9,
        "severityText":"Info","body":{"stringValue":"b"},"flags":1,"eventName":"e",
        "traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"}]}]}]}"#;
    let request = logs(body).expect("decoded");
    let group = &request.resource_logs[0];
    let resource = group.resource.as_ref().expect("a resource");
    assert_eq!(resource.entity_refs[0].id_keys, ["service.name"]);
    let record = &group.scope_logs[0].log_records[0];
    assert_eq!(
        (record.time_unix_nano, record.observed_time_unix_nano),
        (1, 2)
    );
    assert_eq!((record.severity_number, &*record.event_name), (9, "e"));
    assert_eq!(
        (record.trace_id.len(), record.span_id.len(), record.flags),
        (16, 8, 1)
    );
}
