//! Threats, watched as telemetry comes: new spans and log records into [`threats::stream`], what it tells
//! into findings. The edge around [`cursor`], [`event`] and [`tell`], which are pure.
//!
//! Rows are read by the insert that brought them, each once; what the stream remembers and up to where it has
//! read are saved together, so that after a restart it goes on as if nothing had been.

mod cursor;
mod event;
mod names;
mod record;
mod rules;
mod said;
mod sights;
mod tell;
mod turn;

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use store::Store;
use tokio::sync::watch;

pub use sights::{FunctionSight, read as sights};

/// New rows are looked for so often: a finding shows within seconds of its span.
const TURN_INTERVAL: Duration = Duration::from_secs(1);
/// The name of what is remembered, and the detector of the kinds that are written here.
pub const NAME: &str = "threats";

/// The section `threats` of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// Whether analyzers look for threats. `false` where a process of its own does: `--roles threats`.
    pub with_analyzers: bool,
    /// Whether each finding is also a log record in `otel_logs`, with the fields `security_rule.*`.
    pub logs: bool,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            with_analyzers: true,
            logs: true,
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// A folder of Sigma rules beside those that ship; it need not be there.
    pub rules: Option<PathBuf>,
    /// See [`Section::logs`].
    pub logs: bool,
}

/// Watches until `stop` changes. An error is logged and the work done again at the next turn.
pub async fn keep(store: &Store, config: Config, mut stop: watch::Receiver<bool>) {
    let mut watch = turn::Watch::new(config);
    loop {
        let busy = match watch.turn(store, store::clock::now()).await {
            Ok(busy) => busy,
            Err(error) => {
                tracing::warn!(%error, "threats are not looked for yet; trying again");
                false
            }
        };
        // Where more waits than a turn takes, the next begins at once.
        let rest = if busy { Duration::ZERO } else { TURN_INTERVAL };
        let is_over = tokio::select! {
            biased;
            _ = stop.changed() => true,
            () = tokio::time::sleep(rest) => false,
        };
        if is_over {
            if let Err(error) = watch.save(store, store::clock::now()).await {
                tracing::warn!(%error, "what is known of threats is not saved; the last minute is read again");
            }
            return;
        }
    }
}
