//! Whatever arrives: no panic, and every item is a row or is refused.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, Sum, Summary, SummaryDataPoint,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use prost::Message;

use super::super::{Normaliser, Rejected};
use super::support::*;

const DAY: u64 = 24 * 60 * MINUTE;
const YEAR_2000: u64 = 946_684_800_000 * MS;

/// Attributes that mean something to the normaliser: plain chance would never find them.
const KEYS: [&str; 34] = [
    "aws.lambda.invoked_arn",
    "aws.log.group.names",
    "aws.log.stream.names",
    "cloud.account.id",
    "cloud.platform",
    "cloud.provider",
    "cloud.region",
    "cloud.resource_id",
    "cloudflare.outcome",
    "cloudflare.script_name",
    "execution_id",
    "faas.coldstart",
    "faas.cron",
    "faas.execution",
    "faas.id",
    "faas.instance",
    "faas.invocation_id",
    "faas.invoked_provider",
    "faas.invoked_region",
    "faas.max_memory",
    "faas.name",
    "faas.trigger",
    "faas.version",
    "gcp.http_request",
    "gcp.resource_type",
    "host.arch",
    "http.status_code",
    "httpRequest.latency",
    "k8s.namespace.name",
    "kn.service.name",
    "process.runtime.name",
    "service.name",
    "type",
    "vercel.runtime",
];

/// Texts that mean something, whole and in pieces.
const TEXTS: [&str; 33] = [
    "",
    "aws",
    "aws_lambda",
    "azure.functions",
    "gcp_cloud_run",
    "gcp_cloud_functions",
    "cloudflare.workers",
    "cloud_run_revision",
    "arn:aws:lambda:eu-central-1:123456789012:function:checkout:live",
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/shop/functions/f",
    "//run.googleapis.com/projects/p/locations/r/services/s",
    "[\"/aws/lambda/checkout\"]",
    "2026/03/10/[$LATEST]2f399eb1",
    "unknown_service:node",
    "checkout",
    "true",
    "134217728",
    "459921b5-681c-4a96-beb0-81e0aa586026",
    "REPORT RequestId: 459921b5-681c-4a96-beb0-81e0aa586026 Duration: 8.40 ms Memory Size: 9 MB",
    "REPORT RequestId: 459921b5-681c-4a96-beb0-81e0aa586026 Duration: 9999999999999999 ms",
    "REPORT RequestId: 459921b5-681c-4a96-beb0-81e0aa586026 Duration: Duration: Status: Status:",
    "START RequestId: 459921b5-681c-4a96-beb0-81e0aa586026 Version: $LATEST",
    "INIT_REPORT Init Duration: 10.00 ms\tPhase: invoke\tStatus: timeout",
    "RESTORE_REPORT Restore Duration: 10.00 ms",
    "RequestId: 459921b5-681c-4a96-beb0-81e0aa586026 Error: Task timed out after 3.00 seconds",
    "Executed 'Functions.f' (Succeeded, Id=459921b5-681c-4a96-beb0-81e0aa586026, Duration=2ms)",
    "Function execution took 131 ms, finished with status: 'crash'",
    "{\"latency\":\"0.250s\",\"status\":503}",
    r#"{"type":"platform.report","record":{"requestId":"x","metrics":{"durationMs":1e308}}}"#,
    r#"{"type":"platform.initReport","record":{"metrics":{"durationMs":1e308}}}"#,
    "init",
    "exception",
    "9999999999999999s",
];

pub(super) fn a_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(&TEXTS[..]).prop_map(str::to_owned),
        1 => ".{0,40}",
        1 => (select(&TEXTS[..]), 0_usize..80, ".{0,4}").prop_map(|(text, at, put)| {
            let at = (0..=at.min(text.len())).rev().find(|i| text.is_char_boundary(*i));
            let (head, tail) = text.split_at(at.unwrap_or(0));
            format!("{head}{put}{tail}")
        }),
    ]
}

fn a_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        6 => a_text().prop_map(|text| Some(Value::StringValue(text))),
        1 => any::<bool>().prop_map(|b| Some(Value::BoolValue(b))),
        1 => any::<i64>().prop_map(|i| Some(Value::IntValue(i))),
        1 => any::<f64>().prop_map(|f| Some(Value::DoubleValue(f))),
        1 => vec(any::<u8>(), 0..9).prop_map(|b| Some(Value::BytesValue(b))),
        1 => Just(Some(Value::StringValueStrindex(7))),
        1 => Just(None),
    ]
    .prop_map(|value| AnyValue { value });
    leaf.prop_recursive(40, 60, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|values| AnyValue {
                value: Some(Value::ArrayValue(ArrayValue { values })),
            }),
            vec((a_key(), inner), 0..3).prop_map(|pairs| AnyValue {
                value: Some(Value::KvlistValue(KeyValueList {
                    values: pairs.into_iter().map(key_value).collect(),
                })),
            }),
        ]
    })
}

