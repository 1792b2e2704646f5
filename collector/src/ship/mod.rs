//! Decoded requests to ClickHouse: kept on disk, answered, and inserted many at a time.
//!
//! Each signal has a spool and one owner, the pump. A request is appended to the spool; once it is
//! durable the pump makes rows of it and answers. Rows gather until there are enough or the first has
//! waited long enough, then go into one insert while the next group forms. When ClickHouse is slow or
//! away the pump stops keeping rows and later reads the requests back from disk: a slow ClickHouse is
//! felt as lag, then, when the spool is full, as refusals, and never as growing memory or as loss.

mod dead_letters;
mod deliver;
mod group;
mod meter;
mod overflow;
mod pace;
mod pump;
#[cfg(test)]
pub(crate) mod stand_in;

use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

pub(crate) use deliver::Sink;
#[cfg(test)]
pub(crate) use stand_in::Failure;

use crate::config::{Batch as Limits, Durability, SpoolSection};
use crate::counters::Counters;
use crate::normalise::Normaliser;
use crate::refusal::{Reason, Refusal};
use crate::signal::Signal;
use crate::spool::{self, AppendError, Appended, Frame, Spool};
use crate::way::{Opened, Receipt};
use dead_letters::DeadLetters;
use deliver::Courier;
use group::Mill;
use pace::Pace;
use pump::Pump;

/// A segment of the spool; two stored ones are kept per signal, to recognise what is sent again.
const SEGMENT_BYTES: u64 = 64 << 20;

/// Whose a request is. Every frame holds a sound request in protobuf, whatever it was sent as; its
/// kind says this, so that it is known after a restart too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Somebody sent it.
    Users,
    /// The collector's own metrics.
    Ourselves,
}

impl Origin {
    const fn kind(self) -> u8 {
        match self {
            Self::Users => 0,
            Self::Ourselves => 1,
        }
    }

    fn of(frame: &Frame) -> Self {
        match frame.kind == Self::Ourselves.kind() {
            true => Self::Ourselves,
            false => Self::Users,
        }
    }
}

/// A request that is being kept, and where its answer goes.
pub(crate) struct Job {
    opened: Opened,
    answer: oneshot::Sender<Result<Receipt, Refusal>>,
}

/// The spools of all signals.
#[derive(Clone)]
pub(crate) struct Shipper {
    counters: Arc<Counters>,
    spools: [Spool<Job>; Signal::ALL.len()],
}

/// The pumps. They end when every [`Shipper`] is gone and all that was kept is stored.
pub(crate) struct Owners(Vec<JoinHandle<()>>);

impl Owners {
    /// Waits for them until `deadline`; whether they were done. What they leave stays in the spool.
    pub(crate) async fn drain(self, deadline: Instant) -> bool {
        let mut drained = true;
        for mut owner in self.0 {
            if tokio::time::timeout_at(deadline, &mut owner).await.is_err() {
                owner.abort();
                drained = false;
            }
        }
        drained
    }
}

impl Shipper {
    /// Opens the spools and starts the pumps. `request_rows_bytes_max` bounds the rows made from one
    /// request, `request_bytes_max` the request itself, bytes.
    pub(crate) fn start<S: Sink>(
        sink: S,
        limits: Limits,
        section: &SpoolSection,
        (request_bytes_max, request_rows_bytes_max): (usize, usize),
        normaliser: Normaliser,
        counters: &Arc<Counters>,
    ) -> std::io::Result<(Self, Owners)> {
        // One normaliser for all signals: what a span teaches of a function helps its logs. It is
        // locked for one request at a time and only by blocking threads, so no connection waits
        // for it; three signals with a memory each would know a third each.
        let normaliser = Arc::new(Mutex::new(normaliser));
        let mill = Mill::new(normaliser, request_rows_bytes_max, Arc::clone(counters));
        let sink = Arc::new(sink);
        let pace = Pace::default();
        let disk_bytes_max = section.disk_bytes_max()? / Signal::ALL.len() as u64;
        let mut owners = Vec::new();
        let mut spools = Vec::new();
        for signal in Signal::ALL {
            let folder = section.folder.join(signal.as_str());
            let opened = spool::open(&options(
                section,
                &folder,
                disk_bytes_max,
                request_bytes_max,
            ))?;
            let courier = Courier {
                signal,
                sink: Arc::clone(&sink),
                mill: mill.clone(),
                dead_letters: DeadLetters::new(&folder, signal, counters),
                counters: Arc::clone(counters),
            };
            let pump = Pump::new(
                opened.kept,
                opened.outlet,
                opened.ledger,
                mill.clone(),
                limits,
                pace.clone(),
            );
            owners.push(tokio::spawn(pump.run(Arc::new(courier))));
            counters.watch_spool(signal, opened.spool.watch());
            spools.push(opened.spool);
        }
        let spools = <[Spool<Job>; Signal::ALL.len()]>::try_from(spools)
            .map_err(|_| std::io::Error::other("a spool per signal"))?;
        tokio::spawn(pace.watch(sink));
        let counters = Arc::clone(counters);
        Ok((Self { counters, spools }, Owners(owners)))
    }

    /// Keeps the collector's own word if a tenth of the spool is left for the users; whether it did.
    pub(crate) async fn ship_if_roomy(&self, opened: Opened) -> bool {
        let spool = self.spools[opened.signal as usize].watch();
        let used = spool.used_bytes() + opened.plain.len() as u64;
        used < spool.disk_bytes_max() / 10 * 9 && self.ship(opened).await.is_ok()
    }

    /// Keeps a request and waits until it is durable and its rows were made.
    pub(crate) async fn ship(&self, opened: Opened) -> Result<Receipt, Refusal> {
        let (answer, outcome) = oneshot::channel();
        let frame = Frame {
            kind: opened.origin.kind(),
            received: opened.received,
            key: opened.sender.hash(),
            body: opened.plain.clone(),
        };
        let signal = opened.signal;
        let spool = &self.spools[signal as usize];
        match spool.append(frame, Job { opened, answer }).await {
            Ok(appended) => {
                if appended == Appended::Repeated {
                    self.counters.repeated(signal);
                }
                // The sender is dropped unused only when the pump is cut off at the end of the drain.
                // The request is kept then; sent again, it is recognised.
                outcome.await.unwrap_or_else(|_| Err(Refusal::stopping()))
            }
            Err(AppendError::Closed) => Err(Refusal::stopping()),
            Err(error) => Err(Refusal::new(
                Reason::StoreAway,
                format!("{error}: send again in a second"),
            )),
        }
    }
}

fn options(
    section: &SpoolSection,
    folder: &Path,
    disk_bytes_max: u64,
    body_bytes_max: usize,
) -> spool::Options {
    spool::Options {
        folder: folder.to_owned(),
        disk_bytes_max,
        segment_bytes: SEGMENT_BYTES.min(disk_bytes_max / 8).max(1),
        body_bytes_max,
        durability: match section.durability {
            Durability::Disk => spool::Durability::Disk,
            Durability::Memory => spool::Durability::PageCache,
        },
    }
}

#[cfg(test)]
mod tests;
