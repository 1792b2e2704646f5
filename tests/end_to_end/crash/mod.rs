//! An acknowledged request is stored exactly once, whatever dies.
//!
//! Clients send numbered items while the product and its engine are killed and stopped and their disk
//! fails; then the store is asked for every number. What chance decides comes from a seed, so a run's
//! faults can be repeated, though not its exact moments.
//!
//! | variable | means |
//! |---|---|
//! | `NEPHOSCOPE_CRASH_MINUTES` | run that long, fault after fault; without it, each kind of fault once |
//! | `NEPHOSCOPE_CRASH_SEED` | the seed; without it, the time's |
//! | `NEPHOSCOPE_CRASH_ONLY` | only faults whose names ([`faults::Fault`]) hold this word |

mod book;
mod clients;
mod count;
mod disk;
mod faults;
mod items;
mod run;
mod sender;
mod spool;
mod stage;

use std::time::Duration;

use tokio::time::Instant;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_dies_all_that_was_acknowledged_is_stored_once() {
    let set = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(
            text.parse::<u64>()
                .unwrap_or_else(|e| panic!("{name}={text}: {e}")),
        )
    };
    let minutes = set("NEPHOSCOPE_CRASH_MINUTES");
    let now = store::clock::now().0.cast_unsigned();
    run::run(run::Plan {
        seed: set("NEPHOSCOPE_CRASH_SEED").unwrap_or(now / 1_000_000),
        only: std::env::var("NEPHOSCOPE_CRASH_ONLY").unwrap_or_default(),
        until: minutes.map(|minutes| Instant::now() + Duration::from_secs(60 * minutes)),
    })
    .await;
}
