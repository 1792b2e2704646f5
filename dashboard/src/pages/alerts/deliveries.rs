//! The log of attempts to deliver, what waits and what died, and trying again.

use std::collections::HashSet;
use std::sync::Arc;

use alerts::dispatch::Outgoing;
use alerts::model::Integration;
use alerts::run::{Desk, Handle};
use axum::extract::{Request, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};
use store::alerts::{ATTEMPTS_MAX, AttemptFilter, AttemptRow};
use store::model::UnixNano;

use super::form::{Done, take};
use super::{live, past, words};
use crate::app::App;
use crate::format;
use crate::range::BadParameter;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::Params;
use crate::web::{Context, Format, PageError, Reply, Table};

/// Attempts on the page.
const ROWS_MAX: usize = 200;
/// Waiting and dead messages on the page.
const MESSAGES_MAX: usize = 100;

/// An attempt, as a table shows it.
#[derive(Serialize)]
pub(super) struct RowView {
    at: String,
    at_title: String,
    to: String,
    message: String,
    attempt: u32,
    request: String,
    answer: String,
    took: String,
    tone: Tone,
    came: String,
    next: String,
    /// Where to post that it be sent once more; empty where that cannot be.
    again: String,
}

/// A message that waits or died.
#[derive(Serialize)]
struct MessageView {
    id: String,
    to: String,
    what: String,
    group: String,
    tries: String,
    when: String,
    why: String,
}

#[derive(Serialize)]
struct DisabledView {
    key: String,
    to: String,
    since: String,
}

#[derive(Serialize)]
struct LogView {
    places: Vec<words::Place>,
    apart: &'static str,
    action: String,
    receiver: String,
    failed: bool,
    hidden: Vec<(String, String)>,
    rows: Vec<RowView>,
    shown: String,
    waiting: Vec<MessageView>,
    waiting_note: String,
    dead: Vec<MessageView>,
    dead_note: String,
    disabled: Vec<DisabledView>,
    from_field: String,
    to_field: String,
}

/// What alerting has that is not delivered.
#[derive(Default)]
struct Outbox {
    waiting: Vec<Outgoing>,
    waiting_total: usize,
    dead: Vec<(Outgoing, String, UnixNano)>,
    dead_total: usize,
    disabled: Vec<(Integration, UnixNano)>,
    /// Ids of messages that arrived and can be sent once more.
    delivered: HashSet<String>,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let filter = AttemptFilter {
        receiver: ctx.params.text("receiver"),
        failed: ctx.params.get("failed").is_some(),
    };
    let outbox = match live::handle(ctx) {
        Some(handle) => handle.look(|desk, _| of_desk(desk)).await?,
        None => Outbox::default(),
    };
    let rows = past::attempts(ctx, &filter).await?;
    if ctx.format != Format::Html {
        return Ok(Reply::Table(table(ctx, &rows, &outbox)));
    }
    let frame = Frame::new(ctx, "Deliveries", sentence(&rows, &outbox))
        .with_crumb("Alerts", ctx.link("/alerts", &[]));
    let clock = &ctx.range.clock;
    let view = LogView {
        places: words::places(ctx),
        apart: live::apart(ctx),
        action: ctx.here(&[]),
        receiver: filter.receiver.clone(),
        failed: filter.failed,
        hidden: ctx.hidden_fields(&["receiver", "failed"]),
        rows: attempt_rows(ctx, &rows, &outbox.delivered),
        shown: shown(rows.len()),
        waiting: outbox.waiting.iter().map(|m| waiting(ctx, m)).collect(),
        waiting_note: counted_note(outbox.waiting_total),
        dead: outbox
            .dead
            .iter()
            .map(|dead| self::dead(ctx, dead))
            .collect(),
        dead_note: counted_note(outbox.dead_total),
        disabled: outbox.disabled.iter().map(|d| disabled(ctx, d)).collect(),
        from_field: clock.field(ctx.window().from.as_millis()),
        to_field: clock.field(ctx.window().to.as_millis()),
    };
    Reply::page("alerts/deliveries.html", frame, &view)
}

