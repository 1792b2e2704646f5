//! OTLP/gRPC.

use std::str::FromStr as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client as metrics_client;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use prost::Message;
use tonic::metadata::{MetadataKey, MetadataMap, MetadataValue};
use tonic::transport::{Channel, Endpoint};

use super::retry::{Answer, grpc_retryable};
use crate::otlp::batch::{Body, Request};

/// How long a receiver may take over one request.
const DEADLINE: Duration = Duration::from_secs(30);

/// A client of the three OTLP services.
pub struct Client {
    channel: Channel,
    metadata: MetadataMap,
}

impl Client {
    /// A client that connects with its first request, and again whenever it has to.
    pub fn new(endpoint: &str, headers: &[(String, String)]) -> Result<Self> {
        let endpoint = Endpoint::from_shared(endpoint.to_owned())
            .context("read the endpoint; write http://host:port")?
            .connect_timeout(Duration::from_secs(5))
            .timeout(DEADLINE);
        let mut metadata = MetadataMap::new();
        for (name, value) in headers {
            let key = MetadataKey::from_str(name)
                .with_context(|| format!("use '{name}' as the name of a header"))?;
            let value = MetadataValue::from_str(value)
                .with_context(|| format!("use the value of header '{name}'"))?;
            metadata.insert(key, value);
        }
        Ok(Self {
            channel: endpoint.connect_lazy(),
            metadata,
        })
    }

    fn request<T>(&self, body: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(body);
        *request.metadata_mut() = self.metadata.clone();
        request
    }

    /// Sends a request once.
    pub async fn export(&self, request: &Request) -> Answer {
        let channel = self.channel.clone();
        let partial = match &request.body {
            Body::Traces(body) => {
                let mut client = TraceServiceClient::new(channel);
                let answer = client.export(self.request(body.clone())).await;
                answer.map(|a| {
                    let partial = a.into_inner().partial_success;
                    partial.map(|p| (p.rejected_spans, p.error_message))
                })
            }
            Body::Logs(body) => {
                let mut client = LogsServiceClient::new(channel);
                let answer = client.export(self.request(body.clone())).await;
                answer.map(|a| {
                    let partial = a.into_inner().partial_success;
                    partial.map(|p| (p.rejected_log_records, p.error_message))
                })
            }
            Body::Metrics(body) => {
                let mut client = metrics_client::MetricsServiceClient::new(channel);
                let answer = client.export(self.request(body.clone())).await;
                answer.map(|a| {
                    let partial = a.into_inner().partial_success;
                    partial.map(|p| (p.rejected_data_points, p.error_message))
                })
            }
        };
        match partial {
            Ok(partial) => partly(partial),
            Err(status) => failed(&status),
        }
    }
}

/// The answer of a partial success; zero rejected with a message is only a warning.
pub fn partly(partial: Option<(i64, String)>) -> Answer {
    match partial {
        Some((rejected, message)) if rejected > 0 => Answer::Partly {
            rejected: rejected as u64,
            message,
        },
        _ => Answer::Accepted,
    }
}

fn failed(status: &tonic::Status) -> Answer {
    let after = retry_delay(status.details());
    let why = format!("gRPC {:?}: {}", status.code(), status.message());
    // A broken connection reaches us as UNKNOWN with the transport's error as its source.
    let transport =
        status.code() == tonic::Code::Unknown && std::error::Error::source(status).is_some();
    if transport || grpc_retryable(status.code(), after.is_some()) {
        return Answer::Later { after, why };
    }
    Answer::Refused(why)
}

/// `google.rpc.Status`, `Any` and `RetryInfo`, as far as needed to read the delay.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

#[derive(Clone, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// The delay of a RetryInfo among the details of a status, if there is one.
fn retry_delay(details: &[u8]) -> Option<Duration> {
    let status = RpcStatus::decode(details).ok()?;
    let info = status
        .details
        .iter()
        .find(|d| d.type_url.ends_with("google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(info.value.as_slice()).ok()?.retry_delay?;
    let seconds = u64::try_from(delay.seconds).ok()?;
    let nanos = u32::try_from(delay.nanos)
        .ok()
        .filter(|n| *n < 1_000_000_000)?;
    Some(Duration::new(seconds, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_of_a_retry_info_is_read() {
        let info = RetryInfo {
            retry_delay: Some(Delay {
                seconds: 1,
                nanos: 500_000_000,
            }),
        };
        let any = Any {
            type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
            value: info.encode_to_vec(),
        };
        let details = RpcStatus { details: vec![any] }.encode_to_vec();
        assert_eq!(retry_delay(&details), Some(Duration::from_millis(1_500)));
        assert_eq!(retry_delay(b""), None);
        assert_eq!(retry_delay(&[0xff, 0xff]), None);
        let exhausted = |details: Vec<u8>| {
            failed(&tonic::Status::with_details(
                tonic::Code::ResourceExhausted,
                "busy",
                details.into(),
            ))
        };
        assert!(matches!(
            exhausted(details),
            Answer::Later { after: Some(_), .. }
        ));
        assert!(matches!(exhausted(Vec::new()), Answer::Refused(_)));
    }
}
