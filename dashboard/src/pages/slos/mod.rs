//! Service level objectives: the list, what burns first. [`one`] is the page of a single SLO.

mod ask;
pub(crate) mod badge;
mod bar;
mod export;
pub(crate) mod one;
pub(crate) mod report;
mod series;
mod worst;
pub(crate) mod write;

use analyzers::slo::propose::{Proposal, propose};
use analyzers::slo::report::{Health, forecast, span};
use serde::Serialize;
use store::slos;

use self::ask::{Known, Row};
use crate::format;
use crate::parts::markup::Svg;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::segment;
use crate::web::{Context, Format, PageError, Reply};

/// Rows of the page; the JSON has all.
const ROWS_MAX: usize = 500;
/// Proposals are made of so many days,
const PAST_S: i64 = 14 * 86_400;
/// for so many functions, the busiest.
const PROPOSED_MAX: u32 = 10;

#[derive(Serialize)]
pub(super) struct RowView {
    name: String,
    href: String,
    group: String,
    service: String,
    target: String,
    sli: String,
    left: String,
    bar_svg: Svg,
    burn: String,
    tone: Tone,
    state: &'static str,
    gone: String,
}

#[derive(Serialize)]
struct FaultView {
    source: String,
    reason: String,
}

#[derive(Serialize)]
struct ProposalView {
    name: String,
    reason: String,
    text: String,
}

#[derive(Serialize)]
struct ListView {
    rows: Vec<RowView>,
    shown: String,
    report: String,
    faults: Vec<FaultView>,
    proposals: Vec<ProposalView>,
    text_max: usize,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let known = ask::known(ctx, None).await?;
    if ctx.format != Format::Html {
        return Ok(Reply::Table(export::table(&known)));
    }
    let proposals = match known.catalogue.entries.is_empty() {
        true => proposals(ctx).await?,
        false => Vec::new(),
    };
    reply(ctx, &known, proposals)
}

/// `GET /api/v1/slos/proposed`.
pub(crate) async fn proposed(ctx: &Context) -> Result<Reply, PageError> {
    let proposals = proposals(ctx).await?;
    Ok(Reply::Json(serde_json::json!({ "proposed": proposals })))
}

async fn proposals(ctx: &Context) -> Result<Vec<Proposal>, PageError> {
    let since_s = u32::try_from(ctx.now.as_secs() - PAST_S).unwrap_or(0);
    let past = slos::past(ctx.store(), since_s, PROPOSED_MAX).await?;
    Ok(propose(&past))
}

fn reply(ctx: &Context, known: &Known, proposals: Vec<Proposal>) -> Result<Reply, PageError> {
    let view = ListView {
        rows: known
            .rows
            .iter()
            .take(ROWS_MAX)
            .map(|row| row_view(ctx, known, row))
            .chain(silent(ctx, known))
            .collect(),
        shown: match known.rows.len() {
            n if n > ROWS_MAX => format!("the first {ROWS_MAX} of {n}; the JSON has all"),
            n => format::counted(n as u64, "budget", "budgets"),
        },
        report: ctx.link("/slos/report", &[]),
        faults: faults(known),
        proposals: proposals
            .into_iter()
            .map(|one| ProposalView {
                name: one.name,
                reason: one.reason,
                text: one.text,
            })
            .collect(),
        text_max: slos::TEXT_BYTES_MAX,
    };
    let frame = Frame::new(ctx, "SLOs", sentence(ctx, known)).without_range();
    Reply::page("slos/page.html", frame, &view)
}

fn sentence(ctx: &Context, known: &Known) -> Sentence {
    if known.catalogue.entries.is_empty() {
        return Sentence::new(Tone::Quiet).say("No service level objective is set yet.");
    }
    let count = |health: Health| {
        known
            .rows
            .iter()
            .filter(|row| row.health() == health)
            .count()
    };
    let (burning, spent) = (count(Health::Burning), count(Health::Spent));
    let budgets = |n: usize| format::counted(n as u64, "error budget", "error budgets");
    let Some(worst) = known.rows.first() else {
        return Sentence::new(Tone::Quiet).say("No SLO has any event within its period yet.");
    };
    let pace = worst.pace();
    let name = subject(worst, &known.entry(worst).title);
    match (burning, spent) {
        (0, 0) => Sentence::new(Tone::Good).say(match known.rows.len() {
            1 => "The error budget is within what its target allows.".to_owned(),
            n => format!("All {} are within what their targets allow.", budgets(n)),
        }),
        (0, n) => Sentence::new(Tone::Warn)
            .say(match n {
                1 => "1 error budget is spent: ".to_owned(),
                n => format!("{} are spent, first of all ", budgets(n)),
            })
            .link(name, href(ctx, known, worst))
            .say("."),
        (n, _) => Sentence::new(Tone::Bad)
            .say(match n {
                1 => "1 error budget burns too fast. ".to_owned(),
                n => format!("{} burn too fast. ", budgets(n)),
            })
            .link("The fastest", href(ctx, known, worst))
            .say(format!(": {}", pace.sentence(&name))),
    }
}

