//! Advice for all functions, by what it saves.

mod gather;
mod view;

use std::collections::{BTreeMap, HashMap};

use analyzers::advice::{Advice, DAYS_MIN, Declined, INVOCATIONS_MIN, advise, sort};
use analyzers::money::Usd;
use serde::Serialize;
use serde_json::{Value, json};
use store::read::functions::{self, FunctionRow};
use store::read::usage;

pub(crate) use self::gather::{Gathered, WINDOW_DAYS};
pub(crate) use self::view::{AdviceView, view};
use crate::format;
use crate::pages::costs::month::Month;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::{Context, Format, PageError, Reply, Table};

/// Functions that advice is sought for: those that use the most, and after them the silent ones.
const MAX_FUNCTIONS: usize = 200;
/// Pieces of advice on the page.
const MAX_ADVICE: usize = 100;
/// Reasons on the page.
const MAX_REASONS: usize = 40;

#[derive(Serialize)]
struct AdvicePage {
    nothing: String,
    invocations_min: u64,
    days_min: u32,
    costs_href: String,
    note: String,
    advice: Vec<AdviceView>,
    declined: Vec<(String, String, String)>,
    declined_note: String,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let known = functions::list(ctx.store()).await?;
    let total = known.len();
    let gathered = Gathered::ask(ctx, busiest(ctx, known).await?).await?;
    let (mut advice, mut declined) = (Vec::new(), Vec::new());
    for recorded in gathered.recorded() {
        let (found, none) = advise(&recorded, &*ctx.app.books, ctx.now);
        advice.extend(found);
        declined.extend(none);
    }
    sort(&mut advice);
    if ctx.format != Format::Html {
        return Ok(Reply::Table(table(&advice)));
    }
    let page = AdvicePage {
        nothing: match total {
            0 => "No function is known yet".to_owned(),
            _ => String::new(),
        },
        invocations_min: INVOCATIONS_MIN,
        days_min: DAYS_MIN,
        costs_href: ctx.link("/costs", &[]),
        note: note(advice.len(), total),
        advice: advice
            .iter()
            .take(MAX_ADVICE)
            .map(|a| view(ctx, a, true))
            .collect(),
        declined: reasons(&declined),
        declined_note: "for so many functions".to_owned(),
    };
    let frame = Frame::new(ctx, "Advice", sentence(&advice, total))
        .with_crumb("Costs", ctx.link("/costs", &[]))
        .without_range();
    Reply::page("advice/page.html", frame, &page)
}

/// Those functions that used the most within this month and the last, then those that used nothing.
async fn busiest(ctx: &Context, known: Vec<FunctionRow>) -> Result<Vec<FunctionRow>, PageError> {
    let month = Month::running(ctx.now_ms());
    let days = month.before().days_until(month);
    let mut used: HashMap<String, u64> = HashMap::new();
    for row in usage::in_months(ctx.store(), days, &[]).await? {
        *used.entry(row.function_id).or_default() += row.billed_mb_ms;
    }
    let mut known = known;
    known.sort_by_key(|f| std::cmp::Reverse(used.get(&f.function_id).copied()));
    known.truncate(MAX_FUNCTIONS);
    Ok(known)
}

fn note(advice: usize, total: usize) -> String {
    let mut note = format!("from the last {WINDOW_DAYS} days");
    if total > MAX_FUNCTIONS {
        note.push_str(&format!(
            ", of the {MAX_FUNCTIONS} functions of {total} that use the most"
        ));
    }
    if advice > MAX_ADVICE {
        note.push_str(&format!(
            "; the first {MAX_ADVICE} of {advice}, the JSON has all"
        ));
    }
    note
}

fn sentence(advice: &[Advice], total: usize) -> Sentence {
    let worth: Usd = advice.iter().map(|a| a.saving.high.max(Usd::ZERO)).sum();
    if total == 0 || advice.is_empty() {
        return Sentence::new(Tone::Quiet)
            .say("Nothing to save: the recorded traffic proves no change worth making.");
    }
    let pieces = format::counted(advice.len() as u64, "piece of advice", "pieces of advice");
    let functions: std::collections::HashSet<&str> =
        advice.iter().map(|a| a.function_id.as_str()).collect();
    let on = format::counted(functions.len() as u64, "function", "functions");
    Sentence::new(Tone::Quiet)
        .link(pieces, "#advice")
        .say(format!(
            " on {on}: up to {} less a month, ",
            format::money(worth)
        ))
        .say("though not all of it at once where two change the same function.")
}

/// Reasons that differ in their figures alone are told once, with the first one's figures.
fn reasons(declined: &[Declined]) -> Vec<(String, String, String)> {
    let mut found: BTreeMap<(&str, String), (String, u64)> = BTreeMap::new();
    for none in declined {
        let kind: String = none
            .reason
            .chars()
            .filter(|c| !c.is_ascii_digit())
            .take(40)
            .collect();
        let entry = found
            .entry((none.topic.name(), kind))
            .or_insert_with(|| (none.reason.clone(), 0));
        entry.1 += 1;
    }
    let mut rows: Vec<(String, String, u64)> = (found.into_iter())
        .map(|((topic, _), (reason, n))| {
            let example = if n > 1 && reason.bytes().any(|b| b.is_ascii_digit()) {
                format!("such as: {reason}")
            } else {
                reason
            };
            (topic.to_owned(), format::bounded(&example, 240), n)
        })
        .collect();
    rows.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
    rows.truncate(MAX_REASONS);
    rows.into_iter()
        .map(|(topic, reason, n)| (topic, reason, format::count(n)))
        .collect()
}

fn table(advice: &[Advice]) -> Table {
    let mut table = Table::new(
        "advice",
        &[
            "function_id",
            "topic",
            "what",
            "saving_low_usd_per_month",
            "saving_high_usd_per_month",
            "duration_change_low_ms",
            "duration_change_high_ms",
            "confidence",
            "basis",
        ],
    );
    for piece in advice {
        table.row(vec![
            piece.function_id.clone().into(),
            piece.topic.as_str().into(),
            piece.what.clone().into(),
            crate::web::Cell::Decimal(piece.saving.low.exact()),
            crate::web::Cell::Decimal(piece.saving.high.exact()),
            piece.duration_ms.map(|ms| ms.low).into(),
            piece.duration_ms.map(|ms| ms.high).into(),
            piece.confidence.as_str().into(),
            piece.basis.into(),
        ]);
    }
    let reasoning: Vec<Value> = advice.iter().map(view::json_row).collect();
    table.with("reasoning", json!(reasoning))
}

#[cfg(test)]
mod tests {
    use super::*;
    use analyzers::advice::Topic;

    #[test]
    fn reasons_that_differ_in_figures_alone_are_told_once() {
        let few = |n: u64| Declined {
            topic: Topic::Arm64,
            reason: format!("too few invocations: {n} of 100"),
        };
        let rows = reasons(&[few(1), few(12), few(99)]);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].1, "such as: too few invocations: 1 of 100");
        assert_eq!(rows[0].2, "3");
    }
}
