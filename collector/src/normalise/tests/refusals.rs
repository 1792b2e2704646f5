//! Items that become no rows, and their neighbours that do.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::{Link, SpanKind};

use prost::Message;

use super::super::{Normaliser, RejectReason};
use super::support::*;

const DAY: u64 = 24 * 60 * MINUTE;

fn good() -> Span {
    span(SpanKind::Server, 1, 1, 0, &[])
}

#[test]
fn a_bad_span_is_refused_by_the_name_of_its_field_and_its_neighbours_are_kept() {
    type Spoil = fn(&mut Span);
    let cases: [(Spoil, RejectReason, &str); 9] = [
        (
            |s| s.trace_id = vec![1; 15],
            RejectReason::TraceId,
            "traceId: 15 bytes, expected 16",
        ),
        (
            |s| s.trace_id = vec![0; 16],
            RejectReason::TraceId,
            "traceId: all zero",
        ),
        (
            |s| s.trace_id.clear(),
            RejectReason::TraceId,
            "traceId: 0 bytes, expected 16",
        ),
        (
            |s| s.span_id = vec![1; 2],
            RejectReason::SpanId,
            "spanId: 2 bytes, expected 8",
        ),
        (
            |s| s.span_id = vec![0; 8],
            RejectReason::SpanId,
            "spanId: all zero",
        ),
        (
            |s| s.parent_span_id = vec![1; 9],
            RejectReason::ParentSpanId,
            "parentSpanId: 9 bytes, expected 8",
        ),
        (
            |s| s.start_time_unix_nano = 0,
            RejectReason::Time,
            "startTimeUnixNano: no time",
        ),
        (
            |s| s.start_time_unix_nano = 5,
            RejectReason::Time,
            "startTimeUnixNano: 5 is before 2000-01-01",
        ),
        (
            |s| s.end_time_unix_nano = u64::MAX,
            RejectReason::Time,
            "endTimeUnixNano: 18446744073709551615 is more than 24 h after now",
        ),
    ];
    for (spoil, reason, message) in cases {
        let mut bad = good();
        spoil(&mut bad);
        let list = vec![good(), bad, good()];
        let (told, rejected) =
            after_traces(&mut Normaliser::new(), vec![spans(resource(&[]), list)]);
        assert_eq!(told.rows.len(), 2, "{message}");
        assert_eq!((rejected.count, rejected.reasons[&reason]), (1, 1));
        let expected = format!("1 rejected: resourceSpans[0].scopeSpans[0].spans[1].{message}");
        assert_eq!(rejected.message(), expected);
    }
}

#[test]
fn a_span_with_a_broken_link_is_refused_by_the_name_of_the_link() {
    let link = |trace: usize, id: usize| Link {
        trace_id: vec![1; trace],
        span_id: vec![1; id],
        ..Link::default()
    };
    for (links, message) in [
        (
            vec![link(16, 8), link(15, 8)],
            "links[1].traceId: 15 bytes, expected 16",
        ),
        (vec![link(16, 7)], "links[0].spanId: 7 bytes, expected 8"),
    ] {
        let bad = Span { links, ..good() };
        let (_, rejected) = after_traces(
            &mut Normaliser::new(),
            vec![spans(resource(&[]), vec![bad])],
        );
        assert!(
            rejected.message().ends_with(message),
            "{}",
            rejected.message()
        );
    }
}

#[test]
fn a_span_that_ends_before_it_starts_lasts_no_time() {
    let mut backwards = good();
    backwards.end_time_unix_nano = NOON - 5;
    let told = of_spans(resource(&[]), vec![backwards]);
    assert_eq!(told.column("duration_ns"), ["0"]);
}

#[test]
fn a_record_keeps_whichever_of_its_times_can_be_believed() {
    let at = |time_unix_nano, observed_time_unix_nano| LogRecord {
        time_unix_nano,
        observed_time_unix_nano,
        ..LogRecord::default()
    };
    let (noon, receipt) = (NOON.to_string(), (now().0 as u64).to_string());
    let cases = [
        (at(NOON, NOON + 5), &noon),
        (at(0, NOON), &noon),
        (at(5, NOON), &noon),
        (at(u64::MAX, NOON), &noon),
        (at(NOON, u64::MAX), &noon),
        (at(0, 0), &receipt),
    ];
    for (record, expected) in cases {
        let told = of_logs(resource(&[]), vec![record]);
        assert_eq!(told.column("timestamp"), [expected.as_str()]);
    }
    let bad = vec![
        at(5, 0),
        at(0, u64::MAX),
        at(NOON + 2 * DAY, 7),
        at(NOON, 0),
    ];
    let (told, rejected) = after_logs(&mut Normaliser::new(), resource(&[]), bad);
    assert_eq!((told.rows.len(), rejected.count), (1, 3));
    let message = rejected.message();
    assert!(
        message.contains("logRecords[0].timeUnixNano: 5 is before"),
        "{message}"
    );
    assert!(
        message.contains("logRecords[1].observedTimeUnixNano: "),
        "{message}"
    );
    assert!(
        message.contains("logRecords[2].timeUnixNano: "),
        "{message}"
    );
}

