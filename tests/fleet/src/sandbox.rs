//! Instances of a function: who serves a request, when one starts cold, when one dies.

use crate::invocation::Instance;
use crate::platforms::Voice;
use crate::random::Random;
use crate::time::{MINUTE, Ns};

/// Most live instances of one function; beyond it requests wait, as with a concurrency limit.
/// Each keeps about 3 kB of names and metric state, so a full pool is about 3 MB.
pub const INSTANCES_MAX: usize = 1_000;

/// One live instance.
pub struct Sandbox {
    /// What it is.
    pub instance: Instance,
    /// How it tells of itself.
    pub voice: Box<dyn Voice>,
    /// Unique in its pool.
    pub serial: u64,
    /// When its cold start is over.
    pub ready_at: Ns,
    /// Invocations served.
    pub served: u64,
    /// Memory leaked so far, in MiB.
    pub leaked_mb: f64,
    /// Highest memory use so far, in MiB.
    pub memory_max_mb: f64,
    /// Per request slot, until when it is taken.
    slots: Vec<Ns>,
    last_used: Ns,
    idle_ttl: Ns,
    retire_at: Ns,
    doomed: bool,
}

/// Who serves a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    /// The instance of this serial number, once it is ready and free, at `start`.
    Taken {
        /// Its serial number.
        serial: u64,
        /// When the request can start on it.
        start: Ns,
    },
    /// Nobody is free: a new instance has to start.
    Cold,
}

/// The instances of one function.
#[derive(Default)]
pub struct Pool {
    sandboxes: Vec<Sandbox>,
    serials: u64,
}

impl Pool {
    /// Reserves a slot for a request at `at` on an instance of the version, if one is free.
    pub fn take(&mut self, at: Ns, version_serial: u32, concurrency: u32) -> Place {
        let full = self.sandboxes.len() >= INSTANCES_MAX;
        let mut best: Option<(Ns, std::cmp::Reverse<Ns>, usize, usize)> = None;
        for (index, s) in self.sandboxes.iter().enumerate() {
            if !s.usable(at, version_serial) {
                continue;
            }
            let Some((slot, free_at)) = s.free_slot(at, concurrency, full) else {
                continue;
            };
            // The most recently used one first, so that the others can go idle and die, as on
            // AWS; a start in the future (an instance still starting) only when none is warm.
            let key = (
                free_at.max(s.ready_at).max(at),
                std::cmp::Reverse(s.last_used),
            );
            if best.is_none_or(|(start, used, ..)| key < (start, used)) {
                best = Some((key.0, key.1, index, slot));
            }
        }
        let Some((start, _, index, slot)) = best else {
            return Place::Cold;
        };
        let sandbox = &mut self.sandboxes[index];
        if slot == sandbox.slots.len() {
            sandbox.slots.push(0);
        }
        sandbox.slots[slot] = Ns::MAX;
        Place::Taken {
            serial: sandbox.serial,
            start,
        }
    }

    /// Adds an instance that becomes ready at `ready_at`, its first slot reserved, and lives `life`
    /// times as long as usual.
    pub fn add(
        &mut self,
        instance: Instance,
        voice: Box<dyn Voice>,
        ready_at: Ns,
        life: f64,
        r: &mut Random,
    ) -> u64 {
        self.serials += 1;
        let minutes = |m: f64| (m * life * MINUTE as f64) as Ns;
        let idle_ttl = minutes(r.between(4.5, 9.0));
        let lifetime = minutes(r.between(80.0, 130.0));
        self.sandboxes.push(Sandbox {
            retire_at: instance.born + lifetime,
            instance,
            voice,
            serial: self.serials,
            ready_at,
            served: 0,
            leaked_mb: 0.0,
            memory_max_mb: 0.0,
            slots: vec![Ns::MAX],
            last_used: ready_at,
            idle_ttl,
            doomed: false,
        });
        self.serials
    }

    /// The instance of this serial number.
    pub fn get(&mut self, serial: u64) -> Option<&mut Sandbox> {
        self.sandboxes.iter_mut().find(|s| s.serial == serial)
    }

    /// Gives a reserved slot back; `dead` when the platform killed the instance.
    pub fn release(&mut self, serial: u64, ended: Ns, dead: bool) {
        let Some(s) = self.get(serial) else { return };
        if let Some(slot) = s.slots.iter_mut().find(|until| **until == Ns::MAX) {
            *slot = ended;
        }
        s.served += 1;
        s.last_used = s.last_used.max(ended);
        s.doomed |= dead;
    }

    /// Removes and returns who is dead at `now`, with the time of death.
    pub fn sweep(&mut self, now: Ns, version_serial: u32) -> Vec<(Ns, Sandbox)> {
        let mut dead = Vec::new();
        let mut index = 0;
        while index < self.sandboxes.len() {
            match self.sandboxes[index].death(now, version_serial) {
                Some(at) => dead.push((at, self.sandboxes.swap_remove(index))),
                None => index += 1,
            }
        }
        if !dead.is_empty() {
            // swap_remove shuffles; neither the order of deaths nor later ties may depend on it.
            dead.sort_by_key(|(at, s)| (*at, s.serial));
            self.sandboxes.sort_by_key(|s| s.serial);
        }
        dead
    }

