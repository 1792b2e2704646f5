//! One invocation from request to reply: an instance, the steps, the outcome, the telling.

use std::sync::Arc;

use super::Sim;
use super::body::{Run, Stop};
use crate::function::{Function, Platform, Trigger};
use crate::history::{Called, Event, Fact};
use crate::invocation::{Context, Instance, Invocation, Outcome, Request};
use crate::random::Random;
use crate::sandbox::Place;
use crate::scenario::Conditions;
use crate::text;
use crate::time::{MILLI, Ns, SECOND, from_ms};
use crate::truth;
use crate::versions::Version;
use crate::weather;

/// Where a request comes from.
#[derive(Clone, Copy)]
pub enum Origin {
    /// From outside: a new trace.
    Outside,
    /// From a function that hands its trace context on: the same trace.
    Caller(Context),
    /// From a message: a new trace that links to the sender's.
    Message(Context),
}

/// A request.
pub struct Call {
    /// When it arrives.
    pub at: Ns,
    /// At which function.
    pub function: usize,
    /// Names its stream of chance.
    pub number: u64,
    /// Where it comes from.
    pub origin: Origin,
    /// How many functions are waiting for it.
    pub depth: u8,
    /// The path asked for, when the caller is a function; anybody else asks for anything.
    pub path: Option<String>,
    /// Turns that the loop it is part of has still to go; 0: it is part of none.
    pub turns: u32,
}

/// What the caller sees.
pub struct Reply {
    /// When.
    pub end: Ns,
    /// HTTP status.
    pub status: i64,
    /// Whether it failed.
    pub failed: bool,
}

/// What is decided before the code runs.
pub struct Fate {
    /// Its own code throws.
    pub throws: bool,
    /// It hangs until its timeout.
    pub hangs: bool,
    /// It is killed for its memory.
    pub dies: bool,
}

/// The instance an invocation got.
struct Seat {
    serial: u64,
    instance: Instance,
    started: Ns,
    init: Option<Ns>,
    waited: bool,
    memory_mb: f64,
    out_of_memory: bool,
}

impl Sim {
    /// Plays a request and everything it causes; the caller waits for the reply.
    pub(super) fn play(&mut self, call: Call) -> Reply {
        let version = Arc::clone(self.states[call.function].timeline.at(call.at));
        let f = Arc::clone(&version.spec);
        let hash = self.states[call.function].hash;
        let conditions = self.scenario.conditions(call.function, call.at);
        let stream = |purpose| Random::named(self.seed, hash, purpose, call.number);
        let (mut r, mut words) = (stream("invocation"), (!self.quiet).then(|| stream("words")));
        let context = Context {
            trace: trace_id(&f, &call, &mut r),
            span: r.bytes(),
        };
        let id = words.as_mut().map(|words| invocation_id(&f, words));
        let request = words
            .as_mut()
            .filter(|_| f.trigger == Trigger::Http)
            .map(|words| request(&f, &call, words));
        let fate = fate(&version, &conditions, &mut r);
        let seat = self.seat(&version, &call, &conditions, &mut r);
        let pace = conditions.duration * version.quality.duration_factor;
        let mut run = Run {
            r,
            words,
            context,
            cursor: seat.started,
            deadline: seat.started + f.timeout.0,
            // First invocations run code that is not compiled, over connections not yet open.
            pace: pace * if seat.init.is_some() { 1.3 } else { 1.0 },
            depth: call.depth,
            spans: Vec::new(),
            lines: Vec::new(),
            calls: Vec::new(),
            cpu_ms: 0.0,
            f: Arc::clone(&f),
        };
        let stop = self.run(&mut run, &fate);
        let stop = stop.or_else(|| {
            let failure = self.turn(&mut run, call.function, call.turns, &conditions);
            failure.map(Stop::Threw)
        });
        let dies = fate.dies || seat.out_of_memory;
        let (outcome, ended) = outcome(&run, stop, dies);
        let (serial, started) = (seat.serial, seat.started);
        let dead = !outcome.survived();
        let reply = Reply {
            end: ended,
            status: outcome.http_status(),
            failed: outcome != Outcome::Ok,
        };
        let (parent, link) = relations(&f, &call, &mut run.r);
        let invocation = Invocation {
            function: &f,
            instance: &seat.instance,
            id: id.unwrap_or_default(),
            context,
            parent,
            link,
            arrived: call.at,
            started,
            ended: ended.max(started),
            init: seat.init,
            waited: seat.waited,
            outcome,
            spans: run.spans,
            lines: run.lines,
            memory_used_mb: seat.memory_mb.round().min(f64::from(f.memory_mb)) as u32,
            request,
            cpu_ms: run.cpu_ms,
        };
        self.tell(&invocation, call.function, serial, run.calls);
        self.states[call.function]
            .pool
            .release(serial, reply.end.max(started), dead);
        reply
    }

    fn tell(
        &mut self,
        invocation: &Invocation<'_>,
        function: usize,
        serial: u64,
        calls: Vec<Called>,
    ) {
        let f = invocation.function;
        self.invocations[f.platform.index()] += 1;
        if self.quiet {
            let fact = Fact::of(invocation, function, calls);
            self.events.push(Event::Invocation(fact));
        }
        if self.truth_invocations {
            self.truth.push(truth::invocation(invocation));
        }
        if let Some(bills) = &mut self.bills {
            bills.add(invocation);
        }
        if let Some(sandbox) = self.states[function].pool.get(serial) {
            sandbox.voice.invoked(invocation, &mut self.outbox);
        }
    }

