//! Which spans are invocations, and what they tell.

use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status as SpanStatus};
use store::model::{InvocationFact, Status, ToldBy};

use super::super::Normaliser;
use super::support::*;

const LAMBDA: [(&str, &str); 3] = [
    ("cloud.platform", "aws_lambda"),
    ("cloud.region", "eu-central-1"),
    ("faas.name", "checkout"),
];
const RUN: [(&str, &str); 4] = [
    ("cloud.platform", "gcp_cloud_run"),
    ("cloud.region", "europe-west1"),
    ("faas.instance", "instance-1"),
    ("faas.name", "checkout"),
];
const WORKER: [(&str, &str); 2] = [
    ("cloud.platform", "cloudflare.workers"),
    ("faas.name", "router"),
];
const APP: [(&str, &str); 2] = [
    ("cloud.platform", "azure.functions"),
    ("service.name", "shop"),
];

fn ids(facts: &[InvocationFact]) -> Vec<&str> {
    facts
        .iter()
        .map(|fact| fact.invocation_id.as_str())
        .collect()
}

fn with_init_name(mut span: Span) -> Span {
    span.name = "init checkout".to_owned();
    span.attributes.push(pair("faas.coldstart", true));
    span
}

#[test]
fn the_invocation_is_the_entry_span_that_bears_the_id_else_the_outermost_one() {
    let id = [("faas.invocation_id", "i-1")];
    let told = of_spans(
        resource(&LAMBDA),
        vec![
            span(SpanKind::Internal, 1, 3, 2, &id),
            span(SpanKind::Client, 1, 4, 2, &id),
            span(SpanKind::Server, 1, 2, 9, &id),
        ],
    );
    assert_eq!(told.fact().span_id, "0202020202020202");
    let told = of_spans(
        resource(&LAMBDA),
        vec![
            span(SpanKind::Internal, 1, 3, 2, &id),
            span(SpanKind::Internal, 1, 2, 9, &id),
            span(SpanKind::Client, 1, 4, 8, &id),
        ],
    );
    assert_eq!(told.fact().span_id, "0202020202020202");
    assert_eq!(told.fact().duration_ms, Some(100.0));
    assert_eq!(told.fact().told_by, ToldBy::Span);
}

#[test]
fn inner_spans_of_a_worker_whose_root_came_in_another_request_are_no_invocation() {
    let id = [("faas.invocation_id", "i-1")];
    let inner = vec![
        span(SpanKind::Internal, 1, 3, 2, &id),
        span(SpanKind::Client, 1, 4, 2, &id),
    ];
    assert!(of_spans(resource(&WORKER), inner).facts.is_empty());
    let root = [("faas.invocation_id", "i-1"), ("faas.trigger", "cron")];
    let told = of_spans(
        resource(&WORKER),
        vec![span(SpanKind::Internal, 1, 2, 0, &root)],
    );
    assert_eq!(
        (told.fact().trigger.as_str(), ids(&told.facts)),
        ("timer", vec!["i-1"])
    );
}

#[test]
fn without_an_id_only_the_outermost_entry_span_of_a_resource_is_an_invocation() {
    let told = of_spans(
        resource(&RUN),
        vec![
            span(SpanKind::Server, 1, 2, 1, &[]),
            span(SpanKind::Server, 1, 1, 9, &[("http.method", "GET")]),
            span(SpanKind::Internal, 1, 3, 1, &[]),
            span(SpanKind::Internal, 2, 4, 0, &[("faas.trigger", "timer")]),
            span(SpanKind::Internal, 3, 5, 0, &[]),
        ],
    );
    let first = format!("{}-{}", "01".repeat(16), "01".repeat(8));
    let second = format!("{}-{}", "02".repeat(16), "04".repeat(8));
    assert_eq!(ids(&told.facts), [first, second]);
    assert_eq!(told.facts[0].trigger, "http");
    assert_eq!(told.facts[1].trigger, "timer");
}

#[test]
fn host_and_worker_of_an_azure_function_tell_of_one_invocation() {
    let name = ("faas.name", "OnOrder");
    let id = ("faas.invocation_id", "a5365cea-ae8a-4503-837f-99cfda138897");
    let mut worker = APP.to_vec();
    worker.push(("telemetry.sdk.language", "nodejs"));
    let host_span = span(
        SpanKind::Server,
        1,
        1,
        0,
        &[name, id, ("faas.trigger", "queueTrigger")],
    );
    let worker_span = span(SpanKind::Internal, 1, 2, 1, &[name, id]);
    let groups = vec![
        spans(resource(&APP), vec![host_span]),
        spans(resource(&worker), vec![worker_span]),
    ];
    let (told, _) = after_traces(&mut Normaliser::new(), groups);
    assert_eq!(ids(&told.facts), [id.1, id.1]);
    assert_eq!(told.functions(), ["azure:::shop/OnOrder"]);
    assert_eq!(told.facts[0].trigger, "pubsub");
}

