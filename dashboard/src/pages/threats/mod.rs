//! Threats: what is open, by function and by technique, and what is covered.

mod layer;
mod sight;

use std::collections::BTreeMap;

use analyzers::findings::kinds::Group;
use serde::Serialize;
use store::findings::{self, Filter};
use store::model::{Finding, State};

pub(crate) use layer::page as layer;

use super::findings::{export, row, words};
use crate::format;
use crate::web::frame::{Frame, Sentence};
use crate::web::link::function_path;
use crate::web::{Context, Format, PageError, Reply};

/// Rows of each list.
const ROWS_MAX: usize = 50;
/// What is over is shown so long, ms.
const SINCE_MS: f64 = -30.0 * 86_400_000.0;

#[derive(Serialize)]
struct ThreatsView {
    nothing: bool,
    connect: String,
    open: Vec<row::RowView>,
    over: Vec<row::RowView>,
    functions: Vec<Tally>,
    techniques: Vec<Tally>,
    sights: Vec<sight::SightView>,
    layer: String,
    findings: String,
}

/// How many threats something has.
#[derive(Serialize)]
struct Tally {
    name: String,
    href: String,
    open: String,
    all: String,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let filter = Filter {
        since_ms: ctx.now.plus_millis(SINCE_MS).as_millis(),
        ..Filter::default()
    };
    let mut found = findings::list(ctx.store(), &filter).await?;
    found.retain(|finding| words::group(finding) == Some(Group::Threat));
    found.sort_by(row::order);
    let mut sights = analyzers::threat_watch::sights(ctx.store()).await?;
    if ctx.format != Format::Html {
        let listed: Vec<&Finding> = found.iter().collect();
        let table = export::table(&listed, found.len());
        return Ok(Reply::Table(table.with("sight", sight::json(&sights))));
    }
    let (open, over): (Vec<&Finding>, Vec<&Finding>) = found
        .iter()
        .partition(|finding| finding.state == State::Open);
    let rows = |findings: &[&Finding]| -> Vec<row::RowView> {
        findings
            .iter()
            .take(ROWS_MAX)
            .map(|finding| row::row(ctx, finding))
            .collect()
    };
    let view = ThreatsView {
        nothing: found.is_empty(),
        connect: ctx.link("/connect", &[]),
        open: rows(&open),
        over: rows(&over),
        functions: by_function(ctx, &found),
        techniques: by_technique(&found),
        sights: sight::view(ctx, &mut sights),
        layer: ctx.link("/threats/layer.json", &[]),
        findings: ctx.link("/findings", &[("kind", "threats")]),
    };
    let frame = Frame::new(ctx, "Threats", sentence(ctx, &open, over.len())).without_range();
    Reply::page("threats/page.html", frame, &view)
}

/// What is open, the worst first.
fn sentence(ctx: &Context, open: &[&Finding], over: usize) -> Sentence {
    let Some(worst) = open.first() else {
        let over = match over {
            0 => String::new(),
            n => format!(
                "; {} within 30 days are over",
                format::counted(n as u64, "threat", "threats")
            ),
        };
        return Sentence::new(crate::web::frame::Tone::Good)
            .say(format!("No threat is open{over}."));
    };
    let verb = if open.len() == 1 { "is" } else { "are" };
    let counted = format::counted(open.len() as u64, "threat", "threats");
    let sentence =
        Sentence::new(words::tone(worst)).say(format!("{counted} {verb} open; the worst: "));
    row::named(ctx, sentence, worst).say(".")
}

/// Functions, those with most open threats first.
fn by_function(ctx: &Context, found: &[Finding]) -> Vec<Tally> {
    tallies(found.iter().map(|finding| {
        let href = match finding.function_id.is_empty() {
            true => String::new(),
            false => ctx.link(&function_path(&finding.function_id), &[]),
        };
        (words::subject(finding), href, finding.state == State::Open)
    }))
}

/// Techniques of ATT&CK, those with most open threats first.
fn by_technique(found: &[Finding]) -> Vec<Tally> {
    tallies(found.iter().flat_map(|finding| {
        let open = finding.state == State::Open;
        let ids = finding.evidence.attack.iter();
        ids.map(move |id| (format::bounded(id, 20), String::new(), open))
    }))
}

fn tallies(each: impl Iterator<Item = (String, String, bool)>) -> Vec<Tally> {
    let mut counts: BTreeMap<String, (String, u64, u64)> = BTreeMap::new();
    for (name, href, open) in each {
        let count = counts.entry(name).or_insert((href, 0, 0));
        count.1 += u64::from(open);
        count.2 += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, (_, open, all))| std::cmp::Reverse((*open, *all)));
    counts
        .into_iter()
        .take(ROWS_MAX)
        .map(|(name, (href, open, all))| Tally {
            name,
            href,
            open: format::count(open),
            all: format::count(all),
        })
        .collect()
}
