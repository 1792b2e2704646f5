//! What is measured when: touched minutes once they have closed, and for a new measure its past, the newest
//! day first.

use std::collections::{BTreeMap, BTreeSet};

use store::slos::{self, Question};
use store::{Store, StoreError};

use crate::slo::catalogue::Entry;

const DAY_S: i64 = 86_400;
const HOUR_S: u32 = 3_600;
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

/// Counts minutes anew, day by day, and the hours that hold them.
pub(super) async fn measure(
    store: &Store,
    question: &Question,
    minutes_s: &BTreeSet<u32>,
) -> Result<(), StoreError> {
    let mut days: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for minute_s in minutes_s {
        days.entry(minute_s / 86_400).or_default().push(*minute_s);
    }
    for minutes_s in days.into_values().rev() {
        slos::measure(store, question, &minutes_s).await?;
        let hours_s: BTreeSet<u32> = minutes_s.iter().map(|s| s - s % HOUR_S).collect();
        let hours_s: Vec<u32> = hours_s.into_iter().collect();
        slos::sum_hours(store, &question.measure, &hours_s).await?;
    }
    Ok(())
}

/// How far back each measure is read, s since the epoch.
#[derive(Debug, Default)]
pub(super) struct Past(BTreeMap<String, i64>);

impl Past {
    /// Reads on, the newest days first; `true` when nothing is left to read.
    pub(super) async fn read_on(
        &mut self,
        store: &Store,
        wanted: &BTreeMap<String, (Question, i64)>,
        closed_s: u32,
    ) -> Result<bool, StoreError> {
        let mut left = DAYS_PER_TURN;
        for (measure, (question, from_s)) in wanted {
            let mut at_s = match self.0.get(measure) {
                Some(at_s) => *at_s,
                None => {
                    let marked = slos::mark(store, measure).await?;
                    marked.unwrap_or(FORGOTTEN_S).min(closed_s.into())
                }
            };
            // The windows roll on, and what was read of them stays read.
            while at_s > *from_s {
                if left == 0 {
                    return Ok(false);
                }
                left -= 1;
                let begin_s = (at_s - 1).div_euclid(DAY_S) * DAY_S;
                let minutes = (begin_s..at_s).step_by(60);
                let minutes = minutes.filter_map(|s| u32::try_from(s).ok()).collect();
                self::measure(store, question, &minutes).await?;
                at_s = begin_s;
                slos::set_mark(store, measure, at_s).await?;
                self.0.insert(measure.clone(), at_s);
            }
            self.0.insert(measure.clone(), at_s);
        }
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
