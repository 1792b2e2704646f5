//! Alertmanager's API v2, so that Prometheus, amtool and Grafana work against us. Shapes and status codes
//! are those of its openapi document; errors of a handler are JSON texts, errors of reading a request
//! objects with `code` and `message`, as there.

mod alerts;
mod filter;
mod groups;
mod post;
mod query;
mod shapes;
mod silences;
mod status;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;

use crate::run::{Handle, Refused};

/// Longest body, bytes: some 10,000 alerts of a usual size.
pub const BODY_BYTES_MAX: usize = 16 << 20;

/// All of `/api/v2`. Who may call it is for whoever serves it to say.
pub fn router<S: Clone + Send + Sync + 'static>(handle: Handle) -> Router<S> {
    Router::new()
        .route("/api/v2/status", get(status::status))
        .route("/api/v2/receivers", get(status::receivers))
        .route("/api/v2/alerts", get(alerts::list).post(post::post))
        .route("/api/v2/alerts/groups", get(groups::list))
        .route(
            "/api/v2/silences",
            get(silences::list).post(silences::store),
        )
        .route(
            "/api/v2/silence/{id}",
            get(silences::one).delete(silences::expire),
        )
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(handle)
}

/// Why a request is not answered as it wishes.
#[derive(Debug)]
enum Refusal {
    /// The request cannot be read: status and what is wrong.
    Unread(StatusCode, String),
    /// It was read, and cannot be done.
    Undone(StatusCode, String),
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self::Undone(StatusCode::SERVICE_UNAVAILABLE, refused.to_string())
    }
}

impl Refusal {
    fn bad(reason: impl Into<String>) -> Self {
        Self::Undone(StatusCode::BAD_REQUEST, reason.into())
    }

    fn answer(self) -> Response {
        match self {
            Self::Undone(status, reason) => json(status, &reason),
            Self::Unread(status, message) => {
                let code = status.as_u16();
                json(
                    status,
                    &serde_json::json!({ "code": code, "message": message }),
                )
            }
        }
    }
}

/// The answer, whichever it became.
fn answer<T: Serialize>(came: Result<T, Refusal>) -> Response {
    match came {
        Ok(value) => json(StatusCode::OK, &value),
        Err(refusal) => refusal.answer(),
    }
}

/// An answer without a body.
fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let mut response = match serde_json::to_vec(value) {
        Ok(body) => Response::new(Body::from(body)),
        Err(_) => return empty(StatusCode::INTERNAL_SERVER_ERROR),
    };
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// A body is JSON and says so: a form of another site cannot send that unasked.
fn read<T: serde::de::DeserializeOwned>(
    headers: &HeaderMap,
    body: Result<axum::body::Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<T, Refusal> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let reason = "unsupported media type, only [application/json] are allowed";
        return Err(Refusal::Unread(status, reason.to_owned()));
    }
    let body = body.map_err(|fault| {
        let reason = format!("the body cannot be read, or has more than {BODY_BYTES_MAX} bytes");
        Refusal::Unread(fault.status(), reason)
    })?;
    serde_json::from_slice(&body).map_err(|error| {
        // Well-formed, and not what it should be.
        let status = match error.is_data() {
            true => StatusCode::UNPROCESSABLE_ENTITY,
            false => StatusCode::BAD_REQUEST,
        };
        Refusal::Unread(status, format!("parsing the body failed: {error}"))
    })
}

#[cfg(test)]
mod tests;
