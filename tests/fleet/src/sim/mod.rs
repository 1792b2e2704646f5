//! The simulation: arrivals in time order, played one after the other, told by their platforms.
//!
//! Nothing here knows a clock or a network: [`Sim::advance`] is told how far to go, and hands out
//! requests and ground truth.

mod body;
mod play;
mod steps;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use crate::bill::Bills;
use crate::function::{Function, Platform};
use crate::history::Event;
use crate::invocation::{Context, Instance};
use crate::otlp::batch::{Batcher, Request};
use crate::otlp::outbox::{Item, Outbox};
use crate::platforms;
use crate::random::Random;
use crate::sandbox::Pool;
use crate::scenario::Scenario;
use crate::time::{MINUTE, Ns};
use crate::traffic::{Arrivals, CELL};
use crate::truth;
use crate::versions::Timeline;
use crate::weather::Traffic;

/// What a simulation is made of. The same plan gives the same bytes.
pub struct Plan {
    /// Seed of all chance.
    pub seed: u64,
    /// The functions.
    pub functions: Vec<Function>,
    /// The incidents.
    pub scenario: Scenario,
    /// Where the history begins.
    pub origin: Ns,
    /// How long it is; planned deploys are placed inside it.
    pub backfill: Ns,
    /// Factor on all traffic.
    pub rate: f64,
    /// Whether to hand out a line of ground truth for every invocation.
    pub truth_invocations: bool,
    /// The bills, if they are to be handed out at the end.
    pub bills: Option<Bills>,
    /// Whether to say nothing and hand out [`Sim::events`] instead (history.rs).
    pub quiet: bool,
}

/// A function and its state.
struct State {
    spec: Arc<Function>,
    hash: u64,
    traffic: Traffic,
    pool: Pool,
    timeline: Timeline,
}

/// Why an invocation happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// Somebody outside.
    Own {
        /// How often it was tried before.
        tries: u32,
    },
    /// A message of another function.
    Message {
        /// Trace id of the sender.
        trace: [u8; 16],
        /// Span id of the sender.
        span: [u8; 8],
        /// How often it was delivered before.
        tries: u32,
        /// Turns that its loop has still to go.
        turns: u32,
    },
}

/// A request on its way to a function, ordered by time, then function, then number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    at: Ns,
    function: usize,
    number: u64,
    cause: Cause,
}

/// The simulation.
pub struct Sim {
    seed: u64,
    rate: f64,
    states: Vec<State>,
    by_name: HashMap<String, usize>,
    scenario: Scenario,
    queue: BinaryHeap<Reverse<Arrival>>,
    next_cell: u64,
    origin: Ns,
    /// No arrival at or after this moment, so that a run ends.
    last: Ns,
    outbox: Outbox,
    batcher: Batcher,
    truth: Vec<Value>,
    truth_invocations: bool,
    bills: Option<Bills>,
    quiet: bool,
    events: Vec<Event>,
    invocations: [u64; Platform::ALL.len()],
}

impl Sim {
    /// A simulation standing at its origin. The ground truth of its incidents is ready at once.
    pub fn new(plan: Plan) -> Self {
        let Plan {
            seed,
            functions,
            scenario,
            origin,
            backfill,
            rate,
            truth_invocations,
            bills,
            quiet,
        } = plan;
        let states: Vec<State> = functions
            .into_iter()
            .map(Arc::new)
            .enumerate()
            .map(|(index, spec)| State {
                hash: spec.hash(),
                traffic: Traffic::new(seed, spec.hash()),
                pool: Pool::default(),
                timeline: Timeline::new(seed, &spec, origin, backfill, scenario.changes(index)),
                spec,
            })
            .collect();
        let specs: Vec<&Function> = states.iter().map(|s| &*s.spec).collect();
        let incidents = scenario
            .incidents
            .iter()
            .map(|i| truth::incident(i, &specs));
        Self {
            seed,
            rate,
            truth: incidents.collect(),
            by_name: states
                .iter()
                .enumerate()
                .map(|(i, s)| (s.spec.name.clone(), i))
                .collect(),
            states,
            scenario,
            queue: BinaryHeap::new(),
            next_cell: origin / CELL,
            origin,
            last: Ns::MAX,
            outbox: Outbox::default(),
            batcher: Batcher::default(),
            truth_invocations,
            bills,
            quiet,
            events: Vec::new(),
            invocations: [0; Platform::ALL.len()],
        }
    }

    /// No request arrives at `end` or later, messages and retries included.
    pub fn end_at(&mut self, end: Ns) {
        self.last = end;
    }

    /// Plays everything that arrives before `until`; afterwards [`Sim::requests`] has what the
    /// exporters let go by then.
    pub fn advance(&mut self, until: Ns) {
        loop {
            let cell_start = self.next_cell * CELL;
            while self
                .queue
                .peek()
                .is_some_and(|Reverse(a)| a.at < until.min(cell_start))
            {
                let Some(Reverse(arrival)) = self.queue.pop() else {
                    break;
                };
                self.arrive(arrival);
            }
            if cell_start >= until {
                break;
            }
            self.open_cell();
        }
    }

