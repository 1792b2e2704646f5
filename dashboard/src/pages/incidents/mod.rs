//! Incidents: the list. [`one`] is the page of a single one.

pub(crate) mod act;
mod look;
pub(crate) mod one;
pub(crate) mod result;
mod timeline;
mod tree;

use alerts::incidents::{Figures, figures, incident::name_of};
use serde::Serialize;
use serde_json::json;
use store::incidents::{HEADS_MAX, Head, heads};

use crate::format;
use crate::pages::alerts::words;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::segment;
use crate::web::table::Table;
use crate::web::{Context, Format, PageError, Reply};

/// Incidents that the opening sentence names.
const NAMED: usize = 2;
/// Longest title in a list, characters.
const TITLE_MAX: usize = 160;

#[derive(Serialize)]
struct RowView {
    href: String,
    tone: Tone,
    severity: String,
    title: String,
    state: String,
    members: String,
    place: String,
    assignee: String,
    opened: String,
    opened_title: String,
    acknowledged: String,
    restored: String,
}

#[derive(Serialize)]
struct TileView {
    name: &'static str,
    figure: String,
    note: String,
}

#[derive(Serialize)]
struct ListView {
    places: Vec<words::Place>,
    rows: Vec<RowView>,
    tiles: Vec<TileView>,
    nothing: bool,
    cut: bool,
}

/// The page of an incident.
pub(super) fn path(id: &str) -> String {
    format!("/alerts/incidents/{}", segment(id))
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let all = heads(ctx.store(), ctx.window().from).await?;
    let cut = all.len() >= HEADS_MAX as usize;
    let (from_ms, to_ms) = (ctx.window().from.as_millis(), ctx.window().to.as_millis());
    let sums = figures(&all, from_ms, to_ms);
    // What became part of another stands there.
    let shown: Vec<&Head> = (all.iter())
        .filter(|head| head.merged_into.is_empty() && head.opened_ms < to_ms)
        .collect();
    if ctx.format != Format::Html {
        return Ok(Reply::Table(table(&shown, sums).truncated(cut)));
    }
    let frame = Frame::new(ctx, "Incidents", sentence(ctx, &shown));
    let view = ListView {
        places: words::places(ctx),
        nothing: shown.is_empty(),
        rows: shown.iter().map(|head| row(ctx, head)).collect(),
        tiles: tiles(sums),
        cut,
    };
    Reply::page("incidents/page.html", frame, &view)
}

fn is_live(head: &Head) -> bool {
    matches!(head.state.as_str(), "open" | "acknowledged")
}

pub(super) fn tone(state: &str, severity: &str) -> Tone {
    match (state, severity) {
        ("resolved" | "merged", _) => Tone::Good,
        ("open", "high" | "critical") => Tone::Bad,
        ("open", _) | (_, "high" | "critical") => Tone::Warn,
        _ => Tone::Quiet,
    }
}

fn sentence(ctx: &Context, shown: &[&Head]) -> Sentence {
    let live: Vec<&&Head> = shown.iter().filter(|head| is_live(head)).collect();
    let worst = live
        .iter()
        .map(|head| tone(&head.state, &head.severity))
        .max();
    let Some(worst) = worst else {
        return Sentence::new(Tone::Good).say("No incident is open.");
    };
    let open = live.iter().filter(|head| head.state == "open").count();
    let counted = format::counted(live.len() as u64, "incident", "incidents");
    let verb = if live.len() == 1 { "is" } else { "are" };
    let nobody = match open {
        0 => "all taken care of".to_owned(),
        n if n == live.len() => "taken care of by nobody yet".to_owned(),
        n => format!("{n} of them taken care of by nobody yet"),
    };
    let mut sentence = Sentence::new(worst).say(format!("{counted} {verb} open, {nobody}: "));
    for (i, head) in live.iter().take(NAMED).enumerate() {
        let title = format::bounded(&head.title, 110);
        sentence = sentence
            .say(if i == 0 { "" } else { "; " })
            .link(title, ctx.link(&path(&head.id), &[]))
            .say(format!(
                ", began {}",
                format::ago(ctx.now_ms(), head.opened_ms)
            ));
    }
    match live.len().saturating_sub(NAMED) {
        0 => sentence.say("."),
        n => sentence.say(format!("; and {n} more.")),
    }
}

