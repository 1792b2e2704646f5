//! The door: what is asked of every request before anything answers it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, StatusCode};

use crate::auth::{Gate, Visitor};
use crate::config::{Config, ConfigError};
use crate::server::Clock;
use crate::web::context::Format;
use crate::web::link::MAX_QUERY_BYTES;
use crate::web::render::{see_other, with_type};
use crate::web::{compress, headers};

/// Who may pass, and when it is.
pub(crate) struct Door {
    pub(crate) gate: Gate,
    by_tls: bool,
    clock: Clock,
}

impl Door {
    /// From the configuration; reads the password file.
    ///
    /// # Errors
    /// [`ConfigError`] when the password cannot be read or used.
    pub(crate) fn new(config: &Config, clock: Clock) -> Result<Self, ConfigError> {
        let url = config.public_url.as_deref();
        Ok(Self {
            gate: Gate::new(config)?,
            by_tls: url.is_some_and(|url| url.starts_with("https://")),
            clock,
        })
    }
}

/// Around everything: our own host names only, bounded addresses, security headers, compression.
pub(crate) async fn around(
    State(door): State<Arc<Door>>,
    request: Request,
    next: Next,
) -> Response {
    let accepts = compress::accepts_gzip(request.headers());
    let too_long = request
        .uri()
        .query()
        .is_some_and(|query| query.len() > MAX_QUERY_BYTES);
    let mut response = if !door.gate.is_own_host(request.headers()) {
        let text = "This address leads to a Nephoscope on loopback under a foreign name. Open it \
                    as http://127.0.0.1, or set dashboard.public_url.\n";
        with_type(
            StatusCode::MISDIRECTED_REQUEST,
            "text/plain; charset=utf-8",
            text.to_owned(),
        )
    } else if too_long {
        let text = format!("The query is longer than {MAX_QUERY_BYTES} bytes.\n");
        with_type(StatusCode::URI_TOO_LONG, "text/plain; charset=utf-8", text)
    } else if !request.method().is_safe() && !door.gate.is_own_request(request.headers()) {
        let text = "This form was sent from another site; open the page itself and try again.\n";
        with_type(
            StatusCode::FORBIDDEN,
            "text/plain; charset=utf-8",
            text.to_owned(),
        )
    } else {
        compress::response(accepts, next.run(request).await).await
    };
    headers::secure(response.headers_mut(), door.by_tls);
    response
}

/// Lets in who may see telemetry; sends people to the login, tells programs what to send.
pub(crate) async fn require_login(
    State(door): State<Arc<Door>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let now = (door.clock)();
    let visitor = door.gate.visitor(request.headers(), address.ip(), now);
    let visitor = visitor.await;
    match visitor {
        Visitor::Everybody | Visitor::LoggedIn | Visitor::Caller => next.run(request).await,
        Visitor::Hasty(seconds) => {
            let text = format!("Too many wrong passwords; wait {seconds} s.\n");
            let kind = "text/plain; charset=utf-8";
            let mut response = with_type(StatusCode::TOO_MANY_REQUESTS, kind, text);
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        Visitor::Stranger => turn_away(&request),
    }
}

fn turn_away(request: &Request) -> Response {
    let path = request.uri().path();
    let for_people = Format::split(path).1 == Format::Html
        && !path.starts_with("/api/")
        && path != "/metrics"
        && request.method() == Method::GET;
    if for_people {
        let wanted = request.uri().path_and_query().map_or("/", |p| p.as_str());
        return see_other(&crate::web::link::with_query("/login", [("next", wanted)]));
    }
    let body = "{\"error\":\"a password is needed\",\"next\":\"send it as Authorization: Bearer\"}";
    let mut response = with_type(
        StatusCode::UNAUTHORIZED,
        "application/json",
        body.to_owned(),
    );
    let challenge = HeaderValue::from_static("Basic realm=\"nephoscope\", charset=\"UTF-8\"");
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}