/// The newest attempts; those whose message is still kept can be sent once more.
fn attempt_rows(ctx: &Context, rows: &[AttemptRow], kept: &HashSet<String>) -> Vec<RowView> {
    let view = |row: &AttemptRow| RowView {
        again: match row.failure.is_empty() && kept.contains(&row.message) {
            true => ctx.here(&[]),
            false => String::new(),
        },
        ..self::row(ctx, row)
    };
    rows.iter().take(ROWS_MAX).map(view).collect()
}

fn of_desk(desk: &Desk) -> Outbox {
    let state = desk.machine.state();
    let outbox = state.outbox();
    let mut waiting: Vec<&Outgoing> = outbox.iter().collect();
    waiting.sort_by_key(|m| (m.try_at, m.notification.at));
    let dead = outbox.dead().rev().take(MESSAGES_MAX);
    Outbox {
        waiting: waiting.into_iter().take(MESSAGES_MAX).cloned().collect(),
        waiting_total: outbox.len(),
        dead: dead
            .map(|dead| (dead.outgoing.clone(), dead.reason.clone(), dead.at))
            .collect(),
        dead_total: outbox.dead().len(),
        disabled: state
            .disabled()
            .iter()
            .map(|(way, disabled)| (way.clone(), disabled.at))
            .collect(),
        delivered: state
            .delivered()
            .iter()
            .map(|arrived| arrived.outgoing.notification.id.clone())
            .collect(),
    }
}

fn sentence(rows: &[AttemptRow], outbox: &Outbox) -> Sentence {
    let failed = rows.iter().filter(|row| !row.failure.is_empty()).count() as u64;
    let arrived = rows.len() as u64 - failed;
    let tone = match (outbox.dead_total, failed, outbox.disabled.len()) {
        (0, 0, 0) => Tone::Good,
        (0, _, 0) => Tone::Warn,
        _ => Tone::Bad,
    };
    let mut sentence = Sentence::new(tone).say(match rows.len() {
        0 => "Nothing was sent in this time".to_owned(),
        _ => format!(
            "{} in this time, {} did not",
            format::counted(arrived, "attempt arrived", "attempts arrived"),
            format::count(failed)
        ),
    });
    if outbox.waiting_total > 0 {
        let n = outbox.waiting_total as u64;
        sentence = sentence.say("; ").link(
            format::counted(n, "message waits", "messages wait"),
            "#waiting",
        );
    }
    if outbox.dead_total > 0 {
        let n = outbox.dead_total as u64;
        sentence = sentence.say("; ").link(
            format::counted(n, "message is dead", "messages are dead"),
            "#dead",
        );
    }
    if !outbox.disabled.is_empty() {
        let n = outbox.disabled.len() as u64;
        sentence = sentence.say("; ").link(
            format::counted(n, "receiver is disabled", "receivers are disabled"),
            "#disabled",
        );
    }
    sentence.say(".")
}

/// An attempt as a row.
pub(super) fn row(ctx: &Context, row: &AttemptRow) -> RowView {
    let clock = &ctx.range.clock;
    let ms = row.at / 1_000_000;
    let nth = usize::try_from(row.nth).unwrap_or_default();
    RowView {
        at: clock.short(ctx.now_ms(), ms),
        at_title: clock.exact(ms),
        to: words::way(&Integration {
            receiver: row.receiver.clone(),
            kind: row.kind.clone(),
            index: nth,
        }),
        message: format::bounded(&row.message, 60),
        attempt: row.attempt,
        request: format::bounded(&row.request, 160),
        answer: row
            .status
            .map_or_else(|| "none".to_owned(), |status| status.to_string()),
        took: format::duration_ms(row.took_ms as f64),
        tone: match (row.failure.is_empty(), row.retry_at) {
            (true, _) => Tone::Good,
            (false, Some(_)) => Tone::Warn,
            (false, None) => Tone::Bad,
        },
        came: match row.failure.is_empty() {
            true => "arrived".to_owned(),
            false => format::bounded(&row.reason, 200),
        },
        next: match (row.failure.is_empty(), row.retry_at) {
            (true, _) => String::new(),
            (false, Some(at)) => clock.short(ctx.now_ms(), at / 1_000_000),
            (false, None) => "never".to_owned(),
        },
        again: String::new(),
    }
}

