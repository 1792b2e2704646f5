//! A runbook tells its result: `POST /api/v1/incidents/{id}/runs/{run}/result?token=…` with
//! `{"status": "succeeded", "text": "…", "url": "…"}`. The token is all that is asked for; it is worth
//! something once.

use std::sync::Arc;

use alerts::incidents::{Event, What, keep};
use alerts::runbooks::{Runs, answered};
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use store::model::UnixNano;
use tokio::sync::Mutex;

use super::one::id_in;
use crate::app::App;
use crate::web::link::Params;
use crate::web::render::with_type;

/// Longest body, bytes.
const BODY_BYTES_MAX: usize = 16_384;
/// One result at a time, so that a token that comes twice at once is taken once.
static TURN: Mutex<()> = Mutex::const_new(());

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    status: Status,
    #[serde(default)]
    text: String,
    #[serde(default)]
    url: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Succeeded,
    Failed,
}

/// Takes it.
pub(crate) async fn take(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let token = Params::parse(parts.uri.query().unwrap_or("")).text("token");
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return told(
            StatusCode::PAYLOAD_TOO_LARGE,
            "at most 16384 bytes are taken",
        );
    };
    let sent: Sent = match serde_json::from_slice(&body) {
        Ok(sent) => sent,
        Err(error) => {
            let hint = "send {\"status\": \"succeeded\" or \"failed\", \"text\", \"url\"}";
            return told(StatusCode::BAD_REQUEST, &format!("{error}; {hint}"));
        }
    };
    let _turn = TURN.lock().await;
    let now = app.now();
    match kept(&app, &path, &token, &sent, now).await {
        Ok(true) => told(StatusCode::OK, "taken"),
        // Unknown, used, too late: whoever guesses learns nothing.
        Ok(false) => told(StatusCode::FORBIDDEN, "this token is worth nothing"),
        Err(error) => {
            tracing::warn!(%error, "the result of a runbook was not kept");
            told(
                StatusCode::SERVICE_UNAVAILABLE,
                "it was not kept; tell it again",
            )
        }
    }
}

async fn kept(
    app: &App,
    path: &str,
    token: &str,
    sent: &Sent,
    now: UnixNano,
) -> Result<bool, store::StoreError> {
    let run = path
        .split("/runs/")
        .nth(1)
        .and_then(|rest| rest.split('/').next());
    let (Ok(id), Some(run)) = (id_in(path), run) else {
        return Ok(false);
    };
    let events = keep::events(&app.store, std::slice::from_ref(&id)).await?;
    let runs = Runs::of(&events);
    let said = (
        sent.status == Status::Succeeded,
        sent.text.as_str(),
        sent.url.as_str(),
    );
    let Some(step) = runs
        .get(run)
        .and_then(|run| answered(run, token, said, now))
    else {
        return Ok(false);
    };
    let by = step.runbook.clone();
    let event = Event::said(&id, now, &by, What::Runbook(step));
    keep::tell_and_sum_up(&app.store, &[event]).await?;
    Ok(true)
}

fn told(status: StatusCode, text: &str) -> Response {
    let body = serde_json::json!({ "result": text });
    with_type(status, "application/json", body.to_string())
}
