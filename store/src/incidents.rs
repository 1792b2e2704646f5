//! Incidents in and out: what happened to them, and what that comes to. What an event says is its writer's
//! matter (`alerts::incidents`); here it is a text.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use crate::model::UnixNano;
use crate::{Store, StoreError};

/// Most events that one answer holds; of 300 bytes each they take 30 MB.
pub const EVENTS_MAX: u32 = 100_000;
/// Most incidents of one answer.
pub const HEADS_MAX: u32 = 2_000;

/// Something that happened to an incident. Writing the same again is harmless.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct EventRow {
    /// Which incident.
    pub incident_id: String,
    /// When, ns since the epoch; also the order within the incident.
    pub at_ns: i64,
    /// Never used before.
    pub id: String,
    /// Who says so: a person's name, or nobody.
    pub said_by: String,
    /// What, as JSON.
    pub body: String,
}

/// What the events of an incident come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct Head {
    /// The incident.
    pub id: String,
    /// How many events it is made of: the row of most events wins.
    pub revision: u64,
    /// `open`, `acknowledged`, `resolved`, `merged`.
    pub state: String,
    /// The worst that its members had.
    pub severity: String,
    /// What its cause says.
    pub title: String,
    /// Where its cause is: a function, a peer, a queue, ….
    pub place: String,
    /// Whose it is; may be empty.
    pub assignee: String,
    /// Findings in it.
    pub members: u32,
    /// Of these, still open.
    pub members_open: u32,
    /// Ids of functions that suffer.
    pub functions: Vec<String>,
    /// The incident it became part of, or empty.
    pub merged_into: String,
    /// When the first finding was certain, ms since the epoch.
    pub opened_ms: i64,
    /// When somebody took it, first.
    pub acknowledged_ms: Option<i64>,
    /// When nothing of it held any more, last.
    pub restored_ms: Option<i64>,
    /// When it was closed.
    pub resolved_ms: Option<i64>,
    /// Until when nobody is told of it.
    pub snoozed_ms: Option<i64>,
    /// When anything happened to it last.
    pub changed_ms: i64,
}

/// Keeps events.
///
/// # Errors
/// [`StoreError::Query`]; some may be kept then, and writing all of them again is harmless.
pub async fn tell(store: &Store, events: &[EventRow]) -> Result<(), StoreError> {
    insert(store, "incident_events", events).await
}

/// Keeps what events come to.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn sum_up(store: &Store, heads: &[Head]) -> Result<(), StoreError> {
    insert(store, "incidents", heads).await
}

async fn insert<R>(store: &Store, table: &str, rows: &[R]) -> Result<(), StoreError>
where
    R: clickhouse::RowOwned + clickhouse::RowWrite,
{
    if rows.is_empty() {
        return Ok(());
    }
    let failed = || StoreError::query(format!("writing {table}"));
    let mut insert = store.client().insert::<R>(table).await.map_err(failed())?;
    for row in rows {
        insert.write(row).await.map_err(failed())?;
    }
    insert.end().await.map_err(failed())
}

/// All that happened to these incidents, in order.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn events(store: &Store, ids: &[String]) -> Result<Vec<EventRow>, StoreError> {
    let sql = "\
SELECT ?fields FROM incident_events FINAL
WHERE incident_id IN {ids:Array(String)}
ORDER BY incident_id, at_ns, id
LIMIT {limit:UInt32}";
    let query = crate::read::ask(store, &with_fields::<EventRow>(sql))
        .param("ids", ids)
        .param("limit", EVENTS_MAX);
    let rows = query.fetch_all::<EventRow>().await;
    rows.map_err(StoreError::query("reading what happened to incidents"))
}

/// What anybody wrote within the last `lately_s` seconds of the server's clock, in order.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn written_lately(store: &Store, lately_s: u32) -> Result<Vec<EventRow>, StoreError> {
    let sql = "\
SELECT ?fields FROM incident_events
WHERE written_at >= now64(3) - toIntervalSecond({lately:UInt32})
ORDER BY incident_id, at_ns, id
LIMIT {limit:UInt32}";
    let query = crate::read::ask(store, &with_fields::<EventRow>(sql))
        .param("lately", lately_s)
        .param("limit", EVENTS_MAX);
    let rows = query.fetch_all::<EventRow>().await;
    rows.map_err(StoreError::query("reading what was said of incidents"))
}

/// Incidents that were not closed before `since`, the newest first; at most [`HEADS_MAX`]. Those that became
/// part of others are among them.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn heads(store: &Store, since: UnixNano) -> Result<Vec<Head>, StoreError> {
    let sql = "\
SELECT ?fields FROM incidents FINAL
WHERE state IN ('open', 'acknowledged') OR changed_ms >= {since:Int64}
ORDER BY state IN ('open', 'acknowledged') DESC, opened_ms DESC, id
LIMIT {limit:UInt32}";
    let query = crate::read::ask(store, &with_fields::<Head>(sql))
        .param("since", since.as_millis())
        .param("limit", HEADS_MAX);
    let rows = query.fetch_all::<Head>().await;
    rows.map_err(StoreError::query("listing incidents"))
}

fn with_fields<R: Row>(sql: &str) -> String {
    sql.replace("?fields", &R::COLUMN_NAMES.join(", "))
}
