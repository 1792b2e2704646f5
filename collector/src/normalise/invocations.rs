//! Which spans are invocations, and what they tell of them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use store::model::{InvocationFact, ToldBy};

use super::facts;
use super::fields;
use super::identity::{Identity, Seen};
use super::memory::Memory;
use super::telling::platform_span;
use super::traces::{Checked, Group};
use crate::decode::wire::Traces;

/// What a span is to its function.
#[derive(Clone, Copy, PartialEq)]
enum Role<'a> {
    /// The invocation, under the platform's id.
    Numbered(&'a str),
    /// The invocation, on a platform that numbers none.
    Unnumbered,
    /// The initialisation before an invocation.
    Init,
}

/// A span that tells something of an invocation.
struct Candidate<'a> {
    group: &'a Group<'a>,
    function: &'a Arc<Identity>,
    span: &'a Checked<'a>,
    role: Role<'a>,
}

impl Candidate<'_> {
    fn seen(&self) -> Seen<'_> {
        self.group.seen(self.span)
    }
}

/// The facts that all spans of a request tell.
pub(super) fn facts(
    memory: &mut Memory,
    request: &Traces<'_>,
    groups: &[Group<'_>],
) -> Vec<InvocationFact> {
    let mut candidates: Vec<Candidate<'_>> = Vec::new();
    for group in groups {
        collect(group, &mut candidates);
    }
    // In the order of their starts, because the first invocation of an instance is the cold one.
    candidates.sort_by_key(|candidate| candidate.span.start);
    let mut facts = Vec::with_capacity(candidates.len());
    // Numbered ones first: they show whose other spans are no invocations of their own, and inits
    // last: they are told of invocations that are known by then.
    for candidate in &candidates {
        if let Role::Numbered(id) = candidate.role {
            memory.learn_ids(&candidate.function.text);
            facts.push(invocation(memory, request, candidate, id.to_owned()));
        }
    }
    for candidate in candidates.iter().filter(|c| c.role == Role::Unnumbered) {
        facts.extend(unnumbered(memory, request, candidate));
    }
    for candidate in candidates.iter().filter(|c| c.role == Role::Init) {
        facts.extend(init(memory, candidate));
    }
    facts
}

/// Finds the spans of a group that tell of invocations.
fn collect<'a>(group: &'a Group<'a>, candidates: &mut Vec<Candidate<'a>>) {
    let mut lineage: Option<Lineage<'a>> = None;
    for span in &group.spans {
        let Some(function) = group.function(span) else {
            continue;
        };
        let seen = group.seen(span);
        let id = fields::invocation_id(&seen);
        let is_told = span.is_entry_kind() || span.attributes.get("faas.trigger").is_some();
        if !is_told && id.is_none() && span.attributes.get("faas.coldstart").is_none() {
            continue;
        }
        let role = if is_init(span) {
            Some(Role::Init)
        } else {
            let lineage = lineage.get_or_insert_with(|| Lineage::new(group));
            match id {
                Some(id) => lineage
                    .is_invocation(span, id, function)
                    .then_some(Role::Numbered(id)),
                None => lineage.is_outermost_entry(span).then_some(Role::Unnumbered),
            }
        };
        if let Some(role) = role {
            candidates.push(Candidate {
                group,
                function,
                span,
                role,
            });
        }
    }
}

/// Whether a span is the initialisation that a platform or an extension tells of, by the names in
/// use.
fn is_init(span: &Checked<'_>) -> bool {
    let name = span.span.name;
    let is_named = matches!(name, "init" | "platform.init" | "platform.initRuntimeDone")
        || name.starts_with("init ");
    is_named && !span.is_entry_kind() && span.attributes.get("faas.coldstart").is_some()
}

/// Who is whose parent within a group.
struct Lineage<'a> {
    group: &'a Group<'a>,
    spans: HashMap<(&'a [u8], &'a [u8]), &'a Checked<'a>>,
    /// Invocation ids that a span of an entry kind bears.
    with_entry: HashSet<&'a str>,
}

impl<'a> Lineage<'a> {
    fn new(group: &'a Group<'a>) -> Self {
        let mut spans = HashMap::with_capacity(group.spans.len());
        let mut with_entry = HashSet::new();
        for span in &group.spans {
            spans.insert((span.span.trace_id, span.span.span_id), span);
            if span.is_entry_kind() {
                let seen = group.seen(span);
                with_entry.extend(fields::invocation_id(&seen));
            }
        }
        Self {
            group,
            spans,
            with_entry,
        }
    }

