//! What is counted outside of ClickHouse, or by a user's queries, minute by minute.

use std::collections::BTreeSet;

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use crate::model::UnixNano;
use crate::{Store, StoreError};

use super::sums::minutes;

/// Most minutes of all groups that are put in the place of others at once: a day of 700 groups.
const REPLACED_MAX: u64 = 1_000_000;

/// What a group counted in a minute.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Given {
    /// The group; parts are told apart by U+001F, and the whole is empty.
    pub group: String,
    /// Begin, s since the epoch.
    pub minute_s: u32,
    /// Good events, at most `total`.
    pub good: u64,
    /// All events.
    pub total: u64,
}

#[derive(Row, Serialize)]
struct Written<'a> {
    measure: &'a str,
    grp: &'a str,
    minute: u32,
    measured_at: i64,
    good: u64,
    total: u64,
}

/// Puts `rows` in the place of all that `measure` counted in the minutes of `from_s` ≤ t < `to_s`, s since
/// the epoch: groups and minutes that are not among them count nothing from now on.
///
/// # Errors
/// [`StoreError::Query`]; doing it again is harmless.
pub async fn replace(
    store: &Store,
    measure: &str,
    (from_s, to_s): (u32, u32),
    rows: &[Given],
    now: UnixNano,
) -> Result<(), StoreError> {
    let told: BTreeSet<(&str, u32)> = rows
        .iter()
        .map(|row| (row.group.as_str(), row.minute_s))
        .collect();
    let span = (i64::from(from_s), i64::from(to_s));
    let before = minutes(store, &[measure], &[], span, REPLACED_MAX).await?;
    let gone = before
        .iter()
        .filter(|row| !told.contains(&(row.group.as_str(), row.minute_s)))
        .map(|row| (row.group.as_str(), row.minute_s, 0, 0));
    let given = rows
        .iter()
        .map(|row| (row.group.as_str(), row.minute_s, row.good, row.total))
        .chain(gone);
    let failed = || StoreError::query("keeping what an SLO measured");
    let mut insert = store
        .client()
        .insert::<Written<'_>>("slo_minutes")
        .await
        .map_err(failed())?;
    for (grp, minute, good, total) in given {
        let row = Written {
            measure,
            grp,
            minute,
            measured_at: now.as_millis(),
            good,
            total,
        };
        insert.write(&row).await.map_err(failed())?;
    }
    insert.end().await.map_err(failed())
}

/// A minute of a user's query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct CountRow {
    /// Begin, s since the epoch.
    pub minute_s: u32,
    /// Events.
    pub events: u64,
}

/// Longest time a user's query may take, s.
const QUERY_SECONDS: &str = "10";
/// Most rows it may read, and most bytes.
const QUERY_ROWS: &str = "500000000";
const QUERY_BYTES: &str = "20000000000";
/// Most memory it may use, bytes.
const QUERY_MEMORY: &str = "268435456";
/// Most minutes of an answer: a day has 1,440.
const QUERY_MINUTES: &str = "10000";

/// Whether a user's query may be asked. Settings of a query within a query are not held to `readonly`, so it
/// must not have any.
///
/// # Errors
/// With what is wrong, for its writer.
pub fn allowed(query: &str) -> Result<(), &'static str> {
    let mut words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    match words.any(|word| word.eq_ignore_ascii_case("settings")) {
        true => Err("a query has no word SETTINGS: its limits are the server's"),
        false => Ok(()),
    }
}

/// What a user's query counts in the minutes of `from_s` ≤ t < `to_s`, s since the epoch. It has columns
/// `minute` and `count`, and may use `{from:DateTime}`, `{to:DateTime}` and `{step:UInt32}`, which are bound.
///
/// The server runs it read-only, which leaves it no table function that reaches files or other servers; for
/// at most ten seconds, 5·10⁸ rows, 20 GB, 256 MiB of memory and two threads.
///
/// # Errors
/// [`StoreError::Query`], with ClickHouse's own words on what is wrong with it, or those of [`allowed`].
pub async fn count(
    store: &Store,
    query: &str,
    (from_s, to_s): (u32, u32),
) -> Result<Vec<CountRow>, StoreError> {
    allowed(query).map_err(|why| {
        StoreError::query("reading a query of an SLO")(clickhouse::error::Error::Custom(
            why.to_owned(),
        ))
    })?;
    // A question mark is a place to bind to the client, and stands for itself when doubled.
    let sql = include_str!("given_count.sql").replacen("/* the query */", query, 1);
    let query = store
        .query(&sql.replace('?', "??"))
        .with_setting("readonly", "1")
        .with_setting("max_execution_time", QUERY_SECONDS)
        .with_setting("timeout_overflow_mode", "throw")
        .with_setting("max_rows_to_read", QUERY_ROWS)
        .with_setting("max_bytes_to_read", QUERY_BYTES)
        .with_setting("read_overflow_mode", "throw")
        .with_setting("max_memory_usage", QUERY_MEMORY)
        .with_setting("max_result_rows", QUERY_MINUTES)
        .with_setting("max_threads", "2")
        .with_setting("wait_end_of_query", "1")
        .param("from", from_s)
        .param("to", to_s)
        .param("step", 60_u32);
    let rows = query.fetch_all::<CountRow>().await;
    rows.map_err(StoreError::query("asking a query of an SLO"))
}
