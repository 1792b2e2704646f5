//! One request, one answer, within limits.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

use super::{Connector, Error, Target, Tls};

/// Largest request, bytes: a webhook of some 8,000 alerts. Payloads are cut to fit before.
pub const REQUEST_BYTES_MAX: usize = 8 << 20;
/// As much of an answer is read, bytes; the rest is left unread. What services say fits into 1 kB.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Headers of an answer, bytes.
const ANSWER_HEADER_BYTES_MAX: usize = 64 << 10;
/// Idle connections are kept this long for the next message.
const IDLE: Duration = Duration::from_secs(60);

/// A message on its way.
#[derive(Clone)]
pub struct Request {
    /// Mostly POST.
    pub method: Method,
    /// Where to.
    pub target: Target,
    /// Beside those that every request has. Values that are secrets are marked sensitive.
    pub headers: HeaderMap,
    /// What is sent.
    pub body: Bytes,
    /// Longest wait for the answer, connection included.
    pub timeout: Duration,
}

/// Neither path nor body: both may be secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            target,
            body,
            ..
        } = self;
        write!(f, "{method} {target:?}, {} bytes", body.len())
    }
}

/// What came back. The body decides about retries where a service says so there; it goes nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After` as it was sent.
    pub retry_after: Option<String>,
    /// Whether it calls itself JSON.
    pub json: bool,
    /// Its beginning, 64 KiB at most.
    pub(crate) body: Bytes,
}

#[cfg(test)]
impl Answer {
    /// An answer that no server gave.
    pub(crate) fn for_tests(status: u16, json: bool, body: &str) -> Self {
        Self {
            status,
            retry_after: None,
            json,
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

/// Sends requests to what its connector permits.
#[derive(Clone)]
pub struct Client {
    http: legacy::Client<HttpsConnector<Connector>, Full<Bytes>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    /// A client of its own connections; `named` says whose certificates these are.
    ///
    /// # Errors
    /// [`Error::File`] when they cannot be used, [`Error::Address`] for a server name that is none.
    pub fn new(connector: Connector, tls: &Tls, named: &str) -> Result<Self, Error> {
        let builder = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls.config(named)?)
            .https_or_http();
        let builder = match &tls.server_name {
            None => builder,
            Some(name) => {
                let name = rustls::pki_types::ServerName::try_from(name.clone())
                    .map_err(|_| Error::Address("`server_name` is no host name"))?;
                builder.with_server_name_resolver(FixedServerNameResolver::new(name))
            }
        };
        let http = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(4)
            .http1_max_buf_size(ANSWER_HEADER_BYTES_MAX)
            .build(builder.enable_http1().wrap_connector(connector));
        Ok(Self { http })
    }

    /// Sends `request` once. A redirect is an answer like others; nobody follows it.
    ///
    /// # Errors
    /// [`Error`] when there is no answer. Whoever answered has its status counted, whatever becomes of
    /// the body: a receiver that said 200 has the message, and asking again would double it.
    pub async fn send(&self, request: Request) -> Result<Answer, Error> {
        let bytes = request.body.len();
        if bytes > REQUEST_BYTES_MAX {
            return Err(Error::TooLarge {
                bytes,
                max: REQUEST_BYTES_MAX,
            });
        }
        let host = request.target.host().to_owned();
        let limit = request.timeout;
        let until = Instant::now() + limit;
        let answer = self.http.request(http_request(request)?);
        let answer = match tokio::time::timeout_at(until, answer).await {
            Err(_) => return Err(Error::Timeout { host, limit }),
            Ok(Err(error)) => return Err(classify(&error, host)),
            Ok(Ok(answer)) => answer,
        };
        let header = |name| answer.headers().get(name).and_then(|v| v.to_str().ok());
        let json = header(CONTENT_TYPE).is_some_and(|t| t.starts_with("application/json"));
        let retry_after = header(RETRY_AFTER).map(str::to_owned);
        let status = answer.status().as_u16();
        let body = beginning(answer.into_body(), until).await;
        Ok(Answer {
            status,
            retry_after,
            json,
            body,
        })
    }
}

fn http_request(request: Request) -> Result<http::Request<Full<Bytes>>, Error> {
    let Request {
        method,
        target,
        headers,
        body,
        ..
    } = request;
    let mut built = http::Request::builder()
        .method(method)
        .uri(target.uri())
        .body(Full::new(body))
        .map_err(|_| Error::Address("no request can be made of it"))?;
    let agent = concat!("Nephoscope/", env!("CARGO_PKG_VERSION"));
    built
        .headers_mut()
        .insert(USER_AGENT, HeaderValue::from_static(agent));
    if let Some((name, password)) = target.login() {
        let login = format!("Basic {}", STANDARD.encode(format!("{name}:{password}")));
        let login = HeaderValue::try_from(login);
        let mut login = login.map_err(|_| Error::Address("its login fits no header"))?;
        login.set_sensitive(true);
        built.headers_mut().insert(AUTHORIZATION, login);
    }
    built.headers_mut().extend(headers);
    Ok(built)
}

/// Reads until the end, the limit or the hour; what follows is cut off with the connection.
async fn beginning(mut body: Incoming, until: Instant) -> Bytes {
    let mut begun = BytesMut::new();
    while let Ok(Some(Ok(frame))) = tokio::time::timeout_at(until, body.frame()).await {
        if let Ok(data) = frame.into_data() {
            let room = ANSWER_BYTES_MAX - begun.len();
            begun.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() >= room {
                break;
            }
        }
    }
    begun.freeze()
}

fn classify(error: &legacy::Error, host: String) -> Error {
    let mut cause = error.source();
    while let Some(at) = cause {
        if let Some(ours) = at.downcast_ref::<Error>() {
            return ours.clone();
        }
        if let Some(tls) = at.downcast_ref::<rustls::Error>() {
            return Error::Tls {
                host,
                why: tls.to_string(),
            };
        }
        // What an I/O error wraps is not its source.
        let wrapped = at
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(inner) => Some(inner as &(dyn std::error::Error + 'static)),
            None => at.source(),
        };
    }
    if error.is_connect() {
        Error::Connect(host)
    } else {
        Error::Broken(host)
    }
}