#[test]
fn a_record_may_lack_ids_but_not_have_broken_ones() {
    let mut zero = record("zero", &[]);
    zero.trace_id = vec![0; 16];
    zero.span_id = vec![0; 8];
    let mut short = record("short", &[]);
    short.trace_id = vec![1; 8];
    let mut long = record("long", &[]);
    long.span_id = vec![1; 16];
    let records = vec![record("none", &[]), zero, short, long];
    let (told, rejected) = after_logs(&mut Normaliser::new(), resource(&[]), records);
    assert_eq!(told.column("body"), ["none", "zero"]);
    assert_eq!(told.column("trace_id"), ["null", "null"]);
    assert_eq!(
        rejected.message(),
        "2 rejected: resourceLogs[0].scopeLogs[0].logRecords[2].traceId: 8 bytes, expected 16; \
         resourceLogs[0].scopeLogs[0].logRecords[3].spanId: 16 bytes, expected 8"
    );
}

#[test]
fn severities_without_a_text_are_named_by_their_number() {
    let of = |severity_number, severity_text: &str| LogRecord {
        time_unix_nano: NOON,
        severity_number,
        severity_text: severity_text.to_owned(),
        ..LogRecord::default()
    };
    let told = of_logs(
        resource(&[]),
        vec![
            of(9, ""),
            of(18, ""),
            of(10, "Information"),
            of(0, ""),
            of(-4, ""),
            of(9_999, "x"),
        ],
    );
    assert_eq!(
        told.column("severity_text"),
        ["INFO", "ERROR", "Information", "null", "null", "x"]
    );
    assert_eq!(
        told.column("severity_number"),
        ["9", "18", "10", "0", "0", "0"]
    );
}

#[test]
fn a_structured_body_becomes_json_text() {
    let mut structured = record("", &[]);
    structured.body = Some(opentelemetry_proto::tonic::common::v1::AnyValue {
        value: Some(Value::KvlistValue(
            opentelemetry_proto::tonic::common::v1::KeyValueList {
                values: vec![pair("b", "x"), pair("a", 1_i64)],
            },
        )),
    });
    let told = of_logs(resource(&[]), vec![structured]);
    assert_eq!(told.column("body"), [r#"{"a":1,"b":"x"}"#]);
}

#[test]
fn points_without_value_time_or_fitting_buckets_are_refused() {
    let number = |value, flags, time_unix_nano| NumberDataPoint {
        value,
        flags,
        time_unix_nano,
        ..NumberDataPoint::default()
    };
    let histogram = |bucket_counts, explicit_bounds| HistogramDataPoint {
        time_unix_nano: NOON,
        bucket_counts,
        explicit_bounds,
        ..HistogramDataPoint::default()
    };
    let metric = |data| Metric {
        name: "m".to_owned(),
        data,
        ..Metric::default()
    };
    let points = vec![
        number(Some(Number::AsInt(i64::MAX)), 0, NOON),
        number(None, 0, NOON),
        number(None, 1, NOON),
        number(Some(Number::AsDouble(f64::NAN)), 0, 0),
    ];
    let list = vec![
        metric(Some(Data::Gauge(Gauge {
            data_points: points,
        }))),
        metric(Some(Data::Histogram(Histogram {
            data_points: vec![
                histogram(vec![1, 2], vec![1.0]),
                histogram(vec![], vec![]),
                histogram(vec![1], vec![1.0]),
                histogram(vec![], vec![1.0]),
            ],
            aggregation_temporality: 1,
        }))),
        metric(None),
    ];
    let mut recorder = Recorder::default();
    let request = metrics(resource(&[]), list).encode_to_vec();
    let rejected = Normaliser::new().metrics(&request, now(), &mut recorder);
    let rejected = rejected.expect("sound");
    assert_eq!(recorder.rows.len(), 4);
    assert_eq!(rejected.count, 5);
    assert_eq!(rejected.reasons[&RejectReason::NoValue], 1);
    assert_eq!(rejected.reasons[&RejectReason::Time], 1);
    assert_eq!(rejected.reasons[&RejectReason::Buckets], 2);
    assert_eq!(rejected.reasons[&RejectReason::NoData], 1);
    let path = "resourceMetrics[0].scopeMetrics[0].metrics";
    let expected = format!(
        "5 rejected: {path}[0].gauge.dataPoints[1]: no value; \
         {path}[0].gauge.dataPoints[3].timeUnixNano: no time; \
         {path}[1].histogram.dataPoints[2].bucketCounts: 1 counts for 1 bounds; \
         {path}[1].histogram.dataPoints[3].bucketCounts: 0 counts for 1 bounds; and 1 more"
    );
    assert_eq!(rejected.message(), expected);
    assert_eq!(recorder.column("value")[0], "9.223372036854776e+18");
}
