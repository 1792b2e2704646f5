//! Questions about alerts of the past.

use super::{AttemptRow, ConfigRow, LookRow, SeenRow};
use crate::model::UnixNano;
use crate::read::{Window, ask, ask_in};
use crate::{Store, StoreError};

/// Most occasions of one answer, the newest first.
pub const ALERTS_MAX: u32 = 5_000;
/// Most looks of one answer, the newest first.
pub const LOOKS_MAX: u32 = 200;
/// Most attempts of one answer, the newest first.
pub const ATTEMPTS_MAX: u32 = 1_000;

/// Alerts that were there at some time of the window, in any stand; at most [`ALERTS_MAX`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn seen(store: &Store, window: Window) -> Result<Vec<SeenRow>, StoreError> {
    let query = ask_in(store, window, include_str!("seen.sql")).param("limit", ALERTS_MAX);
    let rows = query.fetch_all::<SeenRow>().await;
    rows.map_err(StoreError::query("listing alerts of the past"))
}

/// Occasions of one alert, the newest first; at most 50.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn occasions(store: &Store, fingerprint: u64) -> Result<Vec<SeenRow>, StoreError> {
    let query = ask(store, include_str!("occasions.sql")).param("fingerprint", fingerprint);
    let rows = query.fetch_all::<SeenRow>().await;
    rows.map_err(StoreError::query("reading the occasions of an alert"))
}

/// Looks at the groups of an alert, the newest first; at most [`LOOKS_MAX`]. Other parts of a large group
/// are left out.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn looks(
    store: &Store,
    window: Window,
    fingerprint: u64,
) -> Result<Vec<LookRow>, StoreError> {
    let query = ask_in(store, window, include_str!("looks.sql"))
        .param("fingerprint", fingerprint)
        .param("limit", LOOKS_MAX);
    let rows = query.fetch_all::<LookRow>().await;
    rows.map_err(StoreError::query("reading why an alert was told of or not"))
}

/// Which attempts to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttemptFilter {
    /// A receiver's name; empty for all.
    pub receiver: String,
    /// Only those that did not arrive.
    pub failed: bool,
}

/// Attempts within the window, the newest first; at most [`ATTEMPTS_MAX`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn attempts(
    store: &Store,
    window: Window,
    filter: &AttemptFilter,
) -> Result<Vec<AttemptRow>, StoreError> {
    let query = ask_in(store, window, include_str!("attempts.sql"))
        .param("receiver", &filter.receiver)
        .param("failed", u8::from(filter.failed))
        .param("limit", ATTEMPTS_MAX);
    let rows = query.fetch_all::<AttemptRow>().await;
    rows.map_err(StoreError::query("listing attempts to deliver"))
}

/// All attempts of some messages within the window; at most [`ATTEMPTS_MAX`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn attempts_of(
    store: &Store,
    window: Window,
    messages: &[String],
) -> Result<Vec<AttemptRow>, StoreError> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let query = ask_in(store, window, include_str!("attempts_of.sql"))
        .param("messages", messages)
        .param("limit", ATTEMPTS_MAX);
    let rows = query.fetch_all::<AttemptRow>().await;
    rows.map_err(StoreError::query("reading the attempts of messages"))
}

/// The configuration that decided at an instant, if that is known.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn config_at(store: &Store, at: UnixNano) -> Result<Option<ConfigRow>, StoreError> {
    let query = ask(store, include_str!("config_at.sql")).param("at", at.0);
    let row = query.fetch_optional::<ConfigRow>().await;
    row.map_err(StoreError::query("reading which configuration decided"))
}
