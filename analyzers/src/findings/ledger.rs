//! What is open, and what becomes of it when detectors speak.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use store::model::{Feedback, Finding, Scope, State, UnixNano};

use super::budget::{self, Decision};
use super::kinds;
use crate::detectors::Signal;
use crate::detectors::names::Names;
use crate::detectors::signal::Subject;

/// Most findings that are open or held at once. Beyond, new ones are dropped with a warning: 10,000 of a
/// few kB are 100 MB at most, and nobody reads so many.
pub const OPEN_MAX: usize = 10_000;
/// A finding that changes little is written anew so often, ms.
const REWRITE_MS: f64 = 3_600_000.0;
/// What is a large enough change to be written at once.
const CHANGE: f64 = 0.1;
/// Closed findings are remembered so long, ms, so that history shown again finds them.
const REMEMBER_MS: f64 = 45.0 * 86_400_000.0;
/// And at most so many.
const REMEMBER_MAX: usize = 100_000;

/// What makes two signals one finding.
type Key = (String, Scope, String, String);

#[derive(Clone, Debug)]
struct Entry {
    finding: Finding,
    written_at: UnixNano,
}

#[derive(Clone, Debug)]
struct Past {
    key: Key,
    id: String,
    began_at: UnixNano,
    closed_at: UnixNano,
}

/// All open findings and what is needed to judge new ones.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: BTreeMap<Key, Entry>,
    past: VecDeque<Past>,
    /// Which findings by chance each subject was told of, by id, and when.
    told: HashMap<(Scope, String), BTreeMap<String, UnixNano>>,
    feedback: Vec<Feedback>,
}

impl Ledger {
    /// From what the store knows: findings of the last weeks, in any order.
    #[must_use]
    pub fn restore(findings: Vec<Finding>, feedback: Vec<Feedback>) -> Self {
        let mut ledger = Self {
            feedback,
            ..Self::default()
        };
        for finding in findings {
            let key = key_of(&finding);
            if finding.state != State::Held {
                ledger.tell(&finding);
            }
            match finding.closed_at {
                Some(closed_at) => ledger.remember(key, &finding, closed_at),
                None => {
                    let written_at = finding.updated_at;
                    ledger.entries.insert(
                        key,
                        Entry {
                            finding,
                            written_at,
                        },
                    );
                }
            }
        }
        ledger
    }

    /// Takes what people said, in the place of what they said before.
    pub fn hear(&mut self, feedback: Vec<Feedback>) {
        self.feedback = feedback;
    }

