//! The code of an invocation: its steps one after the other, and where it stops.

use std::sync::Arc;

use super::play::{Call, Fate, Origin};
use super::steps::{self, Look};
use super::{Arrival, Cause, Sim};
use crate::function::{Deed, Function, Level, Platform, Step};
use crate::history::Called;
use crate::invocation::{Context, Failure, Library, Line, StepSpan};
use crate::random::Random;
use crate::scenario::Conditions;
use crate::text;
use crate::time::{MILLI, Ns, SECOND, from_ms};

/// Calls deeper than this are not made: the catalogue has no cycles, scenarios cannot make any.
const DEPTH_MAX: u8 = 5;

/// How long a caller waits for another function before it gives up.
const CALL_TIMEOUT: Ns = 5 * SECOND;

/// The invocation while it runs.
pub struct Run {
    /// The function.
    pub f: Arc<Function>,
    /// Its stream of chance.
    pub r: Random,
    /// The stream of what it says, apart so that whoever says nothing plays the same; `None`: nothing
    /// is said.
    pub words: Option<Random>,
    /// Its trace and span.
    pub context: Context,
    /// Where it has got to.
    pub cursor: Ns,
    /// When its timeout strikes.
    pub deadline: Ns,
    /// Factor on the function's own time.
    pub pace: f64,
    /// How many functions wait for it.
    pub depth: u8,
    /// Its deeds.
    pub spans: Vec<StepSpan>,
    /// Its log lines.
    pub lines: Vec<Line>,
    /// Functions it called and waited for.
    pub calls: Vec<Called>,
    /// CPU time so far, in ms.
    pub cpu_ms: f64,
}

/// Why a run stops before its last step.
pub enum Stop {
    /// Its code threw.
    Threw(Failure),
    /// It did not come back.
    Hung,
}

impl Sim {
    /// Runs the steps; says why it stopped early, if it did.
    pub(super) fn run(&mut self, run: &mut Run, fate: &Fate) -> Option<Stop> {
        let f = Arc::clone(&run.f);
        let own = run.r.lognormal(f.compute_ms, f.spread) * run.pace;
        run.cpu_ms += own;
        let slice = from_ms(own / (f.steps.len() + 1) as f64);
        let stops_before = run.r.below(f.steps.len() as u64 + 1) as usize;
        run.say(slice);
        for (index, step) in f.steps.iter().enumerate() {
            run.cursor += slice;
            if index == stops_before
                && let Some(stop) = stopped(run, fate)
            {
                return Some(stop);
            }
            let does = run.r.chance(step.chance);
            for _ in 0..if does { step.times } else { 0 } {
                if let Some(failure) = self.step(run, step) {
                    return Some(Stop::Threw(failure));
                }
                if run.cursor > run.deadline {
                    return Some(Stop::Hung);
                }
            }
        }
        run.cursor += slice;
        if stops_before == f.steps.len() {
            stopped(run, fate)
        } else {
            None
        }
    }

    /// Does one deed; returns the failure when it ends the invocation.
    fn step(&mut self, run: &mut Run, step: &Step) -> Option<Failure> {
        match step.deed {
            Deed::Call => self.call(run, step),
            Deed::Queue => self.send(run, step),
            _ => {
                let fails = run.r.chance(step.error_rate);
                let length = from_ms(run.r.lognormal(step.ms, run.f.spread) * run.pace);
                if step.deed == Deed::Work {
                    run.cpu_ms += length as f64 / MILLI as f64;
                }
                let look = run.words.as_mut().map(|words| {
                    let mut look = steps::look(&run.f, step, words);
                    if step.deed == Deed::Http {
                        let status = if fails { 503 } else { 200 };
                        look.attributes.push(steps::http_status(&run.f, status));
                    }
                    look
                });
                let start = run.cursor;
                run.cursor += length;
                run.note(look, start, fails, step)
            }
        }
    }

