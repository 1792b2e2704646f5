//! What people were told of budgets: findings that open, are updated and close under one id. What is to be
//! said is said by [`super::burn`] and [`super::ahead`].

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use store::model::finding::plain;
use store::model::{Evidence, Finding, FunctionId, Scope, Severity, State, UnixNano};

use super::ahead::{self, Outlook};
use super::burn;
use crate::slo::catalogue::Entry;
use crate::slo::evaluate::Line;

/// A finding that goes on is written anew so often, ms.
const REWRITE_MS: f64 = 600_000.0;
/// Longest `detail` of a finding, bytes.
const DETAIL_BYTES_MAX: usize = 1_000;
/// Between the parts of a group's name.
pub const PART: char = '\u{1f}';

/// The kinds of findings that are kept here.
pub const KINDS: [&str; 2] = [burn::KIND, ahead::KIND];

/// What is open, of each of [`KINDS`].
#[derive(Clone, Debug, Default)]
pub struct Book {
    burning: Open,
    ahead: Open,
}

/// What is open of one kind, by SLO and group.
#[derive(Clone, Debug, Default)]
struct Open(BTreeMap<String, Finding>);

/// What is to be said of a group now.
#[derive(Clone, Debug)]
pub struct Saying {
    /// How bad it is.
    pub severity: Severity,
    /// A line.
    pub title: String,
    /// A sentence with the numbers.
    pub sentence: String,
    /// Why, each a sentence.
    pub reasons: Vec<String>,
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
    /// When the budget is spent if it goes on like this; `None` where it is not, or cannot be said.
    pub outlook: Option<Outlook>,
}

impl Stepped<'_> {
    fn key(&self) -> String {
        detail(self.entry, self.group)
    }

    /// The group's SLO and itself, as people call them.
    #[must_use]
    pub fn whom(&self) -> String {
        match spelled(self.group) {
            group if group.is_empty() => self.entry.title.clone(),
            group => format!("{} of {group}", self.entry.title),
        }
    }
}

impl Book {
    /// From the findings that are open in the store.
    #[must_use]
    pub fn restore(findings: &[Finding]) -> Self {
        let open = |kind: &str| {
            let own = findings
                .iter()
                .filter(|one| one.kind == kind && one.closed_at.is_none());
            Open(own.map(|one| (one.detail.clone(), one.clone())).collect())
        };
        Self {
            burning: open(burn::KIND),
            ahead: open(ahead::KIND),
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
            let burning = burn::say(one);
            // A budget that burns too fast is told of by that, when it will be gone included.
            let ahead = match burning {
                Some(_) => None,
                None => ahead::say(one, self.ahead.0.contains_key(&key)),
            };
            let kind = (burn::KIND, "It burns no faster than its budget allows.");
            changed.extend(self.burning.take(kind, &key, one, burning, now));
            let kind = (ahead::KIND, "At the pace of now the budget lasts.");
            changed.extend(self.ahead.take(kind, &key, one, ahead, now));
        }
        for open in [&mut self.burning, &mut self.ahead] {
            let gone = open.0.iter().filter(|(_, finding)| !exists(finding));
            let gone: Vec<String> = gone.map(|(key, _)| key.clone()).collect();
            let because = "The SLO is no longer there, or cannot be read.";
            changed.extend(gone.iter().filter_map(|key| open.close(key, because, now)));
        }
        changed
    }
}

impl Open {
    /// What changes by what is to be said of one kind; nothing to be said closes it.
    fn take(
        &mut self,
        (kind, calm): (&str, &str),
        key: &str,
        one: &Stepped<'_>,
        saying: Option<Saying>,
        now: UnixNano,
    ) -> Option<Finding> {
        let Some(saying) = saying else {
            return self.close(key, calm, now);
        };
        let known = self.0.get(key);
        let next = said(
            known.cloned().unwrap_or_else(|| open(kind, one, now)),
            one,
            saying,
            now,
        );
        let is_worth = known.is_none_or(|known| {
            next.severity != known.severity || known.updated_at.plus_millis(REWRITE_MS) <= now
        });
        is_worth.then(|| {
            self.0.insert(key.to_owned(), next.clone());
            next
        })
    }

    fn close(&mut self, key: &str, because: &str, now: UnixNano) -> Option<Finding> {
        let finding = self.0.remove(key)?;
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

fn open(kind: &str, one: &Stepped<'_>, now: UnixNano) -> Finding {
    let function = function(one.group).unwrap_or_default().to_owned();
    let (name, minute) = (one.entry.key(), one.line.minute);
    let text = format!("{kind}{PART}{}{PART}{minute}", one.key());
    Finding {
        id: hex::encode(&Sha256::digest(text.as_bytes())[..8]),
        kind: kind.to_owned(),
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
    }
}

/// Puts what is said now into a finding.
fn said(mut finding: Finding, one: &Stepped<'_>, saying: Saying, now: UnixNano) -> Finding {
    finding.severity = saying.severity;
    finding.updated_at = now;
    finding.title = saying.title;
    finding.sentence = saying.sentence;
    finding.before = Some(1.0 - one.entry.plan.budget().to_f64());
    finding.after = one.line.sli.as_ref().map(crate::slo::Fraction::to_f64);
    finding.evidence = Evidence {
        reasons: saying.reasons,
        advice: vec![
            "Open the SLO: it ranks functions, versions and triggers by how much of the bad events they explain."
                .to_owned(),
        ],
        ..Evidence::default()
    };
    finding
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