fn a_key() -> impl Strategy<Value = String> {
    prop_oneof![6 => select(&KEYS[..]).prop_map(str::to_owned), 1 => ".{0,10}"]
}

fn key_value((key, value): (String, AnyValue)) -> KeyValue {
    KeyValue {
        key,
        value: Some(value),
        key_strindex: 0,
    }
}

pub(super) fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec((a_key(), a_value()), 0..6).prop_map(|list| list.into_iter().map(key_value).collect())
}

pub(super) fn a_resource() -> impl Strategy<Value = Option<Resource>> {
    proptest::option::weighted(
        0.9,
        attributes().prop_map(|attributes| Resource {
            attributes,
            ..Resource::default()
        }),
    )
}

/// Ids that meet again and again, and broken ones.
fn an_id(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => (1_u8..4).prop_map(move |byte| vec![byte; length]),
        1 => Just(vec![0; length]),
        1 => Just(Vec::new()),
        1 => vec(any::<u8>(), 0..20),
    ]
}

fn a_time() -> impl Strategy<Value = u64> {
    prop_oneof![
        6 => (0..3 * MINUTE).prop_map(|offset| NOON - MINUTE + offset),
        1 => any::<u64>(),
        1 => Just(0),
        1 => Just(u64::MAX),
    ]
}

pub(super) fn a_span() -> impl Strategy<Value = Span> {
    let ids = (an_id(16), an_id(8), an_id(8));
    let times = (a_time(), a_time());
    let event =
        (a_time(), a_text(), attributes()).prop_map(|(time_unix_nano, name, attributes)| Event {
            time_unix_nano,
            name,
            attributes,
            ..Event::default()
        });
    let link = (an_id(16), an_id(8)).prop_map(|(trace_id, span_id)| Link {
        trace_id,
        span_id,
        ..Link::default()
    });
    let lists = (attributes(), vec(event, 0..2), vec(link, 0..2));
    (ids, times, lists, a_text(), -1_i32..7, -1_i32..4).prop_map(
        |(ids, times, lists, name, kind, code)| Span {
            trace_id: ids.0,
            span_id: ids.1,
            parent_span_id: ids.2,
            name,
            kind,
            start_time_unix_nano: times.0,
            end_time_unix_nano: times.1,
            attributes: lists.0,
            events: lists.1,
            links: lists.2,
            status: Some(Status {
                code,
                ..Status::default()
            }),
            ..Span::default()
        },
    )
}

pub(super) fn a_record() -> impl Strategy<Value = LogRecord> {
    let ids = (an_id(16), an_id(8));
    (
        ids,
        (a_time(), a_time()),
        proptest::option::of(a_value()),
        attributes(),
        any::<i32>(),
    )
        .prop_map(
            |(ids, times, body, attributes, severity_number)| LogRecord {
                trace_id: ids.0,
                span_id: ids.1,
                time_unix_nano: times.0,
                observed_time_unix_nano: times.1,
                body,
                attributes,
                severity_number,
                flags: severity_number as u32,
                ..LogRecord::default()
            },
        )
}

fn a_number() -> impl Strategy<Value = NumberDataPoint> {
    let value = prop_oneof![
        any::<i64>().prop_map(|i| Some(Number::AsInt(i))),
        any::<f64>().prop_map(|f| Some(Number::AsDouble(f))),
        Just(None),
    ];
    let exemplar = (an_id(16), an_id(8)).prop_map(|(trace_id, span_id)| Exemplar {
        trace_id,
        span_id,
        ..Exemplar::default()
    });
    (value, a_time(), attributes(), 0_u32..4, vec(exemplar, 0..2)).prop_map(
        |(value, time_unix_nano, attributes, flags, exemplars)| NumberDataPoint {
            value,
            time_unix_nano,
            attributes,
            flags,
            exemplars,
            ..NumberDataPoint::default()
        },
    )
}

