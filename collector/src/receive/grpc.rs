//! OTLP/gRPC: the three `Export` methods.
//!
//! tonic's generated servers are not used, its statuses and codes are. They read a whole message
//! before anyone can say no, unpack and decode it on the connection's task, answer a message that
//! is too large with OUT_OF_RANGE, which OTLP clients repeat, and keep the bytes to themselves. A
//! unary call is five bytes and a message, so both doors share one way instead.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{MethodRouter, any};
use bytes::{BufMut, Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use http_body_util::{BodyExt, Full};
use prost::Message;

use super::unpack::Compression;
use super::{Door, Judged, body, status};
use crate::decode::Encoding;
use crate::refusal::{Reason, Refusal};
use crate::sender::Sender;
use crate::signal::Signal;
use crate::way::{Framing, Head};

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// A message's compressed flag and its length.
pub(crate) const PREFIX_BYTES: usize = 5;

pub(super) fn routes() -> Router<Arc<Door>> {
    Router::new()
        .route(
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            signal(Signal::Traces),
        )
        .route(
            "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            signal(Signal::Logs),
        )
        .route(
            "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
            signal(Signal::Metrics),
        )
}

fn signal(signal: Signal) -> MethodRouter<Arc<Door>> {
    any(
        async move |State(door): State<Arc<Door>>, request: Request<Body>| {
            answer(&door, signal, request).await
        },
    )
}

/// Whether the caller speaks gRPC.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let essence = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let essence = essence.split(';').next().unwrap_or_default().trim();
    matches!(essence, "application/grpc" | "application/grpc+proto")
}

/// The answer to a gRPC method we do not have.
pub(super) fn no_such_method(door: &Door, request: Request<Body>) -> Response {
    let (head, rest) = request.into_parts();
    body::discard(rest);
    door.counters.refused(None, Reason::Path);
    let path = crate::decode::printable(head.uri.path());
    let message = format!("{path} is not here: OTLP/gRPC has Export of traces, logs and metrics");
    tonic::Status::unimplemented(message).into_http()
}

async fn answer(door: &Door, signal: Signal, request: Request<Body>) -> Response {
    let (head, rest) = request.into_parts();
    let outcome = match judge(door, signal, &head.method, &head.headers) {
        Ok(known) => door.way.carry(known, rest).await,
        Err(refused) => {
            body::discard(rest);
            door.count(signal, &refused);
            Err(refused.1)
        }
    };
    match outcome {
        Ok(receipt) => accepted(&receipt.protobuf(signal)),
        // A caller that is not speaking gRPC could not read a gRPC status.
        Err(refusal) if refusal.reason == Reason::ContentType => {
            let mut response = Response::new(Body::from(refusal.message));
            *response.status_mut() = refusal.reason.http();
            response
        }
        Err(refusal) => refused(&refusal),
    }
}

fn judge(door: &Door, signal: Signal, method: &Method, headers: &HeaderMap) -> Judged {
    if !is_grpc(headers) || method != Method::POST {
        let refusal = Refusal::new(
            Reason::ContentType,
            "this address takes gRPC with the content type application/grpc; OTLP/HTTP has \
             /v1/traces, /v1/logs and /v1/metrics\n",
        );
        return Err((Sender::ANYONE, refusal));
    }
    let sender = door.keys.check(headers);
    let sender = sender.map_err(|refusal| (Sender::ANYONE, refusal))?;
    let announced = announced(headers).map_err(|refusal| (sender, refusal))?;
    Ok(Head {
        signal,
        sender,
        encoding: Encoding::Protobuf,
        framing: Framing::Grpc(announced),
    })
}

/// The compression of messages that are marked as compressed.
fn announced(headers: &HeaderMap) -> Result<Compression, Refusal> {
    let Some(value) = headers.get(GRPC_ENCODING) else {
        return Ok(Compression::Identity);
    };
    let name = String::from_utf8_lossy(value.as_bytes());
    Compression::named(&name).ok_or_else(|| {
        let name = crate::decode::printable(&name);
        let spoken = Compression::SPOKEN;
        Refusal::new(
            Reason::ContentEncoding,
            format!("the grpc-encoding `{name}` is not one of {spoken}"),
        )
    })
}