    /// What is open or held.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.entries.values().map(|e| &e.finding)
    }

    /// Whether a finding is open or held.
    #[must_use]
    pub fn is_open(&self, id: &str) -> bool {
        self.entries.values().any(|entry| entry.finding.id == id)
    }

    /// Takes out the open findings that `chosen` names: their history is about to be shown again. When it
    /// says the same again, they keep their ids.
    pub fn set_aside(&mut self, chosen: impl Fn(&Finding) -> bool) -> Vec<Finding> {
        let (aside, kept): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut self.entries)
            .into_iter()
            .partition(|(_, entry)| chosen(&entry.finding));
        self.entries = kept;
        let findings = aside.into_iter().map(|(key, Entry { finding, .. })| {
            self.remember(key, &finding, finding.updated_at.max(finding.detected_at));
            finding
        });
        findings.collect()
    }

    /// Takes everything that one detector says holds now, and gives the findings that changed: opened,
    /// updated, held back or closed. `detector` is its name; what it no longer says is closed.
    pub fn apply(
        &mut self,
        detector: &str,
        signals: Vec<Signal>,
        names: &Names,
        now: UnixNano,
    ) -> Vec<Finding> {
        let mut changed = Vec::new();
        let mut said = BTreeSet::new();
        for signal in signals {
            let key = spelled(&signal, names);
            if !said.insert(key.clone()) {
                continue;
            }
            changed.extend(match self.entries.contains_key(&key) {
                true => self.go_on(&key, &signal, now),
                false => self.open_one(key, &signal, names, now),
            });
        }
        let ended: Vec<Key> = self
            .entries
            .iter()
            .filter(|(key, _)| kinds::find(&key.0).is_some_and(|k| k.detector == detector))
            .filter(|(key, _)| !said.contains(*key))
            .map(|(key, _)| key.clone())
            .collect();
        changed.extend(ended.into_iter().filter_map(|key| self.close(key, now)));
        changed
    }

    /// What is known goes on; what was held may be told by now.
    fn go_on(&mut self, key: &Key, signal: &Signal, now: UnixNano) -> Option<Finding> {
        let known = &self.entries.get(key)?.finding;
        let tell = known.state == State::Held
            && self.decide(key, &known.id, signal, now) == Decision::Tell;
        let entry = self.entries.get_mut(key)?;
        if tell {
            entry.finding.state = State::Open;
            entry.finding.closed_because.clear();
        }
        let worth = update(entry, signal, now) || tell;
        let finding = entry.finding.clone();
        if tell {
            self.tell(&finding);
        }
        worth.then_some(finding)
    }

    fn open_one(
        &mut self,
        key: Key,
        signal: &Signal,
        names: &Names,
        now: UnixNano,
    ) -> Option<Finding> {
        if self.entries.len() >= OPEN_MAX {
            tracing::warn!(
                kind = key.0,
                "{OPEN_MAX} findings are open; a further one is not kept"
            );
            return None;
        }
        let mut finding = finding_of(&key, signal, names, now);
        // History shown again says again what it said before, perhaps with a better begin.
        let known = self.past.iter().rev().find(|past| {
            past.key == key
                && past.began_at <= signal.detected_at
                && signal.began_at <= past.closed_at
        });
        if let Some(known) = known {
            finding.id.clone_from(&known.id);
        }
        match self.decide(&key, &finding.id, signal, now) {
            Decision::Tell => {
                finding.state = State::Open;
                self.tell(&finding);
            }
            Decision::Hold(reason) => {
                finding.state = State::Held;
                finding.closed_because = reason;
            }
        }
        let entry = Entry {
            finding: finding.clone(),
            written_at: now,
        };
        self.entries.insert(key, entry);
        Some(finding)
    }

    fn decide(&self, key: &Key, id: &str, signal: &Signal, now: UnixNano) -> Decision {
        let since = now.plus_millis(-budget::MONTH_MS);
        let subject = (key.1, key.2.clone());
        let told = self.told.get(&subject).into_iter().flatten();
        let told = told.filter(|(other, at)| (since..=now).contains(at) && *other != id);
        let told = told.count();
        let said: Vec<&Feedback> = self
            .feedback
            .iter()
            .filter(|f| f.kind == key.0 && f.subject == key.2)
            .collect();
        budget::decide(signal, u32::try_from(told).unwrap_or(u32::MAX), &said, now)
    }

    /// A finding was told: where chance can make it, it uses some of its subject's budget.
    pub fn tell(&mut self, finding: &Finding) {
        if finding.p_value.is_none() {
            return;
        }
        let subject = (finding.scope, finding.subject.clone());
        let told = self.told.entry(subject).or_default();
        let since = finding.detected_at.plus_millis(-REMEMBER_MS);
        told.retain(|_, at| *at >= since);
        told.insert(finding.id.clone(), finding.detected_at);
    }

    /// A finding may be retracted: until it is told again it uses nothing.
    pub fn untell(&mut self, finding: &Finding) {
        let subject = (finding.scope, finding.subject.clone());
        if let Some(told) = self.told.get_mut(&subject) {
            told.remove(&finding.id);
        }
    }

    fn close(&mut self, key: Key, now: UnixNano) -> Option<Finding> {
        let Entry { mut finding, .. } = self.entries.remove(&key)?;
        finding.closed_at = Some(now);
        finding.updated_at = now;
        if finding.state == State::Open {
            finding.state = State::Closed;
            "It holds no longer.".clone_into(&mut finding.closed_because);
        }
        self.remember(key, &finding, now);
        Some(finding)
    }

    fn remember(&mut self, key: Key, finding: &Finding, closed_at: UnixNano) {
        let since = closed_at.plus_millis(-REMEMBER_MS);
        self.past.push_back(Past {
            key,
            id: finding.id.clone(),
            began_at: finding.began_at,
            closed_at,
        });
        while self.past.len() > REMEMBER_MAX
            || self
                .past
                .front()
                .is_some_and(|oldest| oldest.closed_at < since)
        {
            self.past.pop_front();
        }
    }
}

