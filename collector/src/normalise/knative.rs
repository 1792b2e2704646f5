//! Knative Serving: the queue-proxy's resource, or an SDK told the same names.

use super::Platform;
use super::identity::{Clues, Part, Provenance, Seen};
use super::release;

/// Knative services. The provider is always `knative`: the queue-proxy knows nothing of the cloud
/// below, an SDK in the same pod may, and both must name one function.
#[derive(Debug)]
pub(super) struct Knative;

const NAME_KEYS: [&str; 2] = ["kn.service.name", "kn.configuration.name"];

impl Platform for Knative {
    fn recognise(&self, seen: &Seen<'_>) -> Option<Provenance> {
        seen.first(&NAME_KEYS)
            .or_else(|| seen.first(&["kn.revision.name"]))
            .map(|(key, _)| Provenance::Derived(key))
            .or_else(|| seen.platform_is("knative"))
    }

    fn clues(&self, seen: &Seen<'_>) -> Clues {
        let mut clues = Clues::of("knative", "knative");
        // A name is unique within its namespace, as another cloud's is within its account.
        clues.account = seen.first(&["k8s.namespace.name"]).map(Part::measured);
        clues.region = seen.first(&["cloud.region"]).map(Part::measured);
        clues.name = seen
            .first(&NAME_KEYS)
            .or_else(|| seen.first(&["faas.name"]))
            .map(Part::measured)
            .or_else(|| seen.of_resource(&["service.name"]).map(Part::assumed));
        clues
    }

    fn tells_cold_starts(&self) -> bool {
        false
    }

    fn version<'a>(&self, seen: &Seen<'a>) -> &'a str {
        let told = seen.first(&["kn.revision.name", "faas.version"]);
        release::or_release(told.map(|(_, version)| version), seen)
    }

    fn instance<'a>(&self, seen: &Seen<'a>) -> &'a str {
        seen.first(&["faas.instance", "k8s.pod.name"])
            .map_or("", |(_, instance)| instance)
    }
}
