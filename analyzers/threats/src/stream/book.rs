//! Findings that are open: many claims about the same thing are one finding.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::finding::{Claim, Finding, MARKS_MAX, Mark, Severity, Subject, Told};

/// After so long without a word a finding is over; the same thing again is a new one.
pub const QUIET_NS: i64 = 3_600 * 1_000_000_000;
/// Findings that are open at once. With more, those of the least severity that are quiet longest are
/// forgotten: whoever opens thousands of small ones makes no great one forgotten.
pub const OPEN_MAX: usize = 20_000;
/// Clients of one rule and function that have findings of their own; further ones share one. An attack out
/// of a thousand addresses is one attack.
const CLIENTS_MAX: usize = 5;
/// What the client of a shared finding is called.
pub const MANY: &str = "many clients";

/// The open findings.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Book {
    open: HashMap<(String, Subject), Entry>,
    /// By rule and function: clients with a finding of their own.
    clients: HashMap<(String, String), usize>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    opened_ns: i64,
    seen_ns: i64,
    count: u64,
    severity: Severity,
    marks: Vec<Mark>,
}

impl Book {
    /// Takes a claim, at this moment; what is to be told of it, if anything is.
    pub fn take(&mut self, mut claim: Claim, now_ns: i64) -> Option<Told> {
        self.share(&mut claim, now_ns);
        let key = (claim.rule.id.to_string(), claim.subject.clone());
        let known = self.open.get_mut(&key);
        if let Some(entry) = known.filter(|entry| now_ns - entry.seen_ns <= QUIET_NS) {
            return entry.again(claim, now_ns);
        }
        let entry = Entry {
            opened_ns: now_ns,
            seen_ns: now_ns,
            count: claim.marks.len() as u64,
            severity: claim.severity,
            marks: claim.marks.clone(),
        };
        let finding = entry.finding(claim);
        self.open.insert(key, entry);
        self.bound(now_ns);
        Some(Told::Opened(finding))
    }

    /// What is open: rule, subject, events that showed it so far, and when it was said last.
    pub fn counts(&self) -> impl Iterator<Item = (&str, &Subject, u64, i64)> {
        self.open
            .iter()
            .map(|((rule, subject), entry)| (rule.as_str(), subject, entry.count, entry.seen_ns))
    }

    /// The rule's finding of a function that is open, whoever the client.
    pub fn any_client(&self, rule: &str, function: &str, now_ns: i64) -> Option<&Subject> {
        self.open
            .iter()
            .find(|((id, subject), entry)| {
                id == rule && subject.function == function && now_ns - entry.seen_ns <= QUIET_NS
            })
            .map(|((_, subject), _)| subject)
    }

    /// Gives a claim about one client too many to them all.
    fn share(&mut self, claim: &mut Claim, now_ns: i64) {
        if claim.subject.client.is_empty() || claim.subject.client == MANY {
            return;
        }
        let key = (claim.rule.id.to_string(), claim.subject.clone());
        let open = self.open.get(&key);
        if open.is_some_and(|entry| now_ns - entry.seen_ns <= QUIET_NS) {
            return;
        }
        let group = (key.0, claim.subject.function.clone());
        let clients = self.clients.entry(group).or_default();
        if *clients >= CLIENTS_MAX {
            claim.subject.client = MANY.to_owned();
        } else {
            *clients += 1;
        }
    }

    /// Forgets what is over.
    pub fn forget(&mut self, now_ns: i64) {
        self.open
            .retain(|_, entry| now_ns - entry.seen_ns <= QUIET_NS);
        self.clients.clear();
        for (rule, subject) in self.open.keys() {
            let group = (rule.clone(), subject.function.clone());
            *self.clients.entry(group).or_default() += usize::from(!subject.client.is_empty());
        }
    }

    fn bound(&mut self, now_ns: i64) {
        if self.open.len() <= OPEN_MAX {
            return;
        }
        self.forget(now_ns);
        if self.open.len() > OPEN_MAX {
            let mut ranks: Vec<_> = self
                .open
                .values()
                .map(|e| (e.severity, e.seen_ns))
                .collect();
            let middle = ranks.len() / 2;
            let (_, limit, _) = ranks.select_nth_unstable(middle);
            let limit = *limit;
            self.open
                .retain(|_, entry| (entry.severity, entry.seen_ns) > limit);
            self.forget(now_ns);
        }
    }
}

impl Entry {
    fn again(&mut self, claim: Claim, now_ns: i64) -> Option<Told> {
        let new: Vec<Mark> = claim
            .marks
            .iter()
            .filter(|mark| !self.marks.iter().any(|known| known.id == mark.id))
            .cloned()
            .collect();
        self.count += new.len() as u64;
        self.marks.extend(new);
        let more = self.marks.len().saturating_sub(MARKS_MAX);
        self.marks.drain(..more);
        self.seen_ns = self.seen_ns.max(now_ns);
        if claim.severity <= self.severity {
            return None;
        }
        self.severity = claim.severity;
        Some(Told::Worse(self.finding(claim)))
    }

    fn finding(&self, claim: Claim) -> Finding {
        Finding {
            opened_ns: self.opened_ns,
            seen_ns: self.seen_ns,
            count: self.count,
            claim: Claim {
                marks: self.marks.clone(),
                ..claim
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules;
    use super::*;

    fn claim(client: &str, severity: Severity) -> Claim {
        let subject = Subject::function("f").client(client);
        let mark = Mark {
            id: client.to_owned(),
            ..Mark::default()
        };
        Claim::new(&rules::SCAN, subject, 0.9)
            .marks([mark])
            .severity(severity)
    }

    #[test]
    fn the_same_thing_is_told_once_and_again_when_it_is_worse_or_was_over() {
        let mut book = Book::default();
        let opened = book.take(claim("a", Severity::Medium), 0);
        assert!(matches!(opened, Some(Told::Opened(_))));
        assert_eq!(book.take(claim("a", Severity::Medium), 1), None);
        let worse = book.take(claim("a", Severity::High), 2);
        assert!(matches!(worse, Some(Told::Worse(_))));
        let later = book.take(claim("a", Severity::Medium), 3 + QUIET_NS);
        assert!(matches!(later, Some(Told::Opened(_))));
    }

    #[test]
    fn an_attack_out_of_many_addresses_is_one() {
        let mut book = Book::default();
        let told = (0..1_000)
            .filter_map(|n| book.take(claim(&format!("192.0.2.{n}"), Severity::Medium), n))
            .count();
        assert_eq!(told, CLIENTS_MAX + 1);
    }
}
