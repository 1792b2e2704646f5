//! Incidents in the store: read as events and added up; what is written is events, and what they come to.

use std::collections::{BTreeMap, BTreeSet};

use store::incidents;
use store::model::UnixNano;
use store::{Store, StoreError};

use super::REOPENS_MS;
use super::book::Book;
use super::event::Event;
use super::incident::Incident;

/// Incidents whose events are read at once.
const IDS_AT_ONCE: usize = 100;

/// The events of these incidents, in order.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn events(store: &Store, ids: &[String]) -> Result<Vec<Event>, StoreError> {
    let mut all = Vec::new();
    for ids in ids.chunks(IDS_AT_ONCE) {
        let rows = incidents::events(store, ids).await?;
        all.extend(rows.iter().filter_map(Event::of));
    }
    Ok(all)
}

/// All that is not over for long, and the events it comes from.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn load(store: &Store, now: UnixNano) -> Result<(Book, Vec<Event>), StoreError> {
    let since = UnixNano::from_millis(now.as_millis() - 2 * REOPENS_MS);
    let heads = incidents::heads(store, since).await?;
    let ids: Vec<String> = heads.into_iter().map(|head| head.id).collect();
    let events = events(store, &ids).await?;
    let mut book = Book::default();
    events.iter().for_each(|event| book.add(event));
    Ok((book, events))
}

/// An incident with its events; nothing where there is none.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn one(store: &Store, id: &str) -> Result<Option<(Incident, Vec<Event>)>, StoreError> {
    let events = events(store, &[id.to_owned()]).await?;
    Ok(Incident::of(&events).map(|incident| (incident, events)))
}

/// Keeps events; they are durable on return.
///
/// # Errors
/// [`StoreError::Query`]; telling them again is harmless.
pub async fn tell(store: &Store, events: &[Event]) -> Result<(), StoreError> {
    let rows: Vec<_> = events.iter().map(Event::row).collect();
    incidents::tell(store, &rows).await
}

/// Keeps events that nobody's book has added up, and what their incidents come to with them.
///
/// # Errors
/// [`StoreError::Query`]; telling them again is harmless.
pub async fn tell_and_sum_up(store: &Store, said: &[Event]) -> Result<(), StoreError> {
    tell(store, said).await?;
    let ids: BTreeSet<String> = said.iter().map(|event| event.incident.clone()).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let mut by_id: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for event in events(store, &ids).await? {
        by_id.entry(event.incident.clone()).or_default().push(event);
    }
    let summed = by_id.values().filter_map(|events| Incident::of(events));
    let heads: Vec<_> = summed.map(|incident| incident.head()).collect();
    incidents::sum_up(store, &heads).await
}
