//! Attacks in texts that strangers sent, and credentials in telemetry: what payload inspection says, grouped.

use serde::{Deserialize, Serialize};

use super::detector::{self, Context, Detector, S, Seen};
use super::event::Signal;
use super::finding::{Claim, Subject};
use super::rules;
use super::table::{Ranked, Table};
use crate::inspect::Verdict;
use crate::payload::Class;

/// A log line about an attack belongs to the request that brought it, for so long.
const ECHO_NS: i64 = 600 * S;
const GROUPS_MAX: usize = 20_000;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Sent {
    subject: Subject,
    time_ns: i64,
}

impl Ranked for Sent {
    fn suspicion(&self) -> u32 {
        1
    }
    fn newest_ns(&self) -> i64 {
        self.time_ns
    }
}

/// See the module.
#[derive(Debug, Serialize, Deserialize)]
pub struct Payloads {
    /// By class and function: who sent it last.
    sent: Table<Sent>,
}

impl Default for Payloads {
    fn default() -> Self {
        Self {
            sent: Table::new(GROUPS_MAX),
        }
    }
}

impl Detector for Payloads {
    fn name(&self) -> &'static str {
        "payloads"
    }

    fn see(&mut self, seen: Seen<'_>, context: &mut Context<'_>) {
        let event = seen.event;
        let Some(verdict) = seen.verdict.filter(|verdict| verdict.flagged) else {
            return;
        };
        for class in &verdict.classes {
            if *class == Class::Secret {
                context.claims.extend(credential(seen, verdict));
                continue;
            }
            if !event.is_inbound() {
                continue;
            }
            let own = Subject::function(&event.function).client(&event.client);
            let own = match event.client.is_empty() {
                true => own.principal(&event.user),
                false => own,
            };
            let last = self.sent.entry(&format!("{class} {}", event.function));
            let recent = (event.raw.time_ns - last.time_ns).abs() <= ECHO_NS;
            let echo = event.raw.signal == Signal::Log && event.client.is_empty() && recent;
            let subject = if echo { last.subject.clone() } else { own };
            *last = Sent {
                subject: subject.clone(),
                time_ns: event.raw.time_ns,
            };
            context.claims.push(attempt(seen, verdict, *class, subject));
        }
    }

    fn save(&self) -> Vec<u8> {
        detector::save(self)
    }

    fn load(&mut self, state: &[u8]) -> bool {
        detector::load(self, state)
    }
}

fn attempt(seen: Seen<'_>, verdict: &Verdict, class: Class, subject: Subject) -> Claim {
    let mut claim = Claim::new(&rules::attempted(class), subject, verdict.score).event(seen.event);
    for found in verdict
        .seen
        .iter()
        .filter(|found| found.evidence.class == class)
    {
        claim = claim
            .because(format!("rule {}", found.evidence.rule))
            .shows(&found.field, &found.evidence.matched);
    }
    claim
}

fn credential(seen: Seen<'_>, verdict: &Verdict) -> Option<Claim> {
    let mut found = verdict
        .seen
        .iter()
        .filter(|found| found.evidence.class == Class::Secret);
    let first = found.next()?;
    let kind = first
        .evidence
        .matched
        .rsplit_once('(')
        .map_or("", |(_, kind)| kind.trim_end_matches(')'));
    let subject =
        Subject::function(&seen.event.function).detail(&format!("{kind} in {}", first.field));
    let line = seen.event.text(&[
        "code.filepath",
        "code.file.path",
        "code.function.name",
        "code.function",
    ]);
    let claim = Claim::new(&rules::SECRET, subject, 0.8)
        .event(seen.event)
        .shows(&first.field, &first.evidence.matched);
    Some(match line {
        Some(line) => claim.because(format!(
            "it is written at {line}:{}",
            seen.event
                .text(&["code.lineno", "code.line.number"])
                .unwrap_or("?")
        )),
        None => claim,
    })
}
