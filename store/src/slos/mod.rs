//! SLOs in and out: objects that came through the API, what their indicators measured by minute and hour,
//! and sums of it.

mod given;
mod measure;
mod sums;
mod told;

use clickhouse::Row;
use serde::Deserialize;

use crate::model::UnixNano;
use crate::{Store, StoreError, marks};

pub use given::{CountRow, Given, allowed, count, replace};
pub use measure::{Counted, Filters, Question, Source, WorstRow, measure, sum_hours, worst};
pub use sums::{MinuteRow, PastRow, PieceRow, minutes, past, pieces};
pub use told::{TOLD_MAX, ToldRow, told};

/// Objects of the API: 1,000 texts of at most [`TEXT_BYTES_MAX`], most of which have a hundredth of it.
pub const OBJECTS_MAX: u32 = 1_000;
/// Longest text of an object, bytes.
pub const TEXT_BYTES_MAX: usize = 65_536;

/// An object as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct StoredSlo {
    /// The SLO's name.
    pub name: String,
    /// OpenSLO, YAML.
    pub text: String,
    /// When it was written, Unix ms.
    pub updated_ms: i64,
}

/// All that were not deleted, by name; at most [`OBJECTS_MAX`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn list(store: &Store) -> Result<Vec<StoredSlo>, StoreError> {
    let sql = "\
SELECT name, text, toUnixTimestamp64Milli(updated_at) AS updated_ms
FROM slo_objects FINAL
WHERE deleted = 0
ORDER BY name
LIMIT {limit:UInt32}";
    let query = crate::read::ask(store, sql).param("limit", OBJECTS_MAX);
    let rows = query.fetch_all::<StoredSlo>().await;
    rows.map_err(StoreError::query("listing SLOs"))
}

/// Writes an object in the place of what had its name; no text deletes it.
///
/// # Errors
/// [`StoreError::Query`]; writing it again is harmless.
pub async fn write(
    store: &Store,
    name: &str,
    text: Option<&str>,
    now: UnixNano,
) -> Result<(), StoreError> {
    #[derive(Row, serde::Serialize)]
    struct Written<'a> {
        name: &'a str,
        text: &'a str,
        updated_at: i64,
        deleted: u8,
    }
    let failed = || StoreError::query("keeping an SLO");
    let mut insert = store
        .client()
        .insert::<Written<'_>>("slo_objects")
        .await
        .map_err(failed())?;
    let row = Written {
        name,
        text: text.unwrap_or(""),
        updated_at: now.as_millis(),
        deleted: u8::from(text.is_none()),
    };
    insert.write(&row).await.map_err(failed())?;
    insert.end().await.map_err(failed())
}

/// The second that was marked under `name`: how far a measure's history is read, or which minute was looked
/// at last.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn mark(store: &Store, name: &str) -> Result<Option<i64>, StoreError> {
    let value = marks::read(store, &format!("slos.{name}")).await?;
    Ok(value.and_then(|value| value.parse().ok()))
}

/// Marks a second, in the place of what was marked.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn set_mark(store: &Store, name: &str, at_s: i64) -> Result<(), StoreError> {
    marks::write(store, &format!("slos.{name}"), &at_s.to_string()).await
}

/// All marks: names, and the second that was marked.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn marked(store: &Store) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "\
SELECT substring(name, 6), toInt64OrZero(value)
FROM rollup_marks FINAL
WHERE startsWith(name, 'slos.')";
    let rows = store.query(sql).fetch_all::<(String, i64)>().await;
    rows.map_err(StoreError::query("listing what SLOs measure"))
}
