//! The byte budget: how much of other people's data may be in memory at once, and how much of it one
//! sender's.
//!
//! Every request holds a [`Lease`] from its first byte to its answer. It grows with the bytes that
//! have really arrived (never with what a header announces, so that announcing costs nobody
//! anything), then with what they decompress to. [`shares`] says who is next when there is not enough.

mod shares;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::refusal::{Reason, Refusal};
use crate::sender::Sender;
use shares::Shares;

/// Leases are counted in pieces of this many bytes.
const PIECE_BYTES: usize = 1024;

/// How long a request waits for others to finish. Short: a caller that hears "send again" knows more
/// than one that hears nothing.
const PATIENCE: Duration = Duration::from_millis(100);

/// The budget of the whole collector. Locked for some ten nanoseconds to take or give back; with
/// waiters, for some more per sender.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Mutex<Shares<oneshot::Sender<()>>>>);

/// A request's part of the budget, given back when dropped.
pub(crate) struct Lease {
    budget: Budget,
    sender: usize,
    held: u32,
}

impl Budget {
    /// A budget of `total_bytes`, at most 4 TiB, for so many senders.
    pub(crate) fn new(total_bytes: usize, senders: usize) -> Self {
        let total = u32::try_from(total_bytes.div_ceil(PIECE_BYTES)).unwrap_or(u32::MAX);
        Self(Arc::new(Mutex::new(Shares::new(total, senders))))
    }

    /// A lease of nothing yet, for a request of `sender`.
    pub(crate) fn lease(&self, sender: Sender) -> Lease {
        Lease {
            budget: self.clone(),
            sender: sender.index(),
            held: 0,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shares<oneshot::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(&self, sender: usize, pieces: u32) {
        if pieces > 0 {
            let mut shares = self.lock();
            shares.give_back(sender, pieces);
            serve(&mut shares);
        }
    }

    fn overloaded(&self, sender: usize) -> Refusal {
        let shares = self.lock();
        let total_bytes = shares.total() as usize * PIECE_BYTES;
        let share = match shares.share(sender) {
            (1, _) => String::new(),
            (senders, share) => format!(
                ", and {} are the share of each of {senders} senders",
                share as usize * PIECE_BYTES
            ),
        };
        Refusal::new(
            Reason::Overloaded,
            format!(
                "the collector holds {total_bytes} bytes of requests{share}: send again in a second"
            ),
        )
    }
}

/// Wakes everyone whose turn it is. One who went away in between gives back by itself.
fn serve(shares: &mut Shares<oneshot::Sender<()>>) {
    while let Some(wake) = shares.next() {
        let _ = wake.send(());
    }
}

impl Lease {
    /// Waits a little until the lease covers `bytes`. A request bigger than the whole budget gets
    /// the whole budget: it may pass when it is alone.
    pub(crate) async fn grow_to(&mut self, bytes: usize) -> Result<(), Refusal> {
        let (need, waiting) = {
            let mut shares = self.budget.lock();
            let need = self.missing(&shares, bytes);
            if need == 0 || shares.take(self.sender, need) {
                self.held += need;
                return Ok(());
            }
            (need, Waiting::begin(self, &mut shares, need))
        };
        self.wait(need, waiting).await
    }

    /// The same for a thread that holds a turn others wait for: it waits only where the request is
    /// within its sender's fair share and therefore next. Must not be called by a task.
    pub(crate) fn grow_to_blocking(&mut self, bytes: usize) -> Result<(), Refusal> {
        let (need, waiting) = {
            let mut shares = self.budget.lock();
            let need = self.missing(&shares, bytes);
            if need == 0 || shares.take(self.sender, need) {
                self.held += need;
                return Ok(());
            }
            let (senders, _) = shares.share(self.sender);
            if senders == 1 || !shares.is_modest(self.sender, need) {
                drop(shares);
                return Err(self.budget.overloaded(self.sender));
            }
            (need, Waiting::begin(self, &mut shares, need))
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => runtime.block_on(self.wait(need, waiting)),
            // Outside of a runtime there is nobody who could give back meanwhile.
            Err(_) => Err(self.budget.overloaded(self.sender)),
        }
    }

    /// Gives back what is not needed for `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let spare = self.held.saturating_sub(pieces(bytes));
        self.held -= spare;
        self.budget.give_back(self.sender, spare);
    }

    fn missing(&self, shares: &Shares<oneshot::Sender<()>>, bytes: usize) -> u32 {
        pieces(bytes).min(shares.total()).saturating_sub(self.held)
    }

    async fn wait(&mut self, need: u32, mut waiting: Waiting) -> Result<(), Refusal> {
        match timeout(PATIENCE, &mut waiting.turn).await {
            Ok(Ok(())) => {
                waiting.is_over = true;
                self.held += need;
                Ok(())
            }
            // The other end is never dropped unused, so only patience runs out.
            Ok(Err(_)) | Err(_) => {
                drop(waiting);
                Err(self.budget.overloaded(self.sender))
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.budget.give_back(self.sender, self.held);
    }
}

/// A place in the queue. Dropped before its turn was noticed, it leaves no trace.
struct Waiting {
    budget: Budget,
    sender: usize,
    need: u32,
    ticket: u64,
    turn: oneshot::Receiver<()>,
    is_over: bool,
}

impl Waiting {
    fn begin(lease: &Lease, shares: &mut Shares<oneshot::Sender<()>>, need: u32) -> Self {
        let (wake, turn) = oneshot::channel();
        let ticket = shares.wait(lease.sender, need, wake);
        // Its coming makes the shares of the others smaller, which may make it next.
        serve(shares);
        Self {
            budget: lease.budget.clone(),
            sender: lease.sender,
            need,
            ticket,
            turn,
            is_over: false,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut shares = self.budget.lock();
        if !shares.leave(self.sender, self.ticket) {
            shares.give_back(self.sender, self.need);
        }
        serve(&mut shares);
    }
}

fn pieces(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(PIECE_BYTES)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
