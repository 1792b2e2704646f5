//! SLOs are made, changed and deleted: `PUT` and `DELETE /api/v1/slos/{name}` with OpenSLO, and forms that do
//! the same and can show first what a text would say of the past.

use std::collections::BTreeSet;
use std::sync::Arc;

use analyzers::slo::catalogue::{Entry, Origin, QueriesOf, check};
use analyzers::slo::keep::ask::{Asker, answers};
use analyzers::slo::keep::{closed_minute, reckon};
use analyzers::slo::measure::Of;
use analyzers::slo::period::Stretch;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::json;
use store::StoreError;
use store::slos::{self, OBJECTS_MAX, TEXT_BYTES_MAX};

use super::one::{Draft, name_in};
use super::{ask, fine, one};
use crate::app::App;
use crate::format;
use crate::range::BadParameter;
use crate::web::link::Params;
use crate::web::render::{respond, respond_error, see_other, with_type};
use crate::web::{Context, Format, PageError};

/// Longest body, bytes: a text of the longest, each byte escaped in three.
const BODY_BYTES_MAX: usize = 3 * TEXT_BYTES_MAX + 256;
/// Addresses beside SLOs that are none.
const RESERVED: [&str; 2] = ["proposed", "report"];
/// A draft is laid over so much of the past, minutes.
const PREVIEW_MINUTES: i64 = 1_440;

/// Why nothing was changed.
enum Refused {
    /// The text is wrong.
    Text(String),
    /// A file has the name, or there are too many.
    Conflict(String),
    /// It asks queries, and who sent it may not.
    Forbidden(String),
    Page(PageError),
}

