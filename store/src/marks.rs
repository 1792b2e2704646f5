//! How far rollups have come: what they remember across restarts, and how they see what is new.

use clickhouse::Row;
use serde::Deserialize;

use crate::{Store, StoreError};

/// Looked at again, ms: an insert is in the list of running ones a moment after it began. Recomputing
/// changes nothing, so the overlap costs only time.
const OVERLAP_MS: i64 = 2_000;

/// What there is to see of new facts.
#[derive(Row, Deserialize)]
pub(crate) struct Look {
    /// All facts stamped before this moment can be seen, Unix ms by the server's clock.
    now_ms: i64,
    /// Whether any fact was stored or merged since the moment asked for.
    pub(crate) changed: bool,
}

impl Look {
    /// Up to where facts were seen, with what is looked at again taken off, Unix ms.
    pub(crate) const fn until_ms(&self) -> i64 {
        self.now_ms - OVERLAP_MS
    }
}

/// The server's clock decides, because it also stamps `ingested_at`: not before an insert begins. So all
/// facts stamped before the oldest insert still running can be seen now, however slow the inserts are.
pub(crate) async fn look(store: &Store, since_ms: i64) -> Result<Look, StoreError> {
    let sql = "\
WITH
    (
        SELECT max(elapsed) FROM system.processes
        WHERE query_kind = 'Insert' AND position(query, 'invocation_facts') > 0
    ) AS longest_insert_s
SELECT
    toUnixTimestamp64Milli(now64(3)) - toInt64(1000 * ifNull(longest_insert_s, 0)) AS now_ms,
    count() > 0 AS changed
FROM system.parts
WHERE database = currentDatabase() AND table = 'invocation_facts' AND active
  AND toUnixTimestamp(modification_time) + 2 >= intDiv({since:Int64}, 1000)";
    let query = store.query(sql).param("since", since_ms.max(0));
    query
        .fetch_one::<Look>()
        .await
        .map_err(StoreError::query("looking for new invocation facts"))
}

/// What was marked under `name`, if anything ever was.
pub(crate) async fn read(store: &Store, name: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT value FROM rollup_marks FINAL WHERE name = {name:String}";
    let query = store.query(sql).param("name", name);
    query
        .fetch_optional::<String>()
        .await
        .map_err(StoreError::query(format!("reading the mark {name}")))
}

/// Marks `value` under `name`, in the place of what was there.
pub(crate) async fn write(store: &Store, name: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO rollup_marks (name, value) SELECT {name:String}, {value:String}";
    let query = store.query(sql).param("name", name).param("value", value);
    query
        .execute()
        .await
        .map_err(StoreError::query(format!("writing the mark {name}")))
}
