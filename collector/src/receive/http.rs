//! OTLP/HTTP: `POST /v1/traces`, `/v1/logs` and `/v1/metrics`, in protobuf or JSON.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get};
use http::header::{
    ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER as RETRY_AFTER_HEADER,
    WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use prost::Message;
use serde_json::json;

use super::unpack::Compression;
use super::{Door, Judged, body, status};
use crate::decode::Encoding;
use crate::refusal::{RETRY_AFTER, Reason, Refusal};
use crate::sender::Sender;
use crate::signal::Signal;
use crate::way::{Framing, Head, Receipt};

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What someone reads who opens the port in a browser.
const HELLO: &str = "Nephoscope takes OpenTelemetry here: POST /v1/traces, /v1/logs or /v1/metrics \
                     (OTLP/HTTP, protobuf or JSON), or OTLP/gRPC on the same port.\n";

pub(super) fn routes() -> Router<Arc<Door>> {
    Router::new()
        .route("/", get(async || HELLO).fallback(not_the_root))
        .route("/v1/traces", signal(Signal::Traces))
        .route("/v1/logs", signal(Signal::Logs))
        .route("/v1/metrics", signal(Signal::Metrics))
}

fn signal(signal: Signal) -> MethodRouter<Arc<Door>> {
    any(
        async move |State(door): State<Arc<Door>>, request: Request<Body>| {
            answer(&door, signal, request).await
        },
    )
}

/// An exporter whose endpoint lacks the path posts to the root.
async fn not_the_root(State(door): State<Arc<Door>>, request: Request<Body>) -> Response {
    no_such_path(&door, request)
}

/// The answer to whatever is not at one of our addresses.
pub(super) fn no_such_path(door: &Door, request: Request<Body>) -> Response {
    let (head, rest) = request.into_parts();
    body::discard(rest);
    let path = crate::decode::printable(head.uri.path());
    let refusal = Refusal::new(
        Reason::Path,
        format!("{path} is not here: OTLP/HTTP has /v1/traces, /v1/logs and /v1/metrics"),
    );
    door.counters.refused(None, refusal.reason);
    let encoding = encoding(&head.headers).unwrap_or(Encoding::Json);
    refused(door, encoding, &refusal)
}

async fn answer(door: &Door, signal: Signal, request: Request<Body>) -> Response {
    let (head, rest) = request.into_parts();
    if head.method == Method::OPTIONS
        && let Some(allowed) = door.cors.preflight(&head.headers)
    {
        return (StatusCode::NO_CONTENT, allowed).into_response();
    }
    // Whoever names no content type that we know is most likely a person with curl.
    let answered_in = encoding(&head.headers).unwrap_or(Encoding::Json);
    let outcome = match judge(door, signal, &head.method, &head.headers) {
        Ok(known) => door.way.carry(known, rest).await,
        Err(refused) => {
            body::discard(rest);
            door.count(signal, &refused);
            Err(refused.1)
        }
    };
    let mut response = match outcome {
        Ok(receipt) => accepted(answered_in, signal, &receipt),
        Err(refusal) => refused(door, answered_in, &refusal),
    };
    door.cors.allow(&head.headers, response.headers_mut());
    response
}

/// What can be said before the body is read.
fn judge(door: &Door, signal: Signal, method: &Method, headers: &HeaderMap) -> Judged {
    let sender = door.keys.check(headers);
    let sender = sender.map_err(|refusal| (Sender::ANYONE, refusal))?;
    let (encoding, compression) =
        form(signal, method, headers).map_err(|refusal| (sender, refusal))?;
    Ok(Head {
        signal,
        sender,
        encoding,
        framing: Framing::Bare(compression),
    })
}

/// How the body is written, as the headers say.
fn form(
    signal: Signal,
    method: &Method,
    headers: &HeaderMap,
) -> Result<(Encoding, Compression), Refusal> {
    if method != Method::POST {
        return Err(Refusal::new(
            Reason::Method,
            format!("send {signal} with POST"),
        ));
    }
    let encoding = encoding(headers).ok_or_else(|| {
        let got = headers
            .get(CONTENT_TYPE)
            .map_or("none came".to_owned(), |value| {
                let value = String::from_utf8_lossy(value.as_bytes());
                format!("`{}` came", crate::decode::printable(&value))
            });
        Refusal::new(
            Reason::ContentType,
            format!("the content type must be application/x-protobuf or application/json; {got}"),
        )
    })?;
    let compression = match headers.get(CONTENT_ENCODING) {
        None => Compression::Identity,
        Some(value) => {
            let name = String::from_utf8_lossy(value.as_bytes());
            Compression::named(name.trim()).ok_or_else(|| {
                let name = crate::decode::printable(&name);
                let spoken = Compression::SPOKEN;
                Refusal::new(
                    Reason::ContentEncoding,
                    format!("the content encoding `{name}` is not one of {spoken}"),
                )
            })?
        }
    };
    Ok((encoding, compression))
}

/// The encoding that the essence of the content type names; parameters such as charset may follow.
fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim();
    let is = |known: &str| essence.eq_ignore_ascii_case(known);
    if is("application/x-protobuf") || is("application/protobuf") {
        Some(Encoding::Protobuf)
    } else if is("application/json") {
        Some(Encoding::Json)
    } else {
        None
    }
}

fn accepted(encoding: Encoding, signal: Signal, receipt: &Receipt) -> Response {
    match encoding {
        Encoding::Protobuf => {
            ([(CONTENT_TYPE, PROTOBUF)], receipt.protobuf(signal)).into_response()
        }
        Encoding::Json => {
            let body = match receipt.partial() {
                None => json!({}),
                Some((rejected, message)) => json!({
                    "partialSuccess": {
                        rejected_name(signal): rejected.to_string(),
                        "errorMessage": message,
                    }
                }),
            };
            ([(CONTENT_TYPE, JSON)], body.to_string()).into_response()
        }
    }
}

const fn rejected_name(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "rejectedSpans",
        Signal::Logs => "rejectedLogRecords",
        Signal::Metrics => "rejectedDataPoints",
    }
}

fn refused(door: &Door, encoding: Encoding, refusal: &Refusal) -> Response {
    let mut response = match encoding {
        Encoding::Protobuf => (
            [(CONTENT_TYPE, PROTOBUF)],
            status::status(refusal).encode_to_vec(),
        )
            .into_response(),
        Encoding::Json => (
            [(CONTENT_TYPE, JSON)],
            status::json_status(refusal).to_string(),
        )
            .into_response(),
    };
    *response.status_mut() = refusal.reason.http();
    let headers = response.headers_mut();
    match refusal.reason {
        Reason::Key => {
            let challenge = HeaderValue::from_static(door.keys.challenge());
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        Reason::Method => {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        Reason::ContentEncoding => {
            headers.insert(
                ACCEPT_ENCODING,
                HeaderValue::from_static(Compression::SPOKEN),
            );
        }
        reason if reason.is_retryable() => {
            headers.insert(RETRY_AFTER_HEADER, HeaderValue::from(RETRY_AFTER.as_secs()));
        }
        _ => {}
    }
    response
}
