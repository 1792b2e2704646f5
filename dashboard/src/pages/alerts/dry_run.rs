//! Another configuration, laid over the alerts of the last days: what would have gone elsewhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use alerts::config::Config;
use alerts::dispatch::Routing;
use alerts::explain::{Destination, DryRun, Fate, Move, compare};
use alerts::model::Alert;
use alerts::silences::Silences;
use axum::extract::{Request, State};
use axum::response::Response;
use serde::Serialize;
use store::alerts::ALERTS_MAX;
use store::read::Window;

use super::form::{Done, take};
use super::{live, past, words};
use crate::app::App;
use crate::format;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::{Context, Format, PageError, Reply, Table};

/// Longest configuration, bytes.
const TEXT_BYTES_MAX: usize = 1 << 20;
/// The same as a form sends it, each byte in three.
const BODY_BYTES: usize = 3 * TEXT_BYTES_MAX + 4_096;
/// Alerts that would go elsewhere, on the page.
const MOVES_MAX: usize = 200;
const DAY_MS: f64 = 86_400_000.0;
/// Days that can be asked for.
const DAYS: [u32; 4] = [1, 3, 7, 30];
const USUAL_DAYS: u32 = 7;

#[derive(Serialize)]
struct MoveView {
    href: String,
    name: String,
    labels: String,
    when: String,
    before: Vec<String>,
    after: Vec<String>,
}

#[derive(Serialize)]
struct ReceiverView {
    name: String,
    before: usize,
    after: usize,
    tone: Tone,
}

#[derive(Serialize)]
struct DayView {
    days: u32,
    selected: bool,
}

#[derive(Serialize)]
struct DryRunView {
    places: Vec<words::Place>,
    apart: &'static str,
    text: String,
    text_max: usize,
    days: Vec<DayView>,
    fault: String,
    ran: bool,
    receivers: Vec<ReceiverView>,
    moves: Vec<MoveView>,
    moves_note: String,
}

/// The page with its form; what it compares with is the configuration in force.
pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    if ctx.format != Format::Html {
        let (_, text) = in_force(ctx).await?;
        let mut table = Table::new("configuration", &["text"]);
        table.row(vec![text.into()]);
        return Ok(Reply::Table(table));
    }
    let (_, text) = in_force(ctx).await?;
    show(ctx, text, USUAL_DAYS, String::new(), None)
}

/// `POST /alerts/dry-run`.
pub(crate) async fn form(State(app): State<Arc<App>>, request: Request) -> Response {
    take(app, request, Some(BODY_BYTES), async |ctx, form| {
        let text = form.text("text").replace("\r\n", "\n");
        let days = form.get("days").and_then(|text| text.parse().ok());
        let days = days
            .filter(|days| DAYS.contains(days))
            .unwrap_or(USUAL_DAYS);
        let config = match read(&text) {
            Ok(config) => config,
            Err(fault) => return show(ctx, text, days, fault, None).map(Done::Page),
        };
        let (old, _) = in_force(ctx).await?;
        let window = Window {
            from: ctx.now.plus_millis(-DAY_MS * f64::from(days)),
            to: ctx.now,
        };
        let silences = silences(ctx).await?;
        let notes = past::seen(ctx, window).await?;
        let alerts: Vec<Alert> = notes.into_iter().map(|note| note.alert).collect();
        // A thousand routes twice over thousands of alerts take a moment.
        let compared = tokio::task::spawn_blocking(move || {
            let borrowed: Vec<&Alert> = alerts.iter().collect();
            let run = compare(&old, &Routing::new(&config), &borrowed, &silences);
            (run, alerts)
        });
        let ran = compared
            .await
            .map_err(|_| PageError::Alerting("The comparison broke off.".to_owned()))?;
        show(ctx, text, days, String::new(), Some(ran)).map(Done::Page)
    })
    .await
}

/// Alertmanager's format, or ours with a section `alerting`.
fn read(text: &str) -> Result<Config, String> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(format!("It is longer than {TEXT_BYTES_MAX} bytes."));
    }
    let read = match Config::parse_section(text) {
        Ok(Some(config)) => Ok(config),
        Ok(None) => Config::parse(text),
        Err(fault) => Err(fault),
    };
    read.map_err(|fault| {
        format!(
            "Line {}, column {}: {}",
            fault.line, fault.column, fault.reason
        )
    })
}

/// The silences that are known, where alerting runs; elsewhere none is.
async fn silences(ctx: &Context) -> Result<Silences, PageError> {
    let Some(handle) = live::handle(ctx) else {
        return Ok(Silences::default());
    };
    let taken = handle.look(|desk, _| desk.machine.state().silences().clone());
    Ok(taken.await?)
}

/// What decides now, and its text without secrets.
async fn in_force(ctx: &Context) -> Result<(Arc<Routing>, String), PageError> {
    if let Some(handle) = live::handle(ctx) {
        let taken = handle.look(|desk, _| (desk.machine.shared_routing(), desk.shown.clone()));
        return Ok(taken.await?);
    }
    let stored = store::alerts::config_at(ctx.store(), ctx.now).await?;
    let text = stored.map(|row| row.text).unwrap_or_default();
    let routing = Config::parse(&text).map(|config| Routing::new(&config));
    Ok((Arc::new(routing.unwrap_or_default()), text))
}

