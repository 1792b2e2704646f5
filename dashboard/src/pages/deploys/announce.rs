//! `POST /api/v1/deploys`: a pipeline says that it deployed. Said again, nothing changes.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderMap};
use http::{HeaderValue, StatusCode};
use serde_json::json;
use store::model::{Deploy, DeploySource, UnixNano};
use store::read::deploys::{self, CalledRow, LatestRow};

use super::body::{self, Announcement, BODY_BYTES};
use super::whom::{self, Nobody, Whom};
use crate::app::App;
use crate::format::bounded;
use crate::web::PageError;
use crate::web::render::with_type;

/// Within this time the same version announced again is the same deploy, ms; as in the view `deploys`.
const SAME_MS: i64 = 86_400_000;

/// Why an announcement is not taken.
enum Refused {
    /// The request itself: status, what is wrong, what to do.
    Request(StatusCode, String, &'static str),
    /// Nobody is meant by a text of it.
    Whom(String, Nobody),
    /// The store does not answer.
    Store(PageError),
}

/// Keeps what is announced and answers with it, as it is kept.
pub(crate) async fn announce(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match take(&app, &headers, body).await {
        Ok(kept) => answer(StatusCode::OK, &json!({ "deploys": kept_json(&kept) })),
        Err(refused) => tell(&refused),
    }
}

async fn take(
    app: &App,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Vec<Deploy>, Refused> {
    let now = app.now();
    // A form of another site can send text, but no JSON, without asking first.
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let media_type = kind.and_then(|kind| kind.split(';').next());
    if media_type.map(str::trim) != Some("application/json") {
        return Err(Refused::Request(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "an announcement is JSON".to_owned(),
            "send it with content-type: application/json",
        ));
    }
    let body = body.map_err(|fault| {
        let what = format!("the body cannot be read, or has more than {BODY_BYTES} bytes");
        Refused::Request(fault.status(), what, "send fewer announcements at once")
    })?;
    let told = body::read(&body, now).map_err(|fault| {
        let next = "an announcement is {\"function\": id or name, \"version\": text} and may say at, \
                    commit, url, by and note";
        Refused::Request(StatusCode::BAD_REQUEST, fault, next)
    })?;
    let Ok(_turn) = app.pages.acquire().await else {
        return Err(Refused::Store(PageError::Busy));
    };
    let store = |error| Refused::Store(PageError::Store(error));
    let whom = Whom::of(
        told.iter()
            .flat_map(|one| one.functions.iter().map(String::as_str)),
    );
    let known = deploys::called(&app.store, &whom.ids, &whom.names)
        .await
        .map_err(store)?;
    let mut kept = deploys_of(told, &known)?;
    let ids: Vec<String> = kept
        .iter()
        .map(|(deploy, _)| deploy.function_id.clone())
        .collect();
    let latest = deploys::latest(&app.store, &ids).await.map_err(store)?;
    for (deploy, at) in &mut kept {
        deploy.at = at.unwrap_or_else(|| time_of(deploy, &latest, now));
    }
    let kept: Vec<Deploy> = kept.into_iter().map(|(deploy, _)| deploy).collect();
    app.store
        .tell_deploys(kept.clone(), now)
        .await
        .map_err(store)?;
    Ok(kept)
}

/// The deploys of all announcements, each with the time it told, if it did. One that means nobody refuses
/// all.
fn deploys_of(
    told: Vec<Announcement>,
    known: &[CalledRow],
) -> Result<Vec<(Deploy, Option<UnixNano>)>, Refused> {
    let mut all = Vec::new();
    for one in told {
        for text in &one.functions {
            let nobody = |nobody| Refused::Whom(bounded(text, 200), nobody);
            let deploy = Deploy {
                function_id: whom::resolve(text, known).map_err(nobody)?,
                version: one.version.clone(),
                at: UnixNano(0),
                source: DeploySource::Api,
                words: one.words.clone(),
            };
            all.push((deploy, one.at));
        }
    }
    Ok(all)
}

/// When a deploy took place that was announced without a time: now, or when it was told before. So a pipeline
/// may try again, and whoever saw the version first keeps its time.
fn time_of(deploy: &Deploy, latest: &[LatestRow], now: UnixNano) -> UnixNano {
    let known = latest.iter().find(|row| {
        row.function_id == deploy.function_id
            && row.version == deploy.version
            && now.as_millis() - row.at_ms < SAME_MS
    });
    known.map_or(now, |row| UnixNano::from_millis(row.at_ms))
}

fn kept_json(kept: &[Deploy]) -> serde_json::Value {
    let one = |deploy: &Deploy| {
        json!({
            "function_id": deploy.function_id,
            "version": deploy.version,
            "at_ms": deploy.at.as_millis(),
        })
    };
    kept.iter().map(one).collect()
}

fn tell(refused: &Refused) -> Response {
    let error =
        |status, what: &str, next: &str| answer(status, &json!({"error": what, "next": next}));
    match refused {
        Refused::Request(status, what, next) => error(*status, what, next),
        Refused::Whom(text, nobody) => {
            let status = match nobody {
                Nobody::Unknown => StatusCode::NOT_FOUND,
                Nobody::Many(_) => StatusCode::CONFLICT,
            };
            error(
                status,
                &format!("nothing was kept: which function is `{text}`?"),
                &nobody.next(),
            )
        }
        Refused::Store(page_error) => {
            let told = page_error.tell();
            let mut response = error(
                told.status,
                &format!("nothing is kept for sure: {}", told.what),
                &told.next,
            );
            if let Some(seconds) = told.retry_s {
                let headers = response.headers_mut();
                headers.insert(http::header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
    }
}

fn answer(status: StatusCode, body: &serde_json::Value) -> Response {
    with_type(status, "application/json", body.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deploy(version: &str) -> Deploy {
        Deploy {
            function_id: "aws:1:eu:f".into(),
            version: version.into(),
            at: UnixNano(0),
            source: DeploySource::Api,
            words: store::model::DeployWords::default(),
        }
    }

    #[test]
    fn told_again_it_keeps_its_time_and_a_version_that_comes_back_is_new() {
        let now = UnixNano::from_secs(1_000_000);
        let latest = |at_s: i64| {
            [LatestRow {
                function_id: "aws:1:eu:f".into(),
                version: "42".into(),
                at_ms: at_s * 1_000,
            }]
        };
        assert_eq!(
            time_of(&deploy("42"), &latest(999_000), now),
            UnixNano::from_secs(999_000)
        );
        assert_eq!(
            time_of(&deploy("41"), &latest(999_000), now),
            now,
            "a rollback"
        );
        assert_eq!(
            time_of(&deploy("42"), &latest(900_000), now),
            now,
            "deployed again after a day"
        );
        assert_eq!(time_of(&deploy("42"), &[], now), now);
    }
}
