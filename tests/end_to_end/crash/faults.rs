//! What is done to the product, one thing after another.

use std::sync::Arc;
use std::time::Duration;

use fleet::random::Random;
use rustix::process::Signal as Kill;
use tokio::time::{sleep, timeout};

use super::book::{Book, Signal};
use super::clients::{Clients, Mode};
use super::disk::Ailment;
use super::items::number_in;
use super::spool::flip;
use super::stage::Stage;
use crate::harness::wait_for;

/// Longer than an insert is waited for (60 s, `ship/deliver.rs`): it is then sent a second time while the
/// first may still be in the engine's hands.
const LONGER_THAN_AN_INSERT: Duration = Duration::from_secs(65);

/// About what an insert of a few rows takes, microseconds.
const INSERT_US: u64 = 15_000;

/// With no more than this waiting, a spool of 4 MiB has room for many requests.
const ROOMY_BYTES: u64 = 512 * 1024;

/// One kind of misfortune.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    ProductStopped,
    ProductKilled,
    ProductKilledAgainAndAgain,
    EngineKilled,
    EngineKilledAgainAndAgain,
    EngineThenProductKilled,
    BothKilled,
    EngineStopped,
    EngineStoppedThenKilled,
    ProductKilledWhileEngineStopped,
    /// For longer than an insert is waited for.
    EngineStoppedForLong,
    SpoolFull,
    DiskFails(Ailment),
    ProductKilledWhileDiskFails(Ailment),
    TornTail,
    StoredFrameDamaged,
    WaitingFrameDamaged,
}

impl Fault {
    /// Every kind that takes seconds.
    pub const QUICK: [Self; 21] = [
        Self::ProductStopped,
        Self::ProductKilled,
        Self::ProductKilledAgainAndAgain,
        Self::EngineKilled,
        Self::EngineKilledAgainAndAgain,
        Self::EngineThenProductKilled,
        Self::BothKilled,
        Self::EngineStopped,
        Self::EngineStoppedThenKilled,
        Self::ProductKilledWhileEngineStopped,
        Self::SpoolFull,
        Self::DiskFails(Ailment::Full),
        Self::DiskFails(Ailment::FullHalfway),
        Self::DiskFails(Ailment::NoDataSync),
        Self::DiskFails(Ailment::NoSync),
        Self::ProductKilledWhileDiskFails(Ailment::Full),
        Self::ProductKilledWhileDiskFails(Ailment::FullHalfway),
        Self::ProductKilledWhileDiskFails(Ailment::NoSync),
        Self::TornTail,
        Self::StoredFrameDamaged,
        Self::WaitingFrameDamaged,
    ];
}

/// All that a fault acts upon.
pub struct Scene {
    pub stage: Stage,
    pub clients: Clients,
    pub book: Arc<Book>,
    pub random: Random,
    /// Frames destroyed while they waited: as many dead letters must be there.
    pub destroyed: usize,
}

impl Scene {
    /// Does it, at random moments, and leaves the product running.
    pub async fn strike(&mut self, fault: Fault) {
        self.stage.check_alive();
        self.stage.engine_runs().await;
        // Mostly in the middle of inserts; sometimes while the engine is coming up.
        if fault == Fault::EngineStoppedForLong || self.random.chance(0.8) {
            self.stage.store_answers().await;
            self.a_moment(200).await;
        }
        match fault {
            Fault::ProductStopped => self.stage.stop_product().await,
            Fault::ProductKilled => self.stage.kill_product().await,
            Fault::ProductKilledAgainAndAgain => self.kill_product_again_and_again().await,
            Fault::EngineKilled => {
                self.in_an_insert().await;
                self.stage.kill_engine();
            }
            Fault::EngineKilledAgainAndAgain => self.kill_engine_again_and_again().await,
            Fault::EngineThenProductKilled => {
                self.stage.kill_engine();
                self.a_moment(500).await;
                self.stage.kill_product().await;
            }
            Fault::BothKilled => {
                self.in_an_insert().await;
                self.stage.kill_engine();
                self.stage.kill_product().await;
            }
            Fault::EngineStopped => {
                self.stop_engine_for(3000).await;
                self.stage.signal_engine(Kill::CONT);
            }
            Fault::EngineStoppedThenKilled => {
                self.stop_engine_for(1000).await;
                self.stage.kill_engine();
            }
            Fault::ProductKilledWhileEngineStopped => {
                self.stop_engine_for(1000).await;
                self.stage.kill_product().await;
                // What it was told before, it may still do beside the next product's start.
                self.stage.signal_engine(Kill::CONT);
            }
            Fault::EngineStoppedForLong => {
                self.stage.signal_engine(Kill::STOP);
                sleep(LONGER_THAN_AN_INSERT).await; // the span is the point
                self.stage.signal_engine(Kill::CONT);
            }
            Fault::SpoolFull => self.fill_spool().await,
            Fault::DiskFails(ailment) => {
                self.fail_disk(ailment).await;
                self.stage.disk.heals();
            }
            Fault::ProductKilledWhileDiskFails(ailment) => {
                self.fail_disk(ailment).await;
                self.stage.kill_product().await;
                self.stage.disk.heals();
            }
            Fault::TornTail => {
                self.stage.kill_product().await;
                for signal in Signal::ALL {
                    self.stage.spool(signal).tear(&mut self.random);
                }
            }
            Fault::StoredFrameDamaged => self.damage_stored_frame().await,
            Fault::WaitingFrameDamaged => self.damage_waiting_frame().await,
        }
        if !self.stage.is_running() {
            self.stage.start().await;
        }
    }

