//! Which burning budgets people were told of: findings that open, are updated and close under one id.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use store::model::finding::plain;
use store::model::{Evidence, Finding, FunctionId, Scope, Severity, State, UnixNano};

use super::KIND;
use crate::slo::alerts::Reason;
use crate::slo::catalogue::Entry;
use crate::slo::evaluate::Line;
use crate::slo::report::Pace;

/// A finding that goes on is written anew so often, ms.
const REWRITE_MS: f64 = 600_000.0;
/// Longest `detail` of a finding, bytes.
const DETAIL_BYTES_MAX: usize = 1_000;
/// Between the parts of a group's name.
pub const PART: char = '\u{1f}';

/// What is open, by SLO and group.
#[derive(Clone, Debug, Default)]
pub struct Book {
    open: BTreeMap<String, Finding>,
}

/// A group whose alerts were stepped.
pub struct Stepped<'a> {
    /// Its SLO.
    pub entry: &'a Entry,
    /// The group.
    pub group: &'a str,
    /// What is known of it.
    pub line: &'a Line,
    /// Minutes of the whole period.
    pub period_minutes: i64,
}

impl Stepped<'_> {
    fn key(&self) -> String {
        detail(self.entry, self.group)
    }

    /// The worst of the rules that fire, by its place.
    fn worst(&self) -> Option<usize> {
        let rules = &self.entry.plan.rules;
        let firing = (0..rules.len()).filter(|i| self.line.alerts[*i].0);
        firing.min_by_key(|i| (u8::from(rules[*i].severity != "page"), rules[*i].long))
    }
}

impl Book {
    /// From the findings that are open in the store.
    #[must_use]
    pub fn restore(findings: Vec<Finding>) -> Self {
        let own = findings
            .into_iter()
            .filter(|one| one.kind == KIND && one.closed_at.is_none());
        let open = own.map(|one| (one.detail.clone(), one));
        Self {
            open: open.collect(),
        }
    }

