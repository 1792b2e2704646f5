//! Cloud Run services and jobs, by the resource detector or by Cloud Logging's monitored resource.

use store::model::{Status, ToldBy};

use super::Platform;
use super::identity::{self, Clues, Part, Provenance, Seen};
use super::parse::gcp_request;
use super::release;
use super::telling::{LogView, Telling};

/// Cloud Run, which also carries the functions of the second generation.
#[derive(Debug)]
pub(super) struct GcpCloudRun;

const PLATFORM: &str = "gcp_cloud_run";
/// What the log of a request says that found no instance and no room for one more.
const NO_INSTANCE: &str = "aborted because there was no available instance";
const SERVICE: &str = "//run.googleapis.com/";

impl Platform for GcpCloudRun {
    fn recognise(&self, seen: &Seen<'_>) -> Option<Provenance> {
        if let Some(from) = seen.platform_is(PLATFORM) {
            return Some(from);
        }
        let is_one = |(key, told): &(&'static str, &str)| {
            (*key == "gcp.resource_type" && told.starts_with("cloud_run_"))
                || (*key != "gcp.resource_type" && told.starts_with(SERVICE))
        };
        let told = seen.of_resource(&["gcp.resource_type"]).filter(is_one);
        told.or_else(|| seen.first(&["cloud.resource_id", "faas.id"]).filter(is_one))
            .map(|(key, _)| Provenance::Derived(key))
    }

    fn clues(&self, seen: &Seen<'_>) -> Clues {
        let mut clues = clues(seen, PLATFORM, "services");
        if clues
            .name
            .as_ref()
            .is_none_or(|name| matches!(name.from, Provenance::Assumed(_)))
        {
            let labels = ["gcp.service_name", "gcp.job_name", "gcp.configuration_name"];
            let label = seen.of_resource(&labels);
            clues.name = label
                .map(|(key, name)| Part::derived(key, name))
                .or(clues.name);
        }
        clues
    }

    fn tells_cold_starts(&self) -> bool {
        false
    }

    fn version<'a>(&self, seen: &Seen<'a>) -> &'a str {
        let told = seen.first(&["faas.version", "gcp.revision_name"]);
        release::or_release(told.map(|(_, version)| version), seen)
    }

    fn instance<'a>(&self, seen: &Seen<'a>) -> &'a str {
        seen.first(&["faas.instance", "gcp.instance_id"])
            .map_or("", |(_, instance)| instance)
    }

    fn telling(&self, log: &LogView<'_>) -> Option<Telling> {
        let request = gcp_request::request(log.seen.item)?;
        // The request's span is Google's own, the parent of ours: the trace links the two.
        let id = if log.span_id.is_empty() {
            log.seen
                .item
                .first(&["log.record.uid"])
                .unwrap_or_default()
                .to_owned()
        } else {
            format!("{}-{}", log.trace_id, log.span_id)
        };
        let throttled = log.body.contains(NO_INSTANCE);
        let ran_ms = (!throttled).then_some(request.latency_ms);
        let mut fact = log.fact(&id, ToldBy::RequestLog, ran_ms)?;
        fact.throttled = throttled;
        "http".clone_into(&mut fact.trigger);
        if let Some(code) = request.status {
            let failed = code >= 500 || throttled;
            fact.status = if failed { Status::Error } else { Status::Ok };
            fact.error_type = if failed {
                code.to_string()
            } else {
                String::new()
            };
        }
        Some(Telling::invocation(fact))
    }
}

/// The identity of anything on Google Cloud; `kind` is the resource id's word before the name.
pub(super) fn clues(seen: &Seen<'_>, platform: &'static str, kind: &str) -> Clues {
    let mut clues = Clues::of("gcp", platform);
    let resource_id = seen
        .first(&["cloud.resource_id", "faas.id"])
        .filter(|(_, id)| id.starts_with("//"));
    let in_id = |label: &str| {
        let (key, id) = resource_id?;
        identity::path_part(id, label).map(|text| Part::derived(key, text))
    };
    clues.account = seen
        .first(&["cloud.account.id", "gcp.project_id", "gcp.project.id"])
        .map(Part::measured)
        .or_else(|| in_id("projects"));
    // The metadata server spells it `projects/<number>/regions/<region>`.
    clues.region = seen
        .first(&["cloud.region", "gcp.location", "gcp.region"])
        .map(|(key, told)| Part::measured((key, told.rsplit('/').next().unwrap_or(told))))
        .or_else(|| in_id("locations"));
    clues.name = seen
        .first(&["faas.name"])
        .map(Part::measured)
        .or_else(|| in_id(kind))
        .or_else(|| in_id("jobs"))
        .or_else(|| seen.of_resource(&["service.name"]).map(Part::assumed));
    clues
}