pub(super) fn a_metric() -> impl Strategy<Value = Metric> {
    let histogram = (vec(any::<u64>(), 0..4), vec(any::<f64>(), 0..4), a_time()).prop_map(
        |(bucket_counts, explicit_bounds, time_unix_nano)| HistogramDataPoint {
            bucket_counts,
            explicit_bounds,
            time_unix_nano,
            ..HistogramDataPoint::default()
        },
    );
    let exponential = a_time().prop_map(|time_unix_nano| ExponentialHistogramDataPoint {
        time_unix_nano,
        ..ExponentialHistogramDataPoint::default()
    });
    let summary = a_time().prop_map(|time_unix_nano| SummaryDataPoint {
        time_unix_nano,
        ..Default::default()
    });
    let data = prop_oneof![
        vec(a_number(), 0..3).prop_map(|p| Some(Data::Gauge(Gauge { data_points: p }))),
        vec(a_number(), 0..3).prop_map(|p| Some(Data::Sum(Sum {
            data_points: p,
            ..Sum::default()
        }))),
        vec(histogram, 0..3).prop_map(|p| Some(Data::Histogram(Histogram {
            data_points: p,
            ..Histogram::default()
        }))),
        vec(exponential, 0..3).prop_map(|p| Some(Data::ExponentialHistogram(
            ExponentialHistogram {
                data_points: p,
                ..ExponentialHistogram::default()
            }
        ))),
        vec(summary, 0..3).prop_map(|p| Some(Data::Summary(Summary { data_points: p }))),
        Just(None),
    ];
    let name = select(&["faas.invoke_duration", "faas.init_duration", "x", ""][..]);
    let unit = select(&["ms", "s", ""][..]);
    (data, name, unit).prop_map(|(data, name, unit)| Metric {
        data,
        name: name.to_owned(),
        unit: unit.to_owned(),
        ..Metric::default()
    })
}

fn items(metric: &Metric) -> usize {
    match &metric.data {
        None => 1,
        Some(Data::Gauge(m)) => m.data_points.len(),
        Some(Data::Sum(m)) => m.data_points.len(),
        Some(Data::Histogram(m)) => m.data_points.len(),
        Some(Data::ExponentialHistogram(m)) => m.data_points.len(),
        Some(Data::Summary(m)) => m.data_points.len(),
    }
}

fn holds(told: &Recorder, rejected: &Rejected, items: usize) -> Result<(), TestCaseError> {
    prop_assert_eq!(told.rows.len() as u64 + rejected.count, items as u64);
    prop_assert_eq!(rejected.reasons.values().sum::<u64>(), rejected.count);
    prop_assert!(rejected.message().len() <= 1_000);
    for fact in &told.facts {
        prop_assert!(!fact.invocation_id.is_empty() && fact.invocation_id.len() <= 256);
        prop_assert!(fact.function_id.to_string().parse() == Ok(fact.function_id.clone()));
        prop_assert!((YEAR_2000 - 9 * DAY..NOON + 2 * DAY).contains(&(fact.start.0 as u64)));
        prop_assert!(fact.error_type.chars().count() <= 200);
        prop_assert!(fact.version.len() <= 512 && fact.instance.len() <= 512);
        prop_assert!(
            fact.duration_ms
                .is_none_or(|ms| ms >= 0.0 && ms.is_finite())
        );
    }
    let mut functions = told.functions();
    functions.sort();
    functions.dedup();
    prop_assert_eq!(
        functions.len(),
        told.sightings.len(),
        "one sighting per function"
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(400)
    })]

    #[test]
    fn every_item_of_any_request_is_a_row_or_is_refused_and_nothing_panics(
        span_groups in vec((a_resource(), vec(a_span(), 0..5)), 0..3),
        record_groups in vec((a_resource(), vec(a_record(), 0..5)), 0..3),
        metric_groups in vec((a_resource(), vec(a_metric(), 0..3)), 0..3),
    ) {
        let mut normaliser = Normaliser::new();
        // Twice: the second time with all that the first time taught.
        for _ in 0..2 {
            let count = span_groups.iter().map(|(_, list)| list.len()).sum();
            let groups = span_groups.iter().cloned().map(|(r, list)| spans(r, list)).collect();
            let (told, rejected) = after_traces(&mut normaliser, groups);
            holds(&told, &rejected, count)?;
            for (resource, list) in &record_groups {
                let (told, rejected) =
                    after_logs(&mut normaliser, resource.clone(), list.clone());
                holds(&told, &rejected, list.len())?;
            }
            for (resource, list) in &metric_groups {
                let mut told = Recorder::default();
                let request = metrics(resource.clone(), list.clone()).encode_to_vec();
                let rejected = normaliser.metrics(&request, now(), &mut told).expect("sound");
                holds(&told, &rejected, list.iter().map(items).sum())?;
            }
        }
    }
}
