//! The keeping of incidents where alerting runs: findings, calls and people's words come in; events go to
//! the store, and each finding's incident to its alert.

use std::collections::BTreeSet;

use serde::Deserialize;
use store::incidents as table;
use store::model::{Finding, UnixNano};
use store::read::{Window, calls, functions};
use store::{Store, StoreError};
use tokio::sync::mpsc;

use super::book::{Book, Homes};
use super::event::Event;
use super::told::{LABEL, Told};
use super::topology::{MINUTES_MAX, Topology};
use super::{Signal, keep};
use crate::dispatch::Note;
use crate::matchers::{Matcher, Operator};
use crate::run::{Desk, Handle, Refused};
use crate::runbooks::Runs;
use crate::runbooks::work::Work;
use crate::silences::{self, Silence};

/// The section `alerts.incidents`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether findings are gathered into incidents, and their alerts bear the label `incident`. Default
    /// true.
    pub enabled: bool,
    /// Whether alerts of findings are grouped by incident, whatever `group_by` their routes have: one page
    /// instead of fifty. Alerts that others send are always grouped as their routes say. Default true.
    pub group: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            enabled: true,
            group: true,
        }
    }
}

/// A minute's calls are read when it has been over for so long, s: batches of exporters come late.
const MINUTE_IS_READ_AFTER_S: i64 = 45;
/// So many minutes are read in one turn, after a start or an outage.
const MINUTES_AT_ONCE: usize = 30;
/// Each minute is read so often again, a minute later each time: some batches come later still.
const MINUTES_AGAIN: i64 = 2;
/// After a start, so many minutes of the past are read.
const MINUTES_BACK: i64 = 90;
/// How often runtimes of functions are read, ms.
const COHORTS_EVERY_MS: i64 = 600_000;
/// What others wrote is looked for over the time since the last look and so much more, s.
const OVERLAP_S: i64 = 20;

/// Keeps incidents.
pub struct Keeper {
    store: Store,
    book: Book,
    runs: Runs,
    topology: Topology,
    told: Told,
    notes: mpsc::Receiver<Vec<Note>>,
    work: Work,
    loaded: bool,
    /// Whether calls were read up to now once.
    knows_calls: bool,
    looked_at: UnixNano,
    cohorts_at: UnixNano,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keeper")
    }
}

impl Keeper {
    /// Nothing is read before the first step. `work` does what runbooks are to do; `notes` are those that the
    /// store has.
    #[must_use]
    pub fn new(store: Store, work: Work, notes: mpsc::Receiver<Vec<Note>>) -> Self {
        Self {
            store,
            book: Book::default(),
            runs: Runs::default(),
            topology: Topology::default(),
            told: Told::default(),
            notes,
            work,
            loaded: false,
            knows_calls: false,
            looked_at: UnixNano(0),
            cohorts_at: UnixNano(0),
        }
    }

    /// One turn; says where findings belong now. Nothing while calls of the time before the start are still
    /// being read: findings wait so long to be told.
    ///
    /// # Errors
    /// [`StoreError`]; the next turn goes on from there.
    pub async fn step(
        &mut self,
        found: &[Finding],
        handle: &Handle,
        now: UnixNano,
    ) -> Result<Option<Homes>, StoreError> {
        self.listen(now).await?;
        // Without calls findings still belong somewhere: each to its own place.
        match self.look_at_calls(now).await {
            Ok(all) => self.knows_calls |= all,
            Err(error) => {
                self.knows_calls = true;
                tracing::warn!(%error, "who calls whom cannot be read; incidents are made without it");
            }
        }
        if !self.knows_calls {
            return Ok(None); // after a start, a few turns
        }
        let told = found.iter().filter(|finding| is_told(finding));
        let signals: Vec<Signal> = told.map(Signal::of).collect();
        let events = self.book.step(&signals, &self.topology, now);
        self.keep(events).await?;
        self.hear_of_messages(handle).await?;
        let events = self.work.turn(&self.book, &self.runs, now);
        self.keep(events).await?;
        self.work.ask(&self.book, &self.runs);
        self.silence_what_is_snoozed(handle).await;
        self.book.forget(now);
        self.runs
            .forget(UnixNano::from_millis(now.as_millis() - 31 * 86_400_000));
        Ok(Some(self.book.homes()))
    }

    /// Reads what others said; at the first time, all that is not over.
    async fn listen(&mut self, now: UnixNano) -> Result<(), StoreError> {
        if !self.loaded {
            let (book, events) = keep::load(&self.store, now).await?;
            (self.book, self.runs) = (book, Runs::of(&events));
            self.told.seen_until(now);
            self.loaded = true;
        } else {
            let since_s = now.as_secs() - self.looked_at.as_secs() + OVERLAP_S;
            let lately_s = u32::try_from(since_s.max(OVERLAP_S)).unwrap_or(u32::MAX);
            let rows = table::written_lately(&self.store, lately_s).await?;
            let news = rows
                .iter()
                .filter(|row| !self.book.knows(&row.incident_id, &row.id));
            let ids: BTreeSet<String> = news.map(|row| row.incident_id.clone()).collect();
            // The whole of each: it may be one that was forgotten, or its events may have come out of order.
            let ids: Vec<String> = ids.into_iter().collect();
            let events = keep::events(&self.store, &ids).await?;
            let news = events.iter();
            let news = news.filter(|e| !self.book.knows(&e.incident, &e.row().id));
            news.for_each(|event| self.runs.add(event));
            self.book.rebuild(&events);
        }
        self.looked_at = now;
        Ok(())
    }