    fn parent(&self, span: &Checked<'_>) -> Option<&'a Checked<'a>> {
        if span.parent.is_empty() {
            return None;
        }
        let (trace, parent) = (span.span.trace_id, span.span.parent_span_id);
        self.spans.get(&(trace, parent)).copied()
    }

    /// Whether a span that bears an invocation id is that invocation: where it enters, else the
    /// outermost span that bears the id.
    fn is_invocation(&self, span: &Checked<'_>, id: &str, function: &Identity) -> bool {
        let has_trigger = span.attributes.get("faas.trigger").is_some();
        if span.is_entry_kind() || has_trigger {
            return true;
        }
        if self.with_entry.contains(id) || span.is_outward() {
            return false;
        }
        if span.parent.is_empty() {
            return true;
        }
        function.rules.outermost_is_invocation()
            && self.parent(span).is_none_or(|parent| {
                let seen = self.group.seen(parent);
                fields::invocation_id(&seen) != Some(id)
            })
    }

    /// Whether a span without an invocation id is where an invocation enters: of an entry kind, or
    /// a root with a trigger, and not below another span of the same resource.
    fn is_outermost_entry(&self, span: &Checked<'_>) -> bool {
        let is_root_with_trigger =
            span.parent.is_empty() && span.attributes.get("faas.trigger").is_some();
        (span.is_entry_kind() || is_root_with_trigger) && self.parent(span).is_none()
    }
}

/// An invocation without an id of its platform's: named by its trace and span, or by the log that
/// told of it before.
fn unnumbered(
    memory: &mut Memory,
    request: &Traces<'_>,
    candidate: &Candidate<'_>,
) -> Option<InvocationFact> {
    let (function, span) = (candidate.function, candidate.span);
    // The function tells ids elsewhere: this span would count its invocation a second time.
    if function.rules.has_invocation_ids() && memory.tells_ids(&function.text) {
        return None;
    }
    let trace = span.trace.as_str();
    let mut id = format!("{trace}-{}", span.id.as_str());
    if !function.rules.has_invocation_ids() && !span.parent.is_empty() {
        let mark = platform_span(trace, span.parent.as_str());
        id = memory.join(&function.text, &mark, &id, false);
    }
    Some(invocation(memory, request, candidate, id))
}

fn invocation(
    memory: &mut Memory,
    request: &Traces<'_>,
    candidate: &Candidate<'_>,
    id: String,
) -> InvocationFact {
    let (function, span) = (candidate.function, candidate.span);
    let seen = candidate.seen();
    let id = memory.join(&function.text, span.trace.as_str(), &id, false);
    let mut fact = facts::fact(function, &seen, id, ToldBy::Span, span.start);
    let is_consumer = span.span.kind() == SpanKind::Consumer;
    fields::trigger(&seen, is_consumer).clone_into(&mut fact.trigger);
    let times = function.rules.times(&seen);
    fact.duration_ms = times.duration_ms.or(Some(span.duration_ms()));
    fact.cpu_ms = times.cpu_ms;
    fact.cold_start = fields::cold_start(span.attributes);
    let outcome = function
        .rules
        .outcome(&seen, fields::outcome(request, span.span, span.attributes));
    fact.status = outcome.status;
    fact.error_type = outcome.error_type;
    span.trace.as_str().clone_into(&mut fact.trace_id);
    span.id.as_str().clone_into(&mut fact.span_id);
    facts::infer_cold_start(&mut fact, function, memory);
    fact
}

/// What an init span tells, if the invocation it was for is known: by its id, else as the only one
/// of the function in the trace. A span in a trace of its own tells nothing of any invocation.
fn init(memory: &mut Memory, candidate: &Candidate<'_>) -> Option<InvocationFact> {
    let (function, span) = (candidate.function, candidate.span);
    let seen = candidate.seen();
    let id = match fields::invocation_id(&seen) {
        Some(id) => id.to_owned(),
        None => memory.linked(&function.text, span.trace.as_str())?,
    };
    let end = span.start.plus_millis(span.duration_ms());
    let mut fact = facts::fact(function, &seen, id, ToldBy::InitSpan, end);
    fact.cold_start = fields::cold_start(span.attributes);
    fact.init_duration_ms = Some(span.duration_ms());
    span.trace.as_str().clone_into(&mut fact.trace_id);
    Some(fact)
}
