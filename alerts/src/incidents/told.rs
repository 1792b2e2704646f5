//! Who was told of incidents: looks at groups and attempts to deliver, as events.

use std::collections::{BTreeSet, HashMap};

use store::model::UnixNano;

use super::event::{Event, Notice, What};
use crate::delivery::Attempt;
use crate::dispatch::{Flush, Note, Outcome};
use crate::model::Fingerprint;

/// The label that says which incident an alert belongs to.
pub const LABEL: &str = "incident";
/// The annotation that says where the cause of an alert's incident is: a place's name.
pub const CAUSE: &str = "cause";
/// The annotation that says who takes care of an alert's incident.
pub const ACKNOWLEDGED_BY: &str = "acknowledged_by";
/// The annotation that says what an alert's incident is called.
pub const TITLE: &str = "incident_title";
/// Messages that are remembered until they arrive.
const MESSAGES_MAX: usize = 10_000;

/// Which message is about which incidents, and how far was looked.
#[derive(Debug, Default)]
pub struct Told {
    messages: HashMap<String, BTreeSet<String>>,
    flushed_until: UnixNano,
}

impl Told {
    /// What notes say of incidents. `of` gives an alert's incident.
    pub fn hear(
        &mut self,
        notes: &[Note],
        of: impl Fn(Fingerprint) -> Option<String>,
    ) -> Vec<Event> {
        let flushes = notes.iter().filter_map(|note| match note {
            Note::Look(flush) => Some(flush),
            _ => None,
        });
        let attempts = notes.iter().filter_map(|note| match note {
            Note::Attempt(attempt) => Some(attempt),
            _ => None,
        });
        let last = flushes.clone().map(|flush| flush.at).max();
        let events = self.look(flushes, attempts, of);
        if let Some(at) = last {
            self.seen_until(at);
        }
        events
    }

    fn look<'a>(
        &mut self,
        flushes: impl Iterator<Item = &'a Flush>,
        attempts: impl Iterator<Item = &'a Attempt>,
        of: impl Fn(Fingerprint) -> Option<String>,
    ) -> Vec<Event> {
        let mut events = Vec::new();
        for flush in flushes.filter(|flush| flush.at > self.flushed_until) {
            let about: BTreeSet<String> = flush.seen.iter().filter_map(|s| of(s.alert)).collect();
            for told in &flush.told {
                let Outcome::Queued(id) = &told.outcome else {
                    continue;
                };
                events.extend(about.iter().map(|incident| {
                    let notice = Notice {
                        message: id.clone(),
                        to: told.integration.to_string(),
                        reason: told.reason.to_string(),
                        arrived: None,
                    };
                    Event::own(incident, flush.at, What::Told(notice))
                }));
                if !about.is_empty() && self.messages.len() < MESSAGES_MAX {
                    self.messages.insert(id.clone(), about.clone());
                }
            }
        }
        for attempt in attempts {
            // A message that is tried again has neither arrived nor died.
            if !attempt.delivered() && !attempt.dead() {
                continue;
            }
            let about = self.messages.remove(&attempt.id).unwrap_or_default();
            events.extend(about.iter().map(|incident| {
                let notice = Notice {
                    message: attempt.id.clone(),
                    to: attempt.integration.to_string(),
                    reason: attempt.reason.clone(),
                    arrived: Some(attempt.delivered()),
                };
                Event::own(incident, attempt.at, What::Told(notice))
            }));
        }
        events
    }

    /// Says that everything until then was looked at and kept.
    pub fn seen_until(&mut self, at: UnixNano) {
        self.flushed_until = self.flushed_until.max(at);
    }
}
