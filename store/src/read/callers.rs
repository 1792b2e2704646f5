//! Who called one function, before a moment and since.

use clickhouse::Row;
use serde::Deserialize;

use super::{Window, all, ask_in};
use crate::{Store, StoreError};

/// Runs that are looked at for one answer; of more, an even share.
const RUNS_MAX: u64 = 20_000;

/// How often somebody called, before or since.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct Caller {
    /// Whether since.
    pub after: bool,
    /// The caller's function id, which may be the function's own; empty where no span of a function is
    /// behind a run.
    pub caller: String,
    /// Runs of the function.
    pub runs: u64,
}

/// Callers of the function `id` in two windows, of which `since` is the later one.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of(
    store: &Store,
    id: &str,
    before: Window,
    since: Window,
) -> Result<Vec<Caller>, StoreError> {
    let whole = Window {
        from: before.from,
        to: since.to,
    };
    let query = ask_in(store, whole, include_str!("callers.sql"))
        .param("id", id)
        .param("before_to", before.to.0)
        .param("since", since.from.0)
        .param("runs", RUNS_MAX);
    all(query, "reading who calls a function").await
}
