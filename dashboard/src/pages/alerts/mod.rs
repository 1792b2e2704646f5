//! Alerts: the inbox. The other modules are the pages beside it.

mod deliveries;
mod dry_run;
mod form;
mod live;
mod one;
mod past;
mod routes;
mod silence_form;
mod silences;
mod story;
pub(super) mod words;

pub(crate) use deliveries::{form as deliveries_form, page as deliveries};
pub(crate) use dry_run::{form as dry_run_form, page as dry_run};
pub(crate) use one::page as one;
pub(crate) use routes::{form as routes_form, page as routes};
pub(crate) use silence_form::{edit as silence, form as silence_form, new as new_silence};
pub(crate) use silences::page as silences;

use alerts::dispatch::{AlertNote, Stand};
use alerts::matchers::{Matcher, Matchers, Operator, parse};
use serde::Serialize;
use serde_json::json;

use self::live::LiveAlert;
use crate::format;
use crate::range::BadParameter;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::{Cell, Context, Format, PageError, Reply, Table};

/// Rows of the page.
const ROWS_MAX: usize = 300;
/// Alerts the opening sentence names.
const NAMED: usize = 3;

/// What is asked for.
struct Asked {
    stand: Option<Stand>,
    matchers: Matchers,
    text: String,
    receiver: Option<Matcher>,
}

/// An alert of the list.
struct Entry {
    note: AlertNote,
    why: String,
    receivers: Vec<String>,
}

#[derive(Serialize)]
struct Row {
    tone: Tone,
    stand: &'static str,
    href: String,
    name: String,
    labels: String,
    summary: String,
    since: String,
    since_title: String,
    receivers: String,
    why: String,
}

#[derive(Serialize)]
struct Tab {
    label: &'static str,
    count: String,
    href: String,
    active: bool,
}

#[derive(Serialize)]
struct InboxView {
    places: Vec<words::Place>,
    apart: &'static str,
    trouble: String,
    tabs: Vec<Tab>,
    text: String,
    hidden: Vec<(String, String)>,
    filtered: bool,
    clear: String,
    shown: String,
    rows: Vec<Row>,
    nothing: String,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let asked = Asked::read(ctx)?;
    let (live, total) = match live::handle(ctx) {
        Some(handle) => live::alerts(handle).await?,
        None => Default::default(),
    };
    let past = past::seen(ctx, ctx.window()).await;
    let (past, trouble) = match (past, live::handle(ctx)) {
        (Ok(past), _) => (past, String::new()),
        // What fires must be seen although the store is away.
        (Err(PageError::Store(error)), Some(_)) => (Vec::new(), told(&error)),
        (Err(error), _) => return Err(error),
    };
    let all = entries(ctx, live, past);
    let listed: Vec<&Entry> = all.iter().filter(|entry| asked.takes(entry)).collect();
    if ctx.format != Format::Html {
        return Ok(Reply::Table(table(&listed)));
    }
    let view = InboxView {
        places: words::places(ctx),
        apart: live::apart(ctx),
        trouble,
        tabs: tabs(ctx, &asked, &all),
        text: asked.text.clone(),
        hidden: ctx.hidden_fields(&["filter"]),
        filtered: !asked.text.is_empty() || asked.receiver.is_some(),
        clear: ctx.here(&[("filter", ""), ("receiver", "")]),
        shown: shown(listed.len(), total),
        rows: listed.iter().take(ROWS_MAX).map(|e| row(ctx, e)).collect(),
        nothing: nothing(&asked),
    };
    let frame = Frame::new(ctx, "Alerts", sentence(ctx, &all));
    Reply::page("alerts/page.html", frame, &view)
}

fn told(error: &store::StoreError) -> String {
    tracing::debug!(%error, "alerts are shown without their past");
    "The store does not answer: what fires stands here, what is over does not.".to_owned()
}

