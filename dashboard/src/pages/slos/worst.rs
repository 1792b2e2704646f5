//! What explains the bad events of an SLO, over a time that the reader chooses.

use std::collections::BTreeMap;

use analyzers::slo::catalogue::Entry;
use analyzers::slo::measure::Of;
use analyzers::slo::report::{Contributor, contributors};
use store::slos;

use super::ask::Row;
use crate::web::form::Choice;
use crate::web::{Context, PageError};

/// Facts are asked two days at a time.
const CHUNK_S: u32 = 2 * 86_400;

/// Times to choose from: the word in the address, what people call it, and its length, s.
const TIMES: [(&str, &str, u32); 6] = [
    ("now-1h", "last hour", 3_600),
    ("now-6h", "last 6 hours", 21_600),
    ("now-24h", "last day", 86_400),
    ("now-3d", "last 3 days", 3 * 86_400),
    ("now-7d", "last week", 7 * 86_400),
    ("now-30d", "last 30 days", 30 * 86_400),
];
/// What is chosen unless the address says.
const USUAL: usize = 2;

/// The chosen time, by its place in [`TIMES`].
#[derive(Clone, Copy)]
pub(super) struct Over(usize);

impl Over {
    /// What the address says; a word that is none is the last day.
    pub(super) fn of(ctx: &Context) -> Self {
        let asked = ctx.params.text("over");
        let known = TIMES.iter().position(|(word, _, _)| *word == asked);
        Self(known.unwrap_or(USUAL))
    }

    /// As pages spell where a time begins.
    pub(super) fn from(self) -> &'static str {
        TIMES[self.0].0
    }

    pub(super) fn choices(self) -> Vec<Choice> {
        let choice = |(at, (word, label, _)): (usize, &(&str, &str, u32))| Choice {
            value: (*word).to_owned(),
            label: (*label).to_owned(),
            selected: at == self.0,
        };
        TIMES.iter().enumerate().map(choice).collect()
    }
}

/// Whether the events of an SLO are told apart by function, version and trigger.
pub(super) fn tells_apart(entry: &Entry) -> bool {
    let first = entry.questions.iter().flatten().next();
    first.is_some_and(|question| matches!(question.of, Of::Invocations(_)))
}

/// What explains the bad events of a row's first objective, the most telling first.
pub(super) async fn ask(
    ctx: &Context,
    entry: &Entry,
    row: &Row,
) -> Result<Vec<Contributor>, PageError> {
    let first = entry.questions.iter().flatten().next();
    let Some(Of::Invocations(question)) = first.map(|question| &question.of) else {
        return Ok(Vec::new());
    };
    let end_s = u32::try_from(row.so_far.end * 60).unwrap_or(0);
    let begin_s = end_s.saturating_sub(TIMES[Over::of(ctx).0].2);
    let mut sums: BTreeMap<(String, String, String), (u64, u64)> = BTreeMap::new();
    for from_s in (begin_s..end_s).step_by(CHUNK_S as usize) {
        let to_s = (from_s + CHUNK_S).min(end_s);
        for found in slos::worst(ctx.store(), question, &row.group, from_s, to_s).await? {
            let sum = sums
                .entry((found.function_id, found.version, found.trigger))
                .or_default();
            sum.0 += found.good;
            sum.1 += found.total;
        }
    }
    let cell = |((function, version, trigger), (good, total)): (_, (u64, u64))| {
        let (function, version, trigger): (String, String, String) = (function, version, trigger);
        [
            ("version", format!("{function}\u{1f}{version}"), good, total),
            ("function", function, good, total),
            ("trigger", trigger, good, total),
        ]
    };
    let cells: Vec<_> = sums.into_iter().flat_map(cell).collect();
    Ok(contributors(&cells))
}
