//! For machines: health, readiness, our own metrics, static files.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::StatusCode;

use crate::app::App;
use crate::web::compress::accepts_gzip;
use crate::web::render::with_type;

const TEXT: &str = "text/plain; charset=utf-8";

/// The process answers.
pub(crate) async fn healthy() -> Response {
    with_type(StatusCode::OK, TEXT, "healthy\n".to_owned())
}

/// Data sent now is kept and pages answer; or the reason why not.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    match (app.ready)().await {
        Ok(()) => with_type(StatusCode::OK, TEXT, "ready\n".to_owned()),
        Err(reason) => {
            let reason = crate::format::bounded(&reason, 500);
            with_type(
                StatusCode::SERVICE_UNAVAILABLE,
                TEXT,
                format!("not ready: {reason}\n"),
            )
        }
    }
}

/// Our own state for Prometheus.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    metrics_page((app.metrics)())
}

/// Metrics, in their own type of text.
pub(crate) fn metrics_page(text: String) -> Response {
    with_type(
        StatusCode::OK,
        "text/plain; version=0.0.4; charset=utf-8",
        text,
    )
}

/// Ready since the start, for there is no store to wait for, unless alerting has stopped.
pub(crate) fn ready_while(runs: bool) -> Response {
    match runs {
        true => with_type(StatusCode::OK, TEXT, "ready\n".to_owned()),
        false => with_type(
            StatusCode::SERVICE_UNAVAILABLE,
            TEXT,
            "not ready: alerting has stopped\n".to_owned(),
        ),
    }
}

/// A static file by its hashed name.
pub(crate) async fn asset(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (status, headers, body) = app.assets.get(&name, accepts_gzip(request.headers()));
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
