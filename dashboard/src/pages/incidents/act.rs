//! What people want of an incident: forms on its page, and the same for programs.

use std::sync::Arc;

use alerts::incidents::acts::{self, Act, Refused};
use alerts::incidents::{Event, Incident, What, keep};
use alerts::runbooks::{Runs, Stage, Step};
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::one::{found, id_in};
use super::path;
use crate::app::App;
use crate::range::BadParameter;
use crate::web::link::Params;
use crate::web::render::{respond_error, see_other, with_type};
use crate::web::{self, Context, Format, PageError};

/// Longest body, bytes: a comment of the longest with each byte escaped in three, and findings' ids.
const BODY_BYTES_MAX: usize = 32_768;
const MINUTE_MS: i64 = 60_000;

/// What a program sends.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sent {
    /// `acknowledge`, `assign`, `comment`, `snooze`, `wake`, `resolve`, `reopen`, `split`, `merge`,
    /// `approve`, `decline`.
    action: String,
    /// Who wants it.
    by: String,
    /// The words of a comment.
    text: String,
    /// Whose it is to be.
    to: String,
    /// How long nobody is told, minutes.
    minutes: i64,
    /// The findings that are another incident.
    findings: Vec<String>,
    /// The incident that it becomes part of.
    into: String,
    /// The run that may or may not be.
    run: String,
}

/// The forms on the page.
pub(crate) async fn form(State(app): State<Arc<App>>, request: Request) -> Response {
    take(app, request, Format::Html, |body| {
        let form = Params::parse(body);
        let findings = form.iter().filter(|(key, _)| *key == "finding");
        Ok(Sent {
            action: form.text("action"),
            by: form.text("by"),
            text: form.text("text"),
            to: form.text("to"),
            minutes: form
                .get("minutes")
                .and_then(|m| m.parse().ok())
                .unwrap_or(0),
            findings: findings.map(|(_, id)| id.to_owned()).collect(),
            into: form.text("into"),
            run: form.text("run"),
        })
    })
    .await
}

/// The same as JSON: `{"action": "acknowledge", "by": "Ada"}`.
pub(crate) async fn api(State(app): State<Arc<App>>, request: Request) -> Response {
    take(app, request, Format::Json, |body| {
        serde_json::from_str(body).map_err(|error| {
            let reason = format!("{error}; send {{\"action\", \"by\", …}}");
            BadParameter::new("body", body, reason)
        })
    })
    .await
}

async fn take(
    app: Arc<App>,
    request: Request,
    format: Format,
    read: impl Fn(&str) -> Result<Sent, BadParameter>,
) -> Response {
    let (ctx, body) = match web::sent(app, request, "", format, BODY_BYTES_MAX).await {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let sent = read(&body);
    match done(&ctx, sent).await {
        Ok((id, events)) => thanks(&ctx, &id, &events),
        Err(error) => respond_error(&ctx, &error),
    }
}

/// Keeps what is wanted; gives the incident to look at, and what happened.
async fn done(
    ctx: &Context,
    sent: Result<Sent, BadParameter>,
) -> Result<(String, Vec<Event>), PageError> {
    let (id, sent) = (id_in(&ctx.path)?, sent?);
    let (incident, events) = found(ctx, &id).await?;
    let (look_at, said) = match sent.action.as_str() {
        "merge" => {
            let into = id_in(&path(&sent.into))?;
            let (into, _) = found(ctx, &into).await?;
            let merged = acts::merge(&incident, &into, &sent.by, ctx.now);
            (into.id, merged.map_err(refused)?)
        }
        "approve" | "decline" => (id, vec![of_run(ctx, &incident, &events, &sent)?]),
        _ => {
            let wish = wish(&sent)?;
            let said = acts::act(&incident, &wish, &sent.by, ctx.now);
            (id, said.map_err(refused)?)
        }
    };
    keep::tell_and_sum_up(ctx.store(), &said).await?;
    Ok((look_at, said))
}

fn refused(reason: Refused) -> PageError {
    BadParameter::new("action", "", reason.to_string()).into()
}

fn wish(sent: &Sent) -> Result<Act, BadParameter> {
    Ok(match sent.action.as_str() {
        "acknowledge" => Act::Acknowledge,
        "assign" => Act::Assign(sent.to.clone()),
        "comment" => Act::Comment(sent.text.clone()),
        "snooze" => Act::Snooze(sent.minutes.saturating_mul(MINUTE_MS)),
        "wake" => Act::Wake,
        "resolve" => Act::Resolve,
        "reopen" => Act::Reopen,
        "split" => Act::Split(sent.findings.clone()),
        other => {
            let reason = "acknowledge, assign, comment, snooze, wake, resolve, reopen, split, merge, approve \
                          or decline";
            return Err(BadParameter::new("action", other, reason));
        }
    })
}

/// A person's word on a run that waits for it.
fn of_run(
    ctx: &Context,
    incident: &Incident,
    events: &[Event],
    sent: &Sent,
) -> Result<Event, PageError> {
    let runs = Runs::of(events);
    let waits = runs
        .get(&sent.run)
        .filter(|run| run.ended.is_none() && run.waits);
    let run = waits.ok_or_else(|| {
        let reason = "no run of this id waits for an answer";
        BadParameter::new("run", &sent.run, reason)
    })?;
    let stage = match sent.action.as_str() {
        "approve" => Stage::Approved,
        _ => Stage::Declined,
    };
    let step = Step {
        run: run.id.clone(),
        runbook: run.runbook.clone(),
        stage,
    };
    let by = if sent.by.is_empty() {
        "somebody"
    } else {
        &sent.by
    };
    Ok(Event::said(&incident.id, ctx.now, by, What::Runbook(step)))
}

fn thanks(ctx: &Context, id: &str, events: &[Event]) -> Response {
    if ctx.format == Format::Html {
        return see_other(&path(id));
    }
    let others: std::collections::BTreeSet<&str> =
        events.iter().map(|event| event.incident.as_str()).collect();
    let body = json!({ "id": id, "changed": others });
    with_type(StatusCode::OK, "application/json", body.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_may_send_what_is_known_and_nothing_else() {
        let read = |text: &str| serde_json::from_str::<Sent>(text);
        let sent = read("{\"action\":\"snooze\",\"by\":\"Ada\",\"minutes\":30}").expect("a wish");
        assert_eq!(wish(&sent).expect("known"), Act::Snooze(1_800_000));
        assert!(read("{\"action\":\"snooze\",\"forever\":true}").is_err());
        let bad = Sent {
            action: "explode".to_owned(),
            ..Sent::default()
        };
        let error = wish(&bad).expect_err("unknown").to_string();
        assert!(error.contains("acknowledge"), "{error}");
    }
}
