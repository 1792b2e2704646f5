//! What is measured when: touched minutes once they have closed, and for a new measure its past, the newest
//! day first.

use std::collections::{BTreeMap, BTreeSet};

use store::slos;
use store::{Store, StoreError};

use super::ask::Asker;
use crate::slo::catalogue::Entry;
use crate::slo::measure::{Of, Question};

const DAY_S: i64 = 86_400;
/// No past is read beyond, s: what rollups keep by default.
const PAST_MAX_S: i64 = 400 * DAY_S;
/// Alerts look so far back beside the period, s.
const ALERTS_S: i64 = 3 * DAY_S;
/// Days of the past that one turn reads of all measures together: some seconds of work each where facts of
/// single invocations are counted.
const DAYS_PER_TURN: usize = 40;

/// The mark of a measure of which nothing is read.
const FORGOTTEN_S: i64 = i64::MAX;

/// What measures are asked for, and from when on, s since the epoch.
pub(super) fn wanted(entries: &[Entry], closed_s: u32) -> BTreeMap<String, (Question, i64)> {
    let mut wanted: BTreeMap<String, (Question, i64)> = BTreeMap::new();
    let closed_s = i64::from(closed_s);
    for entry in entries {
        let period = entry.plan.period.around(closed_s / 60 - 1);
        let from_s = (period.begin * 60)
            .min(closed_s - ALERTS_S)
            .max(closed_s - PAST_MAX_S);
        for question in entry.questions.iter().flatten() {
            let known = wanted
                .entry(question.measure.clone())
                .or_insert_with(|| (question.clone(), from_s));
            known.1 = known.1.min(from_s);
        }
    }
    wanted
}

/// Metrics and what queries count come without word of it; their newest minutes are counted again for so
/// long, s. What comes later is counted only where the past is read anew.
const LATE_S: u32 = 1_800;
/// When a query fails, so much is asked at most once it answers again, s.
const FAILED_MAX_S: u32 = 2 * 86_400;
/// Reports of whole months and quarters ask for so much, s, beyond what budgets need: it is read when nothing
/// else is to be read,
const REPORTED_S: i64 = 92 * DAY_S;
/// so many days a turn.
const REPORTED_DAYS_PER_TURN: usize = 4;

/// Which minutes are counted when a minute has closed.
#[derive(Debug, Default)]
pub(super) struct Newest {
    /// Up to when each measure was counted whose minutes nobody tells of, s since the epoch.
    upto: BTreeMap<String, u32>,
}

impl Newest {
    /// Counts what `touched` tells of invocations, and the newest minutes of all else: from `since_s` on
    /// where nothing is known of a measure yet. A user's query that fails is told, asked again at the next
    /// turn, and holds up nobody.
    pub(super) async fn count(
        &mut self,
        store: &Store,
        asker: &mut Asker,
        question: &Question,
        touched: &BTreeSet<u32>,
        (since_s, closed_s): (u32, u32),
    ) -> Result<(), StoreError> {
        let mut minutes = match question.of {
            Of::Invocations(_) | Of::Costs(_) => touched.clone(),
            Of::Queues(_) | Of::Queries(_) => BTreeSet::new(),
        };
        if !matches!(question.of, Of::Invocations(_)) {
            let known_s = self.upto.get(&question.measure).copied();
            let from_s = known_s
                .unwrap_or(since_s)
                .min(closed_s.saturating_sub(LATE_S));
            let from_s = from_s.max(closed_s.saturating_sub(FAILED_MAX_S));
            minutes.extend((from_s - from_s % 60..closed_s).step_by(60));
        }
        let done = asker.measure(store, question, &minutes, closed_s).await;
        if forgiven(question, done)? {
            self.upto.insert(question.measure.clone(), closed_s);
        }
        Ok(())
    }
}

/// Whether it was done; a fault of a user's query is told and forgiven.
fn forgiven(question: &Question, done: Result<(), StoreError>) -> Result<bool, StoreError> {
    match (&question.of, done) {
        (_, Ok(())) => Ok(true),
        (Of::Queries(_), Err(error)) => {
            tracing::warn!(measure = question.measure, %error, "a query of an SLO is not answered");
            Ok(false)
        }
        (_, Err(error)) => Err(error),
    }
}

/// How far back each measure is read, s since the epoch.
#[derive(Debug, Default)]
pub(super) struct Past(BTreeMap<String, i64>);

impl Past {
    /// Reads on, the newest days first; `true` when nothing that budgets need is left to read.
    pub(super) async fn read_on(
        &mut self,
        store: &Store,
        asker: &mut Asker,
        wanted: &BTreeMap<String, (Question, i64)>,
        closed_s: u32,
    ) -> Result<bool, StoreError> {
        let mut left = DAYS_PER_TURN;
        for (question, from_s) in wanted.values() {
            let read = self.back_to(store, asker, question, *from_s, (closed_s, &mut left));
            if !read.await? {
                return Ok(false);
            }
        }
        let mut left = REPORTED_DAYS_PER_TURN;
        for (question, _) in wanted.values() {
            let from_s = i64::from(closed_s) - REPORTED_S;
            let read = self.back_to(store, asker, question, from_s, (closed_s, &mut left));
            if !read.await? {
                break;
            }
        }
        Ok(true)
    }

    /// Reads a measure back to `from_s`, as long as days are `left`; `false` when they are not.
    async fn back_to(
        &mut self,
        store: &Store,
        asker: &mut Asker,
        question: &Question,
        from_s: i64,
        (closed_s, left): (u32, &mut usize),
    ) -> Result<bool, StoreError> {
        let measure = &question.measure;
        let mut at_s = match self.0.get(measure) {
            Some(at_s) => *at_s,
            None => {
                let marked = slos::mark(store, measure).await?;
                marked.unwrap_or(FORGOTTEN_S).min(closed_s.into())
            }
        };
        // The windows roll on, and what was read of them stays read.
        while at_s > from_s {
            if *left == 0 {
                return Ok(false);
            }
            *left -= 1;
            let begin_s = (at_s - 1).div_euclid(DAY_S) * DAY_S;
            let minutes = (begin_s..at_s).step_by(60);
            let minutes = minutes.filter_map(|s| u32::try_from(s).ok()).collect();
            let done = asker.measure(store, question, &minutes, closed_s).await;
            if !forgiven(question, done)? {
                return Ok(true);
            }
            at_s = begin_s;
            slos::set_mark(store, measure, at_s).await?;
            self.0.insert(measure.clone(), at_s);
        }
        self.0.insert(measure.clone(), at_s);
        Ok(true)
    }

    /// Forgets measures that nobody asks for any longer: what they miss from now on must be read again if
    /// somebody asks once more.
    pub(super) async fn forget(
        &mut self,
        store: &Store,
        known: impl IntoIterator<Item = String>,
        wanted: &BTreeMap<String, (Question, i64)>,
    ) -> Result<(), StoreError> {
        let mut known: BTreeSet<String> = known.into_iter().collect();
        known.extend(self.0.keys().cloned());
        for measure in known.into_iter().filter(|one| !wanted.contains_key(one)) {
            slos::set_mark(store, &measure, FORGOTTEN_S).await?;
            self.0.remove(&measure);
        }
        Ok(())
    }

    /// Whether a measure's past is read from `from_s` on.
    pub(super) fn knows(&self, measure: &str, from_s: i64) -> bool {
        self.0.get(measure).is_some_and(|at_s| *at_s <= from_s)
    }
}