fn key_of(finding: &Finding) -> Key {
    (
        finding.kind.clone(),
        finding.scope,
        finding.subject.clone(),
        finding.detail.clone(),
    )
}

fn spelled(signal: &Signal, names: &Names) -> Key {
    let (scope, subject) = match &signal.key.subject {
        Subject::Function(number) => (Scope::Function, names.of(*number).id.clone()),
        Subject::Wide(scope, text) => (*scope, text.clone()),
    };
    (
        signal.key.kind.to_owned(),
        scope,
        subject,
        signal.key.detail.clone(),
    )
}

fn finding_of(key: &Key, signal: &Signal, names: &Names, now: UnixNano) -> Finding {
    let function_id = match &signal.key.subject {
        Subject::Function(number) => names.of(*number).id.clone(),
        Subject::Wide(..) => String::new(),
    };
    Finding {
        id: id_of(key, signal.began_at),
        kind: key.0.clone(),
        scope: key.1,
        subject: key.2.clone(),
        function_id,
        version: signal.version.clone(),
        detail: key.3.clone(),
        state: State::Open,
        severity: signal.severity,
        confidence: signal.confidence,
        p_value: signal.p_value,
        began_at: signal.began_at,
        detected_at: signal.detected_at,
        updated_at: now,
        closed_at: None,
        closed_because: String::new(),
        title: signal.title.clone(),
        sentence: signal.sentence.clone(),
        relative: signal.relative,
        interval: signal.interval,
        before: signal.before,
        after: signal.after,
        unit: signal.unit.to_owned(),
        ms_per_month: signal.ms_per_month,
        micro_usd_per_month: signal.usd_per_month.and_then(micro_usd),
        evidence: Arc::unwrap_or_clone(Arc::clone(&signal.evidence)),
    }
}

#[allow(clippy::cast_possible_truncation)] // checked against the range before
fn micro_usd(usd: f64) -> Option<i64> {
    let micro = (usd * 1e6).round();
    (micro.abs() < 9e18).then_some(micro as i64)
}

/// The begin counts by the minute, so that a begin known more finely later is the same finding.
fn id_of(key: &Key, began_at: UnixNano) -> String {
    let minute = began_at.as_secs().div_euclid(60);
    let text = [&key.0, key.1.as_str(), &key.2, &key.3, &minute.to_string()].join("\u{1f}");
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}

/// Takes over what is said now; tells whether that is worth a new row.
fn update(entry: &mut Entry, signal: &Signal, now: UnixNano) -> bool {
    let finding = &mut entry.finding;
    let moved = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() > CHANGE * a.abs().max(b.abs()),
        (a, b) => a.is_some() != b.is_some(),
    };
    #[allow(clippy::cast_precision_loss)] // compared roughly
    let usd = finding.micro_usd_per_month.map(|m| m as f64 / 1e6);
    let worth = finding.severity != signal.severity
        || moved(finding.relative, signal.relative)
        || moved(usd, signal.usd_per_month)
        || entry.written_at.plus_millis(REWRITE_MS) <= now;
    if !worth {
        return false;
    }
    entry.written_at = now;
    finding.updated_at = now;
    finding.severity = signal.severity;
    finding.confidence = signal.confidence;
    finding.p_value = signal.p_value;
    finding.title.clone_from(&signal.title);
    finding.sentence.clone_from(&signal.sentence);
    finding.relative = signal.relative;
    finding.interval = signal.interval;
    finding.before = signal.before;
    finding.after = signal.after;
    finding.ms_per_month = signal.ms_per_month;
    finding.micro_usd_per_month = signal.usd_per_month.and_then(micro_usd);
    finding.evidence = Arc::unwrap_or_clone(Arc::clone(&signal.evidence));
    true
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
