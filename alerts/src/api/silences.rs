//! `/api/v2/silences` and `/api/v2/silence/{id}`.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use store::model::UnixNano;

use super::filter::satisfied;
use super::query::Query;
use super::shapes::{GettableSilence, PostableSilence};
use super::{Refusal, answer, empty, json, read};
use crate::run::Handle;
use crate::silences::{Fault, Silence, State as Stands};

pub(super) async fn list(State(handle): State<Handle>, RawQuery(query): RawQuery) -> Response {
    answer(wanted(handle, query.as_deref()).await)
}

async fn wanted(handle: Handle, query: Option<&str>) -> Result<Vec<GettableSilence>, Refusal> {
    let filters = Query::read(query)?.filters()?;
    let silences = handle.look(move |desk, now| {
        let all = desk.machine.state().silences().iter();
        let matches = |silence: &&Silence| {
            // The texts of the silence's own matchers are what is filtered.
            let mut sets = silence.matcher_sets.iter();
            sets.any(|set| {
                let value = |name: &str| {
                    let found = set.iter().find(|matcher| matcher.name == name);
                    found.map(|matcher| matcher.value.as_str())
                };
                satisfied(&filters, value)
            })
        };
        let mut silences: Vec<&Silence> = all.filter(matches).collect();
        silences.sort_by_key(|silence| order(silence, now));
        let shown = silences.into_iter();
        shown
            .map(|silence| GettableSilence::new(silence, now))
            .collect()
    });
    Ok(silences.await?)
}

/// Active ones first, by who ends first; then pending ones, by who begins first; then the latest ended.
fn order(silence: &Silence, now: UnixNano) -> (Stands, i64, String) {
    let state = silence.state(now);
    let at = match state {
        Stands::Active => silence.ends_at.0,
        Stands::Pending => silence.starts_at.0,
        Stands::Expired => silence.ends_at.0.saturating_neg(),
    };
    (state, at, silence.id.clone())
}

pub(super) async fn store(
    State(handle): State<Handle>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let stored = take(handle, &headers, body).await;
    answer(stored.map(|id| json!({ "silenceID": id })))
}

async fn take(
    handle: Handle,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<String, Refusal> {
    let posted: PostableSilence = read(headers, body)?;
    let new_id = crate::silences::new_id().ok_or_else(|| {
        let reason = "the machine gives no random numbers".to_owned();
        Refusal::Undone(StatusCode::INTERNAL_SERVER_ERROR, reason)
    })?;
    let matchers = posted.matchers.into_iter().map(|shape| shape.matcher());
    let set = matchers
        .collect::<Result<_, String>>()
        .map_err(Refusal::bad)?;
    let no_time = |what: &str| {
        let reason = format!("{what} in body is required");
        Refusal::Unread(StatusCode::UNPROCESSABLE_ENTITY, reason)
    };
    let silence = Silence {
        id: posted.id.unwrap_or_default(),
        matcher_sets: vec![set],
        starts_at: posted.starts_at.0.ok_or_else(|| no_time("startsAt"))?,
        ends_at: posted.ends_at.0.ok_or_else(|| no_time("endsAt"))?,
        updated_at: UnixNano(0),
        created_by: posted.created_by,
        comment: posted.comment,
        annotations: posted.annotations.unwrap_or_default(),
    };
    let failed = |reason: &str| Refusal::bad(format!("failed to create silence: {reason}"));
    if silence.ends_at <= silence.starts_at {
        return Err(failed("end time must be after start time"));
    }
    let stored = handle.change(move |desk, now| {
        if silence.ends_at < now {
            return Err(failed("end time can't be in the past"));
        }
        let stored = desk.machine.silence(silence, new_id, now);
        stored.map_err(|fault| match fault {
            Fault::NotFound => Refusal::Undone(StatusCode::NOT_FOUND, fault.to_string()),
            other => Refusal::bad(other.to_string()),
        })
    });
    stored.await?
}

pub(super) async fn one(State(handle): State<Handle>, Path(id): Path<String>) -> Response {
    let found = handle.look(move |desk, now| {
        let silence = desk.machine.state().silences().get(&id);
        silence.map(|silence| GettableSilence::new(silence, now))
    });
    match found.await {
        Ok(Some(silence)) => json(StatusCode::OK, &silence),
        Ok(None) => empty(StatusCode::NOT_FOUND),
        Err(refused) => Refusal::from(refused).answer(),
    }
}

pub(super) async fn expire(State(handle): State<Handle>, Path(id): Path<String>) -> Response {
    let expired = handle.change(move |desk, now| desk.machine.expire_silence(&id, now));
    match expired.await {
        Ok(Ok(())) => empty(StatusCode::OK),
        Ok(Err(Fault::NotFound)) => empty(StatusCode::NOT_FOUND),
        Ok(Err(fault)) => json(StatusCode::INTERNAL_SERVER_ERROR, &fault.to_string()),
        Err(refused) => Refusal::from(refused).answer(),
    }
}