fn row(ctx: &Context, head: &Head) -> RowView {
    let after = |at: Option<i64>| at.map_or(String::new(), |at| span(at - head.opened_ms));
    RowView {
        href: ctx.link(&path(&head.id), &[]),
        tone: tone(&head.state, &head.severity),
        severity: format::bounded(&head.severity, 20),
        title: format::bounded(&head.title, TITLE_MAX),
        state: match head.snoozed_ms {
            Some(until) if is_live(head) && until > ctx.now_ms() => {
                format!("{}, snoozed", head.state)
            }
            _ => head.state.clone(),
        },
        members: match (head.members, head.members_open) {
            (all, open) if all == open || !is_live(head) => format::count(all.into()),
            (all, open) => format!("{open} of {all}"),
        },
        place: format::bounded(name_of(&head.place), 60),
        assignee: format::bounded(&head.assignee, 40),
        opened: format::ago(ctx.now_ms(), head.opened_ms),
        opened_title: ctx.range.clock.exact(head.opened_ms),
        acknowledged: after(head.acknowledged_ms),
        restored: after(head.restored_ms),
    }
}

/// A length of time as people say it.
pub(super) fn span(ms: i64) -> String {
    format::long_duration((ms.max(0) / 1_000).unsigned_abs())
}

fn tiles(sums: Figures) -> Vec<TileView> {
    let median = |ms: Option<i64>| ms.map_or(format::UNKNOWN.to_owned(), span);
    let mean = |ms: Option<i64>| ms.map_or(String::new(), |ms| format!("mean {}", span(ms)));
    let of = |n: usize| format!("{n} of {}", sums.incidents);
    vec![
        TileView {
            name: "Incidents",
            figure: format::count(sums.incidents as u64),
            note: "began in this time".to_owned(),
        },
        TileView {
            name: "Time to acknowledge",
            figure: median(sums.acknowledge_ms),
            note: join(&of(sums.acknowledged), &mean(sums.acknowledge_mean_ms)),
        },
        TileView {
            name: "Time to restore",
            figure: median(sums.restore_ms),
            note: join(&of(sums.restored), &mean(sums.restore_mean_ms)),
        },
    ]
}

fn join(a: &str, b: &str) -> String {
    match b {
        "" => format!("median of {a}"),
        b => format!("median of {a}, {b}"),
    }
}

fn table(shown: &[&Head], sums: Figures) -> Table {
    let mut table = Table::new(
        "incidents",
        &[
            "id",
            "state",
            "severity",
            "title",
            "place",
            "assignee",
            "members",
            "members_open",
            "opened_ms",
            "acknowledged_ms",
            "restored_ms",
            "resolved_ms",
            "snoozed_until_ms",
        ],
    );
    for head in shown {
        table.row(vec![
            head.id.as_str().into(),
            head.state.as_str().into(),
            head.severity.as_str().into(),
            head.title.as_str().into(),
            head.place.as_str().into(),
            head.assignee.as_str().into(),
            head.members.into(),
            head.members_open.into(),
            head.opened_ms.into(),
            head.acknowledged_ms.into(),
            head.restored_ms.into(),
            head.resolved_ms.into(),
            head.snoozed_ms.into(),
        ]);
    }
    table.with(
        "figures",
        json!({
            "incidents": sums.incidents,
            "acknowledged": sums.acknowledged,
            "restored": sums.restored,
            "time_to_acknowledge_median_ms": sums.acknowledge_ms,
            "time_to_acknowledge_mean_ms": sums.acknowledge_mean_ms,
            "time_to_restore_median_ms": sums.restore_ms,
            "time_to_restore_mean_ms": sums.restore_mean_ms,
        }),
    )
}
