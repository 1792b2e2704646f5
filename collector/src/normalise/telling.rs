//! What log records tell of invocations, beside being rows themselves.

use std::sync::Arc;

use store::model::{InitKind, InvocationFact, ToldBy, UnixNano};

use super::facts;
use super::fields;
use super::identity::{Identity, Seen};
use super::memory::{Init, Memory};
use super::parse;

/// An on-demand init that was over longer than this before its first invocation was done ahead of
/// need: nobody waited for it (Lambda's own instrumentations draw the line here, too).
const PROACTIVE_AFTER_NANOS: i64 = 10 * 1_000_000_000;

/// A log record as the platforms' files see it.
#[derive(Clone, Copy)]
pub(super) struct LogView<'a> {
    pub(super) seen: Seen<'a>,
    pub(super) body: &'a str,
    pub(super) scope_name: &'a str,
    pub(super) time: UnixNano,
    pub(super) trace_id: &'a str,
    pub(super) span_id: &'a str,
}

/// What a record tells.
pub(super) enum Telling {
    /// Facts of one invocation.
    Invocation {
        /// The facts, without function and dimensions.
        fact: Box<InvocationFact>,
        /// The trace the platform names: that of the function's spans only if it speaks X-Ray.
        xray_trace: Option<String>,
    },
    /// An invocation began; it is the one an earlier init was for.
    Began(String),
    /// An initialisation, of which the next invocation of the sandbox is the subject.
    Init(Init),
}

impl Telling {
    /// Facts without a trace of the platform's own.
    pub(super) fn invocation(fact: InvocationFact) -> Self {
        Self::Invocation {
            fact: Box::new(fact),
            xray_trace: None,
        }
    }
}

impl LogView<'_> {
    /// A fact of the invocation `id` that ended when the record was written; `None` without a
    /// usable id or with an absurd duration.
    pub(super) fn fact(
        &self,
        id: &str,
        told_by: ToldBy,
        duration_ms: Option<f64>,
    ) -> Option<InvocationFact> {
        let is_sound = duration_ms.is_none_or(|ms| (0.0..=parse::DURATION_MAX_MS).contains(&ms));
        if id.is_empty() || id.len() > fields::INVOCATION_ID_BYTES || !is_sound {
            return None;
        }
        let start = self.time.plus_millis(-duration_ms.unwrap_or(0.0));
        let function = store::model::FunctionId::default();
        let mut fact = InvocationFact::new(function, id.to_owned(), told_by, start);
        fact.duration_ms = duration_ms;
        self.trace_id.clone_into(&mut fact.trace_id);
        Some(fact)
    }
}

/// The inits told by the records of one resource that still wait for their invocation.
///
/// Within one resource of one request the records are those of one sandbox, in order; beyond it
/// only a named sandbox may be trusted to be the same one.
pub(super) struct Teller<'a> {
    pub(super) memory: &'a mut Memory,
    resource: Option<u64>,
    pending: Option<Init>,
    /// The sandbox the pending init was told of; empty when it has no name.
    sandbox: String,
    facts: Vec<InvocationFact>,
}

impl<'a> Teller<'a> {
    /// For the records of one resource.
    pub(super) const fn new(memory: &'a mut Memory, resource: Option<u64>) -> Self {
        Self {
            memory,
            resource,
            pending: None,
            sandbox: String::new(),
            facts: Vec::new(),
        }
    }

    /// Takes in what a record tells.
    pub(super) fn take(&mut self, identity: &Arc<Identity>, log: &LogView<'_>) {
        match identity.rules.telling(log) {
            None => {}
            Some(Telling::Init(init)) => {
                // A sandbox may begin with a failed init and try again: the last one counts. Its start
                // is told apart from its end and says which runtime it was.
                let runtime = self.pending.take().map(|earlier| earlier.runtime);
                self.pending = Some(match runtime {
                    Some(runtime) if init.runtime.is_empty() => Init { runtime, ..init },
                    _ => init,
                });
                sandbox(identity, &log.seen).clone_into(&mut self.sandbox);
            }
            Some(Telling::Began(id)) => {
                if let Some(start) = log.fact(&id, ToldBy::PlatformReport, None) {
                    self.settle_init(identity, log, &start);
                }
            }
            Some(Telling::Invocation { fact, xray_trace }) => {
                self.invocation(identity, log, *fact, xray_trace);
            }
        }
    }

