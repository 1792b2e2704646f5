//! Deploys out of the clouds' own audit logs: who changed which function, and what of it.

mod aws;
mod azure;
mod entry;
mod fold;
mod gcp;

use store::model::{Deploy, DeploySource, DeployWords, FunctionId, UnixNano};
use store::read::audit::AuditRow;
use store::read::deploys::CalledRow;

use self::entry::Entry;
pub use self::fold::{PUBLISH_MS, fold};

/// One of these stands in every record that can tell of a deploy; cheap to look for.
pub const NEEDLES: [&str; 15] = [
    "UpdateFunctionCode2015",
    "UpdateFunctionConfiguration2015",
    "PublishVersion2015",
    "UpdateAlias2015",
    "Microsoft.Web/sites/write",
    "Microsoft.Web/sites/publish",
    "Microsoft.Web/sites/deployments/write",
    "Microsoft.Web/sites/config/write",
    "Microsoft.Web/sites/slotsswap",
    "FunctionService.UpdateFunction",
    "FunctionsService.UpdateFunction",
    "Services.ReplaceService",
    "Services.UpdateService",
    "Services.ReplaceInternalService",
    "Services.UpdateInternalService",
];
/// Longest part of an identity taken from an audit log, bytes: the collector's limit of a whole identity.
const PART_BYTES: usize = 320;

/// A change of a function that an audit log tells of, before it is known which function of ours it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// Whose function; account and region may be empty where the cloud does not tell them.
    pub function: FunctionId,
    /// Whether the name is that of an app with many functions, named `app/function`.
    pub is_app: bool,
    /// The version, `$LATEST`, or empty.
    pub version: String,
    /// When.
    pub at: UnixNano,
    /// Who, which code, what else.
    pub words: DeployWords,
}

/// The changes that a log record tells of; none if it is no entry of an audit log, or tells of an attempt
/// that failed.
#[must_use]
pub fn audited(row: &AuditRow) -> Vec<Audited> {
    let entries = Entry::all(row);
    let read = |entry: &Entry| {
        aws::read(entry)
            .or_else(|| azure::read(entry))
            .or_else(|| gcp::read(entry))
    };
    let is_sound = |one: &Audited| {
        let id = &one.function;
        let parts = [&id.account, &id.region, &id.name];
        !id.name.is_empty() && parts.iter().all(|part| part.len() <= PART_BYTES)
    };
    entries.iter().filter_map(read).filter(is_sound).collect()
}

/// Names by which the functions of these changes can be looked for.
#[must_use]
pub fn names(audited: &[Audited]) -> Vec<String> {
    let mut names: Vec<String> = audited
        .iter()
        .map(|one| one.function.name.clone())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The deploys of a change: of each function of ours that it means. A function that sent nothing yet is known
/// by what the audit log says, where that is a whole identity.
#[must_use]
pub fn deploys(change: &Audited, known: &[CalledRow]) -> Vec<Deploy> {
    let id = &change.function;
    let agrees = |told: &str, known: &str| {
        told.is_empty() || known.is_empty() || told.eq_ignore_ascii_case(known)
    };
    let is_named = |name: &str| match change.is_app {
        false => name == id.name,
        true => {
            let app = name.split_once('/').map_or(name, |(app, _)| app);
            app.eq_ignore_ascii_case(&id.name)
        }
    };
    let meant = known.iter().filter(|row| {
        row.provider == id.provider
            && agrees(&id.account, &row.account)
            && agrees(&id.region, &row.region)
            && is_named(&row.name)
    });
    let mut ids: Vec<String> = meant.map(|row| row.function_id.clone()).collect();
    let is_whole = !change.is_app && !id.account.is_empty() && !id.region.is_empty();
    if ids.is_empty() && is_whole {
        ids.push(id.to_string());
    }
    let deploy = |function_id| Deploy {
        function_id,
        version: change.version.clone(),
        at: change.at,
        source: DeploySource::Audit,
        words: change.words.clone(),
    };
    ids.into_iter().map(deploy).collect()
}

#[cfg(test)]
mod tests;
