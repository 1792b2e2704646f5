//! OTLP/gRPC: tonic's own clients for what is good, hand-made frames for what is bad.

use ::http::Method;
use bytes::{BufMut, BytesMut};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, metrics_service_client::MetricsServiceClient,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
};
use prost::Message;
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;
use tonic::{Code, Request as Call, Status as GrpcStatus};

use super::*;
use crate::receive::{BadRequest, RetryInfo};

async fn channel(collector: &Collector) -> Channel {
    let address = format!("http://{}", collector.grpc_addr());
    Channel::from_shared(address)
        .expect("an address")
        .connect()
        .await
        .expect("connected")
}

async fn client(collector: &Collector) -> TraceServiceClient<Channel> {
    TraceServiceClient::new(channel(collector).await)
}

fn logs() -> ExportLogsServiceRequest {
    let record = LogRecord {
        observed_time_unix_nano: TIME,
        ..Default::default()
    };
    let scope_logs = vec![ScopeLogs {
        log_records: vec![record],
        ..Default::default()
    }];
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            scope_logs,
            ..Default::default()
        }],
    }
}

fn metrics() -> ExportMetricsServiceRequest {
    let value = Some(Value::AsInt(1));
    let point = NumberDataPoint {
        time_unix_nano: TIME,
        value,
        ..Default::default()
    };
    let data = Some(Data::Gauge(Gauge {
        data_points: vec![point],
    }));
    let metrics = vec![Metric {
        name: "m".into(),
        data,
        ..Default::default()
    }];
    let scope_metrics = vec![ScopeMetrics {
        metrics,
        ..Default::default()
    }];
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            scope_metrics,
            ..Default::default()
        }],
    }
}

/// The details of a status, decoded.
fn details(status: &GrpcStatus) -> Vec<(String, Bytes)> {
    let details = Status::decode(status.details()).expect("a status").details;
    details
        .into_iter()
        .map(|any| (any.type_url, any.value))
        .collect()
}

#[tokio::test]
async fn every_signal_is_taken() {
    let collector = run(config(), &Script::default()).await;
    let channel = channel(&collector).await;
    let spans = traces(vec![span("a"), span("b")]);
    let answer = TraceServiceClient::new(channel.clone())
        .export(spans)
        .await
        .expect("taken");
    assert_eq!(answer.into_inner().partial_success, None);
    LogsServiceClient::new(channel.clone())
        .export(logs())
        .await
        .expect("taken");
    MetricsServiceClient::new(channel)
        .export(metrics())
        .await
        .expect("taken");
    let counted = collector.counters().snapshot();
    assert_eq!(counted.traces.items_accepted, 2);
    assert_eq!(
        (counted.logs.items_accepted, counted.metrics.items_accepted),
        (1, 1)
    );
    collector.stop().await;
}

#[tokio::test]
async fn compressed_and_empty_messages_are_taken() {
    let collector = run(config(), &Script::default()).await;
    for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
        let mut client = client(&collector)
            .await
            .send_compressed(encoding)
            .accept_compressed(encoding);
        client
            .export(traces(vec![span(&"a".repeat(5000))]))
            .await
            .expect("taken");
        client.export(traces(vec![])).await.expect("taken");
    }
    assert_eq!(collector.counters().snapshot().traces.items_accepted, 2);
}

#[tokio::test]
async fn bad_items_are_told_as_a_partial_success() {
    let collector = run(config(), &Script::default()).await;
    let mut bad = span("bad");
    bad.trace_id = vec![0; 16];
    let answer = client(&collector)
        .await
        .export(traces(vec![bad, span("good")]))
        .await;
    let partial = answer
        .expect("taken")
        .into_inner()
        .partial_success
        .expect("partial");
    assert_eq!(partial.rejected_spans, 1);
    assert!(
        partial.error_message.contains("spans[0].traceId"),
        "{}",
        partial.error_message
    );
}

#[tokio::test]
async fn what_is_too_large_is_exhausted_and_not_to_be_repeated() {
    let small = Config {
        max_request_bytes: 1024 * 1024,
        ..config()
    };
    let collector = run(small, &Script::default()).await;
    let big = traces(vec![span(&"x".repeat(2 * 1024 * 1024))]);
    let plain = client(&collector).await;
    let gzip = plain.clone().send_compressed(CompressionEncoding::Gzip);
    let zstd = plain.clone().send_compressed(CompressionEncoding::Zstd);
    for (mut client, form) in [
        (plain, "as sent"),
        (gzip, "after decompression"),
        (zstd, "after decompression"),
    ] {
        let status = client.export(big.clone()).await.expect_err("refused");
        assert_eq!(status.code(), Code::ResourceExhausted);
        let wanted = format!("the request is bigger than 1048576 bytes {form}");
        assert!(
            status.message().starts_with(&wanted),
            "{}",
            status.message()
        );
        assert!(
            status.details().is_empty(),
            "RetryInfo would make clients repeat it"
        );
    }
    client(&collector)
        .await
        .export(traces(vec![span("a")]))
        .await
        .expect("taken");
}

