//! What telemetry told of a function around a deploy: before it, and since.

use clickhouse::Row;
use serde::Deserialize;

use super::{Window, all, ask_in, near_in_time};
use crate::model::UnixNano;
use crate::{Store, StoreError};

/// How much time before and after a deploy is looked at, ms: the first hours of the new version beside the
/// last of the old one.
pub const AROUND_MS: f64 = 3.0 * 3_600_000.0;

/// Attributes that differ by sandbox or process, or that only say the version once more.
const VARYING: &str = r"^(faas\.(instance|version|max_memory)$|service\.(instance\.id|version)$|host\.(name|id|ip|mac|arch)$|process\.(pid|parent_pid|owner|command|executable)|container\.id|k8s\.pod\.|cloud\.resource_id$|faas\.id$|aws\.log\.|gcp\.(instance_id|revision_name|cloud_run\.job)|vercel\.(deployment_id|host|branch_host|sha)|deployment\.id|kn\.revision|vcs\.)";

/// How often something had some value, before or after.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct Told {
    /// Whether the new version told it.
    pub after: bool,
    /// `memory_mb`, `runtime`, …, or the key of a resource attribute.
    pub what: String,
    /// Its value; never empty.
    pub value: String,
    /// How many invocations or spans told it.
    pub seen: u64,
}

/// A deploy to look around.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// Text form of the function id.
    pub id: &'a str,
    /// The function's `service.name`; empty when not known (then more is read).
    pub service: &'a str,
    /// The version that came into use.
    pub version: &'a str,
    /// When.
    pub at: UnixNano,
}

/// What invocations told of memory, runtime, architecture and initialisation, and spans of everything else
/// that stands in their resource, [`AROUND_MS`] before and after.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn told(store: &Store, deploy: Around<'_>) -> Result<Vec<Told>, StoreError> {
    let window = Window {
        from: deploy.at.plus_millis(-AROUND_MS),
        to: deploy.at.plus_millis(AROUND_MS),
    };
    let facts = near_in_time(ask_in(store, window, include_str!("around_facts.sql")))
        .param("id", deploy.id)
        .param("version", deploy.version)
        .param("at", deploy.at.0);
    let attributes = ask_in(store, window, include_str!("around_attributes.sql"))
        .param("id", deploy.id)
        .param("service", deploy.service)
        .param("at", deploy.at.0)
        .param("varying", VARYING);
    let mut told = all(facts, "reading facts around a deploy").await?;
    told.extend(all(attributes, "reading attributes around a deploy").await?);
    Ok(told)
}
