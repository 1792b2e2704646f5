//! Sums of what was measured.

use clickhouse::Row;
use serde::Deserialize;

use crate::{Store, StoreError, read};

/// Rows of an answer at most: 10,000 groups of a hundred pieces.
const ROWS_MAX: &str = "1000000";

/// Events of a group between two cuts.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct PieceRow {
    /// The measure's key.
    pub measure: String,
    /// The group; parts are told apart by U+001F, and the whole is empty.
    pub group: String,
    /// The cut where it begins, s since the epoch.
    pub piece_s: i64,
    /// Good events.
    pub good: u64,
    /// All events.
    pub total: u64,
}

/// A minute of a group.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct MinuteRow {
    /// The measure's key.
    pub measure: String,
    /// The group, as in [`PieceRow`].
    pub group: String,
    /// Begin, s since the epoch.
    pub minute_s: u32,
    /// Good events.
    pub good: u64,
    /// All events.
    pub total: u64,
}

/// What each group of these measures counted between the first and the last of `cuts_s`, which rise, in
/// pieces that begin at them. Only hours that a cut divides are read by the minute. No `groups` ask for all.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn pieces(
    store: &Store,
    measures: &[&str],
    cuts_s: &[i64],
    groups: &[&str],
) -> Result<Vec<PieceRow>, StoreError> {
    let (Some(first_s), Some(last_s)) = (cuts_s.first(), cuts_s.last()) else {
        return Ok(Vec::new());
    };
    let mut divided: Vec<i64> = cuts_s
        .iter()
        .filter(|cut| cut.rem_euclid(3_600) != 0)
        .map(|cut| cut - cut.rem_euclid(3_600))
        .collect();
    divided.dedup();
    let query = store
        .query(include_str!("pieces.sql"))
        .with_setting("max_execution_time", "30")
        .with_setting("max_result_rows", ROWS_MAX)
        .param("measures", measures)
        .param("groups", groups)
        .param("cuts_s", cuts_s)
        .param("divided_s", divided)
        .param("from_s", first_s)
        .param("to_s", last_s);
    let rows = query.fetch_all::<PieceRow>().await;
    rows.map_err(StoreError::query("summing what SLOs measured"))
}

/// What a function did lately.
#[derive(Clone, Debug, PartialEq, Row, Deserialize)]
pub struct PastRow {
    /// Text form of the function id.
    pub function_id: String,
    /// Invocations that ran.
    pub invocations: u64,
    /// Of these, failed.
    pub errors: u64,
    /// Median, 95th and 99th percentile of durations, ms; NaN without any.
    pub duration_ms: Vec<f64>,
}

/// What the busiest functions did since then, s since the epoch.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn past(store: &Store, since_s: u32, limit: u32) -> Result<Vec<PastRow>, StoreError> {
    let query = read::ask(store, include_str!("past.sql"))
        .param("since_s", since_s)
        .param("limit", limit);
    let rows = query.fetch_all::<PastRow>().await;
    rows.map_err(StoreError::query("asking what functions did lately"))
}

/// Minutes of these measures that begin within `from_s` ≤ t < `to_s`, group by group in order of time; at
/// most `limit`, and one more where there are more. No `groups` ask for all.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn minutes(
    store: &Store,
    measures: &[&str],
    groups: &[&str],
    (from_s, to_s): (i64, i64),
    limit: u64,
) -> Result<Vec<MinuteRow>, StoreError> {
    let sql = "\
SELECT toString(m.measure) AS measure, toString(m.grp) AS group,
       toUnixTimestamp(m.minute) AS minute_s, m.good, m.total
FROM slo_minutes AS m FINAL
WHERE m.measure IN {measures:Array(String)} AND m.total > 0
  AND (empty({groups:Array(String)}) OR m.grp IN {groups:Array(String)})
  AND toStartOfHour(m.minute) >= toStartOfHour(toDateTime({from_s:Int64}))
  AND m.minute >= toDateTime({from_s:Int64}) AND m.minute < toDateTime({to_s:Int64})
ORDER BY group, minute_s
LIMIT {limit:UInt64}";
    let query = store
        .query(sql)
        .with_setting("max_execution_time", "30")
        .param("measures", measures)
        .param("groups", groups)
        .param("from_s", from_s.max(0))
        .param("to_s", to_s.max(0))
        .param("limit", limit + 1);
    let rows = query.fetch_all::<MinuteRow>().await;
    rows.map_err(StoreError::query("reading the minutes of SLOs"))
}
