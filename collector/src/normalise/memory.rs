//! What the normaliser has learnt from earlier requests, all of it bounded and none of it needed
//! for a row to be written: forgetting costs a link or an account, never data.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use store::model::{Attributes, InitKind, UnixNano};

use super::fields;
use super::identity::Identity;
use super::recent::Recent;

/// Resources and accounts per generation; each map holds at most two generations.
///
/// 8,192 identities of about 450 B, at most 1.5 kB: 4 MB, at most 12 MB; accounts 1 MB, at most 4
/// MB.
const RESOURCES: usize = 4_096;

/// Traces of functions that share a resource, marks on functions and waiting inits per generation.
///
/// 16,384 traces with an identity each: 7 MB, at most 25 MB; the others 2 MB each.
const MARKS: usize = 8_192;

/// Links and instances per generation: they pass by faster than functions do. 65,536 links, two for each
/// invocation, bridge half a minute between a span and its log at 1,000 invocations a second.
///
/// 65,536 links of about 130 B, at most 350 B: 9 MB, at most 23 MB; the instances add 3 MB.
const PASSING: usize = 32_768;

/// First invocations of an instance count as cold only this long after the first one ever seen, in
/// ns.
///
/// Before that, an instance is likely just new to us, not new: after a restart every warm instance
/// would look cold. Clouds keep idle instances for up to 15 minutes.
const WARM_UP_NANOS: i64 = 15 * 60 * 1_000_000_000;

/// Something seen once, or seen differently and therefore of no use.
#[derive(Clone, Debug)]
enum Learnt<T> {
    One(T),
    Many,
}

/// An invocation that was seen in a trace.
#[derive(Clone, Debug)]
struct Linked {
    invocation_id: String,
    /// Told by a log first, not by a span.
    is_log: bool,
    /// Who of the other kind took the id over, by the hash of the id it would have used.
    partner: Option<u64>,
}

/// An initialisation that waits for the invocation it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Init {
    /// How the sandbox was initialised.
    pub(super) kind: Option<InitKind>,
    /// How long it took, ms.
    pub(super) duration_ms: Option<f64>,
    /// When it was over.
    pub(super) at: UnixNano,
    /// The platform's name of the runtime that it started; empty when not told.
    pub(super) runtime: String,
}

impl Init {
    /// An initialisation that began at `at`; what is told so far is the runtime.
    pub(super) fn of_runtime(runtime: &str, at: UnixNano) -> Self {
        Self {
            kind: None,
            duration_ms: None,
            at,
            runtime: fields::short(runtime),
        }
    }
}

