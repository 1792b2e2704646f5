//! What was found: the list. [`one`] is the page of a single finding.

mod ask;
mod charts;
pub(crate) mod export;
mod facts;
pub(crate) mod feedback;
mod ocsf;
pub(crate) mod one;
mod parts;
pub(crate) mod row;
mod sides;
mod watched;
pub(crate) mod words;

use analyzers::findings::kinds::Group;
use serde::Serialize;
use store::findings::{self, FINDINGS_MAX, Filter};
use store::model::{Finding, State};
use store::read::functions;

use self::ask::Asked;
use self::row::RowView;
use self::row::order;
pub(crate) use self::row::{Badge, CardView, add_to, card, card_of_money, finding_path, weighed};
use crate::format;
use crate::web::form::Choice;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::{Context, Format, PageError, Reply};

/// Rows of a page: two screens.
const PAGE_ROWS: usize = 50;
/// Findings the opening sentence names.
const NAMED: usize = 3;
/// The budget of false alarms is for 30 days, so those are always read.
const MONTH_MS: f64 = analyzers::findings::budget::MONTH_MS;

#[derive(Serialize)]
struct Section {
    title: &'static str,
    note: String,
    rows: Vec<RowView>,
}

#[derive(Serialize)]
struct Tab {
    label: &'static str,
    count: String,
    href: String,
    active: bool,
}

#[derive(Serialize)]
struct ListView {
    nothing_yet: String,
    connect: String,
    tabs: Vec<Tab>,
    kinds: Vec<Choice>,
    severities: Vec<Choice>,
    function: String,
    hidden: Vec<(String, String)>,
    filtered: bool,
    clear: String,
    shown: String,
    held_note: bool,
    sections: Vec<Section>,
    nothing_here: String,
    previous: String,
    next: String,
    watched: watched::WatchedView,
}

/// What the store knows.
struct Known {
    findings: Vec<Finding>,
    /// How long data come in; only where nothing was found yet.
    history: Option<History>,
}

/// Since when functions send.
#[derive(Clone, Copy)]
struct History {
    functions: usize,
    since_ms: i64,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let asked = Asked::read(ctx)?;
    let month = ctx.now.plus_millis(-MONTH_MS);
    let filter = Filter {
        since_ms: ctx.window().from.min(month).as_millis(),
        ..Filter::default()
    };
    let mut findings = findings::heads(ctx.store(), &filter).await?;
    findings.sort_by(order);
    if ctx.format != Format::Html {
        let listed = listed(ctx, &asked, &findings);
        return Ok(Reply::Table(export::table(&listed, findings.len())));
    }
    let history = match findings.is_empty() {
        true => Some(history(ctx).await?),
        false => None,
    };
    reply(ctx, &asked, &Known { findings, history })
}

async fn history(ctx: &Context) -> Result<History, PageError> {
    let known = functions::list(ctx.store()).await?;
    Ok(History {
        functions: known.len(),
        since_ms: (known.iter().map(|f| f.first_seen_ms).min()).unwrap_or_else(|| ctx.now_ms()),
    })
}

/// Those that are asked for, in order.
fn listed<'a>(ctx: &Context, asked: &Asked, findings: &'a [Finding]) -> Vec<&'a Finding> {
    findings
        .iter()
        .filter(|f| asked.state.is_none_or(|state| f.state == state))
        .filter(|f| asked.takes(f, ctx.window()))
        .collect()
}

fn reply(ctx: &Context, asked: &Asked, known: &Known) -> Result<Reply, PageError> {
    let listed = listed(ctx, asked, &known.findings);
    let frame = Frame::new(ctx, "Findings", sentence(ctx, known));
    // A list may have become shorter since its last page was linked to.
    let page = asked.page.min(listed.len().saturating_sub(1) / PAGE_ROWS);
    let start = page * PAGE_ROWS;
    let end = (start + PAGE_ROWS).min(listed.len());
    let view = ListView {
        nothing_yet: known.history.map_or(String::new(), |h| so_far(ctx, h)),
        connect: ctx.link("/connect", &[]),
        tabs: tabs(ctx, asked, &known.findings),
        kinds: asked.kinds(),
        severities: asked.severities(),
        function: asked.function.clone(),
        hidden: ctx.hidden_fields(&["kind", "severity", "function", "page"]),
        filtered: asked.is_filtered(),
        clear: ctx.here(&[
            ("kind", ""),
            ("severity", ""),
            ("function", ""),
            ("page", ""),
        ]),
        shown: shown(start, end, listed.len(), known.findings.len()),
        held_note: asked.state == Some(State::Held),
        sections: sections(ctx, &listed, start, end),
        nothing_here: nothing_here(asked),
        previous: match page {
            0 => String::new(),
            page => page_link(ctx, page - 1),
        },
        next: match end < listed.len() {
            true => page_link(ctx, page + 1),
            false => String::new(),
        },
        watched: watched::view(ctx, &known.findings),
    };
    Reply::page("findings/page.html", frame, &view)
}

