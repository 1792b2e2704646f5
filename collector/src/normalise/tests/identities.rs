//! Whose a row is, and why.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use store::model::{AttributeList, AttributeValue, Attributes};

use super::super::{Normaliser, Provenance};
use super::support::*;

const ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:checkout:live";
const FUNCTION: &str = "aws:123456789012:eu-central-1:checkout";
const SERVICE: [(&str, &str); 2] = [
    ("service.name", "checkout-service"),
    ("telemetry.sdk.language", "python"),
];
const INVOCATION: [(&str, &str); 2] = [("faas.invocation_id", "i-1"), ("faas.id", ARN)];

fn attributes<'a>(list: &[(&'a str, &'a str)]) -> AttributeList<'a> {
    let pairs = list.iter();
    AttributeList::new(
        pairs
            .map(|(key, value)| (*key, AttributeValue::Borrowed(value)))
            .collect(),
    )
}

#[test]
fn an_identity_says_where_each_part_was_read() {
    let (resource, item) = (attributes(&SERVICE), attributes(&INVOCATION));
    let identity = Normaliser::explain(resource.view(), item.view()).unwrap();
    assert_eq!(identity.id.to_string(), FUNCTION);
    assert_eq!(identity.platform, "aws_lambda");
    assert_eq!(identity.platform_from, Provenance::Derived("faas.id"));
    assert_eq!(identity.account_from, Some(Provenance::Derived("faas.id")));
    assert_eq!(identity.name_from, Provenance::Derived("faas.id"));
    let service = Normaliser::explain(resource.view(), Attributes::default()).unwrap();
    assert_eq!(service.id.to_string(), "other:::checkout-service");
    assert_eq!(service.name_from, Provenance::Assumed("service.name"));
    assert_eq!(service.region_from, None);
    assert!(Normaliser::explain(Attributes::default(), Attributes::default()).is_none());
}

#[test]
fn an_arn_on_one_span_names_the_function_of_all_spans_of_the_resource() {
    let told = of_spans(
        resource(&SERVICE),
        vec![
            span(SpanKind::Client, 1, 2, 1, &[("faas.invoked_name", "other")]),
            span(SpanKind::Server, 1, 1, 0, &INVOCATION),
        ],
    );
    assert_eq!(told.column("function_id"), [FUNCTION, FUNCTION]);
    assert_eq!(told.functions(), [FUNCTION]);
}

#[test]
fn what_a_span_taught_holds_for_later_spans_logs_and_metrics_of_the_resource() {
    let mut normaliser = Normaliser::new();
    let invocation = span(SpanKind::Server, 1, 1, 0, &INVOCATION);
    after_traces(
        &mut normaliser,
        vec![spans(resource(&SERVICE), vec![invocation])],
    );
    let inner = span(SpanKind::Internal, 2, 2, 9, &[]);
    let (told, _) = after_traces(
        &mut normaliser,
        vec![spans(resource(&SERVICE), vec![inner])],
    );
    assert_eq!(told.column("function_id"), [FUNCTION]);
    let (told, _) = after_logs(
        &mut normaliser,
        resource(&SERVICE),
        vec![record("hello", &[])],
    );
    assert_eq!(told.column("function_id"), [FUNCTION]);
    assert!(told.sightings[0].last_log.is_some());
    // Another resource learns nothing from it.
    let other = [SERVICE[0], ("telemetry.sdk.language", "go")];
    let (told, _) = after_logs(
        &mut normaliser,
        resource(&other),
        vec![record("hello", &[])],
    );
    assert_eq!(told.column("function_id"), ["null"]);
}

#[test]
fn a_resource_that_many_functions_share_teaches_nothing() {
    let mut normaliser = Normaliser::new();
    let shared = [("service.name", "unknown_service")];
    for name in ["a", "b"] {
        let arn = format!("arn:aws:lambda:eu-central-1:123456789012:function:{name}");
        let attrs = [("faas.execution", "i"), ("faas.id", arn.as_str())];
        let invocation = span(SpanKind::Server, 1, 1, 0, &attrs);
        let (told, _) = after_traces(
            &mut normaliser,
            vec![spans(resource(&shared), vec![invocation])],
        );
        assert_eq!(
            told.functions(),
            [format!("aws:123456789012:eu-central-1:{name}")]
        );
    }
    let (told, _) = after_logs(
        &mut normaliser,
        resource(&shared),
        vec![record("whose?", &[])],
    );
    assert_eq!(told.column("function_id"), ["null"]);
    assert!(told.sightings.is_empty());
}

#[test]
fn a_missing_account_is_filled_in_when_exactly_one_is_known() {
    let layer = [
        ("faas.invoked_provider", "aws"),
        ("faas.invoked_region", "eu-central-1"),
        ("faas.name", "checkout"),
    ];
    let init = || {
        vec![spans(
            resource(&layer),
            vec![span(SpanKind::Internal, 2, 2, 0, &[])],
        )]
    };
    let mut normaliser = Normaliser::new();
    let (told, _) = after_traces(&mut normaliser, init());
    assert_eq!(told.functions(), ["aws::eu-central-1:checkout"]);
    // In one request the order does not matter.
    let mut both = init();
    both.push(spans(
        resource(&SERVICE),
        vec![span(SpanKind::Server, 1, 1, 0, &INVOCATION)],
    ));
    let (told, _) = after_traces(&mut normaliser, both);
    assert_eq!(told.functions(), [FUNCTION]);
    let (told, _) = after_traces(&mut normaliser, init());
    assert_eq!(told.functions(), [FUNCTION]);
    // A second account makes it a guess, which is not made.
    let arn = ARN.replace("123456789012", "999999999999");
    let attrs = [("faas.id", arn.as_str())];
    let other = spans(
        resource(&SERVICE),
        vec![span(SpanKind::Server, 1, 1, 0, &attrs)],
    );
    after_traces(&mut normaliser, vec![other]);
    let (told, _) = after_traces(&mut normaliser, init());
    assert_eq!(told.functions(), ["aws::eu-central-1:checkout"]);
}