/// Bounded memory of identities and links between signals.
pub(super) struct Memory {
    /// Keys are hashes: a keyed hash cannot be collided on purpose.
    hasher: RandomState,
    resources: Recent<u64, Learnt<Arc<Identity>>>,
    traces: Recent<u64, Learnt<Arc<Identity>>>,
    accounts: Recent<u64, Learnt<String>>,
    services: Recent<u64, ()>,
    with_ids: Recent<u64, ()>,
    links: Recent<u64, Learnt<Linked>>,
    instances: Recent<u64, u64>,
    inits: Recent<u64, Init>,
    since: Option<UnixNano>,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            resources: Recent::new(RESOURCES),
            traces: Recent::new(MARKS),
            accounts: Recent::new(RESOURCES),
            services: Recent::new(MARKS),
            with_ids: Recent::new(MARKS),
            links: Recent::new(PASSING),
            instances: Recent::new(PASSING),
            inits: Recent::new(MARKS),
            since: None,
        }
    }

    fn key(&self, of: impl Hash) -> u64 {
        self.hasher.hash_one(of)
    }

    /// The key of a resource; `None` for one without attributes, which anything may share.
    pub(super) fn resource_key(&self, resource: Attributes<'_>) -> Option<u64> {
        if resource.is_empty() {
            return None;
        }
        let mut hasher = self.hasher.build_hasher();
        for pair in resource.iter() {
            pair.hash(&mut hasher);
        }
        Some(std::hash::Hasher::finish(&hasher))
    }

    /// A span of the resource told the function of all of it.
    pub(super) fn learn_resource(&mut self, resource: Option<u64>, identity: &Arc<Identity>) {
        if let Some(key) = resource {
            learn_identity(&mut self.resources, key, identity);
        }
    }

    /// The function that spans of this resource told.
    pub(super) fn of_resource(&mut self, resource: Option<u64>) -> Option<Arc<Identity>> {
        only(self.resources.get(&resource?))
    }

    /// A span told the function of a trace, on a platform where one resource serves many functions.
    pub(super) fn learn_trace(
        &mut self,
        resource: Option<u64>,
        trace: &str,
        identity: &Arc<Identity>,
    ) {
        let key = self.key((resource, trace));
        learn_identity(&mut self.traces, key, identity);
    }

    /// The function that spans told of this trace in this resource.
    pub(super) fn of_trace(&mut self, resource: Option<u64>, trace: &str) -> Option<Arc<Identity>> {
        let key = self.key((resource, trace));
        only(self.traces.get(&key))
    }

    /// Remembers the account of a function, if the identity has one.
    pub(super) fn learn_account(&mut self, identity: &Identity) {
        let id = &identity.id;
        if id.account.is_empty() {
            return;
        }
        let key = self.key((&id.provider, &id.region, &id.name));
        match self.accounts.get(&key) {
            Some(Learnt::Many) => {}
            Some(Learnt::One(account)) if *account == id.account => {}
            Some(known) => *known = Learnt::Many,
            None => self.accounts.put(key, Learnt::One(id.account.clone())),
        }
    }

    /// The identity with its account, when it has none and exactly one is known for such a
    /// function.
    pub(super) fn fill_account(&mut self, identity: &Arc<Identity>) -> Arc<Identity> {
        let id = &identity.id;
        if !id.account.is_empty() {
            return Arc::clone(identity);
        }
        let key = self.key((&id.provider, &id.region, &id.name));
        match self.accounts.get(&key) {
            Some(Learnt::One(account)) => Arc::new(identity.with_account(account)),
            _ => Arc::clone(identity),
        }
    }

    /// An entry span made this service known as a function.
    pub(super) fn learn_service(&mut self, identity: &Identity) {
        let key = self.key(&identity.text);
        self.services.put(key, ());
    }

    /// Whether an entry span of this service was seen before.
    pub(super) fn knows_service(&mut self, identity: &Identity) -> bool {
        let key = self.key(&identity.text);
        self.services.get(&key).is_some()
    }

    /// The function tells invocation ids of its platform.
    pub(super) fn learn_ids(&mut self, function: &str) {
        let key = self.key(function);
        self.with_ids.put(key, ());
    }

    /// Whether the function told invocation ids before.
    pub(super) fn tells_ids(&mut self, function: &str) -> bool {
        let key = self.key(function);
        self.with_ids.get(&key).is_some()
    }

    /// Joins what a span and a log tell of one invocation, on a platform that numbers none: `mark` is what
    /// both know (a trace, or a span of the platform's in it), `own` the id that the teller would use by
    /// itself. Gives the id to use: whoever comes second takes over that of the first, each time anew when
    /// it is sent again; a third one is another invocation.
    pub(super) fn join(&mut self, function: &str, mark: &str, own: &str, is_log: bool) -> String {
        let (key, teller) = (self.key((function, mark)), self.key(own));
        let Some(known) = self.links.get(&key) else {
            let link = Linked {
                invocation_id: own.to_owned(),
                is_log,
                partner: None,
            };
            self.links.put(key, Learnt::One(link));
            return own.to_owned();
        };
        let Learnt::One(link) = known else {
            return own.to_owned();
        };
        if link.is_log != is_log && link.partner.is_none_or(|partner| partner == teller) {
            link.partner = Some(teller);
            return link.invocation_id.clone();
        }
        if link.invocation_id != own {
            *known = Learnt::Many;
        }
        own.to_owned()
    }

    /// The only invocation of the function in the trace.
    pub(super) fn linked(&mut self, function: &str, trace: &str) -> Option<String> {
        let key = self.key((function, trace));
        match self.links.get(&key)? {
            Learnt::One(link) => Some(link.invocation_id.clone()),
            Learnt::Many => None,
        }
    }

    /// Whether an invocation is the first of its instance: `None` while too little has been seen to
    /// say.
    pub(super) fn is_first_of_instance(
        &mut self,
        function: &str,
        instance: &str,
        invocation_id: &str,
        start: UnixNano,
    ) -> Option<bool> {
        let since = *self.since.get_or_insert(start);
        let (key, invocation) = (self.key((function, instance)), self.key(invocation_id));
        match self.instances.get(&key) {
            Some(first) => (*first != invocation).then_some(false),
            None => {
                self.instances.put(key, invocation);
                (start.0.saturating_sub(since.0) >= WARM_UP_NANOS).then_some(true)
            }
        }
    }

    /// Keeps an initialisation for the next invocation of the sandbox.
    pub(super) fn keep_init(&mut self, resource: Option<u64>, instance: &str, init: Init) {
        let key = self.key((resource, instance));
        self.inits.put(key, init);
    }

    /// The initialisation that waits for an invocation of the sandbox.
    pub(super) fn take_init(&mut self, resource: Option<u64>, instance: &str) -> Option<Init> {
        let key = self.key((resource, instance));
        self.inits.take(&key)
    }
}

fn learn_identity(
    map: &mut Recent<u64, Learnt<Arc<Identity>>>,
    key: u64,
    identity: &Arc<Identity>,
) {
    match map.get(&key) {
        None => map.put(key, Learnt::One(Arc::clone(identity))),
        Some(Learnt::Many) => {}
        Some(known) => {
            if let Learnt::One(old) = known {
                let (old, new) = (&old.id, &identity.id);
                let is_same = (&old.provider, &old.region, &old.name)
                    == (&new.provider, &new.region, &new.name);
                // An account that was filled in since does not make it another function.
                if is_same && (new.account.is_empty() || new.account == old.account) {
                    return;
                }
                if is_same && old.account.is_empty() {
                    *known = Learnt::One(Arc::clone(identity));
                    return;
                }
            }
            *known = Learnt::Many;
        }
    }
}

fn only(learnt: Option<&mut Learnt<Arc<Identity>>>) -> Option<Arc<Identity>> {
    match learnt? {
        Learnt::One(identity) => Some(Arc::clone(identity)),
        Learnt::Many => None,
    }
}
