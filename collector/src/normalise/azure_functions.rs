//! Azure Functions: one resource is one app (a site) with many functions; the host's own telemetry,
//! the workers' telemetry and the host's log lines all speak of the same invocations.

use store::model::{Status, ToldBy};

use super::Platform;
use super::fields::{self, Outcome};
use super::identity::{self, Clues, Part, Provenance, Seen};
use super::parse::azure_host;
use super::release;
use super::telling::{LogView, Telling};

/// Functions of an app; the identity's name is `app/function`.
#[derive(Debug)]
pub(super) struct AzureFunctions;

/// The resource id of a function in the app `site_id`, as Azure itself writes it.
pub(super) fn function_resource_id(site_id: &str, function: &str) -> String {
    format!("{}/functions/{function}", site_id.trim_end_matches('/'))
}

impl Platform for AzureFunctions {
    fn recognise(&self, seen: &Seen<'_>) -> Option<Provenance> {
        seen.platform_is("azure.functions").or_else(|| {
            let is_site = site_id(seen).is_some();
            let tells_function = seen.item.first(&["faas.name", "faas.trigger"]).is_some();
            if is_site && tells_function {
                Some(Provenance::Derived("cloud.resource_id"))
            } else if seen.provider_is("azure") && seen.get("faas.name").is_some() {
                Some(Provenance::Derived("cloud.provider"))
            } else {
                None
            }
        })
    }

    fn clues(&self, seen: &Seen<'_>) -> Clues {
        let mut clues = Clues::of("azure", "azure.functions");
        let site = site_id(seen);
        clues.account = seen
            .first(&["cloud.account.id"])
            .map(Part::measured)
            .or_else(|| {
                let subscription = identity::path_part(site?.1, "subscriptions")?;
                Some(Part::derived(site?.0, subscription))
            });
        // `West Europe` in one place is `westeurope` in another.
        clues.region = seen
            .first(&["cloud.region"])
            .map(|(key, told)| Part::measured((key, &told.to_ascii_lowercase().replace(' ', ""))));
        clues.name = name(seen, site);
        clues
    }

    fn many_per_resource(&self) -> bool {
        true
    }

    fn has_invocation_ids(&self) -> bool {
        true
    }

    fn tells_only_cold(&self) -> bool {
        true // `azure.functions.coldstart_impacted` is set on the requests that had to wait
    }

    /// Azure numbers no versions, and the host's resource says its own version as the service's.
    fn version<'a>(&self, seen: &Seen<'a>) -> &'a str {
        match seen.get("faas.version") {
            Some(version) => version,
            None => release::exact_release(seen),
        }
    }

    fn outcome(&self, _: &Seen<'_>, outcome: Outcome) -> Outcome {
        if outcome.error_type.ends_with("FunctionTimeoutException") {
            return Outcome {
                status: Status::Timeout,
                ..outcome
            };
        }
        outcome
    }

    fn function_in_log<'a>(&self, log: &LogView<'a>) -> Option<&'a str> {
        azure_host::function(log.body)
            .or_else(|| azure_host::category(log.scope_name))
            .or_else(|| azure_host::category(log.seen.item.first(&["CategoryName", "category"])?))
    }

    fn telling(&self, log: &LogView<'_>) -> Option<Telling> {
        let executed = azure_host::executed(log.body)?;
        let mut fact = log.fact(executed.id, ToldBy::HostLog, Some(executed.duration_ms))?;
        fact.status = if executed.succeeded {
            Status::Ok
        } else {
            Status::Error
        };
        Some(Telling::invocation(fact))
    }
}

/// The app's or the function's resource id.
fn site_id<'a>(seen: &Seen<'a>) -> Option<(&'static str, &'a str)> {
    seen.first(&["cloud.resource_id", "faas.id"])
        .filter(|(_, id)| identity::path_part(id, "sites").is_some())
}

/// `app/function`. A span's own resource id names both; else the app comes from the site's id or
/// the service's name, and the function from `faas.name` or a log line.
fn name(seen: &Seen<'_>, site: Option<(&'static str, &str)>) -> Option<Part> {
    let joined = |id: &str| {
        let (app, function) = (
            identity::path_part(id, "sites")?,
            identity::path_part(id, "functions")?,
        );
        Some(format!("{app}/{function}"))
    };
    if let Some(both) = site.and_then(|(_, id)| joined(id)) {
        return Some(Part {
            text: both,
            from: Provenance::Measured("cloud.resource_id"),
        });
    }
    // On a resource it is mostly the app's name, which older detectors put there.
    let of_app = seen
        .of_resource(&["faas.name"])
        .filter(|(_, name)| name.contains('/'));
    let own = seen
        .item
        .first(&["faas.name"])
        .map(|name| ("faas.name", name));
    let named = own.or(of_app);
    if let Some((key, both)) = named.filter(|(_, name)| name.contains('/')) {
        return Some(Part::measured((key, both)));
    }
    let function = named.map(|(_, name)| name).or(seen.hint)?;
    if let Some((key, id)) = site {
        let text = joined(&function_resource_id(id, function))?;
        return Some(Part {
            text,
            from: Provenance::Derived(key),
        });
    }
    let (_, app) = seen.of_resource(&["service.name"])?;
    let text = format!("{}/{}", fields::short(app), fields::short(function));
    Some(Part {
        text,
        from: Provenance::Derived("service.name"),
    })
}