fn message(ctx: &Context, outgoing: &Outgoing, when: UnixNano, why: String) -> MessageView {
    let notification = &outgoing.notification;
    let alerts = notification.alerts.len() as u64;
    MessageView {
        id: notification.id.clone(),
        to: words::way(&notification.integration),
        what: format!(
            "{} {}",
            format::counted(alerts, "alert", "alerts"),
            notification.status
        ),
        group: format::bounded(&notification.group_key, 120),
        tries: format::counted(u64::from(outgoing.attempts), "try", "tries"),
        when: ctx.range.clock.short(ctx.now_ms(), when.as_millis()),
        why,
    }
}

fn waiting(ctx: &Context, outgoing: &Outgoing) -> MessageView {
    let why = words::reason(outgoing.notification.reason).to_owned();
    message(ctx, outgoing, outgoing.try_at, why)
}

fn dead(ctx: &Context, (outgoing, reason, at): &(Outgoing, String, UnixNano)) -> MessageView {
    message(ctx, outgoing, *at, format::bounded(reason, 200))
}

fn disabled(ctx: &Context, (way, at): &(Integration, UnixNano)) -> DisabledView {
    DisabledView {
        key: way.to_string(),
        to: words::way(way),
        since: format::ago(ctx.now_ms(), at.as_millis()),
    }
}

fn shown(rows: usize) -> String {
    match rows {
        0 => String::new(),
        n if n > ROWS_MAX => format!("the newest {ROWS_MAX} of {}{n}", at_least(n)),
        n => format::counted(n as u64, "attempt", "attempts"),
    }
}

fn at_least(rows: usize) -> &'static str {
    if rows >= ATTEMPTS_MAX as usize {
        "at least "
    } else {
        ""
    }
}

fn counted_note(total: usize) -> String {
    match total {
        n if n > MESSAGES_MAX => format!("{MESSAGES_MAX} of {n}"),
        n => format::counted(n as u64, "message", "messages"),
    }
}

const COLUMNS: &[&str] = &[
    "at_ms",
    "message",
    "attempt",
    "receiver",
    "kind",
    "nth",
    "group_key",
    "took_ms",
    "request",
    "status",
    "failure",
    "reason",
    "retry_ms",
];

fn attempts_table(rows: &[AttemptRow]) -> Table {
    let mut table = Table::new("attempts", COLUMNS);
    for row in rows {
        table.row(vec![
            (row.at / 1_000_000).into(),
            row.message.clone().into(),
            row.attempt.into(),
            row.receiver.clone().into(),
            row.kind.clone().into(),
            row.nth.into(),
            row.group_key.clone().into(),
            row.took_ms.into(),
            row.request.clone().into(),
            row.status.map(u32::from).into(),
            row.failure.clone().into(),
            row.reason.clone().into(),
            row.retry_at.map(|at| at / 1_000_000).into(),
        ]);
    }
    table
}

/// Attempts as JSON.
pub(super) fn objects(rows: &[AttemptRow]) -> Value {
    attempts_table(rows).rows_json()
}