#[test]
fn a_span_that_lost_its_id_does_not_count_an_invocation_twice() {
    let mut normaliser = Normaliser::new();
    let bare = || {
        vec![spans(
            resource(&LAMBDA),
            vec![span(SpanKind::Server, 2, 2, 0, &[])],
        )]
    };
    let (told, _) = after_traces(&mut normaliser, bare());
    assert_eq!(
        ids(&told.facts),
        [format!("{}-{}", "02".repeat(16), "02".repeat(8))]
    );
    let numbered = span(SpanKind::Server, 1, 1, 0, &[("faas.execution", "i-1")]);
    after_traces(
        &mut normaliser,
        vec![spans(resource(&LAMBDA), vec![numbered])],
    );
    let (told, _) = after_traces(&mut normaliser, bare());
    assert!(told.facts.is_empty());
}

#[test]
fn an_init_span_tells_only_of_an_invocation_that_is_known() {
    let mut normaliser = Normaliser::new();
    // In a random trace of its own it is a row and nothing more.
    let alone = with_init_name(span(SpanKind::Internal, 7, 7, 0, &[]));
    let (told, _) = after_traces(&mut normaliser, vec![spans(resource(&LAMBDA), vec![alone])]);
    assert_eq!((told.rows.len(), told.facts.len()), (1, 0));
    let numbered = span(SpanKind::Server, 1, 1, 0, &[("faas.execution", "i-1")]);
    after_traces(
        &mut normaliser,
        vec![spans(resource(&LAMBDA), vec![numbered])],
    );
    // Moved into the trace of an invocation told before, from the layer's own resource.
    let layer = [
        ("faas.invoked_provider", "aws"),
        ("faas.invoked_region", "eu-central-1"),
        ("faas.name", "checkout"),
    ];
    let moved = with_init_name(span(SpanKind::Internal, 1, 8, 9, &[]));
    let (told, _) = after_traces(&mut normaliser, vec![spans(resource(&layer), vec![moved])]);
    assert_eq!(
        (told.fact().told_by, ids(&told.facts)),
        (ToldBy::InitSpan, vec!["i-1"])
    );
    assert_eq!(told.fact().cold_start, Some(true));
    // An ordinary span of that name is no initialisation.
    let mut plain = span(SpanKind::Internal, 9, 9, 0, &[]);
    plain.name = "init".to_owned();
    assert!(of_spans(resource(&LAMBDA), vec![plain]).facts.is_empty());
}

#[test]
fn a_function_called_twice_in_a_trace_gives_an_init_span_to_neither() {
    let list = vec![
        span(SpanKind::Server, 1, 1, 0, &[("faas.execution", "i-1")]),
        span(SpanKind::Server, 1, 2, 1, &[("faas.execution", "i-2")]),
        with_init_name(span(SpanKind::Internal, 1, 3, 0, &[])),
    ];
    let told = of_spans(resource(&LAMBDA), list);
    assert_eq!(ids(&told.facts), ["i-1", "i-2"]);
}

#[test]
fn the_status_is_the_spans_own_else_its_exceptions_else_its_http_status() {
    let exception = |kind: &str| Event {
        name: "exception".to_owned(),
        attributes: pairs(&[("exception.type", kind)]),
        ..Event::default()
    };
    let told = |attrs: &[(&str, &str)], code: Option<StatusCode>, events: Vec<Event>| {
        let mut list = vec![("faas.execution", "i-1")];
        list.extend_from_slice(attrs);
        let mut told = span(SpanKind::Server, 1, 1, 0, &list);
        told.status = code.map(|code| SpanStatus {
            code: code as i32,
            ..SpanStatus::default()
        });
        told.events = events;
        let told = of_spans(resource(&LAMBDA), vec![told]);
        (told.fact().status, told.fact().error_type.clone())
    };
    let is = |status, kind: &str| (status, kind.to_owned());
    assert_eq!(told(&[], None, vec![]), is(Status::Ok, ""));
    assert_eq!(
        told(&[("http.status_code", "404")], None, vec![]),
        is(Status::Ok, "")
    );
    assert_eq!(
        told(&[("http.status_code", "502")], None, vec![]),
        is(Status::Error, "502")
    );
    let code = Some(StatusCode::Ok);
    assert_eq!(
        told(&[("http.status_code", "502")], code, vec![]),
        is(Status::Ok, "")
    );
    let code = Some(StatusCode::Error);
    assert_eq!(
        told(&[("error.type", "E")], code, vec![]),
        is(Status::Error, "E")
    );
    let events = vec![exception("KeyError"), exception("ValueError")];
    assert_eq!(
        told(&[("error.type", "E")], None, events),
        is(Status::Error, "ValueError")
    );
}

