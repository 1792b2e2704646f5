//! The resource of a group of items, and the function it speaks for.

use std::sync::Arc;

use store::model::{AttributeList, AttributeValue, Attributes};

use super::Platform;
use super::cardinality::{self, Kind, OVERFLOW, ServiceNumber, Watch};
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
    /// Where the span names of its service are counted.
    pub(super) service: ServiceNumber,
    /// Whether its service was one too many.
    is_overflow: bool,
}

impl<'a> Source<'a> {
    pub(super) fn new(memory: &Memory, watch: &mut Watch, resource: &Resource<'a>) -> Self {
        let list = AttributeList::new(resource.attributes.clone());
        let attributes = list.view();
        let key = memory.resource_key(attributes);
        let seen = Seen::new(attributes, Attributes::default());
        let (rules, base) = match super::recognise(&seen) {
            Some((rules, from)) => (Some(rules), Identity::new(rules, from, rules.clues(&seen))),
            None => (None, None),
        };
        let (service, has_room) = watch.service(service_name(attributes));
        Self {
            key,
            rules,
            base: base.map(Arc::new),
            service,
            is_overflow: !has_room,
            list: if has_room { list } else { renamed(resource) },
        }
    }

    /// Notes that an item of the resource became a row.
    pub(super) fn count(&self, watch: &mut Watch) {
        if self.is_overflow {
            watch.count(Kind::Service, 1);
        }
    }

    /// Its attributes.
    pub(super) fn attributes(&self) -> Attributes<'_> {
        self.list.view()
    }

    /// `service.name`, or empty.
    pub(super) fn service_name(&self) -> &str {
        service_name(self.attributes())
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

fn service_name(attributes: Attributes<'_>) -> &str {
    attributes.get("service.name").unwrap_or_default()
}

/// The attributes of a resource whose service is one too many. The attribute `service.name` changes,
/// too, so that whoever groups by it sees what the column says.
fn renamed<'a>(resource: &Resource<'a>) -> AttributeList<'a> {
    let mut pairs = resource.attributes.clone();
    let own = pairs.iter().rev().find(|(key, _)| *key == "service.name");
    let own = own.map(|(_, value)| value.clone()).unwrap_or_default();
    pairs.push((cardinality::SERVICE_NAME, own));
    pairs.push(("service.name", AttributeValue::Borrowed(OVERFLOW)));
    AttributeList::new(pairs)
}

/// Whether the name is the placeholder that SDKs write when none was configured: many functions
/// share it, so nothing may be remembered under it.
pub(super) fn is_unnamed(identity: &Identity) -> bool {
    identity.id.name.starts_with("unknown_service")
}
