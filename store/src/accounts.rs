//! Accounts that became known late.
//!
//! Log lines and some resource detectors name a function without its account. The collector fills it in
//! once it has learnt it, but facts stored before that, or after a restart that made it forget, stay without
//! one, and their invocations would count for a twin of the function. As soon as exactly one account is
//! known for the name, these facts are told once more with it: they merge, and the rollups see them as new.

use std::collections::HashSet;

use clickhouse::Row;
use serde::Deserialize;

use crate::{Store, StoreError};

/// Functions told by one statement. They travel in its address, of which ClickHouse takes 1 MiB; a key with
/// its account is at most some 700 bytes of it.
const FUNCTIONS_MAX: usize = 1_000;
/// Facts of this long before the last look are looked at again, ms: their insert may have been running.
const OVERLAP_MS: i64 = 600_000;

/// Remembers which functions were looked through whole. One per cluster.
#[derive(Debug, Default)]
pub struct Accounts {
    /// Function keys whose older facts have their account.
    settled: HashSet<String>,
    /// Facts stored before this have their account, if their function is settled; ms since the epoch.
    since_ms: i64,
}

/// A function that was seen both with its only known account and without one.
#[derive(Clone, Debug, Row, Deserialize)]
struct Late {
    function_key: String,
    account: String,
    now_ms: i64,
}

#[derive(Row, Deserialize)]
struct Day {
    day: u16,
}

impl Accounts {
    /// Tells the account of facts that lack it. Safe to call at any time and any number of times.
    ///
    /// # Errors
    /// [`StoreError::Query`]; the next call does the same work again.
    pub async fn tick(&mut self, store: &Store) -> Result<(), StoreError> {
        let late = late(store).await?;
        let Some(now_ms) = late.first().map(|late| late.now_ms) else {
            return Ok(());
        };
        let is_settled = |late: &Late| self.settled.contains(&late.function_key);
        let (settled, fresh): (Vec<Late>, Vec<Late>) = late.into_iter().partition(is_settled);
        for some in settled.chunks(FUNCTIONS_MAX) {
            tell(store, some, self.since_ms).await?;
        }
        for some in fresh.chunks(FUNCTIONS_MAX) {
            tell(store, some, 0).await?;
        }
        self.settled = settled
            .into_iter()
            .chain(fresh)
            .map(|late| late.function_key)
            .collect();
        self.since_ms = now_ms - OVERLAP_MS;
        Ok(())
    }
}

async fn late(store: &Store) -> Result<Vec<Late>, StoreError> {
    let query = store.query(include_str!("accounts_late.sql"));
    query.fetch_all().await.map_err(StoreError::query(
        "looking for accounts that became known late",
    ))
}

/// Day by day, because an insert may touch no more than 100 partitions.
async fn tell(store: &Store, late: &[Late], since_ms: i64) -> Result<(), StoreError> {
    let keys: Vec<&str> = late.iter().map(|l| l.function_key.as_str()).collect();
    let accounts: Vec<&str> = late.iter().map(|l| l.account.as_str()).collect();
    let days: Vec<Day> = store
        .query(include_str!("accounts_days.sql"))
        .param("keys", &keys)
        .param("since", since_ms)
        .fetch_all()
        .await
        .map_err(StoreError::query("looking for facts without an account"))?;
    for Day { day } in days {
        store
            .query(include_str!("accounts_tell.sql"))
            .param("keys", &keys)
            .param("accounts", &accounts)
            .param("since", since_ms)
            .param("day", day)
            .execute()
            .await
            .map_err(StoreError::query("telling facts their account"))?;
    }
    Ok(())
}
