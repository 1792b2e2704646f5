//! The one owner of a signal's rows: from the spool into groups, from groups into inserts.
//!
//! A kept request comes twice: with its decoded message, straight after it became durable, and on disk.
//! Where the pump is up to date it takes the message; where rows would pile up it only answers, and
//! reads the request from disk when there is room. `position` decides which: everything before it has
//! been put into a group.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use store::write::Batch;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::Job;
use super::deliver::{Courier, Sink};
use super::group::{Group, Mill};
use super::pace::Pace;
use crate::config::Batch as Limits;
use crate::spool::{Entry, Kept, Ledger, Outlet};

/// Pause after the disk refused to give back what it holds.
const DISK_PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Pump {
    kept: mpsc::Receiver<Kept<Job>>,
    /// Away only while a blocking thread reads with it.
    outlet: Option<Outlet>,
    /// Away while an insert is under way, which then holds it.
    ledger: Option<Ledger>,
    mill: Mill,
    limits: Limits,
    pace: Pace,
    group: Group,
    /// An empty batch whose memory the next group takes over.
    spare: Option<Batch>,
    /// When the group is to be inserted, full or not.
    due: Option<Instant>,
    inserting: Option<JoinHandle<(Ledger, Batch)>>,
}

impl Pump {
    pub(super) fn new(
        kept: mpsc::Receiver<Kept<Job>>,
        outlet: Outlet,
        ledger: Ledger,
        mill: Mill,
        limits: Limits,
        pace: Pace,
    ) -> Self {
        Self {
            kept,
            outlet: Some(outlet),
            ledger: Some(ledger),
            mill,
            limits,
            pace,
            group: Group::default(),
            spare: None,
            due: None,
            inserting: None,
        }
    }

    /// Runs until nothing more can come and all that was kept is stored.
    pub(super) async fn run<S: Sink>(mut self, courier: Arc<Courier<S>>) {
        self.finish_what_was_begun(&courier);
        let mut open = true;
        while open || !self.is_idle() {
            self.insert_if_due(&courier, !open);
            let has_room = !self.group.is_full(&self.limits);
            let due = self.due.filter(|_| self.ledger.is_some());
            tokio::select! {
                biased;
                done = finished(&mut self.inserting) => self.inserted(done),
                kept = self.kept.recv(), if open => match kept {
                    Some(kept) => self.take(kept).await,
                    None => open = false,
                },
                () = at(due) => {}
                () = behind(self.outlet.as_mut()), if has_room => self.read(&courier).await,
            }
        }
    }

    fn is_idle(&self) -> bool {
        let caught_up = self
            .outlet
            .as_ref()
            .is_none_or(|outlet| outlet.position() >= outlet.end());
        caught_up && self.group.is_empty() && self.inserting.is_none()
    }

    /// The stretch that the last process began to insert, cut at the same place.
    fn finish_what_was_begun<S: Sink>(&mut self, courier: &Arc<Courier<S>>) {
        let unfinished = self.ledger.as_ref().and_then(Ledger::unfinished);
        let (Some(cut), Some(outlet)) = (unfinished, &mut self.outlet) else {
            return;
        };
        outlet.skip_to(cut.to);
        if let Some(ledger) = self.ledger.take() {
            self.inserting = Some(tokio::spawn(Arc::clone(courier).deliver_again(cut, ledger)));
        }
    }

    fn insert_if_due<S: Sink>(&mut self, courier: &Arc<Courier<S>>, at_once: bool) {
        let due = at_once
            || self.group.is_full(&self.limits)
            || self.due.is_some_and(|due| due <= Instant::now());
        let Some(cut) = self.group.cut.filter(|_| due) else {
            return;
        };
        let Some(ledger) = self.ledger.take() else {
            return;
        };
        let next = Group::new(self.spare.take().unwrap_or_default());
        let group = std::mem::replace(&mut self.group, next);
        self.due = None;
        self.inserting = Some(tokio::spawn(
            Arc::clone(courier).deliver(group, cut, ledger),
        ));
    }

