//! One turn of the keeper.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use store::detector_states::{self, Snapshot};
use store::findings::{self, Filter};
use store::model::{Finding, UnixNano};
use store::slos;
use store::{Store, StoreError};

use super::ask::Asker;
use super::book::{Book, KINDS, Stepped};
use super::history::{Newest, Past, wanted};
use super::reckon::{self, Group};
use super::{Touched, ahead};
use crate::cost::Books;
use crate::slo::alerts::State;
use crate::slo::catalogue::{Catalogue, Entry, Sources};
use crate::slo::measure::Question;
use crate::watch::closed_minutes_s;

/// The name of what is remembered.
const NAME: &str = "slos";
/// The mark of the minute that was reckoned last.
const SEEN: &str = "seen";
/// After a restart so much is measured once more, s: what was touched and not yet measured.
const AGAIN_S: i64 = 3_600;
/// And at most so much, s.
const AGAIN_MAX_S: i64 = 2 * 86_400;
/// The form of what is remembered; another one is thrown away.
const FORM: u16 = 1;

/// Alert states that are not at rest: by SLO, group and rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct States(BTreeMap<(String, String), BTreeMap<String, State>>);

impl States {
    fn of(&self, entry: &Entry, group: &str) -> Vec<State> {
        let known = self.0.get(&(entry.key(), group.to_owned()));
        let state = |name: &String| known.and_then(|known| known.get(name)).copied();
        let rules = entry.plan.rules.iter();
        rules
            .map(|rule| state(&rule.name).unwrap_or_default())
            .collect()
    }

    fn put(&mut self, entry: &Entry, group: &str, states: Vec<State>) {
        let names = entry.plan.rules.iter().map(|rule| rule.name.clone());
        let moved: BTreeMap<String, State> = names
            .zip(states)
            .filter(|(_, state)| *state != State::default())
            .collect();
        if !moved.is_empty() {
            self.0.insert((entry.key(), group.to_owned()), moved);
        }
    }
}

/// What is kept from turn to turn.
pub struct Keeper {
    sources: Sources,
    asker: Asker,
    /// Minutes that changed and are not measured yet.
    pending: BTreeSet<u32>,
    newest: Newest,
    past: Past,
    states: States,
    book: Option<Book>,
    /// Findings that could not be written yet.
    unwritten: BTreeMap<String, Finding>,
    seen_s: u32,
    /// Since when a restart may have missed something, s since the epoch.
    again_s: u32,
    /// Alerts are stepped once a minute, however often the past is read on meanwhile.
    reckoned_s: u32,
    faults: Vec<crate::slo::catalogue::Fault>,
}

impl Keeper {
    /// Knows nothing yet; hours are priced by `books`.
    #[must_use]
    pub fn new(sources: Sources, books: Arc<Books>) -> Self {
        Self {
            sources,
            asker: Asker::new(books),
            newest: Newest::default(),
            pending: BTreeSet::new(),
            past: Past::default(),
            states: States::default(),
            book: None,
            unwritten: BTreeMap::new(),
            seen_s: 0,
            again_s: u32::MAX,
            reckoned_s: 0,
            faults: Vec::new(),
        }
    }

    /// Measures what changed and, when a minute has closed, reckons all SLOs at it.
    ///
    /// # Errors
    /// [`StoreError::Query`]; the next turn does the same work again.
    pub async fn turn(
        &mut self,
        store: &Store,
        touched: &Touched,
        now: UnixNano,
    ) -> Result<(), StoreError> {
        self.pending.extend(touched.take());
        let closed_s = closed_minutes_s(now.as_secs());
        if closed_s <= self.seen_s {
            return Ok(());
        }
        let mut marked = Vec::new();
        if self.book.is_none() {
            self.begin(store, closed_s).await?;
            let names = slos::marked(store).await?.into_iter().map(|(name, _)| name);
            marked = names.filter(|name| name != SEEN).collect();
        }
        let catalogue = self.sources.read(&slos::list(store).await?);
        self.tell_faults(&catalogue);
        let wanted = wanted(&catalogue.entries, closed_s);
        self.past.forget(store, marked, &wanted).await?;
        let closed: BTreeSet<u32> = self.pending.range(..closed_s).copied().collect();
        for (question, _) in wanted.values() {
            let since = (self.again_s, closed_s);
            let counted = self
                .newest
                .count(store, &mut self.asker, question, &closed, since);
            counted.await?;
        }
        self.pending = self.pending.split_off(&closed_s);
        let read = self.past.read_on(store, &mut self.asker, &wanted, closed_s);
        let is_whole = read.await?;
        if closed_s > self.reckoned_s {
            self.reckon(store, &catalogue, &wanted, closed_s, now)
                .await?;
            self.reckoned_s = closed_s;
        }
        slos::set_mark(store, SEEN, closed_s.into()).await?;
        // What is left of the past is read on at once, not a minute later.
        self.seen_s = if is_whole { closed_s } else { closed_s - 60 };
        Ok(())
    }