    /// Takes what was stepped just now and gives the findings that changed. What was not stepped stays as it
    /// is, unless `exists` no longer knows its SLO.
    pub fn turn(
        &mut self,
        stepped: &[Stepped<'_>],
        exists: impl Fn(&Finding) -> bool,
        now: UnixNano,
    ) -> Vec<Finding> {
        let mut changed = Vec::new();
        for one in stepped {
            let key = one.key();
            match (one.worst(), self.open.get_mut(&key)) {
                (Some(rule), None) => {
                    let finding = open(one, rule, now);
                    changed.push(finding.clone());
                    self.open.insert(key, finding);
                }
                (Some(rule), Some(known)) => {
                    let next = said(one, rule, known.clone(), now);
                    let is_worth = next.severity != known.severity
                        || known.updated_at.plus_millis(REWRITE_MS) <= now;
                    if is_worth {
                        *known = next.clone();
                        changed.push(next);
                    }
                }
                (None, Some(_)) => {
                    changed.extend(self.close(
                        &key,
                        "It burns no faster than its budget allows.",
                        now,
                    ));
                }
                (None, None) => {}
            }
        }
        let gone = self.open.iter().filter(|(_, finding)| !exists(finding));
        let gone: Vec<String> = gone.map(|(key, _)| key.clone()).collect();
        for key in gone {
            changed.extend(self.close(&key, "The SLO is no longer there, or cannot be read.", now));
        }
        changed
    }

    fn close(&mut self, key: &str, because: &str, now: UnixNano) -> Option<Finding> {
        let finding = self.open.remove(key)?;
        Some(Finding {
            state: State::Closed,
            closed_at: Some(now),
            updated_at: now,
            closed_because: because.to_owned(),
            ..finding
        })
    }
}

/// What tells the finding of a group apart from others: it stands in the finding's `detail`, where control
/// characters become spaces, so that its parts are told apart by a space that no name of an SLO has.
#[must_use]
pub fn detail(entry: &Entry, group: &str) -> String {
    plain(&format!("{} {group}", entry.key()), DETAIL_BYTES_MAX)
}

/// A group as people read it.
#[must_use]
pub fn spelled(group: &str) -> String {
    let part = |part: &str| match part.parse::<FunctionId>() {
        Ok(id) => id.name,
        Err(_) if part.is_empty() => "unknown".to_owned(),
        Err(_) => part.to_owned(),
    };
    match group {
        "" => String::new(),
        group => group.split(PART).map(part).collect::<Vec<_>>().join(", "),
    }
}

/// The function that a group is about, if it is about one.
#[must_use]
pub fn function(group: &str) -> Option<&str> {
    group
        .split(PART)
        .find(|part| part.parse::<FunctionId>().is_ok())
}

fn open(one: &Stepped<'_>, rule: usize, now: UnixNano) -> Finding {
    let function = function(one.group).unwrap_or_default().to_owned();
    let (name, minute) = (one.entry.key(), one.line.minute);
    let text = format!("{KIND}{PART}{}{PART}{minute}", one.key());
    let finding = Finding {
        id: hex::encode(&Sha256::digest(text.as_bytes())[..8]),
        kind: KIND.to_owned(),
        scope: match function.is_empty() {
            true => Scope::Slo,
            false => Scope::Function,
        },
        subject: match function.is_empty() {
            true => name.clone(),
            false => function.clone(),
        },
        function_id: function,
        version: String::new(),
        detail: detail(one.entry, one.group),
        state: State::Open,
        severity: Severity::Medium,
        confidence: 1.0,
        p_value: None,
        began_at: UnixNano::from_secs(minute * 60),
        detected_at: now,
        updated_at: now,
        closed_at: None,
        closed_because: String::new(),
        title: String::new(),
        sentence: String::new(),
        relative: None,
        interval: None,
        before: None,
        after: None,
        unit: "1".to_owned(),
        ms_per_month: None,
        micro_usd_per_month: None,
        evidence: Evidence::default(),
    };
    said(one, rule, finding, now)
}

/// Puts the numbers of now into a finding. What is told of burning and of budget is of one window.
fn said(one: &Stepped<'_>, rule: usize, mut finding: Finding, now: UnixNano) -> Finding {
    let rule = &one.entry.plan.rules[rule];
    let pace = Pace::of(one.line, rule.long, one.period_minutes);
    let is_spent = pace.remaining.is_some_and(|left| left <= 0.0);
    finding.severity = match (rule.severity.as_str(), is_spent) {
        ("page", true) => Severity::Critical,
        ("page", false) => Severity::High,
        _ => Severity::Medium,
    };
    finding.updated_at = now;
    let whom = match spelled(one.group) {
        group if group.is_empty() => one.entry.title.clone(),
        group => format!("{} of {group}", one.entry.title),
    };
    finding.title = format!("The error budget of {whom} burns too fast");
    finding.sentence = pace.sentence(&whom);
    finding.before = Some(1.0 - one.entry.plan.budget().to_f64());
    finding.after = one.line.sli.as_ref().map(super::super::Fraction::to_f64);
    let fires = one.entry.plan.rules.iter().zip(&one.line.alerts);
    finding.evidence = Evidence {
        reasons: fires
            .filter(|(_, (firing, _))| *firing)
            .map(|(rule, (_, reason))| format!("{}: {}.", rule.name, why(*reason)))
            .collect(),
        advice: vec![
            "Open the SLO: it ranks functions, versions and triggers by how much of the bad events they explain."
                .to_owned(),
        ],
        ..Evidence::default()
    };
    finding
}

/// A reason in words.
#[must_use]
pub const fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Burning => "both windows burn faster than the threshold",
        Reason::NotLongEnough => "it burns, but not for long enough yet",
        Reason::TooFewBadEvents => "it burns, but of too few bad events to be evidence",
        Reason::Calm => "it burns no faster than the threshold",
        Reason::Frozen => "a window has no events, so the alert stays what it was",
        Reason::NoData => "a window has no events, which is what it waits for",
    }
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