    /// Removes everybody, at the end of the run.
    pub fn drain(&mut self) -> Vec<Sandbox> {
        std::mem::take(&mut self.sandboxes)
    }

    /// Number of live instances.
    pub fn len(&self) -> usize {
        self.sandboxes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sandboxes.is_empty()
    }
}

impl Sandbox {
    fn usable(&self, at: Ns, version_serial: u32) -> bool {
        !self.doomed
            && self.instance.version.serial == version_serial
            && at < self.retire_at
            && at.saturating_sub(self.last_used) < self.idle_ttl
    }

    /// A free slot and since when; a busy one too when the pool is full and requests must queue.
    fn free_slot(&self, at: Ns, concurrency: u32, full: bool) -> Option<(usize, Ns)> {
        if let Some(slot) = self.slots.iter().position(|until| *until <= at) {
            return Some((slot, at));
        }
        if self.slots.len() < concurrency as usize {
            return Some((self.slots.len(), at));
        }
        let queued = self
            .slots
            .iter()
            .enumerate()
            .filter(|(_, until)| **until != Ns::MAX);
        queued
            .min_by_key(|(_, until)| **until)
            .filter(|_| full)
            .map(|(i, until)| (i, *until))
    }

    fn death(&self, now: Ns, version_serial: u32) -> Option<Ns> {
        if self.slots.contains(&Ns::MAX) || self.slots.iter().any(|until| *until > now) {
            return None;
        }
        let old = self.doomed || self.instance.version.serial != version_serial;
        let due = if old {
            self.last_used
        } else {
            self.last_used + self.idle_ttl
        };
        let due = due.min(self.retire_at.max(self.last_used));
        (due <= now).then_some(due)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use super::*;
    use crate::catalogue;
    use crate::platforms::{Silent, Voice};
    use crate::time::SECOND;
    use crate::versions::{Timeline, Version};

    const T: Ns = 1_770_000_000_000_000_000;

    fn version() -> Arc<Version> {
        static VERSION: LazyLock<Arc<Version>> = LazyLock::new(|| {
            let f = &Arc::new(catalogue::named().unwrap().remove(0));
            Arc::clone(Timeline::new(1, f, T, 0, Vec::new()).at(T))
        });
        Arc::clone(&VERSION)
    }

    fn add(pool: &mut Pool, at: Ns) -> u64 {
        let version = version();
        let voice: Box<dyn Voice> = Box::new(Silent);
        let instance = Instance {
            id: "i".to_owned(),
            born: at,
            version,
        };
        pool.add(
            instance,
            voice,
            at + SECOND,
            1.0,
            &mut Random::named(1, 2, "t", at),
        )
    }

    #[test]
    fn one_request_at_a_time_then_a_second_cold_start() {
        let mut pool = Pool::default();
        assert_eq!(pool.take(T, 0, 1), Place::Cold);
        let first = add(&mut pool, T);
        assert_eq!(
            pool.take(T + SECOND, 0, 1),
            Place::Cold,
            "the only slot is taken"
        );
        pool.release(first, T + 2 * SECOND, false);
        assert_eq!(
            pool.take(T + SECOND, 0, 1),
            Place::Cold,
            "still running then"
        );
        let start = T + 3 * SECOND;
        assert_eq!(
            pool.take(start, 0, 1),
            Place::Taken {
                serial: first,
                start
            }
        );
    }

    #[test]
    fn concurrent_requests_wait_for_an_instance_that_is_starting() {
        let mut pool = Pool::default();
        let serial = add(&mut pool, T);
        let ready = T + SECOND;
        assert_eq!(
            pool.take(T + 1, 0, 2),
            Place::Taken {
                serial,
                start: ready
            }
        );
        assert_eq!(pool.take(T + 2, 0, 2), Place::Cold, "both slots are taken");
    }

    #[test]
    fn idle_old_and_killed_instances_die() {
        for (version, dead, expected) in [(0, false, 0), (1, false, 1), (0, true, 1)] {
            let mut pool = Pool::default();
            let serial = add(&mut pool, T);
            pool.release(serial, T + 2 * SECOND, dead);
            assert_eq!(pool.sweep(T + 3 * SECOND, version).len(), expected);
        }
        let mut pool = Pool::default();
        let serial = add(&mut pool, T);
        assert!(
            pool.sweep(T + 60 * MINUTE, 0).is_empty(),
            "busy ones never die"
        );
        pool.release(serial, T + 2 * SECOND, false);
        assert_eq!(
            pool.take(T + 30 * MINUTE, 0, 1),
            Place::Cold,
            "idle too long"
        );
        assert_eq!(pool.sweep(T + 30 * MINUTE, 0).len(), 1);
        assert!(pool.is_empty());
    }

    #[test]
    fn a_full_pool_queues_instead_of_growing() {
        let mut pool = Pool::default();
        for _ in 0..INSTANCES_MAX {
            let serial = add(&mut pool, T);
            pool.release(serial, T + 9 * SECOND, false);
        }
        let Place::Taken { start, .. } = pool.take(T + SECOND, 0, 1) else {
            panic!("cold")
        };
        assert_eq!(start, T + 9 * SECOND);
        assert_eq!(pool.len(), INSTANCES_MAX);
    }
}