#[test]
fn a_worker_stopped_at_its_limits_says_so_in_its_outcome() {
    let cases = [
        ("ok", Status::Ok, ""),
        ("canceled", Status::Ok, ""),
        ("exception", Status::Error, "exception"),
        ("exceededCpu", Status::Timeout, "exceededCpu"),
        ("exceededMemory", Status::OutOfMemory, "exceededMemory"),
    ];
    for (outcome, status, error_type) in cases {
        let attrs = [("faas.invocation_id", "i"), ("cloudflare.outcome", outcome)];
        let told = of_spans(
            resource(&WORKER),
            vec![span(SpanKind::Server, 1, 1, 0, &attrs)],
        );
        assert_eq!(told.fact().status, status, "{outcome}");
        assert_eq!(told.fact().error_type, error_type);
    }
}

#[test]
fn a_cold_start_is_inferred_only_after_a_time_of_watching_and_never_for_lambda() {
    let mut normaliser = Normaliser::new();
    let at = |id: u8, minutes: u64, instance: &str| {
        let mut list = RUN.to_vec();
        list[2].1 = instance;
        let mut told = span(SpanKind::Server, id, id, 0, &[]);
        told.start_time_unix_nano = NOON - 60 * MINUTE + minutes * MINUTE;
        vec![spans(resource(&list), vec![told])]
    };
    let mut cold = |group| {
        let (told, _) = after_traces(&mut normaliser, group);
        (told.fact().cold_start, told.fact().cold_start_inferred)
    };
    // Just begun to watch: the instance may be old.
    assert_eq!(cold(at(1, 0, "a")), (None, false));
    assert_eq!(cold(at(2, 1, "a")), (Some(false), true));
    assert_eq!(cold(at(3, 14, "b")), (None, false));
    assert_eq!(cold(at(4, 15, "c")), (Some(true), true));
    assert_eq!(cold(at(5, 16, "c")), (Some(false), true));
    // A provider whose emitters tell is never second-guessed.
    let mut lambda = LAMBDA.to_vec();
    lambda.push(("faas.instance", "stream"));
    let told = span(SpanKind::Server, 9, 9, 0, &[("faas.execution", "i")]);
    assert_eq!(
        cold(vec![spans(resource(&lambda), vec![told])]),
        (None, false)
    );
}

#[test]
fn an_invocation_id_of_absurd_length_is_not_used() {
    let long = "i".repeat(100_000);
    let attrs = [("faas.invocation_id", long.as_str())];
    let told = of_spans(
        resource(&LAMBDA),
        vec![span(SpanKind::Server, 1, 1, 0, &attrs)],
    );
    assert!(told.fact().invocation_id.len() < 60);
}

#[test]
fn the_trace_header_of_a_queue_becomes_a_link_unless_one_is_there() {
    let header = "Root=1-6352a70e-1e2c502e358361800241fd45;Parent=35465b3a9e2f7c6a;Sampled=1";
    let attrs = [("messaging.header.AWSTraceHeader", header)];
    let links = |span: Span| of_spans(resource(&LAMBDA), vec![span]).column("links")[0].clone();
    let told = links(span(SpanKind::Consumer, 1, 1, 0, &attrs));
    assert!(
        told.contains("6352a70e1e2c502e358361800241fd45") && told.contains("35465b3a9e2f7c6a"),
        "{told}"
    );
    // Whoever sends a message has the header, too, and follows no one by it.
    assert_eq!(links(span(SpanKind::Producer, 1, 1, 0, &attrs)), "null");
    let mut linked = span(SpanKind::Consumer, 1, 1, 0, &attrs);
    linked.links.push(Link {
        trace_id: hex::decode("6352a70e1e2c502e358361800241fd45").expect("hex"),
        span_id: vec![9; 8],
        ..Link::default()
    });
    let told = links(linked);
    assert_eq!(told.matches("6352a70e").count(), 1, "{told}");
    let forged = [("AWSTraceHeader", "Root=1-x")];
    assert_eq!(links(span(SpanKind::Consumer, 1, 1, 0, &forged)), "null");
}
