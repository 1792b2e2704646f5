//! Shows rows to detectors, bucket after bucket, and keeps the ledger of what they say. Pure: the same rows
//! give the same findings, whether they come from the store or from a file.

use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use store::model::{Feedback, Finding, State, UnixNano};

use super::rows::Rows;
use crate::detectors::names::FunctionNo;
use crate::detectors::news::Step;
use crate::detectors::{Detector, Names, News};
use crate::findings::Ledger;

/// A minute.
pub const MINUTE_S: u32 = 60;
/// An hour.
pub const HOUR_S: u32 = 3_600;
/// A minute closes so long after its end, s: exporters send within a minute, and the rollup takes a few
/// seconds. What comes later counts when the hour closes.
pub const MINUTE_GRACE_S: u32 = 90;
/// An hour closes so long after its end, s; what comes later makes history be shown again. A multiple of a
/// minute, so that it closes with one.
pub const HOUR_GRACE_S: u32 = 600;

/// Detectors with what they remember, and all open findings.
pub struct Drive {
    /// Who the numbers in rows are.
    pub names: Names,
    detectors: Vec<Box<dyn Detector>>,
    ledger: Ledger,
    /// First second of the minutes not shown yet; 0 before the first.
    minutes_until_s: u32,
    /// First second of the hours not shown yet; 0 before the first.
    hours_until_s: u32,
}

impl Drive {
    /// From detectors and the findings that the store knows.
    #[must_use]
    pub fn new(detectors: Vec<Box<dyn Detector>>, ledger: Ledger) -> Self {
        Self {
            names: Names::default(),
            detectors,
            ledger,
            minutes_until_s: 0,
            hours_until_s: 0,
        }
    }

    /// First second of the minutes not shown yet; 0 before the first.
    #[must_use]
    pub const fn minutes_until_s(&self) -> u32 {
        self.minutes_until_s
    }

    /// First second of the hours not shown yet; 0 before the first.
    #[must_use]
    pub const fn hours_until_s(&self) -> u32 {
        self.hours_until_s
    }

    /// Goes on from a snapshot or begins at a time: nothing before it will be shown.
    pub const fn begin_at(&mut self, minutes_until_s: u32, hours_until_s: u32) {
        self.minutes_until_s = minutes_until_s;
        self.hours_until_s = hours_until_s;
    }

    /// The detectors, to save or load what they remember.
    pub fn detectors(&mut self) -> (&mut [Box<dyn Detector>], &mut Names) {
        (&mut self.detectors, &mut self.names)
    }

    /// What people said since.
    pub fn hear(&mut self, feedback: Vec<Feedback>) {
        self.ledger.hear(feedback);
    }

