//! Silences: the list.

use alerts::run::Handle;
use alerts::silences::{Silence, State};
use serde::Serialize;
use serde_json::json;
use store::model::UnixNano;

use super::{live, words};
use crate::format;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::segment;
use crate::web::{Cell, Context, Format, PageError, Reply, Table};

/// Rows of the page.
const ROWS_MAX: usize = 300;

#[derive(Serialize)]
struct Row {
    href: String,
    matchers: String,
    state: &'static str,
    active: bool,
    when: String,
    by: String,
    comment: String,
    mutes: String,
}

#[derive(Serialize)]
struct ListView {
    places: Vec<words::Place>,
    apart: &'static str,
    rows: Vec<Row>,
    shown: String,
    new_href: String,
}

/// A silence, and how many alerts it mutes now.
struct Known {
    silence: Silence,
    mutes: usize,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let known = match live::handle(ctx) {
        Some(handle) => all(handle).await?,
        None => Vec::new(),
    };
    if ctx.format != Format::Html {
        return Ok(Reply::Table(table(ctx, &known)));
    }
    let view = ListView {
        places: words::places(ctx),
        apart: live::apart(ctx),
        rows: known.iter().take(ROWS_MAX).map(|k| row(ctx, k)).collect(),
        shown: match known.len() {
            n if n > ROWS_MAX => format!("{ROWS_MAX} of {n}"),
            n => format::counted(n as u64, "silence", "silences"),
        },
        new_href: "/alerts/silences/new".to_owned(),
    };
    let frame = Frame::new(ctx, "Silences", sentence(ctx, &known))
        .with_crumb("Alerts", ctx.link("/alerts", &[]))
        .without_range();
    Reply::page("alerts/silences.html", frame, &view)
}

/// All silences, those that mute first; whom each mutes is counted among the newest alerts.
async fn all(handle: &Handle) -> Result<Vec<Known>, PageError> {
    let taken = handle.look(|desk, now| {
        let state = desk.machine.state();
        let mut all: Vec<Silence> = state.silences().iter().cloned().collect();
        all.sort_by_key(|silence| (silence.state(now), silence.ends_at));
        all
    });
    let silences = taken.await?;
    // Outside of the owner's thread: matching takes as long as it takes.
    let (alerts, _) = live::alerts(handle).await?;
    let known = silences.into_iter().map(|silence| {
        let own = alerts
            .iter()
            .filter(|live| silence.matches(&live.alert.labels));
        Known {
            mutes: own.count(),
            silence,
        }
    });
    Ok(known.collect())
}

fn sentence(ctx: &Context, known: &[Known]) -> Sentence {
    let active = known
        .iter()
        .filter(|k| k.silence.state(ctx.now) == State::Active);
    let (count, mutes) = active.fold((0_u64, 0_usize), |(n, m), k| (n + 1, m + k.mutes));
    if live::handle(ctx).is_none() {
        return Sentence::new(Tone::Quiet)
            .say("Silences are kept where alerting runs, which is not here.");
    }
    match (
        count,
        known
            .iter()
            .any(|k| k.silence.state(ctx.now) == State::Pending),
    ) {
        (0, false) => Sentence::new(Tone::Good).say("Nothing is silenced."),
        (0, true) => Sentence::new(Tone::Quiet)
            .say("Nothing is silenced yet; one silence or more will begin."),
        (n, _) => Sentence::new(Tone::Quiet).say(format!(
            "{} now, and {} for it.",
            format::counted(n, "silence mutes", "silences mute"),
            match mutes {
                0 => "no alert is quiet".to_owned(),
                m => format::counted(m as u64, "alert is quiet", "alerts are quiet"),
            }
        )),
    }
}

/// The word for where a silence stands.
pub(super) fn state_word(state: State) -> &'static str {
    match state {
        State::Active => "active",
        State::Pending => "pending",
        State::Expired => "expired",
    }
}

/// All sets of matchers as text.
pub(super) fn matchers(silence: &Silence) -> String {
    let sets: Vec<String> = silence
        .matcher_sets
        .iter()
        .map(ToString::to_string)
        .collect();
    sets.join(" or ")
}

fn row(ctx: &Context, known: &Known) -> Row {
    let silence = &known.silence;
    let clock = &ctx.range.clock;
    let state = silence.state(ctx.now);
    let short = |at: UnixNano| clock.short(ctx.now_ms(), at.as_millis());
    Row {
        href: format!("/alerts/silences/{}", segment(&silence.id)),
        matchers: format::bounded(&matchers(silence), 200),
        state: state_word(state),
        active: state == State::Active,
        when: match state {
            State::Active => format!("until {}", short(silence.ends_at)),
            State::Pending => format!("{} – {}", short(silence.starts_at), short(silence.ends_at)),
            State::Expired => format!(
                "ended {}",
                format::ago(ctx.now_ms(), silence.ends_at.as_millis())
            ),
        },
        by: format::bounded(&silence.created_by, 60),
        comment: format::bounded(&silence.comment, 160),
        mutes: format::count(known.mutes as u64),
    }
}

fn table(ctx: &Context, known: &[Known]) -> Table {
    let columns = &[
        "id",
        "state",
        "matchers",
        "starts_ms",
        "ends_ms",
        "created_by",
        "comment",
        "mutes",
    ];
    let mut table = Table::new("silences", columns);
    for Known { silence, mutes } in known {
        table.row(vec![
            silence.id.clone().into(),
            state_word(silence.state(ctx.now)).into(),
            Cell::Json(json!(silence.matcher_sets)),
            silence.starts_at.as_millis().into(),
            silence.ends_at.as_millis().into(),
            silence.created_by.clone().into(),
            silence.comment.clone().into(),
            (*mutes as u64).into(),
        ]);
    }
    table.with("alerting_is_here", json!(live::handle(ctx).is_some()))
}