    /// Keeps what waits for an invocation in a later request.
    pub(super) fn finish(self) -> Vec<InvocationFact> {
        if let Some(init) = self.pending.filter(|_| !self.sandbox.is_empty()) {
            self.memory.keep_init(self.resource, &self.sandbox, init);
        }
        self.facts
    }

    fn invocation(
        &mut self,
        identity: &Arc<Identity>,
        log: &LogView<'_>,
        mut fact: InvocationFact,
        xray_trace: Option<String>,
    ) {
        let function = identity.text.as_str();
        if identity.rules.has_invocation_ids() {
            self.memory.learn_ids(function);
        } else if !fact.trace_id.is_empty() && !fact.throttled {
            // Spans of such a platform bear no invocation id: the span of the platform's that the record
            // names is the parent of ours; without one the trace alone says which is meant.
            let mark = platform_span(&fact.trace_id, log.span_id);
            fact.invocation_id = self.memory.join(function, &mark, &fact.invocation_id, true);
        }
        if let Some(xray_trace) = xray_trace {
            fact.trace_id = xray_trace;
        }
        facts::fill(&mut fact, identity, &log.seen);
        if fact.trigger.is_empty() {
            fact.trigger = fields::trigger(&log.seen, false).to_owned();
        }
        self.settle_init(identity, log, &fact);
        facts::infer_cold_start(&mut fact, identity, self.memory);
        self.facts.push(fact);
    }

    /// Tells the init that waited for this invocation.
    fn settle_init(&mut self, identity: &Arc<Identity>, log: &LogView<'_>, of: &InvocationFact) {
        let sandbox = sandbox(identity, &log.seen);
        let kept = || {
            let has_name = !sandbox.is_empty();
            has_name
                .then(|| self.memory.take_init(self.resource, sandbox))
                .flatten()
        };
        let Some(init) = self.pending.take().or_else(kept) else {
            return;
        };
        let id = of.invocation_id.clone();
        let mut fact = facts::fact(identity, &log.seen, id, ToldBy::PlatformReport, of.start);
        if !init.runtime.is_empty() {
            fact.platform_runtime = init.runtime;
        }
        fact.init_kind = init.kind;
        fact.init_duration_ms = init.duration_ms.filter(|ms| *ms <= parse::DURATION_MAX_MS);
        let waited = of.start.0.saturating_sub(init.at.0) <= PROACTIVE_AFTER_NANOS;
        fact.cold_start = match init.kind {
            Some(InitKind::Provisioned | InitKind::ManagedInstance) => Some(false),
            Some(InitKind::OnDemand) => waited.then_some(true),
            Some(InitKind::SnapstartRestore | InitKind::Suppressed) => Some(true),
            None => None,
        };
        self.facts.push(fact);
    }
}

/// What the log of a request and the span that answered it have in common: the platform's own span, of
/// which the log speaks and below which the function's span lies.
pub(super) fn platform_span(trace: &str, span: &str) -> String {
    if span.is_empty() {
        trace.to_owned()
    } else {
        format!("{trace}-{span}")
    }
}

/// The name of the sandbox: the platform's, else the layer's own number for it.
fn sandbox<'a>(identity: &Identity, seen: &Seen<'a>) -> &'a str {
    let instance = identity.rules.instance(seen);
    if instance.is_empty() {
        seen.get("service.instance.id").unwrap_or_default()
    } else {
        instance
    }
}