    /// What is open.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.ledger.open()
    }

    /// Shows all minutes before `until_s`, and with them the hours that close. Gives the findings that
    /// changed, each in its last state.
    pub fn show_minutes(&mut self, rows: &mut Rows, until_s: u32) -> Vec<Finding> {
        let mut changed = Changed::default();
        let from_s = self.minutes_until_s;
        for minute_s in (from_s..until_s).step_by(MINUTE_S as usize) {
            let look = self.minute(rows, minute_s, None);
            changed.take(look);
            self.minutes_until_s = minute_s + MINUTE_S;
        }
        changed.finish()
    }

    /// Shows all hours before `until_s` without their minutes, all functions together.
    pub fn show_hours(&mut self, rows: &mut Rows, until_s: u32) -> Vec<Finding> {
        let mut changed = Changed::default();
        let from_s = self.hours_until_s;
        for hour_s in (from_s..until_s).step_by(HOUR_S as usize) {
            let look = self.hour(rows, hour_s, None);
            changed.take(look);
            self.hours_until_s = hour_s + HOUR_S;
        }
        self.minutes_until_s = self.minutes_until_s.max(self.hours_until_s);
        changed.finish()
    }

    /// Begins to show the history of `functions` again, or of all: forgets what was remembered of them.
    #[must_use]
    pub fn again(&mut self, functions: Option<HashSet<FunctionNo>>, from_s: u32) -> Again {
        let all: HashSet<FunctionNo>;
        let forgotten = match &functions {
            Some(some) => some,
            None => {
                all = self.names.functions().map(|(number, _)| number).collect();
                &all
            }
        };
        for detector in &mut self.detectors {
            detector.forget(forgotten);
        }
        let ids: Option<HashSet<String>> = functions.as_ref().map(|some| {
            some.iter()
                .map(|number| self.names.of(*number).id.clone())
                .collect()
        });
        let before: Vec<Finding> = self.ledger.set_aside(|finding| match &ids {
            Some(ids) => ids.contains(&finding.function_id),
            None => true,
        });
        Again {
            functions,
            next_s: from_s,
            before,
            changed: Changed::default(),
        }
    }

    /// Shows more of it: the hours before `until_s`.
    pub fn again_hours(&mut self, again: &mut Again, rows: &mut Rows, until_s: u32) {
        while again.next_s < until_s {
            let look = self.hour(rows, again.next_s, again.functions.as_ref());
            again.changed.take(look);
            again.next_s += HOUR_S;
        }
        if again.functions.is_none() {
            self.begin_at(again.next_s.max(self.minutes_until_s), again.next_s);
        }
    }

    /// Shows more of it: the minutes before `until_s`, with the hours that close with them.
    pub fn again_minutes(&mut self, again: &mut Again, rows: &mut Rows, until_s: u32) {
        while again.next_s < until_s {
            let look = self.minute(rows, again.next_s, again.functions.as_ref());
            again.changed.take(look);
            again.next_s += MINUTE_S;
        }
        if again.functions.is_none() {
            self.minutes_until_s = again.next_s;
        }
    }

    /// All is shown: what was open before and was not found again is taken back.
    pub fn again_is_over(&mut self, again: Again, now: UnixNano) -> Vec<Finding> {
        let mut changed = again.changed;
        for mut finding in again.before {
            if !changed.0.contains_key(&finding.id) && self.ledger.is_open(&finding.id) {
                continue; // it holds, as before
            }
            if changed.0.contains_key(&finding.id) {
                continue;
            }
            finding.state = State::Closed;
            finding.closed_at = Some(now);
            finding.updated_at = now;
            "Data that came late took it back.".clone_into(&mut finding.closed_because);
            changed.0.insert(finding.id.clone(), finding);
        }
        changed.finish()
    }

    fn minute(
        &mut self,
        rows: &mut Rows,
        minute_s: u32,
        only: Option<&HashSet<FunctionNo>>,
    ) -> Vec<Finding> {
        let until_s = minute_s + MINUTE_S;
        let hour_s = closing_hour(until_s).filter(|hour_s| match only {
            Some(_) => true,
            None => *hour_s >= self.hours_until_s,
        });
        let look = self.look(rows, Step::Minute, until_s, hour_s, only);
        if let (Some(hour_s), None) = (hour_s, only) {
            self.hours_until_s = hour_s + HOUR_S;
        }
        look
    }

    fn hour(
        &mut self,
        rows: &mut Rows,
        hour_s: u32,
        only: Option<&HashSet<FunctionNo>>,
    ) -> Vec<Finding> {
        self.look(rows, Step::Hour, hour_s + HOUR_S, Some(hour_s), only)
    }

    fn look(
        &mut self,
        rows: &mut Rows,
        step: Step,
        until_s: u32,
        hour_s: Option<u32>,
        only: Option<&HashSet<FunctionNo>>,
    ) -> Vec<Finding> {
        let until = UnixNano::from_secs(until_s.into());
        let (cold_starts, deploys) = (rows.cold_starts_until(until), rows.deploys_until(until));
        let gauges = rows.gauges_until(until_s);
        let grace_s = match step {
            Step::Minute => MINUTE_GRACE_S,
            Step::Hour => HOUR_GRACE_S,
        };
        let news = News {
            now: UnixNano::from_secs((until_s + grace_s).into()),
            step,
            until_s,
            minutes: match step {
                Step::Minute => rows.minute(until_s - MINUTE_S),
                Step::Hour => &[],
            },
            hour_s,
            hours: hour_s.map_or(&[], |hour_s| rows.hour(hour_s)),
            cold_starts: &cold_starts,
            deploys: &deploys,
            gauges: &gauges,
            only,
            names: &self.names,
        };
        let mut changed = Vec::new();
        for detector in &mut self.detectors {
            // A fault of one must not silence the others: what it said stays as it is.
            let look = AssertUnwindSafe(|| detector.look(&news));
            let Ok(signals) = catch_unwind(look) else {
                tracing::error!(
                    detector = detector.name(),
                    until_s,
                    "a detector failed; please report it"
                );
                continue;
            };
            changed.extend(
                self.ledger
                    .apply(detector.name(), signals, &self.names, news.now),
            );
        }
        changed
    }
}

/// The hour that closes with the minute that ends at `until_s`.
fn closing_hour(until_s: u32) -> Option<u32> {
    let end_s = until_s.checked_sub(HOUR_GRACE_S)?;
    end_s
        .is_multiple_of(HOUR_S)
        .then(|| end_s.checked_sub(HOUR_S))?
}

/// History that is being shown again.
#[derive(Debug)]
pub struct Again {
    /// Whose; `None` for all.
    pub functions: Option<HashSet<FunctionNo>>,
    /// First second not shown yet.
    pub next_s: u32,
    before: Vec<Finding>,
    changed: Changed,
}

/// Findings that changed, each in its last state.
#[derive(Debug, Default)]
struct Changed(BTreeMap<String, Finding>);

impl Changed {
    fn take(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            self.0.insert(finding.id.clone(), finding);
        }
    }

    fn finish(self) -> Vec<Finding> {
        self.0.into_values().collect()
    }
}

#[cfg(test)]
#[path = "drive_tests.rs"]
mod tests;
