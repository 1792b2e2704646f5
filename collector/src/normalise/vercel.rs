//! Vercel: `@vercel/otel` sends no `faas.*` at all, but its own resource attributes.

use super::Platform;
use super::identity::{Clues, Part, Provenance, Seen};
use super::release;

/// Functions and edge functions of a Vercel project; the service stands for the function.
#[derive(Debug)]
pub(super) struct Vercel;

const OWN_KEYS: [&str; 5] = [
    "vercel.deployment_id",
    "vercel.sha",
    "vercel.region",
    "vercel.runtime",
    "vercel.host",
];

impl Platform for Vercel {
    fn recognise(&self, seen: &Seen<'_>) -> Option<Provenance> {
        seen.of_resource(&OWN_KEYS)
            .map(|(key, _)| Provenance::Derived(key))
            .or_else(|| seen.platform_is("vercel"))
            .or_else(|| {
                seen.provider_is("vercel")
                    .then_some(Provenance::Derived("cloud.provider"))
            })
    }

    fn clues(&self, seen: &Seen<'_>) -> Clues {
        let mut clues = Clues::of("vercel", "vercel");
        clues.account = seen
            .of_resource(&["cloud.account.id", "vercel.project_id"])
            .map(Part::measured);
        // An edge function runs wherever its caller is: a region would cut it into many functions.
        if seen.get("vercel.runtime") != Some("edge") {
            clues.region = seen
                .of_resource(&["vercel.region", "cloud.region"])
                .map(Part::measured);
        }
        clues.name = seen
            .first(&["faas.name"])
            .map(Part::measured)
            .or_else(|| seen.of_resource(&["service.name"]).map(Part::measured));
        clues
    }

    fn version<'a>(&self, seen: &Seen<'a>) -> &'a str {
        let told = seen.first(&[
            "faas.version",
            "service.version",
            "vercel.deployment_id",
            "vercel.sha",
        ]);
        release::or_release(told.map(|(_, version)| version), seen)
    }
}
