//! A receiver of OTLP for tests: gRPC by tonic, HTTP by axum, everything kept, answers scripted.

use std::collections::VecDeque;
use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fleet::otlp::batch::{Body, Counts, points};
use fleet::wire::{Patience, Protocol, Target};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
    logs_service_server::{LogsService, LogsServiceServer},
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
    metrics_service_server::{MetricsService, MetricsServiceServer},
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_server::{TraceService, TraceServiceServer},
};
use prost::Message as _;
use tokio::net::TcpListener;

/// What the receiver says to the next request, in turn; accepts when nothing is left to say.
#[derive(Clone, Debug)]
pub enum Say {
    Grpc(tonic::Code),
    Rejected(i64),
    Http(u16),
}

/// What has arrived and what is to be said.
#[derive(Default)]
pub struct Log {
    pub bodies: Vec<Body>,
    pub json: Vec<serde_json::Value>,
    pub tokens: Vec<String>,
    pub script: VecDeque<Say>,
    pub calls: usize,
}

impl Log {
    /// Everything that arrived as protobuf, counted.
    pub fn counts(&self) -> Counts {
        let mut n = Counts::default();
        for body in &self.bodies {
            match body {
                Body::Traces(b) => {
                    let scopes = b.resource_spans.iter().flat_map(|r| &r.scope_spans);
                    n.spans += scopes.map(|s| s.spans.len() as u64).sum::<u64>();
                }
                Body::Logs(b) => {
                    let scopes = b.resource_logs.iter().flat_map(|r| &r.scope_logs);
                    n.logs += scopes.map(|s| s.log_records.len() as u64).sum::<u64>();
                }
                Body::Metrics(b) => {
                    let scopes = b.resource_metrics.iter().flat_map(|r| &r.scope_metrics);
                    n.points += scopes.flat_map(|s| &s.metrics).map(points).sum::<u64>();
                }
            }
        }
        n
    }
}

#[derive(Clone, Default)]
pub struct Receiver(pub Arc<Mutex<Log>>);

impl Receiver {
    fn note(&self, token: Option<&str>) -> Option<Say> {
        let mut log = self.0.lock().unwrap();
        log.calls += 1;
        log.tokens.extend(token.map(str::to_owned));
        log.script.pop_front()
    }

    fn grpc<T>(
        &self,
        request: tonic::Request<T>,
        body: fn(T) -> Body,
    ) -> Result<Option<i64>, tonic::Status> {
        let token = request
            .metadata()
            .get("authorization")
            .and_then(|v| v.to_str().ok());
        match self.note(token) {
            Some(Say::Grpc(code)) => Err(tonic::Status::new(code, "as scripted")),
            said => {
                self.0
                    .lock()
                    .unwrap()
                    .bodies
                    .push(body(request.into_inner()));
                Ok(match said {
                    Some(Say::Rejected(n)) => Some(n),
                    _ => None,
                })
            }
        }
    }
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        let rejected = self.grpc(request, Body::Traces)?;
        let partial_success = rejected.map(|rejected_spans| ExportTracePartialSuccess {
            rejected_spans,
            error_message: "span_id: 3 bytes, not 8".to_owned(),
        });
        Ok(tonic::Response::new(ExportTraceServiceResponse {
            partial_success,
        }))
    }
}

#[tonic::async_trait]
impl LogsService for Receiver {
    async fn export(
        &self,
        request: tonic::Request<ExportLogsServiceRequest>,
    ) -> Result<tonic::Response<ExportLogsServiceResponse>, tonic::Status> {
        self.grpc(request, Body::Logs)?;
        Ok(tonic::Response::new(ExportLogsServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Receiver {
    async fn export(
        &self,
        request: tonic::Request<ExportMetricsServiceRequest>,
    ) -> Result<tonic::Response<ExportMetricsServiceResponse>, tonic::Status> {
        self.grpc(request, Body::Metrics)?;
        Ok(tonic::Response::new(ExportMetricsServiceResponse::default()))
    }
}

async fn take(
    State(receiver): State<Receiver>,
    Path(signal): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let token = headers.get("authorization").and_then(|v| v.to_str().ok());
    if let Some(Say::Http(status)) = receiver.note(token) {
        let status = StatusCode::from_u16(status).unwrap();
        return (status, [(header::RETRY_AFTER, "0")], "as scripted").into_response();
    }
    let mut log = receiver.0.lock().unwrap();
    if headers[header::CONTENT_TYPE] == "application/json" {
        log.json.push(serde_json::from_slice(&body).unwrap());
        return ([(header::CONTENT_TYPE, "application/json")], "{}").into_response();
    }
    assert_eq!(headers[header::CONTENT_ENCODING], "gzip");
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&body[..])
        .read_to_end(&mut plain)
        .unwrap();
    log.bodies.push(match signal.as_str() {
        "traces" => Body::Traces(ExportTraceServiceRequest::decode(&plain[..]).unwrap()),
        "logs" => Body::Logs(ExportLogsServiceRequest::decode(&plain[..]).unwrap()),
        _ => Body::Metrics(ExportMetricsServiceRequest::decode(&plain[..]).unwrap()),
    });
    (
        [(header::CONTENT_TYPE, "application/x-protobuf")],
        Vec::new(),
    )
        .into_response()
}

/// Starts a receiver on free loopback ports; it lives as long as the test's runtime.
pub async fn start() -> (Receiver, SocketAddr, SocketAddr) {
    let receiver = Receiver::default();
    let grpc = tonic::transport::server::TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let grpc_at = grpc.local_addr().unwrap();
    const MAX: usize = 64 << 20;
    let server = tonic::transport::Server::builder()
        .add_service(TraceServiceServer::new(receiver.clone()).max_decoding_message_size(MAX))
        .add_service(LogsServiceServer::new(receiver.clone()).max_decoding_message_size(MAX))
        .add_service(MetricsServiceServer::new(receiver.clone()).max_decoding_message_size(MAX));
    tokio::spawn(server.serve_with_incoming(grpc));
    let http = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let http_at = http.local_addr().unwrap();
    let router = axum::Router::new()
        .route("/v1/{signal}", axum::routing::post(take))
        .layer(axum::extract::DefaultBodyLimit::max(MAX))
        .with_state(receiver.clone());
    tokio::spawn(async move { axum::serve(http, router).await });
    (receiver, grpc_at, http_at)
}

/// A target with short patience.
pub fn target(grpc: SocketAddr, http: SocketAddr, protocol: Protocol) -> Target {
    Target {
        grpc: format!("http://{grpc}"),
        http: format!("http://{http}"),
        protocol,
        headers: vec![("authorization".to_owned(), "Bearer x".to_owned())],
        in_flight: 3,
        patience: Patience {
            retries_max: 4,
            first: std::time::Duration::from_millis(5),
            longest: std::time::Duration::from_millis(20),
        },
    }
}