    /// Finds or starts an instance, and ages its memory.
    fn seat(
        &mut self,
        version: &Arc<Version>,
        call: &Call,
        c: &Conditions,
        r: &mut Random,
    ) -> Seat {
        let f = &version.spec;
        let pool = &mut self.states[call.function].pool;
        // The platform itself needs a moment to hand the request over.
        let at = call.at + from_ms(r.between(0.4, 1.8));
        let place = pool.take(at, version.serial, f.concurrency);
        let (serial, started, init) = match place {
            Place::Taken { serial, start } => (serial, start, None),
            Place::Cold => {
                let median = f.median_init_ms() * version.quality.init_factor * c.init;
                let weather = weather::cold_starts(self.seed, f, call.at);
                let length = from_ms(weather::cold_start(median * weather, r));
                // Isolates start in a millisecond: a cold start means nothing on Workers.
                let init = (f.platform != Platform::CloudflareWorkers).then_some(length);
                let ready_at = at + init.unwrap_or(MILLI);
                let instance = Instance {
                    id: r.hex(32),
                    born: at,
                    version: Arc::clone(version),
                };
                let voice = self.voice(&instance);
                let life = version.quality.life_factor;
                let pool = &mut self.states[call.function].pool;
                let serial = pool.add(instance, voice, ready_at, life, r);
                (serial, ready_at, init)
            }
        };
        let memory = f64::from(f.memory_mb);
        let noise = r.between(0.97, 1.06);
        let pool = &mut self.states[call.function].pool;
        let Some(s) = pool.get(serial) else {
            unreachable!("a slot of this instance has just been reserved")
        };
        s.leaked_mb += c.leak_mb;
        let used = memory * f.memory_used * version.quality.memory_factor * noise + s.leaked_mb;
        s.memory_max_mb = s.memory_max_mb.max(used.min(memory));
        Seat {
            serial,
            instance: s.instance.clone(),
            started,
            init,
            waited: init.is_none() && started > at,
            memory_mb: s.memory_max_mb,
            out_of_memory: used >= memory,
        }
    }
}

fn fate(version: &Version, c: &Conditions, r: &mut Random) -> Fate {
    let (f, quality) = (&version.spec, &version.quality);
    Fate {
        throws: r.chance(f.error_rate + c.error_rate + quality.error_rate),
        hangs: r.chance(f.timeout_rate + c.timeout_rate + quality.timeout_rate),
        dies: r.chance(f.oom_rate + c.oom_rate),
    }
}

/// The span it is a child of and the message it follows.
fn relations(f: &Function, call: &Call, r: &mut Random) -> (Option<[u8; 8]>, Option<Context>) {
    match call.origin {
        Origin::Caller(caller) => (Some(caller.span), None),
        Origin::Message(sender) => (None, Some(sender)),
        // X-Ray's own segment, which no exporter of the function ever sends.
        Origin::Outside if f.xray => (Some(r.bytes()), None),
        Origin::Outside => (None, None),
    }
}

/// How and when it ended: the platform's limits go before what the code says.
fn outcome(run: &Run, stop: Option<Stop>, dies: bool) -> (Outcome, Ns) {
    if run.cursor > run.deadline || matches!(stop, Some(Stop::Hung)) {
        return (Outcome::Timeout, run.deadline);
    }
    if dies {
        return (Outcome::OutOfMemory, run.cursor);
    }
    match stop {
        Some(Stop::Threw(failure)) => (Outcome::Error(failure), run.cursor),
        _ => (Outcome::Ok, run.cursor),
    }
}

/// The caller's trace, or a new one: on AWS X-Ray's form, whose first four bytes are the time.
fn trace_id(f: &Function, call: &Call, r: &mut Random) -> [u8; 16] {
    let mut id: [u8; 16] = r.bytes();
    if let Origin::Caller(context) = call.origin {
        return context.trace;
    }
    if f.platform == Platform::AwsLambda {
        let seconds = (call.at / SECOND) as u32;
        id[..4].copy_from_slice(&seconds.to_be_bytes());
    }
    id
}

/// The platform's id of an invocation; empty where it has none.
fn invocation_id(f: &Function, r: &mut Random) -> String {
    match f.platform {
        Platform::AwsLambda | Platform::AzureFunctions => r.uuid(),
        Platform::GcpCloudFunctions => r.letters(b"0123456789abcdefghijklmnopqrstuvwxyz", 12),
        Platform::CloudflareWorkers => r.hex(16).to_uppercase(),
        Platform::Vercel => format!(
            "{}::{}-{}-{}",
            f.region,
            r.hex(5),
            r.below(1 << 40),
            r.hex(12)
        ),
        Platform::GcpCloudRun | Platform::Knative => String::new(),
    }
}

fn request(f: &Function, call: &Call, r: &mut Random) -> Request {
    let (method, route) = f.method_and_path();
    let anything = match route {
        "/" => text::fill("{path}", r),
        _ => text::path_of(route, r),
    };
    let (mut user_agent, client_address) = (text::user_agent(r), text::client_address(r));
    if call.path.is_some() {
        user_agent = "node";
    }
    Request {
        method: method.to_owned(),
        path: call.path.clone().unwrap_or(anything),
        route: route.to_owned(),
        user_agent,
        client_address,
    }
}
