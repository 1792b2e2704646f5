//! OTLP/HTTP: protobuf with gzip, as most exporters send it, and JSON without.

use std::io::Write as _;
use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;

use super::grpc::partly;
use super::json;
use super::retry::{Answer, http_retryable};
use crate::otlp::batch::{Request, Signal};

/// How long a receiver may take over one request.
const DEADLINE: Duration = Duration::from_secs(30);

/// Largest answer read: the 4 MiB that OTLP recommends.
const ANSWER_MAX: usize = 4 << 20;

type Connection = hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>;

/// A client of the three OTLP paths.
pub struct Client {
    connection: Connection,
    base: String,
    headers: HeaderMap,
}

impl Client {
    /// A client that connects with its first request.
    pub fn new(base: &str, headers: &[(String, String)]) -> Result<Self> {
        let base = base.trim_end_matches('/').to_owned();
        base.parse::<Uri>()
            .context("read the endpoint; write http://host:port")?;
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let key = HeaderName::try_from(name)
                .with_context(|| format!("use '{name}' as the name of a header"))?;
            let value = HeaderValue::try_from(value)
                .with_context(|| format!("use the value of header '{name}'"))?;
            map.insert(key, value);
        }
        let connection =
            hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        Ok(Self {
            connection,
            base,
            headers: map,
        })
    }

    /// Sends a request once.
    pub async fn export(&self, request: &Request, as_json: bool) -> Answer {
        let built = match self.build(request, as_json) {
            Ok(built) => built,
            Err(error) => return Answer::Refused(format!("{error:#}")),
        };
        let later = |why: String| Answer::Later { after: None, why };
        match tokio::time::timeout(DEADLINE, self.ask(built)).await {
            Err(_) => later("no answer in time".to_owned()),
            Ok(Err(error)) => later(format!("{error:#}")),
            Ok(Ok(answer)) => read(request.signal(), &answer),
        }
    }

    fn build(&self, request: &Request, as_json: bool) -> Result<::http::Request<Full<Bytes>>> {
        let path = match request.signal() {
            Signal::Traces => "/v1/traces",
            Signal::Logs => "/v1/logs",
            Signal::Metrics => "/v1/metrics",
        };
        let mut builder = ::http::Request::builder()
            .method(Method::POST)
            .uri(format!("{}{path}", self.base))
            .header(header::USER_AGENT, "nephoscope-fleet");
        let body = if as_json {
            builder = builder.header(header::CONTENT_TYPE, "application/json");
            serde_json::to_vec(&json::request(&request.body)).context("write JSON")?
        } else {
            builder = builder
                .header(header::CONTENT_TYPE, "application/x-protobuf")
                .header(header::CONTENT_ENCODING, "gzip");
            gzip(&request.protobuf()).context("compress")?
        };
        let mut built = builder
            .body(Full::new(Bytes::from(body)))
            .context("build the request")?;
        built.headers_mut().extend(self.headers.clone());
        Ok(built)
    }

    async fn ask(&self, request: ::http::Request<Full<Bytes>>) -> Result<Received> {
        let answer = self
            .connection
            .request(request)
            .await
            .context("send the request")?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_MAX).collect().await;
        let body = body
            .map_err(|e| anyhow::anyhow!("read the answer: {e}"))?
            .to_bytes();
        Ok(Received {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        })
    }
}

/// An answer as received.
struct Received {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(plain)?;
    writer.finish()
}

fn read(signal: Signal, answer: &Received) -> Answer {
    let why = || {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        format!("HTTP {}: {text}", answer.status)
    };
    match answer.status {
        200 => {
            let is = |value: &HeaderValue| value.as_bytes().starts_with(b"application/json");
            let as_json = answer.headers.get(header::CONTENT_TYPE).is_some_and(is);
            let partial = if as_json {
                json::partial_success(&answer.body)
            } else {
                protobuf_partial(signal, &answer.body)
            };
            match partial {
                Ok(partial) => partly(partial),
                Err(error) => Answer::Refused(format!("HTTP 200 with no OTLP answer: {error}")),
            }
        }
        status if http_retryable(status) => {
            let after = answer.headers.get(header::RETRY_AFTER);
            let seconds = after
                .and_then(|v| v.to_str().ok())
                .and_then(|v| v.parse().ok());
            Answer::Later {
                after: seconds.map(Duration::from_secs),
                why: why(),
            }
        }
        _ => Answer::Refused(why()),
    }
}

type Partial = Result<Option<(i64, String)>, String>;

fn protobuf_partial(signal: Signal, body: &[u8]) -> Partial {
    let decoded = match signal {
        Signal::Traces => ExportTraceServiceResponse::decode(body).map(|r| {
            r.partial_success
                .map(|p| (p.rejected_spans, p.error_message))
        }),
        Signal::Logs => ExportLogsServiceResponse::decode(body).map(|r| {
            r.partial_success
                .map(|p| (p.rejected_log_records, p.error_message))
        }),
        Signal::Metrics => ExportMetricsServiceResponse::decode(body).map(|r| {
            r.partial_success
                .map(|p| (p.rejected_data_points, p.error_message))
        }),
    };
    decoded.map_err(|e| e.to_string())
}