    /// Calls another function and waits for it, again and again while a retry storm says so.
    fn call(&mut self, run: &mut Run, step: &Step) -> Option<Failure> {
        let &target = self.by_name.get(&step.on)?;
        if run.depth >= DEPTH_MAX {
            return None;
        }
        let spec = Arc::clone(&self.states[target].spec);
        let (method, route) = spec.method_and_path();
        let path = run.words.as_mut().map(|words| text::path_of(route, words));
        let mut tries = 0;
        loop {
            let start = run.cursor;
            let span: [u8; 8] = run.r.bytes();
            let network = from_ms(run.r.lognormal(step.ms, 0.3));
            let at = start + network / 2;
            let (end, status, ran) = self.ask(run, target, at, span, path.clone());
            let end = end + network / 2;
            let late = end > start + CALL_TIMEOUT;
            run.cursor = if late { start + CALL_TIMEOUT } else { end };
            let fails = late || status >= 429;
            run.calls.push(Called {
                function: target,
                took: run.cursor - start,
                failed: fails,
                ran,
            });
            let look = path
                .as_deref()
                .map(|path| called(&run.f, method, &text::host(&spec), path, status, late));
            let retries = self.scenario.conditions(target, at).retries;
            if fails && tries < retries && run.cursor < run.deadline {
                tries += 1;
                run.note_with(span, look, start, Some(false));
                run.cursor += 50 * MILLI;
                continue;
            }
            let fatal = fails.then(|| run.r.chance(step.fatal));
            return run.note_with(span, look, start, fatal);
        }
    }

    /// Sends the request to the other function; returns when it answered, what, and whether it ran.
    fn ask(
        &mut self,
        run: &Run,
        target: usize,
        at: Ns,
        span: [u8; 8],
        path: Option<String>,
    ) -> (Ns, i64, bool) {
        let number = u64::from_le_bytes(span);
        if self.scenario.stopped_until(target, at).is_some() {
            return (at + 3 * MILLI, 503, false);
        }
        if self.turned_away(target, at, number) {
            return (at + 3 * MILLI, 429, false);
        }
        // Workers do not hand their trace context on: what they call starts a trace of its own.
        let origin = match run.f.platform {
            Platform::CloudflareWorkers => Origin::Outside,
            _ => Origin::Caller(Context {
                trace: run.context.trace,
                span,
            }),
        };
        let depth = run.depth + 1;
        let reply = self.play(Call {
            at,
            function: target,
            number,
            origin,
            depth,
            path,
            turns: 0,
        });
        (reply.end, reply.status, true)
    }

    /// Sends a message to another function, which will link back to this span.
    fn send(&mut self, run: &mut Run, step: &Step) -> Option<Failure> {
        let &target = self.by_name.get(&step.on)?;
        self.send_to(run, target, step, 0)
    }

    /// Sends a message that, in a loop, may be followed by so many more.
    fn send_to(
        &mut self,
        run: &mut Run,
        target: usize,
        step: &Step,
        turns: u32,
    ) -> Option<Failure> {
        let spec = &self.states[target].spec;
        let words = run.words.as_mut();
        let look = words.map(|words| steps::message(&run.f, spec, step, words));
        let span: [u8; 8] = run.r.bytes();
        let start = run.cursor;
        run.cursor += from_ms(run.r.lognormal(step.ms, 0.3));
        let fails = run.r.chance(step.error_rate);
        if !fails {
            let lag = from_ms(self.scenario.conditions(target, run.cursor).lag_s * 1_000.0);
            let late = from_ms(run.r.lognormal(90.0, 0.7)) + lag;
            let cause = Cause::Message {
                trace: run.context.trace,
                span,
                tries: 0,
                turns,
            };
            let number = u64::from_le_bytes(span);
            self.push(Arrival {
                at: run.cursor + late,
                function: target,
                number,
                cause,
            });
        }
        let fatal = fails.then(|| run.r.chance(step.fatal));
        run.note_with(span, look, start, fatal)
    }

