//! The resource of a group of items, and the function it speaks for.

use std::sync::Arc;

use store::model::{AttributeList, Attributes};

use super::Platform;
use super::identity::{Identity, Provenance, Seen};
use super::memory::Memory;
use crate::decode::wire::Resource;

/// A resource as rows keep it, and what it tells of the function.
pub(super) struct Source<'a> {
    list: AttributeList<'a>,
    /// Its key in the memory; `None` for a resource without attributes.
    pub(super) key: Option<u64>,
    /// The platform that recognises it.
    pub(super) rules: Option<&'static dyn Platform>,
    /// The function it names itself.
    pub(super) base: Option<Arc<Identity>>,
}

impl<'a> Source<'a> {
    pub(super) fn new(memory: &Memory, resource: &Resource<'a>) -> Self {
        let list = AttributeList::new(resource.attributes.clone());
        let attributes = list.view();
        let key = memory.resource_key(attributes);
        let seen = Seen::new(attributes, Attributes::default());
        let (rules, base) = match super::recognise(&seen) {
            Some((rules, from)) => (Some(rules), Identity::new(rules, from, rules.clues(&seen))),
            None => (None, None),
        };
        Self {
            key,
            rules,
            base: base.map(Arc::new),
            list,
        }
    }

    /// Its attributes.
    pub(super) fn attributes(&self) -> Attributes<'_> {
        self.list.view()
    }

    /// `service.name`, or empty.
    pub(super) fn service_name(&self) -> &str {
        self.attributes().get("service.name").unwrap_or_default()
    }

    /// Whether its items may belong to different functions.
    pub(super) fn serves_many(&self) -> bool {
        self.rules.is_some_and(|rules| rules.many_per_resource())
    }

    /// Whether it names nothing but a service, which may be no function at all.
    pub(super) fn is_mere_service(&self) -> bool {
        self.base
            .as_ref()
            .is_some_and(|base| base.platform_from == Provenance::Assumed("service.name"))
    }

    /// The function of items that name none themselves, for signals without entry spans: what spans
    /// taught goes before a guess, and a mere service counts only once an entry span made it known.
    pub(super) fn function(&self, memory: &mut Memory) -> Option<Arc<Identity>> {
        let base = self.base.as_ref().filter(|base| {
            !self.is_mere_service() || (!is_unnamed(base) && memory.knows_service(base))
        });
        let told = base.filter(|base| !base.is_guess()).cloned();
        if self.serves_many() {
            return told.map(|told| memory.fill_account(&told));
        }
        let function = told
            .or_else(|| memory.of_resource(self.key))
            .or_else(|| base.cloned())?;
        Some(memory.fill_account(&function))
    }
}

/// Whether the name is the placeholder that SDKs write when none was configured: many functions
/// share it, so nothing may be remembered under it.
pub(super) fn is_unnamed(identity: &Identity) -> bool {
    identity.id.name.starts_with("unknown_service")
}