    /// A random moment, at most so many milliseconds away.
    pub async fn a_moment(&mut self, most_ms: u64) {
        sleep(Duration::from_millis(self.random.below(most_ms))).await;
    }

    /// Some random moment of an insert, if one begins within a second.
    async fn in_an_insert(&mut self) {
        let spool = self.stage.spool(Signal::ALL[self.random.below(3) as usize]);
        let begins = async {
            loop {
                let progress = spool.progress();
                if progress.begun_to > progress.done_to {
                    return;
                }
                sleep(Duration::from_millis(1)).await;
            }
        };
        let _ = timeout(Duration::from_secs(1), begins).await;
        // Finer than the runtime's clock: what matters in an insert happens within fractions of 1 ms.
        std::thread::sleep(Duration::from_micros(self.random.below(INSERT_US)));
    }

    async fn stop_engine_for(&mut self, most_ms: u64) {
        self.stage.signal_engine(Kill::STOP);
        self.a_moment(most_ms).await;
    }

    async fn kill_product_again_and_again(&mut self) {
        self.stage.kill_product().await;
        for _ in 0..=self.random.below(3) {
            let after = Duration::from_millis(self.random.below(1500));
            self.stage.start_and_kill(after).await;
        }
    }

    async fn kill_engine_again_and_again(&mut self) {
        for _ in 0..2 + self.random.below(3) {
            self.stage.engine_runs().await;
            self.a_moment(600).await;
            self.stage.kill_engine();
        }
    }

    async fn fill_spool(&mut self) {
        let full = |book: &Book| book.heard.full.load(std::sync::atomic::Ordering::Relaxed);
        let before = full(&self.book);
        self.stage.signal_engine(Kill::STOP);
        self.clients.order(Mode::Heavy);
        wait_for("the spool to be full", async || {
            (full(&self.book) >= before + 5).then_some(())
        })
        .await;
        self.clients.order(Mode::Steady);
        self.stage.signal_engine(Kill::CONT);
    }

    /// The disk fails until clients have felt it.
    async fn fail_disk(&mut self, ailment: Ailment) {
        let (refused, failures) = (self.book.refused(), self.stage.disk.failures());
        self.stage.disk.ails(ailment);
        wait_for("a client to hear of the disk", async || {
            let felt = self.book.refused() > refused && self.stage.disk.failures() > failures;
            felt.then_some(())
        })
        .await;
        self.a_moment(700).await;
    }

    /// A byte of something stored changes while the product is down: nobody needs it any more.
    async fn damage_stored_frame(&mut self) {
        self.stage.kill_product().await;
        let signal = Signal::ALL[self.random.below(3) as usize];
        let spool = self.stage.spool(signal);
        let done_to = spool.progress().done_to;
        let frames = spool.frames(0);
        let stored = frames
            .iter()
            .take_while(|(_, f)| f.position < done_to)
            .count();
        // Not of the latest: whose answer was lost is recognised by them when it comes again.
        let Some(old) = self.random.below(stored as u64 / 2).checked_sub(1) else {
            return;
        };
        let (path, frame) = &frames[old as usize];
        flip(path, frame, &mut self.random);
    }

    /// A byte of something that waits changes while the product is down: that one request, and no other,
    /// becomes a dead letter.
    async fn damage_waiting_frame(&mut self) {
        let spool = self.stage.spool(Signal::Traces);
        // A spool that is full behind the insert takes nothing that could wait.
        wait_for("room for requests to wait in", async || {
            (spool.waiting_bytes() < ROOMY_BYTES).then_some(())
        })
        .await;
        self.stage.signal_engine(Kill::STOP);
        wait_for("requests to wait behind an insert", async || {
            let progress = spool.progress();
            let begun = progress.begun_to > progress.done_to;
            (begun && spool.frames(progress.begun_to).len() > 5).then_some(())
        })
        .await;
        self.stage.kill_product().await;
        self.stage.kill_engine();
        // Not the last one: at the end of the spool, damage is a write that was cut short.
        let waiting = spool.frames(spool.progress().begun_to);
        let (path, frame) = &waiting[self.random.below(waiting.len() as u64 - 1) as usize];
        self.book
            .excuse(number_in(&frame.body).expect("a request of ours"));
        flip(path, frame, &mut self.random);
        self.destroyed += 1;
        self.stage.start().await;
        let destroyed = self.destroyed;
        wait_for("the damaged request among the dead letters", async || {
            (spool.dead_letters().len() >= destroyed).then_some(())
        })
        .await;
    }
}