#[test]
fn a_mere_service_is_a_function_only_once_an_entry_span_was_seen() {
    let service = || resource(&[("service.name", "shop"), ("cloud.provider", "Hetzner")]);
    let mut normaliser = Normaliser::new();
    let inner = || {
        vec![spans(
            service(),
            vec![span(SpanKind::Internal, 1, 2, 1, &[])],
        )]
    };
    let (told, _) = after_traces(&mut normaliser, inner());
    assert_eq!(told.column("function_id"), ["null"]);
    let (told, _) = after_logs(&mut normaliser, service(), vec![record("start", &[])]);
    assert_eq!(told.column("function_id"), ["null"]);
    let entry = span(SpanKind::Server, 1, 1, 0, &[]);
    let child = span(SpanKind::Client, 1, 2, 1, &[]);
    let (told, _) = after_traces(&mut normaliser, vec![spans(service(), vec![child, entry])]);
    assert_eq!(
        told.column("function_id"),
        ["hetzner:::shop", "hetzner:::shop"]
    );
    let (told, _) = after_traces(&mut normaliser, inner());
    assert_eq!(told.column("function_id"), ["hetzner:::shop"]);
    let (told, _) = after_logs(&mut normaliser, service(), vec![record("more", &[])]);
    assert_eq!(told.column("function_id"), ["hetzner:::shop"]);
}

#[test]
fn an_unnamed_service_is_a_function_only_beside_its_entry_span() {
    let unnamed = || resource(&[("service.name", "unknown_service:node")]);
    let mut normaliser = Normaliser::new();
    let entry = span(SpanKind::Consumer, 1, 1, 0, &[]);
    let (told, _) = after_traces(&mut normaliser, vec![spans(unnamed(), vec![entry])]);
    assert_eq!(told.functions(), ["other:::unknown_service%3Anode"]);
    let inner = span(SpanKind::Internal, 1, 2, 1, &[]);
    let (told, _) = after_traces(&mut normaliser, vec![spans(unnamed(), vec![inner])]);
    assert!(told.functions().is_empty());
    let (told, _) = after_logs(&mut normaliser, unnamed(), vec![record("x", &[])]);
    assert!(told.functions().is_empty());
}

#[test]
fn functions_of_one_azure_app_are_kept_apart_by_trace() {
    let app = [
        ("cloud.platform", "azure.functions"),
        ("cloud.region", "westeurope"),
        ("service.name", "shop"),
    ];
    let mut normaliser = Normaliser::new();
    let list = vec![
        span(SpanKind::Client, 1, 12, 11, &[]),
        span(SpanKind::Internal, 1, 11, 10, &[]),
        span(
            SpanKind::Server,
            1,
            10,
            0,
            &[("faas.name", "A"), ("faas.invocation_id", "a")],
        ),
        span(
            SpanKind::Consumer,
            2,
            20,
            0,
            &[("faas.name", "B"), ("faas.invocation_id", "b")],
        ),
        span(SpanKind::Internal, 3, 30, 0, &[]),
    ];
    let (told, _) = after_traces(&mut normaliser, vec![spans(resource(&app), list)]);
    let (a, b) = ("azure::westeurope:shop/A", "azure::westeurope:shop/B");
    assert_eq!(told.column("function_id"), [a, a, a, b, "null"]);
    // Records find their function by trace, by category or by what the host writes.
    let mut by_trace = record("working", &[]);
    by_trace.trace_id = vec![2; 16];
    let host = "Executing 'Functions.A' (Reason='…', Id=a5365cea-ae8a-4503-837f-99cfda138897)";
    let records = vec![by_trace, record(host, &[]), record("idle", &[])];
    let (told, _) = after_logs(&mut normaliser, resource(&app), records);
    assert_eq!(told.column("function_id"), [b, a, "null"]);
}

#[test]
fn workers_are_named_by_their_spans_and_have_no_region() {
    let attrs = [
        ("cloud.platform", "cloudflare.workers"),
        ("faas.invocation_id", "i"),
        ("faas.invoked_region", "ENAM"),
        ("faas.name", "edge-router"),
    ];
    let mut elsewhere = attrs;
    elsewhere[2].1 = "WEUR";
    let list = vec![
        span(SpanKind::Server, 1, 1, 0, &attrs),
        span(SpanKind::Server, 2, 2, 0, &elsewhere),
    ];
    let told = of_spans(None, list);
    assert_eq!(told.functions(), ["cloudflare:::edge-router"]);
}

#[test]
fn a_name_too_long_for_any_platform_is_no_function() {
    let long = "x".repeat(100_000);
    let told = of_spans(
        resource(&[("service.name", &long)]),
        vec![span(SpanKind::Server, 1, 1, 0, &[])],
    );
    assert!(told.functions().is_empty());
    assert_eq!(told.column("service_name"), [long]);
}
