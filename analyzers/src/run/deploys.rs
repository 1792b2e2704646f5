//! Keeping deploys: asks the store what telemetry and audit logs tell, and writes down what is new.

use store::model::{Deploy, UnixNano};
use store::read::{Window, audit, deploys as known, versions};
use store::{Store, StoreError};

use crate::deploys::audit::{Audited, NEEDLES, PUBLISH_MS, audited, deploys, fold, names};
use crate::deploys::{marks, returns};

/// How far back a version may have begun without being noticed, ms: data comes late after an outage.
const SEARCH_MS: f64 = -7.0 * 86_400_000.0;
/// How far back versions that come back are looked for, s: what is late for longer is told by nobody.
const RETURNS_S: i64 = 6 * 3_600;
/// Ten minutes of traffic count once they are this long over, s: spans come late.
const SETTLED_S: i64 = 120;
/// Versions that come back and audit logs are looked for every this many turns of some six seconds.
const TURNS_PER_SLOW: u32 = 5;
/// Audit logs are read when they are fresh, and again when they are 6 and 15 minutes and two hours old:
/// CloudTrail delivers within about five minutes, mostly within a quarter of an hour, and sometimes later.
/// What comes later still is not seen. So each log record is looked through a few times, not at every turn.
const LOOKS: [(&str, i64); 4] = [
    ("deploys_audit", 0),
    ("deploys_audit_6m", 360),
    ("deploys_audit_15m", 900),
    ("deploys_audit_2h", 7_200),
];
/// How far back a look goes that did not take place for long, s; what is older is not seen.
const OLDEST_S: i64 = 86_400;
/// Most time read in one question, s, and how far back the very first look goes: catching up goes by hours.
const STRETCH_S: i64 = 3_600;
/// Most records read in one question. Of a stretch with more, the rest is read in the next turn.
const RECORDS_MAX: u32 = 500;

/// Remembers which turn it is. One per cluster.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    turn: u32,
}

impl Keeper {
    /// Tells the store of deploys that became known since the last turn.
    pub(super) async fn tick(&mut self, store: &Store, now: UnixNano) -> Result<(), StoreError> {
        let since = now.plus_millis(SEARCH_MS);
        let seen = versions::new_versions(store, since).await?;
        store.tell_deploys(marks::marks(&seen), now).await?;
        let is_slow_turn = self.turn.is_multiple_of(TURNS_PER_SLOW);
        self.turn = self.turn.wrapping_add(1);
        if is_slow_turn {
            tell_returns(store, now).await?;
            for (name, behind_s) in LOOKS {
                look(
                    store,
                    name,
                    UnixNano::from_secs(now.as_secs() - behind_s),
                    now,
                )
                .await?;
            }
        }
        Ok(())
    }
}

async fn tell_returns(store: &Store, now: UnixNano) -> Result<(), StoreError> {
    let until_s = (now.as_secs() - SETTLED_S).div_euclid(600) * 600;
    let (since, until) = (
        UnixNano::from_secs(until_s - RETURNS_S),
        UnixNano::from_secs(until_s),
    );
    let rows = versions::leading(store, since, until).await?;
    store.tell_deploys(returns::returns(&rows), now).await
}

/// Reads one stretch of audit logs, from where this look came to until `end`.
async fn look(store: &Store, name: &str, end: UnixNano, now: UnixNano) -> Result<(), StoreError> {
    let marked = audit::marked(store, name).await?;
    let before = |seconds: i64| UnixNano::from_secs(end.as_secs() - seconds);
    let from = match marked {
        Some(until_ns) => UnixNano(until_ns).max(before(OLDEST_S)).min(end),
        None => before(STRETCH_S),
    };
    let to = from.plus_millis(1e3 * STRETCH_S as f64).min(end);
    let window = Window {
        // A version and the change of `$LATEST` it was made of may lie in two stretches.
        from: from.plus_millis(-PUBLISH_MS),
        to,
    };
    let records = audit::records(store, window, &NEEDLES, RECORDS_MAX).await?;
    let is_cut = records.len() >= RECORDS_MAX as usize;
    let until = match records.last() {
        // Cut off in the middle: the next turn goes on from here, unless that leads nowhere.
        Some(last) if is_cut && last.time_ns > from.0 => UnixNano(last.time_ns),
        _ => to,
    };
    let told = fold(records.iter().flat_map(audited).collect());
    // A change of `$LATEST` is told once it is clear that no version was published of it.
    let settled = until.plus_millis(-PUBLISH_MS);
    let told = told
        .into_iter()
        .filter(|one| one.version != "$LATEST" || one.at < settled);
    tell(store, &told.collect::<Vec<_>>(), now).await?;
    audit::mark(store, name, until.0).await
}

async fn tell(store: &Store, told: &[Audited], now: UnixNano) -> Result<(), StoreError> {
    if told.is_empty() {
        return Ok(());
    }
    let (apps, named): (Vec<Audited>, Vec<Audited>) =
        told.iter().cloned().partition(|one| one.is_app);
    let mut candidates = known::called(store, &[], &names(&named)).await?;
    if !apps.is_empty() {
        candidates.extend(known::of_apps(store, &names(&apps)).await?);
    }
    let deploys: Vec<Deploy> = told
        .iter()
        .flat_map(|one| deploys(one, &candidates))
        .collect();
    if !deploys.is_empty() {
        tracing::debug!(deploys = deploys.len(), "audit logs tell of deploys");
    }
    store.tell_deploys(deploys, now).await
}