fn table(ctx: &Context, rows: &[AttemptRow], outbox: &Outbox) -> Table {
    let message = |outgoing: &Outgoing| {
        json!({
            "id": outgoing.notification.id,
            "to": outgoing.notification.integration.to_string(),
            "group_key": outgoing.notification.group_key,
            "attempts": outgoing.attempts,
            "try_ms": outgoing.try_at.as_millis(),
        })
    };
    let waiting: Vec<Value> = outbox.waiting.iter().map(message).collect();
    let dead = outbox.dead.iter().map(|(outgoing, reason, at)| {
        let mut shown = message(outgoing);
        shown["reason"] = json!(reason);
        shown["died_ms"] = json!(at.as_millis());
        shown
    });
    let disabled = outbox
        .disabled
        .iter()
        .map(|(way, at)| json!({"receiver": way.to_string(), "since_ms": at.as_millis()}));
    attempts_table(rows)
        .truncated(rows.len() >= ATTEMPTS_MAX as usize)
        .with("waiting", json!(waiting))
        .with("dead", json!(dead.collect::<Vec<_>>()))
        .with("disabled", json!(disabled.collect::<Vec<_>>()))
        .with("alerting_is_here", json!(live::handle(ctx).is_some()))
}

/// Trying again: one message, the dead ones of a time, or a receiver that was disabled.
pub(crate) async fn form(State(app): State<Arc<App>>, request: Request) -> Response {
    take(app, request, None, async |ctx, form| {
        let handle = live::wanted(ctx)?;
        match form.text("action").as_str() {
            "again" => again(handle, form.text("id")).await?,
            "range" => range(ctx, handle, form).await?,
            "enable" => enable(handle, form.text("way")).await?,
            other => {
                let actions = "again, range or enable";
                return Err(BadParameter::new("action", other, actions).into());
            }
        }
        Ok(Done::See(ctx.here(&[])))
    })
    .await
}

/// Revives a dead message, tries one that waits at once, or sends one that arrived once more.
async fn again(handle: &Handle, id: String) -> Result<(), PageError> {
    let asked = id.clone();
    let done = handle.change(move |desk, now| {
        let machine = &mut desk.machine;
        machine.revive(&id, now) || machine.hurry(&id, now) || machine.replay(&id, now).is_ok()
    });
    match done.await? {
        true => Ok(()),
        false => Err(PageError::NotFound {
            what: format!(
                "No message {} waits, is dead, or arrived lately.",
                format::bounded(&asked, 60)
            ),
            help: "It is on its way just now, its receiver waits for something newer of the same group, or it \
                   arrived too long ago: messages are kept for three days, the newest 16 MiB of them."
                .to_owned(),
        }),
    }
}

/// Revives the dead messages that were decided within a time, perhaps of one receiver only.
async fn range(ctx: &Context, handle: &Handle, form: &Params) -> Result<(), PageError> {
    let zone = ctx.range.clock.name();
    let (from, to) = (form.get("range_from"), form.get("range_to"));
    let range = crate::range::TimeRange::parse(from, to, Some(zone), ctx.now)?;
    let window = range.window;
    let receiver = form.text("receiver");
    let done = handle.change(move |desk, now| {
        let dead = desk.machine.state().outbox().dead();
        let wanted = dead.filter(|dead| {
            let notification = &dead.outgoing.notification;
            (window.from..window.to).contains(&notification.at)
                && (receiver.is_empty() || notification.integration.receiver == receiver)
        });
        let ids: Vec<String> = wanted.map(|d| d.outgoing.notification.id.clone()).collect();
        for id in ids {
            desk.machine.revive(&id, now);
        }
    });
    Ok(done.await?)
}

async fn enable(handle: &Handle, key: String) -> Result<(), PageError> {
    let asked = key.clone();
    let done = handle.change(move |desk, _| {
        let disabled = desk.machine.state().disabled().keys();
        let way = disabled
            .into_iter()
            .find(|way| way.to_string() == key)
            .cloned();
        way.is_some_and(|way| desk.machine.enable(&way))
    });
    match done.await? {
        true => Ok(()),
        false => Err(PageError::NotFound {
            what: format!("{} is not disabled.", format::bounded(&asked, 80)),
            help: "Perhaps somebody enabled it already.".to_owned(),
        }),
    }
}
