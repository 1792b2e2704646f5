//! `POST /api/v2/alerts`: sources tell what fires and what is over. The answer comes when it is on the disk.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use store::model::UnixNano;

use super::shapes::PostableAlert;
use super::{Refusal, empty, read};
use crate::config::Duration;
use crate::model::Alert;
use crate::run::Handle;

/// Longest text of an answer about alerts that are wrong, characters.
const REASON_CHARS_MAX: usize = 2_000;

pub(super) async fn post(
    State(handle): State<Handle>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match take(handle, &headers, body).await {
        Ok(()) => empty(StatusCode::OK),
        Err(refusal) => refusal.answer(),
    }
}

async fn take(
    handle: Handle,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(), Refusal> {
    let posted: Vec<PostableAlert> = read(headers, body)?;
    let faults = handle.change(move |desk, now| {
        let timeout = desk.machine.routing().resolve_timeout;
        let mut faults = Vec::new();
        let mut alerts = Vec::new();
        // The good ones are taken even where others are bad.
        for posted in posted {
            let alert = alert(posted, timeout, now);
            match alert.validate() {
                Ok(()) => alerts.push(alert),
                Err(fault) => faults.push(fault.to_string()),
            }
        }
        desk.machine.post(alerts, now).map(|()| faults)
    });
    match faults.await? {
        Ok(faults) if faults.is_empty() => Ok(()),
        Ok(faults) => {
            let reason = faults.join("; ");
            Err(Refusal::bad(
                reason.chars().take(REASON_CHARS_MAX).collect::<String>(),
            ))
        }
        Err(too_many) => Err(Refusal::Undone(
            StatusCode::INTERNAL_SERVER_ERROR,
            too_many.to_string(),
        )),
    }
}

/// What a source said, with what it left out filled in.
fn alert(posted: PostableAlert, timeout: Duration, now: UnixNano) -> Alert {
    let mut labels = posted.labels;
    labels.drop_empty();
    let (starts, ends) = (posted.starts_at.0, posted.ends_at.0);
    let ends_at = ends.unwrap_or(UnixNano(now.0.saturating_add(timeout.nanos())));
    Alert {
        fingerprint: labels.fingerprint(),
        labels,
        annotations: posted.annotations.unwrap_or_default(),
        starts_at: starts.or(ends).unwrap_or(now),
        ends_at,
        generator_url: posted.generator_url.unwrap_or_default(),
        updated_at: now,
        timeout: ends.is_none(),
    }
}
