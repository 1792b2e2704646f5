//! Who may take how much of a budget, and who is next: pure, without clock, lock or thread.
//!
//! A sender is *modest* with a request if it holds nothing yet, or if the request leaves it within its
//! fair share: the budget divided by the senders that hold something or wait. Three rules follow:
//!
//! 1. A modest request is granted as soon as there is room.
//! 2. Any other is granted from what is left, when no modest one waits. So a lone sender may use all
//!    of the budget, and nothing lies idle while somebody could use it.
//! 3. Requests of one sender are granted in the order they came; between senders whoever holds least
//!    comes first.
//!
//! Nobody starves: modest senders together never hold more than their shares, so a share is free, or
//! will be when those above theirs have given back, for every sender that asks for no more.

use std::collections::VecDeque;

/// A budget and those who hold parts of it. `W` is what wakes a waiter.
pub(super) struct Shares<W> {
    total: u32,
    free: u32,
    senders: Box<[Share<W>]>,
    /// Senders that hold something or wait.
    busy: u32,
    /// Waiters of all senders.
    waiting: usize,
    tickets: u64,
}

/// What one sender holds, and its requests that wait.
struct Share<W> {
    held: u32,
    queue: VecDeque<Waiter<W>>,
}

struct Waiter<W> {
    ticket: u64,
    need: u32,
    wake: W,
}

impl<W> Share<W> {
    fn is_busy(&self) -> bool {
        self.held > 0 || !self.queue.is_empty()
    }
}

impl<W> Shares<W> {
    /// A budget of `total` pieces for `senders` senders, numbered from 0.
    pub(super) fn new(total: u32, senders: usize) -> Self {
        let share = || Share {
            held: 0,
            queue: VecDeque::new(),
        };
        Self {
            total,
            free: total,
            senders: (0..senders.max(1)).map(|_| share()).collect(),
            busy: 0,
            waiting: 0,
            tickets: 0,
        }
    }

    /// Pieces of the whole budget.
    pub(super) fn total(&self) -> u32 {
        self.total
    }

    /// Senders that hold something or wait, the asking one among them, and the share of each.
    pub(super) fn share(&self, sender: usize) -> (u32, u32) {
        let busy = self.busy + u32::from(!self.senders[sender].is_busy());
        (busy, self.total / busy)
    }

    /// Whether the sender may take so many pieces by the first rule.
    pub(super) fn is_modest(&self, sender: usize, need: u32) -> bool {
        let held = self.senders[sender].held;
        held == 0 || held.saturating_add(need) <= self.share(sender).1
    }

    /// Takes `need` pieces at once, if the rules allow it.
    pub(super) fn take(&mut self, sender: usize, need: u32) -> bool {
        let allowed = need <= self.free
            && self.senders[sender].queue.is_empty()
            && (self.waiting == 0 || self.is_modest(sender, need));
        if allowed {
            self.grant(sender, need);
        }
        allowed
    }

    /// Queues for `need` pieces; the ticket is for [`Self::leave`].
    pub(super) fn wait(&mut self, sender: usize, need: u32, wake: W) -> u64 {
        self.tickets += 1;
        let ticket = self.tickets;
        self.waiting += 1;
        self.change(sender, |share| {
            share.queue.push_back(Waiter { ticket, need, wake });
        });
        ticket
    }

    /// Ends a wait; false if it had been granted already, so that its pieces are to be given back.
    /// Others may be next now.
    pub(super) fn leave(&mut self, sender: usize, ticket: u64) -> bool {
        let queue = &self.senders[sender].queue;
        let Some(place) = queue.iter().position(|waiter| waiter.ticket == ticket) else {
            return false;
        };
        self.waiting -= 1;
        self.change(sender, |share| {
            share.queue.remove(place);
        });
        true
    }

    /// Takes pieces back. Others may be next now.
    pub(super) fn give_back(&mut self, sender: usize, pieces: u32) {
        self.free += pieces;
        self.change(sender, |share| share.held -= pieces);
    }

    /// Grants the next waiter what it waits for, if there is room; to be called until there is none.
    pub(super) fn next(&mut self) -> Option<W> {
        if self.waiting == 0 {
            return None;
        }
        let sender = self.next_sender()?;
        // It holds before it leaves the queue, so that it is busy throughout.
        let need = self.senders[sender].queue.front()?.need;
        self.grant(sender, need);
        self.waiting -= 1;
        self.change(sender, |share| share.queue.pop_front())
            .map(|waiter| waiter.wake)
    }

    fn next_sender(&self) -> Option<usize> {
        let (mut modest, mut other) = (None, None);
        let mut modest_waits = false;
        for (sender, share) in self.senders.iter().enumerate() {
            let Some(head) = share.queue.front() else {
                continue;
            };
            let candidate = (share.held, head.ticket, sender, head.need);
            if !self.is_modest(sender, head.need) {
                other = Some(other.map_or(candidate, |least| candidate.min(least)));
                continue;
            }
            modest_waits = true;
            if head.need <= self.free {
                modest = Some(modest.map_or(candidate, |least| candidate.min(least)));
            }
        }
        let next = if modest_waits { modest } else { other };
        next.filter(|(.., need)| *need <= self.free)
            .map(|(_, _, sender, _)| sender)
    }

    fn grant(&mut self, sender: usize, pieces: u32) {
        self.free -= pieces;
        self.change(sender, |share| share.held += pieces);
    }

    /// Every change of a share goes through here, which keeps count of the busy ones.
    fn change<T>(&mut self, sender: usize, how: impl FnOnce(&mut Share<W>) -> T) -> T {
        let share = &mut self.senders[sender];
        let was_busy = share.is_busy();
        let outcome = how(share);
        match (was_busy, share.is_busy()) {
            (false, true) => self.busy += 1,
            (true, false) => self.busy -= 1,
            _ => {}
        }
        outcome
    }

    /// Whether the books agree with one another.
    #[cfg(test)]
    pub(super) fn self_check(&self) {
        let held: u32 = self.senders.iter().map(|share| share.held).sum();
        assert_eq!(held + self.free, self.total, "everything is held or free");
        let busy = self.senders.iter().filter(|share| share.is_busy()).count();
        assert_eq!(busy as u32, self.busy);
        let waiting: usize = self.senders.iter().map(|share| share.queue.len()).sum();
        assert_eq!(waiting, self.waiting);
    }
}

#[cfg(test)]
mod tests;
