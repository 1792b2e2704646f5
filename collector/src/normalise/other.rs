//! Whatever no other platform claims: a named function of an unknown cloud, or a service.

use std::borrow::Cow;

use super::Platform;
use super::identity::{Clues, Part, Provenance, Seen};
use super::release;

/// The longest provider name that is believed, in bytes.
const PROVIDER_BYTES: usize = 32;

/// Functions of other clouds (`faas.name`), else services, which count as functions once an entry
/// span (server or consumer) shows that they answer to somebody.
#[derive(Debug)]
pub(super) struct Other;

impl Platform for Other {
    fn recognise(&self, seen: &Seen<'_>) -> Option<Provenance> {
        seen.first(&["faas.name"])
            .map(|(key, _)| Provenance::Measured(key))
            .or_else(|| seen.platform().map(|(key, _)| Provenance::Measured(key)))
            .or_else(|| {
                let service = seen.of_resource(&["service.name"]);
                service.map(|(key, _)| Provenance::Assumed(key))
            })
    }

    fn clues(&self, seen: &Seen<'_>) -> Clues {
        let platform = seen.platform().map_or("other", |(_, platform)| platform);
        let mut clues = Clues::of("other", platform);
        let provider = seen
            .get("cloud.provider")
            .filter(|told| told.len() <= PROVIDER_BYTES);
        if let Some(provider) = provider {
            clues.provider = Cow::Owned(provider.to_ascii_lowercase());
        }
        clues.account = seen.first(&["cloud.account.id"]).map(Part::measured);
        clues.region = seen.first(&["cloud.region"]).map(Part::measured);
        clues.name = seen
            .first(&["faas.name"])
            .map(Part::measured)
            .or_else(|| seen.of_resource(&["service.name"]).map(Part::assumed));
        clues
    }

    fn version<'a>(&self, seen: &Seen<'a>) -> &'a str {
        release::or_release(seen.get("faas.version"), seen)
    }

    fn instance<'a>(&self, seen: &Seen<'a>) -> &'a str {
        seen.first(&["faas.instance", "service.instance.id"])
            .map_or("", |(_, instance)| instance)
    }
}
