//! One incident: what is the matter, who suffers, what happened, and what can be done.

use alerts::incidents::incident::name_of;
use alerts::incidents::{Event, Incident, State, keep};
use alerts::runbooks::{Run, Runs, Stage};
use serde::Serialize;
use serde_json::json;
use store::incidents::heads;
use store::read::Window;
use store::read::deploys::{self, DeployRow, MAX_DEPLOYS};

use super::look::LookView;
use super::timeline::StepView;
use super::tree::NodeView;
use super::{look, path, span, timeline, tone, tree};
use crate::format;
use crate::range::BadParameter;
use crate::web::form::Choice;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::unsegment;
use crate::web::{Context, Format, PageError, Reply};

/// Deploys of its functions are shown from so long before it, ms.
const BEFORE_MS: f64 = 6.0 * 3_600_000.0;
/// Deploys of so many of its functions are asked for.
const FUNCTIONS_MAX: usize = 12;
/// Other incidents that it may be merged into, the newest.
const OTHERS_MAX: usize = 50;

#[derive(Serialize)]
struct RunView {
    id: String,
    name: String,
    place: String,
    state: String,
    waits: bool,
}

#[derive(Serialize)]
struct OneView {
    action: String,
    tone: Tone,
    severity: &'static str,
    state: String,
    assignee: String,
    merged: String,
    facts: Vec<(&'static str, String)>,
    tree: Vec<NodeView>,
    look: Vec<LookView>,
    timeline: Vec<StepView>,
    runs: Vec<RunView>,
    live: bool,
    open: bool,
    reminds: String,
    snoozed: bool,
    several: bool,
    others: Vec<Choice>,
    elsewhere: bool,
}

/// The id in an address, of the page or of the API, perhaps with more behind it.
///
/// # Errors
/// [`BadParameter`] unless it is one of ours.
pub(super) fn id_in(path: &str) -> Result<String, BadParameter> {
    let raw = path.split("/incidents/").nth(1).unwrap_or("");
    let raw = raw.split('/').next().unwrap_or("");
    let id = unsegment(raw).unwrap_or_default();
    let digits = id.strip_prefix("inc_").unwrap_or("");
    let is_id = digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    match is_id {
        true => Ok(id),
        false => Err(BadParameter::new(
            "incident",
            &id,
            "an id is inc_ and 16 hexadecimal digits",
        )),
    }
}

/// The incident of this id, with its events.
///
/// # Errors
/// [`PageError::NotFound`] where there is none, [`PageError::Store`].
pub(super) async fn found(ctx: &Context, id: &str) -> Result<(Incident, Vec<Event>), PageError> {
    let found = keep::one(ctx.store(), id).await?;
    found.ok_or_else(|| PageError::NotFound {
        what: format!("There is no incident {id}."),
        help: "Look for it in the list of incidents, over a longer time.".to_owned(),
    })
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let (incident, events) = found(ctx, &id_in(&ctx.path)?).await?;
    if ctx.format != Format::Html {
        return Ok(Reply::Json(json(&incident, &events)));
    }
    let deploys = deploys_around(ctx, &incident).await?;
    let others = others(ctx, &incident).await?;
    reply(ctx, &incident, &events, &deploys, others)
}

/// Deploys of the functions that are in it, from before it began.
async fn deploys_around(ctx: &Context, incident: &Incident) -> Result<Vec<DeployRow>, PageError> {
    let end = incident.resolved_at.unwrap_or(ctx.now);
    let window = Window {
        from: incident.opened_at.plus_millis(-BEFORE_MS),
        to: end.plus_millis(60_000.0),
    };
    let mut functions: Vec<&str> = incident.functions().into_iter().collect();
    functions.sort_by_key(|function| *function != incident.place);
    let mut all = Vec::new();
    for function in functions.into_iter().take(FUNCTIONS_MAX) {
        let rows = deploys::list(ctx.store(), window, function, MAX_DEPLOYS).await?;
        // Of a function that was first seen nobody knows when it was deployed.
        all.extend(rows.into_iter().filter(|row| row.source != "baseline"));
    }
    Ok(all)
}

async fn others(ctx: &Context, incident: &Incident) -> Result<Vec<Choice>, PageError> {
    let all = heads(ctx.store(), ctx.now.plus_millis(-86_400_000.0)).await?;
    let all = all.into_iter().filter(|head| {
        head.id != incident.id && matches!(head.state.as_str(), "open" | "acknowledged")
    });
    let choice = |head: store::incidents::Head| Choice {
        label: format::bounded(&head.title, 80),
        value: head.id,
        selected: false,
    };
    Ok(all.take(OTHERS_MAX).map(choice).collect())
}

fn reply(
    ctx: &Context,
    incident: &Incident,
    events: &[Event],
    deploys: &[DeployRow],
    others: Vec<Choice>,
) -> Result<Reply, PageError> {
    let title = format::bounded(&incident.title(), 120);
    let frame = Frame::new(ctx, title, sentence(ctx, incident))
        .without_range()
        .without_exports()
        .with_crumb("Alerts", "/alerts")
        .with_crumb("Incidents", "/alerts/incidents");
    let runs = Runs::of(events);
    let view = OneView {
        action: path(&incident.id),
        tone: tone(incident.state.as_str(), incident.severity.as_str()),
        severity: incident.severity.as_str(),
        state: incident.state.as_str().to_owned(),
        assignee: format::bounded(&incident.assignee, 60),
        merged: incident.merged_into.as_deref().map_or(String::new(), path),
        facts: facts(ctx, incident),
        tree: tree::tree(ctx, incident),
        look: look::next(ctx, incident, deploys),
        timeline: timeline::timeline(ctx, events, deploys),
        runs: runs.iter().map(run).collect(),
        live: incident.state.is_live(),
        open: incident.state.is_live() && incident.cared_for_by().is_none(),
        reminds: reminds(incident),
        snoozed: incident.snoozed_until.is_some_and(|until| until > ctx.now),
        several: incident.members.len() > 1,
        others,
        elsewhere: ctx.app.alerting.is_none(),
    };
    Reply::page("incidents/one.html", frame, &view)
}

/// Whether messages are repeated, in words.
fn reminds(incident: &Incident) -> String {
    match (incident.cared_for_by(), incident.state) {
        (Some(name), _) => format!(
            "{} takes care of it: nobody is reminded of it until it is worse or over.",
            format::bounded(name, 60)
        ),
        (None, State::Acknowledged) => {
            "It became worse since it was acknowledged: people are reminded of it \
             again."
                .to_owned()
        }
        (None, _) => "Then nobody is reminded of it until it is worse or over.".to_owned(),
    }
}

fn run(run: &Run) -> RunView {
    let state = match &run.ended {
        Some(Stage::Answered {
            succeeded: true, ..
        }) => "succeeded",
        Some(Stage::Answered { .. }) => "failed",
        Some(Stage::TimedOut) => "told no result in time",
        Some(Stage::Declined) => "not wanted",
        Some(Stage::Rehearsed { .. }) => "dry run",
        Some(_) => "given up",
        None if run.waits => "waits for your yes",
        None if run.taken => "runs",
        None if run.expires_at.is_some() => "is asked for",
        None => "waits for its turn",
    };
    RunView {
        id: run.id.clone(),
        name: format::bounded(&run.runbook, 80),
        place: format::bounded(name_of(&run.place), 60),
        state: state.to_owned(),
        waits: run.ended.is_none() && run.waits,
    }
}

fn sentence(ctx: &Context, incident: &Incident) -> Sentence {
    let tone = tone(incident.state.as_str(), incident.severity.as_str());
    let sentence = Sentence::new(tone);
    if let Some(into) = &incident.merged_into {
        let href = ctx.link(&path(into), &[]);
        return sentence
            .say("This became part of ")
            .link("another incident", href)
            .say(".");
    }
    let functions = incident.functions().len() as u64;
    let open = incident.open_members().count();
    let who = match functions {
        0 => String::new(),
        n => format!(
            ", {} suffer{}",
            format::counted(n, "function", "functions"),
            if n == 1 { "s" } else { "" }
        ),
    };
    let began = span(ctx.now_ms() - incident.opened_at.as_millis());
    let sentence = match incident.state {
        State::Resolved => sentence.say(format!(
            "Over: trouble at {} lasted {}",
            name_of(&incident.place),
            span(
                incident
                    .restored_at
                    .map_or(0, |at| at.as_millis() - incident.opened_at.as_millis())
            )
        )),
        _ if open == 0 => sentence.say(format!(
            "Nothing holds any more at {}; it is watched for a few minutes",
            name_of(&incident.place)
        )),
        _ => {
            let href = incident
                .root()
                .map(|root| ctx.link(&format!("/findings/{}", root.finding), &[]));
            let title = format::bounded(&incident.title(), 160);
            sentence
                .link(title, href.unwrap_or_default())
                .say(format!("{who}, for {began}"))
        }
    };
    let whose = match (incident.state, incident.assignee.as_str()) {
        (State::Open, "") => "; nobody takes care of it yet.".to_owned(),
        (_, "") => ".".to_owned(),
        (State::Resolved, name) => format!("; it was {}'s.", format::bounded(name, 60)),
        (_, name) => format!("; {} takes care of it.", format::bounded(name, 60)),
    };
    sentence.say(whose)
}

fn facts(ctx: &Context, incident: &Incident) -> Vec<(&'static str, String)> {
    let clock = &ctx.range.clock;
    let opened_ms = incident.opened_at.as_millis();
    let mut facts = vec![
        ("Cause at", format::bounded(&incident.place, 120)),
        ("Began", clock.exact(opened_ms)),
    ];
    if let Some(at) = incident.acknowledged_at {
        facts.push(("Acknowledged after", span(at.as_millis() - opened_ms)));
    }
    if let Some(at) = incident.restored_at {
        facts.push(("Restored after", span(at.as_millis() - opened_ms)));
    }
    if let Some(until) = incident.snoozed_until.filter(|until| *until > ctx.now) {
        facts.push(("Snoozed until", clock.exact(until.as_millis())));
    }
    facts.push(("Id", incident.id.clone()));
    facts
}

fn json(incident: &Incident, events: &[Event]) -> serde_json::Value {
    let head = incident.head();
    let events = events.iter().map(
        |event| json!({"at_ms": event.at.as_millis(), "by": event.by, "event": hidden(event)}),
    );
    json!({
        "id": head.id,
        "state": head.state,
        "severity": head.severity,
        "title": head.title,
        "place": head.place,
        "assignee": head.assignee,
        "merged_into": head.merged_into,
        "opened_ms": head.opened_ms,
        "acknowledged_ms": head.acknowledged_ms,
        "restored_ms": head.restored_ms,
        "resolved_ms": head.resolved_ms,
        "snoozed_until_ms": head.snoozed_ms,
        "time_to_acknowledge_ms": head.acknowledged_ms.map(|at| at - head.opened_ms),
        "time_to_restore_ms": head.restored_ms.map(|at| at - head.opened_ms),
        "members": incident.members.values().collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(),
    })
}

/// An event without the hash of a token: of no use to anybody else.
fn hidden(event: &Event) -> serde_json::Value {
    let mut value = serde_json::to_value(&event.what).unwrap_or_default();
    if let Some(stage) = value
        .get_mut("stage")
        .and_then(|stage| stage.as_object_mut())
    {
        stage.remove("token_sha256");
    }
    value
}