/// Takes the one message of a unary call out of its frame.
pub(crate) fn unframe(
    mut frame: Bytes,
    announced: Compression,
) -> Result<(Bytes, Compression), Refusal> {
    let malformed = |problem: String| Err(Refusal::new(Reason::Malformed, problem));
    if frame.is_empty() {
        return malformed("the call holds no message".to_owned());
    }
    if frame.len() < PREFIX_BYTES {
        return malformed("the gRPC frame is cut short within its first five bytes".to_owned());
    }
    let message = frame.split_off(PREFIX_BYTES);
    let length = u32::from_be_bytes([frame[1], frame[2], frame[3], frame[4]]) as usize;
    if length != message.len() {
        let got = message.len();
        return malformed(format!(
            "the gRPC frame announces a message of {length} bytes, and {got} follow"
        ));
    }
    match (frame[0], announced) {
        (0, _) => Ok((message, Compression::Identity)),
        (1, Compression::Identity) => malformed(
            "the gRPC frame is marked as compressed, and no grpc-encoding says how".to_owned(),
        ),
        (1, announced) => Ok((message, announced)),
        (flag, _) => malformed(format!(
            "the gRPC frame begins with {flag} instead of 0 or 1"
        )),
    }
}

fn accepted(message: &[u8]) -> Response {
    let mut frame = BytesMut::with_capacity(PREFIX_BYTES + message.len());
    frame.put_u8(0);
    // Answers are at most a few kilobytes.
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put_slice(message);
    let trailers = HeaderMap::from_iter([(GRPC_STATUS, HeaderValue::from_static("0"))]);
    let body = Full::new(frame.freeze()).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(CONTENT_TYPE, GRPC);
    response
}

fn refused(refusal: &Refusal) -> Response {
    let details = status::status(refusal);
    let code = refusal.reason.grpc();
    let details = match details.details.is_empty() {
        true => Bytes::new(),
        false => details.encode_to_vec().into(),
    };
    let mut response: Response =
        tonic::Status::with_details(code, &refusal.message, details).into_http();
    if refusal.reason == Reason::ContentEncoding {
        let spoken = HeaderValue::from_static(Compression::SPOKEN);
        response.headers_mut().insert(GRPC_ACCEPT_ENCODING, spoken);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_holds_exactly_one_message() {
        let open = |frame: &[u8], announced| unframe(Bytes::copy_from_slice(frame), announced);
        let plain = (Bytes::from_static(b"ab"), Compression::Identity);
        assert_eq!(open(b"\0\0\0\0\x02ab", Compression::Gzip), Ok(plain));
        let packed = (Bytes::from_static(b"ab"), Compression::Zstd);
        assert_eq!(open(b"\x01\0\0\0\x02ab", Compression::Zstd), Ok(packed));
        for (frame, wanted) in [
            (&b""[..], "the call holds no message"),
            (
                b"\0\0\0",
                "the gRPC frame is cut short within its first five bytes",
            ),
            (
                b"\0\0\0\0\x03ab",
                "the gRPC frame announces a message of 3 bytes, and 2 follow",
            ),
            (
                b"\0\0\0\0\x00\0\0\0\0\0",
                "the gRPC frame announces a message of 0 bytes, and 5 follow",
            ),
            (
                b"\x01\0\0\0\x01a",
                "the gRPC frame is marked as compressed, and no grpc-encoding says how",
            ),
            (
                b"\x02\0\0\0\x01a",
                "the gRPC frame begins with 2 instead of 0 or 1",
            ),
        ] {
            let refusal = open(frame, Compression::Identity).expect_err("refused");
            assert_eq!(
                (refusal.reason, &*refusal.message),
                (Reason::Malformed, wanted)
            );
        }
    }
}