impl From<PageError> for Refused {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

impl From<BadParameter> for Refused {
    fn from(bad: BadParameter) -> Self {
        Self::Page(bad.into())
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Page(error.into())
    }
}

/// `PUT` keeps a text, `DELETE` takes one away.
pub(crate) async fn api(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let ctx = match Context::read(app, path, "", Format::Json, &parts.headers) {
        Ok(ctx) => ctx,
        Err((bad, ctx)) => return respond_error(&ctx, &bad.into()),
    };
    let done = match parts.method {
        Method::DELETE => delete(&ctx).await,
        _ => match text_of(body).await {
            Ok(text) => keep(&ctx, &text).await,
            Err(bad) => Err(bad.into()),
        },
    };
    let answer =
        |status, body: serde_json::Value| with_type(status, "application/json", body.to_string());
    let error = |status, detail: String, next: &str| {
        answer(
            status,
            json!({"error": "nothing was changed", "detail": detail, "next": next}),
        )
    };
    match done {
        Ok(name) => answer(StatusCode::OK, json!({"name": name})),
        Err(Refused::Text(reason)) => error(
            StatusCode::BAD_REQUEST,
            reason,
            "send OpenSLO v1 as YAML: one SLO of this name, and what it refers to",
        ),
        Err(Refused::Conflict(reason)) => error(
            StatusCode::CONFLICT,
            reason,
            "edit the file, or choose another name",
        ),
        Err(Refused::Forbidden(reason)) => error(
            StatusCode::FORBIDDEN,
            reason,
            "ask whoever runs this server, or use an indicator of `type: nephoscope`",
        ),
        Err(Refused::Page(error)) => respond_error(&ctx, &error),
    }
}

async fn text_of(body: axum::body::Body) -> Result<String, BadParameter> {
    let too_long = || {
        BadParameter::new(
            "body",
            "",
            format!("at most {TEXT_BYTES_MAX} bytes are taken"),
        )
    };
    let bytes = axum::body::to_bytes(body, BODY_BYTES_MAX)
        .await
        .map_err(|_| too_long())?;
    String::from_utf8(bytes.to_vec()).map_err(|_| BadParameter::new("body", "", "it is not UTF-8"))
}

/// Keeps a text under the name in the address.
async fn keep(ctx: &Context, text: &str) -> Result<String, Refused> {
    let name = name_in(&ctx.path)?;
    if text.len() > TEXT_BYTES_MAX {
        return Err(Refused::Text(format!(
            "it is longer than {TEXT_BYTES_MAX} bytes"
        )));
    }
    if RESERVED.contains(&name.as_str()) {
        return Err(Refused::Text(format!(
            "`{name}` is an address of the API; choose another name"
        )));
    }
    let entries = checked(ctx, &name, text)?;
    try_queries(ctx, &entries).await?;
    let catalogue = ask::catalogue(ctx).await?;
    let file = catalogue
        .of(&name)
        .iter()
        .find_map(|entry| match &entry.origin {
            Origin::File(file) => Some(file.clone()),
            Origin::Api => None,
        });
    if let Some(file) = file {
        return Err(Refused::Conflict(format!(
            "`{name}` stands in {file}, and files win over the API"
        )));
    }
    let known = slos::list(ctx.store()).await?;
    if known.len() >= OBJECTS_MAX as usize && known.iter().all(|one| one.name != name) {
        return Err(Refused::Conflict(format!(
            "the API keeps at most {OBJECTS_MAX} SLOs"
        )));
    }
    slos::write(ctx.store(), &name, Some(text), ctx.now).await?;
    Ok(name)
}

/// # Errors
/// [`Refused::Text`] with what is wrong, [`Refused::Forbidden`] if it asks queries that are not allowed here.
fn checked(ctx: &Context, name: &str, text: &str) -> Result<Vec<Entry>, Refused> {
    let queries = ctx.app.slos.queries;
    let entries = check(name, text, QueriesOf::Everybody).map_err(Refused::Text)?;
    let asked = entries
        .iter()
        .flat_map(|entry| entry.questions.iter().flatten());
    let asks_queries = asked
        .clone()
        .any(|question| matches!(question.of, Of::Queries(_)));
    match queries.allow(&Origin::Api) {
        Err(reason) if asks_queries => Err(Refused::Forbidden(reason)),
        _ => Ok(entries),
    }
}

/// Asks queries of a text once, of the last hour, so that what is wrong with them is told to their writer.
async fn try_queries(ctx: &Context, entries: &[Entry]) -> Result<(), Refused> {
    let to_s = u32::try_from((closed_minute(ctx.now.as_secs()) + 1) * 60).unwrap_or(0);
    for question in entries
        .iter()
        .flat_map(|entry| entry.questions.iter().flatten())
    {
        if let Of::Queries(queries) = &question.of {
            let answered = answers(ctx.store(), queries, (to_s.saturating_sub(3_600), to_s));
            if let Err(error) = answered.await {
                return Err(Refused::Text(format::bounded(&error.to_string(), 600)));
            }
        }
    }
    Ok(())
}

async fn delete(ctx: &Context) -> Result<String, Refused> {
    let name = name_in(&ctx.path)?;
    let known = slos::list(ctx.store()).await?;
    if known.iter().all(|one| one.name != name) {
        let catalogue = ask::catalogue(ctx).await?;
        return Err(match catalogue.of(&name).is_empty() {
            false => Refused::Conflict(format!("`{name}` stands in a file; delete it there")),
            true => Refused::Page(PageError::NotFound {
                what: format!("There is no SLO {name}."),
                help: "GET /api/v1/slos lists all there are.".to_owned(),
            }),
        });
    }
    slos::write(ctx.store(), &name, None, ctx.now).await?;
    Ok(name)
}

/// The forms: `POST /slos` makes an SLO, `POST /slos/{name}` changes, previews or deletes one.
pub(crate) async fn form(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let form = text_of(body).await.map(|text| Params::parse(&text));
    let text = form
        .as_ref()
        .map_or_else(|_| String::new(), |form| unix_lines(&form.text("text")));
    let path = match path.as_str() {
        "/slos" => super::path(&name_of(&text)),
        _ => path,
    };
    let ctx = match Context::read(app, &path, "", Format::Html, &parts.headers) {
        Ok(ctx) => ctx,
        Err((bad, ctx)) => return respond_error(&ctx, &bad.into()),
    };
    let action = match form {
        Ok(form) => form.text("action"),
        Err(bad) => return respond_error(&ctx, &bad.into()),
    };
    let done = match action.as_str() {
        "delete" => delete(&ctx).await.map(|_| "/slos".to_owned()),
        "preview" => return preview_page(&ctx, text).await,
        _ => keep(&ctx, &text).await.map(|name| super::path(&name)),
    };
    match done {
        Ok(location) => see_other(&location),
        Err(Refused::Page(error)) => respond_error(&ctx, &error),
        Err(Refused::Text(fault) | Refused::Conflict(fault) | Refused::Forbidden(fault)) => {
            let draft = Draft {
                fault: fault.clone(),
                text,
                ..Draft::default()
            };
            shown(&ctx, draft, fault).await
        }
    }
}

/// Browsers send lines with carriage returns.
fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The name that a text gives its SLO; a text that is wrong is refused later, with its place.
fn name_of(text: &str) -> String {
    let line = text.lines().find_map(|line| {
        let (_, name) = line.split_once("name:")?;
        Some(name.trim().trim_end_matches(['}', ' ', ',']))
    });
    let name = line.unwrap_or_default().trim_matches(['"', '\'']);
    name.split([',', '}'])
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// The SLO's page with the draft, or where there is no such SLO yet, the fault alone.
async fn shown(ctx: &Context, draft: Draft, fault: String) -> Response {
    match one::show(ctx, Some(draft)).await {
        Ok(reply) => respond(ctx, Ok(reply)),
        Err(PageError::NotFound { .. }) if !fault.is_empty() => {
            respond_error(ctx, &BadParameter::new("text", "", fault).into())
        }
        Err(error) => respond_error(ctx, &error),
    }
}

async fn preview_page(ctx: &Context, text: String) -> Response {
    let told = match name_in(&ctx.path) {
        Ok(name) => checked(ctx, &name, &text),
        Err(bad) => Err(Refused::Text(bad.to_string())),
    };
    let told = match told {
        Ok(entries) => match try_queries(ctx, &entries).await {
            Ok(()) => Ok(entries),
            Err(refused) => Err(refused),
        },
        Err(refused) => Err(refused),
    };
    let draft = match told {
        Err(Refused::Page(error)) => return respond_error(ctx, &error),
        Err(Refused::Text(fault) | Refused::Conflict(fault) | Refused::Forbidden(fault)) => Draft {
            fault,
            text,
            ..Draft::default()
        },
        Ok(entries) => match preview(ctx, &entries).await {
            Ok(preview) => Draft {
                preview,
                text,
                ..Draft::default()
            },
            Err(error) => return respond_error(ctx, &error),
        },
    };
    let fault = draft.fault.clone();
    shown(ctx, draft, fault).await
}

/// What a draft would say of the last day. Its indicator is measured for that day; what is kept of it is
/// counted again if the draft becomes an SLO.
async fn preview(ctx: &Context, entries: &[Entry]) -> Result<String, PageError> {
    let minute = closed_minute(ctx.now.as_secs());
    let day = Stretch {
        begin: minute + 1 - PREVIEW_MINUTES,
        end: minute + 1,
    };
    let second = |minute: i64| u32::try_from(minute * 60).unwrap_or(0);
    let minutes_s: BTreeSet<u32> = (day.begin..day.end).map(second).collect();
    let mut asker = Asker::new(Arc::clone(&ctx.app.books));
    for question in entries
        .iter()
        .flat_map(|entry| entry.questions.iter().flatten())
    {
        let measured = asker.measure(ctx.store(), question, &minutes_s, second(day.end));
        measured.await?;
    }
    let groups = reckon::groups(ctx.store(), entries, minute).await?;
    let mut lines: Vec<(f64, String)> = groups
        .iter()
        .map(|group| {
            let events = group.events(day);
            let entry = &entries[group.entry];
            let share = events.bad as f64 / events.total.max(1) as f64;
            let burn = share / entry.plan.budget().to_f64();
            let name = analyzers::slo::keep::book::spelled(&group.name);
            let name = if name.is_empty() { entry.key() } else { name };
            let text = format!(
                "{}: {} of {} bad, {} good, a burn rate of {}",
                format::bounded(&name, 80),
                events.bad,
                events.total,
                fine(1.0 - share),
                format::number(burn)
            );
            (burn, text)
        })
        .collect();
    lines.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(match lines.len() {
        0 => "Over the last day it would have counted no event.".to_owned(),
        n => {
            let shown: Vec<String> = lines.into_iter().take(5).map(|(_, text)| text).collect();
            let more = if n > 5 {
                format!("; and {} groups more", n - 5)
            } else {
                String::new()
            };
            format!("Over the last day: {}{more}.", shown.join("; "))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_new_slo_stands_in_its_text() {
        assert_eq!(name_of("kind: SLO\nmetadata: {name: shop}\n"), "shop");
        assert_eq!(name_of("metadata:\n  name: \"a-b\"\n"), "a-b");
        assert_eq!(name_of("metadata: {name: shop, displayName: Shop}"), "shop");
        assert_eq!(name_of("nothing"), "");
        assert_eq!(unix_lines("a\r\nb"), "a\nb");
    }
}
