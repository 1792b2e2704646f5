//! The collector from outside: real sockets, a stand-in for the store.

mod bad_bodies;
mod grpc;
mod http;
mod keys;
mod own_metrics;
mod ports;
mod properties;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, Method, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use tokio::sync::Semaphore;

use crate::collector::{Collector, start_with};
use crate::config::{Batch, Config, Key, Secret, SpoolSection};
use crate::receive::Status;
use crate::ship::stand_in::Script;
use crate::ship::stand_in::spool_folder;

/// 2020-09-13 UTC: long ago by any clock, and believed by the normaliser.
const TIME: u64 = 1_600_000_000_000_000_000;

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const JSON: (&str, &str) = ("content-type", "application/json");

const KEY: &str = "a key of twenty-five chars";

/// The default configuration on free ports, without waiting for company.
fn config() -> Config {
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let batch = Batch {
        max_delay_ms: 0,
        ..Batch::default()
    };
    Config {
        grpc_listen: free,
        http_listen: free,
        // What the stand-in for the store is asked is then the test's alone.
        self_metrics_interval_ms: 0,
        batch,
        spool: SpoolSection {
            folder: spool_folder(),
            ..SpoolSection::default()
        },
        ..Config::default()
    }
}

fn with_key() -> Config {
    let key = Key {
        name: "tests".into(),
        key: Some(Secret::new(KEY)),
        key_file: None,
        header: "authorization: Bearer".into(),
    };
    Config {
        keys: vec![key],
        ..config()
    }
}

async fn run(config: Config, store: &Script) -> Collector {
    start_with(config, store.clone()).await.expect("started")
}

/// A store that answers no insert until the semaphore has permits.
fn gated() -> (Script, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    (
        Script {
            gate: Some(Arc::clone(&gate)),
            ..Script::default()
        },
        gate,
    )
}

fn span(name: &str) -> Span {
    Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: name.to_owned(),
        start_time_unix_nano: TIME,
        end_time_unix_nano: TIME + 1_000_000,
        ..Default::default()
    }
}

fn traces(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans {
        spans,
        ..Default::default()
    }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans,
            ..Default::default()
        }],
    }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder
        .write_all(plain)
        .and_then(|()| encoder.finish())
        .expect("packed")
}

fn zstd(plain: &[u8]) -> Vec<u8> {
    ::zstd::encode_all(plain, 1).expect("packed")
}

/// Names and values of headers.
type Headers<'a> = &'a [(&'a str, &'a str)];

/// A length-delimited field of a protobuf message.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    prost::encoding::encode_varint(value.len() as u64, &mut out);
    out.extend(value);
    out
}

/// Code and message of a `google.rpc.Status`.
fn status(body: &[u8]) -> (i32, String) {
    let status = <Status as prost::Message>::decode(body).expect("a status");
    (status.code, status.message)
}

/// What came back.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("text"))
    }

    fn json(&self) -> serde_json::Value {
        assert_eq!(self.header("content-type"), "application/json");
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// One request over HTTP/1.1, or over HTTP/2 if `http2`.
async fn send(
    http2: bool,
    method: Method,
    url: &str,
    headers: Headers<'_>,
    body: impl Into<Bytes>,
) -> Answer {
    let client = Client::builder(TokioExecutor::new())
        .http2_only(http2)
        .build_http();
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).expect("a request");
    let response = client.request(request).await.expect("an answer");
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    Answer {
        status: head.status,
        headers: head.headers,
        body,
    }
}

async fn post(
    collector: &Collector,
    path: &str,
    headers: Headers<'_>,
    body: impl Into<Bytes>,
) -> Answer {
    let url = format!("http://{}{path}", collector.http_addr());
    send(false, Method::POST, &url, headers, body).await
}

/// Waits, for ten seconds at most, until `state` holds.
async fn until(what: &str, state: impl Fn() -> bool) {
    let wait = async {
        while !state() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait)
        .await
        .expect(what);
}
