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
    cursor: Cursor,
}

/// Up to where buckets were shown.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
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
            cursor: Cursor::default(),
        }
    }

    /// First second of the minutes not shown yet; 0 before the first.
    #[must_use]
    pub const fn minutes_until_s(&self) -> u32 {
        self.cursor.minutes_until_s
    }

    /// First second of the hours not shown yet; 0 before the first.
    #[must_use]
    pub const fn hours_until_s(&self) -> u32 {
        self.cursor.hours_until_s
    }

    /// Goes on from a snapshot or begins at a time: nothing before it will be shown.
    pub const fn begin_at(&mut self, minutes_until_s: u32, hours_until_s: u32) {
        self.cursor = Cursor {
            minutes_until_s,
            hours_until_s,
        };
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
        let (mut changed, mut cursor) = (Changed::default(), self.cursor);
        while cursor.minutes_until_s < until_s {
            changed.take(self.minute(rows, &mut cursor, None));
        }
        self.cursor = cursor;
        changed.finish()
    }

    /// Shows all hours before `until_s` without their minutes, all functions together.
    pub fn show_hours(&mut self, rows: &mut Rows, until_s: u32) -> Vec<Finding> {
        let (mut changed, mut cursor) = (Changed::default(), self.cursor);
        while cursor.hours_until_s < until_s {
            changed.take(self.hour(rows, &mut cursor, None));
        }
        self.cursor = cursor;
        changed.finish()
    }

    /// Begins to show the history of `functions` again, or of all: forgets what was remembered of them.
    /// `past` are findings that earlier showings made of history and nobody was told of in time.
    #[must_use]
    pub fn again(
        &mut self,
        functions: Option<HashSet<FunctionNo>>,
        mut past: Vec<Finding>,
        from_s: u32,
    ) -> Again {
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
        let before = self
            .ledger
            .set_aside(|finding| is_about(ids.as_ref(), finding));
        past.retain(|finding| is_about(ids.as_ref(), finding));
        past.iter().for_each(|finding| self.ledger.untell(finding));
        Again {
            functions,
            past,
            cursor: Cursor {
                minutes_until_s: from_s,
                hours_until_s: from_s,
            },
            before,
            changed: Changed::default(),
        }
    }

    /// Shows more of it: the hours before `until_s`.
    pub fn again_hours(&mut self, again: &mut Again, rows: &mut Rows, until_s: u32) {
        while again.cursor.hours_until_s < until_s {
            let look = self.hour(rows, &mut again.cursor, again.functions.as_ref());
            again.changed.take(look);
        }
    }

    /// Shows more of it: the minutes before `until_s`, with the hours that close with them.
    pub fn again_minutes(&mut self, again: &mut Again, rows: &mut Rows, until_s: u32) {
        while again.cursor.minutes_until_s < until_s {
            let look = self.minute(rows, &mut again.cursor, again.functions.as_ref());
            again.changed.take(look);
        }
    }

    /// All is shown: what was open before and was not found again is taken back, and so is what an earlier
    /// showing found in history since `known`, before which detectors were still learning.
    pub fn again_is_over(&mut self, again: Again, known: UnixNano, now: UnixNano) -> Vec<Finding> {
        if again.functions.is_none() {
            self.cursor = again.cursor;
        }
        let mut changed = again.changed;
        for mut finding in again.past {
            if changed.0.contains_key(&finding.id) || self.ledger.is_open(&finding.id) {
                continue;
            }
            if finding.detected_at < known {
                if finding.state != State::Held {
                    self.ledger.tell(&finding);
                }
                continue;
            }
            finding.state = State::Retracted;
            finding.updated_at = now;
            "Data that came late showed that it never held."
                .clone_into(&mut finding.closed_because);
            changed.0.insert(finding.id.clone(), finding);
        }
        for mut finding in again.before {
            if changed.0.contains_key(&finding.id) || self.ledger.is_open(&finding.id) {
                continue; // it was found again, or holds as before
            }
            finding.state = State::Closed;
            finding.closed_at = Some(now);
            finding.updated_at = now;
            "Data that came late took it back.".clone_into(&mut finding.closed_because);
            changed.0.insert(finding.id.clone(), finding);
        }
        changed.finish()
    }

    /// Shows the next minute, and the hour that closes with it unless it was shown.
    fn minute(
        &mut self,
        rows: &mut Rows,
        cursor: &mut Cursor,
        only: Option<&HashSet<FunctionNo>>,
    ) -> Vec<Finding> {
        cursor.minutes_until_s += MINUTE_S;
        let hour_s =
            closing_hour(cursor.minutes_until_s).filter(|hour_s| *hour_s >= cursor.hours_until_s);
        if let Some(hour_s) = hour_s {
            cursor.hours_until_s = hour_s + HOUR_S;
        }
        self.look(rows, Step::Minute, cursor.minutes_until_s, hour_s, only)
    }

    /// Shows the next hour in the place of its minutes.
    fn hour(
        &mut self,
        rows: &mut Rows,
        cursor: &mut Cursor,
        only: Option<&HashSet<FunctionNo>>,
    ) -> Vec<Finding> {
        let hour_s = cursor.hours_until_s;
        cursor.hours_until_s += HOUR_S;
        cursor.minutes_until_s = cursor.minutes_until_s.max(cursor.hours_until_s);
        self.look(rows, Step::Hour, cursor.hours_until_s, Some(hour_s), only)
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
            disk: rows.disk.filter(|_| hour_s.is_some()),
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
    past: Vec<Finding>,
    cursor: Cursor,
    before: Vec<Finding>,
    changed: Changed,
}

impl Again {
    /// First second of the hours not shown yet.
    #[must_use]
    pub const fn hours_until_s(&self) -> u32 {
        self.cursor.hours_until_s
    }
}

/// Whether a finding is about one of these functions, or they are all.
fn is_about(ids: Option<&HashSet<String>>, finding: &Finding) -> bool {
    ids.is_none_or(|ids| ids.contains(&finding.function_id))
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