    fn inserted(&mut self, done: Option<(Ledger, Batch)>) {
        self.inserting = None;
        // Without its ledger the pump could only lose track; it ends, and a restart goes on from disk.
        match done {
            Some((ledger, batch)) => {
                self.ledger = Some(ledger);
                self.spare = Some(batch);
            }
            None => {
                tracing::error!("an insert ended without its ledger: please report this as a bug");
            }
        }
    }

    /// Takes a kept request and those that wait behind it.
    async fn take(&mut self, first: Kept<Job>) {
        let mut bytes = first.companion.opened.plain.len();
        let mut waiting = vec![first];
        while bytes < self.limits.max_bytes {
            let Ok(next) = self.kept.try_recv() else {
                break;
            };
            bytes += next.companion.opened.plain.len();
            waiting.push(next);
        }
        let Some(mut outlet) = self.outlet.take() else {
            return;
        };
        let (mill, limits) = (self.mill.clone(), self.limits);
        let mut group = std::mem::take(&mut self.group);
        let work = move || {
            for Kept { at, companion } in waiting {
                match at {
                    Some((from, to)) if outlet.is_next(from) && !group.is_full(&limits) => {
                        mill.take(&mut group, companion);
                        group.reach(from, to);
                        outlet.skip_to(to);
                    }
                    _ => mill.answer(companion),
                }
            }
            (outlet, group)
        };
        self.back(tokio::task::spawn_blocking(work).await.ok());
    }

    /// Reads a group's worth from disk.
    async fn read<S: Sink>(&mut self, courier: &Arc<Courier<S>>) {
        let Some(mut outlet) = self.outlet.take() else {
            return;
        };
        let (mill, limits, courier) = (self.mill.clone(), self.limits, Arc::clone(courier));
        let mut group = std::mem::take(&mut self.group);
        let work = move || {
            let mut refused = false;
            while !group.is_full(&limits) {
                let from = outlet.position();
                match outlet.read(None) {
                    Ok(None) => break,
                    Ok(Some((Entry::Frame(frame), to))) => {
                        mill.take_frame(&mut group, courier.signal, &frame, false);
                        group.reach(from, to);
                    }
                    Ok(Some((Entry::Damaged(damage, bytes), to))) => {
                        courier.dead_letters.put(from, damage.as_str(), &bytes);
                        group.reach(from, to);
                    }
                    Err(error) => {
                        tracing::error!(%error, "reading the spool failed; trying again");
                        refused = true;
                        break;
                    }
                }
            }
            ((outlet, group), refused)
        };
        let done = tokio::task::spawn_blocking(work).await.ok();
        let refused = done.as_ref().is_some_and(|(_, refused)| *refused);
        self.back(done.map(|(parts, _)| parts));
        if refused {
            sleep(DISK_PAUSE).await;
        }
    }

    fn back(&mut self, parts: Option<(Outlet, Group)>) {
        // Lost only when the runtime is going down; the disk has all of it.
        let Some((outlet, group)) = parts else { return };
        self.outlet = Some(outlet);
        if self.due.is_none() && !group.is_empty() {
            let delay = Duration::from_millis(self.limits.max_delay_ms);
            self.due = Some(Instant::now() + self.pace.delay(delay));
        }
        self.group = group;
    }
}

async fn finished(inserting: &mut Option<JoinHandle<(Ledger, Batch)>>) -> Option<(Ledger, Batch)> {
    match inserting {
        Some(handle) => handle.await.ok(),
        None => pending().await,
    }
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}

/// Ready when there is something on disk that no group holds yet.
async fn behind(outlet: Option<&mut Outlet>) {
    match outlet {
        Some(outlet) if outlet.position() < outlet.end() => {}
        Some(outlet) => {
            if !outlet.wait().await {
                pending::<()>().await;
            }
        }
        None => pending().await,
    }
}