    /// What was open and remembered before a restart, which neither fires nor resolves anything.
    async fn begin(&mut self, store: &Store, closed_s: u32) -> Result<(), StoreError> {
        let mut known = Vec::new();
        for kind in KINDS {
            let open = Filter {
                state: "open".to_owned(),
                kind: kind.to_owned(),
                ..Filter::default()
            };
            known.extend(findings::list(store, &open).await?);
        }
        let book = Book::restore(&known);
        if let Some(snapshot) = detector_states::read(store, NAME).await? {
            let bytes = snapshot.pieces.concat();
            if let Ok((FORM, states)) = postcard::from_bytes::<(u16, States)>(&bytes) {
                self.states = states;
            }
        }
        if let Some(seen_s) = slos::mark(store, SEEN).await? {
            let from_s = (seen_s - AGAIN_S).max(i64::from(closed_s) - AGAIN_MAX_S);
            let from_s = u32::try_from(from_s).unwrap_or(0);
            self.again_s = from_s;
            self.pending
                .extend((from_s - from_s % 60..closed_s).step_by(60));
        }
        self.book = Some(book);
        Ok(())
    }

    fn tell_faults(&mut self, catalogue: &Catalogue) {
        for fault in &catalogue.faults {
            if !self.faults.contains(fault) {
                tracing::warn!(
                    source = fault.source,
                    reason = fault.reason,
                    "an SLO is not reckoned"
                );
            }
        }
        self.faults.clone_from(&catalogue.faults);
    }

    async fn reckon(
        &mut self,
        store: &Store,
        catalogue: &Catalogue,
        wanted: &BTreeMap<String, (Question, i64)>,
        closed_s: u32,
        now: UnixNano,
    ) -> Result<(), StoreError> {
        // An SLO whose past is not read yet would alert on a part of it.
        let knows = |entry: &&Entry| {
            let mut questions = entry.questions.iter().flatten();
            questions.all(|question| {
                let from_s = wanted
                    .get(&question.measure)
                    .map_or(0, |(_, from_s)| *from_s);
                self.past.knows(&question.measure, from_s)
            })
        };
        let entries: Vec<Entry> = catalogue.entries.iter().filter(knows).cloned().collect();
        let minute = i64::from(closed_s / 60) - 1;
        let groups = reckon::groups(store, &entries, minute).await?;
        let (next, changed) = self.step(catalogue, &entries, &groups, minute, now);
        for finding in changed {
            self.unwritten.insert(finding.id.clone(), finding);
        }
        let unwritten: Vec<Finding> = self.unwritten.values().cloned().collect();
        findings::write(store, &unwritten, now).await?;
        self.unwritten.clear();
        if next != self.states {
            save(store, &next, closed_s, now).await?;
            self.states = next;
        }
        Ok(())
    }

    /// Steps the alerts of all groups.
    fn step(
        &mut self,
        catalogue: &Catalogue,
        entries: &[Entry],
        groups: &[Group],
        minute: i64,
        now: UnixNano,
    ) -> (States, Vec<Finding>) {
        let periods: Vec<_> = entries
            .iter()
            .map(|entry| reckon::period(entry, minute))
            .collect();
        let rates: Vec<_> = entries
            .iter()
            .map(|entry| reckon::thresholds(entry, minute))
            .collect();
        let mut next = States::default();
        let exists: BTreeSet<String> = catalogue.entries.iter().map(Entry::key).collect();
        // A group that has no event in any window is frozen like one with an empty window.
        for (key, states) in &self.states.0 {
            if exists.contains(&key.0) {
                next.0.insert(key.clone(), states.clone());
            }
        }
        let mut lines = Vec::new();
        for group in groups {
            let entry = &entries[group.entry];
            let mut states = self.states.of(entry, &group.name);
            let so_far = periods[group.entry].0;
            let line = group.line(entry, so_far, &rates[group.entry], &mut states);
            next.0.remove(&(entry.key(), group.name.clone()));
            next.put(entry, &group.name, states);
            lines.push(line);
        }
        let stepped = groups.iter().zip(&lines).map(|(group, line)| {
            let entry = &entries[group.entry];
            let (so_far, period_minutes) = periods[group.entry];
            Stepped {
                entry,
                group: &group.name,
                line,
                period_minutes,
                outlook: ahead::look(&entry.plan, &group.known, so_far, period_minutes),
            }
        });
        let stepped: Vec<_> = stepped.collect();
        let book = self.book.get_or_insert_default();
        let known = |finding: &Finding| {
            let detail = &finding.detail;
            exists.iter().any(|name| {
                detail
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with(' ') || rest.is_empty())
            })
        };
        let changed = book.turn(&stepped, known, now);
        (next, changed)
    }
}

async fn save(
    store: &Store,
    states: &States,
    closed_s: u32,
    now: UnixNano,
) -> Result<(), StoreError> {
    let bytes = postcard::to_allocvec(&(FORM, states)).unwrap_or_default();
    let pieces = bytes.chunks(detector_states::PIECE_BYTES_MAX);
    let snapshot = Snapshot {
        seen_s: closed_s,
        pieces: pieces.map(<[u8]>::to_vec).collect(),
    };
    detector_states::write(store, NAME, &snapshot, now).await
}
