//! The byte budget: how much of other people's data may be in memory at once.
//!
//! Every request holds a [`Lease`] from its first byte to its answer. It grows with the bytes that
//! have really arrived (never with what a header announces, so that announcing costs nobody
//! anything), then with what they decompress to.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

use crate::refusal::{Reason, Refusal};

/// Leases are counted in pieces of this many bytes.
const PIECE_BYTES: usize = 1024;

/// How long a request waits, first come first served, for others to finish. Short: a caller that
/// hears "send again" knows more than one that hears nothing.
const PATIENCE: Duration = Duration::from_millis(100);

/// The budget of the whole collector.
#[derive(Clone)]
pub(crate) struct Budget {
    pieces: Arc<Semaphore>,
    total: u32,
}

/// A request's share of the budget, given back when dropped.
pub(crate) struct Lease {
    budget: Budget,
    held: Option<OwnedSemaphorePermit>,
}

impl Budget {
    /// A budget of `total_bytes`, at most 4 TiB.
    pub(crate) fn new(total_bytes: usize) -> Self {
        let total = u32::try_from(total_bytes.div_ceil(PIECE_BYTES)).unwrap_or(u32::MAX);
        Self {
            pieces: Arc::new(Semaphore::new(total as usize)),
            total,
        }
    }

    pub(crate) fn lease(&self) -> Lease {
        Lease {
            budget: self.clone(),
            held: None,
        }
    }

    fn overloaded(&self) -> Refusal {
        let total_bytes = self.total as usize * PIECE_BYTES;
        Refusal::new(
            Reason::Overloaded,
            format!("the collector holds {total_bytes} bytes of requests: send again in a second"),
        )
    }
}

impl Lease {
    /// Waits a little until the lease covers `bytes`. A request bigger than the whole budget gets
    /// the whole budget: it may pass when it is alone.
    pub(crate) async fn grow_to(&mut self, bytes: usize) -> Result<(), Refusal> {
        let missing = self.missing(bytes);
        if missing == 0 {
            return Ok(());
        }
        let pieces = Arc::clone(&self.budget.pieces).acquire_many_owned(missing);
        match tokio::time::timeout(PATIENCE, pieces).await {
            Ok(Ok(pieces)) => {
                self.add(pieces);
                Ok(())
            }
            // The semaphore is never closed, so only patience runs out.
            Ok(Err(_)) | Err(_) => Err(self.budget.overloaded()),
        }
    }

    /// The same without waiting, for threads that must not.
    pub(crate) fn try_grow_to(&mut self, bytes: usize) -> Result<(), Refusal> {
        let missing = self.missing(bytes);
        if missing == 0 {
            return Ok(());
        }
        match Arc::clone(&self.budget.pieces).try_acquire_many_owned(missing) {
            Ok(pieces) => {
                self.add(pieces);
                Ok(())
            }
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => {
                Err(self.budget.overloaded())
            }
        }
    }

    /// Gives back what is not needed for `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let wanted = self.budget.pieces_of(bytes) as usize;
        if let Some(held) = &mut self.held {
            let spare = held.num_permits().saturating_sub(wanted);
            drop(held.split(spare));
        }
    }

    fn missing(&self, bytes: usize) -> u32 {
        let held = self
            .held
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let held = u32::try_from(held).unwrap_or(u32::MAX);
        self.budget.pieces_of(bytes).saturating_sub(held)
    }

    fn add(&mut self, pieces: OwnedSemaphorePermit) {
        match &mut self.held {
            Some(held) => held.merge(pieces),
            None => self.held = Some(pieces),
        }
    }
}

impl Budget {
    fn pieces_of(&self, bytes: usize) -> u32 {
        u32::try_from(bytes.div_ceil(PIECE_BYTES))
            .unwrap_or(u32::MAX)
            .min(self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    #[tokio::test]
    async fn the_budget_is_shared_and_given_back() {
        let budget = Budget::new(4 * MIB);
        let mut one = budget.lease();
        one.grow_to(3 * MIB).await.expect("room");
        let mut two = budget.lease();
        assert_eq!(
            two.try_grow_to(2 * MIB).expect_err("none").reason,
            Reason::Overloaded
        );
        two.try_grow_to(MIB).expect("room");
        one.shrink_to(MIB);
        two.grow_to(3 * MIB).await.expect("room");
        drop((one, two));
        budget
            .lease()
            .try_grow_to(4 * MIB)
            .expect("everything is back");
    }

    #[tokio::test]
    async fn waiting_ends_with_a_refusal_that_says_what_to_do() {
        let budget = Budget::new(MIB);
        let mut one = budget.lease();
        one.grow_to(MIB).await.expect("room");
        let refusal = budget.lease().grow_to(1).await.expect_err("none");
        assert_eq!(
            refusal.message,
            "the collector holds 1048576 bytes of requests: send again in a second"
        );
    }

    #[tokio::test]
    async fn a_request_bigger_than_the_budget_passes_alone() {
        let budget = Budget::new(MIB);
        let mut lease = budget.lease();
        lease.grow_to(10 * MIB).await.expect("all of it");
        assert!(budget.lease().try_grow_to(1).is_err());
    }
}
