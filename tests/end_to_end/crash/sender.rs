//! One attempt to send a request, and what was heard.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::watch;
use tokio::time::timeout;

use super::book::Signal;

/// A client waits this long for an answer. Nothing the product waits for itself before it answers takes
/// as long: hearing nothing is a fault.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the product listens now; it changes with every restart.
#[derive(Clone, Debug, Default)]
pub struct Doors {
    pub grpc: String,
    pub http: String,
}

/// How a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Grpc,
    HttpProtobuf,
    HttpJson,
}

impl Encoding {
    pub const ALL: [Self; 3] = [Self::Grpc, Self::HttpProtobuf, Self::HttpJson];
}

/// What a client heard.
pub enum Outcome {
    Acknowledged,
    /// It is to send again; `full`: because the spool is full.
    Refused {
        full: bool,
    },
    /// The connection was refused or broke.
    Broken,
    /// Nothing in time.
    Silent,
    /// What should never be heard.
    Wrong(String),
}

/// Sends; keeps its connections from one request to the next.
pub struct Sender {
    doors: watch::Receiver<Doors>,
    http1: Client<HttpConnector, Full<Bytes>>,
    http2: Client<HttpConnector, Full<Bytes>>,
}

impl Sender {
    pub fn new(doors: watch::Receiver<Doors>) -> Self {
        let client = |http2| {
            let mut builder = Client::builder(TokioExecutor::new());
            builder.http2_only(http2).build_http()
        };
        Self {
            doors,
            http1: client(false),
            http2: client(true),
        }
    }

    pub async fn send(&self, signal: Signal, encoding: Encoding, body: &Bytes) -> Outcome {
        let doors = self.doors.borrow().clone();
        let attempt = async {
            match encoding {
                Encoding::Grpc => self.grpc(&doors.grpc, signal, body).await,
                Encoding::HttpProtobuf => {
                    self.http(&doors.http, signal, "application/x-protobuf", body)
                        .await
                }
                Encoding::HttpJson => {
                    self.http(&doors.http, signal, "application/json", body)
                        .await
                }
            }
        };
        match timeout(PATIENCE, attempt).await {
            Ok(heard) => heard.unwrap_or(Outcome::Broken),
            Err(_) => Outcome::Silent,
        }
    }

    async fn http(
        &self,
        door: &str,
        signal: Signal,
        content_type: &str,
        body: &Bytes,
    ) -> Result<Outcome, Box<dyn std::error::Error + Send + Sync>> {
        let request = http::Request::post(format!("{door}/v1/{}", signal.as_str()))
            .header("content-type", content_type)
            .body(Full::new(body.clone()))?;
        let (head, rest) = self.http1.request(request).await?.into_parts();
        let said = rest.collect().await?.to_bytes();
        Ok(match head.status.as_u16() {
            200 if said.is_empty() || said == "{}" => Outcome::Acknowledged,
            429 | 503 => refused(&String::from_utf8_lossy(&said)),
            status => Outcome::Wrong(format!("{status}: {}", String::from_utf8_lossy(&said))),
        })
    }

    async fn grpc(
        &self,
        door: &str,
        signal: Signal,
        body: &Bytes,
    ) -> Result<Outcome, Box<dyn std::error::Error + Send + Sync>> {
        let service = match signal {
            Signal::Traces => "trace.v1.TraceService",
            Signal::Logs => "logs.v1.LogsService",
            Signal::Metrics => "metrics.v1.MetricsService",
        };
        let mut framed = BytesMut::with_capacity(body.len() + 5);
        framed.put_u8(0);
        framed.put_u32(u32::try_from(body.len())?);
        framed.put_slice(body);
        let url = format!("{door}/opentelemetry.proto.collector.{service}/Export");
        let request = http::Request::post(url)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(Full::new(framed.freeze()))?;
        let (head, rest) = self.http2.request(request).await?.into_parts();
        let rest = rest.collect().await?;
        let from = |headers: Option<&http::HeaderMap>, name| {
            let value = headers.and_then(|headers| headers.get(name));
            value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let heard = |name| from(Some(&head.headers), name).or_else(|| from(rest.trailers(), name));
        let message = heard("grpc-message").unwrap_or_default();
        let status = heard("grpc-status");
        let said = rest.to_bytes();
        Ok(match status.as_deref() {
            Some("0") if said.len() == 5 => Outcome::Acknowledged,
            Some("14") => refused(&message.replace("%20", " ")),
            status => Outcome::Wrong(format!("{status:?} {message}: {said:?}")),
        })
    }
}

fn refused(message: &str) -> Outcome {
    Outcome::Refused {
        full: message.contains("the spool holds its"),
    }
}