#[tokio::test]
async fn a_full_spool_is_unavailable_with_a_delay() {
    let (store, _gate) = gated();
    let mut small = config();
    small.max_request_bytes = 1024;
    small.spool.max_bytes = Some(9 * 1024);
    let collector = run(small, &store).await;
    let mut client = client(&collector).await;
    let mut number = 0;
    let status = loop {
        let name = format!("{number:0600}");
        match client.export(traces(vec![span(&name)])).await {
            Ok(_) => number += 1,
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::Unavailable);
    let (kind, value) = &details(&status)[0];
    assert_eq!(kind, "type.googleapis.com/google.rpc.RetryInfo");
    let retry = RetryInfo::decode(value.clone()).expect("retry info");
    assert_eq!(retry.retry_delay.map(|delay| delay.seconds), Some(1));
}

#[tokio::test]
async fn without_the_right_key_nobody_is_let_in() {
    let collector = run(with_key(), &Script::default()).await;
    let mut client = client(&collector).await;
    let status = client
        .export(traces(vec![span("a")]))
        .await
        .expect_err("refused");
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(
        status.message(),
        "no ingest key came: send it as `authorization: Bearer <key>`"
    );
    let mut call = Call::new(traces(vec![span("a")]));
    let value = format!("Bearer {KEY}").parse().expect("metadata");
    call.metadata_mut().insert("authorization", value);
    client.export(call).await.expect("taken");
}

/// A gRPC call by hand; the status is in the headers when there is no message.
async fn call(collector: &Collector, path: &str, headers: Headers<'_>, body: Vec<u8>) -> Answer {
    let url = format!("http://{}{path}", collector.grpc_addr());
    send(true, Method::POST, &url, headers, body).await
}

fn frame(flag: u8, message: &[u8]) -> Vec<u8> {
    let mut frame = BytesMut::new();
    frame.put_u8(flag);
    frame.put_u32(u32::try_from(message.len()).expect("small"));
    frame.put_slice(message);
    frame.to_vec()
}

const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const GRPC: (&str, &str) = ("content-type", "application/grpc");

#[tokio::test]
async fn what_cannot_be_read_is_an_invalid_argument() {
    let store = Script::default();
    let collector = run(config(), &store).await;
    let whole = traces(vec![span("checkout")]).encode_to_vec();
    let name = field(1, &field(2, &field(2, &field(5, b"a\xff"))));
    let gzip_header: Headers<'_> = &[GRPC, ("grpc-encoding", "gzip")];
    let cases: [(Headers<'_>, Vec<u8>, &str); 8] = [
        (
            &[GRPC],
            frame(0, &whole[..whole.len() - 4]),
            "decoding the request: resourceSpans[0]: is cut short: ",
        ),
        (
            &[GRPC],
            frame(0, &name),
            "decoding the request: resourceSpans[0].scopeSpans[0].spans[0].name: is not UTF-8: ",
        ),
        (&[GRPC], frame(0, b"hello there"), "decoding the request: "),
        (&[GRPC], vec![], "the call holds no message"),
        (
            &[GRPC],
            frame(0, &whole)[..20].to_vec(),
            "the gRPC frame announces a message of ",
        ),
        (
            &[GRPC],
            frame(1, &whole),
            "the gRPC frame is marked as compressed, and no",
        ),
        (
            gzip_header,
            frame(1, &whole),
            "decompressing the body as gzip: ",
        ),
        (
            gzip_header,
            frame(7, &whole),
            "the gRPC frame begins with 7 instead of 0 or 1",
        ),
    ];
    for (headers, body, wanted) in cases {
        let answer = call(&collector, EXPORT, headers, body).await;
        assert_eq!(answer.status, 200);
        let status = GrpcStatus::from_header_map(&answer.headers).expect("a status");
        assert_eq!(status.code(), Code::InvalidArgument, "{wanted}");
        assert!(
            status.message().starts_with(wanted),
            "{wanted}: {}",
            status.message()
        );
        if status.message().contains("resourceSpans") {
            let (kind, value) = &details(&status)[0];
            assert_eq!(kind, "type.googleapis.com/google.rpc.BadRequest");
            let violations = BadRequest::decode(value.clone())
                .expect("one")
                .field_violations;
            assert!(violations[0].field.starts_with("resourceSpans[0]"));
        }
    }
    assert!(store.rows_asked().is_empty());
}

#[tokio::test]
async fn unknown_encodings_methods_and_content_types_are_told_what_is_right() {
    let collector = run(config(), &Script::default()).await;
    let snappy = [GRPC, ("grpc-encoding", "snappy")];
    let answer = call(&collector, EXPORT, &snappy, frame(1, b"x")).await;
    let status = GrpcStatus::from_header_map(&answer.headers).expect("a status");
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(
        answer.header("grpc-accept-encoding"),
        "gzip, zstd, deflate, identity"
    );

    let profiles = "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export";
    let answer = call(&collector, profiles, &[GRPC], frame(0, b"")).await;
    let status = GrpcStatus::from_header_map(&answer.headers).expect("a status");
    assert_eq!(status.code(), Code::Unimplemented);

    let answer = call(
        &collector,
        EXPORT,
        &[("content-type", "text/plain")],
        vec![],
    )
    .await;
    assert_eq!(answer.status, 415);
    assert!(answer.body.starts_with(b"this address takes gRPC"));
}
