//! The schedule: what runs once per cluster, again and again, until told to stop.

mod deploys;

use std::sync::Arc;
use std::time::Duration;

use store::Store;
use store::accounts::Accounts;
use store::retention::Retention;
use store::rollup::Roller;
use store::tags::Gatherer;
use store::usage::{self, Terms, Tick};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::cost::Books;
use crate::detectors::Settings;
use crate::slo::catalogue::Sources;
use crate::slo::keep::{self as slos, Touched};
use crate::threat_watch as threats;
use crate::watch::{self as detectors, Changes, Setup};

/// New data shows in rollups within about this time,
const ROLLUP_INTERVAL: Duration = Duration::from_secs(2);
/// unless a rollup takes long: it rests so many times as long as it worked, so that it takes no more than
/// a tenth of the time that inserts and pages need, too,
const ROLLUP_REST: u32 = 9;
/// but it rests at most this long: what a backfill of months touches takes a minute to count, and what
/// came meanwhile is not to be seen ten minutes later only.
const ROLLUP_REST_MAX: Duration = Duration::from_secs(60);
/// New usage shows within about this time, with the same rest; after [`ROLLUP_INTERVAL`] while old usage
/// is counted again.
const USAGE_INTERVAL: Duration = Duration::from_secs(10);
/// Allocation tags are gathered every this many rollups of usage: they hardly ever change.
const USAGE_PER_TAGS: u32 = 6;
/// Deploys are looked for every this many rollups.
const ROLLUPS_PER_DEPLOY_SEARCH: u32 = 3;
/// Accounts that became known late are looked for every this many rollups.
const ROLLUPS_PER_ACCOUNTS: u32 = 3;
/// Old days are looked for every this many rollups: once an hour, and at the start.
const ROLLUPS_PER_SWEEP: u32 = 1_800;

/// What is configured.
#[derive(Clone)]
pub struct Config {
    /// How long data is kept.
    pub retention: Retention,
    /// How usage is counted.
    pub terms: Terms,
    /// What detectors price it by.
    pub books: Arc<Books>,
    /// What detectors are told.
    pub detectors: Settings,
    /// Where SLOs stand.
    pub slos: Sources,
    /// What threats are looked for by; None where another process does.
    pub threats: Option<threats::Config>,
}

/// Runs until `stop` changes. An error is logged and the work done again at the next turn.
pub async fn run(store: Store, config: Config, stop: watch::Receiver<bool>) {
    // Side by side: counting a month of usage anew must not hold up the minutes, nor must detectors.
    let changes = Changes::default();
    let touched = Touched::default();
    let slos = (config.slos, Arc::clone(&config.books));
    let setup = Setup {
        detectors: config.detectors,
        books: config.books,
    };
    tokio::join!(
        keep_minutes(&store, &config.retention, &touched, stop.clone()),
        keep_usage(&store, config.terms, &changes, stop.clone()),
        detectors::keep(&store, setup, &changes, stop.clone()),
        slos::keep(&store, slos, &touched, stop.clone()),
        async {
            if let Some(config) = config.threats {
                threats::keep(&store, config, stop).await;
            }
        }
    );
}

async fn keep_minutes(
    store: &Store,
    retention: &Retention,
    touched: &Touched,
    mut stop: watch::Receiver<bool>,
) {
    let mut roller = Roller::default();
    let mut accounts = Accounts::default();
    let mut deploys = deploys::Keeper::default();
    for turn in 0_u32.. {
        let begin = Instant::now();
        if let Err(error) = roller.tick(store).await {
            tracing::warn!(%error, "the minute rollup lags; trying again");
        }
        touched.tell(roller.take_touched());
        let rest = ROLLUP_INTERVAL.max((begin.elapsed() * ROLLUP_REST).min(ROLLUP_REST_MAX));
        if turn % ROLLUPS_PER_DEPLOY_SEARCH == 0
            && let Err(error) = deploys.tick(store, store::clock::now()).await
        {
            tracing::warn!(%error, "deploys are not marked yet; trying again");
        }
        if turn % ROLLUPS_PER_ACCOUNTS == 0
            && let Err(error) = accounts.tick(store).await
        {
            tracing::warn!(%error, "late accounts are not told yet; trying again");
        }
        if turn % ROLLUPS_PER_SWEEP == 0 {
            sweep(retention, store).await;
        }
        if is_over(&mut stop, rest).await {
            return;
        }
    }
}

async fn keep_usage(
    store: &Store,
    terms: Terms,
    changes: &Changes,
    mut stop: watch::Receiver<bool>,
) {
    let (mut roller, mut tags) = (usage::Roller::new(terms), Gatherer::default());
    for turn in 0_u32.. {
        let begin = Instant::now();
        let tick = roller.tick(store).await;
        if let Err(error) = &tick {
            tracing::warn!(%error, "the usage rollup lags; trying again");
        }
        changes.tell(&roller.take_earliest());
        if turn % USAGE_PER_TAGS == 0
            && let Err(error) = tags.turn(store, store::clock::now()).await
        {
            tracing::warn!(%error, "allocation tags are not gathered yet; trying again");
        }
        let rest = match tick {
            Ok(Tick::Recounted) => ROLLUP_INTERVAL,
            _ => USAGE_INTERVAL,
        };
        let rest = rest.max((begin.elapsed() * ROLLUP_REST).min(ROLLUP_REST_MAX));
        if is_over(&mut stop, rest).await {
            return;
        }
    }
}

/// Waits for `rest`, or for the end; tells whether it has come.
async fn is_over(stop: &mut watch::Receiver<bool>, rest: Duration) -> bool {
    tokio::select! {
        _ = stop.changed() => true,
        () = tokio::time::sleep(rest) => false,
    }
}

async fn sweep(retention: &Retention, store: &Store) {
    match retention.sweep(store, store::clock::now()).await {
        Ok(dropped) => {
            for day in dropped {
                tracing::info!(table = day.table, day = day.id, "its retention is over");
            }
        }
        Err(error) => tracing::warn!(%error, "old days are kept for now; trying again"),
    }
}
