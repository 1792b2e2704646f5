//! What the page shows: periods and functions, each with its figures.

use analyzers::calendar::Calendar;
use analyzers::dora::{Change, Delivery, Figures, delivery, figures};
use analyzers::slo::period::Stretch;
use store::read::delivery::{ROWS_MAX, deployed, failing};

use crate::range::BadParameter;
use crate::web::{Context, PageError};

const MINUTE_MS: i64 = 60_000;

/// What is asked, and what became of all deploys.
pub(super) struct Known {
    pub(super) by: Calendar,
    /// The newest first.
    pub(super) periods: Vec<Stretch>,
    /// A function's id; empty for all.
    pub(super) function: String,
    /// Of the periods, by function and time.
    pub(super) delivery: Delivery,
    pub(super) is_cut: bool,
    pub(super) now_ms: i64,
    /// When the first version of all was seen, ms since the epoch: before, nothing could be delivered.
    pub(super) since_ms: i64,
}

pub(super) async fn known(ctx: &Context) -> Result<Known, PageError> {
    let word = ctx.params.text("by");
    let by = match word.as_str() {
        "" => Calendar::Week,
        word => Calendar::parse(word)
            .ok_or_else(|| BadParameter::new("by", word, "write week, month or quarter"))?,
    };
    let count = match by {
        Calendar::Week => 13,
        Calendar::Month => 12,
        Calendar::Quarter => 5,
    };
    let now_ms = ctx.now.as_millis();
    let periods = by.back(now_ms.div_euclid(MINUTE_MS), ctx.range.clock.zone(), count);
    let begin_ms = periods
        .last()
        .map_or(now_ms, |oldest| oldest.begin * MINUTE_MS);
    let function = ctx.params.text("function");
    let store = ctx.store();
    let (deployed, failing) = tokio::try_join!(
        deployed(store, &function, now_ms),
        failing(store, &function, begin_ms)
    )?;
    let since_ms = deployed.iter().map(|row| row.at_ms).min();
    let since_ms = since_ms.unwrap_or(begin_ms).max(begin_ms);
    let is_cut = deployed.len().max(failing.len()) >= ROWS_MAX as usize;
    let mut delivery = delivery(&deployed, &failing);
    delivery.changes.retain(|change| change.at_ms >= begin_ms);
    delivery.rollbacks.retain(|(_, at_ms)| *at_ms >= begin_ms);
    Ok(Known {
        by,
        periods: periods
            .into_iter()
            .filter(|period| period.end * MINUTE_MS > since_ms)
            .collect(),
        since_ms,
        function,
        delivery,
        is_cut,
        now_ms,
    })
}

impl Known {
    /// All periods together.
    pub(super) fn whole(&self) -> Stretch {
        Stretch {
            begin: self.periods.last().map_or(0, |oldest| oldest.begin),
            end: self.periods.first().map_or(0, |newest| newest.end),
        }
    }

    /// Figures of a period, of one function or of all where `id` is empty.
    pub(super) fn of(&self, period: Stretch, id: &str) -> Figures {
        let is_in = |function: &str, at_ms: i64| {
            let minute = at_ms.div_euclid(MINUTE_MS);
            (period.begin..period.end).contains(&minute) && (id.is_empty() || id == function)
        };
        let changes: Vec<&Change> = self
            .delivery
            .changes
            .iter()
            .filter(|change| is_in(&change.function_id, change.at_ms))
            .collect();
        let rollbacks = self.delivery.rollbacks.iter();
        let rollbacks = rollbacks.filter(|(function, at_ms)| is_in(function, *at_ms));
        figures(&changes, rollbacks.count())
    }

    /// Functions with changes or rollbacks in a period, by id.
    pub(super) fn functions(&self, period: Stretch) -> Vec<&str> {
        let is_in = |at_ms: i64| (period.begin..period.end).contains(&at_ms.div_euclid(MINUTE_MS));
        let changes = self.delivery.changes.iter();
        let changes = changes.map(|change| (change.function_id.as_str(), change.at_ms));
        let rollbacks = self.delivery.rollbacks.iter();
        let rollbacks = rollbacks.map(|(function, at_ms)| (function.as_str(), *at_ms));
        let mut ids: Vec<&str> = changes
            .chain(rollbacks)
            .filter_map(|(id, at_ms)| is_in(at_ms).then_some(id))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Changes that failed, the newest first.
    pub(super) fn failed(&self) -> Vec<&Change> {
        let changes = self.delivery.changes.iter();
        let mut failed: Vec<&Change> = changes.filter(|one| one.failed.is_some()).collect();
        failed.sort_by_key(|change| std::cmp::Reverse(change.at_ms));
        failed
    }

    /// Days of a period that are over and in which anything was known, for what happens a day; parts of days
    /// count as parts.
    pub(super) fn days(&self, period: Stretch) -> f64 {
        let end_ms = (period.end * MINUTE_MS).min(self.now_ms);
        let begin_ms = (period.begin * MINUTE_MS).max(self.since_ms);
        let ms = (end_ms - begin_ms).max(MINUTE_MS);
        ms as f64 / 86_400_000.0
    }
}