    fn add(&mut self, events: &[Event]) {
        for event in events {
            if !self.book.knows(&event.incident, &event.row().id) {
                self.runs.add(event);
            }
            self.book.add(event);
        }
    }

    /// Keeps events, then believes them.
    async fn keep(&mut self, events: Vec<Event>) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        keep::tell(&self.store, &events).await?;
        self.add(&events);
        let ids: BTreeSet<&str> = events.iter().map(|event| event.incident.as_str()).collect();
        let changed = ids.into_iter().filter_map(|id| self.book.incident(id));
        let heads: Vec<_> = changed.map(|incident| incident.head()).collect();
        table::sum_up(&self.store, &heads).await
    }

    /// Reads calls of minutes that are over; says whether all of them were read.
    async fn look_at_calls(&mut self, now: UnixNano) -> Result<bool, StoreError> {
        if now.as_millis() - self.cohorts_at.as_millis() >= COHORTS_EVERY_MS {
            let known = functions::list(&self.store).await?;
            let cohorts = known.into_iter().map(|f| {
                let cohort = [f.provider, f.region, f.runtime, f.architecture].join(":");
                (f.function_id, cohort)
            });
            self.topology.set_cohorts(cohorts.collect());
            self.cohorts_at = now;
        }
        let last = (now.as_secs() - MINUTE_IS_READ_AFTER_S).div_euclid(60) * 60 - 60;
        let back = (MINUTES_MAX as i64).min(MINUTES_BACK);
        let known = self.topology.seen_until_s().unwrap_or(0);
        if known >= last {
            return Ok(true);
        }
        let first = (known + 60 - 60 * MINUTES_AGAIN).max(last - 60 * back);
        let minutes = (first..=last).step_by(60).take(MINUTES_AT_ONCE);
        for minute_s in minutes {
            let window = Window {
                from: UnixNano::from_secs(minute_s),
                to: UnixNano::from_secs(minute_s + 60),
            };
            let rows = calls::list(&self.store, window).await?;
            self.topology.see(minute_s, &rows);
        }
        Ok(self.topology.seen_until_s() >= Some(last))
    }

    /// Who was told, and whether it arrived.
    async fn hear_of_messages(&mut self, handle: &Handle) -> Result<(), StoreError> {
        let mut notes: Vec<Note> = Vec::new();
        while let Ok(some) = self.notes.try_recv() {
            notes.extend(some);
        }
        if notes.is_empty() {
            return Ok(());
        }
        let mut told = std::mem::take(&mut self.told);
        let heard = handle.look(move |desk, _| {
            let of = |alert| {
                let alert = desk.machine.state().alert(alert)?;
                alert.labels.get(LABEL).map(str::to_owned)
            };
            let events = told.hear(&notes, of);
            (told, events)
        });
        let Ok((told, events)) = heard.await else {
            return Ok(()); // alerting is ending
        };
        self.told = told;
        // Labels of others may call themselves so, too.
        let known = |event: &Event| self.book.incident(&event.incident).is_some();
        let events: Vec<Event> = events.into_iter().filter(known).collect();
        self.keep(events).await
    }

    /// Each snoozed incident has a silence, and no other has one of ours.
    async fn silence_what_is_snoozed(&self, handle: &Handle) {
        let snoozed = self.book.incidents().filter_map(|incident| {
            let live = incident.state.is_live();
            let mut ids: Vec<String> = incident.absorbed.iter().cloned().collect();
            ids.push(incident.id.clone());
            incident
                .snoozed_until
                .filter(|_| live)
                .map(|until| (ids, until))
        });
        let snoozed: Vec<(Vec<String>, UnixNano)> = snoozed.collect();
        let done = handle.change(move |desk, now| reconcile(desk, snoozed, now));
        if let Err(Refused::Unwritten) = done.await {
            tracing::warn!("a snooze was not kept; it is tried again");
        }
    }
}

/// Who makes our silences.
const SILENCER: &str = "nephoscope incidents";

fn reconcile(desk: &mut Desk, snoozed: Vec<(Vec<String>, UnixNano)>, now: UnixNano) {
    let active = desk.machine.state().silences().iter();
    let ours = active.filter(|s| s.created_by == SILENCER && s.ends_at > now);
    let mut ours: Vec<(String, String, UnixNano)> = ours
        .map(|silence| (silence.id.clone(), silence.comment.clone(), silence.ends_at))
        .collect();
    for (ids, until) in snoozed.into_iter().filter(|(_, until)| *until > now) {
        let comment = format!("snoozed: {}", ids.join(", "));
        let same =
            |(_, other, ends): &(String, String, UnixNano)| *other == comment && *ends == until;
        if let Some(at) = ours.iter().position(same) {
            ours.swap_remove(at);
            continue;
        }
        let Ok(matcher) = Matcher::new(LABEL.to_owned(), Operator::Matches, ids.join("|")) else {
            continue; // ids are letters and digits
        };
        let Some(id) = silences::new_id() else {
            continue; // the next turn tries again
        };
        let silence = Silence {
            id: String::new(),
            matcher_sets: vec![[matcher].into_iter().collect()],
            starts_at: now,
            ends_at: until,
            updated_at: now,
            created_by: SILENCER.to_owned(),
            comment,
            annotations: Default::default(),
        };
        if let Err(fault) = desk.machine.silence(silence, id, now) {
            tracing::warn!(%fault, "an incident could not be snoozed");
        }
    }
    for (id, _, _) in ours {
        // It is there: we have just seen it.
        let _ = desk.machine.expire_silence(&id, now);
    }
}

/// What was held back or taken back is nobody's incident.
fn is_told(finding: &Finding) -> bool {
    use store::model::State;
    matches!(finding.state, State::Open | State::Closed)
}