/// An SLO with its group.
fn subject(row: &Row, title: &str) -> String {
    let text = match row.group_name() {
        group if group.is_empty() => title.to_owned(),
        group => format!("{title} of {group}"),
    };
    format::bounded(&text, 100)
}

/// The page of a row.
fn href(ctx: &Context, known: &Known, row: &Row) -> String {
    let plan = &known.entry(row).plan;
    let objective = plan.objective.as_deref().unwrap_or_default();
    ctx.link(
        &path(&plan.name),
        &[("objective", objective), ("group", &row.group)],
    )
}

/// The page of an SLO.
pub(super) fn path(name: &str) -> String {
    format!("/slos/{}", segment(name))
}

fn tone(health: Health) -> Tone {
    match health {
        Health::Burning => Tone::Bad,
        Health::Spent => Tone::Warn,
        Health::Healthy => Tone::Good,
        Health::NoData => Tone::Quiet,
    }
}

/// A share with the digits that targets have.
pub(super) fn fine(share: f64) -> String {
    let text = format!("{:.3}", share * 100.0);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{}\u{a0}%", text.replace('-', "−"))
}

/// A share of a budget, with the digits that tell it.
pub(super) fn left(share: f64) -> String {
    format::quantity(share, "1")
}

fn row_view(ctx: &Context, known: &Known, row: &Row) -> RowView {
    let entry = known.entry(row);
    let pace = row.pace();
    let unknown = || format::UNKNOWN.to_owned();
    let objective = entry.plan.objective.as_deref();
    RowView {
        name: format::bounded(
            &objective.map_or_else(
                || entry.title.clone(),
                |one| format!("{}: {one}", entry.title),
            ),
            80,
        ),
        href: href(ctx, known, row),
        group: format::bounded(&row.group_name(), 80),
        service: format::bounded(&entry.service, 60),
        target: fine(entry.plan.budget().complement().to_f64()),
        sli: row
            .line
            .sli
            .as_ref()
            .map_or_else(unknown, |sli| fine(sli.to_f64())),
        left: pace.remaining.map_or_else(unknown, left),
        bar_svg: bar::bar(pace.remaining),
        burn: pace
            .burn
            .map_or_else(unknown, |burn| format!("{}×", format::number(burn))),
        tone: tone(row.health()),
        state: row.health().as_str(),
        gone: gone(row),
    }
}

/// When nothing is left at the pace of the last hour.
fn gone(row: &Row) -> String {
    let pace = row.pace();
    match (pace.remaining, forecast(&pace, row.hour_bad)) {
        (Some(left), _) if left <= 0.0 => "spent".to_owned(),
        (_, Some(forecast)) => span(forecast.minutes),
        (Some(_), None) => "not at this pace".to_owned(),
        (None, None) => format::UNKNOWN.to_owned(),
    }
}

/// SLOs without any event.
fn silent<'a>(ctx: &'a Context, known: &'a Known) -> impl Iterator<Item = RowView> + 'a {
    let entries = known.catalogue.entries.iter().enumerate();
    let silent = entries.filter(|(number, entry)| {
        entry.questions.is_ok() && !known.rows.iter().any(|row| row.entry == *number)
    });
    silent.map(|(_, entry)| RowView {
        name: format::bounded(&entry.title, 80),
        href: ctx.link(&path(&entry.plan.name), &[]),
        group: String::new(),
        service: format::bounded(&entry.service, 60),
        target: fine(entry.plan.budget().complement().to_f64()),
        sli: format::UNKNOWN.to_owned(),
        left: format::UNKNOWN.to_owned(),
        bar_svg: bar::bar(None),
        burn: format::UNKNOWN.to_owned(),
        tone: Tone::Quiet,
        state: Health::NoData.as_str(),
        gone: format::UNKNOWN.to_owned(),
    })
}

fn faults(known: &Known) -> Vec<FaultView> {
    let faults = known.catalogue.faults.iter().map(|fault| FaultView {
        source: fault.source.clone(),
        reason: fault.reason.clone(),
    });
    let unmeasured = known.catalogue.entries.iter().filter_map(|entry| {
        Some(FaultView {
            source: entry.key(),
            reason: entry.questions.as_ref().err()?.clone(),
        })
    });
    faults.chain(unmeasured).take(50).collect()
}

#[cfg(test)]
mod tests;