impl Asked {
    fn read(ctx: &Context) -> Result<Self, BadParameter> {
        let word = ctx.params.text("state");
        let stand = match word.as_str() {
            "" => Some(Stand::Firing),
            "all" => None,
            word => Some(Stand::parse(word).ok_or_else(|| {
                let words = "firing, silenced, inhibited, muted, resolved or all";
                BadParameter::new("state", word, words)
            })?),
        };
        let text = ctx.params.text("filter");
        let matchers =
            parse(&text).map_err(|error| BadParameter::new("filter", &text, error.to_string()))?;
        // A regular expression of whole names, as messages link here.
        let receiver = ctx.params.get("receiver").map(|text| {
            Matcher::new("receiver".to_owned(), Operator::Matches, text.to_owned())
                .map_err(|error| BadParameter::new("receiver", text, error.reason))
        });
        Ok(Self {
            stand,
            matchers: matchers.into_iter().collect(),
            receiver: receiver.transpose()?,
            text,
        })
    }

    /// Whether it is asked for, in whatever stand.
    fn is_about(&self, entry: &Entry) -> bool {
        // Of the past nobody wrote down the receivers.
        let of_receiver = |wanted: &Matcher| {
            entry.receivers.is_empty() || entry.receivers.iter().any(|name| wanted.matches(name))
        };
        self.matchers.matches(&entry.note.alert.labels)
            && self.receiver.as_ref().is_none_or(of_receiver)
    }

    fn takes(&self, entry: &Entry) -> bool {
        self.stand.is_none_or(|stand| entry.note.stand == stand) && self.is_about(entry)
    }
}

/// What is live, and of the past what is over; where alerting runs elsewhere, all of the past.
fn entries(ctx: &Context, live: Vec<LiveAlert>, past: Vec<AlertNote>) -> Vec<Entry> {
    let here = live::handle(ctx).is_some();
    let known: std::collections::HashSet<_> = live
        .iter()
        .map(|live| (live.alert.fingerprint, live.alert.starts_at))
        .collect();
    let over = past.into_iter().filter(|note| {
        let key = (note.alert.fingerprint, note.alert.starts_at);
        !known.contains(&key) && (!here || note.stand == Stand::Resolved)
    });
    let over = over.map(|note| Entry {
        note,
        why: String::new(),
        receivers: Vec::new(),
    });
    let live = live.into_iter().map(|live| Entry {
        why: live.muted.as_ref().map(words::muted).unwrap_or_default(),
        receivers: live.receivers,
        note: AlertNote {
            at: ctx.now,
            stand: live.stand,
            alert: live.alert,
        },
    });
    let mut all: Vec<Entry> = live.chain(over).collect();
    all.sort_by_key(|entry| {
        (
            entry.note.stand,
            std::cmp::Reverse(entry.note.alert.starts_at),
        )
    });
    all
}

fn sentence(ctx: &Context, all: &[Entry]) -> Sentence {
    let count = |stand| all.iter().filter(|e| e.note.stand == stand).count() as u64;
    let firing: Vec<&Entry> = all
        .iter()
        .filter(|e| e.note.stand == Stand::Firing)
        .collect();
    let tone = firing
        .iter()
        .map(|e| words::tone(e.note.stand, &e.note.alert.labels))
        .max();
    let mut sentence = Sentence::new(tone.unwrap_or(Tone::Good));
    sentence = match firing.len() {
        0 => sentence.say("No alert fires that somebody should hear of"),
        n => sentence
            .link(
                format::counted(n as u64, "alert fires", "alerts fire"),
                ctx.here(&[("state", "")]),
            )
            .say(": "),
    };
    for (i, entry) in firing.iter().take(NAMED).enumerate() {
        let alert = &entry.note.alert;
        let between = if i > 0 { ", " } else { "" };
        let href = words::path(&alert.fingerprint.to_string());
        sentence = sentence
            .say(between)
            .name(&words::name(&alert.labels), href);
    }
    if firing.len() > NAMED {
        sentence = sentence.say(format!(" and {} more", firing.len() - NAMED));
    }
    for (stand, word) in [
        (Stand::Silenced, "silenced"),
        (Stand::Inhibited, "inhibited by others"),
        (Stand::Muted, "muted by the time"),
    ] {
        if count(stand) > 0 {
            let is = if count(stand) == 1 { "is" } else { "are" };
            sentence = sentence.say("; ").link(
                format!("{} {is} {word}", format::count(count(stand))),
                ctx.here(&[("state", stand.as_str())]),
            );
        }
    }
    sentence.say(".")
}