fn show(
    ctx: &Context,
    text: String,
    days: u32,
    fault: String,
    ran: Option<(DryRun, Vec<Alert>)>,
) -> Result<Reply, PageError> {
    let frame = Frame::new(ctx, "Dry run", sentence(days, &fault, ran.as_ref()))
        .with_crumb("Alerts", ctx.link("/alerts", &[]))
        .without_range()
        .without_exports();
    let moves = ran.as_ref().map_or(0, |(run, _)| run.moves.len());
    let view = DryRunView {
        places: words::places(ctx),
        apart: live::apart(ctx),
        text,
        text_max: TEXT_BYTES_MAX,
        days: DAYS
            .map(|n| DayView {
                days: n,
                selected: n == days,
            })
            .into(),
        fault,
        ran: ran.is_some(),
        receivers: ran
            .as_ref()
            .map_or_else(Vec::new, |(run, _)| receivers(run)),
        moves: ran
            .as_ref()
            .map_or_else(Vec::new, |(run, alerts)| self::moves(ctx, run, alerts)),
        moves_note: match moves {
            n if n > MOVES_MAX => format!("{MOVES_MAX} of {n}"),
            n => format::counted(n as u64, "alert", "alerts"),
        },
    };
    Reply::page("alerts/dry_run.html", frame, &view)
}

fn sentence(days: u32, fault: &str, ran: Option<&(DryRun, Vec<Alert>)>) -> Sentence {
    let span = match days {
        1 => "the last day".to_owned(),
        n => format!("the last {n} days"),
    };
    if !fault.is_empty() {
        return Sentence::new(Tone::Warn).say("This configuration cannot be used.");
    }
    let Some((run, alerts)) = ran else {
        return Sentence::new(Tone::Quiet).say(
            "Write a configuration and see which alerts of the last days would have gone elsewhere. Nothing is \
             changed by it.",
        );
    };
    let limit = match alerts.len() >= ALERTS_MAX as usize {
        true => format!(" (the newest {ALERTS_MAX})"),
        false => String::new(),
    };
    match (alerts.len(), run.moves.len()) {
        (0, _) => Sentence::new(Tone::Quiet).say(format!("There was no alert within {span}.")),
        (all, 0) => Sentence::new(Tone::Good).say(format!(
            "All {all} alerts of {span}{limit} would have gone where they went."
        )),
        (all, n) => Sentence::new(Tone::Warn).say(format!(
            "{n} of {all} alerts of {span}{limit} would have gone elsewhere."
        )),
    }
}

fn receivers(run: &DryRun) -> Vec<ReceiverView> {
    let view = |(name, (before, after)): (&String, &(usize, usize))| ReceiverView {
        name: format::bounded(name, 80),
        before: *before,
        after: *after,
        tone: if before == after {
            Tone::Quiet
        } else {
            Tone::Warn
        },
    };
    run.receivers.iter().map(view).collect()
}

fn moves(ctx: &Context, run: &DryRun, alerts: &[Alert]) -> Vec<MoveView> {
    let shown = run.moves.iter().take(MOVES_MAX);
    let view = |one: &Move| {
        let alert = alerts.get(one.alert)?;
        let only = |these: &BTreeSet<Destination>, others: &BTreeSet<Destination>| {
            these.difference(others).map(destination).collect()
        };
        Some(MoveView {
            href: words::path(&alert.fingerprint.to_string()),
            name: words::name(&alert.labels),
            labels: words::rest(&alert.labels),
            when: format::ago(ctx.now_ms(), alert.starts_at.as_millis()),
            before: only(&one.before, &one.after),
            after: only(&one.after, &one.before),
        })
    };
    shown.filter_map(view).collect()
}

fn destination(destination: &Destination) -> String {
    let receiver = format::bounded(&destination.receiver, 60);
    let group = format::bounded(&destination.group, 120);
    match &destination.fate {
        Fate::Told => format!("{receiver}, with {group}"),
        Fate::Inhibited => format!("{receiver}, inhibited"),
        Fate::Silenced => format!("{receiver}, silenced"),
        Fate::Muted(names) => format!(
            "{receiver}, muted by {}",
            format::bounded(&names.join(", "), 80)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_read_in_either_form_and_a_fault_has_its_place() {
        let bare = "route: {receiver: a}\nreceivers: [{name: a}]\n";
        assert!(read(bare).is_ok());
        assert!(read(&format!("alerting:\n  {}", bare.replace('\n', "\n  "))).is_ok());
        let fault = read("route: {receiver: b}\nreceivers: [{name: a}]\n").expect_err("no b");
        assert!(fault.starts_with("Line 1, column "), "{fault}");
    }

    #[test]
    fn the_sentence_counts_what_would_go_elsewhere() {
        let said = |days, ran: Option<&(DryRun, Vec<Alert>)>| {
            sentence(days, "", ran)
                .phrases
                .iter()
                .map(|p| p.text.clone())
                .collect::<String>()
        };
        let none = (DryRun::default(), Vec::new());
        assert_eq!(
            said(1, Some(&none)),
            "There was no alert within the last day."
        );
        assert_eq!(
            said(7, Some(&none)),
            "There was no alert within the last 7 days."
        );
    }
}
