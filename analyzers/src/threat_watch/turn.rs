//! One turn of the watch: new rows in, findings out.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use store::detector_states::{self, PIECE_BYTES_MAX, Snapshot};
use store::findings::{self, Filter};
use store::model::{Finding, UnixNano};
use store::read::arrivals::{self, Arrived, ArrivedLog, Insert, ROWS_MAX, Rows, Table};
use store::security_logs::{self, SecurityLog};
use store::{Store, StoreError};
use threats::inspect::Lens;
use threats::secrets::Secrets;
use threats::sigma::RuleSet;
use threats::stream::{Event, Settings, Stream, Told};

use super::cursor::Cursor;
use super::names::Names;
use super::rules::Folder;
use super::said::Words;
use super::tell::Book;
use super::{Config, NAME, event, record, sights};
use crate::findings::budget::NOT_USEFUL_MS;

/// What is remembered is saved so often, s.
const SAVE_S: i64 = 60;
/// Log records that wait for the store.
const UNLOGGED_MAX: usize = 10_000;
/// What people said of findings is read so often, s.
const ASK_S: i64 = 10;
/// A day without anything new before something new is news.
const WARM_UP_NS: i64 = 86_400 * 1_000_000_000;
/// The form of what is remembered; another one is thrown away.
const FORM: u32 = 4;
/// Findings so old are known at the start, ms.
const FINDINGS_MS: f64 = -2.0 * 86_400_000.0;

/// What is saved: the stream's memory, and up to where it has read.
#[derive(Default, Serialize, Deserialize)]
struct Saved {
    form: u32,
    spans: Cursor,
    logs: Cursor,
    names: Names,
    stream: Vec<u8>,
}

/// What is kept from turn to turn.
pub(super) struct Watch {
    folder: Folder,
    rules: Arc<RuleSet>,
    state: Option<State>,
    unwritten: BTreeMap<String, Finding>,
    /// Whether findings are log records too, and those that are not written yet.
    logs: bool,
    unlogged: Vec<SecurityLog>,
    saved_s: i64,
    asked_s: i64,
}

struct State {
    stream: Stream,
    spans: Cursor,
    logs: Cursor,
    names: Names,
    book: Book,
}

impl Watch {
    /// Knows nothing yet.
    pub(super) fn new(config: Config) -> Self {
        let mut folder = Folder::new(config.rules);
        let none =
            || RuleSet::build(&[], None).unwrap_or_else(|_| unreachable!("no rules, no faults"));
        Self {
            rules: folder.changed().unwrap_or_else(|| Arc::new(none())),
            folder,
            state: None,
            unwritten: BTreeMap::new(),
            logs: config.logs,
            unlogged: Vec::new(),
            saved_s: 0,
            asked_s: 0,
        }
    }

    /// Takes what has come since the last turn; whether more waits.
    pub(super) async fn turn(&mut self, store: &Store, now: UnixNano) -> Result<bool, StoreError> {
        // Taken out: after an error half of something may have been read, and the next turn begins from what
        // was saved.
        let mut state = match self.state.take() {
            Some(state) => state,
            None => self.begin(store, now).await?,
        };
        if let Some(rules) = self.folder.changed() {
            tracing::info!(rules = rules.rules().len(), "rules of Sigma were loaded");
            self.rules = Arc::clone(&rules);
            state.stream.set_rules(rules);
        }
        if now.as_secs() - self.asked_s >= ASK_S {
            let since = now.plus_millis(-NOT_USEFUL_MS);
            state
                .book
                .hear(Words::of(findings::said(store, since).await?));
            self.asked_s = now.as_secs();
        }
        let (spans, more_spans) = new_inserts(store, Table::Traces, &state.spans, now).await?;
        let (logs, more_logs) = new_inserts(store, Table::Logs, &state.logs, now).await?;
        let mut events = read::<Arrived>(store, &spans, &mut state.names).await?;
        events.extend(read::<ArrivedLog>(store, &logs, &mut state.names).await?);
        for event in &mut events {
            // A clock that is ahead must not carry the stream's along.
            event.raw.time_ns = event.raw.time_ns.min(now.0);
        }
        events.sort_by_key(|event| event.raw.time_ns);
        state.stream.arrive(now.0);
        let (mut state, told) = push(state, events).await;
        state.spans.take(&spans);
        state.logs.take(&logs);
        let (book, names) = (&mut state.book, &state.names);
        let mut found = Vec::new();
        for told in &told {
            let Some(finding) = book.tell(told, names, now) else {
                continue;
            };
            let record = record::of(told, &finding).filter(|_| self.logs);
            self.unlogged.extend(record);
            found.push(finding);
        }
        self.unlogged.truncate(UNLOGGED_MAX);
        let kept = book.keep(&state.stream, names, now);
        self.state = Some(state);
        let changed = found.into_iter().chain(kept);
        self.unwritten
            .extend(changed.map(|finding| (finding.id.clone(), finding)));
        self.write(store, now).await?;
        if now.as_secs() - self.saved_s >= SAVE_S {
            self.save(store, now).await?;
        }
        Ok(more_spans || more_logs)
    }