    /// Deploys, deaths of instances and arrivals of the next cell.
    fn open_cell(&mut self) {
        let cell_start = self.next_cell * CELL;
        for index in 0..self.states.len() {
            // Whoever comes later in the cell finds the version of its own moment.
            self.deploys(index, cell_start + CELL - 1);
            let state = &mut self.states[index];
            let version = state.timeline.at(cell_start).serial;
            for (at, mut dead) in state.pool.sweep(cell_start, version) {
                dead.voice.died(at, cell_start, &mut self.outbox);
            }
            let arrivals = Arrivals {
                seed: self.seed,
                scale: self.rate,
                function: &state.spec,
                hash: state.hash,
                index,
                weather: state.traffic.at(cell_start),
                scenario: &self.scenario,
            };
            for (at, number) in arrivals.in_cell(self.next_cell) {
                if at >= self.origin {
                    let cause = Cause::Own { tries: 0 };
                    self.push(Arrival {
                        at,
                        function: index,
                        number,
                        cause,
                    });
                }
            }
        }
        self.next_cell += 1;
    }

    fn deploys(&mut self, index: usize, now: Ns) {
        let state = &mut self.states[index];
        for version in state.timeline.advance(&state.spec, now) {
            let before = Arc::clone(state.timeline.at(version.at.saturating_sub(1)));
            self.truth.push(truth::deploy(&before, &version));
            if self.quiet {
                let function = index;
                self.events.push(Event::Deploy {
                    function,
                    before,
                    version,
                });
            }
        }
    }

    fn push(&mut self, arrival: Arrival) {
        if arrival.at < self.last {
            self.queue.push(Reverse(arrival));
        }
    }

    fn arrive(&mut self, arrival: Arrival) {
        let Arrival {
            at,
            function,
            number,
            cause,
        } = arrival;
        if let Some(again) = self.scenario.stopped_until(function, at) {
            // Messages wait for the function to come back; people go away.
            if matches!(cause, Cause::Message { .. }) {
                let late = number % MINUTE;
                self.push(Arrival {
                    at: again.saturating_add(late),
                    ..arrival
                });
            }
            return;
        }
        if self.turned_away(function, at, number) {
            if matches!(cause, Cause::Message { .. }) {
                self.push(Arrival {
                    at: at + MINUTE,
                    number: crate::random::mix(number, 2),
                    ..arrival
                });
            }
            return;
        }
        let (origin, turns) = match cause {
            Cause::Own { .. } => (play::Origin::Outside, 0),
            Cause::Message {
                trace, span, turns, ..
            } => (play::Origin::Message(Context { trace, span }), turns),
        };
        let reply = self.play(play::Call {
            at,
            function,
            number,
            origin,
            depth: 0,
            path: None,
            turns,
        });
        if !reply.failed {
            return;
        }
        let retries = self.scenario.conditions(function, at).retries;
        if let Some((wait, cause)) = again(cause, retries) {
            let number = crate::random::mix(number, 1);
            self.push(Arrival {
                at: reply.end + wait,
                function,
                number,
                cause,
            });
        }
    }

    /// Whether the platform turns the request of this number away.
    fn turned_away(&mut self, function: usize, at: Ns, number: u64) -> bool {
        let rate = self.scenario.conditions(function, at).throttle_rate;
        let hash = self.states[function].hash;
        rate > 0.0 && Random::named(self.seed, hash, "throttle", number).chance(rate)
    }

    /// Takes out what happened, where nothing is said.
    pub fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Takes out the requests that are full; all that is due by `now` when `flush`.
    pub fn requests(&mut self, now: Ns, flush: bool) -> Vec<Request> {
        let mut ready = Vec::new();
        for item in self.outbox.due(now) {
            ready.extend(self.batcher.add(item));
        }
        if flush {
            ready.extend(self.batcher.flush());
        }
        ready
    }

    /// Takes out, item by item, what the exporters let go by `now`.
    pub fn said(&mut self, now: Ns) -> impl Iterator<Item = Item> {
        self.outbox.due(now)
    }

    /// Ends the run at `now`: every instance says its last words, and bills are written. What
    /// [`Sim::requests`] then hands out for [`Ns::MAX`] is all there is.
    pub fn finish(&mut self, now: Ns) {
        if let Some(bills) = self.bills.take() {
            self.truth.extend(bills.lines());
        }
        for state in &mut self.states {
            for mut sandbox in state.pool.drain() {
                sandbox.voice.died(now, now, &mut self.outbox);
            }
        }
    }

    /// Takes out the lines of ground truth so far.
    pub fn truth(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.truth)
    }

    /// Invocations so far, by platform in the order of [`Platform::ALL`].
    pub fn invocations(&self) -> [u64; Platform::ALL.len()] {
        self.invocations
    }

    /// Items waiting to be sent.
    pub fn waiting(&self) -> usize {
        self.outbox.len()
    }

    /// A new instance's voice.
    fn voice(&mut self, instance: &Instance) -> Box<dyn platforms::Voice> {
        if self.quiet {
            return Box::new(platforms::Silent);
        }
        let spec = Arc::clone(&instance.version.spec);
        platforms::voice(spec, instance, &mut self.outbox)
    }
}

/// What follows a failure: queues deliver again after their visibility timeout, twice; in a retry
/// storm callers try again at once, as often as it says.
fn again(cause: Cause, retries: u32) -> Option<(Ns, Cause)> {
    use crate::time::{MILLI, SECOND};
    const DELIVERIES_MAX: u32 = 3;
    match cause {
        Cause::Message {
            trace,
            span,
            tries,
            turns,
        } if tries + 1 < DELIVERIES_MAX.max(retries) => Some((
            30 * SECOND,
            Cause::Message {
                trace,
                span,
                tries: tries + 1,
                turns,
            },
        )),
        Cause::Own { tries } if tries < retries => Some((
            (200 * MILLI) << tries.min(5),
            Cause::Own { tries: tries + 1 },
        )),
        _ => None,
    }
}
