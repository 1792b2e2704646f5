//! A fleet played in process, without telemetry: what happened, for whoever measures detectors.
//!
//! The same plan plays the same invocations as when it is told over the wire, only much faster.

use std::sync::Arc;

use crate::invocation::Invocation;
use crate::sim::{Plan, Sim};
use crate::time::{HOUR, Ns};
use crate::versions::Version;

/// How far is played before events are handed out: bounds what waits in memory. The moments of
/// [`Event::Until`] are multiples of it.
const STEP: Ns = HOUR;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// An invocation ended. Callers end after those they called, so starts are not in order.
    Invocation(Fact),
    /// A version went into service.
    Deploy {
        /// Which function's, by its place in the fleet.
        function: usize,
        /// The version before it.
        before: Arc<Version>,
        /// The version; its `spec` says what the function is from now on.
        version: Arc<Version>,
    },
    /// Everything that starts before this moment has been told.
    Until(Ns),
}

/// An invocation, in short.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The function, by its place in the fleet.
    pub function: usize,
    /// The version that ran; its `spec` has runtime, architecture, region and configured memory.
    pub version: Arc<Version>,
    /// When the code was called.
    pub started: Ns,
    /// When it ended.
    pub ended: Ns,
    /// Length of its own cold start; `None` when warm or waiting for another's.
    pub init: Option<Ns>,
    /// `ok`, `error`, `timeout` or `oom`.
    pub status: &'static str,
    /// Highest memory use of the instance so far, in MiB.
    pub memory_used_mb: u32,
    /// What the platform bills, in ms; `None` where it has no such number.
    pub billed_ms: Option<u64>,
    /// Functions that it called and waited for, each try by itself.
    pub calls: Vec<Called>,
}

/// A call to another function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Called {
    /// The function called, by its place in the fleet.
    pub function: usize,
    /// How long the caller waited.
    pub took: Ns,
    /// Whether the caller saw it fail.
    pub failed: bool,
    /// Whether the function ran for it: one that is stopped or throttled does not.
    pub ran: bool,
}

impl Fact {
    /// The facts of an invocation of the function at this place.
    pub(crate) fn of(inv: &Invocation<'_>, function: usize, calls: Vec<Called>) -> Self {
        Self {
            function,
            version: Arc::clone(&inv.instance.version),
            started: inv.started,
            ended: inv.ended,
            init: inv.init,
            status: inv.outcome.name(),
            memory_used_mb: inv.memory_used_mb,
            billed_ms: crate::truth::billed_ms(inv),
            calls,
        }
    }

    /// How long the code ran, cold start not included.
    pub fn duration(&self) -> Ns {
        self.ended - self.started
    }
}

/// Plays the plan from its origin up to `until` and hands out what happens, hour by hour.
pub fn play(plan: Plan, until: Ns, mut each: impl FnMut(Event)) {
    let mut now = plan.origin;
    let mut sim = Sim::new(Plan {
        quiet: true,
        truth_invocations: false,
        bills: None,
        ..plan
    });
    sim.end_at(until);
    while now < until {
        now = ((now / STEP + 1) * STEP).min(until);
        sim.advance(now);
        // Incidents and deploys are known to the caller; nobody reads these lines.
        sim.truth().clear();
        sim.events().into_iter().for_each(&mut each);
        each(Event::Until(now));
    }
}
