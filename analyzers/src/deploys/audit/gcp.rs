//! Google Cloud's audit logs about Cloud Functions and Cloud Run.

use store::model::{Change, DeployWords, FunctionId};

use super::Audited;
use super::entry::Entry;

/// Where a payload stands: as Cloud Logging exports it, or spread over attributes.
const PAYLOADS: [&[&str]; 3] = [&["protoPayload"], &["gcp", "audit"], &[]];
/// What of a request says what changed, and what we call it.
const CHANGES: [(&[&str], &str); 9] = [
    (&["request", "function", "availableMemoryMb"], "memory_mb"),
    (&["request", "function", "runtime"], "runtime"),
    (
        &["request", "function", "buildConfig", "runtime"],
        "runtime",
    ),
    (
        &["request", "function", "serviceConfig", "availableMemory"],
        "memory",
    ),
    (
        &["request", "function", "serviceConfig", "availableCpu"],
        "cpu",
    ),
    (
        &[
            "request",
            "service",
            "spec",
            "template",
            "spec",
            "timeoutSeconds",
        ],
        "timeout_s",
    ),
    (
        &[
            "request",
            "service",
            "spec",
            "template",
            "spec",
            "containerConcurrency",
        ],
        "concurrency",
    ),
    (&["request", "function", "timeout"], "timeout_s"),
    (&["request", "function", "labels", "commit-sha"], "commit"),
];
/// Where a Cloud Run service's containers stand, by version of the interface.
const CONTAINERS: [&[&str]; 2] = [
    &[
        "request",
        "service",
        "spec",
        "template",
        "spec",
        "containers",
    ],
    &["request", "service", "template", "containers"],
];

/// The change an entry tells of, if it is one of a function or service that took place.
pub(super) fn read(entry: &Entry) -> Option<Audited> {
    let payload = Payload(entry);
    let method = payload
        .text(&["methodName"])
        .or_else(|| payload.text(&["method", "name"]))?;
    let call = method.rsplit('.').next()?;
    let is_ours =
        method.starts_with("google.cloud.functions.") || method.starts_with("google.cloud.run.");
    let changes_it = matches!(
        call,
        "UpdateFunction"
            | "ReplaceService"
            | "UpdateService"
            | "ReplaceInternalService"
            | "UpdateInternalService"
    );
    let is_failed = payload
        .text(&["status", "code"])
        .is_some_and(|code| code != "0");
    if !is_ours || !changes_it || is_failed {
        return None;
    }
    let who = payload
        .text(&["authenticationInfo", "principalEmail"])
        .or_else(|| payload.text(&["authentication", "principal_email"]));
    Some(Audited {
        function: function(entry, payload)?,
        is_app: false,
        version: version(payload),
        at: entry.time(&[&["timestamp"]]),
        words: DeployWords {
            who: who.unwrap_or_default(),
            commit: payload
                .text(&["request", "service", "metadata", "labels", "commit-sha"])
                .unwrap_or_default(),
            changes: changes(payload),
            ..DeployWords::default()
        },
    })
}

#[derive(Clone, Copy)]
struct Payload<'a>(&'a Entry);

impl Payload<'_> {
    fn text(self, path: &[&str]) -> Option<String> {
        PAYLOADS
            .iter()
            .find_map(|at| self.0.text(&[&[at, path].concat()]))
    }
}

/// `projects/p/locations/l/functions/f`, `namespaces/p/services/s`, completed by the monitored resource.
fn function(entry: &Entry, payload: Payload<'_>) -> Option<FunctionId> {
    let resource = payload
        .text(&["resourceName"])
        .or_else(|| payload.text(&["resource", "name"]));
    let resource = resource.unwrap_or_default();
    let after = |labels: &[&str]| {
        let mut parts = resource.split('/');
        parts.find(|part| labels.contains(part))?;
        parts
            .next()
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
    };
    let label = |name: &str| entry.text(&[&["resource", "labels", name], &["gcp", name]]);
    let account = label("project_id").or_else(|| after(&["projects", "namespaces"]));
    let region = label("location")
        .or_else(|| label("region"))
        .or_else(|| after(&["locations"]));
    let name = after(&["functions", "services"]);
    Some(FunctionId {
        provider: "gcp".to_owned(),
        account: account.unwrap_or_default(),
        region: region.unwrap_or_default(),
        name: name
            .or_else(|| label("service_name"))
            .or_else(|| label("function_name"))?,
    })
}

/// The revision that came of it, where the answer names one.
fn version(payload: Payload<'_>) -> String {
    let paths: [&[&str]; 4] = [
        &["response", "status", "latestCreatedRevisionName"],
        &["response", "latestCreatedRevision"],
        &["response", "serviceConfig", "revision"],
        &["request", "service", "spec", "template", "metadata", "name"],
    ];
    let told = paths
        .iter()
        .find_map(|path| payload.text(path))
        .unwrap_or_default();
    told.rsplit('/').next().unwrap_or_default().to_owned()
}

fn changes(payload: Payload<'_>) -> Vec<Change> {
    let change = |what: &str, after: String| Change {
        what: what.to_owned(),
        before: String::new(),
        after,
    };
    let told = |(path, what): &(&[&str], &str)| Some(change(what, payload.text(path)?));
    let mut changes: Vec<Change> = CHANGES.iter().filter_map(told).collect();
    let containers = CONTAINERS
        .iter()
        .flat_map(|path| {
            PAYLOADS
                .iter()
                .filter_map(|at| payload.0.get(&[*at, *path].concat()))
        })
        .next();
    let first = containers.and_then(|list| list.get(0));
    let fields: [(&[&str], &str); 3] = [
        (&["image"], "image"),
        (&["resources", "limits", "memory"], "memory"),
        (&["resources", "limits", "cpu"], "cpu"),
    ];
    for (path, what) in fields {
        let value = path
            .iter()
            .try_fold(first, |value, name| Some(value?.get(*name)));
        if let Some(after) = value.flatten().and_then(super::entry::plain) {
            changes.push(change(what, after));
        }
    }
    changes
}