/// What is open, the worst first.
fn sentence(ctx: &Context, known: &Known) -> Sentence {
    let open: Vec<&Finding> = (known.findings.iter())
        .filter(|f| f.state == State::Open)
        .collect();
    let Some(worst) = open.first() else {
        return closed_sentence(ctx, known);
    };
    let verb = if open.len() == 1 { "is" } else { "are" };
    let counted = format::counted(open.len() as u64, "finding", "findings");
    let mut sentence = Sentence::new(words::tone(worst)).say(format!("{counted} {verb} open: "));
    for (i, finding) in open.iter().take(NAMED).enumerate() {
        sentence = sentence.say(if i == 0 { "" } else { "; " });
        sentence = row::named(ctx, sentence, finding);
    }
    match open.len().saturating_sub(NAMED) {
        0 => sentence.say("."),
        n => sentence.say(format!("; and {n} more.")),
    }
}

fn closed_sentence(ctx: &Context, known: &Known) -> Sentence {
    let closed = known.findings.iter().filter(|f| f.state == State::Closed);
    match (closed.count() as u64, &known.history) {
        (_, Some(history)) if history.functions == 0 => Sentence::new(Tone::Quiet)
            .say("No function has sent anything yet, so nothing is watched."),
        (0, _) => Sentence::new(Tone::Good).say("No finding is open."),
        (n, _) => Sentence::new(Tone::Good)
            .say("No finding is open; ")
            .link(
                format!("{n} {}", if n == 1 { "has" } else { "have" }),
                ctx.here(&[("state", "closed"), ("page", "")]),
            )
            .say(" ended lately."),
    }
}

/// How far history goes, where nothing was found yet.
fn so_far(ctx: &Context, history: History) -> String {
    match history.functions {
        0 => "Nothing has arrived yet.".to_owned(),
        n => {
            let seconds = (ctx.now_ms() - history.since_ms).max(0) / 1_000;
            format!(
                "{} sent data for {} so far.",
                format::counted(n as u64, "function has", "functions have"),
                format::long_duration(seconds.unsigned_abs())
            )
        }
    }
}

fn tabs(ctx: &Context, asked: &Asked, findings: &[Finding]) -> Vec<Tab> {
    let tab = |label, word: &str, state: Option<State>| {
        let own = findings
            .iter()
            .filter(|f| state.is_none_or(|s| f.state == s) && asked.takes(f, ctx.window()));
        Tab {
            label,
            count: format::count(own.count() as u64),
            href: ctx.here(&[("state", word), ("page", "")]),
            active: asked.state == state,
        }
    };
    vec![
        tab("Open", "", Some(State::Open)),
        tab("Closed", "closed", Some(State::Closed)),
        tab("Held", "held", Some(State::Held)),
        tab("All", "all", None),
    ]
}

fn shown(start: usize, end: usize, listed: usize, known: usize) -> String {
    let mut text = match (listed, end - start) {
        (0, _) => String::new(),
        (all, n) if n == all => format::counted(all as u64, "finding", "findings"),
        (all, _) => format!("{}–{end} of {all}", start + 1),
    };
    if known >= FINDINGS_MAX as usize {
        text.push_str(&format!(
            ", of the newest {FINDINGS_MAX}: choose a shorter time"
        ));
    }
    text
}

/// Groups of kinds, those with the worst finding first, cut to the page.
fn sections(ctx: &Context, listed: &[&Finding], start: usize, end: usize) -> Vec<Section> {
    let mut groups: Vec<(Option<Group>, Vec<&Finding>)> = Vec::new();
    for finding in listed {
        let group = words::group(finding);
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, own)) => own.push(finding),
            None => groups.push((group, vec![finding])),
        }
    }
    let mut place = 0;
    let mut sections = Vec::new();
    for (group, own) in groups {
        let (first, last) = (place, place + own.len());
        place = last;
        let cut = start.clamp(first, last) - first..end.clamp(first, last) - first;
        if cut.is_empty() {
            continue;
        }
        sections.push(Section {
            title: group.map_or("Others", Group::title),
            note: format::counted(own.len() as u64, "finding", "findings"),
            rows: own[cut].iter().map(|f| row::row(ctx, f)).collect(),
        });
    }
    sections
}

fn nothing_here(asked: &Asked) -> String {
    if asked.is_filtered() {
        return "No finding matches these filters in this time.".to_owned();
    }
    match asked.state {
        Some(State::Open) => "No finding is open.",
        Some(State::Closed) => "No finding ended in this time.",
        Some(State::Held) => "Nothing was held back in this time.",
        Some(State::Retracted) => "Nothing was retracted in this time.",
        None => "Nothing was found in this time.",
    }
    .to_owned()
}

fn page_link(ctx: &Context, page: usize) -> String {
    let number = match page {
        0 => String::new(),
        page => (page + 1).to_string(),
    };
    ctx.here(&[("page", &number)])
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