    /// Sends the message of a loop, if this invocation starts one or is part of one with `turns`
    /// left to go.
    pub(super) fn turn(
        &mut self,
        run: &mut Run,
        function: usize,
        turns: u32,
        c: &Conditions,
    ) -> Option<Failure> {
        let starts = run.r.chance(c.loop_rate);
        let circle = self.scenario.looping(function, run.cursor)?;
        let place = circle.iter().position(|f| *f == function)?;
        let turns = match turns {
            0 if starts && place == 0 => c.loop_turns,
            0 => return None,
            left => left,
        };
        let target = circle[(place + 1) % circle.len()];
        let step = Step {
            deed: Deed::Queue,
            what: format!("{}-changes", self.states[target].spec.name),
            on: String::new(),
            ms: 12.0,
            chance: 1.0,
            times: 1,
            error_rate: 0.0,
            fatal: 0.0,
        };
        self.send_to(run, target, &step, turns - 1)
    }
}

/// The look of a call to another function that was answered with this status, or not in time.
fn called(f: &Function, method: &str, host: &str, path: &str, status: i64, late: bool) -> Look {
    let mut look = steps::http(f, method, host, path, status);
    if late {
        look.failure = ("timeout", "The operation was aborted due to timeout".into());
    } else {
        look.attributes.push(steps::http_status(f, status));
    }
    look
}

impl Run {
    /// Logs the lines of an ordinary invocation, each within its first `slice`.
    fn say(&mut self, slice: Ns) {
        let f = Arc::clone(&self.f);
        let Some(words) = &mut self.words else {
            return;
        };
        for line in &f.logs {
            if words.chance(line.chance) {
                let text = text::fill(&line.text, words);
                self.lines.push(Line {
                    at: self.cursor + words.below(slice.max(1)),
                    level: line.level,
                    text,
                    span: None,
                });
            }
        }
    }

    fn note(&mut self, look: Option<Look>, start: Ns, fails: bool, step: &Step) -> Option<Failure> {
        let span = self.r.bytes();
        let fatal = fails.then(|| self.r.chance(step.fatal));
        self.note_with(span, look, start, fatal)
    }

    /// Adds the span of a deed; `fatal` is set when the deed failed and says whether the function
    /// fails with it or logs a warning and goes on.
    fn note_with(
        &mut self,
        id: [u8; 8],
        look: Option<Look>,
        start: Ns,
        fatal: Option<bool>,
    ) -> Option<Failure> {
        let (Some(look), Some(words)) = (look, &mut self.words) else {
            return fatal?.then(|| Failure::untold(self.cursor));
        };
        let Look {
            name,
            kind,
            attributes,
            library,
            failure: (error, message),
        } = look;
        let end = self.cursor.min(self.deadline).max(start);
        let failure = fatal.is_some().then(|| (error.to_owned(), message.clone()));
        let span = StepSpan {
            id,
            name,
            kind,
            start,
            end,
            attributes,
            failure,
            library,
        };
        let told = match library {
            Library::Http => message,
            _ => format!("{}: {message}", span.name),
        };
        self.spans.push(span);
        if fatal? {
            let kind = text::exception(self.f.runtime, library, error);
            let stack = text::stack(&self.f, &kind, &told, words);
            return Some(self.threw(kind, told, stack));
        }
        let text = format!("{told}; going on without it");
        self.lines.push(Line {
            at: self.cursor,
            level: Level::Warn,
            text,
            span: Some(id),
        });
        None
    }

    fn threw(&mut self, kind: String, message: String, stack: String) -> Failure {
        let at = self.cursor;
        let text = format!("{kind}: {message}");
        self.lines.push(Line {
            at,
            level: Level::Error,
            text,
            span: None,
        });
        Failure {
            kind,
            message,
            stack,
            at,
        }
    }
}

/// Whether the function's own code throws or hangs here.
fn stopped(run: &mut Run, fate: &Fate) -> Option<Stop> {
    if fate.hangs {
        run.cursor = run.deadline + 1;
        return Some(Stop::Hung);
    }
    if !fate.throws {
        return None;
    }
    let f = Arc::clone(&run.f);
    let Some(words) = &mut run.words else {
        let failure = Failure::untold(run.cursor);
        return (!f.faults.is_empty()).then_some(Stop::Threw(failure));
    };
    let fault = words.pick(&f.faults)?;
    let message = text::fill(&fault.message, words);
    let stack = text::stack(&f, &fault.kind, &message, words);
    Some(Stop::Threw(run.threw(fault.kind.clone(), message, stack)))
}