fn tabs(ctx: &Context, asked: &Asked, all: &[Entry]) -> Vec<Tab> {
    let tab = |label, word: &str, stand: Option<Stand>| {
        let own = all.iter().filter(|e| asked.is_about(e));
        let own = own.filter(|e| stand.is_none_or(|stand| e.note.stand == stand));
        Tab {
            label,
            count: format::count(own.count() as u64),
            href: ctx.here(&[("state", word)]),
            active: asked.stand == stand,
        }
    };
    vec![
        tab("Firing", "", Some(Stand::Firing)),
        tab("Silenced", "silenced", Some(Stand::Silenced)),
        tab("Inhibited", "inhibited", Some(Stand::Inhibited)),
        tab("Muted by time", "muted", Some(Stand::Muted)),
        tab("Resolved", "resolved", Some(Stand::Resolved)),
        tab("All", "all", None),
    ]
}

fn row(ctx: &Context, entry: &Entry) -> Row {
    let AlertNote { stand, alert, .. } = &entry.note;
    let since = match stand {
        Stand::Resolved => alert.ends_at,
        _ => alert.starts_at,
    };
    Row {
        tone: words::tone(*stand, &alert.labels),
        stand: stand.as_str(),
        href: words::path(&alert.fingerprint.to_string()),
        name: words::name(&alert.labels),
        labels: words::rest(&alert.labels),
        summary: words::summary(&alert.annotations),
        since: format::ago(ctx.now_ms(), since.as_millis()),
        since_title: ctx.range.clock.exact(since.as_millis()),
        receivers: format::bounded(&entry.receivers.join(", "), 80),
        why: entry.why.clone(),
    }
}

fn shown(listed: usize, total: usize) -> String {
    let mut text = match listed {
        0 => String::new(),
        n if n > ROWS_MAX => format!("the newest {ROWS_MAX} of {n}"),
        n => format::counted(n as u64, "alert", "alerts"),
    };
    if total > live::ALERTS_MAX {
        text.push_str(&format!(", of the newest {} of {total}", live::ALERTS_MAX));
    }
    text
}

fn nothing(asked: &Asked) -> String {
    if !asked.text.is_empty() || asked.receiver.is_some() {
        return "No alert matches this filter.".to_owned();
    }
    match asked.stand {
        Some(Stand::Firing) => "Nothing fires.",
        Some(Stand::Resolved) => "Nothing was over in this time.",
        Some(_) => "None.",
        None => "No alert is known in this time.",
    }
    .to_owned()
}

fn table(listed: &[&Entry]) -> Table {
    let mut table = Table::new(
        "alerts",
        &[
            "fingerprint",
            "state",
            "name",
            "labels",
            "annotations",
            "starts_ms",
            "ends_ms",
            "receivers",
            "muted_because",
            "generator_url",
        ],
    );
    for entry in listed {
        let alert = &entry.note.alert;
        let over = entry.note.stand == Stand::Resolved;
        table.row(vec![
            alert.fingerprint.to_string().into(),
            entry.note.stand.as_str().into(),
            words::name(&alert.labels).into(),
            Cell::Json(json!(alert.labels)),
            Cell::Json(json!(alert.annotations)),
            alert.starts_at.as_millis().into(),
            over.then(|| alert.ends_at.as_millis()).into(),
            Cell::Json(json!(entry.receivers)),
            entry.why.clone().into(),
            alert.generator_url.clone().into(),
        ]);
    }
    table
}
