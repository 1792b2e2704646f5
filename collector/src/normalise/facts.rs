//! What every fact of an invocation says besides its own news: the dimensions of the function.

use store::model::{InvocationFact, ToldBy, UnixNano};

use super::fields;
use super::identity::{Identity, Seen};
use super::memory::Memory;

/// A fact with its function and dimensions filled in.
pub(super) fn fact(
    identity: &Identity,
    seen: &Seen<'_>,
    invocation_id: String,
    told_by: ToldBy,
    start: UnixNano,
) -> InvocationFact {
    let mut fact = InvocationFact::new(identity.id.clone(), invocation_id, told_by, start);
    fill(&mut fact, identity, seen);
    fact
}

/// Fills in what a fact does not say itself.
pub(super) fn fill(fact: &mut InvocationFact, identity: &Identity, seen: &Seen<'_>) {
    fact.function_id.clone_from(&identity.id);
    identity.platform.clone_into(&mut fact.platform);
    if fact.version.is_empty() {
        fact.version = fields::short(identity.rules.version(seen));
    }
    if fact.instance.is_empty() {
        fact.instance = fields::short(identity.rules.instance(seen));
    }
    fact.runtime = fields::runtime(seen);
    fact.platform_runtime = fields::short(identity.rules.platform_runtime(seen));
    fact.architecture = fields::architecture(seen);
    fact.memory_size_mb = seen.get("faas.max_memory").and_then(fields::memory_mb);
}

/// Infers a cold start where no emitter of the platform ever tells one: the first invocation seen
/// of an instance. Where only the cold ones are marked, silence means warm. Either is marked as
/// inferred, so whoever says it outright is believed.
pub(super) fn infer_cold_start(
    fact: &mut InvocationFact,
    identity: &Identity,
    memory: &mut Memory,
) {
    if identity.rules.tells_only_cold() && fact.cold_start.is_none() {
        fact.cold_start = Some(false);
        fact.cold_start_inferred = true;
        return;
    }
    if identity.rules.tells_cold_starts() || fact.cold_start.is_some() || fact.instance.is_empty() {
        return;
    }
    let is_first = memory.is_first_of_instance(
        &identity.text,
        &fact.instance,
        &fact.invocation_id,
        fact.start,
    );
    if let Some(is_first) = is_first {
        fact.cold_start = Some(is_first);
        fact.cold_start_inferred = true;
    }
}