    /// Saves what is remembered, and up to where was read, together.
    pub(super) async fn save(&mut self, store: &Store, now: UnixNano) -> Result<(), StoreError> {
        let Some(state) = &self.state else {
            return Ok(());
        };
        let sights = sights::snapshot(state.stream.sights(), &state.names, now);
        let saved = Saved {
            form: FORM,
            spans: state.spans.clone(),
            logs: state.logs.clone(),
            names: state.names.clone(),
            stream: state.stream.save(),
        };
        let bytes = postcard::to_allocvec(&saved).unwrap_or_default();
        let snapshot = Snapshot {
            seen_s: u32::try_from(now.as_secs()).unwrap_or_default(),
            pieces: bytes.chunks(PIECE_BYTES_MAX).map(<[u8]>::to_vec).collect(),
        };
        detector_states::write(store, NAME, &snapshot, now).await?;
        detector_states::write(store, sights::NAME, &sights, now).await?;
        self.saved_s = now.as_secs();
        Ok(())
    }

    async fn begin(&mut self, store: &Store, now: UnixNano) -> Result<State, StoreError> {
        let settings = Settings {
            warm_up_ns: WARM_UP_NS,
        };
        let lens = Arc::new(Lens::new(Secrets::built_in()));
        let mut stream = Stream::new(lens, Arc::clone(&self.rules), settings);
        let filter = Filter {
            state: "open".to_owned(),
            since_ms: now.plus_millis(FINDINGS_MS).as_millis(),
            ..Filter::default()
        };
        let book = Book::restore(findings::list(store, &filter).await?);
        let saved = detector_states::read(store, NAME).await?;
        let saved =
            saved.and_then(|saved| postcard::from_bytes::<Saved>(&saved.pieces.concat()).ok());
        let saved = saved.filter(|saved| saved.form == FORM).unwrap_or_default();
        if !saved.stream.is_empty() && !stream.restore(&saved.stream) {
            tracing::warn!("what was known of threats cannot be read; it is learnt anew");
        }
        self.saved_s = now.as_secs();
        Ok(State {
            stream,
            spans: saved.spans,
            logs: saved.logs,
            names: saved.names,
            book,
        })
    }

    async fn write(&mut self, store: &Store, now: UnixNano) -> Result<(), StoreError> {
        if !self.unwritten.is_empty() {
            let all: Vec<Finding> = self.unwritten.values().cloned().collect();
            findings::write(store, &all, now).await?;
            self.unwritten.clear();
        }
        if !self.unlogged.is_empty() {
            // Before it is known whether they arrived: a record that is missing is less than one each second.
            let logs = std::mem::take(&mut self.unlogged);
            security_logs::write(store, logs).await?;
        }
        Ok(())
    }
}

async fn new_inserts(
    store: &Store,
    table: Table,
    cursor: &Cursor,
    now: UnixNano,
) -> Result<(Vec<Insert>, bool), StoreError> {
    let since_s = cursor.since_s(u32::try_from(now.as_secs()).unwrap_or_default());
    let inserts = arrivals::inserts(store, table, since_s).await?;
    Ok(cursor.choose(&inserts))
}

/// Which rows inserts brought.
fn ids(inserts: &[Insert]) -> (Vec<u64>, u32, u64) {
    let since_s = inserts
        .iter()
        .map(|insert| insert.at_s)
        .min()
        .unwrap_or_default();
    let rows = inserts.iter().map(|insert| insert.rows).sum();
    (
        inserts.iter().map(|insert| insert.insert_id).collect(),
        since_s,
        rows,
    )
}

/// A row that telemetry brought.
trait Arrival: Sized {
    /// Rows of inserts, a page of them.
    async fn ask(store: &Store, rows: &Rows<'_>) -> Result<Vec<Self>, StoreError>;
    /// As the stream sees it.
    fn event(self, names: &mut Names) -> Event;
}

impl Arrival for Arrived {
    async fn ask(store: &Store, rows: &Rows<'_>) -> Result<Vec<Self>, StoreError> {
        arrivals::spans(store, rows).await
    }

    fn event(self, names: &mut Names) -> Event {
        event::of_span(self, names)
    }
}

impl Arrival for ArrivedLog {
    async fn ask(store: &Store, rows: &Rows<'_>) -> Result<Vec<Self>, StoreError> {
        arrivals::logs(store, rows).await
    }

    fn event(self, names: &mut Names) -> Event {
        event::of_log(self, names)
    }
}

/// All rows of inserts, page after page.
async fn read<R: Arrival>(
    store: &Store,
    inserts: &[Insert],
    names: &mut Names,
) -> Result<Vec<Event>, StoreError> {
    let (inserts, since_s, rows) = ids(inserts);
    let (mut events, mut offset) = (Vec::new(), 0);
    while offset < rows {
        let asked = Rows {
            inserts: &inserts,
            since_s,
            offset,
        };
        let page = R::ask(store, &asked).await?;
        events.extend(page.into_iter().map(|row| row.event(names)));
        offset += u64::from(ROWS_MAX);
    }
    Ok(events)
}

/// Shows events to the stream, on a thread that may take its time.
async fn push(mut state: State, events: Vec<Event>) -> (State, Vec<Told>) {
    let work = move || {
        let mut told = Vec::new();
        for event in events {
            told.extend(state.stream.push(event));
        }
        (state, told)
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // It ends badly only where a detector panics, which tests exclude; then so does this.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
