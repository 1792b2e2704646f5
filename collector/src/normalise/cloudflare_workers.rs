//! Cloudflare Workers, by the platform's own export (attributes on every span) or by a library.

use store::model::Status;

use super::Platform;
use super::fields::{self, Outcome, Times};
use super::identity::{Clues, Part, Provenance, Seen};
use super::release;

/// Workers. They run everywhere at once: `faas.invoked_region` is a place of execution, which says
/// nothing of the function, so the identity has no region.
#[derive(Debug)]
pub(super) struct CloudflareWorkers;

impl Platform for CloudflareWorkers {
    fn recognise(&self, seen: &Seen<'_>) -> Option<Provenance> {
        seen.platform_is("cloudflare.workers")
            .or_else(|| {
                seen.provider_is("cloudflare")
                    .then_some(Provenance::Derived("cloud.provider"))
            })
            .or_else(|| {
                let own = ["cloudflare.script_name", "cloudflare.script_version.id"];
                seen.first(&own).map(|(key, _)| Provenance::Derived(key))
            })
    }

    fn clues(&self, seen: &Seen<'_>) -> Clues {
        let mut clues = Clues::of("cloudflare", "cloudflare.workers");
        clues.account = seen.first(&["cloud.account.id"]).map(Part::measured);
        clues.name = seen
            .first(&["faas.name", "cloudflare.script_name"])
            .map(Part::measured)
            .or_else(|| seen.of_resource(&["service.name"]).map(Part::assumed));
        clues
    }

    fn has_invocation_ids(&self) -> bool {
        true
    }

    // All spans carry the invocation id, also those of a batch whose root came in another one.
    fn outermost_is_invocation(&self) -> bool {
        false
    }

    fn version<'a>(&self, seen: &Seen<'a>) -> &'a str {
        let told = seen.first(&["faas.version", "cloudflare.script_version.id"]);
        release::or_release(told.map(|(_, version)| version), seen)
    }

    fn times(&self, seen: &Seen<'_>) -> Times {
        let told = |key| fields::milliseconds(seen.item.get(key)?);
        Times {
            // Its clock stands still between input and output: a span may be shorter than its work.
            duration_ms: told("cloudflare.wall_time_ms"),
            cpu_ms: told("cloudflare.cpu_time_ms"),
        }
    }

    fn outcome(&self, seen: &Seen<'_>, outcome: Outcome) -> Outcome {
        let Some(told) = seen.item.first(&["cloudflare.outcome"]) else {
            return outcome;
        };
        let status = match told {
            "exception" | "scriptNotFound" | "internalError" => Status::Error,
            "exceededCpu" | "exceededWallTime" => Status::Timeout,
            "exceededMemory" => Status::OutOfMemory,
            // `ok` says that the script ended well, not that its answer was no HTTP error; a caller
            // who hangs up (`canceled`) is no fault of the function.
            _ => return outcome,
        };
        let is_named = !outcome.error_type.is_empty();
        let error_type = if is_named {
            outcome.error_type
        } else {
            fields::error_type(told)
        };
        Outcome { status, error_type }
    }
}
