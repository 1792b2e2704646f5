//! Google Cloud functions, by the resource detector or by Cloud Logging's monitored resource.

use store::model::{Status, ToldBy};

use super::Platform;
use super::gcp_cloud_run::{self, GcpCloudRun};
use super::identity::{Clues, Part, Provenance, Seen};
use super::parse::gcp_execution;
use super::telling::{LogView, Telling};

/// Functions of both generations. Their spans bear no invocation id; only the first generation's
/// logs do (`execution_id`).
#[derive(Debug)]
pub(super) struct GcpFunctions;

const PLATFORM: &str = "gcp_cloud_functions";
const SERVICE: &str = "//cloudfunctions.googleapis.com/";

impl Platform for GcpFunctions {
    fn recognise(&self, seen: &Seen<'_>) -> Option<Provenance> {
        if let Some(from) = seen.platform_is(PLATFORM) {
            return Some(from);
        }
        let is_one = |(key, told): &(&'static str, &str)| {
            (*key == "gcp.resource_type" && *told == "cloud_function")
                || (*key == "cloud.resource_id" && told.starts_with(SERVICE))
        };
        let told = seen.of_resource(&["gcp.resource_type"]).filter(is_one);
        told.or_else(|| seen.first(&["cloud.resource_id", "faas.id"]).filter(is_one))
            .map(|(key, _)| Provenance::Derived(key))
            .or_else(|| {
                let named = seen.provider_is("gcp") && seen.get("faas.name").is_some();
                named.then_some(Provenance::Derived("cloud.provider"))
            })
    }

    fn clues(&self, seen: &Seen<'_>) -> Clues {
        let mut clues = gcp_cloud_run::clues(seen, PLATFORM, "functions");
        if clues
            .name
            .as_ref()
            .is_none_or(|name| matches!(name.from, Provenance::Assumed(_)))
        {
            let label = seen.of_resource(&["gcp.function_name"]);
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
        GcpCloudRun.version(seen)
    }

    fn instance<'a>(&self, seen: &Seen<'a>) -> &'a str {
        GcpCloudRun.instance(seen)
    }

    fn telling(&self, log: &LogView<'_>) -> Option<Telling> {
        if let Some(telling) = GcpCloudRun.telling(log) {
            return Some(telling);
        }
        let execution = gcp_execution::execution(log.body)?;
        let id = log.seen.item.first(&[
            "gcp.execution_id",
            "execution_id",
            "labels.execution_id",
            "gcp.labels.execution_id",
            "faas.invocation_id",
            "faas.execution",
        ])?;
        let mut fact = log.fact(id, ToldBy::HostLog, Some(execution.duration_ms))?;
        (fact.status, fact.error_type) = match execution.end {
            gcp_execution::End::Code(code) if code >= 500 => (Status::Error, code.to_string()),
            gcp_execution::End::Code(_) | gcp_execution::End::Word("ok") => {
                (Status::Ok, String::new())
            }
            gcp_execution::End::Word("timeout") => (Status::Timeout, "timeout".to_owned()),
            gcp_execution::End::Word(word) => (Status::Error, word.to_owned()),
        };
        Some(Telling::invocation(fact))
    }
}
